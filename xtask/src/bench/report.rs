//! The figures as a table, as a section of docs/performance.md, and as JSON.

use std::fs;
use std::path::Path;

use super::machine::Machine;
use super::{Scale, chart};
use crate::{Result, workspace};

const PAGE: &str = "docs/performance.md";
const RESULTS: &str = "docs/performance/results.json";
const CHART: &str = "docs/performance/results.svg";
const BEGIN: &str = "<!-- bench:begin -->";
const END: &str = "<!-- bench:end -->";

/// One line of the table.
pub(super) struct Row {
    pub(super) what: String,
    pub(super) base: String,
    pub(super) ours: String,
    /// All times in seconds, or the peaks in MB: of the base, then of ours.
    pub(super) raw: [Vec<f64>; 2],
    pub(super) verdict: Verdict,
}

/// The ratio, the goal, and whether it was reached.
pub(super) struct Verdict {
    ratio: f64,
    /// The goal as a number, where it is one of speed.
    least: Option<f64>,
    goal: String,
    met: Option<bool>,
}

impl Verdict {
    /// Ours must be this many times as fast.
    pub(super) fn at_least(ratio: f64, goal: Option<f64>) -> Self {
        let text = goal.map_or(String::new(), |goal| {
            format!("at least {} ×", (goal * 1000.0).round() / 1000.0)
        });
        Self { ratio, least: goal, goal: text, met: goal.map(|goal| ratio >= goal) }
    }

    /// Ours must stay below this many MB.
    pub(super) fn below(ours: f64, base: f64, goal: Option<f64>) -> Self {
        let text = goal.map_or(String::new(), |goal| format!("under {goal} MB"));
        Self { ratio: base / ours, least: None, goal: text, met: goal.map(|goal| ours < goal) }
    }

    /// For the chart: the ratio, the goal, whether it was reached.
    pub(super) fn figures(&self) -> (f64, Option<f64>, Option<bool>) {
        (self.ratio, self.least, self.met)
    }

    fn word(&self, scale: Scale) -> &'static str {
        match (scale, self.met) {
            (Scale::Small, _) => "no claim",
            (_, None) => "",
            (_, Some(true)) => "met",
            (_, Some(false)) => "**missed**",
        }
    }
}

/// The Markdown table.
pub(super) fn table(rows: &[Row], scale: Scale) -> String {
    let mut lines = vec![
        "| what | base | oms | ratio | goal | |".to_owned(),
        "|---|---|---|---|---|---|".to_owned(),
    ];
    lines.extend(rows.iter().map(|row| {
        let Row { what, base, ours, verdict, .. } = row;
        let (ratio, goal, word) = (verdict.ratio, &verdict.goal, verdict.word(scale));
        format!("| {what} | {base} | {ours} | {ratio:.2} | {goal} | {word} |")
    }));
    lines.join("\n")
}

/// Replaces the section of the page, and the JSON beside it.
pub(super) fn write(machine: &Machine, rows: &[Row]) -> Result<()> {
    let page = workspace::root().join(PAGE);
    let text = fs::read_to_string(&page).map_err(|error| format!("{PAGE}: {error}"))?;
    fs::write(&page, replaced(&text, &section(machine, rows))?)?;
    let results = workspace::root().join(RESULTS);
    fs::create_dir_all(results.parent().unwrap_or(Path::new("")))?;
    fs::write(&results, json(machine, rows))?;
    fs::write(workspace::root().join(CHART), chart::svg(rows))?;
    println!("\nwritten: {PAGE}, {RESULTS}, {CHART}");
    Ok(())
}

fn section(machine: &Machine, rows: &[Row]) -> String {
    let facts = machine.facts.iter().map(|(name, value)| format!("- {name}: {value}\n"));
    let facts: String = facts.collect();
    format!("{facts}\n{}\n", table(rows, Scale::Full))
}

/// The page with this section between its two marks.
fn replaced(page: &str, section: &str) -> Result<String> {
    let parts = page
        .split_once(BEGIN)
        .and_then(|(before, rest)| rest.split_once(END).map(|(_, after)| (before, after)));
    let (before, after) = parts.ok_or(format!("{PAGE} lacks {BEGIN} or {END}"))?;
    Ok(format!("{before}{BEGIN}\n{section}{END}{after}"))
}

fn json(machine: &Machine, rows: &[Row]) -> String {
    let facts =
        machine.facts.iter().map(|(name, value)| format!("  {name:?}: {},\n", quoted(value)));
    let rows: Vec<String> = rows.iter().map(row_json).collect();
    format!("{{\n{}  \"rows\": [\n{}\n  ]\n}}\n", facts.collect::<String>(), rows.join(",\n"))
}

fn row_json(row: &Row) -> String {
    let [base, ours] = &row.raw;
    let met = row.verdict.met.map_or("null".to_owned(), |met| met.to_string());
    let ratio = row.verdict.ratio;
    format!(
        "    {{\"what\": {}, \"base\": {base:?}, \"oms\": {ours:?}, \"ratio\": {ratio:.3}, \
         \"goal\": {}, \"met\": {met}}}",
        quoted(&row.what),
        quoted(&row.verdict.goal),
    )
}

/// A JSON string; our texts hold no control characters.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::{Verdict, quoted, replaced};

    #[test]
    fn only_the_section_is_replaced() {
        let page = "a\n<!-- bench:begin -->\nold\n<!-- bench:end -->\nb\n";
        let expected = "a\n<!-- bench:begin -->\nnew\n<!-- bench:end -->\nb\n";
        assert_eq!(replaced(page, "new\n").ok().as_deref(), Some(expected));
        assert!(replaced("no marks", "new").is_err());
    }

    #[test]
    fn verdicts() {
        assert_eq!(Verdict::at_least(1.35, Some(1.35)).met, Some(true));
        assert_eq!(Verdict::at_least(1.34, Some(1.35)).met, Some(false));
        assert_eq!(Verdict::below(64.0, 100.0, Some(64.0)).met, Some(false));
        assert_eq!(Verdict::at_least(1.0, None).met, None);
    }

    #[test]
    fn strings() {
        assert_eq!(quoted(r#"a "b" \"#), r#""a \"b\" \\""#);
    }
}
