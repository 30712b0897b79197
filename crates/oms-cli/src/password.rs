//! The password of a private key: from a flag, a file, standard input, the environment or a prompt.

use std::io::{IsTerminal as _, Read as _};
use std::path::Path;

use zeroize::Zeroizing;

use crate::args::PasswordArgs;
use crate::failure::CommandError;

/// The environment variable that holds a password.
const VARIABLE: &str = "OMS_KEY_PASSWORD";

/// Longer passwords are files that were named by mistake.
const MAX_LEN: u64 = 64 * 1024;

type Password = Zeroizing<Vec<u8>>;

/// The password that the user gave; `None` when there is none and nobody to ask.
pub(crate) fn get(args: &PasswordArgs, question: &str) -> Result<Option<Password>, CommandError> {
    match given(args)? {
        Some(password) => Ok(Some(password)),
        None => prompt(question),
    }
}

fn prompt(question: &str) -> Result<Option<Password>, CommandError> {
    if !(std::io::stdin().is_terminal() && std::io::stderr().is_terminal()) {
        return Ok(None);
    }
    let password = rpassword::prompt_password(question)
        .map_err(|error| CommandError::Password { path: None, reason: error.to_string() })?;
    Ok(Some(Zeroizing::new(password.into_bytes())))
}

/// The password of a key that is being made: where it is typed, it is asked for twice.
pub(crate) fn new(args: &PasswordArgs) -> Result<Password, CommandError> {
    let given = given(args)?;
    let is_typed = given.is_none();
    let password = match given {
        Some(password) => password,
        None => prompt("Password for the new key: ")?.ok_or(CommandError::NoPassword)?,
    };
    if password.is_empty() {
        return Err(CommandError::NoPassword);
    }
    if is_typed && prompt("The same once more: ")?.as_ref() != Some(&password) {
        let reason = "the two are not the same".to_owned();
        return Err(CommandError::Password { path: None, reason });
    }
    Ok(password)
}

fn given(args: &PasswordArgs) -> Result<Option<Password>, CommandError> {
    if let Some(password) = &args.password {
        tracing::warn!(
            "--password is visible to other users of this machine; \
             prefer --password-file or {VARIABLE}"
        );
        return Ok(Some(Zeroizing::new(password.clone().into_bytes())));
    }
    if let Some(path) = &args.password_file {
        return read(path).map(Some);
    }
    let from_environment = std::env::var_os(VARIABLE).and_then(|value| value.into_string().ok());
    Ok(from_environment.map(|password| Zeroizing::new(password.into_bytes())))
}

fn read(path: &Path) -> Result<Password, CommandError> {
    let failed = |reason: String| CommandError::Password { path: Some(path.to_owned()), reason };
    let mut bytes = Zeroizing::new(Vec::new());
    let read = if path == Path::new("-") {
        std::io::stdin().take(MAX_LEN + 1).read_to_end(&mut bytes)
    } else {
        #[allow(clippy::disallowed_methods)] // the user's password file; pipes are welcome
        std::fs::File::open(path).and_then(|file| file.take(MAX_LEN + 1).read_to_end(&mut bytes))
    };
    read.map_err(|error| failed(error.to_string()))?;
    if bytes.len() as u64 > MAX_LEN {
        return Err(failed("it is too long".to_owned()));
    }
    // Editors and `echo` end a file with a line break, which is not part of the password.
    if bytes.last() == Some(&b'\n') {
        bytes.pop();
        if bytes.last() == Some(&b'\r') {
            bytes.pop();
        }
    }
    Ok(bytes)
}
