//! Seeing how far long work is, and stopping it.

use std::num::NonZeroUsize;

use oms_hash::{CancelToken, Engine};

/// What happens during a long call; handed to the callback of [`Run`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// The walk over the model is done.
    Found {
        /// Files to hash.
        files: u64,
        /// Bytes to hash.
        bytes: u64,
    },
    /// So many more bytes were hashed (at most 1 MiB at a time, from any thread).
    Hashed {
        /// Bytes since the last such event.
        bytes: u64,
    },
    /// All is hashed, signed and checked; the signature is about to be written.
    Writing,
}

/// How a call is carried out: none of it changes the result.
#[derive(Clone, Copy, Default)]
#[non_exhaustive]
pub struct Run<'a> {
    /// Threads that hash; `None` is one for each core that this process may use.
    pub jobs: Option<NonZeroUsize>,
    /// Called as the work goes on.
    pub progress: Option<&'a (dyn Fn(Event) + Sync)>,
    /// Stops the work when asked to.
    pub cancel: Option<&'a CancelToken>,
    /// The code that computes SHA-256; `None` is the quickest on this processor.
    pub engine: Option<Engine>,
}

impl<'a> Run<'a> {
    /// Sets the number of threads that hash.
    #[must_use]
    pub fn jobs(mut self, jobs: NonZeroUsize) -> Self {
        self.jobs = Some(jobs);
        self
    }

    /// Sets the callback that hears how far the work is.
    #[must_use]
    pub fn progress(mut self, callback: &'a (dyn Fn(Event) + Sync)) -> Self {
        self.progress = Some(callback);
        self
    }

    /// Sets the token that stops the work.
    #[must_use]
    pub fn cancel(mut self, token: &'a CancelToken) -> Self {
        self.cancel = Some(token);
        self
    }

    /// Sets the code that computes SHA-256.
    #[must_use]
    pub fn engine(mut self, engine: Engine) -> Self {
        self.engine = Some(engine);
        self
    }

    pub(crate) fn tell(&self, event: Event) {
        if let Some(progress) = self.progress {
            progress(event);
        }
    }

    pub(crate) fn check(&self) -> Result<(), oms_hash::Interrupted> {
        self.cancel.map_or(Ok(()), CancelToken::check)
    }
}
