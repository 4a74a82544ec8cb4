//! What other threads ask of the worker.
//!
//! A program's thread must not touch the worker's runtime; it puts a job here and rings the worker's bell
//! ([`crate::platform::bell`]).

use crate::platform::bell::{Bell, Ear};
use crate::sync::{Mutex, lock};
use once_cell::sync::OnceCell;
use std::collections::VecDeque;
use std::future::Future;
use std::io;
use std::pin::Pin;

pub type Job = Pin<Box<dyn Future<Output = ()> + Send>>;

#[derive(Default)]
pub struct Inbox {
    jobs: Mutex<VecDeque<Job>>,
    bell: OnceCell<Bell>,
}

impl Inbox {
    /// Before there is a worker.
    pub fn prepare(&self) -> io::Result<()> {
        self.bell.get_or_try_init(Bell::new).map(drop)
    }

    pub fn put(&self, job: Job) {
        lock(&self.jobs).push_back(job);
        self.ring();
    }

    /// Lets the worker look, also without a job: whether to end.
    pub fn ring(&self) {
        if let Some(bell) = self.bell.get() {
            bell.ring();
        }
    }

    /// On the worker.
    pub fn listen(&self) -> io::Result<Ear> {
        self.bell.get_or_try_init(Bell::new)?.listen()
    }

    pub fn take(&self) -> VecDeque<Job> {
        std::mem::take(&mut lock(&self.jobs))
    }
}
