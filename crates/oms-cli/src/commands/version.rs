//! `oms --version --verbose`: what a report of a defect should say.

use oms::Engine;

use crate::config;
use crate::failure::{Failure, InCommand as _};
use crate::report::Report;

/// The version and how this machine hashes.
pub(crate) fn verbose_version() -> Result<Report, Failure> {
    let forced = config::engine().in_command("oms")?;
    let engine = forced.unwrap_or_else(Engine::best);
    let why = if forced.is_some() { "OMS_HASH_ENGINE" } else { "the quickest" };
    let others: Vec<_> = Engine::available().iter().map(Engine::name).collect();
    let mut report = Report::new("oms");
    report.text = vec![
        format!("oms {}", env!("CARGO_PKG_VERSION")),
        format!("SHA-256      {}, {} messages at once ({why})", engine.name(), engine.lanes()),
        format!("On this CPU  {}", others.join(", ")),
        format!("System       {} {}", std::env::consts::OS, std::env::consts::ARCH),
    ];
    Ok(report)
}
