//! The two threads of a client, started when they are first needed.
//!
//! The worker runs all I/O on a private single-threaded runtime: the program's calls, licence requests and the background
//! are tasks of it, so a call never queues behind a request that hangs. Ending means to drop the runtime, which cuts every
//! connection at once. The dispatcher calls the program's callback and nothing else.

use super::background;
use super::core::Core;
use super::inbox::Job;
use crate::error::Error;
use crate::platform::module::Pin;
use crate::platform::thread::{self, HOLDS_ITS_MODULE, Thread};
use crate::platform::unwaited::ThreadsAlive;
use crate::sync::{Mutex, lock};
use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};

/// For a thread that has told its answer.
const LAST_INSTRUCTIONS: Duration = Duration::from_millis(100);

/// The threads that were started, and what keeps their code in memory.
#[derive(Default)]
pub struct Threads {
    started: Vec<(Role, Thread)>,
    /// Those that had not begun when the client was shut down.
    recalled: Vec<(Role, Thread)>,
    /// Those that the system may hold for as long as it likes.
    unwaited: ThreadsAlive,
    pin: Option<Pin>,
}

#[derive(Clone, Copy)]
enum Role {
    Worker,
    Dispatcher,
}

impl Role {
    fn name(self) -> &'static str {
        match self {
            Role::Worker => "iscdesk-worker",
            Role::Dispatcher => "iscdesk-events",
        }
    }

    /// The dispatcher uses nothing of the kind.
    fn settle(self) -> fn() {
        match self {
            Role::Worker => settle,
            Role::Dispatcher => || (),
        }
    }
}

impl Core {
    /// Hands a job to the worker.
    pub fn put(self: &Arc<Core>, job: Job) -> Result<(), Error> {
        self.start_worker()?;
        self.inbox.put(job);
        if self.life.is_closing() {
            drop(self.inbox.take());
        }
        Ok(())
    }

    pub fn start_worker(self: &Arc<Core>) -> Result<(), Error> {
        if !self.life.claim_worker() {
            return Ok(());
        }
        let core = self.clone();
        let body = move || {
            let ended = WorkerEnded(core);
            run(&ended.0);
        };
        let prepared = self.inbox.prepare().map_err(not_started);
        prepared
            .and_then(|()| self.start(Role::Worker, body))
            .inspect_err(|_| self.life.worker_ended())
    }

    /// Once closing: the worker looks up from wherever it waits.
    pub fn stop_worker(&self) {
        self.lookups.give_up();
        self.inbox.ring();
    }

    pub fn start_dispatcher(self: &Arc<Core>) -> Result<(), Error> {
        if !self.life.hub.claim_dispatcher() {
            return Ok(());
        }
        let core = self.clone();
        self.start(Role::Dispatcher, move || core.life.hub.dispatch())
            .inspect_err(|_| self.life.hub.not_dispatching())
    }

    fn start(&self, role: Role, body: impl FnOnce() + Send + 'static) -> Result<(), Error> {
        // The loader is asked before our lock is taken: whoever shuts down in `DllMain` takes them the other way round.
        let prepared = thread::prepare(role.name(), role.settle(), body).map_err(not_started)?;
        let mut pin = Some(Pin::take());
        let mut threads = lock(&self.threads);
        let thread = prepared.start().map_err(not_started)?;
        threads.started.push((role, thread));
        threads.unwaited = self.lookups.clone();
        if threads.pin.is_none() {
            threads.pin = pin.take();
        }
        drop(threads);
        drop(pin);
        Ok(())
    }

    /// Once closing: does what is left to do of threads that have not begun, in their place. Under the loader's lock they
    /// would not begin before the shutdown answers.
    pub fn recall_threads(&self) {
        let mut threads = lock(&self.threads);
        let recalled: Vec<_> = threads
            .started
            .extract_if(.., |(_, thread)| thread.recall())
            .collect();
        let roles: Vec<Role> = recalled.iter().map(|(role, _)| *role).collect();
        threads.recalled.extend(recalled);
        drop(threads);
        for role in roles {
            match role {
                Role::Worker => {
                    drop(self.inbox.take());
                    self.life.worker_ended();
                }
                // Only retires, since nothing is delivered any more.
                Role::Dispatcher => self.life.hub.dispatch(),
            }
        }
    }

    /// After a complete shutdown: waits for the threads' last instructions and gives the module back. On Unix they have
    /// signalled their end, so this takes microseconds; on Windows nothing is waited for.
    pub fn join_threads(&self) {
        // Held while joining: a second shutdown must not answer before.
        let mut threads = lock(&self.threads);
        threads.join();
        // What the system still holds is left over, and with it the module stays.
        threads.unwaited.join_done(LAST_INSTRUCTIONS);
        let done = std::mem::take(&mut *threads);
        drop(threads);
        drop(done);
        join_leftovers();
    }
}

/// Threads whose client went away inside its own callback, where nobody of the program was there to join them, or before
/// they had begun, or while the system held them.
static LEFTOVERS: Mutex<Vec<Threads>> = Mutex::new(Vec::new());

/// Joins what is left over. Called on the program's threads only; those threads are in their last instructions.
pub fn join_leftovers() {
    let leftovers: Vec<Threads> = lock(&LEFTOVERS)
        .extract_if(.., |threads| threads.may_be_joined())
        .collect();
    for mut threads in leftovers {
        threads.join();
    }
}

impl Threads {
    pub fn is_empty(&self) -> bool {
        self.started.is_empty() && self.recalled.is_empty() && self.unwaited.is_empty()
    }

    /// One that was recalled may wait for a lock of the loader's that the calling thread holds.
    fn may_be_joined(&self) -> bool {
        self.recalled.iter().all(|(_, thread)| thread.has_ended()) && self.unwaited.join_ended()
    }

    fn join(&mut self) {
        let ended = self
            .recalled
            .extract_if(.., |(_, thread)| thread.has_ended());
        for (_, thread) in self.started.drain(..).chain(ended) {
            thread.join();
        }
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        // Dropped on one of these threads: it can neither join itself nor, unless it holds it too, unload the code it runs.
        if !self.is_empty() && !HOLDS_ITS_MODULE {
            let left = Threads {
                started: std::mem::take(&mut self.started),
                recalled: std::mem::take(&mut self.recalled),
                unwaited: std::mem::take(&mut self.unwaited),
                pin: self.pin.take(),
            };
            lock(&LEFTOVERS).push(left);
        }
    }
}

/// Gives the worker's last signal, also after a panic.
struct WorkerEnded(Arc<Core>);

impl Drop for WorkerEnded {
    fn drop(&mut self) {
        drop(self.0.inbox.take());
        self.0.life.worker_ended();
    }
}

fn run(core: &Arc<Core>) {
    match Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => run_jobs(core, runtime),
        Err(error) => core
            .log
            .error(|| format!("no network input and output: {error}")),
    }
    if !core.life.is_sealed() {
        core.save_unsaved();
    }
}

fn run_jobs(core: &Arc<Core>, runtime: Runtime) {
    let tasks = runtime.handle().clone();
    let background: Job = Box::pin(background::run(core.clone()));
    runtime.spawn(background);
    // Boxed: every kind of future would bring the runtime's loop along once more.
    let serving: std::pin::Pin<Box<dyn Future<Output = ()> + '_>> = Box::pin(async {
        let mut ear = match core.inbox.listen() {
            Ok(ear) => ear,
            Err(error) => {
                return core
                    .log
                    .error(|| format!("the worker hears nothing: {error}"));
            }
        };
        // Whoever puts a job or begins the end rings afterwards, so nothing is missed between a look and the wait.
        while !core.life.is_closing() {
            for job in core.inbox.take() {
                tasks.spawn(job);
            }
            ear.heard().await;
        }
    });
    runtime.block_on(serving);
    // Drops every task, and with it every connection. A plain drop would also wait for blocking tasks, of which there are
    // none, and leave a destructor on this thread for that: a lock of the loader's, which whoever shuts down in a plug-in's
    // destructor holds.
    runtime.shutdown_background();
}

/// A thread's first use of the runtime leaves destructors on it, which takes a lock of the loader's.
fn settle() {
    if let Ok(runtime) = Builder::new_current_thread().build() {
        runtime.block_on(async {});
        runtime.shutdown_background();
    }
}

fn not_started(error: io::Error) -> Error {
    Error::internal(format!("no thread could be started: {error}"))
}
