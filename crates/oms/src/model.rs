//! A model on disk: opened once, read beneath its root.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use cap_fs_ext::{FollowSymlinks, OpenOptionsFollowExt as _, OpenOptionsSyncExt as _};
use cap_std::ambient_authority;
use cap_std::fs::{Dir, OpenOptions};
use oms_hash::{Digest, HashError, Message, Source, SourceReader};

use crate::error::Error;
use crate::input::{kind_of, open_without_waiting};
use crate::manifest::{FileKind, Method};
use crate::path::RelPath;
use crate::progress::{Event, Run};

/// The folder or file that was named as the model.
#[derive(Debug)]
pub(crate) struct Model {
    /// As the user named it.
    pub(crate) path: PathBuf,
    /// Without links, `.` and `..`.
    pub(crate) real_path: PathBuf,
    pub(crate) root: Root,
}

#[derive(Debug)]
pub(crate) enum Root {
    Folder(Dir),
    File { name: RelPath, stamp: Stamp },
}

/// A regular file of a model, as the walk found it.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) path: RelPath,
    pub(crate) stamp: Stamp,
    /// Reached through a link: opened by its path, not beneath the root.
    pub(crate) linked: bool,
}

/// Which file it is and when it was last written: equal stamps, equal content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stamp {
    pub(crate) len: u64,
    #[cfg(unix)]
    identity: (u64, u64),
    /// Set by the system with every write and every change of the other times.
    #[cfg(unix)]
    changed: (i64, i64),
    #[cfg(not(unix))]
    modified: Option<std::time::SystemTime>,
}

impl Stamp {
    pub(crate) fn of(metadata: &std::fs::Metadata) -> Self {
        #[cfg(unix)]
        use std::os::unix::fs::MetadataExt as _;
        Self {
            len: metadata.len(),
            #[cfg(unix)]
            identity: (metadata.dev(), metadata.ino()),
            #[cfg(unix)]
            changed: (metadata.ctime(), metadata.ctime_nsec()),
            #[cfg(not(unix))]
            modified: metadata.modified().ok(),
        }
    }

    pub(crate) fn of_entry(metadata: &cap_std::fs::Metadata) -> Self {
        #[cfg(unix)]
        use cap_std::fs::MetadataExt as _;
        Self {
            len: metadata.len(),
            #[cfg(unix)]
            identity: (metadata.dev(), metadata.ino()),
            #[cfg(unix)]
            changed: (metadata.ctime(), metadata.ctime_nsec()),
            #[cfg(not(unix))]
            modified: metadata.modified().ok().map(cap_std::time::SystemTime::into_std),
        }
    }
}

impl Model {
    /// Opens the folder, or looks at the file. The path itself may be a link.
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        let failed =
            |source| Error::Io { action: "open", path: path.to_owned(), role: "model", source };
        let metadata = std::fs::metadata(path).map_err(failed)?;
        let real_path = std::fs::canonicalize(path).map_err(failed)?;
        let root = if metadata.is_dir() {
            Root::Folder(Dir::open_ambient_dir(path, ambient_authority()).map_err(failed)?)
        } else if metadata.is_file() {
            Root::File { name: file_name(path, &real_path)?, stamp: Stamp::of(&metadata) }
        } else {
            let (path, found) = (path.to_owned(), kind_of(metadata.file_type()));
            let wanted = "folder or a regular file";
            return Err(Error::WrongKind { path, role: "model", found, wanted });
        };
        Ok(Self { path: path.to_owned(), real_path, root })
    }

    /// The basename that a statement gives the model, after links, `.` and `..` are resolved.
    pub(crate) fn name(&self) -> String {
        let name = self.real_path.file_name().map(|name| name.to_string_lossy().into_owned());
        name.unwrap_or_else(|| "model".to_owned())
    }

    pub(crate) fn is_single_file(&self) -> bool {
        matches!(self.root, Root::File { .. })
    }

    fn open_entry(&self, entry: &Entry) -> io::Result<File> {
        match &self.root {
            Root::Folder(dir) if !entry.linked => {
                let mut options = OpenOptions::new();
                options.read(true).follow(FollowSymlinks::No).nonblock(true);
                Ok(dir.open_with(entry.path.as_str(), &options)?.into_std())
            }
            Root::Folder(_) => open_without_waiting(&self.path.join(entry.path.as_str())),
            Root::File { .. } => open_without_waiting(&self.path),
        }
    }
}

/// The name under which a single file is signed: its basename as the user gave it.
fn file_name(path: &Path, real_path: &Path) -> Result<RelPath, Error> {
    let name = path.file_name().or_else(|| real_path.file_name()).unwrap_or_default();
    name.to_str()
        .and_then(|name| RelPath::parse(name).ok())
        .ok_or_else(|| Error::NonUtf8Name { path: name.to_string_lossy().into_owned() })
}

/// The files to hash, numbered.
struct ModelSource<'a> {
    model: &'a Model,
    entries: &'a [&'a Entry],
}

#[derive(Debug)]
enum EntryError {
    Io(io::Error),
    Changed,
}

struct EntryReader {
    file: File,
    stamp: Stamp,
}

impl<'a> Source for ModelSource<'a> {
    type Error = EntryError;
    type Reader = EntryReader;

    fn open(&self, message: &Message) -> Result<EntryReader, EntryError> {
        let entry = self.entries.get(message.file).ok_or(EntryError::Changed)?;
        let file = self.model.open_entry(entry).map_err(EntryError::Io)?;
        let mut reader = EntryReader { file, stamp: entry.stamp };
        reader.check()?;
        if message.start > 0 {
            reader.file.seek(SeekFrom::Start(message.start)).map_err(EntryError::Io)?;
        }
        Ok(reader)
    }
}

impl EntryReader {
    /// The open file must be the regular file that the walk saw, unchanged since.
    fn check(&self) -> Result<(), EntryError> {
        let metadata = self.file.metadata().map_err(EntryError::Io)?;
        if metadata.is_file() && Stamp::of(&metadata) == self.stamp {
            return Ok(());
        }
        Err(EntryError::Changed)
    }
}

impl SourceReader for EntryReader {
    type Error = EntryError;

    fn read(&mut self, buf: &mut [u8]) -> Result<usize, EntryError> {
        loop {
            match self.file.read(buf) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => return result.map_err(EntryError::Io),
            }
        }
    }

    fn finish(self) -> Result<(), EntryError> {
        self.check()
    }
}

/// Hashes entries, each in its pieces; gives the digests in the order of entries and offsets.
pub(crate) fn hash_entries(
    model: &Model,
    entries: &[&Entry],
    method: Method,
    algorithm: oms_hash::Algorithm,
    run: &Run<'_>,
) -> Result<Vec<Digest>, Error> {
    let messages = messages(entries, method);
    let bytes = messages.iter().fold(0_u64, |sum, message| sum.saturating_add(message.len));
    run.tell(Event::Found { files: entries.len() as u64, bytes });
    let hashed = |bytes| run.tell(Event::Hashed { bytes });
    let mut options = oms_hash::Options::default();
    options.jobs = run.jobs;
    options.progress = run.progress.is_some().then_some(&hashed);
    options.cancel = run.cancel;
    options.engine = run.engine;
    let source = ModelSource { model, entries };
    oms_hash::hash_messages(algorithm, &source, &messages, options)
        .map_err(|error| failure(error, entries))
}

fn messages(entries: &[&Entry], method: Method) -> Vec<Message> {
    let mut messages = Vec::with_capacity(entries.len());
    for (file, entry) in entries.iter().enumerate() {
        for piece in method.pieces(entry.stamp.len) {
            let range = piece.unwrap_or(0..entry.stamp.len);
            messages.push(Message { file, start: range.start, len: range.end - range.start });
        }
    }
    messages
}

fn failure(error: HashError<EntryError>, entries: &[&Entry]) -> Error {
    let path = |file: usize| match entries.get(file) {
        Some(entry) => PathBuf::from(entry.path.as_str()),
        None => PathBuf::new(),
    };
    match error {
        HashError::Source { file, error: EntryError::Io(source) } => {
            Error::Io { action: "read", path: path(file), role: "model file", source }
        }
        HashError::Source { file, error: EntryError::Changed } | HashError::Short { file, .. } => {
            Error::Changed { path: path(file) }
        }
        HashError::Interrupted(interrupted) => interrupted.into(),
        // `HashError` may grow; whatever it will say, the file was not hashed.
        _ => Error::Changed { path: PathBuf::new() },
    }
}

/// What a directory entry is, when it is neither a regular file nor a folder.
pub(crate) fn kind_of_entry(file_type: cap_std::fs::FileType) -> FileKind {
    if file_type.is_symlink() {
        return FileKind::Symlink;
    }
    #[cfg(unix)]
    {
        use cap_std::fs::FileTypeExt as _;
        if file_type.is_fifo() {
            return FileKind::Fifo;
        }
        if file_type.is_socket() {
            return FileKind::Socket;
        }
        if file_type.is_block_device() || file_type.is_char_device() {
            return FileKind::Device;
        }
    }
    FileKind::Unknown
}
