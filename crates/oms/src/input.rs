//! Reading the small files that a user names: signatures, keys, certificates.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Read as _};
use std::path::Path;
use std::time::{Duration, Instant};

use zeroize::Zeroizing;

use crate::error::Error;
use crate::key::MAX_PEM_LEN;
use crate::manifest::FileKind;

/// Reads a regular file of at most `limit` bytes; `None` when it is larger. Links are followed: the
/// user named this file. Nothing else than a regular file is opened.
pub(crate) fn read_regular_file(
    path: &Path,
    role: &'static str,
    limit: u64,
) -> Result<Option<Vec<u8>>, Error> {
    let failed = |source| Error::Io { action: "read", path: path.to_owned(), role, source };
    let metadata = std::fs::metadata(path).map_err(failed)?;
    check_regular(path, role, &metadata)?;
    if metadata.len() > limit {
        return Ok(None);
    }
    let file = open_without_waiting(path).map_err(failed)?;
    check_regular(path, role, &file.metadata().map_err(failed)?)?;
    let mut bytes =
        Vec::with_capacity(usize::try_from(metadata.len().min(1 << 30)).unwrap_or(0) + 1);
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes).map_err(failed)?;
    Ok((bytes.len() as u64 <= limit).then_some(bytes))
}

/// Reads a key or certificate file of at most 16 MiB; the memory is wiped when dropped. Pipes are
/// welcome here: shells and secret stores hand them out.
///
/// `role` names the file in errors, as in `private key`.
///
/// # Errors
/// [`Error::Trust`] when the file cannot be read, [`Error::WrongKind`] when it is a folder.
pub fn read_secret(path: &Path, role: &'static str) -> Result<Zeroizing<Vec<u8>>, Error> {
    let failed = |source| Error::Trust { path: path.to_owned(), role, source };
    let file = open_without_waiting(path).map_err(failed)?;
    if file.metadata().map_err(failed)?.is_dir() {
        let path = path.to_owned();
        return Err(Error::WrongKind { path, role, found: FileKind::Directory, wanted: "file" });
    }
    read_patiently(&file).map_err(failed)
}

/// Reads to the end, or one byte more than anyone may have. A pipe whose writer is slow is waited
/// for, but not forever; a pipe that nobody writes to is empty.
fn read_patiently(mut file: &File) -> io::Result<Zeroizing<Vec<u8>>> {
    const PATIENCE: Duration = Duration::from_secs(10);
    let deadline = Instant::now() + PATIENCE;
    // Larger than any key, so that none is copied and left behind while the memory grows.
    let mut bytes = Zeroizing::new(Vec::with_capacity(64 * 1024));
    let mut buffer = Zeroizing::new([0; 4096]);
    while bytes.len() as u64 <= MAX_PEM_LEN {
        match file.read(buffer.as_mut_slice()) {
            Ok(0) => break,
            Ok(len) => bytes.extend_from_slice(buffer.get(..len).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                if Instant::now() >= deadline {
                    return Err(io::ErrorKind::TimedOut.into());
                }
                std::thread::sleep(Duration::from_millis(5));
            }
            Err(error) => return Err(error),
        }
    }
    Ok(bytes)
}

fn check_regular(path: &Path, role: &'static str, metadata: &Metadata) -> Result<(), Error> {
    if metadata.is_file() {
        return Ok(());
    }
    let found = kind_of(metadata.file_type());
    Err(Error::WrongKind { path: path.to_owned(), role, found, wanted: "regular file" })
}

/// What a path leads to, when it is no regular file.
pub(crate) fn kind_of(file_type: std::fs::FileType) -> FileKind {
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt as _;
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
    if file_type.is_dir() {
        FileKind::Directory
    } else if file_type.is_symlink() {
        FileKind::Symlink
    } else {
        FileKind::Unknown
    }
}

/// Someone may put a pipe where a file was a moment ago: do not wait for its other end.
#[allow(clippy::disallowed_methods)] // this is the place that reads
pub(crate) fn open_without_waiting(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.custom_flags(NONBLOCK);
    }
    options.open(path)
}

#[cfg(unix)]
const NONBLOCK: i32 = rustix::fs::OFlags::NONBLOCK.bits().cast_signed();
