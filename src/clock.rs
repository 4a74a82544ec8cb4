//! Wall time behind a small trait, so that tests and the sandbox can set it. Monotonic waiting is tokio's, which tests
//! pause and advance.

use crate::platform;
use std::sync::Arc;

/// The machine's own idea of the time, which may be wrong.
pub trait WallClock: Send + Sync {
    /// Unix seconds UTC by the local clock.
    fn local(&self) -> i64;
}

/// The operating system's clock, in whole seconds.
pub struct SystemClock;

impl WallClock for SystemClock {
    fn local(&self) -> i64 {
        platform::clock::coarse_now()
    }
}

pub type SharedClock = Arc<dyn WallClock>;

pub fn system() -> SharedClock {
    Arc::new(SystemClock)
}
