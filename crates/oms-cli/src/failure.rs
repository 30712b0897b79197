//! What ends a command early.

use std::fmt;
use std::path::PathBuf;

use oms::{Class, Engine};

use crate::console::shown;
use crate::report::Report;

/// A command that did not succeed: what it found out until then, and why it ended.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) report: Box<Report>,
    pub(crate) error: CommandError,
}

/// Why a command ended.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CommandError {
    /// The library says no.
    #[error("{0}")]
    Library(#[from] oms::Error),
    /// Two signatures to choose from.
    #[error("there are two signatures: '{}' and '{}'", shown(.here), shown(.inside))]
    AmbiguousSignature { here: PathBuf, inside: PathBuf },
    /// A key file that is there already.
    #[error("'{}' exists: it is not overwritten", shown(.path))]
    KeyExists { path: PathBuf },
    /// Nobody who may have signed.
    #[cfg(feature = "sigstore")]
    #[error("no identity, or nobody who vouches for it, was given")]
    NoSigner,
    /// A password that cannot be had.
    #[error("cannot read the password{}: {reason}", .path.as_ref().map(|p| format!(" from '{}'", shown(p))).unwrap_or_default())]
    Password { path: Option<PathBuf>, reason: String },
    /// An encrypted key without a password.
    #[error("a password is needed to encrypt the key")]
    NoPassword,
    /// Something of our own that could not be read or written.
    #[error("cannot {action} '{}': {}", shown(.path), oms::io_reason(.source))]
    Io { action: &'static str, path: PathBuf, source: std::io::Error },
    /// A log filter that does not parse.
    #[error("OMS_LOG is not a log filter: {reason}")]
    LogFilter { reason: String },
    /// A hash engine that is not there.
    #[error("OMS_HASH_ENGINE: {0}")]
    Engine(#[from] oms::EngineError),
    /// No folder for the user's configuration.
    #[error("there is no folder for the user's configuration: {reason}")]
    NoConfigFolder { reason: String },
    /// The model holds the folder that we write to.
    #[error("the folder for keys and signatures '{}' lies in the model", shown(.folder))]
    OwnFolderInModel { folder: PathBuf },
    /// `status` found differences.
    #[error("{0}")]
    Changed(String),
    /// The tampered copy was accepted, which must never happen.
    #[error("the tampered model was accepted")]
    TamperAccepted,
}

impl CommandError {
    /// What to do, in one line.
    pub(crate) fn remedy(&self) -> String {
        match self {
            Self::Library(error) => error.remedy(),
            Self::AmbiguousSignature { .. } => "Choose one with --signature.".to_owned(),
            Self::KeyExists { .. } => {
                "Choose another folder with --output-dir, or move the key away.".to_owned()
            }
            #[cfg(feature = "sigstore")]
            Self::NoSigner => "Give both, with --identity and --identity-provider.".to_owned(),
            Self::Password { .. } => "Check the path, or use OMS_KEY_PASSWORD.".to_owned(),
            Self::NoPassword => {
                "Give it with --password-file or OMS_KEY_PASSWORD, or run on a terminal.".to_owned()
            }
            Self::Io { .. } => "Check the path and its permissions.".to_owned(),
            Self::LogFilter { .. } => "Use a filter as in 'debug' or 'oms=debug'.".to_owned(),
            Self::Engine(_) => {
                let names: Vec<_> = Engine::available().iter().map(Engine::name).collect();
                format!("Unset it, or name one that runs here: {}.", names.join(", "))
            }
            Self::NoConfigFolder { .. } => "Set HOME or XDG_CONFIG_HOME.".to_owned(),
            Self::OwnFolderInModel { .. } => {
                "Choose a model that does not hold it, or set XDG_CONFIG_HOME.".to_owned()
            }
            Self::Changed(_) => "If the changes are wanted, sign the model again.".to_owned(),
            Self::TamperAccepted => "Please report this as a security defect.".to_owned(),
        }
    }

    pub(crate) fn class(&self) -> Class {
        match self {
            Self::Library(error) => error.class(),
            Self::Changed(_) | Self::TamperAccepted => Class::Rejected,
            Self::Io { .. } => Class::Unavailable,
            Self::AmbiguousSignature { .. }
            | Self::KeyExists { .. }
            | Self::Password { .. }
            | Self::NoPassword
            | Self::LogFilter { .. }
            | Self::Engine(_)
            | Self::NoConfigFolder { .. }
            | Self::OwnFolderInModel { .. } => Class::Usage,
            #[cfg(feature = "sigstore")]
            Self::NoSigner => Class::Usage,
        }
    }

    /// The exit status of the process.
    pub(crate) fn status(&self) -> u8 {
        match self.class() {
            Class::Rejected => 1,
            Class::Usage => 2,
            Class::Unavailable => 3,
            Class::Interrupted => 130,
        }
    }
}

impl Failure {
    pub(crate) fn new(command: &'static str, error: impl Into<CommandError>) -> Self {
        Self { report: Box::new(Report::new(command)), error: error.into() }
    }
}

/// Adds the command to an error, where nothing else was found out.
pub(crate) trait InCommand<T> {
    fn in_command(self, command: &'static str) -> Result<T, Failure>;
}

impl<T, E: Into<CommandError>> InCommand<T> for Result<T, E> {
    fn in_command(self, command: &'static str) -> Result<T, Failure> {
        self.map_err(|error| Failure::new(command, error))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}
