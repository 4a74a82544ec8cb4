//! The locks and waits of the rooms that are model-checked. `events::hub` and `client::lifecycle` name them only
//! through `super::sync`, so that `models` can compile the same sources against shuttle's.
//!
//! Nothing here touches a thread-local with a destructor: one of those on a host's thread would keep the library mapped
//! after `dlclose`.

use std::time::{Duration, Instant};

pub use std::sync::{Condvar, Mutex, MutexGuard};

/// A point in time after which a wait gives up.
#[derive(Clone, Copy, Debug)]
pub struct Deadline(Instant);

impl Deadline {
    pub fn after(wait: Duration) -> Deadline {
        let now = Instant::now();
        // A wait beyond what the clock can count is a wait of a year.
        Deadline(
            now.checked_add(wait)
                .unwrap_or(now + Duration::from_secs(31_536_000)),
        )
    }

    pub fn left(&self) -> Duration {
        self.0.saturating_duration_since(Instant::now())
    }
}

/// Locks; a panic of another holder is that holder's error, not ours.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex
        .lock()
        .unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// Waits for a notification.
pub fn wait<'a, T>(condvar: &Condvar, guard: MutexGuard<'a, T>) -> MutexGuard<'a, T> {
    condvar
        .wait(guard)
        .unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// Waits for a notification or the deadline. False once the deadline has passed.
pub fn wait_until<'a, T>(
    condvar: &Condvar,
    guard: MutexGuard<'a, T>,
    deadline: &Deadline,
) -> (MutexGuard<'a, T>, bool) {
    let left = deadline.left();
    if left.is_zero() {
        return (guard, false);
    }
    let (guard, _) = condvar
        .wait_timeout(guard, left)
        .unwrap_or_else(|poisoned| poisoned.into_inner());
    (guard, true)
}

/// Tells the calling thread from every other living one.
pub fn thread_mark() -> usize {
    thread_local! {
        static MARK: u8 = const { 0 };
    }
    MARK.with(|mark| std::ptr::from_ref(mark) as usize)
}

/// Switched on one at a time by the models, to show that they notice; always false here.
pub const fn sabotage(_: Sabotage) -> bool {
    false
}

/// Errors that a model can inject.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sabotage {
    /// The callback runs under the hub's lock.
    DeliverUnderLock,
    /// A shutdown in the callback waits for the callback.
    WaitInsideCallback,
    /// Unregister answers without waiting for a running callback.
    LeaveCallbackRunning,
    /// A registration is retired by whoever ends it, also while its callback runs.
    RetireEarly,
    /// Closing does not wake who waits.
    CloseSilently,
    /// A second shutdown does not wait for the first's work.
    SecondShutdownReturns,
    /// A wait for a callback ignores its deadline.
    ForgetDeadline,
}
