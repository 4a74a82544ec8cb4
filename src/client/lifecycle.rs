//! The life of a client: open, closing, closed.
//!
//! The gate counts who is inside: calls of the program that wait for the worker, and the worker itself. Closing wakes
//! them all; the end is reached when the worker has given its last signal, no call is left inside and the hub is quiet.
//! No thread handle is waited for here: in `DllMain` that would never return.
//!
//! The source is compiled a second time against shuttle's locks in `models`.

use super::hub::Hub;
use super::sync::{Condvar, Deadline, Mutex, Sabotage, lock, sabotage, wait_until};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// How a shutdown went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shutdown {
    /// Nothing of the client will ever run again.
    Complete,
    /// Asked for inside a callback: follows when that returns.
    Deferred,
    /// Something did not end in time; it is sealed.
    TimedOut,
}

/// Why a wait for an answer ended without one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoAnswer {
    Closed,
    TimedOut,
}

#[derive(Default)]
struct Inside {
    calls: usize,
    worker: bool,
}

pub struct Lifecycle<E> {
    pub hub: Hub<E>,
    inside: Mutex<Inside>,
    changed: Condvar,
    closing: AtomicBool,
    sealed: AtomicBool,
    complete: AtomicBool,
}

/// A place for one answer, filled by the worker.
pub struct Slot<T>(Arc<Mutex<Option<T>>>);

impl<T> Clone for Slot<T> {
    fn clone(&self) -> Slot<T> {
        Slot(self.0.clone())
    }
}

impl<T> Slot<T> {
    pub fn new() -> Slot<T> {
        Slot(Arc::new(Mutex::new(None)))
    }

    fn take(&self) -> Option<T> {
        lock(&self.0).take()
    }
}

impl<T> Default for Slot<T> {
    fn default() -> Slot<T> {
        Slot::new()
    }
}

impl<E> Lifecycle<E> {
    pub fn new(hub: Hub<E>) -> Lifecycle<E> {
        Lifecycle {
            hub,
            inside: Mutex::new(Inside::default()),
            changed: Condvar::new(),
            closing: AtomicBool::new(false),
            sealed: AtomicBool::new(false),
            complete: AtomicBool::new(false),
        }
    }

    pub fn is_closing(&self) -> bool {
        self.closing.load(Ordering::SeqCst)
    }

    /// Shutdown gave up waiting: what still runs writes no file, calls no callback and no log.
    pub fn is_sealed(&self) -> bool {
        self.sealed.load(Ordering::SeqCst)
    }

    pub fn is_complete(&self) -> bool {
        self.complete.load(Ordering::SeqCst)
    }

    /// True the first time only, and never once closing: the caller then starts the worker, or takes it back by
    /// [`Lifecycle::worker_ended`].
    pub fn claim_worker(&self) -> bool {
        let mut inside = lock(&self.inside);
        let first = !inside.worker && !self.is_closing();
        if first {
            inside.worker = true;
        }
        first
    }

    /// The worker's last act.
    pub fn worker_ended(&self) {
        lock(&self.inside).worker = false;
        self.changed.notify_all();
    }

    /// Waits for the answer in `slot`.
    pub fn wait_answer<T>(&self, slot: &Slot<T>, deadline: &Deadline) -> Result<T, NoAnswer> {
        let mut inside = lock(&self.inside);
        inside.calls += 1;
        let answer = loop {
            if let Some(answer) = slot.take() {
                break Ok(answer);
            }
            if self.is_closing() {
                break Err(NoAnswer::Closed);
            }
            let in_time;
            (inside, in_time) = wait_until(&self.changed, inside, deadline);
            if !in_time {
                break slot.take().ok_or(NoAnswer::TimedOut);
            }
        };
        inside.calls -= 1;
        self.changed.notify_all();
        answer
    }

    /// Fills a slot and wakes who waits for it.
    pub fn answer<T>(&self, slot: &Slot<T>, value: T) {
        *lock(&slot.0) = Some(value);
        // Taken so that no waiter is between its look and its wait.
        drop(lock(&self.inside));
        self.changed.notify_all();
    }

    /// Begins the end: nothing new is taken, everybody who waits is woken. Does not wait.
    pub fn close(&self) {
        {
            let _inside = lock(&self.inside);
            self.closing.store(true, Ordering::SeqCst);
            self.changed.notify_all();
        }
        self.hub.close();
    }

    /// Ends the client. `stop` cuts the worker's connections and may be called more than once.
    pub fn shutdown(&self, stop: impl FnOnce(), deadline: &Deadline) -> Shutdown {
        let was_closing = self.is_closing();
        self.close();
        stop();
        if self.hub.is_inside() && !sabotage(Sabotage::WaitInsideCallback) {
            return Shutdown::Deferred;
        }
        if was_closing && sabotage(Sabotage::SecondShutdownReturns) {
            return Shutdown::Complete;
        }
        // The worker first: it is the one that connections hold.
        let ended = self.wait_inside_left(deadline) && self.hub.wait_closed(deadline);
        if !ended {
            self.sealed.store(true, Ordering::SeqCst);
            return Shutdown::TimedOut;
        }
        self.complete.store(true, Ordering::SeqCst);
        Shutdown::Complete
    }

    fn wait_inside_left(&self, deadline: &Deadline) -> bool {
        let mut inside = lock(&self.inside);
        while inside.worker || inside.calls > 0 {
            let in_time;
            (inside, in_time) = wait_until(&self.changed, inside, deadline);
            if !in_time {
                return !inside.worker && inside.calls == 0;
            }
        }
        true
    }
}
