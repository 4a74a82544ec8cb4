//! What other threads ask of the worker.
//!
//! A program's thread must not enter the worker's runtime: that leaves a destructor on it, which would keep the library
//! mapped after `dlclose`. It only puts a job here and wakes the worker's outermost future, whose waker touches nothing
//! of the calling thread.

use crate::sync::{Mutex, lock};
use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Waker};

pub type Job = Pin<Box<dyn Future<Output = ()> + Send>>;

#[derive(Default)]
struct Inner {
    jobs: VecDeque<Job>,
    worker: Option<Waker>,
}

#[derive(Default)]
pub struct Inbox(Mutex<Inner>);

impl Inbox {
    pub fn put(&self, job: Job) {
        let mut inner = lock(&self.0);
        inner.jobs.push_back(job);
        let worker = inner.worker.take();
        drop(inner);
        if let Some(worker) = worker {
            worker.wake();
        }
    }

    /// Wakes the worker without a job, so that it looks whether to end.
    pub fn wake(&self) {
        let worker = lock(&self.0).worker.take();
        if let Some(worker) = worker {
            worker.wake();
        }
    }

    /// Takes what there is and leaves the worker's waker.
    pub fn take(&self, context: &Context<'_>) -> VecDeque<Job> {
        let mut inner = lock(&self.0);
        inner.worker = Some(context.waker().clone());
        std::mem::take(&mut inner.jobs)
    }

    /// Drops what nobody will run any more.
    pub fn close(&self) {
        let mut inner = lock(&self.0);
        inner.worker = None;
        let jobs = std::mem::take(&mut inner.jobs);
        drop(inner);
        drop(jobs);
    }
}
