//! The ratios as a picture.

use std::fmt::Write as _;

use super::report::Row;

const WIDTH: f64 = 860.0;
const LABEL: f64 = 400.0;
const LINE: f64 = 24.0;
const TOP: f64 = 34.0;
/// From a fifth of the base's speed to two hundred times it.
const SCALE: (f64, f64) = (0.2, 200.0);

/// A bar for every ratio of times, on a logarithmic scale; a mark where the goal is.
pub(super) fn svg(rows: &[Row]) -> String {
    let rows: Vec<&Row> = rows.iter().filter(|row| !row.what.ends_with("peak memory")).collect();
    let height = TOP + LINE * (rows.len() as f64) + 14.0;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\" \
         font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n"
    );
    for tick in [0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0] {
        let (x, stroke) = (x(tick), if tick == 1.0 { "#444" } else { "#ddd" });
        let bottom = height - 12.0;
        let _ = writeln!(
            out,
            "<line x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{TOP}\" y2=\"{bottom}\" stroke=\"{stroke}\"/>\
             <text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\" fill=\"#444\">{tick} ×</text>",
            TOP - 10.0
        );
    }
    for (number, row) in rows.iter().enumerate() {
        bar(&mut out, row, TOP + LINE * number as f64);
    }
    out.push_str("</svg>\n");
    out
}

fn bar(out: &mut String, row: &Row, y: f64) {
    let (ratio, goal, met) = row.verdict.figures();
    let base = row.base.rsplit_once(' ').map_or("", |(name, _)| name);
    let base = base.rsplit_once(' ').map_or(base, |(name, _)| name);
    let label = escaped(&format!("{}, against {base}", row.what));
    let (from, to) = (x(1.0).min(x(ratio)), x(1.0).max(x(ratio)));
    let fill = if met == Some(false) { "#c44" } else { "#37a" };
    let middle = y + LINE * 0.66;
    let _ = writeln!(
        out,
        "<text x=\"{:.1}\" y=\"{middle:.1}\" text-anchor=\"end\">{label}</text>\
         <rect x=\"{from:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\" fill=\"{fill}\"/>\
         <text x=\"{:.1}\" y=\"{middle:.1}\">{ratio:.2}</text>",
        LABEL - 8.0,
        y + 4.0,
        to - from,
        LINE - 8.0,
        to + 6.0,
    );
    if let Some(goal) = goal {
        let (x, y1, y2) = (x(goal), y + 2.0, y + LINE - 2.0);
        let _ = writeln!(
            out,
            "<line x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{y1:.1}\" y2=\"{y2:.1}\" stroke=\"#000\" \
             stroke-width=\"2\"/>"
        );
    }
}

fn x(ratio: f64) -> f64 {
    let (low, high) = SCALE;
    let share = (ratio.clamp(low, high) / low).ln() / (high / low).ln();
    LABEL + share * (WIDTH - LABEL - 50.0)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
