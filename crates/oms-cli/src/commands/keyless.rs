//! Flags of keyless signatures → whom to trust, and for what.

use oms::{Claim, Error, IdentityPolicy, Pattern, SigstoreVerifier, TrustRoot};

use crate::args::{SignerArgs, TrustArgs, VerifySigstoreArgs};
use crate::failure::CommandError;

/// The verifier that the flags ask for.
pub(super) fn verifier(args: &VerifySigstoreArgs) -> Result<SigstoreVerifier, CommandError> {
    let verifier = SigstoreVerifier::new(trust_root(&args.trust)?, policy(&args.signer)?);
    Ok(verifier.accept_legacy(args.legacy.accept_legacy))
}

fn trust_root(args: &TrustArgs) -> Result<TrustRoot, Error> {
    match (&args.trusted_root, &args.trust_config) {
        (Some(path), _) => TrustRoot::read(path),
        (None, Some(path)) => TrustRoot::read_trust_config(path),
        (None, None) if args.use_staging.unwrap_or(false) => Ok(TrustRoot::staging()?),
        (None, None) => Ok(TrustRoot::production()?),
    }
}

fn policy(args: &SignerArgs) -> Result<IdentityPolicy, CommandError> {
    let given = |exact: &[String], regexps: &[Pattern]| {
        let exact = exact.iter().map(|text| Pattern::from(text.as_str()));
        exact.chain(regexps.iter().cloned()).collect::<Vec<_>>().into_iter()
    };
    let mut identities = given(&args.identity.identity, &args.identity.identity_regexp);
    let mut issuers = given(&args.issuer.identity_provider, &args.issuer.identity_provider_regexp);
    let (Some(identity), Some(issuer)) = (identities.next(), issuers.next()) else {
        return Err(CommandError::NoSigner);
    };
    let mut policy = IdentityPolicy::new(identity, issuer);
    policy = identities.fold(policy, IdentityPolicy::or_identity);
    policy = issuers.fold(policy, IdentityPolicy::or_issuer);
    let github = &args.github;
    let claims = [
        (Claim::GITHUB_WORKFLOW_REPOSITORY, &github.certificate_github_workflow_repository),
        (Claim::GITHUB_WORKFLOW_REF, &github.certificate_github_workflow_ref),
        (Claim::GITHUB_WORKFLOW_SHA, &github.certificate_github_workflow_sha),
        (Claim::GITHUB_WORKFLOW_NAME, &github.certificate_github_workflow_name),
        (Claim::GITHUB_WORKFLOW_TRIGGER, &github.certificate_github_workflow_trigger),
    ];
    let named = claims.into_iter().filter_map(|(claim, value)| Some((claim, value.clone()?)));
    let claims = named.chain(args.certificate_claim.iter().cloned());
    Ok(claims.fold(policy, |policy, (claim, value)| policy.require_claim(claim, value)))
}
