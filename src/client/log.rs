//! The program's log callback: one call at a time, never under a lock, none after shutdown.
//!
//! Whoever logs while a call is running leaves the message to the thread that makes it. No message holds a secret or a
//! whole authorization code.

use crate::sync::{Condvar, Deadline, Mutex, lock, thread_mark, wait_until};
use std::collections::VecDeque;
use std::sync::Arc;

/// Most messages that wait for a slow callback.
const CAPACITY: usize = 1000;

/// Levels as they cross the C ABI, 1 = error … 5 = trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(i32)]
pub enum Level {
    Error = 1,
    Warn = 2,
    Info = 3,
    Debug = 4,
    Trace = 5,
}

/// Takes a level and a message.
pub type WriteLog = dyn Fn(i32, &str) + Send + Sync;

/// Where messages go, up to which level.
#[derive(Clone)]
pub struct LogSink {
    pub max_level: i32,
    pub write: Arc<WriteLog>,
}

#[derive(Default)]
struct Inner {
    waiting: VecDeque<(Level, String)>,
    calling: Option<usize>,
    closed: bool,
}

pub struct Log {
    sink: Option<LogSink>,
    inner: Mutex<Inner>,
    changed: Condvar,
}

impl Log {
    pub fn new(sink: Option<LogSink>) -> Log {
        Log {
            sink,
            inner: Mutex::default(),
            changed: Condvar::new(),
        }
    }

    pub fn error(&self, text: impl FnOnce() -> String) {
        self.write(Level::Error, text);
    }

    pub fn warn(&self, text: impl FnOnce() -> String) {
        self.write(Level::Warn, text);
    }

    pub fn info(&self, text: impl FnOnce() -> String) {
        self.write(Level::Info, text);
    }

    pub fn debug(&self, text: impl FnOnce() -> String) {
        self.write(Level::Debug, text);
    }

    fn write(&self, level: Level, text: impl FnOnce() -> String) {
        let Some(sink) = &self.sink else {
            return;
        };
        if level as i32 > sink.max_level {
            return;
        }
        let mut inner = lock(&self.inner);
        if inner.closed || inner.waiting.len() >= CAPACITY {
            return;
        }
        inner.waiting.push_back((level, text()));
        if inner.calling.is_some() {
            return;
        }
        inner.calling = Some(thread_mark());
        while let Some((level, text)) = inner.waiting.pop_front() {
            drop(inner);
            (sink.write)(level as i32, &text);
            inner = lock(&self.inner);
        }
        inner.calling = None;
        self.changed.notify_all();
    }

    /// The calling thread is inside the log callback.
    pub fn is_inside(&self) -> bool {
        lock(&self.inner).calling == Some(thread_mark())
    }

    /// No call is begun from here on. False if one still ran at the deadline.
    pub fn close(&self, deadline: &Deadline) -> bool {
        let mut inner = lock(&self.inner);
        inner.closed = true;
        inner.waiting.clear();
        while inner.calling.is_some() {
            let in_time;
            (inner, in_time) = wait_until(&self.changed, inner, deadline);
            if !in_time {
                return inner.calling.is_none();
            }
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
    use std::time::Duration;

    fn sink(max_level: i32, write: impl Fn(i32, &str) + Send + Sync + 'static) -> Option<LogSink> {
        Some(LogSink {
            max_level,
            write: Arc::new(write),
        })
    }

    #[test]
    fn calls_never_overlap_and_none_is_lost() {
        let running = Arc::new(AtomicBool::new(false));
        let count = Arc::new(AtomicUsize::new(0));
        let (r, c) = (running.clone(), count.clone());
        let log = Log::new(sink(3, move |_, _| {
            assert!(!r.swap(true, Ordering::SeqCst), "two log calls at a time");
            c.fetch_add(1, Ordering::SeqCst);
            r.store(false, Ordering::SeqCst);
        }));
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..100).for_each(|n| log.info(|| n.to_string())));
            }
        });
        log.debug(|| unreachable!("above the level"));
        assert_eq!(count.load(Ordering::SeqCst), 400);
        assert!(log.close(&Deadline::after(Duration::ZERO)));
        log.error(|| "after the end".into());
        assert_eq!(count.load(Ordering::SeqCst), 400);
    }

    #[test]
    fn a_callback_that_logs_again_does_not_recurse() {
        let log: Arc<std::sync::OnceLock<Log>> = Arc::default();
        let (inner, count) = (log.clone(), Arc::new(AtomicUsize::new(0)));
        let c = count.clone();
        let made = Log::new(sink(5, move |_, text| {
            c.fetch_add(1, Ordering::SeqCst);
            let log = inner.get().unwrap();
            assert!(log.is_inside());
            if text == "outer" {
                log.warn(|| "inner".into());
            }
        }));
        let log = log.get_or_init(|| made);
        log.warn(|| "outer".into());
        assert_eq!(count.load(Ordering::SeqCst), 2);
        assert!(!log.is_inside());
    }
}
