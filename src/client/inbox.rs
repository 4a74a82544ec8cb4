//! What other threads ask of the worker.
//!
//! A program's thread must not touch the worker's runtime, not even wake it: tokio's waker looks up a thread-local with a
//! destructor, and one of those on a host's thread keeps the library mapped after `dlclose`. So it puts a job here and
//! rings a bell that is a plain condition variable; a small thread of ours, [`Inbox::serve_bell`], hears it and wakes
//! the worker.

use crate::sync::{Condvar, Mutex, lock, wait};
use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Waker};

pub type Job = Pin<Box<dyn Future<Output = ()> + Send>>;

#[derive(Default)]
struct Inner {
    jobs: VecDeque<Job>,
    worker: Option<Waker>,
    rung: bool,
    ended: bool,
}

#[derive(Default)]
pub struct Inbox {
    inner: Mutex<Inner>,
    bell: Condvar,
}

impl Inbox {
    pub fn put(&self, job: Job) {
        lock(&self.inner).jobs.push_back(job);
        self.wake();
    }

    /// Wakes the worker, also without a job, so that it looks whether to end.
    pub fn wake(&self) {
        lock(&self.inner).rung = true;
        self.bell.notify_one();
    }

    /// Takes what there is and leaves the worker's waker.
    pub fn take(&self, context: &Context<'_>) -> VecDeque<Job> {
        let mut inner = lock(&self.inner);
        inner.worker = Some(context.waker().clone());
        std::mem::take(&mut inner.jobs)
    }

    /// Drops what nobody will run any more.
    pub fn drop_jobs(&self) {
        let jobs = std::mem::take(&mut lock(&self.inner).jobs);
        drop(jobs);
    }

    /// There will be a worker, and a bell thread.
    pub fn begin(&self) {
        lock(&self.inner).ended = false;
    }

    /// There is no worker any more.
    pub fn end(&self) {
        let mut inner = lock(&self.inner);
        inner.worker = None;
        inner.ended = true;
        drop(inner);
        self.bell.notify_one();
        self.drop_jobs();
    }

    /// The bell thread's whole life, which the worker's end ends.
    pub fn serve_bell(&self) {
        let mut inner = lock(&self.inner);
        while !inner.ended {
            if !std::mem::take(&mut inner.rung) {
                inner = wait(&self.bell, inner);
                continue;
            }
            // None while the worker is looking into the box anyway.
            let worker = inner.worker.take();
            drop(inner);
            if let Some(worker) = worker {
                worker.wake();
            }
            inner = lock(&self.inner);
        }
    }
}
