//! What a model consists of, and how two views of it differ.

use std::num::NonZeroU64;
use std::ops::Range;

use oms_hash::{Algorithm, Digest};

use crate::path::RelPath;

/// The shard size that clients use where none is given: 1,000,000,000 bytes.
pub const DEFAULT_SHARD_SIZE: NonZeroU64 = NonZeroU64::new(1_000_000_000).unwrap();

/// How files become resources.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Method {
    /// One resource for each file.
    Files,
    /// One resource for each piece of a file.
    Shards {
        /// Bytes in every shard but the last of a file.
        size: NonZeroU64,
    },
}

impl Method {
    /// `files` or `shards`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Files => "files",
            Self::Shards { .. } => "shards",
        }
    }

    /// The pieces in which a file of this length is hashed, each with its range; a file hashed
    /// whole has one piece without a range, an empty file in shards has none.
    pub(crate) fn pieces(self, len: u64) -> impl Iterator<Item = Option<Range<u64>>> {
        let (size, count) = match self {
            Self::Files => (None, 1),
            Self::Shards { size } => (Some(size.get()), len.div_ceil(size.get())),
        };
        (0..count).map(move |index| {
            let size = size?;
            let start = index * size;
            Some(start..len.min(start.saturating_add(size)))
        })
    }
}

/// How a model was turned into a manifest; recorded in the signature and applied on verification.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Serialization {
    /// Whole files or shards.
    pub method: Method,
    /// The hash of every resource.
    pub algorithm: Algorithm,
    /// Whether symbolic links were followed.
    pub allow_symlinks: bool,
    /// What was left out, relative to the model's root; `None` where a bundle does not say.
    pub ignore_paths: Option<Vec<RelPath>>,
}

/// A file of a model, or a shard of one, with its digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resource {
    pub(crate) path: RelPath,
    pub(crate) range: Option<Range<u64>>,
    pub(crate) digest: Digest,
}

impl Resource {
    /// The file.
    #[must_use]
    pub fn path(&self) -> &RelPath {
        &self.path
    }

    /// The bytes of the file that the digest covers; `None` is all of them.
    #[must_use]
    pub fn range(&self) -> Option<Range<u64>> {
        self.range.clone()
    }

    /// The digest of those bytes.
    #[must_use]
    pub fn digest(&self) -> &Digest {
        &self.digest
    }

    /// The name in a statement: the path, or `path:start:end`.
    #[must_use]
    pub fn name(&self) -> String {
        match &self.range {
            None => self.path.as_str().to_owned(),
            Some(range) => format!("{}:{}:{}", self.path.as_str(), range.start, range.end),
        }
    }

    fn start(&self) -> u64 {
        self.range.as_ref().map_or(0, |range| range.start)
    }
}

/// All resources of a model and how they came about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    serialization: Serialization,
    resources: Vec<Resource>,
}

impl Manifest {
    /// Takes the resources in the order in which they stand in a statement.
    pub(crate) fn new(serialization: Serialization, resources: Vec<Resource>) -> Self {
        Self { serialization, resources }
    }

    /// The same with resources sorted by name in code point order, as statements are written.
    pub(crate) fn sorted(serialization: Serialization, mut resources: Vec<Resource>) -> Self {
        match serialization.method {
            Method::Files => resources.sort_unstable_by(|a, b| a.path.cmp(&b.path)),
            Method::Shards { .. } => resources.sort_by_cached_key(Resource::name),
        }
        Self::new(serialization, resources)
    }

    /// How files became resources.
    #[must_use]
    pub fn serialization(&self) -> &Serialization {
        &self.serialization
    }

    /// The resources, in the order of the statement.
    #[must_use]
    pub fn resources(&self) -> &[Resource] {
        &self.resources
    }

    /// SHA-256 over the raw digests of the resources in their order, whatever their own hash is: one
    /// value that stands for the model.
    #[must_use]
    pub fn root_digest(&self) -> Digest {
        let mut hasher = oms_hash::Hasher::new(Algorithm::Sha256);
        for resource in &self.resources {
            hasher.update(resource.digest.as_bytes());
        }
        hasher.finish()
    }

    /// The resources, sorted by path and offset.
    pub(crate) fn by_path(&self) -> Vec<&Resource> {
        let mut sorted: Vec<&Resource> = self.resources.iter().collect();
        sorted.sort_unstable_by(|a, b| a.path.cmp(&b.path).then(a.start().cmp(&b.start())));
        sorted
    }

    /// The number of files that the resources name.
    #[must_use]
    pub fn file_count(&self) -> usize {
        match self.serialization.method {
            Method::Files => self.resources.len(),
            Method::Shards { .. } => files(&self.by_path()).count(),
        }
    }
}

/// The resources of one file, in the order of offsets.
#[derive(Debug)]
pub(crate) struct FileResources<'a> {
    pub(crate) path: &'a RelPath,
    pub(crate) parts: &'a [&'a Resource],
}

/// The files of [`Manifest::by_path`], in its order.
pub(crate) fn files<'a>(sorted: &'a [&'a Resource]) -> impl Iterator<Item = FileResources<'a>> {
    let same_file = |a: &&Resource, b: &&Resource| a.path == b.path;
    sorted
        .chunk_by(same_file)
        .filter_map(|parts| Some(FileResources { path: &parts.first()?.path, parts }))
}

impl FileResources<'_> {
    /// The length that the shards add up to; `None` for a file that was hashed whole.
    pub(crate) fn signed_len(&self) -> Option<u64> {
        self.parts.last()?.range.as_ref().map(|range| range.end)
    }
}

/// What stands at a path of a model, other than a regular file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FileKind {
    /// A symbolic link.
    Symlink,
    /// A symbolic link whose target does not exist.
    DanglingSymlink,
    /// A named pipe.
    Fifo,
    /// A Unix domain socket.
    Socket,
    /// A block or character device.
    Device,
    /// A directory.
    Directory,
    /// Something that this system has and we do not know.
    Unknown,
}

impl std::fmt::Display for FileKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Symlink => "symbolic link",
            Self::DanglingSymlink => "dangling symbolic link",
            Self::Fifo => "named pipe (FIFO)",
            Self::Socket => "socket",
            Self::Device => "device",
            Self::Directory => "directory",
            Self::Unknown => "special file",
        })
    }
}

/// What was found at one path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Observation<'a> {
    /// A regular file with the digests of its pieces, in the order of offsets.
    Hashed(&'a [Digest]),
    /// A regular file that was not read: nobody signed it, or its length is not the signed one.
    NotHashed,
    /// Something that is no regular file.
    Other(FileKind),
}

/// How a model differs from what was signed. Empty lists: it does not.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Diff {
    /// Signed files with other bytes.
    pub modified: Vec<RelPath>,
    /// Signed files that are not there.
    pub missing: Vec<RelPath>,
    /// Files that nobody signed.
    pub unsigned: Vec<RelPath>,
    /// Links and special files, signed as files or not signed at all.
    pub wrong_type: Vec<(RelPath, FileKind)>,
}

impl Diff {
    /// Whether the model is the signed one.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.modified.is_empty()
            && self.missing.is_empty()
            && self.unsigned.is_empty()
            && self.wrong_type.is_empty()
    }
}

/// Compares a signed manifest with what was found; `observed` is sorted by path.
///
/// This is the only place that decides whether a model matches its signature.
pub(crate) fn diff(
    expected: &[FileResources<'_>],
    observed: &[(&RelPath, Observation<'_>)],
) -> Diff {
    let mut diff = Diff::default();
    let mut expected = expected.iter().peekable();
    for (path, observation) in observed {
        while let Some(file) = expected.next_if(|file| file.path < *path) {
            diff.missing.push(file.path.clone());
        }
        let signed = expected.next_if(|file| file.path == *path);
        compare(&mut diff, path, signed, *observation);
    }
    diff.missing.extend(expected.map(|file| file.path.clone()));
    diff
}

fn compare(
    diff: &mut Diff,
    path: &RelPath,
    signed: Option<&FileResources<'_>>,
    observation: Observation<'_>,
) {
    match (observation, signed) {
        (Observation::Other(kind), _) => diff.wrong_type.push((path.clone(), kind)),
        (_, None) => diff.unsigned.push(path.clone()),
        (Observation::Hashed(digests), Some(file)) if matches(file, digests) => {}
        (Observation::Hashed(_) | Observation::NotHashed, Some(_)) => {
            diff.modified.push(path.clone());
        }
    }
}

fn matches(file: &FileResources<'_>, digests: &[Digest]) -> bool {
    file.parts.len() == digests.len()
        && file.parts.iter().zip(digests).all(|(part, digest)| part.digest == *digest)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn path(text: &str) -> RelPath {
        RelPath::parse(text).unwrap()
    }

    fn digest(byte: u8) -> Digest {
        Digest::of(Algorithm::Sha256, &[byte])
    }

    fn manifest(files: &[(&str, u8)]) -> Manifest {
        let serialization = Serialization {
            method: Method::Files,
            algorithm: Algorithm::Sha256,
            allow_symlinks: false,
            ignore_paths: None,
        };
        let resource = |(name, byte): &(&str, u8)| Resource {
            path: path(name),
            range: None,
            digest: digest(*byte),
        };
        Manifest::sorted(serialization, files.iter().map(resource).collect())
    }

    fn difference(signed: &Manifest, observed: &[(&RelPath, Observation<'_>)]) -> Diff {
        diff(&files(&signed.by_path()).collect::<Vec<_>>(), observed)
    }

    #[test]
    fn every_kind_of_difference_is_named() {
        let signed = manifest(&[("b", 2), ("a", 1), ("d", 4), ("e", 5)]);
        let [a, b, c, e] = ["a", "b", "c", "e"].map(path);
        let observed = [
            (&a, Observation::Hashed(&[digest(1)])),
            (&b, Observation::Hashed(&[digest(9)])),
            (&c, Observation::NotHashed),
            (&e, Observation::Other(FileKind::Fifo)),
        ];
        let diff = difference(&signed, &observed);
        assert_eq!(diff.modified, [path("b")]);
        assert_eq!(diff.unsigned, [path("c")]);
        assert_eq!(diff.missing, [path("d")]);
        assert_eq!(diff.wrong_type, [(path("e"), FileKind::Fifo)]);
        assert!(!diff.is_empty());
    }

    #[test]
    fn shards_are_cut_without_gap_and_without_overflow() {
        let one = |range| std::iter::once(range).collect::<Vec<Range<u64>>>();
        let check = |size, len, expected: &[Range<u64>]| {
            let size = NonZeroU64::new(size).unwrap();
            let cut: Vec<_> = Method::Shards { size }.pieces(len).flatten().collect();
            assert_eq!(cut, expected);
        };
        check(10, 0, &[]);
        check(10, 10, &one(0..10));
        check(10, 11, &[0..10, 10..11]);
        check(u64::MAX, u64::MAX, &one(0..u64::MAX));
        check(u64::MAX - 1, u64::MAX, &[0..u64::MAX - 1, u64::MAX - 1..u64::MAX]);
    }

    #[test]
    fn shards_sort_by_their_names_not_by_their_offsets() {
        let serialization = Serialization {
            method: Method::Shards { size: NonZeroU64::new(5).unwrap() },
            ..manifest(&[]).serialization
        };
        let shard =
            |range: Range<u64>| Resource { path: path("f"), range: Some(range), digest: digest(0) };
        let manifest =
            Manifest::sorted(serialization, vec![shard(0..5), shard(5..10), shard(10..15)]);
        let names: Vec<_> = manifest.resources().iter().map(Resource::name).collect();
        assert_eq!(names, ["f:0:5", "f:10:15", "f:5:10"]);
        assert_eq!(manifest.file_count(), 1);
        let sorted = manifest.by_path();
        let lens: Vec<_> = files(&sorted).map(|file| file.signed_len()).collect();
        assert_eq!(lens, [Some(15)]);
    }

    proptest! {
        /// A model against itself has no difference; one change has one, under its name.
        #[test]
        fn one_change_is_one_difference(
            names in prop::collection::btree_set("[a-c]{1,3}", 1..8),
            pick in any::<prop::sample::Index>(),
            change in 0..3,
        ) {
            let signed: Vec<(&str, u8)> = names.iter().map(|name| (name.as_str(), 7)).collect();
            let signed = manifest(&signed);
            let (paths, same, other) =
                (names.iter().map(|name| path(name)).collect::<Vec<_>>(), [digest(7)], [digest(8)]);
            let mut observed: Vec<_> =
                paths.iter().map(|path| (path, Observation::Hashed(&same))).collect();
            prop_assert!(difference(&signed, &observed).is_empty());
            let at = pick.index(observed.len());
            let name = observed[at].0.clone();
            let expected = match change {
                0 => {
                    observed.remove(at);
                    Diff { missing: vec![name], ..Diff::default() }
                }
                1 => {
                    observed[at].1 = Observation::Hashed(&other);
                    Diff { modified: vec![name], ..Diff::default() }
                }
                _ => {
                    observed[at].1 = Observation::Other(FileKind::Symlink);
                    Diff { wrong_type: vec![(name, FileKind::Symlink)], ..Diff::default() }
                }
            };
            prop_assert_eq!(difference(&signed, &observed), expected);
        }
    }
}
