//! What a command found out, in the form that `--output json` prints. docs/report.md describes it,
//! docs/report.schema.json defines it.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;

use oms::{CertificateInfo, Comparison, Diff, Identity, Manifest, Method, RelPath, Statement};
use serde::Serialize;

/// Changes when a field changes its meaning or goes away; new fields do not change it.
pub(crate) const SCHEMA: &str = "oms-report/1";

/// One command, one report. Fields that say nothing are left out.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Report {
    pub(crate) schema: &'static str,
    pub(crate) command: &'static str,
    pub(crate) status: Status,
    pub(crate) exit_status: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<ErrorReport>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) model: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) signature: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) method: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) signer: Option<SignerReport>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) statement: Option<StatementReport>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) hashed: Option<Hashed>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) differences: Option<Differences>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) not_covered: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) ignored_unsigned: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) links: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) bundle: Option<BundleReport>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) digest: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) bench: Option<BenchReport>,
    /// The completions or the manual page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) document: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) files_written: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) warnings: Vec<String>,
    /// The last lines of the text form.
    #[serde(skip)]
    pub(crate) text: Vec<String>,
    /// Those lines are all of the text form.
    #[serde(skip)]
    pub(crate) text_is_all: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Status {
    Good,
    Rejected,
    Usage,
    Unavailable,
    Interrupted,
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct ErrorReport {
    pub(crate) message: String,
    pub(crate) remedy: String,
}

#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct SignerReport {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) key: Option<KeyReport>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) certificates: Vec<CertificateReport>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) keyless: Option<KeylessReport>,
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct KeylessReport {
    pub(crate) identity: String,
    pub(crate) issuer: String,
    pub(crate) claims: BTreeMap<&'static str, String>,
    pub(crate) times: Vec<TimeReport>,
    pub(crate) log_entries: Vec<PublishedReport>,
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct TimeReport {
    pub(crate) time: String,
    pub(crate) clock: &'static str,
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct PublishedReport {
    pub(crate) index: u64,
    pub(crate) log: String,
    pub(crate) kind: String,
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct KeyReport {
    pub(crate) curve: &'static str,
    pub(crate) fingerprint: String,
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct CertificateReport {
    pub(crate) subject: String,
    pub(crate) issuer: String,
    pub(crate) serial: String,
    pub(crate) subject_alt_names: Vec<String>,
    pub(crate) not_before: String,
    pub(crate) not_after: String,
    pub(crate) sha256: String,
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct StatementReport {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) subject: Option<String>,
    pub(crate) predicate_type: String,
    pub(crate) root_digest: String,
    pub(crate) serialization: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) shard_size: Option<u64>,
    pub(crate) hash: &'static str,
    pub(crate) allow_symlinks: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ignore_paths: Option<Vec<String>>,
    pub(crate) files: usize,
    pub(crate) resources: usize,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) resource_list: Vec<ResourceReport>,
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct ResourceReport {
    pub(crate) name: String,
    pub(crate) digest: String,
}

#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Hashed {
    pub(crate) files: u64,
    pub(crate) bytes: u64,
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct Differences {
    pub(crate) modified: Vec<String>,
    pub(crate) missing: Vec<String>,
    pub(crate) unsigned: Vec<String>,
    pub(crate) wrong_type: Vec<WrongType>,
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct WrongType {
    pub(crate) path: String,
    pub(crate) found: String,
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct BundleReport {
    pub(crate) verified: bool,
    pub(crate) media_type: String,
    pub(crate) signature_bytes: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) key_hint: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) certificates: Vec<CertificateReport>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) log_entries: Vec<LogEntryReport>,
    pub(crate) timestamps: usize,
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct LogEntryReport {
    pub(crate) log_index: Option<String>,
    pub(crate) kind: Option<String>,
    pub(crate) integrated_time: Option<String>,
    /// The same for people.
    #[serde(skip)]
    pub(crate) time: Option<String>,
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct BenchReport {
    pub(crate) cores: NonZeroUsize,
    pub(crate) rates: Vec<Rate>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) runs: Vec<BenchRun>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) bound: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) estimate: Option<String>,
}

/// In bytes per second.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Rate {
    pub(crate) hash: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) engine: Option<&'static str>,
    pub(crate) messages: NonZeroUsize,
    pub(crate) one_core: f64,
    pub(crate) all_cores: f64,
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct BenchRun {
    pub(crate) files: u64,
    pub(crate) messages: usize,
    pub(crate) bytes: u64,
    pub(crate) seconds: f64,
    pub(crate) bytes_per_second: f64,
}

impl Report {
    pub(crate) fn new(command: &'static str) -> Self {
        Self {
            schema: SCHEMA,
            command,
            status: Status::Good,
            exit_status: 0,
            error: None,
            model: None,
            signature: None,
            method: None,
            signer: None,
            statement: None,
            hashed: None,
            differences: None,
            not_covered: Vec::new(),
            ignored_unsigned: Vec::new(),
            links: None,
            bundle: None,
            digest: None,
            bench: None,
            document: None,
            files_written: Vec::new(),
            warnings: Vec::new(),
            text: Vec::new(),
            text_is_all: false,
        }
    }

    pub(crate) fn of_verification(command: &'static str, report: &oms::Report) -> Self {
        let mut out = Self::of_comparison(command, &report.comparison);
        out.method = Some(report.identity.method().name());
        out.signer = Some(SignerReport::of(&report.identity));
        out.statement = Some(StatementReport::of(&report.statement));
        out
    }

    pub(crate) fn of_comparison(command: &'static str, comparison: &Comparison) -> Self {
        Self {
            hashed: Some(Hashed { files: comparison.files, bytes: comparison.bytes }),
            differences: Some(Differences::of(&comparison.diff)),
            not_covered: names(&comparison.not_covered),
            ignored_unsigned: names(&comparison.ignored_unsigned),
            links: Some(comparison.links),
            warnings: comparison.warnings.iter().map(ToString::to_string).collect(),
            ..Self::new(command)
        }
    }
}

fn names(paths: &[RelPath]) -> Vec<String> {
    paths.iter().map(|path| path.as_str().to_owned()).collect()
}

impl SignerReport {
    pub(crate) fn of(identity: &Identity) -> Self {
        match identity {
            Identity::Key { curve, hint } => Self {
                key: Some(KeyReport { curve: curve.name(), fingerprint: hint.clone() }),
                ..Self::default()
            },
            Identity::Certificate { path } => Self {
                certificates: path.iter().map(CertificateReport::of).collect(),
                ..Self::default()
            },
            #[cfg(feature = "sigstore")]
            Identity::Sigstore(signer) => Self {
                certificates: vec![CertificateReport::of(&signer.certificate)],
                keyless: Some(KeylessReport::of(signer)),
                ..Self::default()
            },
            _ => Self::default(),
        }
    }
}

#[cfg(feature = "sigstore")]
impl KeylessReport {
    fn of(signer: &oms::SigstoreIdentity) -> Self {
        let time = |time: &oms::SigningTime| TimeReport {
            time: time.time.clone(),
            clock: time.clock.name(),
        };
        let entry = |entry: &oms::PublishedEntry| PublishedReport {
            index: entry.index,
            log: entry.log.clone(),
            kind: entry.kind.clone(),
        };
        Self {
            identity: signer.identity.clone(),
            issuer: signer.issuer.clone(),
            claims: signer
                .claims
                .iter()
                .map(|(name, value)| (name.name(), value.clone()))
                .collect(),
            times: signer.times.iter().map(time).collect(),
            log_entries: signer.log_entries.iter().map(entry).collect(),
        }
    }
}

impl CertificateReport {
    pub(crate) fn of(info: &CertificateInfo) -> Self {
        Self {
            subject: info.subject.clone(),
            issuer: info.issuer.clone(),
            serial: info.serial.clone(),
            subject_alt_names: info.subject_alt_names.clone(),
            not_before: info.not_before.clone(),
            not_after: info.not_after.clone(),
            sha256: info.fingerprint.clone(),
        }
    }
}

impl StatementReport {
    pub(crate) fn of(statement: &Statement) -> Self {
        let mut out = Self::of_manifest(statement.manifest());
        out.subject = statement.subject().map(str::to_owned);
        out.predicate_type = statement.predicate_type().to_owned();
        out
    }

    pub(crate) fn of_manifest(manifest: &Manifest) -> Self {
        let serialization = manifest.serialization();
        Self {
            subject: None,
            predicate_type: oms::PREDICATE_TYPE.to_owned(),
            root_digest: manifest.root_digest().to_hex(),
            serialization: serialization.method.name(),
            shard_size: match serialization.method {
                Method::Shards { size } => Some(size.get()),
                _ => None,
            },
            hash: serialization.algorithm.name(),
            allow_symlinks: serialization.allow_symlinks,
            ignore_paths: serialization.ignore_paths.as_deref().map(names),
            files: manifest.file_count(),
            resources: manifest.resources().len(),
            resource_list: Vec::new(),
        }
    }

    pub(crate) fn with_resources(mut self, manifest: &Manifest) -> Self {
        let resource = |resource: &oms::Resource| ResourceReport {
            name: resource.name(),
            digest: resource.digest().to_hex(),
        };
        self.resource_list = manifest.resources().iter().map(resource).collect();
        self
    }
}

impl Differences {
    fn of(diff: &Diff) -> Self {
        let wrong_type = |(path, kind): &(RelPath, oms::FileKind)| WrongType {
            path: path.as_str().to_owned(),
            found: kind.to_string(),
        };
        Self {
            modified: names(&diff.modified),
            missing: names(&diff.missing),
            unsigned: names(&diff.unsigned),
            wrong_type: diff.wrong_type.iter().map(wrong_type).collect(),
        }
    }
}
