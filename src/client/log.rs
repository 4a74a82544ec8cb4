//! The program's log callback: one call at a time, never under a lock.

use std::sync::Arc;

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

/// Where messages go, up to which level.
#[derive(Clone)]
pub struct LogSink {
    pub max_level: i32,
    pub write: Arc<dyn Fn(i32, &str) + Send + Sync>,
}
