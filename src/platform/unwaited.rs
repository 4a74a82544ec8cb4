//! Work that may hang in the operating system for as long as it likes, and cannot be stopped: name look-ups, files on a
//! network drive that is gone.
//!
//! Each runs on a thread of its own that nobody waits for; the answer comes through a channel, and whoever has gone
//! meanwhile does not hear it. [`ThreadsAlive`] lets the owner see how many still run, since the module that holds their
//! code must stay in memory until they have ended. They are not std's threads, for the reasons that [`super::thread`] names.

use super::thread::{self, Thread};
use std::io;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
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
    let work = move || {
        // Nobody listens any more where the caller has gone.
        let _ = sender.send(work());
    };
    threads.spawn(name, work).map_err(NoAnswer::NoThread)?;
    receiver.await.map_err(|_| NoAnswer::BrokeOff)
}

/// The threads started here that have not ended.
#[derive(Clone, Default)]
pub struct ThreadsAlive(Arc<Inner>);

#[derive(Default)]
struct Inner {
    count: AtomicUsize,
    started: Mutex<Vec<Started>>,
}

struct Started {
    thread: Thread,
    ended: Arc<AtomicBool>,
}

impl ThreadsAlive {
    /// How many still run our code.
    pub fn count(&self) -> usize {
        self.0.count.load(Ordering::Acquire)
    }

    /// Joins those whose work is done, so that not even their last instructions are left in the module. Does not wait
    /// for the others. True when none is left.
    pub fn join_ended(&self) -> bool {
        let mut started = self.started();
        for started in started.extract_if(.., |one| one.ended.load(Ordering::Acquire)) {
            started.thread.join();
        }
        started.is_empty()
    }

    /// For what the system may hold for long: nobody waits for the thread.
    pub fn spawn(&self, name: &str, work: impl FnOnce() + Send + 'static) -> io::Result<()> {
        self.join_ended();
        let guard = Guard::new(&self.0);
        let ended = guard.ended.clone();
        let run = move || {
            let _guard = guard;
            work();
        };
        let thread = thread::spawn(name, run)?;
        self.started().push(Started { thread, ended });
        Ok(())
    }

    fn started(&self) -> std::sync::MutexGuard<'_, Vec<Started>> {
        // The list is whole at every moment, so a panic elsewhere does not spoil it.
        self.0
            .started
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// Gives a thread's last signal, also after a panic.
struct Guard {
    inner: Arc<Inner>,
    ended: Arc<AtomicBool>,
}

impl Guard {
    fn new(inner: &Arc<Inner>) -> Guard {
        inner.count.fetch_add(1, Ordering::AcqRel);
        Guard {
            inner: inner.clone(),
            ended: Arc::default(),
        }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.inner.count.fetch_sub(1, Ordering::AcqRel);
        self.ended.store(true, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

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
            let waiting = run(&threads, "stuck", move || stuck.lock().unwrap().recv());
            // One poll starts the thread, then the caller goes away.
            let gone = tokio::time::timeout(std::time::Duration::ZERO, waiting).await;
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
}
