//! How a run ended, and the words that a test expects of it.

/// How a run ended and what it said.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) status: i32,
    pub(super) hung: bool,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(super) what: String,
}

impl Outcome {
    /// Whether stderr has `words`: `a|b & c` means a or b, and c; capitals do not matter.
    pub(crate) fn says(&self, words: &str) -> bool {
        self.leaves_out(words).is_empty()
    }

    /// The parts of `words` that stderr does not have.
    pub(super) fn leaves_out<'w>(&self, words: &'w str) -> Vec<&'w str> {
        missing(&self.stderr, words)
    }

    /// Asserts that stderr says `words`: of warnings, which fail nothing.
    pub(crate) fn warns(&self, words: &str) {
        assert!(self.says(words), "stderr must say {words:?}: {}", self.show());
    }

    /// Asserts that stdout and stderr together say `words`: of reports.
    pub(crate) fn reports(&self, words: &str) {
        let output = format!("{}{}", self.stdout, self.stderr);
        let missing = missing(&output, words);
        assert!(missing.is_empty(), "the output must say {missing:?}: {}", self.show());
    }

    pub(crate) fn show(&self) -> String {
        let Self { status, stdout, stderr, what, .. } = self;
        format!("{what}\n--- status {status}\n--- stdout\n{stdout}--- stderr\n{stderr}---")
    }

    /// What may happen in no run.
    pub(super) fn always_wrong(&self) -> Vec<String> {
        let output = format!("{}{}", self.stdout, self.stderr);
        let mut wrong = Vec::new();
        if self.hung {
            wrong.push("it hung and was killed".to_owned());
        }
        if output.contains("panicked") || output.contains("RUST_BACKTRACE") {
            wrong.push("it panicked".to_owned());
        }
        if output.contains('\u{1b}') {
            wrong.push("an escape sequence reached an output that is no terminal".to_owned());
        }
        wrong
    }

    pub(super) fn judged(self, wrong: Vec<String>) -> Result<Self, String> {
        if wrong.is_empty() {
            return Ok(self);
        }
        Err(format!("{}: {}", wrong.join("; "), self.show()))
    }
}

/// The parts of `words` of which `text` has no alternative.
fn missing<'w>(text: &str, words: &'w str) -> Vec<&'w str> {
    let text = text.to_lowercase();
    let said = |part: &str| part.split('|').any(|either| text.contains(&either.to_lowercase()));
    words.split(" & ").filter(|part| !said(part)).collect()
}

/// Fails with every row of a table that failed, not only the first.
pub(crate) fn all(results: impl IntoIterator<Item = Result<Outcome, String>>) {
    let failed: Vec<String> = results.into_iter().filter_map(Result::err).collect();
    assert!(failed.is_empty(), "{} failed:\n{}", failed.len(), failed.join("\n\n"));
}
