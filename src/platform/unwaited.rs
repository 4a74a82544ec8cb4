//! Work that may hang in the operating system for as long as it likes, and cannot be stopped: name look-ups, files on a
//! network drive that is gone, a system's judgement of a certificate.
//!
//! Each runs on a thread of its own that nobody waits for; the answer comes through a channel, and whoever has gone
//! meanwhile does not hear it. [`ThreadsAlive`] lets the owner see how many still run, since the module that holds their
//! code must stay in memory until they have ended. They are not std's threads, for the reasons that [`super::thread`] names.

use super::thread::{self, Thread};
use crate::sync::{Condvar, Deadline, Mutex, lock, wait_until};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
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

/// Why a caller that was held went on without an answer.
#[derive(Debug)]
pub enum LetGo {
    /// By [`ThreadsAlive::give_up`].
    GivenUp,
    Late,
    NoAnswer(NoAnswer),
}

/// Runs `work` on a thread of its own. Dropping the future leaves it behind.
pub async fn run<T: Send + 'static>(
    threads: &ThreadsAlive,
    name: &str,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, NoAnswer> {
    let (sender, receiver) = oneshot::channel();
    let answer = move |made| {
        // Nobody listens any more where the caller has gone.
        let _ = sender.send(made);
    };
    threads.spawn(name, work, answer)?;
    receiver.await.map_err(|_| NoAnswer::BrokeOff)
}

/// The same for a caller that cannot await: holds the calling thread until the answer is there, the owner of `threads` has
/// given up, or `patience` is over.
pub fn run_held<T: Send + 'static>(
    threads: &ThreadsAlive,
    name: &str,
    patience: Duration,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, LetGo> {
    let slot = Arc::new(Mutex::new(None));
    let answer = {
        let slot = slot.clone();
        move |made| *lock(&slot) = Some(made)
    };
    let stage = threads.spawn(name, work, answer);
    let stage = stage.map_err(LetGo::NoAnswer)?;
    let ended = threads.wait_for_end(&stage, &Deadline::after(patience));
    let made = lock(&slot).take();
    match made {
        Some(made) => Ok(made),
        None if ended => Err(LetGo::NoAnswer(NoAnswer::BrokeOff)),
        None if threads.has_given_up() => Err(LetGo::GivenUp),
        None => Err(LetGo::Late),
    }
}

/// The threads started here that have not ended.
#[derive(Clone, Default)]
pub struct ThreadsAlive(Arc<Inner>);

#[derive(Default)]
struct Inner {
    started: Mutex<Vec<Started>>,
    /// One has ended, or the owner has given up.
    changed: Condvar,
    given_up: AtomicBool,
}

struct Started {
    thread: Thread,
    stage: SharedStage,
}

type SharedStage = Arc<Mutex<Stage>>;

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
    pub fn join_done(&self, patience: Duration) -> bool {
        let deadline = Deadline::after(patience);
        let mut started = lock(&self.0.started);
        let mut in_time = true;
        while in_time && started.iter().any(|one| one.stage() == Stage::Done) {
            (started, in_time) = wait_until(&self.0.changed, started, &deadline);
        }
        join_ended(&mut started)
    }

    /// Lets go whoever is held by [`run_held`], now and later: a shutdown has begun.
    pub fn give_up(&self) {
        // Under the lock, so that nobody is between his look and his wait.
        let _started = lock(&self.0.started);
        self.0.given_up.store(true, Ordering::SeqCst);
        self.0.changed.notify_all();
    }

    fn has_given_up(&self) -> bool {
        self.0.given_up.load(Ordering::SeqCst)
    }

    /// True where it has ended; false: given up, or late.
    fn wait_for_end(&self, stage: &SharedStage, deadline: &Deadline) -> bool {
        let mut started = lock(&self.0.started);
        let mut in_time = true;
        while *lock(stage) != Stage::Ended && !self.has_given_up() && in_time {
            (started, in_time) = wait_until(&self.0.changed, started, deadline);
        }
        *lock(stage) == Stage::Ended
    }

    /// For what the system may hold for long: nobody waits for the thread.
    fn spawn<T>(
        &self,
        name: &str,
        work: impl FnOnce() -> T + Send + 'static,
        answer: impl FnOnce(T) + Send + 'static,
    ) -> Result<SharedStage, NoAnswer> {
        if self.count() >= MOST {
            return Err(NoAnswer::TooMany);
        }
        let stage = SharedStage::default();
        let (inner, own) = (self.0.clone(), stage.clone());
        let run = move || {
            // Made here: of a thread that cannot be started nobody waits for a signal.
            let ending = Ending { inner, stage: own };
            let made = work();
            *lock(&ending.stage) = Stage::Done;
            answer(made);
        };
        // The loader is asked before our lock is taken: whoever shuts down in `DllMain` takes them the other way round.
        let prepared = thread::prepare(name, || (), run).map_err(NoAnswer::NoThread)?;
        // Locked until the thread is in the list: it may end at once.
        let mut started = lock(&self.0.started);
        join_ended(&mut started);
        let thread = prepared.start().map_err(NoAnswer::NoThread)?;
        started.push(Started {
            thread,
            stage: stage.clone(),
        });
        Ok(stage)
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
    stage: SharedStage,
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

    /// Its name cannot be given to a thread.
    #[cfg(unix)]
    #[tokio::test]
    async fn a_thread_that_cannot_be_started_is_told() {
        let threads = ThreadsAlive::default();
        let none = run(&threads, "\0", || ()).await;
        assert!(matches!(none, Err(NoAnswer::NoThread(_))), "{none:?}");
        assert!(threads.is_empty());
    }

    #[test]
    fn who_is_held_gets_the_answer_or_hears_that_there_is_none() {
        let threads = ThreadsAlive::default();
        assert!(matches!(run_held(&threads, "seven", LONG, || 7), Ok(7)));
        let broken = run_held(&threads, "broken", LONG, || panic!("on purpose"));
        let broken: Result<(), LetGo> = broken;
        assert!(matches!(broken, Err(LetGo::NoAnswer(NoAnswer::BrokeOff))));
        let (release, stuck) = mpsc::channel::<()>();
        let late = run_held(&threads, "late", Duration::ZERO, move || stuck.recv());
        assert!(matches!(late, Err(LetGo::Late)), "{late:?}");
        drop(release);
        wait_for_end(&threads);
    }

    #[test]
    fn who_is_held_is_let_go_when_the_owner_gives_up() {
        // An hour, if it were waited for.
        const HOUR: Duration = Duration::from_secs(3600);
        let threads = ThreadsAlive::default();
        let (release, stuck) = mpsc::channel::<()>();
        let (begun, begins) = mpsc::channel();
        let held = {
            let threads = threads.clone();
            std::thread::spawn(move || {
                run_held(&threads, "stuck", HOUR, move || {
                    begun.send(()).unwrap();
                    stuck.recv()
                })
            })
        };
        begins.recv().unwrap();
        threads.give_up();
        let held = held.join().unwrap();
        assert!(matches!(held, Err(LetGo::GivenUp)), "{held:?}");
        assert_eq!(threads.count(), 1, "it goes on by itself");
        // Whoever comes later is not held at all.
        let (later, never) = mpsc::channel::<()>();
        let held = run_held(&threads, "later", HOUR, move || never.recv());
        assert!(matches!(held, Err(LetGo::GivenUp)), "{held:?}");
        drop((release, later));
        wait_for_end(&threads);
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
