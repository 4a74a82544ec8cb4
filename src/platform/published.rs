//! A value that any number of threads read without a lock, a wait or an allocation while another thread replaces it.
//!
//! Readers count themselves in and out. A replaced value is kept until a moment at which nobody is counted in; since the
//! pointer was replaced before, no reader of that moment or later can still see it. `arc-swap` does the same with
//! thread-locals whose destructors, on a host's thread, would keep the library mapped after `dlclose`.

use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

pub struct Published<T> {
    current: AtomicPtr<T>,
    readers: AtomicUsize,
    replaced: Mutex<Vec<Owned<T>>>,
}

/// A value behind a raw pointer that this alone frees.
struct Owned<T>(*mut T);

// SAFETY: an `Owned` is the only owner of its value, like a Box.
unsafe impl<T: Send> Send for Owned<T> {}

impl<T> Drop for Owned<T> {
    fn drop(&mut self) {
        // SAFETY: the pointer came from `Box::into_raw` and is freed here only.
        drop(unsafe { Box::from_raw(self.0) });
    }
}

// SAFETY: values are handed out by shared reference to any thread and dropped on any thread.
unsafe impl<T: Send + Sync> Send for Published<T> {}
// SAFETY: as above; all fields are changed by atomic operations or under the mutex.
unsafe impl<T: Send + Sync> Sync for Published<T> {}

struct CountedIn<'a>(&'a AtomicUsize);

impl Drop for CountedIn<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl<T> Published<T> {
    pub fn new(value: T) -> Published<T> {
        Published {
            current: AtomicPtr::new(Box::into_raw(Box::new(value))),
            readers: AtomicUsize::new(0),
            replaced: Mutex::new(Vec::new()),
        }
    }

    #[inline]
    pub fn read<R>(&self, look: impl FnOnce(&T) -> R) -> R {
        self.readers.fetch_add(1, Ordering::SeqCst);
        let _counted_in = CountedIn(&self.readers);
        // SAFETY: the pointer is valid: a value is freed only after it was replaced and then nobody was counted in, and
        // this thread has been counted in since before it read the pointer.
        look(unsafe { &*self.current.load(Ordering::SeqCst) })
    }

    pub fn publish(&self, value: T) {
        let fresh = Box::into_raw(Box::new(value));
        let mut replaced = self.replaced.lock().unwrap_or_else(PoisonError::into_inner);
        replaced.push(Owned(self.current.swap(fresh, Ordering::SeqCst)));
        if self.readers.load(Ordering::SeqCst) == 0 {
            replaced.clear();
        }
    }
}

impl<T> Drop for Published<T> {
    fn drop(&mut self) {
        drop(Owned(self.current.load(Ordering::SeqCst)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::AtomicBool;

    #[test]
    fn readers_see_whole_values_and_all_are_freed() {
        let counted = Arc::new(());
        let published = Published::new((0_usize, 0_usize, counted.clone()));
        let done = AtomicBool::new(false);
        let rounds = if cfg!(miri) { 50 } else { 20_000 };
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    while !done.load(Ordering::SeqCst) {
                        published.read(|(a, b, _)| assert_eq!(a, b));
                    }
                });
            }
            for round in 1..=rounds {
                published.publish((round, round, counted.clone()));
            }
            done.store(true, Ordering::SeqCst);
        });
        published.publish((0, 0, counted.clone()));
        assert_eq!(Arc::strong_count(&counted), 2, "replaced values were kept");
        drop(published);
        assert_eq!(Arc::strong_count(&counted), 1);
    }
}
