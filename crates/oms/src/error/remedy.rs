//! What to do about an error: the second line of every message.

use super::Error;
use crate::bundle::BundleError;
use crate::key::KeyError;
use crate::manifest::FileKind;
use crate::statement::StatementError;
use crate::verify::SignatureError;
use crate::x509::CertificateError;

impl Error {
    /// What the user can do, in one line.
    #[must_use]
    pub fn remedy(&self) -> String {
        match self {
            Self::Bundle { error, .. } => bundle(error),
            Self::Statement(error) => statement(error),
            Self::Signature(error) => signature(error),
            Self::Chain(error) => error.remedy(),
            #[cfg(feature = "sigstore")]
            Self::Sigstore(error) => error.remedy(),
            #[cfg(feature = "sigstore")]
            Self::TrustRoot { .. } => {
                "Get the file again from whoever runs the Sigstore instance, or take a newer oms."
                    .to_owned()
            }
            Self::WrongMethod { found, .. } => {
                format!("If you trust this signer by other means, verify with method '{found}'.")
            }
            Self::ModelDiffers(_) => {
                "Do not use this model: get it again from its publisher, or ask for a new signature."
                    .to_owned()
            }
            Self::SelfCheck(error) => match **error {
                Self::Chain(_) => "No signature was written. Sign with a certificate that is valid \
                                   now and meant for code signing."
                    .to_owned(),
                _ => format!("No signature was written. {}", error.remedy()),
            },
            Self::Key { error, .. } => key(error),
            Self::Certificate { error, .. } => certificate(error),
            Self::KeyOfOtherCertificate { .. } => {
                "Give the private key that the certificate was issued for, or the certificate of \
                 this key."
                    .to_owned()
            }
            Self::Trust { role, .. } => {
                format!("Check the path of the {role} and its permissions.")
            }
            Self::WrongKind { role, wanted, .. } => format!("Give the path of a {wanted} as {role}."),
            Self::WouldOverwrite { .. } => {
                "Name another file with --signature, or move this one away.".to_owned()
            }
            Self::NoFileName { .. } => "Name a file with --signature.".to_owned(),
            Self::IgnoresEverything { .. } => {
                "Name files or folders inside the model with --ignore-paths.".to_owned()
            }
            Self::IgnorePathNotUtf8 { .. } => "Rename it so that its name is UTF-8.".to_owned(),
            Self::NotRegular { files } => not_regular(files.iter().map(|(_, kind)| *kind)),
            Self::NonUtf8Name { .. } => {
                "Rename the file: names in signatures are UTF-8 on every system.".to_owned()
            }
            Self::EmptyModel { .. } => {
                "Check the path of the model, and --ignore-paths if you gave any.".to_owned()
            }
            Self::TooManyResources { .. } => {
                "Use larger shards, or pack small files together.".to_owned()
            }
            Self::TooManyLinks { .. } => {
                "Copy the model without links, for example with 'cp -rL'.".to_owned()
            }
            Self::Io { role, action, source, .. } => io(role, action, source),
            Self::Changed { .. } => {
                "Wait until nothing writes to the model, then try again.".to_owned()
            }
            Self::Cancelled => "Nothing was written. Run the command again.".to_owned(),
            Self::DeadlinePassed => "Nothing was written. Allow more time with --timeout.".to_owned(),
        }
    }
}

fn bundle(error: &BundleError) -> String {
    match error {
        BundleError::TooLarge { .. } => {
            "Check that this is the signature; if it is, allow more with --max-bundle-size."
        }
        BundleError::PayloadTooLarge { .. } => {
            "Ask the publisher for a signature with fewer files or larger shards, or with a key."
        }
        BundleError::SignatureCount { actual: 2.. } => {
            "Ask the publisher for a bundle with one signature: clients disagree on which counts."
        }
        _ => "Check that this is the signature of the model, complete as its publisher made it.",
    }
    .to_owned()
}

fn statement(error: &StatementError) -> String {
    match error {
        StatementError::Legacy => {
            "Ask for a new signature, or accept the risk with --accept-legacy."
        }
        StatementError::PredicateType { .. } | StatementError::Type { .. } => {
            "Check that this is the signature of a model: it signs something else."
        }
        _ => {
            "The signer's tool made this by mistake or on purpose: ask the publisher for a new one."
        }
    }
    .to_owned()
}

fn signature(error: &SignatureError) -> String {
    match error {
        SignatureError::OtherKey { .. } => {
            "Get the right public key from the publisher, by a way that you trust."
        }
        SignatureError::Invalid | SignatureError::Hint { .. } => {
            "Do not use this model: the signature was changed or damaged. Get it again."
        }
        SignatureError::NoKeys => "Give a public key with --public-key.",
    }
    .to_owned()
}

fn certificate(error: &CertificateError) -> String {
    match error {
        CertificateError::Key(_) => "Ask for a certificate of a P-256, P-384 or P-521 key.",
        CertificateError::Malformed { .. } | CertificateError::Pem => {
            "Check that the file is complete: each certificate from BEGIN to END."
        }
        _ => "Give certificates in PEM ('-----BEGIN CERTIFICATE-----').",
    }
    .to_owned()
}

fn key(error: &KeyError) -> String {
    match error {
        KeyError::Unsupported(_) => {
            "Use a P-256, P-384 or P-521 key: 'oms keygen' makes one.".to_owned()
        }
        KeyError::PasswordNeeded => {
            "Give its password with --password-file, on standard input with \
             '--password-file -', or in OMS_KEY_PASSWORD."
                .to_owned()
        }
        KeyError::WrongPassword => "Check the password.".to_owned(),
        KeyError::UnsupportedEncryption(_) | KeyError::ExcessiveWork => {
            "Convert it with 'openssl pkcs8 -topk8 -v2 aes-256-cbc'.".to_owned()
        }
        KeyError::OtherBlock { wanted, .. } | KeyError::NoKey { wanted } => {
            format!("Check the path: a {wanted} in PEM is wanted here.")
        }
        KeyError::Malformed | KeyError::TooLarge => {
            "Check that the file is a key in PEM and complete.".to_owned()
        }
        KeyError::Generation => "Try again; the system's randomness may be broken.".to_owned(),
    }
}

fn not_regular(kinds: impl Iterator<Item = FileKind>) -> String {
    let (mut links, mut others) = (false, false);
    for kind in kinds {
        match kind {
            FileKind::Symlink => links = true,
            _ => others = true,
        }
    }
    match (links, others) {
        (true, false) => "Sign what the links lead to with --allow-symlinks, or remove them.",
        _ => "Remove them from the model, or leave them out with --ignore-paths.",
    }
    .to_owned()
}

fn io(role: &str, action: &str, source: &std::io::Error) -> String {
    use std::io::ErrorKind;
    match source.kind() {
        ErrorKind::NotFound => format!("Check the path of the {role}."),
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
            format!("Check the permissions: the {role} must allow to {action} it.")
        }
        ErrorKind::StorageFull => "Free some space, or write the signature elsewhere.".to_owned(),
        _ => "Check the disk, then try again.".to_owned(),
    }
}
