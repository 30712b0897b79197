//! Where things lie.

use std::env;
use std::path::{Path, PathBuf};

use crate::Result;

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}

/// The target folder, absolute, so that every child uses the same one from whatever folder.
pub(crate) fn target() -> Result<PathBuf> {
    match given("CARGO_TARGET_DIR") {
        Some(folder) => Ok(std::path::absolute(folder)?),
        None => Ok(root().join("target")),
    }
}

/// The program `oms` as built by a profile, which is also its folder's name.
pub(crate) fn oms(profile: &str) -> Result<PathBuf> {
    let name = format!("oms{}", env::consts::EXE_SUFFIX);
    Ok(target()?.join(profile).join(name))
}

/// The OMS test vectors: named by the environment, else beside the project, else none.
pub(crate) fn vectors() -> Result<Option<PathBuf>> {
    if let Some(folder) = given("OMS_TEST_VECTORS") {
        let found = folder.canonicalize();
        let found =
            found.map_err(|error| format!("OMS_TEST_VECTORS is {}: {error}", folder.display()))?;
        return Ok(Some(found));
    }
    Ok(root().join("../shared/vectors").canonicalize().ok())
}

/// A path from the environment, unless empty.
pub(crate) fn given(variable: &str) -> Option<PathBuf> {
    env::var_os(variable).filter(|value| !value.is_empty()).map(PathBuf::from)
}
