//! `cargo xtask fixtures`: models signed by released PyPI clients.

use crate::process::step;
use crate::python::Environment;
use crate::{Result, tools};

/// Makes tests/fixtures/pypi again; needs the package index.
pub(crate) fn run() -> Result<()> {
    tools::ensure()?;
    let environment = Environment::ready()?;
    step("fixtures", &mut environment.run(&["tests/python/make_fixtures.py"])?)
}
