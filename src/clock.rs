//! Wall time behind a small trait, so that tests and the sandbox can set it. Monotonic waiting is tokio's, which tests
//! pause and advance.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// The machine's own idea of the time, which may be wrong.
pub trait WallClock: Send + Sync {
    /// Unix seconds UTC by the local clock.
    fn local(&self) -> i64;
}

/// The operating system's clock.
pub struct SystemClock;

impl WallClock for SystemClock {
    fn local(&self) -> i64 {
        match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(since) => since.as_secs() as i64,
            Err(before) => -(before.duration().as_secs() as i64),
        }
    }
}

pub type SharedClock = Arc<dyn WallClock>;

pub fn system() -> SharedClock {
    Arc::new(SystemClock)
}
