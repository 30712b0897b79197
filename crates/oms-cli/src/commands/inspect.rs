//! `oms inspect`.

use oms::{Bundle, CertificateInfo, Material};

use crate::args::InspectArgs;
use crate::failure::{CommandError, Failure, InCommand as _};
use crate::report::{BundleReport, CertificateReport, LogEntryReport, Report, StatementReport};

pub(super) fn run(args: &InspectArgs) -> Result<Report, Failure> {
    inspect(args).in_command("inspect")
}

fn inspect(args: &InspectArgs) -> Result<Report, CommandError> {
    let limit = args.limit.max_bundle_size.get();
    let bundle = Bundle::read_at_most(&args.signature, limit)?;
    let statement = bundle.unverified_statement().map_err(oms::Error::from)?;
    let mut report = Report::new("inspect");
    report.signature = Some(args.signature.display().to_string());
    report.method = Some(bundle.material().kind().name());
    let mut statement_report = StatementReport::of(&statement);
    if args.files {
        statement_report = statement_report.with_resources(statement.manifest());
    }
    report.statement = Some(statement_report);
    report.bundle = Some(bundle_report(&bundle));
    let notes = bundle.notes().into_iter().chain(statement.notes().iter().cloned());
    report.warnings = notes.map(|note| note.to_string()).collect();
    Ok(report)
}

fn bundle_report(bundle: &Bundle) -> BundleReport {
    let (key_hint, certificates) = match bundle.material() {
        Material::PublicKey(id) => (id.hint.clone(), Vec::new()),
        Material::CertificateChain(chain) => (None, chain.iter().map(certificate).collect()),
        Material::Certificate(leaf) => (None, vec![certificate(leaf)]),
        _ => (None, Vec::new()),
    };
    let entry = |entry: &oms::LogEntry| LogEntryReport {
        log_index: entry.log_index.clone(),
        kind: entry.kind_version.as_ref().map(|(kind, version)| format!("{kind} {version}")),
        integrated_time: entry.integrated_time.clone(),
        time: entry.integrated_time_utc(),
    };
    BundleReport {
        verified: false,
        media_type: bundle.media_type().to_owned(),
        signature_bytes: bundle.envelope().signature().len(),
        key_hint,
        certificates,
        log_entries: bundle.log_entries().iter().map(entry).collect(),
        timestamps: bundle.timestamps().len(),
    }
}

/// A certificate that does not parse is shown as such: inspecting is for broken signatures too.
fn certificate(certificate: &oms::Certificate) -> CertificateReport {
    match CertificateInfo::from_der(certificate.as_der()) {
        Ok(info) => CertificateReport::of(&info),
        Err(error) => CertificateReport {
            subject: format!("({error})"),
            issuer: String::new(),
            serial: String::new(),
            subject_alt_names: Vec::new(),
            not_before: "?".to_owned(),
            not_after: "?".to_owned(),
            sha256: String::new(),
        },
    }
}
