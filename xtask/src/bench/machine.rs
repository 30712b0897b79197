//! On what and with what the figures were measured.

use std::fs;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::process::output;
use crate::python::Environment;
use crate::{Result, workspace};

/// Instruction sets that decide how fast hashing can be.
const TELLING_FLAGS: [&str; 4] = ["sha_ni", "avx2", "avx512f", "sha2"];

/// Facts that stand beside the figures: name and value.
pub(super) struct Machine {
    pub(super) facts: Vec<(&'static str, String)>,
}

impl Machine {
    pub(super) fn of(environment: &Environment) -> Result<Self> {
        let version = ["--version"];
        let oms = output(Command::new(workspace::oms("release")?).args(version))?;
        let pypi = output(Command::new(environment.script("model_signing")).args(version))?;
        let python = output(Command::new(environment.python()).args(version))?;
        let openssl = output(Command::new("openssl").arg("version"))?;
        let rustc = output(Command::new("rustc").args(version))?;
        let facts = vec![
            ("date", today()?),
            ("processor", processor()),
            ("memory", memory()),
            ("system", format!("{} {}", std::env::consts::OS, std::env::consts::ARCH)),
            ("ours", format!("{oms}, release profile, {rustc}")),
            ("others", format!("{pypi}, {python}; {openssl}; b3sum 1.8.7")),
        ];
        Ok(Self { facts })
    }
}

fn processor() -> String {
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = field(&info, "model name").unwrap_or("unknown");
    let flags = field(&info, "flags").or_else(|| field(&info, "Features")).unwrap_or_default();
    let telling: Vec<&str> =
        flags.split_whitespace().filter(|flag| TELLING_FLAGS.contains(flag)).collect();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    format!("{model}, {cores} cores ({})", telling.join(", "))
}

fn memory() -> String {
    let info = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let kib = field(&info, "MemTotal").and_then(|value| value.split_whitespace().next());
    let kib = kib.and_then(|number| number.parse::<u64>().ok());
    kib.map_or("unknown".to_owned(), |kib| format!("{} GiB", kib >> 20))
}

fn field<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let mut pairs = text.lines().filter_map(|line| line.split_once(':'));
    pairs.find(|(key, _)| key.trim() == name).map(|(_, value)| value.trim())
}

fn today() -> Result<String> {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    Ok(date(seconds / 86_400))
}

/// The calendar date of a day counted from 1970-01-01.
fn date(mut days: u64) -> String {
    let mut year = 1970;
    while days >= days_in_year(year) {
        days -= days_in_year(year);
        year += 1;
    }
    let mut month = 1;
    for length in month_lengths(year) {
        if days < length {
            break;
        }
        days -= length;
        month += 1;
    }
    format!("{year}-{month:02}-{:02}", days + 1)
}

fn days_in_year(year: u64) -> u64 {
    month_lengths(year).iter().sum()
}

fn month_lengths(year: u64) -> [u64; 12] {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    [31, if leap { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
}

#[cfg(test)]
mod tests {
    use super::{date, field};

    #[test]
    fn dates() {
        let expected = [
            (0, "1970-01-01"),
            (11_016, "2000-02-29"),
            (11_017, "2000-03-01"),
            (20_088, "2024-12-31"),
            (20_089, "2025-01-01"),
        ];
        for (days, text) in expected {
            assert_eq!(date(days), text);
        }
    }

    #[test]
    fn fields() {
        assert_eq!(field("a\t: 1\nmodel name\t: Some CPU\n", "model name"), Some("Some CPU"));
        assert_eq!(field("a: 1", "b"), None);
    }
}
