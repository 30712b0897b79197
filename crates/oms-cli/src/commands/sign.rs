//! `oms sign`.

use oms::{CertificateSigner, Error, KeySigner, PrivateKey, Signer};

use crate::args::{PrivateKeyArgs, SignCertificateArgs, SignMethod, SignModelArgs};
use crate::config::{Settings, jobs, sign_options};
use crate::console::{Console, shown};
use crate::failure::{CommandError, Failure, InCommand as _};
use crate::password;
use crate::progress::Progress;
use crate::report::{Hashed, Report, StatementReport};

pub(super) fn run(
    method: SignMethod,
    settings: &Settings,
    console: &Console,
) -> Result<Report, Failure> {
    let (name, signer, model) = match method {
        SignMethod::Key(args) => {
            let key = private_key(&args.key).in_command("sign")?;
            let signer: Box<dyn Signer> = Box::new(KeySigner::new(key));
            ("key", signer, args.model)
        }
        SignMethod::Certificate(args) => {
            let signer: Box<dyn Signer> = Box::new(with_certificate(&args).in_command("sign")?);
            ("certificate", signer, args.model)
        }
    };
    settings.catch_interrupts();
    let mut report = sign(&model, &*signer, settings, console).in_command("sign")?;
    report.method = Some(name);
    Ok(report)
}

/// The key file is read once: it may be a pipe.
fn private_key(args: &PrivateKeyArgs) -> Result<PrivateKey, CommandError> {
    let path = &args.private_key;
    let pem = oms::read_secret(path, "private key")?;
    let password = if PrivateKey::needs_password(&pem) {
        password::get(&args.password, &format!("Password of '{}': ", shown(path)))?
    } else {
        None
    };
    let key = PrivateKey::from_pem(&pem, password.as_ref().map(|password| password.as_slice()));
    Ok(key.map_err(|error| Error::Key { path: path.clone(), error })?)
}

fn with_certificate(args: &SignCertificateArgs) -> Result<CertificateSigner, CommandError> {
    let key = private_key(&args.key)?;
    let certificate = args.signing_certificate.as_deref();
    Ok(CertificateSigner::from_files(key, certificate, &args.certificate_chain)?)
}

fn sign(
    args: &SignModelArgs,
    signer: &dyn Signer,
    settings: &Settings,
    console: &Console,
) -> Result<Report, Error> {
    let options = sign_options(args);
    let progress = Progress::new(console, settings);
    let run = progress.run(settings, jobs(&args.hashing.selection));
    let signed = oms::sign(&args.model, &args.signature, signer, &options, &run)?;
    drop(progress);
    let mut report = Report::new("sign");
    report.model = Some(args.model.display().to_string());
    report.signature = Some(args.signature.display().to_string());
    report.statement = Some(StatementReport::of_manifest(&signed.manifest));
    report.hashed = Some(Hashed { files: signed.files, bytes: signed.bytes });
    report.files_written = vec![args.signature.display().to_string()];
    report.warnings = signed.warnings.iter().map(ToString::to_string).collect();
    report.text = vec!["Signing succeeded".to_owned()];
    Ok(report)
}
