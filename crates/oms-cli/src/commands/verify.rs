//! `oms verify`.

use std::path::Path;

use oms::{CertificateVerifier, Error, KeyVerifier, Verifier};

use crate::args::{VerifyMethod, VerifyModelArgs};
#[cfg(feature = "sigstore")]
use crate::commands::keyless;
use crate::config::{Settings, find_signature, jobs, verify_options};
use crate::console::Console;
use crate::failure::{Failure, InCommand as _};
use crate::progress::Progress;
use crate::report::Report;

pub(super) fn run(
    method: &VerifyMethod,
    settings: &Settings,
    console: &Console,
) -> Result<Report, Failure> {
    match method {
        #[cfg(feature = "sigstore")]
        VerifyMethod::Sigstore(args) => {
            let verifier = keyless::verifier(args).in_command("verify")?;
            verify(&args.model, &verifier, settings, console)
        }
        VerifyMethod::Key(args) => {
            let verifier = KeyVerifier::from_files(&args.public_key).in_command("verify")?;
            let verifier = verifier.accept_legacy(args.legacy.accept_legacy);
            verify(&args.model, &verifier, settings, console)
        }
        VerifyMethod::Certificate(args) => {
            let verifier = CertificateVerifier::from_files(&args.certificate_chain);
            let verifier = verifier.in_command("verify")?.accept_legacy(args.legacy.accept_legacy);
            let mut report = verify(&args.model, &verifier, settings, console)?;
            if args.log_fingerprints.unwrap_or(false) {
                add_fingerprints(&mut report);
            }
            Ok(report)
        }
    }
}

fn verify(
    args: &VerifyModelArgs,
    verifier: &dyn Verifier,
    settings: &Settings,
    console: &Console,
) -> Result<Report, Failure> {
    let named = args.signature.signature.as_ref();
    let signature = find_signature(&args.model, named).in_command("verify")?;
    settings.catch_interrupts();
    let progress = Progress::new(console, settings);
    let run = progress.run(settings, jobs(&args.selection));
    let outcome = oms::verify(&args.model, &signature, verifier, &verify_options(args), &run);
    drop(progress);
    match outcome {
        Ok(report) => {
            let report = Report::of_verification("verify", &report);
            let mut report = with_paths(report, &args.model, &signature);
            report.text = vec!["Verification succeeded".to_owned()];
            Ok(report)
        }
        Err(error) => {
            let report = match &error {
                Error::ModelDiffers(report) => Report::of_verification("verify", report),
                _ => Report::new("verify"),
            };
            let report = Box::new(with_paths(report, &args.model, &signature));
            Err(Failure { report, error: error.into() })
        }
    }
}

fn with_paths(mut report: Report, model: &Path, signature: &Path) -> Report {
    report.model = Some(model.display().to_string());
    report.signature = Some(signature.display().to_string());
    report
}

fn add_fingerprints(report: &mut Report) {
    let certificates = report.signer.iter().flat_map(|signer| &signer.certificates);
    let lines: Vec<String> = certificates
        .map(|certificate| {
            format!("Fingerprint  sha256:{} {}", certificate.sha256, certificate.subject)
        })
        .collect();
    report.text.splice(0..0, lines);
}
