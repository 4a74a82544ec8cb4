//! How a program's thread wakes the worker's runtime.
//!
//! On Unix it writes a byte to a socket that the runtime watches. It must not use the runtime's own wakers: tokio's look up
//! a thread-local with a destructor, and one of those on a host's thread keeps the library mapped after `dlclose`. On
//! Windows such a destructor is forgotten when the library goes, so tokio's own means serve.

pub use system::{Bell, Ear};

#[cfg(unix)]
mod system {
    use std::io::{self, Write};
    use std::os::unix::net::UnixStream;

    pub struct Bell {
        ringing: UnixStream,
        /// Kept open, so that ringing never meets a closed socket, which would raise SIGPIPE.
        hearing: UnixStream,
    }

    impl Bell {
        pub fn new() -> io::Result<Bell> {
            let (ringing, hearing) = UnixStream::pair()?;
            ringing.set_nonblocking(true)?;
            hearing.set_nonblocking(true)?;
            Ok(Bell { ringing, hearing })
        }

        /// Any thread. Never waits: a socket that is full has been rung.
        pub fn ring(&self) {
            let _ = (&self.ringing).write(&[1]);
        }

        /// Within the runtime that is to be woken.
        pub fn listen(&self) -> io::Result<Ear> {
            let hearing = self.hearing.try_clone()?;
            Ok(Ear(tokio::net::UnixStream::from_std(hearing)?))
        }
    }

    pub struct Ear(tokio::net::UnixStream);

    impl Ear {
        /// Returns once the bell has been rung since the last time.
        pub async fn heard(&mut self) {
            let mut bytes = [0; 64];
            // Our own sockets do not fail; should they, the worker looks at its box all the same.
            if self.0.readable().await.is_ok() {
                while self
                    .0
                    .try_read(&mut bytes)
                    .is_ok_and(|read| read == bytes.len())
                {}
            }
        }
    }
}

#[cfg(not(unix))]
mod system {
    use std::io;
    use std::sync::Arc;
    use tokio::sync::Notify;

    pub struct Bell(Arc<Notify>);

    impl Bell {
        pub fn new() -> io::Result<Bell> {
            Ok(Bell(Arc::new(Notify::new())))
        }

        /// Any thread. Never waits.
        pub fn ring(&self) {
            self.0.notify_one();
        }

        /// Within the runtime that is to be woken.
        pub fn listen(&self) -> io::Result<Ear> {
            Ok(Ear(self.0.clone()))
        }
    }

    pub struct Ear(Arc<Notify>);

    impl Ear {
        /// Returns once the bell has been rung since the last time.
        pub async fn heard(&mut self) {
            self.0.notified().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn it_is_heard_once_however_often_it_was_rung() {
        let bell = Bell::new().unwrap();
        let mut ear = bell.listen().unwrap();
        for _ in 0..100_000 {
            bell.ring();
        }
        ear.heard().await;
        bell.ring();
        ear.heard().await;
    }
}
