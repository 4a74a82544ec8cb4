//! The counterpart of `crate::sync` for the models. Time is a number of scheduling steps: a deadline passes when a
//! waiter has been scheduled that often without success, so that a model with a time-out explores both ends.

use shuttle::thread;
use std::cell::Cell;
use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicU8, Ordering};

pub use crate::sync::Sabotage;

static SABOTAGE: AtomicU8 = AtomicU8::new(u8::MAX);

pub fn set_sabotage(which: Option<Sabotage>) {
    SABOTAGE.store(which.map_or(u8::MAX, |s| s as u8), Ordering::SeqCst);
}

pub fn sabotage(which: Sabotage) -> bool {
    SABOTAGE.load(Ordering::SeqCst) == which as u8
}

pub struct Mutex<T>(shuttle::sync::Mutex<T>);

impl<T> Mutex<T> {
    pub fn new(value: T) -> Mutex<T> {
        Mutex(shuttle::sync::Mutex::new(value))
    }
}

/// A guard that remembers its mutex, which a wait with a time-out has to take again.
pub struct MutexGuard<'a, T> {
    mutex: &'a Mutex<T>,
    guard: shuttle::sync::MutexGuard<'a, T>,
}

impl<T> Deref for MutexGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.guard
    }
}

impl<T> DerefMut for MutexGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.guard
    }
}

pub use shuttle::sync::Condvar;

/// Steps left, or never.
pub struct Deadline(Option<Cell<u32>>);

impl Deadline {
    pub fn steps(steps: u32) -> Deadline {
        Deadline(Some(Cell::new(steps)))
    }

    pub fn never() -> Deadline {
        Deadline(None)
    }
}

pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    let guard = mutex
        .0
        .lock()
        .unwrap_or_else(|poisoned| poisoned.into_inner());
    MutexGuard { mutex, guard }
}

pub fn wait<'a, T>(condvar: &Condvar, guard: MutexGuard<'a, T>) -> MutexGuard<'a, T> {
    let mutex = guard.mutex;
    let guard = condvar
        .wait(guard.guard)
        .unwrap_or_else(|poisoned| poisoned.into_inner());
    MutexGuard { mutex, guard }
}

pub fn wait_until<'a, T>(
    condvar: &Condvar,
    guard: MutexGuard<'a, T>,
    deadline: &Deadline,
) -> (MutexGuard<'a, T>, bool) {
    let Some(steps) = &deadline.0 else {
        return (wait(condvar, guard), true);
    };
    // A wait with a time-out may always end early; one that yields with the lock released does.
    let mutex = guard.mutex;
    drop(guard);
    thread::yield_now();
    let in_time = steps.get() > 0;
    steps.set(steps.get().saturating_sub(1));
    (lock(mutex), in_time)
}

pub fn thread_mark() -> usize {
    use std::hash::{Hash, Hasher};
    let mut hasher = std::collections::hash_map::DefaultHasher::new();
    thread::current().id().hash(&mut hasher);
    hasher.finish() as usize
}
