//! Reading: strict about what decides which bytes are trusted, tolerant where the format says so.

use std::borrow::Cow;
use std::num::NonZeroU64;
use std::ops::Range;

use oms_hash::{Algorithm, Digest};
use serde::Deserialize;
use serde::de::{IgnoredAny, MapAccess};

use super::{
    LEGACY_PREDICATE_TYPE, Note, PREDICATE_TYPE, STATEMENT_TYPE, Statement, StatementError,
};
use crate::bounded::{Bounded, FieldNames, Object};
use crate::json;
use crate::manifest::{Manifest, Method, Resource, Serialization};
use crate::path::{Escaped, PathError, RelPath};

/// Ignore paths that one statement may record.
const MAX_IGNORE_PATHS: usize = 65_536;

#[derive(Deserialize)]
struct HeaderJson<'a> {
    #[serde(rename = "_type", borrow)]
    statement_type: Cow<'a, str>,
    #[serde(rename = "predicateType", borrow)]
    predicate_type: Cow<'a, str>,
    #[serde(default)]
    predicate: Option<PredicateFields>,
}

#[derive(Deserialize)]
struct StatementJson<'a> {
    #[serde(borrow)]
    subject: Bounded<Object<SubjectJson<'a>>, 1>,
    #[serde(borrow)]
    predicate: Object<PredicateJson<'a>>,
}

#[derive(Deserialize)]
struct SubjectJson<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(borrow)]
    digest: Object<DigestSetJson<'a>>,
}

#[derive(Deserialize)]
struct DigestSetJson<'a> {
    #[serde(borrow)]
    sha256: Cow<'a, str>,
}

#[derive(Deserialize)]
struct PredicateJson<'a> {
    #[serde(borrow)]
    resources: Vec<Object<ResourceJson<'a>>>,
    #[serde(borrow)]
    serialization: Object<SerializationJson<'a>>,
}

#[derive(Deserialize)]
struct ResourceJson<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(borrow)]
    digest: Cow<'a, str>,
    #[serde(borrow)]
    algorithm: Cow<'a, str>,
}

#[derive(Deserialize)]
struct SerializationJson<'a> {
    #[serde(borrow)]
    method: Cow<'a, str>,
    #[serde(borrow)]
    hash_type: Cow<'a, str>,
    allow_symlinks: bool,
    #[serde(default)]
    shard_size: Option<ShardSize>,
    #[serde(borrow, default)]
    ignore_paths: Option<Bounded<Cow<'a, str>, MAX_IGNORE_PATHS>>,
}

/// The fields that `serialization` may have in v1.0.
const SERIALIZATION_FIELDS: [&str; 5] =
    ["method", "hash_type", "allow_symlinks", "shard_size", "ignore_paths"];

/// The names of the fields of a predicate and of its `serialization`, to tell the unknown ones.
#[derive(Default)]
struct PredicateFields {
    predicate: Vec<String>,
    serialization: Vec<String>,
}

impl<'de> Deserialize<'de> for PredicateFields {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = PredicateFields;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a predicate object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<PredicateFields, A::Error> {
                let mut fields = PredicateFields::default();
                while let Some(name) = map.next_key::<String>()? {
                    if name == "serialization" {
                        fields.serialization = map.next_value::<FieldNames>()?.0;
                    } else {
                        map.next_value::<IgnoredAny>()?;
                    }
                    fields.predicate.push(name);
                }
                Ok(fields)
            }
        }

        deserializer.deserialize_map(Visitor)
    }
}

/// A positive integer, or a float without a fraction up to 2^53 (the PyPI client writes `100.0`).
struct ShardSize(NonZeroU64);

impl<'de> Deserialize<'de> for ShardSize {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl serde::de::Visitor<'_> for Visitor {
            type Value = ShardSize;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a shard size: a positive integer")
            }

            fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<ShardSize, E> {
                let invalid = || E::invalid_value(serde::de::Unexpected::Unsigned(value), &self);
                NonZeroU64::new(value).map(ShardSize).ok_or_else(invalid)
            }

            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // range checked
            fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<ShardSize, E> {
                const MAX: f64 = 9_007_199_254_740_992.0; // 2^53
                if value.fract() == 0.0 && (1.0..=MAX).contains(&value) {
                    return self.visit_u64(value as u64);
                }
                Err(E::invalid_value(serde::de::Unexpected::Float(value), &self))
            }
        }

        deserializer.deserialize_any(Visitor)
    }
}

/// Reads a payload of the current format.
pub(crate) fn parse(payload: &[u8]) -> Result<Statement, StatementError> {
    let header = header(payload)?;
    let minor = minor_version(&header.predicate_type)?;
    let unknown = unknown_fields(&header.predicate.unwrap_or_default(), minor)?;
    let statement: StatementJson<'_> = json::parse_again(payload)?;
    let subject = the_one(statement.subject)?;
    if subject.name.is_empty() {
        return Err(StatementError::SubjectName);
    }
    let mut notes = unknown;
    if minor > 0 {
        let predicate_type = header.predicate_type.to_string();
        notes.insert(0, Note::LaterVersion { predicate_type });
    }
    let serialization = serialization(&statement.predicate.serialization, &mut notes)?;
    let resources = resources(&statement.predicate.resources, &serialization)?;
    let manifest = Manifest::new(serialization, resources);
    check_root_digest(&manifest, &subject.digest.sha256)?;
    Ok(Statement {
        subject: Some(subject.0.name.into_owned()),
        predicate_type: header.predicate_type.into_owned(),
        manifest,
        notes,
    })
}

/// The header of any statement; its JSON is checked on the way.
fn header(payload: &[u8]) -> Result<HeaderJson<'_>, StatementError> {
    let header: HeaderJson<'_> = json::parse(payload)?;
    if header.statement_type != STATEMENT_TYPE {
        return Err(StatementError::Type { actual: escaped(&header.statement_type) });
    }
    Ok(header)
}

/// Whether a payload says that it is of OMS v0.2.0; the rest of it is not looked at.
pub(crate) fn claims_legacy(payload: &[u8]) -> bool {
    header(payload).is_ok_and(|header| header.predicate_type == LEGACY_PREDICATE_TYPE)
}

/// The N of `…/v1.N`.
fn minor_version(predicate_type: &str) -> Result<u32, StatementError> {
    let actual = || escaped(predicate_type);
    if predicate_type == LEGACY_PREDICATE_TYPE {
        return Err(StatementError::Legacy);
    }
    let prefix = PREDICATE_TYPE.trim_end_matches('0');
    let minor = predicate_type.strip_prefix(prefix).and_then(canonical_number);
    minor
        .and_then(|minor| u32::try_from(minor).ok())
        .ok_or_else(|| StatementError::PredicateType { actual: actual() })
}

fn the_one<T>(subjects: Bounded<T, 1>) -> Result<T, StatementError> {
    let all =
        subjects.into_all().map_err(|_| StatementError::SubjectCount { actual: "several" })?;
    all.into_iter().next().ok_or(StatementError::SubjectCount { actual: "no" })
}

/// A field of `serialization` that is unknown would change how the model is read: v1.0 has none.
fn unknown_fields(fields: &PredicateFields, minor: u32) -> Result<Vec<Note>, StatementError> {
    let is_unknown = |known: &[&str], field: &str| !known.contains(&field);
    let mut notes = Vec::new();
    for field in &fields.predicate {
        if is_unknown(&["resources", "serialization"], field) {
            notes.push(Note::UnknownField { field: shortened(&format!("predicate.{field}")) });
        }
    }
    for field in &fields.serialization {
        if !is_unknown(&SERIALIZATION_FIELDS, field) {
            continue;
        }
        if minor == 0 {
            return Err(StatementError::SerializationField { field: escaped(field) });
        }
        let field = shortened(&format!("predicate.serialization.{field}"));
        notes.push(Note::UnknownField { field });
    }
    Ok(notes)
}

fn serialization(
    json: &Object<SerializationJson<'_>>,
    notes: &mut Vec<Note>,
) -> Result<Serialization, StatementError> {
    let method = match (&*json.method, &json.shard_size) {
        ("files", _) => Method::Files,
        ("shards", Some(ShardSize(size))) => Method::Shards { size: *size },
        ("shards", None) => return Err(StatementError::NoShardSize),
        (other, _) => {
            return Err(StatementError::Method { actual: escaped(other) });
        }
    };
    let algorithm = Algorithm::ALL
        .into_iter()
        .find(|algorithm| names_algorithm(&json.hash_type, *algorithm, method))
        .ok_or_else(|| StatementError::HashType { actual: escaped(&json.hash_type) })?;
    let ignore_paths = match &json.ignore_paths {
        Some(paths) if paths.total > MAX_IGNORE_PATHS => {
            return Err(StatementError::TooManyIgnorePaths { actual: paths.total });
        }
        Some(paths) => Some(ignore_paths(&paths.items, notes)?),
        None => None,
    };
    Ok(Serialization { method, algorithm, allow_symlinks: json.allow_symlinks, ignore_paths })
}

fn ignore_paths(
    recorded: &[Cow<'_, str>],
    notes: &mut Vec<Note>,
) -> Result<Vec<RelPath>, StatementError> {
    let mut paths = Vec::with_capacity(recorded.len());
    for path in recorded {
        match ignore_path(path)? {
            Some(path) => paths.push(path),
            None => notes.push(Note::IdleIgnorePath { path: shortened(path) }),
        }
    }
    Ok(paths)
}

/// `None` where the path can match nothing. `./a` and `a/` mean `a`.
fn ignore_path(text: &str) -> Result<Option<RelPath>, StatementError> {
    let components: Vec<&str> =
        text.split('/').filter(|component| !matches!(*component, "" | ".")).collect();
    if components.is_empty() {
        return Err(StatementError::IgnorePath { path: escaped(text) });
    }
    if text.starts_with('/') {
        return Ok(None);
    }
    Ok(RelPath::parse(&components.join("/")).ok())
}

fn resources(
    json: &[Object<ResourceJson<'_>>],
    serialization: &Serialization,
) -> Result<Vec<Resource>, StatementError> {
    if json.is_empty() {
        return Err(StatementError::NoResources);
    }
    let single = json.len() == 1 || matches!(serialization.method, Method::Shards { .. });
    let mut resources = Vec::with_capacity(json.len());
    for resource in json {
        resources.push(self::resource(resource, serialization, single)?);
    }
    check_layout(&resources, serialization)?;
    Ok(resources)
}

fn resource(
    json: &Object<ResourceJson<'_>>,
    serialization: &Serialization,
    may_be_dot: bool,
) -> Result<Resource, StatementError> {
    let algorithm = serialization.algorithm;
    if !names_algorithm(&json.algorithm, algorithm, serialization.method) {
        return Err(StatementError::Algorithm {
            name: escaped(&json.name),
            actual: escaped(&json.algorithm),
            expected: algorithm,
        });
    }
    let (path, range) = match serialization.method {
        Method::Files => (&*json.name, None),
        Method::Shards { .. } => {
            let (path, range) = shard_name(&json.name)
                .ok_or_else(|| StatementError::ShardName { name: escaped(&json.name) })?;
            (path, Some(range))
        }
    };
    let digest = Digest::from_hex(algorithm, &json.digest)
        .map_err(|reason| StatementError::Digest { name: escaped(&json.name), reason })?;
    Ok(Resource { path: file_path(path, may_be_dot, &json.name)?, range, digest })
}

/// The PyPI client names a single-file model `.`, which is kept as [`RelPath::single_file`].
fn file_path(path: &str, may_be_dot: bool, name: &str) -> Result<RelPath, StatementError> {
    match RelPath::parse(path) {
        Err(PathError::CurrentComponent) if path == "." && may_be_dot => Ok(RelPath::single_file()),
        result => result.map_err(|reason| StatementError::Name { name: escaped(name), reason }),
    }
}

/// `sha256`, or for shards what released clients write in resources, and OMS v0.3.1 as hash type:
/// `sha256-sharded-<shard size>`.
fn names_algorithm(name: &str, algorithm: Algorithm, method: Method) -> bool {
    let Some(rest) = name.strip_prefix(algorithm.name()) else { return false };
    match method {
        _ if rest.is_empty() => true,
        Method::Shards { size } => {
            rest.strip_prefix("-sharded-").and_then(canonical_number) == Some(size.get())
        }
        Method::Files => false,
    }
}

/// Splits `path:start:end` at the last two colons, since paths may hold colons.
fn shard_name(name: &str) -> Option<(&str, Range<u64>)> {
    let (rest, end) = name.rsplit_once(':')?;
    let (path, start) = rest.rsplit_once(':')?;
    Some((path, canonical_number(start)?..canonical_number(end)?))
}

/// Decimal digits, no sign, no leading zero.
fn canonical_number(text: &str) -> Option<u64> {
    let number: u64 = text.parse().ok()?;
    (number.to_string() == text).then_some(number)
}

/// No two resources for the same bytes, no gap between shards, no file that is a directory too.
fn check_layout(
    resources: &[Resource],
    serialization: &Serialization,
) -> Result<(), StatementError> {
    let mut sorted: Vec<&Resource> = resources.iter().collect();
    let start = |resource: &Resource| resource.range.as_ref().map_or(0, |range| range.start);
    sorted.sort_unstable_by(|a, b| a.path.tree_cmp(&b.path).then(start(a).cmp(&start(b))));
    for file in sorted.chunk_by(|a, b| a.path == b.path) {
        match serialization.method {
            Method::Files => check_alone(file)?,
            Method::Shards { size } => check_contiguous(file, size.get())?,
        }
    }
    let clash = sorted.windows(2).find_map(|pair| match pair {
        [above, below] if above.path == below.path => None,
        [above, below] if below.path.is_or_is_beneath(&above.path) => Some(above),
        [above, _] if above.path.is_single_file() => Some(above),
        [_, below] if below.path.is_single_file() => Some(below),
        _ => None,
    });
    match clash {
        Some(resource) => Err(StatementError::FileAndDirectory { name: escaped(&resource.name()) }),
        None => Ok(()),
    }
}

fn check_alone(file: &[&Resource]) -> Result<(), StatementError> {
    match file {
        [_, twice, ..] => Err(StatementError::Duplicate { name: escaped(&twice.name()) }),
        _ => Ok(()),
    }
}

fn check_contiguous(shards: &[&Resource], size: u64) -> Result<(), StatementError> {
    let mut offset = 0;
    let last = shards.len().saturating_sub(1);
    for (index, shard) in shards.iter().enumerate() {
        let Some(range) = &shard.range else { continue };
        if index > 0 && shards.get(index - 1).is_some_and(|previous| previous.range == shard.range)
        {
            return Err(StatementError::Duplicate { name: escaped(&shard.name()) });
        }
        let len = range.end.saturating_sub(range.start);
        let right_len = if index == last { (1..=size).contains(&len) } else { len == size };
        if range.start != offset || !right_len {
            let path = escaped(shard.path.as_str());
            return Err(StatementError::ShardLayout { path, size, offset });
        }
        offset = range.end;
    }
    Ok(())
}

fn check_root_digest(manifest: &Manifest, recorded: &str) -> Result<(), StatementError> {
    let computed = manifest.root_digest();
    if Digest::from_hex(Algorithm::Sha256, recorded).as_ref() == Ok(&computed) {
        return Ok(());
    }
    let (recorded, computed) = (escaped(recorded), computed.to_hex());
    Err(StatementError::RootDigest { recorded, computed })
}

#[derive(Deserialize)]
struct LegacyJson<'a> {
    #[serde(borrow)]
    subject: Vec<Object<SubjectJson<'a>>>,
}

/// Reads a payload of OMS v0.2.0: each file is a subject, and there is no more.
pub(crate) fn legacy(payload: &[u8]) -> Result<Statement, StatementError> {
    let header = header(payload)?;
    if header.predicate_type != LEGACY_PREDICATE_TYPE {
        return Err(StatementError::Encoding { actual: escaped(&header.predicate_type) });
    }
    let json: LegacyJson<'_> = json::parse_again(payload)?;
    let serialization = Serialization {
        method: Method::Files,
        algorithm: Algorithm::Sha256,
        allow_symlinks: false,
        ignore_paths: None,
    };
    let as_resource = |subject: &Object<SubjectJson<'_>>| -> Result<Resource, StatementError> {
        let digest = Digest::from_hex(Algorithm::Sha256, &subject.digest.sha256)
            .map_err(|reason| StatementError::Digest { name: escaped(&subject.name), reason })?;
        let path = file_path(&subject.name, json.subject.len() == 1, &subject.name)?;
        Ok(Resource { path, range: None, digest })
    };
    let resources: Vec<_> = json.subject.iter().map(as_resource).collect::<Result<_, _>>()?;
    if resources.is_empty() {
        return Err(StatementError::NoResources);
    }
    check_layout(&resources, &serialization)?;
    Ok(Statement {
        subject: None,
        predicate_type: header.predicate_type.into_owned(),
        manifest: Manifest::new(serialization, resources),
        notes: vec![Note::LegacyFormat],
    })
}

fn escaped(text: &str) -> String {
    Escaped(&shortened(text)).to_string()
}

/// Enough to recognise it by; notes and errors are for people.
fn shortened(text: &str) -> String {
    const SHOWN: usize = 200;
    let mut shown: String = text.chars().take(SHOWN).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn resource(name: &str) -> Resource {
        let digest = Digest::of(Algorithm::Sha256, b"");
        Resource { path: RelPath::parse(name).unwrap(), range: None, digest }
    }

    fn files() -> Serialization {
        Serialization {
            method: Method::Files,
            algorithm: Algorithm::Sha256,
            allow_symlinks: false,
            ignore_paths: None,
        }
    }

    proptest! {
        /// Against every pair: names are neither equal nor one beneath the other.
        #[test]
        fn names_that_exclude_each_other_are_found(
            names in prop::collection::vec("[ab]([-/.][ab]){0,3}", 1..8),
        ) {
            let resources: Vec<_> = names.iter().map(|name| resource(name)).collect();
            let clash = resources.iter().enumerate().any(|(i, a)| {
                resources.iter().enumerate().any(|(j, b)| i != j && a.path.is_or_is_beneath(&b.path))
            });
            prop_assert_eq!(check_layout(&resources, &files()).is_err(), clash, "{:?}", names);
        }
    }
}
