//! `oms status`.

use crate::args::StatusArgs;
use crate::config::{Settings, compare_options, find_signature, jobs};
use crate::console::Console;
use crate::failure::{CommandError, Failure, InCommand as _};
use crate::progress::Progress;
use crate::report::Report;

pub(super) fn run(
    args: &StatusArgs,
    settings: &Settings,
    console: &Console,
) -> Result<Report, Failure> {
    let named = args.signature.signature.as_ref();
    let signature = find_signature(&args.model, named).in_command("status")?;
    settings.catch_interrupts();
    let options = compare_options(&args.selection, &args.signature);
    let progress = Progress::new(console, settings);
    let run = progress.run(settings, jobs(&args.selection));
    let comparison = oms::status(&args.model, &signature, &options, &run).in_command("status")?;
    drop(progress);
    let mut report = Report::of_comparison("status", &comparison);
    report.model = Some(args.model.display().to_string());
    report.signature = Some(signature.display().to_string());
    if !comparison.diff.is_empty() {
        let error = CommandError::Changed(comparison.diff.to_string());
        return Err(Failure { report: Box::new(report), error });
    }
    report.text = vec![
        "Unchanged since it was signed. Who signed was not checked: use 'oms verify'.".to_owned(),
    ];
    Ok(report)
}
