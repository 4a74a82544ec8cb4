//! Name look-ups that never hold anybody.
//!
//! The operating system's resolver (getaddrinfo) honours the customer's settings, but it blocks for as long as it likes
//! and cannot be stopped. So each look-up runs on a thread of its own that nobody waits for, see [`unwaited`].

use crate::platform::unwaited::{self, NoAnswer};
use std::fmt;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs};

pub use crate::platform::unwaited::ThreadsAlive;

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
    match unwaited::run(threads, "iscdesk-dns", resolve).await {
        Ok(Ok(found)) if !found.is_empty() => Ok(found),
        Ok(Ok(_)) => Err(LookupError("the name has no address".into())),
        Ok(Err(error)) => Err(LookupError(error.to_string())),
        Err(NoAnswer::TooMany) => Err(LookupError("too many name look-ups have not ended".into())),
        Err(NoAnswer::BrokeOff) => Err(LookupError("the name look-up broke off".into())),
        Err(NoAnswer::NoThread(error)) => {
            let text = format!("no thread for a name look-up: {error}");
            Err(LookupError(text))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
