//! The fastest answer to "is anything licensed": a span of local time within which the answer is yes for certain.
//!
//! It lies in memory that is never freed (the handle table), so that a read needs neither a lock nor a count of readers:
//! a few loads, and the clock. Outside the span the exact, slightly slower way decides. Whoever publishes holds the
//! client's own lock; a reader that meets a change in progress takes the exact way.

use std::sync::atomic::{AtomicI64, AtomicU32, Ordering, fence};

#[derive(Debug)]
pub struct Window {
    /// Odd while being written.
    version: AtomicU32,
    from: AtomicI64,
    until: AtomicI64,
}

impl Window {
    /// A window within which no time lies.
    pub const fn closed() -> Window {
        Window {
            version: AtomicU32::new(0),
            from: AtomicI64::new(0),
            until: AtomicI64::new(0),
        }
    }

    /// True where `local` certainly is a licensed time.
    pub fn contains(&self, local: i64) -> bool {
        let before = self.version.load(Ordering::Acquire);
        let from = self.from.load(Ordering::Relaxed);
        let until = self.until.load(Ordering::Relaxed);
        fence(Ordering::Acquire);
        let unchanged = before & 1 == 0 && before == self.version.load(Ordering::Relaxed);
        unchanged && from <= local && local < until
    }

    /// Sets the span. One writer at a time.
    pub fn set(&self, from: i64, until: i64) {
        self.version.fetch_add(1, Ordering::AcqRel);
        fence(Ordering::Release);
        self.from.store(from, Ordering::Relaxed);
        self.until.store(until, Ordering::Relaxed);
        self.version.fetch_add(1, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicBool;

    #[test]
    fn a_span_begins_with_its_first_second_and_ends_before_its_last() {
        let window = Window::closed();
        assert!(!window.contains(0));
        window.set(10, 20);
        let inside: Vec<i64> = (0..30).filter(|t| window.contains(*t)).collect();
        assert_eq!(inside, (10..20).collect::<Vec<_>>());
    }

    #[test]
    fn a_reader_never_sees_half_a_change() {
        let window = Window::closed();
        let done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                for round in 0..100_000_i64 {
                    let base = (round % 2) * 1000;
                    window.set(base, base + 10);
                }
                done.store(true, Ordering::Release);
            });
            // 500 lies in no span that was ever set, but between the halves of two.
            while !done.load(Ordering::Acquire) {
                assert!(!window.contains(500));
            }
        });
    }
}
