//! The one way to name a file of a model.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

/// The path of a file within a model: relative, canonical, UTF-8, `/` between its components.
///
/// A `RelPath` cannot be absolute, cannot hold `.`, `..`, an empty component or a NUL, and does not
/// end with `/`: it cannot lead out of the model. Names are compared byte by byte, without case
/// folding or Unicode normalisation. [`fmt::Display`] escapes what could deceive a terminal.
///
/// ```
/// use oms::{PathError, RelPath};
///
/// assert_eq!(RelPath::parse("weights/a.bin")?.as_str(), "weights/a.bin");
/// assert_eq!(RelPath::parse("../secret"), Err(PathError::ParentComponent));
/// # Ok::<(), PathError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RelPath(Arc<str>);

/// Why a text is not a [`RelPath`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PathError {
    /// No characters at all.
    #[error("it is empty")]
    Empty,
    /// Begins with `/`.
    #[error("it is absolute")]
    Absolute,
    /// Ends with `/`.
    #[error("it ends with '/'")]
    TrailingSlash,
    /// Two `/` in a row.
    #[error("it has an empty component")]
    EmptyComponent,
    /// A component is `.`.
    #[error("it has a component '.'")]
    CurrentComponent,
    /// A component is `..`.
    #[error("it has a component '..'")]
    ParentComponent,
    /// Holds the character U+0000.
    #[error("it holds a NUL character")]
    Nul,
}

impl RelPath {
    /// Checks a name as a bundle or a directory gives it. Nothing is repaired.
    ///
    /// # Errors
    /// [`PathError`], the first rule that the text breaks.
    pub fn parse(text: &str) -> Result<Self, PathError> {
        check(text)?;
        Ok(Self(text.into()))
    }

    /// What the PyPI client calls the only file of a model that is a file: `.`. It names that file
    /// whatever it is called, and never anything in a directory.
    pub(crate) fn single_file() -> Self {
        Self(".".into())
    }

    /// Whether this is [`RelPath::single_file`].
    pub(crate) fn is_single_file(&self) -> bool {
        &*self.0 == "."
    }

    /// The path of an entry in this directory.
    pub(crate) fn join(&self, component: &str) -> Result<Self, PathError> {
        Self::parse(&format!("{}/{component}", self.0))
    }

    /// The path as it stands in a statement.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this is `other`, or lies beneath it.
    #[must_use]
    pub fn is_or_is_beneath(&self, other: &Self) -> bool {
        match self.0.strip_prefix(&*other.0) {
            Some(rest) => rest.is_empty() || rest.starts_with('/'),
            None => false,
        }
    }

    /// An order in which everything beneath a path follows it at once: `a`, `a/b`, `a-b`.
    pub(crate) fn tree_cmp(&self, other: &Self) -> Ordering {
        let key = |c: u8| if c == b'/' { 0 } else { c }; // no name holds a NUL
        self.0.bytes().map(key).cmp(other.0.bytes().map(key))
    }

    /// The directories above this path, nearest first, without the model's root.
    pub(crate) fn ancestors(&self) -> impl Iterator<Item = &str> {
        let mut rest = self.as_str();
        std::iter::from_fn(move || {
            let (parent, _) = rest.rsplit_once('/')?;
            rest = parent;
            Some(parent)
        })
    }
}

fn check(text: &str) -> Result<(), PathError> {
    if text.is_empty() {
        return Err(PathError::Empty);
    }
    if text.contains('\0') {
        return Err(PathError::Nul);
    }
    if text.starts_with('/') {
        return Err(PathError::Absolute);
    }
    if text.ends_with('/') {
        return Err(PathError::TrailingSlash);
    }
    for component in text.split('/') {
        match component {
            "" => return Err(PathError::EmptyComponent),
            "." => return Err(PathError::CurrentComponent),
            ".." => return Err(PathError::ParentComponent),
            _ => {}
        }
    }
    Ok(())
}

impl fmt::Display for RelPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Escaped(&self.0).fmt(f)
    }
}

impl fmt::Debug for RelPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", &*self.0)
    }
}

/// Shows untrusted text on one line: control characters, the backslash, and the characters that
/// reorder or break lines (Unicode bidirectional controls, U+2028, U+2029) are escaped.
///
/// ```
/// assert_eq!(oms::Escaped("a\nb").to_string(), r"a\nb");
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Escaped<'a>(pub &'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use fmt::Write as _;
        for c in self.0.chars() {
            if c == '\\' || c.is_control() || is_deceptive(c) {
                write!(f, "{}", c.escape_default())?;
            } else {
                f.write_char(c)?;
            }
        }
        Ok(())
    }
}

impl Escaped<'_> {
    /// Whether a character that is no control character can still deceive: it reorders or breaks
    /// lines, or is not to be seen.
    #[must_use]
    pub fn is_deceptive(c: char) -> bool {
        is_deceptive(c)
    }
}

fn is_deceptive(c: char) -> bool {
    matches!(
        c,
        '\u{00ad}' | '\u{061c}' | '\u{115f}' | '\u{1160}' | '\u{180e}' | '\u{3164}' | '\u{ffa0}'
            | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}'
            | '\u{feff}'
    )
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn each_rule_is_named() {
        let cases = [
            ("", PathError::Empty),
            ("/a", PathError::Absolute),
            ("/", PathError::Absolute),
            ("a/", PathError::TrailingSlash),
            ("a//b", PathError::EmptyComponent),
            ("./a", PathError::CurrentComponent),
            (".", PathError::CurrentComponent),
            ("a/./b", PathError::CurrentComponent),
            ("..", PathError::ParentComponent),
            ("a/../b", PathError::ParentComponent),
            ("a\0b", PathError::Nul),
        ];
        for (text, error) in cases {
            assert_eq!(RelPath::parse(text), Err(error), "{text:?}");
        }
        for text in ["a", "a/b", "...", "a:1:2", r"a\b", "a\nb", " ", "C:", "é", ".git"] {
            assert_eq!(RelPath::parse(text).unwrap().as_str(), text);
        }
    }

    #[test]
    fn beneath_goes_by_components() {
        let path = |text| RelPath::parse(text).unwrap();
        assert!(path("a/b").is_or_is_beneath(&path("a")));
        assert!(path("a").is_or_is_beneath(&path("a")));
        assert!(!path("ab").is_or_is_beneath(&path("a")));
        assert!(!path("a").is_or_is_beneath(&path("a/b")));
        assert_eq!(path("a/b/c").ancestors().collect::<Vec<_>>(), ["a/b", "a"]);
        assert_eq!(path("a").ancestors().count(), 0);
    }

    #[test]
    fn what_could_deceive_a_terminal_is_escaped() {
        let shown = RelPath::parse("a\u{1b}[31m\\b\u{202e}\n\r\u{7f}é").unwrap().to_string();
        assert_eq!(shown, r"a\u{1b}[31m\\b\u{202e}\n\r\u{7f}é");
    }

    proptest! {
        #[test]
        fn an_accepted_path_never_leaves_the_root(text in "[./a\\\\:\0]{0,12}") {
            if let Ok(path) = RelPath::parse(&text) {
                let joined = std::path::Path::new("/root").join(path.as_str());
                prop_assert!(joined.starts_with("/root"));
                prop_assert!(!joined.components().any(|c| c == std::path::Component::ParentDir));
                prop_assert_eq!(path.as_str(), text);
            }
        }
    }
}
