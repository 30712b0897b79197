//! Raw arguments → flags that parsed.

mod flags;
#[cfg(feature = "sigstore")]
mod keyless;
mod method;

use std::ffi::OsString;

use clap::error::ErrorKind;
use clap::{CommandFactory as _, Parser as _};

pub(crate) use flags::*;
#[cfg(feature = "sigstore")]
pub(crate) use keyless::*;

/// Parses, or prints what clap has to say and gives the exit status.
pub(crate) fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Cli, u8> {
    let arguments = kebab_case_flags(arguments);
    let parsed = method::insert(arguments).and_then(|(arguments, hint)| {
        Cli::try_parse_from(arguments).map_err(|error| match hint {
            Some(hint) if error.kind() == ErrorKind::UnknownArgument => hint.into_error(&error),
            _ => error,
        })
    });
    parsed.map_err(|error| {
        // A closed pipe must not hide that the command was wrong.
        let _ = error.print();
        u8::try_from(error.exit_code()).unwrap_or(2)
    })
}

/// Whether these are `--version --verbose`, and nothing else.
pub(crate) fn asks_for_verbose_version(arguments: &[OsString]) -> bool {
    let words: Vec<_> = arguments.iter().skip(1).filter_map(|word| word.to_str()).collect();
    matches!(
        words.as_slice(),
        ["--version" | "-V", "--verbose"] | ["--verbose", "--version" | "-V"]
    )
}

/// The definition of the command line.
pub(crate) fn command() -> clap::Command {
    Cli::command()
}

/// Respells flags up to `--`, behind which everything is a value.
fn kebab_case_flags(arguments: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let mut only_values = false;
    let respell = |argument: OsString| {
        only_values |= argument == "--";
        if only_values { argument } else { kebab_case(argument) }
    };
    arguments.into_iter().map(respell).collect()
}

/// Other clients spell flags `--private_key`; deployed scripts do too. Values are left alone.
fn kebab_case(argument: OsString) -> OsString {
    let Some(text) = argument.to_str().filter(|text| text.starts_with("--")) else {
        return argument;
    };
    let (name, value) = match text.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (text, None),
    };
    let mut out = name.replace('_', "-");
    if let Some(value) = value {
        out = format!("{out}={value}");
    }
    out.into()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_is_consistent() {
        command().debug_assert();
    }

    #[test]
    fn only_the_name_of_a_flag_is_respelt() {
        let respell = |text: &str| kebab_case(text.into()).into_string().unwrap();
        assert_eq!(respell("--private_key=a_b"), "--private-key=a_b");
        assert_eq!(respell("--ignore_paths"), "--ignore-paths");
        assert_eq!(respell("my_model"), "my_model");
        assert_eq!(respell("-x_y"), "-x_y");
        let words = ["--a_b", "--", "--my_model"].map(OsString::from);
        assert_eq!(kebab_case_flags(words), ["--a-b", "--", "--my_model"]);
    }
}
