//! The ordered queue of events and their delivery to the one registered receiver.
//!
//! All state is in one monitor. A receiver is only ever called with the monitor unlocked and with `busy` set, so that
//! there is never more than one call at a time and everybody else can see whose it is. Ending a registration moves it
//! from `active` to `retired`; a retired one is retired (its `user_data_free` run) exactly once, when nothing is busy:
//! by the dispatcher in thread delivery, by the thread that ended it in poll delivery, or by the polling thread if that
//! one is no longer waiting.
//!
//! The source is compiled a second time against shuttle's locks in `models`.

#[path = "monitor.rs"]
mod monitor;

pub use monitor::{CAPACITY, Delivery, Ended, Receiver, Refused, Wake};

use super::sync::{
    Condvar, Deadline, Mutex, MutexGuard, Sabotage, lock, sabotage, thread_mark, wait, wait_until,
};
use monitor::{Busy, Inner, Registration};
use std::sync::Arc;

pub struct Hub<E> {
    delivery: Delivery,
    inner: Mutex<Inner<E>>,
    changed: Condvar,
}

type Guard<'a, E> = MutexGuard<'a, Inner<E>>;

impl<E> Hub<E> {
    pub fn new(delivery: Delivery) -> Hub<E> {
        Hub {
            delivery,
            inner: Mutex::new(Inner::new()),
            changed: Condvar::new(),
        }
    }

    pub fn delivery(&self) -> Delivery {
        self.delivery
    }

    /// Queues an event. Returns how many were ever dropped if this one pushed another out.
    pub fn raise(&self, event: E) -> Option<u64> {
        let mut inner = lock(&self.inner);
        if inner.closing {
            return None;
        }
        let was_empty = inner.queue.is_empty();
        inner.queue.push_back(event);
        let overflowed = inner.queue.len() > CAPACITY;
        if overflowed {
            inner.queue.pop_front();
            inner.dropped += 1;
        }
        let dropped = overflowed.then_some(inner.dropped);
        self.changed.notify_all();
        if was_empty {
            drop(self.wake_program(inner));
        }
        dropped
    }

    /// How many events nobody has taken yet: whoever has news that soon will be old may keep it to himself.
    pub fn waiting(&self) -> usize {
        lock(&self.inner).queue.len()
    }

    /// Makes `receiver` the one that is called. An earlier one is ended first.
    pub fn register(
        &self,
        receiver: Arc<dyn Receiver<E>>,
        deadline: &Deadline,
    ) -> Result<Ended, Refused> {
        let mut inner = lock(&self.inner);
        if inner.closing {
            return Err(Refused::Closed);
        }
        let id = inner.next_id;
        inner.next_id += 1;
        let earlier = inner.active.replace(Registration { id, receiver });
        self.changed.notify_all();
        let (inner, answer) = self.end(inner, earlier, deadline);
        match answer {
            Err(Refused::Closed) => Hub::take_back(inner, id),
            answer => answer,
        }
    }

    pub fn unregister(&self, deadline: &Deadline) -> Result<Ended, Refused> {
        let mut inner = lock(&self.inner);
        if inner.closing {
            return Err(Refused::Closed);
        }
        let earlier = inner.active.take();
        let (_inner, answer) = self.end(inner, earlier, deadline);
        answer
    }

    /// Delivers what is queued on the calling thread, after waiting for a first event. Returns how many.
    pub fn poll(&self, deadline: &Deadline) -> Result<u32, Refused> {
        let me = thread_mark();
        let mut inner = lock(&self.inner);
        if inner.closing {
            return Err(Refused::Closed);
        }
        if inner.polling.is_some() || inner.is_inside(me) {
            return Err(Refused::Reentrant);
        }
        inner.polling = Some(me);
        let mut inner = self.wait_for_first(inner, deadline);
        if inner.active.is_some() {
            inner.batch = std::mem::take(&mut inner.queue);
        }
        let (mut inner, delivered) = self.deliver_batch(inner, me);
        inner.polling = None;
        let closed = inner.closing;
        inner = self.put_back_batch(inner);
        self.changed.notify_all();
        drop(inner);
        if closed {
            Err(Refused::Closed)
        } else {
            Ok(delivered)
        }
    }

    /// Sets who is told that the queue became non-empty. Waits until an earlier one is no longer running.
    pub fn set_wake(&self, wake: Option<Wake>, deadline: &Deadline) -> Result<Ended, Refused> {
        let me = thread_mark();
        let mut inner = lock(&self.inner);
        if inner.closing {
            return Err(Refused::Closed);
        }
        inner.wake = wake;
        if inner.waking == Some(me) {
            return Ok(Ended::Deferred);
        }
        while inner.waking.is_some() {
            let in_time;
            (inner, in_time) = wait_until(&self.changed, inner, deadline);
            if inner.closing {
                return Err(Refused::Closed);
            }
            if !in_time {
                return Ok(Ended::TimedOut);
            }
        }
        if !inner.queue.is_empty() {
            drop(self.wake_program(inner));
        }
        Ok(Ended::Now)
    }

    /// The dispatcher thread's whole life, in thread delivery.
    pub fn dispatch(&self) {
        let me = thread_mark();
        let mut inner = lock(&self.inner);
        loop {
            if !inner.retired.is_empty() {
                inner = self.retire_one(inner, me);
            } else if inner.closing {
                break;
            } else if inner.active.is_some() && !inner.queue.is_empty() {
                let event = inner.queue.pop_front();
                inner = self.deliver(inner, event, me);
            } else {
                inner = wait(&self.changed, inner);
            }
        }
        inner.dispatching = false;
        self.changed.notify_all();
    }

    /// True the first time only: the caller then starts the dispatcher, or takes it back by [`Hub::not_dispatching`].
    pub fn claim_dispatcher(&self) -> bool {
        let mut inner = lock(&self.inner);
        let first = self.delivery == Delivery::Thread && !inner.dispatching && !inner.closing;
        if first {
            inner.dispatching = true;
        }
        first
    }

    /// The dispatcher could not be started.
    pub fn not_dispatching(&self) {
        lock(&self.inner).dispatching = false;
        self.changed.notify_all();
    }

    /// No further event is delivered from here on.
    pub fn close(&self) {
        let mut inner = lock(&self.inner);
        inner.closing = true;
        inner.queue.clear();
        inner.batch.clear();
        inner.wake = None;
        if let Some(registration) = inner.active.take() {
            inner.retired.push_back(registration);
        }
        if !sabotage(Sabotage::CloseSilently) {
            self.changed.notify_all();
        }
    }

    /// Waits until nothing runs any more and everything is retired. False when the deadline came first.
    pub fn wait_closed(&self, deadline: &Deadline) -> bool {
        let me = thread_mark();
        let mut inner = lock(&self.inner);
        inner.enders += 1;
        let (mut inner, ended) = self.wait_for(inner, deadline, me, Inner::is_quiet);
        inner.enders -= 1;
        ended
    }

    /// Somebody waits for a callback or a wake-up that is to be called no more.
    #[cfg(test)]
    pub fn is_changing(&self) -> bool {
        let inner = lock(&self.inner);
        inner.enders > 0 || inner.waking.is_some() && inner.wake.is_none()
    }

    /// The calling thread is inside a callback, a retirement or a wake-up of this hub.
    pub fn is_inside(&self) -> bool {
        lock(&self.inner).is_inside(thread_mark())
    }

    /// A registration that a shutdown overtook while the earlier one is still held has failed: it is behind that one in line,
    /// and is not retired. Where its callback runs already it has not failed, only not come to its end.
    fn take_back(mut inner: Guard<'_, E>, id: u64) -> Result<Ended, Refused> {
        if inner.busy.as_ref().is_some_and(|busy| busy.id == id) {
            return Ok(Ended::TimedOut);
        }
        let place = inner.retired.iter().position(|r| r.id == id);
        let registration = place.and_then(|place| inner.retired.remove(place));
        drop(inner);
        match registration {
            Some(_) => Err(Refused::Closed),
            None => Ok(Ended::TimedOut),
        }
    }

    /// Ends a registration that has just been taken out of `active`. A shutdown cuts the wait short.
    fn end<'a>(
        &'a self,
        mut inner: Guard<'a, E>,
        ended: Option<Registration<E>>,
        deadline: &Deadline,
    ) -> (Guard<'a, E>, Result<Ended, Refused>) {
        let me = thread_mark();
        let Some(registration) = ended else {
            return (inner, Ok(Ended::Now));
        };
        let id = registration.id;
        if sabotage(Sabotage::RetireEarly) {
            registration.receiver.retire();
            return (inner, Ok(Ended::Now));
        }
        inner.retired.push_back(registration);
        self.changed.notify_all();
        if inner.is_inside(me) && !sabotage(Sabotage::WaitInsideCallback) {
            return (inner, Ok(Ended::Deferred));
        }
        if sabotage(Sabotage::LeaveCallbackRunning) {
            return (inner, Ok(Ended::Now));
        }
        inner.enders += 1;
        let over = |inner: &Inner<E>| inner.closing || !inner.holds(id);
        let (mut inner, _) = self.wait_for(inner, deadline, me, over);
        inner.enders -= 1;
        let answer = match (inner.holds(id), inner.closing) {
            (false, _) => Ok(Ended::Now),
            (true, true) => Err(Refused::Closed),
            (true, false) => Ok(Ended::TimedOut),
        };
        (inner, answer)
    }

    /// Waits until `done`, retiring what this thread may. The last look is taken after the deadline, under the same lock
    /// as the caller's giving up: from then on the polling thread retires.
    fn wait_for<'a>(
        &'a self,
        mut inner: Guard<'a, E>,
        deadline: &Deadline,
        me: usize,
        done: impl Fn(&Inner<E>) -> bool,
    ) -> (Guard<'a, E>, bool) {
        let mut in_time = true;
        loop {
            inner = self.retire_in_poll(inner, me);
            if done(&inner) {
                return (inner, true);
            }
            if !in_time && !sabotage(Sabotage::ForgetDeadline) {
                return (inner, false);
            }
            (inner, in_time) = wait_until(&self.changed, inner, deadline);
        }
    }

    fn wait_for_first<'a>(&'a self, mut inner: Guard<'a, E>, deadline: &Deadline) -> Guard<'a, E> {
        while !inner.closing && (inner.queue.is_empty() || inner.active.is_none()) {
            let in_time;
            (inner, in_time) = wait_until(&self.changed, inner, deadline);
            if !in_time {
                break;
            }
        }
        inner
    }

    fn deliver_batch<'a>(&'a self, mut inner: Guard<'a, E>, me: usize) -> (Guard<'a, E>, u32) {
        let mut delivered = 0;
        while !inner.closing && inner.active.is_some() && inner.busy.is_none() {
            let Some(event) = inner.batch.pop_front() else {
                break;
            };
            inner = self.deliver(inner, Some(event), me);
            delivered += 1;
            // Whoever ended the registration retires it, unless it no longer waits.
            while inner.enders == 0 && !inner.retired.is_empty() && inner.busy.is_none() {
                inner = self.retire_one(inner, me);
            }
        }
        (inner, delivered)
    }

    /// What an unregister in the middle of a batch left over stays first in line.
    fn put_back_batch<'a>(&'a self, mut inner: Guard<'a, E>) -> Guard<'a, E> {
        let was_empty = inner.queue.is_empty();
        while let Some(event) = inner.batch.pop_back() {
            inner.queue.push_front(event);
        }
        if was_empty && !inner.queue.is_empty() {
            return self.wake_program(inner);
        }
        inner
    }

    fn deliver<'a>(&'a self, mut inner: Guard<'a, E>, event: Option<E>, me: usize) -> Guard<'a, E> {
        let (Some(event), Some(active)) = (event, &inner.active) else {
            return inner;
        };
        let (id, receiver) = (active.id, active.receiver.clone());
        if sabotage(Sabotage::DeliverUnderLock) {
            receiver.receive(&event);
            return inner;
        }
        inner.busy = Some(Busy { thread: me, id });
        drop(inner);
        receiver.receive(&event);
        drop((event, receiver));
        self.idle()
    }

    fn retire_one<'a>(&'a self, mut inner: Guard<'a, E>, me: usize) -> Guard<'a, E> {
        let Some(registration) = inner.retired.pop_front() else {
            return inner;
        };
        inner.busy = Some(Busy {
            thread: me,
            id: registration.id,
        });
        drop(inner);
        registration.receiver.retire();
        drop(registration);
        self.idle()
    }

    fn idle(&self) -> Guard<'_, E> {
        let mut inner = lock(&self.inner);
        inner.busy = None;
        self.changed.notify_all();
        inner
    }

    /// Retires on the calling thread what may be, in poll delivery; the dispatcher does it otherwise.
    fn retire_in_poll<'a>(&'a self, mut inner: Guard<'a, E>, me: usize) -> Guard<'a, E> {
        while self.delivery == Delivery::Poll && inner.busy.is_none() && !inner.retired.is_empty() {
            inner = self.retire_one(inner, me);
        }
        inner
    }

    fn wake_program<'a>(&'a self, mut inner: Guard<'a, E>) -> Guard<'a, E> {
        let Some(wake) = inner.wake.clone() else {
            return inner;
        };
        // A wake-up that is running on another thread is still to be followed by a poll, which sees this event too.
        if inner.waking.is_some() {
            return inner;
        }
        inner.waking = Some(thread_mark());
        drop(inner);
        wake();
        drop(wake);
        let mut inner = lock(&self.inner);
        inner.waking = None;
        self.changed.notify_all();
        inner
    }
}
