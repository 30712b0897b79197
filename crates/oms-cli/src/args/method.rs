//! `sign MODEL …` and `verify MODEL …` without a method: it follows from the flags.

use std::ffi::OsString;

use clap::CommandFactory as _;
use clap::error::ErrorKind;

use super::Cli;

/// The groups whose next word may be a method.
const GROUPS: [&str; 2] = ["sign", "verify"];

/// Every method of the format, those of other builds too: a word that is one is never a model.
const METHODS: [&str; 5] = ["sigstore", "key", "certificate", "pkcs11-key", "pkcs11-certificate"];

/// Flags that only keyless signatures have.
const SIGSTORE: [&str; 7] = [
    "--identity",
    "--identity-regexp",
    "--identity-provider",
    "--identity-provider-regexp",
    "--identity-token",
    "--trusted-root",
    "--trust-config",
];

/// Flags before the command that take their value as the next word.
const GLOBAL_VALUES: [&str; 6] =
    ["--output", "--color", "--log-level", "--log-format", "--output-file", "--timeout"];

/// The word after `sign` or `verify` looked like a method that was misspelt.
pub(super) struct NearMiss {
    group: String,
    word: String,
    method: &'static str,
}

impl NearMiss {
    pub(super) fn into_error(self, error: &clap::Error) -> clap::Error {
        let Self { group, word, method } = self;
        let message = format!(
            "{}\n\nThe method '{word}' is unknown: did you mean 'oms {group} {method}'?",
            error.to_string().lines().next().unwrap_or_default().trim_start_matches("error: "),
        );
        Cli::command().error(ErrorKind::InvalidSubcommand, message)
    }
}

type Inserted = (Vec<OsString>, Option<NearMiss>);

/// Inserts the method that the flags stand for, if there is none.
pub(super) fn insert(mut arguments: Vec<OsString>) -> Result<Inserted, clap::Error> {
    let Some((position, group)) = group_of(&arguments) else {
        return Ok((arguments, None));
    };
    let next = arguments.get(position + 1).and_then(|word| word.to_str()).map(str::to_owned);
    if matches!(next.as_deref(), None | Some("--help" | "-h")) {
        return Ok((arguments, None));
    }
    if let Some(word) = next.as_deref().filter(|word| METHODS.contains(word)) {
        if is_available(group, word) {
            return Ok((arguments, None));
        }
        return Err(unavailable(group, &format!("the method '{word}' is not in this version")));
    }
    let near_miss = next.and_then(|word| near_miss(group, word));
    match (method_of(group, &arguments), near_miss) {
        (Ok(method), near_miss) => {
            arguments.insert(position + 1, method.into());
            Ok((arguments, near_miss))
        }
        (Err(error), Some(near_miss)) => Err(near_miss.into_error(&error)),
        (Err(error), None) => Err(error),
    }
}

/// Where `sign` or `verify` stands as the command.
fn group_of(arguments: &[OsString]) -> Option<(usize, &'static str)> {
    let mut words = arguments.iter().enumerate().skip(1);
    while let Some((position, word)) = words.next() {
        let word = word.to_str()?;
        if GLOBAL_VALUES.contains(&word) {
            words.next();
        } else if !word.starts_with('-') {
            return GROUPS.into_iter().find(|group| *group == word).map(|group| (position, group));
        }
    }
    None
}

fn is_available(group: &str, method: &str) -> bool {
    let cli = Cli::command();
    cli.find_subcommand(group).is_some_and(|group| group.find_subcommand(method).is_some())
}

/// The methods of this version, as they are called.
fn methods(group: &str) -> Vec<String> {
    let available = METHODS.into_iter().filter(|method| is_available(group, method));
    available.map(|method| format!("oms {group} {method}")).collect()
}

fn unavailable(group: &str, why: &str) -> clap::Error {
    let message =
        format!("{why}\n\nMethods: {}. Try 'oms {group} --help'.", methods(group).join(", "));
    Cli::command().error(ErrorKind::InvalidSubcommand, message)
}

/// The method that the flags stand for.
fn method_of(group: &'static str, arguments: &[OsString]) -> Result<&'static str, clap::Error> {
    let given = |flag: &str| {
        arguments
            .iter()
            .take_while(|argument| *argument != "--")
            .filter_map(|argument| argument.to_str())
            .any(|text| text == flag || text.starts_with(&format!("{flag}=")))
    };
    let key_material = given(if group == "sign" { "--private-key" } else { "--public-key" });
    let certificate = given("--certificate-chain") || given("--signing-certificate");
    let sigstore = SIGSTORE.into_iter().find(|flag| given(flag));
    let pkcs11 = given("--pkcs11-uri");
    if let Some(other) = sigstore.filter(|_| key_material || certificate || pkcs11) {
        return Err(two_methods(group, other));
    }
    match (group, key_material, certificate) {
        _ if pkcs11 => Err(unavailable(group, "signing with PKCS#11 is not in this version")),
        ("verify", true, true) => Err(two_methods(group, "--public-key")),
        (_, _, true) => Ok("certificate"),
        (_, true, false) => Ok("key"),
        ("verify", false, false) if !is_available(group, "sigstore") => {
            Err(unavailable(group, "no method was given, and this build has no keyless signatures"))
        }
        ("verify", false, false) if sigstore.is_none() => Err(unavailable(
            group,
            "no method was given; a keyless signature needs --identity and --identity-provider",
        )),
        ("verify", false, false) => Ok("sigstore"),
        (_, false, false) => Err(unavailable(
            group,
            "no method was given, and keyless signing (Sigstore) is not in this version",
        )),
    }
}

fn two_methods(group: &str, flag: &str) -> clap::Error {
    let message = format!(
        "the flags belong to two methods: '{flag}' does not go with the others\n\nName the method: \
         {}.",
        methods(group).join(", ")
    );
    Cli::command().error(ErrorKind::ArgumentConflict, message)
}

fn near_miss(group: &str, word: String) -> Option<NearMiss> {
    let method =
        METHODS.into_iter().find(|method| strsim::damerau_levenshtein(method, &word) <= 2)?;
    Some(NearMiss { group: group.to_owned(), word, method })
}
