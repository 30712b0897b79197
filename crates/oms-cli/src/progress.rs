//! The progress bar.

use std::num::NonZeroUsize;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use oms::{Event, Run};

use crate::config::Settings;
use crate::console::Console;

/// Bytes, rate and time left, on a terminal.
pub(crate) struct Progress {
    bar: ProgressBar,
    callback: Box<dyn Fn(Event) + Sync>,
    shown: bool,
}

impl Progress {
    pub(crate) fn new(console: &Console) -> Self {
        let shown = console.shows_progress();
        let bar = if shown {
            ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(10))
        } else {
            ProgressBar::hidden()
        };
        let template = "{bar:30} {bytes}/{total_bytes}  {bytes_per_sec}  {eta} left";
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        let counted = bar.clone();
        let callback = Box::new(move |event| match event {
            Event::Found { bytes, .. } => counted.set_length(bytes),
            Event::Hashed { bytes } => counted.inc(bytes),
            _ => {}
        });
        Self { bar, callback, shown }
    }

    /// How the library is to run under this bar.
    pub(crate) fn run<'a>(&'a self, settings: &'a Settings, jobs: Option<NonZeroUsize>) -> Run<'a> {
        let mut run = Run::default().cancel(&settings.cancel);
        run.jobs = jobs;
        if self.shown { run.progress(&*self.callback) } else { run }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
