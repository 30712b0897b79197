//! What does not belong to a model although it lies in its folder.

use std::ffi::OsStr;
use std::path::{Component, Path, PathBuf};

use crate::error::Error;
use crate::model::Model;
use crate::path::RelPath;
use crate::warning::Warning;

/// Left out at the top level, as every client of the format does: exactly these.
pub const GIT_PATHS: [&str; 4] = [".git", ".gitattributes", ".github", ".gitignore"];

/// The paths that a walk leaves out.
#[derive(Debug, Default, Clone)]
pub(crate) struct Exclusions {
    /// Each with everything beneath it.
    paths: Vec<RelPath>,
    /// The signature: this path, unless it is a folder.
    signature: Option<RelPath>,
}

impl Exclusions {
    pub(crate) fn new(mut paths: Vec<RelPath>, signature: Option<RelPath>) -> Self {
        paths.sort_unstable();
        paths.dedup();
        Self { paths, signature }
    }

    pub(crate) fn excludes(&self, path: &RelPath, is_folder: bool) -> bool {
        if !is_folder && self.signature.as_ref() == Some(path) {
            return true;
        }
        let is_listed =
            |name: &str| self.paths.binary_search_by(|listed| listed.as_str().cmp(name)).is_ok();
        is_listed(path.as_str()) || path.ancestors().any(is_listed)
    }

    /// What a signature records: all of it, sorted.
    pub(crate) fn to_recorded(&self) -> Vec<RelPath> {
        let mut recorded = self.paths.clone();
        recorded.extend(self.signature.clone());
        recorded.sort_unstable();
        recorded.dedup();
        recorded
    }
}

/// The four default paths.
pub(crate) fn git_paths() -> impl Iterator<Item = RelPath> {
    GIT_PATHS.iter().filter_map(|path| RelPath::parse(path).ok())
}

/// Resolves the ignore paths of a user, lexically: what exists has no say, else whoever ships the
/// model would choose the meaning.
pub(crate) fn user_paths(
    model: &Model,
    given: &[PathBuf],
    warnings: &mut Vec<Warning>,
) -> Result<Vec<RelPath>, Error> {
    if given.is_empty() {
        return Ok(Vec::new());
    }
    let root = absolute(&model.path)?;
    let mut paths = Vec::with_capacity(given.len());
    for path in given {
        match user_path(&root, path)? {
            Some(path) => paths.push(path),
            None => warnings.push(Warning::IgnorePathOutside { path: path.clone() }),
        }
    }
    Ok(paths)
}

fn user_path(root: &Path, given: &Path) -> Result<Option<RelPath>, Error> {
    let in_working_directory = absolute(given)?;
    let inside = match in_working_directory.strip_prefix(root) {
        Ok(inside) => Some(inside.to_owned()),
        Err(_) if given.is_absolute() => None,
        Err(_) => normalise(&root.join(given)).strip_prefix(root).ok().map(Path::to_owned),
    };
    let Some(inside) = inside else {
        return Ok(None);
    };
    if inside.as_os_str().is_empty() {
        return Err(Error::IgnoresEverything { path: given.to_owned() });
    }
    match to_rel_path(&inside) {
        Some(path) => Ok(Some(path)),
        None => Err(Error::IgnorePathNotUtf8 { path: given.to_owned() }),
    }
}

/// Where the signature lies in the model, if it does. Its folder is resolved, its name is not.
pub(crate) fn signature_path(model: &Model, signature: &Path) -> Option<RelPath> {
    let name = signature.file_name()?;
    let folder = match signature.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let folder = std::fs::canonicalize(folder).ok()?;
    to_rel_path(folder.join(name).strip_prefix(&model.real_path).ok()?)
}

fn absolute(path: &Path) -> Result<PathBuf, Error> {
    let absolute = std::path::absolute(path).map_err(|source| Error::Io {
        action: "resolve",
        path: path.to_owned(),
        role: "ignore path",
        source,
    })?;
    Ok(normalise(&absolute))
}

/// Resolves `.` and `..` by the text alone.
fn normalise(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                out.pop();
            }
            other => out.push(other),
        }
    }
    out
}

fn to_rel_path(path: &Path) -> Option<RelPath> {
    let components: Option<Vec<&str>> = path.iter().map(OsStr::to_str).collect();
    RelPath::parse(&components?.join("/")).ok()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn paths(texts: &[&str]) -> Vec<RelPath> {
        texts.iter().map(|text| RelPath::parse(text).unwrap()).collect()
    }

    #[test]
    fn an_exclusion_covers_itself_and_what_is_beneath_but_no_namesake() {
        let exclusions = Exclusions::new(paths(&["a/b", ".git"]), None);
        let excludes = |text| exclusions.excludes(&RelPath::parse(text).unwrap(), false);
        assert!(excludes("a/b") && excludes("a/b/c") && excludes(".git/config"));
        assert!(!excludes("a") && !excludes("a/bc") && !excludes("x/.git"));
    }

    #[test]
    fn the_signature_is_one_file_never_a_folder() {
        let signature = RelPath::parse("model.sig").unwrap();
        let exclusions = Exclusions::new(Vec::new(), Some(signature.clone()));
        assert!(exclusions.excludes(&signature, false));
        assert!(!exclusions.excludes(&signature, true));
        assert!(!exclusions.excludes(&RelPath::parse("model.sig/x").unwrap(), false));
    }

    #[test]
    fn user_paths_are_resolved_by_their_text() {
        let root = Path::new("/home/me/model");
        let resolve =
            |text: &str| user_path(root, Path::new(text)).map(|p| p.map(|p| p.to_string()));
        assert_eq!(resolve("/home/me/model/a/../b").unwrap(), Some("b".into()));
        assert_eq!(resolve("/elsewhere/a").unwrap(), None);
        assert_eq!(resolve("sub/a").unwrap(), Some("sub/a".into()));
        assert_eq!(resolve("../../a").unwrap(), None);
        assert!(matches!(resolve("/home/me/model"), Err(Error::IgnoresEverything { .. })));
        assert!(matches!(resolve("."), Err(Error::IgnoresEverything { .. })));
    }
}
