//! The flags. Nothing else knows clap.

use std::num::{NonZeroU64, NonZeroUsize};
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Sign and verify machine-learning models (OpenSSF Model Signing)
///
/// A signature is one file. It covers the names and the bytes of all files of a model. Verifying
/// says whether the model is still what its publisher signed.
#[derive(Debug, Parser)]
#[command(
    name = "oms",
    version,
    max_term_width = 80,
    disable_help_subcommand = true,
    after_help = "Start with 'oms quickstart'. Exit status: 0 good, 1 not good, 2 asked wrongly, \
                  3 could not find out. 'oms --version --verbose' also says how this machine hashes."
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: GlobalArgs,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Everywhere")]
pub(crate) struct GlobalArgs {
    /// Form of the report on standard output
    #[arg(long, global = true, value_enum, default_value_t, value_name = "FORM")]
    pub(crate) output: OutputForm,
    /// Print the verdict and errors only
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
    /// Use colours
    #[arg(long, global = true, value_enum, default_value_t, value_name = "WHEN")]
    pub(crate) color: Color,
    /// End the command after this time, as in 30 (seconds), 1.5s or 3m, with
    /// status 3
    #[arg(long, global = true, value_name = "TIME", value_parser = time)]
    pub(crate) timeout: Option<Duration>,
    /// Least important log messages to show
    #[arg(
        long,
        global = true,
        value_enum,
        default_value_t,
        value_name = "LEVEL",
        env = "MODEL_SIGNING_LOG_LEVEL",
        hide_env = true,
        ignore_case = true
    )]
    pub(crate) log_level: LogLevel,
    /// Form of log messages
    #[arg(long, global = true, value_enum, default_value_t, value_name = "FORM")]
    pub(crate) log_format: LogFormat,
    /// Write log messages to a file instead of standard error
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) output_file: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum OutputForm {
    /// For people
    #[default]
    Text,
    /// For programs, see docs/report.md
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal
    #[default]
    Auto,
    Always,
    Never,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum LogLevel {
    Debug,
    Info,
    #[default]
    #[value(alias = "warn")]
    Warning,
    Error,
    Critical,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum LogFormat {
    #[default]
    Text,
    Json,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Sign a model
    ///
    /// Without a method it follows from the flags: --private-key alone is 'key', with a certificate
    /// 'certificate'.
    Sign(SignGroup),
    /// Verify a model and its signature
    ///
    /// Without a method it follows from the flags: --public-key is 'key', --certificate-chain is
    /// 'certificate', and anything else 'sigstore'.
    Verify(VerifyGroup),
    /// Print one digest that stands for a model
    Digest(DigestArgs),
    /// Show what a signature says, without verifying it
    Inspect(InspectArgs),
    /// See whether a model has changed since it was signed
    Status(StatusArgs),
    /// Make a key pair
    Keygen(KeygenArgs),
    /// Sign, verify and tamper with a sample, to see how it works
    Quickstart(QuickstartArgs),
    /// Measure how fast this machine hashes, and what bounds a model
    ///
    /// Rates are of hashing in memory. A model is hashed twice, as 'digest' does: the second run finds
    /// it in memory if there is enough.
    Bench(BenchArgs),
    /// Print completions for a shell
    Completions(CompletionsArgs),
    /// Print the manual page
    Man(ManArgs),
}

#[derive(Debug, Args)]
pub(crate) struct SignGroup {
    #[command(subcommand)]
    pub(crate) method: SignMethod,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SignMethod {
    /// Sign with a private key
    Key(SignKeyArgs),
    /// Sign with a private key and its certificate
    Certificate(SignCertificateArgs),
}

#[derive(Debug, Args)]
pub(crate) struct VerifyGroup {
    #[command(subcommand)]
    pub(crate) method: VerifyMethod,
}

#[derive(Debug, Subcommand)]
pub(crate) enum VerifyMethod {
    /// Verify a keyless signature: who signed, as Sigstore vouches
    #[cfg(feature = "sigstore")]
    Sigstore(Box<super::VerifySigstoreArgs>),
    /// Verify with the signer's public key
    Key(VerifyKeyArgs),
    /// Verify with the certificates that you trust
    Certificate(VerifyCertificateArgs),
}

#[derive(Debug, Args)]
pub(crate) struct SignKeyArgs {
    #[command(flatten)]
    pub(crate) model: SignModelArgs,
    #[command(flatten)]
    pub(crate) key: PrivateKeyArgs,
}

#[derive(Debug, Args)]
pub(crate) struct SignCertificateArgs {
    #[command(flatten)]
    pub(crate) model: SignModelArgs,
    #[command(flatten)]
    pub(crate) key: PrivateKeyArgs,
    /// The certificate of the key, in PEM; if left out, the first of the chain
    #[arg(long, value_name = "PEM", required_unless_present = "certificate_chain")]
    pub(crate) signing_certificate: Option<PathBuf>,
    /// Certificates from the signing one towards the root, in PEM; repeatable
    #[arg(long, value_name = "PEM")]
    pub(crate) certificate_chain: Vec<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct PrivateKeyArgs {
    /// The private key: P-256, P-384 or P-521, in PEM
    #[arg(long, value_name = "PEM")]
    pub(crate) private_key: PathBuf,
    #[command(flatten)]
    pub(crate) password: PasswordArgs,
}

#[derive(Debug, Args)]
pub(crate) struct PasswordArgs {
    /// The password of the key; other users of the machine can see it, so
    /// prefer --password-file, OMS_KEY_PASSWORD or the prompt
    #[arg(long, value_name = "PASSWORD", conflicts_with = "password_file")]
    pub(crate) password: Option<String>,
    /// A file with the password of the key; '-' is standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) password_file: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct SignModelArgs {
    /// The model: a folder or a file
    pub(crate) model: PathBuf,
    /// Where to write the signature
    #[arg(long, value_name = "FILE", default_value = "model.sig")]
    pub(crate) signature: PathBuf,
    /// Write what another client can verify
    #[arg(long, value_enum, value_name = "CLIENT")]
    pub(crate) compat: Option<CompatClient>,
    #[command(flatten)]
    pub(crate) hashing: HashingArgs,
}

/// How a model is hashed.
#[derive(Debug, Args)]
pub(crate) struct HashingArgs {
    /// The hash of every file
    #[arg(long, value_enum, default_value_t, value_name = "HASH")]
    pub(crate) hash: Hash,
    /// Sign pieces of this size instead of whole files, as in 1GB or 256MiB
    #[arg(long, value_name = "SIZE", value_parser = size)]
    pub(crate) shard_size: Option<NonZeroU64>,
    #[command(flatten)]
    pub(crate) selection: SelectionArgs,
}

/// Which files belong to a model.
#[derive(Debug, Args)]
pub(crate) struct SelectionArgs {
    /// A file or folder to leave out, inside the model; repeatable
    #[arg(long, value_name = "PATH")]
    pub(crate) ignore_paths: Vec<PathBuf>,
    /// Leave out .git, .gitattributes, .github and .gitignore at the top
    /// [default: true]
    #[arg(
        long,
        value_name = "BOOL",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true",
        overrides_with = "no_ignore_git_paths"
    )]
    pub(crate) ignore_git_paths: Option<bool>,
    /// Treat them like all others
    #[arg(long, overrides_with = "ignore_git_paths")]
    pub(crate) no_ignore_git_paths: bool,
    /// Follow links
    #[arg(
        long,
        value_name = "BOOL",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true"
    )]
    pub(crate) allow_symlinks: Option<bool>,
    /// Threads that hash [default: one a core]
    #[arg(long, value_name = "N")]
    pub(crate) jobs: Option<NonZeroUsize>,
}

impl SelectionArgs {
    pub(crate) fn ignores_git_paths(&self) -> bool {
        self.ignore_git_paths.unwrap_or(!self.no_ignore_git_paths)
    }

    pub(crate) fn allows_symlinks(&self) -> bool {
        self.allow_symlinks.unwrap_or(false)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum Hash {
    #[default]
    Sha256,
    Blake2b,
    Blake3,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum CompatClient {
    /// The PyPI package model-signing 1.1
    #[value(name = "model-signing-1.1")]
    ModelSigning11,
}

#[derive(Debug, Args)]
pub(crate) struct VerifyModelArgs {
    /// The model: a folder or a file
    pub(crate) model: PathBuf,
    #[command(flatten)]
    pub(crate) signature: SignatureArgs,
    #[command(flatten)]
    pub(crate) selection: SelectionArgs,
    /// Let unsigned files be there; signed ones are checked all the same
    #[arg(
        long,
        value_name = "BOOL",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true",
        overrides_with = "no_ignore_unsigned_files"
    )]
    pub(crate) ignore_unsigned_files: Option<bool>,
    /// Refuse unsigned files; the default
    #[arg(long, overrides_with = "ignore_unsigned_files")]
    pub(crate) no_ignore_unsigned_files: bool,
}

#[derive(Debug, Args)]
pub(crate) struct SignatureArgs {
    /// The signature [default: model.sig, here or in the model]
    #[arg(long, value_name = "FILE")]
    pub(crate) signature: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) limit: LimitArgs,
}

#[derive(Debug, Args)]
pub(crate) struct LimitArgs {
    /// The largest signature file that is read
    #[arg(long, value_name = "SIZE", value_parser = size, default_value = "256MiB")]
    pub(crate) max_bundle_size: NonZeroU64,
}

#[derive(Debug, Args)]
pub(crate) struct LegacyArgs {
    /// Accept signatures of OMS v0.2.0, which cannot prove that no file was
    /// added
    #[arg(long)]
    pub(crate) accept_legacy: bool,
}

#[derive(Debug, Args)]
pub(crate) struct VerifyKeyArgs {
    #[command(flatten)]
    pub(crate) model: VerifyModelArgs,
    /// The signer's public key, in PEM; repeatable: any one may fit
    #[arg(long, value_name = "PEM", required = true)]
    pub(crate) public_key: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) legacy: LegacyArgs,
}

#[derive(Debug, Args)]
pub(crate) struct VerifyCertificateArgs {
    #[command(flatten)]
    pub(crate) model: VerifyModelArgs,
    /// Root certificates that you trust, and intermediates, in PEM; repeatable
    #[arg(long, value_name = "PEM", required = true)]
    pub(crate) certificate_chain: Vec<PathBuf>,
    /// Show the fingerprints of the certificates used
    #[arg(
        long,
        value_name = "BOOL",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true"
    )]
    pub(crate) log_fingerprints: Option<bool>,
    #[command(flatten)]
    pub(crate) legacy: LegacyArgs,
}

#[derive(Debug, Args)]
pub(crate) struct DigestArgs {
    /// The model: a folder or a file
    pub(crate) model: PathBuf,
    #[command(flatten)]
    pub(crate) hashing: HashingArgs,
}

#[derive(Debug, Args)]
pub(crate) struct InspectArgs {
    /// The signature
    #[arg(value_name = "BUNDLE")]
    pub(crate) signature: PathBuf,
    /// List the signed files
    #[arg(long)]
    pub(crate) files: bool,
    #[command(flatten)]
    pub(crate) limit: LimitArgs,
}

#[derive(Debug, Args)]
pub(crate) struct StatusArgs {
    /// The model: a folder or a file
    pub(crate) model: PathBuf,
    #[command(flatten)]
    pub(crate) signature: SignatureArgs,
    #[command(flatten)]
    pub(crate) selection: SelectionArgs,
}

#[derive(Debug, Args)]
pub(crate) struct KeygenArgs {
    /// The curve
    #[arg(long, value_enum, default_value_t, value_name = "CURVE")]
    pub(crate) algorithm: KeyAlgorithm,
    /// The folder for signing-key.pem and signing-key.pub.pem
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub(crate) output_dir: PathBuf,
    /// Encrypt the private key with a password; implied by --password and
    /// --password-file
    #[arg(long)]
    pub(crate) encrypt: bool,
    #[command(flatten)]
    pub(crate) password: PasswordArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum KeyAlgorithm {
    #[default]
    P256,
    P384,
    P521,
}

#[derive(Debug, Args)]
pub(crate) struct QuickstartArgs {
    /// Your own model; nothing is written into it [default: a small sample]
    pub(crate) model: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct BenchArgs {
    /// A model to hash: a folder or a file
    pub(crate) model: Option<PathBuf>,
    /// Say how long a model of this size takes, as in 100GB
    #[arg(long, value_name = "SIZE", value_parser = size)]
    pub(crate) size: Option<NonZeroU64>,
    #[command(flatten)]
    pub(crate) hashing: HashingArgs,
}

#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// The shell
    pub(crate) shell: clap_complete::Shell,
}

#[derive(Debug, Args)]
pub(crate) struct ManArgs {
    /// Write a page for every command into this folder instead
    #[arg(long, value_name = "DIR")]
    pub(crate) output_dir: Option<PathBuf>,
}

/// A length of time: seconds, or a number with the unit ms, s, m or h.
fn time(text: &str) -> Result<Duration, String> {
    let end = text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let seconds = match unit {
        "ms" => 0.001,
        "" | "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        _ => return Err("not a time: use a number of seconds, or a unit as in 3m".to_owned()),
    };
    let number: f64 = number.parse().map_err(|_| "not a number".to_owned())?;
    match Duration::try_from_secs_f64(number * seconds) {
        Ok(duration) if !duration.is_zero() => Ok(duration),
        _ => Err("not a positive length of time".to_owned()),
    }
}

/// A number of bytes, maybe with a unit: k, M, G, T count in thousands, Ki, Mi, Gi, Ti in 1024s.
fn size(text: &str) -> Result<NonZeroU64, String> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '_').unwrap_or(text.len());
    let (digits, unit) = text.split_at(end);
    let unit = unit.trim().trim_end_matches(['b', 'B']);
    let factor: u64 = match unit.to_ascii_lowercase().as_str() {
        "" => 1,
        "k" => 1000,
        "m" => 1000_u64.pow(2),
        "g" => 1000_u64.pow(3),
        "t" => 1000_u64.pow(4),
        "ki" => 1024,
        "mi" => 1024_u64.pow(2),
        "gi" => 1024_u64.pow(3),
        "ti" => 1024_u64.pow(4),
        _ => return Err("not a size: use a number of bytes, or a unit as in 1GB or 256MiB".into()),
    };
    let number: u64 =
        digits.replace('_', "").parse().map_err(|_| "not a number of bytes".to_owned())?;
    let bytes = number.checked_mul(factor).ok_or("more than 2^64 bytes")?;
    NonZeroU64::new(bytes).ok_or_else(|| "a size of 0 bytes is not possible".to_owned())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_units_of_both_kinds() {
        let bytes = |text| size(text).map(NonZeroU64::get);
        assert_eq!(bytes("100"), Ok(100));
        assert_eq!(bytes("1GB"), Ok(1_000_000_000));
        assert_eq!(bytes("256MiB"), Ok(268_435_456));
        assert_eq!(bytes("1_000k"), Ok(1_000_000));
        for wrong in ["", "0", "-1", "1.5GB", "1XB", "99999999999T", "GB"] {
            assert!(bytes(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_timeout_is_a_positive_length_of_time() {
        assert_eq!(time("1.5"), Ok(Duration::from_millis(1500)));
        assert_eq!(time("10s"), Ok(Duration::from_secs(10)));
        assert_eq!(time("3m"), Ok(Duration::from_secs(180)));
        for wrong in ["0", "-1", "NaN", "inf", "x", "1e40", "3d", "s", ""] {
            assert!(time(wrong).is_err(), "{wrong}");
        }
    }
}
