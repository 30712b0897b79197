//! Who may have signed.

use std::fmt;

use regex::{Regex, RegexBuilder};

use super::{Claim, Claims, SigstoreError};
use crate::path::Escaped;

/// Bytes of a compiled expression at most.
const MAX_REGEX_LEN: usize = 1 << 20;

/// A text, or a regular expression for one.
#[derive(Debug, Clone)]
pub struct Pattern(Kind);

#[derive(Debug, Clone)]
enum Kind {
    Exact(String),
    Regex { source: String, whole: Regex },
}

/// A regular expression that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a regular expression that can be used: {reason}")]
pub struct PatternError {
    /// What the library said, on one line.
    pub reason: String,
}

impl Pattern {
    /// A regular expression (the syntax of the crate `regex`) for the whole text: `a.c` does not match
    /// `abcd`. Matching takes time linear in the text.
    ///
    /// ```
    /// let anyone = oms::Pattern::regex(r".*@example\.com")?;
    /// assert!(anyone.matches("release@example.com"));
    /// assert!(!anyone.matches("release@example.com.evil.org"));
    /// # Ok::<(), oms::PatternError>(())
    /// ```
    ///
    /// # Errors
    /// [`PatternError`] when it is none, or takes more than 1 MiB when compiled.
    pub fn regex(source: &str) -> Result<Self, PatternError> {
        let compile = |source: &str| RegexBuilder::new(source).size_limit(MAX_REGEX_LEN).build();
        // By itself first: what stands alone cannot close the group that it is put into.
        compile(source).map_err(|error| PatternError { reason: one_line(&error) })?;
        let whole = compile(&format!(r"\A(?:{source})\z")).map_err(|error| PatternError {
            reason: match error {
                regex::Error::Syntax(_) => "a comment at its end must end with a line break".into(),
                error => one_line(&error),
            },
        })?;
        Ok(Self(Kind::Regex { source: source.to_owned(), whole }))
    }

    /// Whether it is this text, byte by byte.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        match &self.0 {
            Kind::Exact(exact) => exact == text,
            Kind::Regex { whole, .. } => whole.is_match(text),
        }
    }
}

fn one_line(error: &regex::Error) -> String {
    let text = error.to_string();
    let last = text.lines().last().unwrap_or_default();
    Escaped(last.trim_start_matches("error: ")).to_string()
}

impl From<&str> for Pattern {
    fn from(exact: &str) -> Self {
        Self(Kind::Exact(exact.to_owned()))
    }
}

impl From<String> for Pattern {
    fn from(exact: String) -> Self {
        Self(Kind::Exact(exact))
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Exact(exact) => write!(f, "'{}'", Escaped(exact)),
            Kind::Regex { source, .. } => write!(f, "anyone like '{}'", Escaped(source)),
        }
    }
}

/// Who may have signed: an identity, the issuer that vouches for it, and what else must be claimed.
///
/// There is always at least one of each: an identity means nothing without the one who vouches for it.
#[derive(Debug, Clone)]
pub struct IdentityPolicy {
    identities: Vec<Pattern>,
    issuers: Vec<Pattern>,
    claims: Vec<(Claim, String)>,
}

impl IdentityPolicy {
    /// This identity, vouched for by this issuer.
    #[must_use]
    pub fn new(identity: impl Into<Pattern>, issuer: impl Into<Pattern>) -> Self {
        let (identities, issuers) = (vec![identity.into()], vec![issuer.into()]);
        Self { identities, issuers, claims: Vec::new() }
    }

    /// Another identity will do, with any of the issuers.
    #[must_use]
    pub fn or_identity(mut self, identity: impl Into<Pattern>) -> Self {
        self.identities.push(identity.into());
        self
    }

    /// Another issuer will do, for any of the identities.
    #[must_use]
    pub fn or_issuer(mut self, issuer: impl Into<Pattern>) -> Self {
        self.issuers.push(issuer.into());
        self
    }

    /// The certificate must claim this too.
    #[must_use]
    pub fn require_claim(mut self, claim: Claim, value: impl Into<String>) -> Self {
        self.claims.push((claim, value.into()));
        self
    }

    /// Whether the certificate is one of those asked for.
    pub(crate) fn check(&self, found: &Claims) -> Result<(), SigstoreError> {
        if !self.issuers.iter().any(|issuer| issuer.matches(&found.issuer)) {
            let (identity, issuer) = (found.identity.clone(), found.issuer.clone());
            let wanted = any_of(&self.issuers);
            return Err(SigstoreError::Issuer { identity, found: issuer, wanted });
        }
        if !self.identities.iter().any(|identity| identity.matches(&found.identity)) {
            let (identity, wanted) = (found.identity.clone(), any_of(&self.identities));
            return Err(SigstoreError::Identity { found: identity, wanted });
        }
        for (claim, wanted) in &self.claims {
            let value = found.get(*claim);
            if value != Some(wanted.as_str()) {
                let (found, wanted) = (value.map(str::to_owned), wanted.clone());
                return Err(SigstoreError::Claim { claim: *claim, found, wanted });
            }
        }
        Ok(())
    }
}

fn any_of(patterns: &[Pattern]) -> String {
    let texts: Vec<String> = patterns.iter().map(ToString::to_string).collect();
    texts.join(" or ")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn an_expression_is_for_the_whole_text_whatever_it_is_made_of() {
        let matches = |source: &str, text: &str| Pattern::regex(source).unwrap().matches(text);
        assert!(matches("a|b", "a"));
        assert!(!matches("a|b", "ab"));
        assert!(!matches("(?m)^a$", "x\na"));
        assert!(!matches("a$", "a\n"));
        assert!(!matches("a.c", "abcd"));
        assert!(!matches("(?i)a", "xA"));
        assert!(matches("(?i)a", "A"));
    }

    #[test]
    fn an_expression_cannot_break_out_or_take_all_memory() {
        for source in ["a)|(?:.*", "(", "(?x)a #", r"(\w{1000}){1000}", "a(?=b)"] {
            Pattern::regex(source).unwrap_err();
        }
    }

    #[test]
    fn an_exact_text_is_no_expression() {
        assert!(!Pattern::from(".*").matches("anyone"));
        assert!(!Pattern::from("A@example.com").matches("a@example.com"));
    }
}
