//! What a user should hear about a run that went well, or nearly.

use std::fmt;
use std::path::PathBuf;

use crate::path::RelPath;
use crate::statement::Note;

/// Something worth saying that changes no verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Warning {
    /// The signature itself is unusual.
    Signature(Note),
    /// An ignore path lies outside of the model.
    IgnorePathOutside {
        /// The path as the user gave it.
        path: PathBuf,
    },
    /// Links lead out of the model.
    LinksOutside {
        /// How many.
        count: u64,
        /// The first of them.
        first: RelPath,
    },
    /// A link leads to a folder that contains it; it was not followed.
    LinkCycle {
        /// The link.
        path: RelPath,
    },
    /// Links to folders were followed; other clients skip them.
    FolderLinks {
        /// How many.
        count: u64,
    },
    /// Empty files have no shard, so that a signature over shards does not cover them.
    EmptyFilesNotCovered {
        /// How many.
        count: u64,
        /// The first of them.
        first: RelPath,
    },
    /// A folder that could not be read and holds nothing that was signed.
    UnreadableFolder {
        /// The folder.
        path: RelPath,
    },
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Signature(note) => note.fmt(f),
            Self::IgnorePathOutside { path } => {
                write!(
                    f,
                    "the ignore path '{}' lies outside of the model and has no effect",
                    crate::error::shown(path)
                )
            }
            Self::LinksOutside { count: 1, first } => {
                write!(f, "the link '{first}' leads out of the model")
            }
            Self::LinksOutside { count, first } => {
                write!(f, "{count} links lead out of the model, '{first}' first")
            }
            Self::LinkCycle { path } => {
                write!(f, "the link '{path}' leads to a folder that holds it; it was not followed")
            }
            Self::FolderLinks { count } => {
                write!(f, "links to folders followed: {count}; other OMS clients skip them")
            }
            Self::EmptyFilesNotCovered { count: 1, first } => {
                write!(f, "a signature over shards does not cover empty files: '{first}'")
            }
            Self::EmptyFilesNotCovered { count, first } => write!(
                f,
                "a signature over shards does not cover empty files: {count} of them, '{first}' first"
            ),
            Self::UnreadableFolder { path } => {
                write!(f, "the folder '{path}' cannot be read; nothing in it was signed")
            }
        }
    }
}
