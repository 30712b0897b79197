//! A list of work that grows while it is done, for several threads.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Items that are still to be done. It ends when none is left and nobody works on one.
pub(crate) struct WorkList<T> {
    inner: Mutex<Inner<T>>,
    bell: Condvar,
}

struct Inner<T> {
    items: Vec<T>,
    /// Items that were taken and are not done.
    under_way: usize,
    stopped: bool,
}

/// An item that is being done. Dropped, it is done; in a panic it stops everyone.
pub(crate) struct UnderWay<'a, T> {
    list: &'a WorkList<T>,
    pub(crate) item: T,
}

impl<T> WorkList<T> {
    pub(crate) fn new(first: T) -> Self {
        let inner = Inner { items: vec![first], under_way: 0, stopped: false };
        Self { inner: Mutex::new(inner), bell: Condvar::new() }
    }

    /// The last item that was added. Waits while others may add some; `None` is the end.
    pub(crate) fn next(&self) -> Option<UnderWay<'_, T>> {
        let mut inner = self.lock();
        loop {
            if inner.stopped {
                return None;
            }
            if let Some(item) = inner.items.pop() {
                inner.under_way += 1;
                return Some(UnderWay { list: self, item });
            }
            if inner.under_way == 0 {
                return None;
            }
            inner = self.bell.wait(inner).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Adds items; gives the number that wait now.
    pub(crate) fn add(&self, items: Vec<T>) -> usize {
        let mut inner = self.lock();
        if !items.is_empty() {
            inner.items.extend(items);
            self.bell.notify_all();
        }
        inner.items.len()
    }

    /// Sends everyone home.
    pub(crate) fn stop(&self) {
        self.lock().stopped = true;
        self.bell.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, Inner<T>> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Drop for UnderWay<'_, T> {
    fn drop(&mut self) {
        let mut inner = self.list.lock();
        inner.under_way -= 1;
        inner.stopped |= std::thread::panicking();
        if inner.stopped || inner.under_way == 0 {
            self.list.bell.notify_all();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    /// A tree of numbers: each has three children, down to one.
    fn count(list: &WorkList<u32>, seen: &AtomicUsize) {
        while let Some(work) = list.next() {
            seen.fetch_add(1, Ordering::Relaxed);
            if work.item > 0 {
                list.add(vec![work.item - 1; 3]);
            }
        }
    }

    #[test]
    fn everything_is_done_once_by_any_number_of_threads() {
        for threads in [1, 2, 7] {
            let (list, seen) = (WorkList::new(7), AtomicUsize::new(0));
            std::thread::scope(|scope| {
                for _ in 0..threads {
                    scope.spawn(|| count(&list, &seen));
                }
            });
            assert_eq!(seen.into_inner(), (3_usize.pow(8) - 1) / 2);
        }
    }

    #[test]
    fn a_panic_and_a_stop_end_everyone() {
        let list = WorkList::new(5);
        let outcome = std::thread::scope(|scope| {
            scope.spawn(|| count(&list, &AtomicUsize::new(0)));
            let panicking = scope.spawn(|| {
                let _work = list.next();
                panic!("as ordered");
            });
            panicking.join()
        });
        assert!(outcome.is_err());
        let list = WorkList::new(5);
        list.stop();
        assert!(list.next().is_none());
    }
}
