//! Stopping work that nobody waits for any longer.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

/// Asks running work to stop: by hand ([`CancelToken::cancel`]) or at a point in time.
///
/// Clones share their state. Work looks at the token between two buffers (at most 1 MiB), so that it
/// ends within milliseconds on a disk that answers.
///
/// ```
/// use oms_hash::{CancelToken, Interrupted};
///
/// let token = CancelToken::new();
/// assert_eq!(token.check(), Ok(()));
/// token.clone().cancel();
/// assert_eq!(token.check(), Err(Interrupted::Cancelled));
/// ```
#[derive(Debug, Clone, Default)]
pub struct CancelToken {
    cancelled: Arc<AtomicBool>,
    deadline: Option<Instant>,
}

/// Why work was stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Interrupted {
    /// Someone called [`CancelToken::cancel`].
    #[error("interrupted")]
    Cancelled,
    /// The token's deadline has passed.
    #[error("out of time")]
    DeadlinePassed,
}

impl CancelToken {
    /// A token that stops nothing until [`CancelToken::cancel`] is called.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The same token, which also stops work once `deadline` has passed.
    #[must_use]
    pub fn with_deadline(mut self, deadline: Instant) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// Asks all work that holds this token, or a clone of it, to stop.
    pub fn cancel(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }

    /// Whether [`CancelToken::cancel`] was called.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }

    /// Goes on, or says why not.
    ///
    /// # Errors
    /// [`Interrupted`], when the work should stop.
    pub fn check(&self) -> Result<(), Interrupted> {
        if self.is_cancelled() {
            return Err(Interrupted::Cancelled);
        }
        match self.deadline {
            Some(deadline) if Instant::now() >= deadline => Err(Interrupted::DeadlinePassed),
            _ => Ok(()),
        }
    }
}
