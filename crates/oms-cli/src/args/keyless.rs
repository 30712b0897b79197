//! The flags of keyless signatures.

use std::path::PathBuf;

use clap::Args;

use super::{LegacyArgs, VerifyModelArgs};

#[derive(Debug, Args)]
#[command(
    override_usage = "oms verify sigstore [OPTIONS] --identity <IDENTITY>\n       --identity-provider <URL> <MODEL>"
)]
pub(crate) struct VerifySigstoreArgs {
    #[command(flatten)]
    pub(crate) model: VerifyModelArgs,
    #[command(flatten)]
    pub(crate) legacy: LegacyArgs,
    #[command(flatten)]
    pub(crate) signer: SignerArgs,
    #[command(flatten)]
    pub(crate) trust: TrustArgs,
}

/// Who may have signed.
#[derive(Debug, Args)]
#[command(next_help_heading = "Signer")]
pub(crate) struct SignerArgs {
    #[command(flatten)]
    pub(crate) identity: IdentityArgs,
    #[command(flatten)]
    pub(crate) issuer: IssuerArgs,
    #[command(flatten)]
    pub(crate) github: GithubArgs,
    /// What the certificate must claim, as in
    /// source-repository-ref=refs/heads/main; repeatable: all must hold
    #[arg(long, value_name = "NAME=VALUE", value_parser = claim)]
    pub(crate) certificate_claim: Vec<(oms::Claim, String)>,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = true)]
pub(crate) struct IdentityArgs {
    /// The e-mail address or URI of the signer; repeatable: any one may fit
    #[arg(long, value_name = "IDENTITY")]
    pub(crate) identity: Vec<String>,
    /// A regular expression for the whole of it; repeatable
    #[arg(long, value_name = "REGEX", value_parser = pattern)]
    pub(crate) identity_regexp: Vec<oms::Pattern>,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = true)]
pub(crate) struct IssuerArgs {
    /// The URL of the service that vouches for the signer, as in
    /// https://accounts.google.com; repeatable: any one may fit
    #[arg(long, value_name = "URL")]
    pub(crate) identity_provider: Vec<String>,
    /// A regular expression for the whole of it; repeatable
    #[arg(long, value_name = "REGEX", value_parser = pattern)]
    pub(crate) identity_provider_regexp: Vec<oms::Pattern>,
}

#[derive(Debug, Args)]
pub(crate) struct GithubArgs {
    /// The repository of the GitHub workflow that signed, as in owner/name
    #[arg(long, value_name = "REPOSITORY")]
    pub(crate) certificate_github_workflow_repository: Option<String>,
    /// Its ref, as in refs/heads/main
    #[arg(long, value_name = "REF")]
    pub(crate) certificate_github_workflow_ref: Option<String>,
    /// Its commit
    #[arg(long, value_name = "SHA")]
    pub(crate) certificate_github_workflow_sha: Option<String>,
    /// Its name
    #[arg(long, value_name = "NAME")]
    pub(crate) certificate_github_workflow_name: Option<String>,
    /// What triggered it, as in push
    #[arg(long, value_name = "TRIGGER")]
    pub(crate) certificate_github_workflow_trigger: Option<String>,
}

/// Which Sigstore instance is trusted.
#[derive(Debug, Args)]
#[command(next_help_heading = "Trust")]
#[group(multiple = false)]
pub(crate) struct TrustArgs {
    /// Trust Sigstore's staging instance, which is for trying things out
    #[arg(
        long,
        value_name = "BOOL",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true"
    )]
    pub(crate) use_staging: Option<bool>,
    /// Trust the instance of this client trust config
    #[arg(long, value_name = "FILE")]
    pub(crate) trust_config: Option<PathBuf>,
    /// Trust the instance of this trusted root
    #[arg(long, value_name = "FILE")]
    pub(crate) trusted_root: Option<PathBuf>,
}

fn pattern(text: &str) -> Result<oms::Pattern, oms::PatternError> {
    oms::Pattern::regex(text)
}

fn claim(text: &str) -> Result<(oms::Claim, String), String> {
    let (name, value) = text.split_once('=').ok_or("not of the form NAME=VALUE")?;
    let claim = name.parse().map_err(|error: oms::UnknownClaim| {
        let names: Vec<_> = oms::Claim::all().map(oms::Claim::name).collect();
        format!("{error}; there are {}", names.join(", "))
    })?;
    Ok((claim, value.to_owned()))
}
