//! Where workers without work meet those who have too much.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Work changes hands here. It is over when every member waits for work, or when one has stopped it.
pub(crate) struct Exchange<T> {
    inner: Mutex<Inner<T>>,
    bell: Condvar,
    /// Members who wait and whom no offer awaits; written under the lock, looked at without.
    hungry: AtomicUsize,
    over: AtomicBool,
}

struct Inner<T> {
    members: usize,
    waiting: usize,
    offers: Vec<T>,
}

/// A worker who may be waited for. One that panics stops the others.
pub(crate) struct Member<'a, T> {
    exchange: &'a Exchange<T>,
}

impl<T> Exchange<T> {
    pub(crate) fn new() -> Self {
        Self {
            inner: Mutex::new(Inner { members: 0, waiting: 0, offers: Vec::new() }),
            bell: Condvar::new(),
            hungry: AtomicUsize::new(0),
            over: AtomicBool::new(false),
        }
    }

    pub(crate) fn join(&self) -> Member<'_, T> {
        self.lock().members += 1;
        Member { exchange: self }
    }

    pub(crate) fn is_over(&self) -> bool {
        self.over.load(Ordering::Relaxed)
    }

    /// Members who would take an offer. The number may be old when it is read.
    pub(crate) fn hungry(&self) -> usize {
        self.hungry.load(Ordering::Relaxed)
    }

    /// Sends everyone home. Offers that nobody took are dropped.
    pub(crate) fn stop(&self) {
        let mut inner = self.lock();
        self.over.store(true, Ordering::Relaxed);
        let offers = std::mem::take(&mut inner.offers);
        drop(inner);
        self.bell.notify_all();
        // Not under the lock: this closes files, which is someone else's code.
        drop(offers);
    }

    fn lock(&self) -> MutexGuard<'_, Inner<T>> {
        // Nothing in here can panic half-way.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn count_hungry(&self, inner: &Inner<T>) {
        let hungry = inner.waiting.saturating_sub(inner.offers.len());
        self.hungry.store(hungry, Ordering::Relaxed);
    }
}

impl<T> Member<'_, T> {
    /// Offers work to someone who waits; gives it back if nobody does.
    pub(crate) fn offer(&self, work: T) -> Result<(), T> {
        let mut inner = self.exchange.lock();
        if self.exchange.is_over() || inner.waiting <= inner.offers.len() {
            return Err(work);
        }
        inner.offers.push(work);
        self.exchange.count_hungry(&inner);
        drop(inner);
        self.exchange.bell.notify_one();
        Ok(())
    }

    /// Waits for an offer; `None` when there will be none. Only for a member that has no work.
    pub(crate) fn wait(&self) -> Option<T> {
        let exchange = self.exchange;
        let mut inner = exchange.lock();
        inner.waiting += 1;
        let offer = loop {
            if exchange.is_over() {
                break None;
            }
            if let Some(offer) = inner.offers.pop() {
                break Some(offer);
            }
            if inner.waiting == inner.members {
                exchange.over.store(true, Ordering::Relaxed);
                exchange.bell.notify_all();
                break None;
            }
            exchange.count_hungry(&inner);
            inner = exchange.bell.wait(inner).unwrap_or_else(PoisonError::into_inner);
        };
        inner.waiting -= 1;
        exchange.count_hungry(&inner);
        offer
    }
}

impl<T> Drop for Member<'_, T> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.exchange.stop();
        }
    }
}
