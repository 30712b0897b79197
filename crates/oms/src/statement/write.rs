//! Writing: always the current form.

use serde::Serialize;

use crate::manifest::{Manifest, Method, Resource};
use crate::statement::{PREDICATE_TYPE, STATEMENT_TYPE};

/// For whom a signature is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Compat {
    /// As the specification says.
    #[default]
    Specification,
    /// So that the PyPI package `model-signing` 1.1 can verify it: a single-file model is named `.`,
    /// shards have the algorithm `sha256-sharded-<size>`.
    ModelSigning11,
}

#[derive(Serialize)]
struct StatementJson<'a> {
    #[serde(rename = "_type")]
    statement_type: &'static str,
    subject: [SubjectJson<'a>; 1],
    #[serde(rename = "predicateType")]
    predicate_type: &'static str,
    predicate: PredicateJson<'a>,
}

#[derive(Serialize)]
struct SubjectJson<'a> {
    name: &'a str,
    digest: DigestSetJson,
}

#[derive(Serialize)]
struct DigestSetJson {
    sha256: String,
}

#[derive(Serialize)]
struct PredicateJson<'a> {
    serialization: SerializationJson<'a>,
    resources: Resources<'a>,
}

#[derive(Serialize)]
struct SerializationJson<'a> {
    method: &'static str,
    hash_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    shard_size: Option<u64>,
    allow_symlinks: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    ignore_paths: Option<Vec<&'a str>>,
}

struct Resources<'a> {
    manifest: &'a Manifest,
    compat: Compat,
    single_file: bool,
}

#[derive(Serialize)]
struct ResourceJson<'a> {
    name: &'a str,
    algorithm: &'a str,
    digest: String,
}

impl Serialize for Resources<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let algorithm = self.algorithm();
        serializer.collect_seq(self.manifest.resources().iter().map(|resource| OneResource {
            resource,
            algorithm: &algorithm,
            single_file: self.single_file && self.compat == Compat::ModelSigning11,
        }))
    }
}

impl Resources<'_> {
    fn algorithm(&self) -> String {
        let serialization = self.manifest.serialization();
        match (self.compat, serialization.method) {
            (Compat::ModelSigning11, Method::Shards { size }) => {
                format!("{}-sharded-{size}", serialization.algorithm)
            }
            _ => serialization.algorithm.to_string(),
        }
    }
}

struct OneResource<'a> {
    resource: &'a Resource,
    algorithm: &'a str,
    single_file: bool,
}

impl Serialize for OneResource<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let name = match (&self.resource.range, self.single_file) {
            (None, true) => ".".to_owned(),
            (Some(range), true) => format!(".:{}:{}", range.start, range.end),
            (_, false) => self.resource.name(),
        };
        let digest = self.resource.digest.to_hex();
        ResourceJson { name: &name, algorithm: self.algorithm, digest }.serialize(serializer)
    }
}

/// Bytes of a resource beside its path and digest, about.
const RESOURCE_LEN: usize = 64;

/// Bytes of a statement beside its resources, about.
const REST_LEN: usize = 1024;

/// The bytes that are signed.
pub(crate) fn to_json(
    subject: &str,
    manifest: &Manifest,
    compat: Compat,
    single_file: bool,
) -> Vec<u8> {
    let serialization = manifest.serialization();
    let ignore_paths = serialization.ignore_paths.as_ref();
    let statement = StatementJson {
        statement_type: STATEMENT_TYPE,
        subject: [SubjectJson {
            name: subject,
            digest: DigestSetJson { sha256: manifest.root_digest().to_hex() },
        }],
        predicate_type: PREDICATE_TYPE,
        predicate: PredicateJson {
            serialization: SerializationJson {
                method: serialization.method.name(),
                hash_type: serialization.algorithm.name(),
                shard_size: match serialization.method {
                    Method::Files => None,
                    Method::Shards { size } => Some(size.get()),
                },
                allow_symlinks: serialization.allow_symlinks,
                ignore_paths: ignore_paths.map(|p| p.iter().map(|path| path.as_str()).collect()),
            },
            resources: Resources { manifest, compat, single_file },
        },
    };
    // All at once: memory that grows by doubling is copied, and touched, twice.
    let resource_len = |resource: &Resource| {
        RESOURCE_LEN + resource.path.as_str().len() + 2 * resource.digest.as_bytes().len()
    };
    let len: usize = manifest.resources().iter().map(resource_len).sum();
    let mut json = Vec::with_capacity(REST_LEN + len);
    match serde_json::to_writer(&mut json, &statement) {
        Ok(()) => json,
        // Serialising strings, numbers and booleans into memory cannot fail.
        Err(_) => Vec::new(),
    }
}
