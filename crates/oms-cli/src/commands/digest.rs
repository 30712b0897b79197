//! `oms digest`.

use crate::args::DigestArgs;
use crate::config::{Settings, hash_options, jobs};
use crate::console::Console;
use crate::failure::{Failure, InCommand as _};
use crate::progress::Progress;
use crate::report::{Report, StatementReport};

pub(super) fn run(
    args: &DigestArgs,
    settings: &Settings,
    console: &Console,
) -> Result<Report, Failure> {
    settings.catch_interrupts();
    let options = hash_options(&args.hashing);
    let progress = Progress::new(console, settings);
    let run = progress.run(settings, jobs(&args.hashing.selection));
    let manifest = oms::digest(&args.model, &options, &run).in_command("digest")?;
    drop(progress);
    let digest = manifest.root_digest().to_string();
    let mut report = Report::new("digest");
    report.model = Some(args.model.display().to_string());
    report.text = vec![digest.clone()];
    report.digest = Some(digest);
    // The text form is the digest alone, so that scripts can use it as it is.
    if console.is_json() {
        report.statement = Some(StatementReport::of_manifest(&manifest));
    }
    Ok(report)
}
