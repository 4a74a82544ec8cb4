//! Work that may hang in the operating system for as long as it likes, and cannot be stopped: name look-ups, files on a
//! network drive that is gone.
//!
//! Each runs on a thread of its own that nobody waits for; the answer comes through a channel, and whoever has gone
//! meanwhile does not hear it. [`ThreadsAlive`] lets the owner see how many still run, since the module that holds their
//! code must stay in memory until they have ended. They are not std's threads, for the reasons that [`super::thread`] names.

use super::thread::{self, Thread};
use crate::sync::{Condvar, Deadline, Mutex, lock, wait_until};
use std::io;
use std::sync::Arc;
use tokio::sync::oneshot;

/// What may run at once: with more of it stuck, one more would only be stuck as well.
const MOST: usize = 16;

/// Why there is no answer.
#[derive(Debug)]
pub enum NoAnswer {
    TooMany,
    NoThread(io::Error),
    /// It panicked.
    BrokeOff,
}

/// Runs `work` on a thread of its own. Dropping the future leaves it behind.
pub async fn run<T: Send + 'static>(
    threads: &ThreadsAlive,
    name: &str,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, NoAnswer> {
    if threads.count() >= MOST {
        return Err(NoAnswer::TooMany);
    }
    let (sender, receiver) = oneshot::channel();
    let answer = move |made| {
        // Nobody listens any more where the caller has gone.
        let _ = sender.send(made);
    };
    let spawned = threads.spawn(name, work, answer);
    spawned.map_err(NoAnswer::NoThread)?;
    receiver.await.map_err(|_| NoAnswer::BrokeOff)
}

/// The threads started here that have not ended.
#[derive(Clone, Default)]
pub struct ThreadsAlive(Arc<Inner>);

#[derive(Default)]
struct Inner {
    started: Mutex<Vec<Started>>,
    /// One has ended.
    changed: Condvar,
}

struct Started {
    thread: Thread,
    stage: Arc<Mutex<Stage>>,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Stage {
    /// The system may hold it for as long as it likes.
    #[default]
    Working,
    /// What is left is to tell its answer.
    Done,
    Ended,
}

impl ThreadsAlive {
    /// How many have not ended.
    pub fn count(&self) -> usize {
        let started = lock(&self.0.started);
        let alive = started.iter().filter(|one| one.stage() != Stage::Ended);
        alive.count()
    }

    /// Every one has ended and been joined.
    pub fn is_empty(&self) -> bool {
        lock(&self.0.started).is_empty()
    }

    /// Joins those that have ended, so that not even their last instructions are left in the module. Does not wait for the
    /// others. True when none is left.
    pub fn join_ended(&self) -> bool {
        join_ended(&mut lock(&self.0.started))
    }

    /// The same, after a wait of at most `patience` for those that have done their work: whoever has heard an answer may be
    /// quicker than the thread that gave it. (Telling it may take a lock of the loader's, which whoever shuts down in a
    /// plug-in's destructor holds; hence the bound.)
    pub fn join_done(&self, patience: std::time::Duration) -> bool {
        let deadline = Deadline::after(patience);
        let mut started = lock(&self.0.started);
        let mut in_time = true;
        while in_time && started.iter().any(|one| one.stage() == Stage::Done) {
            (started, in_time) = wait_until(&self.0.changed, started, &deadline);
        }
        join_ended(&mut started)
    }

    /// For what the system may hold for long: nobody waits for the thread.
    fn spawn<T>(
        &self,
        name: &str,
        work: impl FnOnce() -> T + Send + 'static,
        answer: impl FnOnce(T) + Send + 'static,
    ) -> io::Result<()> {
        let ending = Ending {
            inner: self.0.clone(),
            stage: Arc::default(),
        };
        let stage = ending.stage.clone();
        let run = move || {
            let ending = ending;
            let made = work();
            *lock(&ending.stage) = Stage::Done;
            answer(made);
        };
        // Locked until the thread is in the list: it may end at once.
        let mut started = lock(&self.0.started);
        join_ended(&mut started);
        let thread = thread::spawn(name, run)?;
        started.push(Started { thread, stage });
        Ok(())
    }
}

impl Started {
    fn stage(&self) -> Stage {
        *lock(&self.stage)
    }
}

fn join_ended(started: &mut Vec<Started>) -> bool {
    for ended in started.extract_if(.., |one| one.stage() == Stage::Ended) {
        ended.thread.join();
    }
    started.is_empty()
}

/// Gives a thread's last signal, also after a panic.
struct Ending {
    inner: Arc<Inner>,
    stage: Arc<Mutex<Stage>>,
}

impl Drop for Ending {
    fn drop(&mut self) {
        // Under the lock by which it is waited for. Whoever joins under it waits for an instruction or two.
        let started = lock(&self.inner.started);
        *lock(&self.stage) = Stage::Ended;
        self.inner.changed.notify_all();
        drop(started);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;
    use std::time::Duration;

    const LONG: Duration = Duration::from_secs(20);

    fn wait_for_end(threads: &ThreadsAlive) {
        while !threads.join_ended() {
            std::thread::yield_now();
        }
    }

    #[tokio::test]
    async fn stuck_work_is_left_behind_seen_and_bounded() {
        let threads = ThreadsAlive::default();
        let (release, stuck) = mpsc::channel::<()>();
        let stuck = Arc::new(Mutex::new(stuck));
        for _ in 0..MOST {
            let stuck = stuck.clone();
            let waiting = run(&threads, "stuck", move || lock(&stuck).recv());
            // One poll starts the thread, then the caller goes away.
            let gone = tokio::time::timeout(Duration::ZERO, waiting).await;
            assert!(gone.is_err());
        }
        assert_eq!(threads.count(), MOST);
        assert!(!threads.join_ended());
        let more = run(&threads, "more", || ()).await;
        assert!(matches!(more, Err(NoAnswer::TooMany)));
        drop(release);
        wait_for_end(&threads);
        assert_eq!(threads.count(), 0);
    }
    #[tokio::test]
    async fn whoever_has_heard_an_answer_can_join_the_thread_that_gave_it() {
        let threads = ThreadsAlive::default();
        for _ in 0..200 {
            run(&threads, "quick", || ()).await.unwrap();
            assert!(threads.join_done(LONG));
        }
    }

    #[tokio::test]
    async fn what_is_stuck_is_not_waited_for() {
        let threads = ThreadsAlive::default();
        let (release, stuck) = mpsc::channel::<()>();
        let waiting = run(&threads, "stuck", move || stuck.recv());
        let gone = tokio::time::timeout(Duration::ZERO, waiting).await;
        assert!(gone.is_err());
        // An hour, if it were waited for.
        assert!(!threads.join_done(Duration::from_secs(3600)));
        drop(release);
        wait_for_end(&threads);
    }

    #[tokio::test]
    async fn what_panics_ends_as_well() {
        let threads = ThreadsAlive::default();
        let broken = run(&threads, "broken", || panic!("on purpose")).await;
        assert!(matches!(broken, Err(NoAnswer::BrokeOff)));
        wait_for_end(&threads);
    }
}
