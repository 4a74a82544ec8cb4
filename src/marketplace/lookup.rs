//! Name look-ups that never hold anybody.
//!
//! The operating system's resolver (getaddrinfo) honours the customer's settings, but it blocks for as long as it likes
//! and cannot be stopped. So each look-up runs on a thread of its own that nobody waits for; the answer comes through a
//! channel, and whoever has gone meanwhile does not hear it. [`ThreadsAlive`] lets the owner see how many still run,
//! since the module that holds their code must stay in memory until they have ended. They are not std's threads, for the
//! reasons that [`crate::platform::thread`] names.

use crate::platform::thread::{self, Thread};
use std::fmt;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::oneshot;

/// Look-ups that may run at once: with more of them stuck, one more would only be stuck as well.
const LOOKUPS_MAX: usize = 16;

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

/// A name that could not be resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LookupError(String);

impl fmt::Display for LookupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for LookupError {}

/// The addresses of a name, with port 0. Dropping the future leaves the look-up behind.
pub async fn look_up(threads: &ThreadsAlive, name: String) -> Result<Vec<SocketAddr>, LookupError> {
    look_up_with(threads, move || {
        (name.as_str(), 0).to_socket_addrs().map(Iterator::collect)
    })
    .await
}

async fn look_up_with(
    threads: &ThreadsAlive,
    resolve: impl FnOnce() -> io::Result<Vec<SocketAddr>> + Send + 'static,
) -> Result<Vec<SocketAddr>, LookupError> {
    if threads.count() >= LOOKUPS_MAX {
        return Err(LookupError("too many name look-ups have not ended".into()));
    }
    let (sender, receiver) = oneshot::channel();
    let work = move || {
        // Nobody listens any more where the caller has gone.
        let _ = sender.send(resolve());
    };
    threads
        .spawn("iscdesk-dns", work)
        .map_err(|error| LookupError(format!("no thread for a name look-up: {error}")))?;
    match receiver.await {
        Ok(Ok(found)) if !found.is_empty() => Ok(found),
        Ok(Ok(_)) => Err(LookupError("the name has no address".into())),
        Ok(Err(error)) => Err(LookupError(error.to_string())),
        Err(_) => Err(LookupError("the name look-up broke off".into())),
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
    async fn a_name_is_resolved_and_the_thread_ends() {
        let threads = ThreadsAlive::default();
        let found = look_up(&threads, "localhost".into()).await.unwrap();
        assert!(found.iter().all(|address| address.ip().is_loopback()));
        wait_for_end(&threads);
        assert_eq!(threads.count(), 0);
    }

    #[tokio::test]
    async fn failures_are_told() {
        let threads = ThreadsAlive::default();
        let none = look_up_with(&threads, || Ok(Vec::new())).await;
        assert_eq!(none, Err(LookupError("the name has no address".into())));
        let refused = look_up_with(&threads, || Err(io::Error::other("no such name"))).await;
        assert_eq!(refused, Err(LookupError("no such name".into())));
        let broken = look_up_with(&threads, || panic!("on purpose")).await;
        assert_eq!(
            broken,
            Err(LookupError("the name look-up broke off".into()))
        );
        wait_for_end(&threads);
        assert_eq!(threads.count(), 0);
    }

    #[tokio::test]
    async fn stuck_look_ups_are_left_behind_seen_and_bounded() {
        let threads = ThreadsAlive::default();
        let (release, stuck) = mpsc::channel::<()>();
        let stuck = Arc::new(Mutex::new(stuck));
        for _ in 0..LOOKUPS_MAX {
            let stuck = stuck.clone();
            let waiting = look_up_with(&threads, move || {
                let _ = stuck.lock().unwrap().recv();
                Ok(Vec::new())
            });
            // One poll starts the thread, then the caller goes away.
            let gone = tokio::time::timeout(std::time::Duration::ZERO, waiting).await;
            assert!(gone.is_err());
        }
        assert_eq!(threads.count(), LOOKUPS_MAX);
        assert!(!threads.join_ended());
        let more = look_up(&threads, "localhost".into()).await;
        assert!(more.unwrap_err().to_string().contains("too many"));
        drop(release);
        wait_for_end(&threads);
        assert_eq!(threads.count(), 0);
    }
}
