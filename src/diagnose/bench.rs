//! Work that may hang, on threads of our own that nobody waits for longer than he likes.
//!
//! A network drive, a driver or the system's name look-up can hold a thread for as long as it wants. So each part of the
//! diagnosis runs on a thread of its own, gives its answer through a slot and signals its end as its last act. At the end
//! those that have ended are joined; if one has not, it is left alone, and the module it runs in stays in memory.

use super::report::{Fault, Found};
use crate::marketplace::ThreadsAlive;
use crate::platform::module::Pin;
use crate::platform::thread::{self, Thread};
use crate::sync::{Condvar, Deadline, Mutex, lock, wait_until};
use crate::{Cause, Error};
use std::sync::Arc;
use std::time::Duration;

/// How long a name look-up that has answered may take for its last instructions.
const SETTLE: Duration = Duration::from_millis(200);

pub struct Bench {
    pin: Option<Pin>,
    threads: Vec<(Arc<Signal>, Thread)>,
    /// Name look-ups that the work has started.
    pub lookups: ThreadsAlive,
}

/// An answer that is being worked out.
pub struct Pending<T> {
    signal: Arc<Signal>,
    answer: Arc<Mutex<Option<T>>>,
}

#[derive(Default)]
struct Signal {
    ended: Mutex<bool>,
    changed: Condvar,
}

/// Signals the end, also after a panic.
struct Ending(Arc<Signal>);

impl Drop for Ending {
    fn drop(&mut self) {
        self.0.end();
    }
}

impl Signal {
    fn end(&self) {
        *lock(&self.ended) = true;
        self.changed.notify_all();
    }

    fn is_ended(&self) -> bool {
        *lock(&self.ended)
    }

    fn wait(&self, deadline: &Deadline) -> bool {
        let mut ended = lock(&self.ended);
        let mut in_time = true;
        while !*ended && in_time {
            (ended, in_time) = wait_until(&self.changed, ended, deadline);
        }
        *ended
    }
}

impl Bench {
    pub fn new() -> Bench {
        Bench {
            pin: Some(Pin::take()),
            threads: Vec::new(),
            lookups: ThreadsAlive::default(),
        }
    }

    pub fn start<T: Send + 'static>(
        &mut self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Pending<T> {
        let signal = Arc::new(Signal::default());
        let slot = Arc::new(Mutex::new(None));
        let pending = Pending {
            signal: signal.clone(),
            answer: slot.clone(),
        };
        let ending = signal.clone();
        let body = move || {
            // Dropped last of all that this thread holds.
            let _ending = Ending(ending);
            let (work, slot) = (work, slot);
            let answer = work();
            *lock(&slot) = Some(answer);
        };
        match thread::spawn("iscdesk-doctor", body) {
            Ok(thread) => self.threads.push((signal, thread)),
            Err(_) => signal.end(),
        }
        pending
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        let mut all_ended = true;
        for (signal, thread) in self.threads.drain(..) {
            match signal.is_ended() {
                true => thread.join(),
                // It is on its own now; what it writes into its slot nobody reads.
                false => all_ended = false,
            }
        }
        if !all_ended || !self.lookups.join_done(SETTLE) {
            std::mem::forget(self.pin.take());
        }
    }
}

impl<T> Pending<T> {
    /// Takes the answer, or says that it did not come in time.
    pub fn wait(self, deadline: &Deadline) -> Found<T> {
        let ended = self.signal.wait(deadline);
        let error = match (lock(&self.answer).take(), ended) {
            (Some(answer), _) => return Found::Known(answer),
            (None, true) => Fault::from(Error::internal("the look at it broke off")),
            (None, false) => Fault::new(Cause::Timeout, "the system has not answered in time"),
        };
        Found::Unknown { error }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    fn soon() -> Deadline {
        Deadline::after(Duration::from_secs(20))
    }

    fn cause<T>(found: &Found<T>) -> &'static str {
        found.error().unwrap().cause
    }

    #[test]
    fn answers_are_taken_and_panics_are_told() {
        let mut bench = Bench::new();
        let good = bench.start(|| 7);
        let bad = bench.start(|| -> u8 { std::panic::resume_unwind(Box::new(())) });
        assert_eq!(good.wait(&soon()).known(), Some(&7));
        assert_eq!(cause(&bad.wait(&soon())), "internal");
    }

    #[test]
    fn what_hangs_is_left_behind() {
        let (release, stuck) = mpsc::channel::<()>();
        let (gone, ended) = mpsc::channel::<()>();
        let mut bench = Bench::new();
        let pending = bench.start(move || {
            let _gone = gone;
            let _ = stuck.recv();
        });
        let good = bench.start(|| 7);
        assert_eq!(good.wait(&soon()).known(), Some(&7));
        let now = Deadline::after(Duration::ZERO);
        assert_eq!(cause(&pending.wait(&now)), "timeout");
        drop(bench);
        assert_eq!(ended.try_recv(), Err(mpsc::TryRecvError::Empty));
        drop(release);
        assert!(ended.recv().is_err(), "it ends by itself");
    }
}
