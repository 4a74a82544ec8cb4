//! Who is told of events: the program's one callback, polling, and the wake-up of its loop.

use super::Client;
use super::notices::Noting;
use crate::error::{Cause, Error, Status};
use crate::events::{Delivery, Ended, Event, Receiver, Refused, Wake};
use crate::sync::Deadline;
use std::sync::Arc;
use std::time::Duration;

/// How long the end of a registration waits for a running callback.
const CALLBACK_PATIENCE: Duration = Duration::from_secs(5);

impl Client {
    /// Makes `receiver` the one that events go to. It is retired exactly once if this succeeds, and not if it fails.
    pub fn register(&self, receiver: Arc<dyn Receiver<Event>>) -> Result<Status, Error> {
        self.check_open()?;
        if self.core.config.delivery == Delivery::Thread {
            self.core.start_dispatcher()?;
        }
        // What time alone changes is told as well. Before the registration, which may not be half a failure.
        self.start_background()?;
        let noting = Arc::new(Noting::new(receiver, &self.core));
        let ended = self.core.life.hub.register(noting, &callback_patience());
        ended_status(ended)
    }

    pub fn unregister(&self) -> Result<Status, Error> {
        self.check_open()?;
        ended_status(self.core.life.hub.unregister(&callback_patience()))
    }

    /// Delivers queued events on this thread. Returns how many.
    pub fn poll(&self, timeout: Duration) -> Result<u32, Error> {
        self.check_open()?;
        if self.core.config.delivery == Delivery::Thread {
            return Err(Error::unsupported(
                "events are delivered by a thread; set delivery to poll",
            ));
        }
        self.core.refresh();
        let polled = self.core.life.hub.poll(&Deadline::after(timeout));
        polled.map_err(refused)
    }

    /// Sets who is told that the queue of events became non-empty.
    pub fn set_wake(&self, wake: Option<Wake>) -> Result<Status, Error> {
        self.check_open()?;
        if self.core.config.delivery == Delivery::Thread {
            return Err(Error::unsupported(
                "events are delivered by a thread; set delivery to poll",
            ));
        }
        ended_status(self.core.life.hub.set_wake(wake, &callback_patience()))
    }
}

fn callback_patience() -> Deadline {
    Deadline::after(CALLBACK_PATIENCE)
}

fn ended_status(ended: Result<Ended, Refused>) -> Result<Status, Error> {
    match ended.map_err(refused)? {
        Ended::Now => Ok(Status::Ok),
        Ended::Deferred => Ok(Status::Deferred),
        Ended::TimedOut => Err(Error::timeout(
            "a callback is still running; the change takes effect when it returns",
        )),
    }
}

fn refused(why: Refused) -> Error {
    match why {
        Refused::Closed => Error::closed(),
        Refused::Reentrant => Error::new(
            Status::Reentrant,
            Cause::State,
            "events are being polled already",
        ),
    }
}
