//! Adapter of `oms` for the OMS conformance protocol: its words become those of the command `oms`,
//! which does everything. README.md says where the protocol comes from.

use std::ffi::OsString;
use std::process::ExitCode;

/// `sign-model` and `verify-model`, and what they are called here.
const COMMANDS: [(&str, &str); 2] = [("sign-model", "sign"), ("verify-model", "verify")];

/// The flags of the protocol that `oms` calls otherwise. All others pass as they are; one that `oms`
/// does not know ends in a usage error, as the protocol allows.
const FLAGS: [(&str, &str); 5] = [
    ("--output-bundle", "--signature"),
    ("--bundle", "--signature"),
    ("--signing-cert", "--signing-certificate"),
    ("--cert-chain", "--certificate-chain"),
    ("--hash-algorithm", "--hash"),
];

const USAGE: u8 = 2;

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    let command = arguments.next().unwrap_or_default();
    if command == "capabilities" {
        return capabilities();
    }
    match translate(&command, arguments) {
        Some(words) => oms_cli::main(words),
        None => usage(),
    }
}

/// The words of the command `oms` for those of the protocol; nothing when one that must be there is
/// missing.
fn translate(
    command: &OsString,
    arguments: impl Iterator<Item = OsString>,
) -> Option<Vec<OsString>> {
    let command = renamed(&COMMANDS, command)?;
    let (mut method, mut model, mut flags) = (None, None, Vec::new());
    let mut arguments = arguments.flat_map(split);
    while let Some(argument) = arguments.next() {
        match argument.to_str() {
            Some("--method") => method = arguments.next(),
            Some("--model-path") => model = arguments.next(),
            Some(_) => flags.push(renamed(&FLAGS, &argument).unwrap_or(argument)),
            None => flags.push(argument),
        }
    }
    if command == "verify" {
        flags.push("--accept-legacy".into());
    }
    let (oms, end_of_flags) = ("oms".into(), "--".into());
    let words = [oms, command, method?].into_iter().chain(flags).chain([end_of_flags, model?]);
    Some(words.collect())
}

/// `--flag=value` as two words; the protocol writes two, but a parser of flags takes both.
fn split(argument: OsString) -> Vec<OsString> {
    let text = argument.to_str().filter(|text| text.starts_with("--"));
    match text.and_then(|text| text.split_once('=')) {
        Some((flag, value)) => vec![flag.into(), value.into()],
        None => vec![argument],
    }
}

fn renamed(names: &[(&str, &str)], name: &OsString) -> Option<OsString> {
    names.iter().find(|(theirs, _)| name == theirs).map(|(_, ours)| ours.into())
}

/// What the benchmark of the suite may ask for beyond the flags of the protocol.
#[allow(clippy::print_stdout)]
fn capabilities() -> ExitCode {
    println!(
        "{{\"flags\": [\"--hash-algorithm\", \"--shard-size\"], \
         \"hash_algorithms\": [\"sha256\", \"blake2b\", \"blake3\"], \
         \"benchmark_model\": false, \"client_version\": \"{}\"}}",
        env!("CARGO_PKG_VERSION")
    );
    ExitCode::SUCCESS
}

#[allow(clippy::print_stderr)]
fn usage() -> ExitCode {
    eprintln!(
        "Usage: oms-conformance sign-model --method METHOD --model-path PATH --output-bundle FILE …\n       \
         oms-conformance verify-model --method METHOD --model-path PATH --bundle FILE …\n       \
         oms-conformance capabilities"
    );
    ExitCode::from(USAGE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(command: &str, arguments: &str) -> Option<String> {
        let arguments = arguments.split_whitespace().map(OsString::from);
        let words = translate(&command.into(), arguments)?;
        Some(words.join(&OsString::from(" ")).into_string().unwrap())
    }

    #[test]
    fn the_words_of_the_protocol_become_those_of_the_command() {
        let sign = "--private-key k --signing-cert l --method certificate --cert-chain a \
                    --cert-chain b --model-path /m --output-bundle /s --ignore-paths /m/x";
        let ours = "oms sign certificate --private-key k --signing-certificate l \
                    --certificate-chain a --certificate-chain b --signature /s --ignore-paths /m/x \
                    -- /m";
        assert_eq!(words("sign-model", sign).as_deref(), Some(ours));
        let verify = "--model-path=/m --method=key --bundle /s --public-key p \
                      --ignore-unsigned-files";
        let ours = "oms verify key --signature /s --public-key p --ignore-unsigned-files \
                    --accept-legacy -- /m";
        assert_eq!(words("verify-model", verify).as_deref(), Some(ours));
    }

    #[test]
    fn what_must_be_there_is_missed() {
        assert_eq!(words("sign", "--method key --model-path m"), None);
        assert_eq!(words("sign-model", "--method key --output-bundle s"), None);
        assert_eq!(words("verify-model", "--model-path m --bundle s"), None);
        assert_eq!(words("verify-model", "--bundle s --method key --model-path"), None);
    }
}
