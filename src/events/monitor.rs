//! What the hub's monitor protects: the queue, the registrations, and who is inside a callback. Plain data and questions
//! about it; every wait and every call of a receiver is in the hub.

use std::collections::VecDeque;
use std::sync::Arc;

/// Most events that wait; the oldest is dropped for the next.
pub const CAPACITY: usize = 256;

/// Who receives events.
pub trait Receiver<E>: Send + Sync {
    /// Called for each event, never two at a time and never under a lock.
    fn receive(&self, event: &E);
    /// Called exactly once, after the last [`Receiver::receive`].
    fn retire(&self);
}

/// Called when the queue becomes non-empty, in poll delivery.
pub type Wake = Arc<dyn Fn() + Send + Sync>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    Thread,
    Poll,
}

/// How the end of a registration went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Its receiver will not be called again and has been retired.
    Now,
    /// Asked for inside a callback: takes effect when that returns.
    Deferred,
    /// A callback did not return in time: takes effect when it does.
    TimedOut,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    Closed,
    Reentrant,
}

pub struct Registration<E> {
    pub id: u64,
    pub receiver: Arc<dyn Receiver<E>>,
}

pub struct Busy {
    pub thread: usize,
    pub id: u64,
}

pub struct Inner<E> {
    pub queue: VecDeque<E>,
    /// What a running poll still has to deliver; events raised meanwhile wait for the next.
    pub batch: VecDeque<E>,
    pub dropped: u64,
    pub next_id: u64,
    pub active: Option<Registration<E>>,
    pub retired: VecDeque<Registration<E>>,
    pub busy: Option<Busy>,
    pub polling: Option<usize>,
    /// Threads that wait, in poll delivery, to retire what they ended.
    pub enders: usize,
    pub wake: Option<Wake>,
    pub waking: Option<usize>,
    pub closing: bool,
    pub dispatching: bool,
}

impl<E> Inner<E> {
    pub fn new() -> Inner<E> {
        Inner {
            queue: VecDeque::new(),
            batch: VecDeque::new(),
            dropped: 0,
            next_id: 1,
            active: None,
            retired: VecDeque::new(),
            busy: None,
            polling: None,
            enders: 0,
            wake: None,
            waking: None,
            closing: false,
            dispatching: false,
        }
    }

    /// This thread is inside a callback, a retirement or a wake-up.
    pub fn is_inside(&self, thread: usize) -> bool {
        self.busy.as_ref().is_some_and(|busy| busy.thread == thread) || self.waking == Some(thread)
    }

    /// This registration is being called, or is still to be retired.
    pub fn holds(&self, id: u64) -> bool {
        self.busy.as_ref().is_some_and(|busy| busy.id == id)
            || self.retired.iter().any(|r| r.id == id)
    }

    /// Nothing runs any more and everything is retired.
    pub fn is_quiet(&self) -> bool {
        self.busy.is_none()
            && self.retired.is_empty()
            && self.polling.is_none()
            && self.waking.is_none()
            && !self.dispatching
    }
}
