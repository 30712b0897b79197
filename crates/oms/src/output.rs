//! Writing a signature: whole or not at all, and never over anything else.

use std::fs::Metadata;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use tempfile::NamedTempFile;

use crate::bundle::DEFAULT_MAX_BUNDLE_LEN;
use crate::error::Error;
use crate::input::{kind_of, read_regular_file};

/// A place that a signature can be written to.
#[derive(Debug)]
pub(crate) struct Output {
    path: PathBuf,
    folder: PathBuf,
}

impl Output {
    /// Looks, before any long work, whether the file may be written: its folder is there and lets us
    /// write, and what stands at the path is nothing, or a signature.
    pub(crate) fn prepare(path: &Path) -> Result<Self, Error> {
        if path.file_name().is_none() {
            return Err(Error::NoFileName { path: path.to_owned() });
        }
        let folder = match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
            _ => PathBuf::from("."),
        };
        let output = Self { path: path.to_owned(), folder };
        output.check_free()?;
        output.temporary()?;
        Ok(output)
    }

    /// Writes beside the target, then renames.
    pub(crate) fn write(&self, bytes: &[u8]) -> Result<(), Error> {
        let mut file = self.temporary()?;
        let written = file.write_all(bytes).and_then(|()| file.as_file().sync_all());
        written.map_err(|source| self.failed(source))?;
        // Someone may have put a file there while we worked.
        let renamed = if self.check_free()? {
            file.persist(&self.path)
        } else {
            file.persist_noclobber(&self.path)
        };
        renamed.map_err(|error| self.failed(error.error))?;
        self.sync_folder().map_err(|source| self.failed(source))
    }

    /// Whether a signature stands there; anything else is an error.
    fn check_free(&self) -> Result<bool, Error> {
        match std::fs::symlink_metadata(&self.path) {
            Ok(metadata) => self.check_replaceable(&metadata).map(|()| true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(source) => Err(self.failed(source)),
        }
    }

    fn check_replaceable(&self, metadata: &Metadata) -> Result<(), Error> {
        if !metadata.is_file() {
            let found = kind_of(metadata.file_type());
            let path = self.path.clone();
            return Err(Error::WrongKind {
                path,
                role: "signature",
                found,
                wanted: "regular file",
            });
        }
        let bytes = read_regular_file(&self.path, "signature", DEFAULT_MAX_BUNDLE_LEN)?;
        if bytes.is_some_and(|bytes| is_bundle(&bytes)) {
            return Ok(());
        }
        Err(Error::WouldOverwrite { path: self.path.clone() })
    }

    fn temporary(&self) -> Result<NamedTempFile, Error> {
        let mut builder = tempfile::Builder::new();
        builder.prefix(".oms-").suffix(".tmp");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            // Less what the umask takes away: a signature is public.
            builder.permissions(std::fs::Permissions::from_mode(0o666));
        }
        builder.tempfile_in(&self.folder).map_err(|source| self.failed(source))
    }

    /// A rename is on the disk only once its folder is.
    #[allow(clippy::disallowed_methods)] // opened to be synced, not to be read
    fn sync_folder(&self) -> io::Result<()> {
        #[cfg(unix)]
        std::fs::File::open(&self.folder)?.sync_all()?;
        Ok(())
    }

    fn failed(&self, source: io::Error) -> Error {
        Error::Io { action: "write", path: self.path.clone(), role: "signature", source }
    }
}

/// Whether this calls itself a Sigstore bundle: good or bad, it may be replaced by a new one.
fn is_bundle(bytes: &[u8]) -> bool {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Head {
        media_type: String,
    }
    crate::json::parse::<Head>(bytes)
        .is_ok_and(|head| head.media_type.starts_with("application/vnd.dev.sigstore.bundle"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const BUNDLE: &[u8] = br#"{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json"}"#;

    #[test]
    fn only_signatures_are_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.sig");
        Output::prepare(&path).unwrap().write(BUNDLE).unwrap();
        Output::prepare(&path).unwrap().write(BUNDLE).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), BUNDLE);

        let weights = folder.path().join("weights.bin");
        std::fs::write(&weights, b"precious").unwrap();
        assert!(matches!(Output::prepare(&weights), Err(Error::WouldOverwrite { .. })));
        assert!(matches!(Output::prepare(folder.path()), Err(Error::WrongKind { .. })));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
    }

    #[test]
    fn a_file_that_appears_meanwhile_is_not_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.sig");
        let output = Output::prepare(&path).unwrap();
        std::fs::write(&path, b"precious").unwrap();
        assert!(matches!(output.write(BUNDLE), Err(Error::WouldOverwrite { .. })));
        assert_eq!(std::fs::read(&path).unwrap(), b"precious");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
