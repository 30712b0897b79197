//! `oms completions` and `oms man`: documents made from the definition of the command line.

use std::io;
use std::path::Path;

use crate::args::{CompletionsArgs, ManArgs, command};
use crate::console::shown;
use crate::failure::{CommandError, Failure, InCommand as _};
use crate::report::Report;

pub(super) fn completions(args: &CompletionsArgs) -> Result<Report, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command(), "oms", &mut script);
    let report = Report::new("completions");
    Ok(with_document(report, &script))
}

pub(super) fn man(args: &ManArgs) -> Result<Report, Failure> {
    pages(args).in_command("man")
}

fn pages(args: &ManArgs) -> Result<Report, CommandError> {
    let mut report = Report::new("man");
    let Some(folder) = &args.output_dir else {
        let mut page = Vec::new();
        render(&mut page).map_err(|source| failed(Path::new("-"), source))?;
        return Ok(with_document(report, &page));
    };
    clap_mangen::generate_to(command(), folder).map_err(|source| failed(folder, source))?;
    report.text = vec![format!("Pages written to {}", shown(folder))];
    report.files_written = vec![folder.display().to_string()];
    report.text_is_all = true;
    Ok(report)
}

fn with_document(mut report: Report, document: &[u8]) -> Report {
    let document = String::from_utf8_lossy(document).trim_end().to_owned();
    report.text = vec![document.clone()];
    report.document = Some(document);
    report
}

fn render(page: &mut Vec<u8>) -> io::Result<()> {
    clap_mangen::Man::new(command()).render(page)
}

fn failed(path: &Path, source: io::Error) -> CommandError {
    CommandError::Io { action: "write", path: path.to_owned(), source }
}
