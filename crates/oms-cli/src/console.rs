//! Printing: reports on standard output, errors and warnings on standard error.

use std::io::{self, IsTerminal as _, Write};

use anstyle::{AnsiColor, Style};
use oms::{Class, Escaped};

use crate::args::{Color, GlobalArgs, OutputForm};
use crate::commands::bench::shown as rated;
use crate::failure::CommandError;
use crate::report::{
    BenchReport, BenchRun, CertificateReport, Differences, ErrorReport, KeylessReport,
    PublishedReport, Report, Status,
};

const RED: Style = AnsiColor::Red.on_default().bold();
const GREEN: Style = AnsiColor::Green.on_default().bold();
const DIM: Style = Style::new().dimmed();

/// How this run prints.
#[derive(Debug, Default)]
pub(crate) struct Console {
    form: OutputForm,
    quiet: bool,
}

impl Console {
    pub(crate) fn new(global: &GlobalArgs) -> Self {
        match global.color {
            Color::Auto => {}
            Color::Always => anstream::ColorChoice::Always.write_global(),
            Color::Never => anstream::ColorChoice::Never.write_global(),
        }
        Self { form: global.output, quiet: global.quiet }
    }

    /// Whether a progress bar would be seen and is wanted.
    pub(crate) fn shows_progress(&self) -> bool {
        !self.quiet && io::stderr().is_terminal()
    }

    pub(crate) fn is_quiet(&self) -> bool {
        self.quiet
    }

    pub(crate) fn is_json(&self) -> bool {
        self.form == OutputForm::Json
    }

    /// Prints a report; gives the exit status.
    pub(crate) fn report(&self, report: &Report) -> u8 {
        Self::warn(report);
        match self.print(report, &report.text) {
            Ok(()) => report.exit_status,
            // Nobody reads on: the verdict stands. What was asked for only to be printed failed.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => report.exit_status,
            Err(error) => {
                let _ = writeln!(anstream::stderr(), "error: cannot write the report: {error}");
                3
            }
        }
    }

    /// Prints what was found out and why the command ended; gives the exit status.
    pub(crate) fn failure(&self, report: &Report, error: &CommandError) -> u8 {
        let mut report = report.clone();
        let message = error.to_string();
        report.exit_status = error.status();
        report.status = status(error.class());
        report.error = Some(ErrorReport { message: message.clone(), remedy: error.remedy() });
        Self::warn(&report);
        // The verdict is in the exit status and on standard error, whatever happens to the report.
        let _ = self.print(&report, &[]);
        let prefix = match (report.command, error.class()) {
            ("verify", Class::Rejected | Class::Unavailable) => "Verification failed with error",
            ("sign", Class::Rejected | Class::Unavailable) => "Signing failed with error",
            _ => "error",
        };
        let mut stderr = anstream::stderr().lock();
        let _ = writeln!(stderr, "{RED}{prefix}:{RED:#} {message}");
        let _ = writeln!(stderr, "  {}", error.remedy());
        report.exit_status
    }

    fn warn(report: &Report) {
        for warning in &report.warnings {
            tracing::warn!("{warning}");
        }
    }

    fn print(&self, report: &Report, last: &[String]) -> io::Result<()> {
        if self.is_json() {
            let mut out = io::stdout().lock();
            writeln!(out, "{}", plain_json(report)?)?;
            return out.flush();
        }
        let mut out = anstream::stdout().lock();

        if !self.quiet && !report.text_is_all {
            text(&mut out, report)?;
        }
        for line in last {
            let style = if is_verdict(line) { GREEN } else { Style::new() };
            writeln!(out, "{style}{line}{style:#}")?;
        }
        out.flush()
    }
}

/// JSON in which whatever could deceive a terminal, or be lost on the way, is written as `\\u…`.
fn plain_json(report: &Report) -> io::Result<String> {
    let json = serde_json::to_string_pretty(report)?;
    let mut plain = String::with_capacity(json.len());
    for c in json.chars() {
        // Outside of strings JSON is ASCII, and line breaks are its own.
        if c == '\n' || !(c.is_control() || oms::Escaped::is_deceptive(c)) {
            plain.push(c);
        } else {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                plain += &format!("\\u{unit:04x}");
            }
        }
    }
    Ok(plain)
}

/// The last words of a process that was interrupted and is ended.
pub(crate) fn interrupted() {
    let mut stderr = anstream::stderr().lock();
    let error = oms::Error::Cancelled;
    let _ = writeln!(stderr, "\n{RED}error:{RED:#} {error}\n  {}", error.remedy());
}

/// A path, safe to print.
pub(crate) fn shown(path: &std::path::Path) -> String {
    Escaped(&path.to_string_lossy()).to_string()
}

fn is_verdict(line: &str) -> bool {
    matches!(line, "Signing succeeded" | "Verification succeeded")
}

fn status(class: Class) -> Status {
    match class {
        Class::Rejected => Status::Rejected,
        Class::Usage => Status::Usage,
        Class::Unavailable => Status::Unavailable,
        Class::Interrupted => Status::Interrupted,
    }
}

fn text(out: &mut impl Write, report: &Report) -> io::Result<()> {
    if let Some(bundle) = &report.bundle {
        writeln!(out, "NOT VERIFIED: anyone could have written this")?;
        field(out, "Bundle", &bundle.media_type)?;
        if let Some(hint) = &bundle.key_hint {
            field(out, "Key", hint)?;
        }
        certificates(out, &bundle.certificates)?;
        for entry in &bundle.log_entries {
            let part = |part: &Option<String>| part.clone().unwrap_or_else(|| "?".to_owned());
            let (index, kind) = (part(&entry.log_index), part(&entry.kind));
            let time = entry.time.clone().unwrap_or_else(|| part(&entry.integrated_time));
            field(out, "Log entry", &format!("{index}, {kind}, {time}"))?;
        }
        if bundle.timestamps > 0 {
            field(out, "Timestamps", &bundle.timestamps.to_string())?;
        }
    }
    if let Some(bench) = &report.bench {
        self::bench(out, bench)?;
    }
    if let Some(method) = report.method {
        field(out, "Method", method)?;
    }
    if let Some(signer) = &report.signer {
        if let Some(key) = &signer.key {
            field(out, "Signed by", &format!("{} key {}", key.curve, key.fingerprint))?;
        }
        match &signer.keyless {
            Some(keyless) => self::keyless(out, keyless)?,
            None => certificates(out, &signer.certificates)?,
        }
    }
    statement(out, report)?;
    for path in &report.files_written {
        field(out, "Written", path)?;
    }
    if let Some(differences) = &report.differences {
        self::differences(out, differences)?;
    }
    list(out, "not covered", &report.not_covered)?;
    list(out, "unsigned, ignored", &report.ignored_unsigned)?;
    if let Some(links) = report.links.filter(|links| *links > 0) {
        field(out, "Links", &format!("{links} followed, compared by content"))?;
    }
    Ok(())
}

fn keyless(out: &mut impl Write, signer: &KeylessReport) -> io::Result<()> {
    field(out, "Signed by", &signer.identity)?;
    field(out, "Issuer", &signer.issuer)?;
    for (name, value) in &signer.claims {
        writeln!(out, "{:<12} {DIM}{name}: {}{DIM:#}", "", Escaped(value))?;
    }
    for time in &signer.times {
        let clock = time.clock.replace('-', " ");
        field(out, "Signed at", &format!("{}, by the clock of the {clock}", time.time))?;
    }
    let entry = |entry: &PublishedReport| format!("{}, {}", entry.index, entry.kind);
    signer.log_entries.iter().try_for_each(|found| field(out, "Log entry", &entry(found)))
}

fn bench(out: &mut impl Write, bench: &BenchReport) -> io::Result<()> {
    let all = format!("{} cores", bench.cores);
    writeln!(out, "{:<32}{:>12}{all:>12}", "In memory", "1 core")?;
    for rate in &bench.rates {
        let name = rate.engine.map_or(String::new(), |engine| format!(" {engine}"));
        let plural = if rate.messages.get() == 1 { "" } else { "s" };
        let what = format!("{}{name}, {} message{plural}", rate.hash, rate.messages);
        writeln!(out, "{what:<32}{:>12}{:>12}", rated(rate.one_core), rated(rate.all_cores))?;
    }
    for (run, name) in bench.runs.iter().zip(["First run", "Again"]) {
        let BenchRun { files, seconds, .. } = run;
        let (bytes, rate) = (bytes(run.bytes), rated(run.bytes_per_second));
        field(out, name, &format!("{files} files, {bytes} in {seconds:.2} s, {rate}"))?;
    }
    bench.bound.iter().try_for_each(|bound| field(out, "Bound by", bound))?;
    bench.estimate.iter().try_for_each(|text| writeln!(out, "{text}"))
}

fn statement(out: &mut impl Write, report: &Report) -> io::Result<()> {
    let Some(statement) = &report.statement else {
        return Ok(());
    };
    if let Some(subject) = &statement.subject {
        field(out, "Model", subject)?;
    }
    // Of a model that differs, other bytes were read than were signed.
    let hashed = report.hashed.filter(|_| report.error.is_none());
    let size = hashed.map_or_else(String::new, |hashed| format!(", {}", bytes(hashed.bytes)));
    let shards = match statement.shard_size {
        Some(size) => format!(" in {} shards of {}", statement.resources, bytes(size)),
        None => String::new(),
    };
    field(out, "Files", &format!("{}{shards}{size}, {}", statement.files, statement.hash))?;
    field(out, "Root digest", &format!("sha256:{}", statement.root_digest))?;
    if report.bundle.is_some() {
        if let Some(paths) = &statement.ignore_paths {
            field(out, "Ignored", &paths.join(", "))?;
        }
        field(out, "Links", if statement.allow_symlinks { "followed" } else { "refused" })?;
    }
    for resource in &statement.resource_list {
        writeln!(out, "{}:{}  {}", statement.hash, resource.digest, Escaped(&resource.name))?;
    }
    Ok(())
}

fn certificates(out: &mut impl Write, certificates: &[CertificateReport]) -> io::Result<()> {
    for (index, certificate) in certificates.iter().enumerate() {
        let name = if index == 0 { "Signed by" } else { "Issued by" };
        // Keyless certificates have no subject: their names are the alternative ones.
        let names = match certificate.subject_alt_names.as_slice() {
            [first, others @ ..] if certificate.subject.is_empty() => {
                writeln!(out, "{name:<12} {first}")?;
                others
            }
            names => {
                writeln!(out, "{name:<12} {}", certificate.subject)?;
                names
            }
        };
        if index == 0 {
            for san in names {
                writeln!(out, "{:<12} {DIM}{san}{DIM:#}", "")?;
            }
        }
        let validity = format!("valid {} to {}", certificate.not_before, certificate.not_after);
        writeln!(out, "{:<12} {DIM}{validity}{DIM:#}", "")?;
    }
    Ok(())
}

fn differences(out: &mut impl Write, differences: &Differences) -> io::Result<()> {
    list(out, "modified", &differences.modified)?;
    list(out, "missing", &differences.missing)?;
    list(out, "unsigned", &differences.unsigned)?;
    for wrong in &differences.wrong_type {
        writeln!(out, "{}: {}", wrong.found, Escaped(&wrong.path))?;
    }
    Ok(())
}

fn list(out: &mut impl Write, name: &str, paths: &[String]) -> io::Result<()> {
    paths.iter().try_for_each(|path| writeln!(out, "{name}: {}", Escaped(path)))
}

fn field(out: &mut impl Write, name: &str, value: &str) -> io::Result<()> {
    writeln!(out, "{name:<12} {}", Escaped(value))
}

fn bytes(count: u64) -> String {
    indicatif::HumanBytes(count).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_keeps_names_apart_and_terminals_whole() {
        let mut report = Report::new("verify");
        let names = ["a\u{7f}", "a", "\u{1b}[2J", "\u{202e}", "\u{e0041}", "é\n"];
        report.not_covered = names.map(str::to_owned).to_vec();
        let json = plain_json(&report).unwrap();
        let is_plain = |c: char| c == '\n' || !(c.is_control() || Escaped::is_deceptive(c));
        assert!(json.chars().all(is_plain));
        let read: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(read.get("not_covered"), Some(&serde_json::json!(names)));
    }
}
