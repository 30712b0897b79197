//! What lies in a directory, to see whether a run changed anything.

use std::collections::BTreeMap;
use std::fs::{self, FileType, Metadata};
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

/// Contents are compared up to this size, larger files by size and time only.
const COMPARED: u64 = 1 << 20;

/// Every path beneath a directory with its kind, mode and content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Snapshot(BTreeMap<PathBuf, String>);

impl Snapshot {
    pub(crate) fn of(root: &Path) -> Self {
        let mut entries = BTreeMap::new();
        collect(root, root, &mut entries);
        Self(entries)
    }

    /// The same without the paths that end with `name`: the test itself changes them.
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.0.retain(|path, _| !path.ends_with(name));
        self
    }

    /// One line for each path that differs.
    pub(crate) fn changes(&self, after: &Self) -> Vec<String> {
        let gone = self.0.iter().filter(|(path, _)| !after.0.contains_key(*path));
        let gone = gone.map(|(path, _)| format!("deleted: {}", path.display()));
        let new = after.0.iter().filter(|(path, entry)| self.0.get(*path) != Some(entry));
        let new = new.map(|(path, entry)| match self.0.get(path) {
            Some(old) => format!("changed: {}: {old} -> {entry}", path.display()),
            None => format!("created: {}", path.display()),
        });
        gone.chain(new).collect()
    }
}

fn collect(root: &Path, dir: &Path, entries: &mut BTreeMap<PathBuf, String>) {
    let Ok(children) = fs::read_dir(dir) else {
        return;
    };
    for child in children {
        let path = child.unwrap().path();
        let meta = path.symlink_metadata().unwrap();
        entries.insert(path.strip_prefix(root).unwrap().to_owned(), describe(&path, &meta));
        if meta.is_dir() {
            collect(root, &path, entries);
        }
    }
}

fn describe(path: &Path, meta: &Metadata) -> String {
    let mode = meta.permissions().mode() & 0o7777;
    let detail = match meta.file_type() {
        kind if kind.is_symlink() => format!("{:?}", fs::read_link(path).unwrap()),
        kind if kind.is_file() && meta.len() <= COMPARED => format!("{:?}", fs::read(path).ok()),
        kind if kind.is_file() => format!("{} bytes", meta.len()),
        kind => return format!("{} {mode:o}", name(kind)),
    };
    format!("{} {mode:o} {}.{} {detail}", name(meta.file_type()), meta.mtime(), meta.mtime_nsec())
}

fn name(kind: FileType) -> &'static str {
    match kind {
        kind if kind.is_symlink() => "link",
        kind if kind.is_file() => "file",
        kind if kind.is_dir() => "directory",
        kind if kind.is_fifo() => "FIFO",
        kind if kind.is_socket() => "socket",
        _ => "special",
    }
}
