//! How a program's call reaches the worker and its answer comes back.

use super::core::Core;
use super::lifecycle::{NoAnswer, Slot};
use crate::error::{Cause, Error, Status};
use crate::sync::Deadline;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

pub type Answer = Result<Status, Error>;

/// What a call keeps of its time for taking the answer back.
const MARGIN: Duration = Duration::from_millis(50);

impl Core {
    /// Runs an operation on the worker and waits for it, no longer than a call may take.
    pub fn call<F, Fut>(self: &Arc<Core>, operation: F) -> Answer
    where
        F: FnOnce(Arc<Core>, Instant) -> Fut + Send + 'static,
        Fut: Future<Output = Answer> + Send + 'static,
    {
        if self.life.is_closing() {
            return Err(Error::closed());
        }
        let limit = self.config.timeouts.call;
        let patience = Deadline::after(limit);
        let due = std::time::Instant::now() + limit.saturating_sub(MARGIN.min(limit / 4));
        let slot = Slot::new();
        let promise = Promise {
            core: self.clone(),
            slot: slot.clone(),
            kept: false,
        };
        self.put(Box::pin(async move {
            let answer = operation(promise.core.clone(), Instant::from_std(due)).await;
            promise.keep(answer);
        }))?;
        match self.life.wait_answer(&slot, &patience) {
            // Cut short by the shutdown, whatever it failed with.
            Ok(Err(_)) if self.life.is_closing() => Err(Error::closed()),
            Ok(answer) => answer,
            Err(NoAnswer::Closed) => Err(Error::closed()),
            Err(NoAnswer::TimedOut) => Err(Error::timeout("the call has taken its full time")),
        }
    }
}

/// An answer is always given: where the job ends without one, dropping the promise says so.
struct Promise {
    core: Arc<Core>,
    slot: Slot<Answer>,
    kept: bool,
}

impl Promise {
    fn keep(mut self, answer: Answer) {
        self.kept = true;
        self.core.life.answer(&self.slot, answer);
    }
}

impl Drop for Promise {
    fn drop(&mut self) {
        if self.kept {
            return;
        }
        let error = match self.core.life.is_closing() {
            true => Error::closed(),
            false => Error::new(
                Status::Internal,
                Cause::Internal,
                "the worker could not finish this call",
            ),
        };
        self.core.life.answer(&self.slot, Err(error));
    }
}
