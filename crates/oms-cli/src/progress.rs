//! The progress bar.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use oms::{Event, Run};

use crate::config::Settings;
use crate::console::Console;

/// Bytes, rate and time left, on a terminal.
pub(crate) struct Progress {
    bar: ProgressBar,
    callback: Box<dyn Fn(Event) + Sync>,
}

impl Progress {
    pub(crate) fn new(console: &Console, settings: &Settings) -> Self {
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
        let (counted, writing) = (bar.clone(), Arc::clone(&settings.writing));
        let callback = Box::new(move |event| match event {
            Event::Found { bytes, .. } => counted.set_length(bytes),
            Event::Hashed { bytes } if shown => counted.inc(bytes),
            Event::Writing => writing.store(true, Ordering::Relaxed),
            _ => {}
        });
        Self { bar, callback }
    }

    /// How the library is to run under this bar.
    pub(crate) fn run<'a>(&'a self, settings: &'a Settings, jobs: Option<NonZeroUsize>) -> Run<'a> {
        let mut run = Run::default().cancel(&settings.cancel).progress(&*self.callback);
        run.jobs = jobs;
        run.engine = settings.engine;
        run
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
