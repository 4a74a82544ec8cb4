//! What programs do to a client, and what has to hold however their threads interleave.

use super::hub::{Delivery, Ended, Hub, Receiver, Refused};
use super::lifecycle::{Lifecycle, NoAnswer, Shutdown, Slot};
use super::sync::{Deadline, Sabotage, set_sabotage};
use shuttle::scheduler::{PctScheduler, RandomScheduler, Scheduler};
use shuttle::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use shuttle::sync::{Condvar, Mutex};
use shuttle::{Config, FailurePersistence, MaxSteps, Runner, thread};
use std::sync::Arc;

type Client = Lifecycle<u32>;

/// A receiver that checks the guarantees of section 5 at every call, and then does what a program might.
struct Program<F: Fn(u32) + Send + Sync> {
    running: AtomicBool,
    retired: AtomicUsize,
    received: AtomicUsize,
    last: AtomicUsize,
    act: F,
}

impl<F: Fn(u32) + Send + Sync> Program<F> {
    fn new(act: F) -> Arc<Program<F>> {
        Arc::new(Program {
            running: AtomicBool::new(false),
            retired: AtomicUsize::new(0),
            received: AtomicUsize::new(0),
            last: AtomicUsize::new(0),
            act,
        })
    }

    /// What a program may rely on once an end was answered with OK.
    fn must_be_over(&self) {
        assert!(
            !self.running.load(SeqCst),
            "a callback still runs after the end"
        );
        assert_eq!(
            self.retired.load(SeqCst),
            1,
            "user_data was not freed exactly once"
        );
    }
}

impl<F: Fn(u32) + Send + Sync> Receiver<u32> for Program<F> {
    fn receive(&self, event: &u32) {
        assert!(!self.running.swap(true, SeqCst), "two callbacks at a time");
        assert_eq!(
            self.retired.load(SeqCst),
            0,
            "a callback after user_data was freed"
        );
        let last = self.last.swap(*event as usize, SeqCst);
        assert!(last <= *event as usize, "events out of order");
        thread::yield_now();
        (self.act)(*event);
        self.received.fetch_add(1, SeqCst);
        self.running.store(false, SeqCst);
    }

    fn retire(&self) {
        assert!(
            !self.running.load(SeqCst),
            "user_data freed while its callback runs"
        );
        assert_eq!(
            self.retired.fetch_add(1, SeqCst),
            0,
            "user_data freed twice"
        );
    }
}

fn client(delivery: Delivery) -> Arc<Client> {
    Arc::new(Lifecycle::new(Hub::new(delivery)))
}

fn dispatcher(client: &Arc<Client>) -> thread::JoinHandle<()> {
    assert!(client.hub.claim_dispatcher());
    let client = client.clone();
    thread::spawn(move || client.hub.dispatch())
}

/// A worker that waits for its stop as the real one does, without looking at the time.
struct Worker {
    stop: Mutex<bool>,
    stopped: Condvar,
}

impl Worker {
    fn start(client: &Arc<Client>) -> (Arc<Worker>, thread::JoinHandle<()>) {
        assert!(client.claim_worker());
        let worker = Arc::new(Worker {
            stop: Mutex::new(false),
            stopped: Condvar::new(),
        });
        let (client, me) = (client.clone(), worker.clone());
        let thread = thread::spawn(move || {
            let mut stop = me.stop.lock().unwrap();
            while !*stop {
                stop = me.stopped.wait(stop).unwrap();
            }
            drop(stop);
            client.worker_ended();
        });
        (worker, thread)
    }

    fn stop(&self) {
        *self.stop.lock().unwrap() = true;
        self.stopped.notify_all();
    }
}

fn shutdown_in_the_callback() {
    let client = client(Delivery::Thread);
    let (worker, worker_thread) = Worker::start(&client);
    let dispatching = dispatcher(&client);
    let (inner, stopper) = (client.clone(), worker.clone());
    let program = Program::new(move |_| {
        let answer = inner.shutdown(|| stopper.stop(), &Deadline::never());
        assert_eq!(answer, Shutdown::Deferred);
    });
    client
        .hub
        .register(program.clone(), &Deadline::never())
        .unwrap();
    client.hub.raise(1);
    client.hub.raise(2);
    let answer = client.shutdown(|| worker.stop(), &Deadline::never());
    assert_eq!(answer, Shutdown::Complete);
    program.must_be_over();
    assert!(program.received.load(SeqCst) <= 1);
    dispatching.join().unwrap();
    worker_thread.join().unwrap();
}

fn shutdown_from_two_threads() {
    let client = client(Delivery::Thread);
    let (worker, worker_thread) = Worker::start(&client);
    let dispatching = dispatcher(&client);
    let program = Program::new(|_| thread::yield_now());
    client
        .hub
        .register(program.clone(), &Deadline::never())
        .unwrap();
    client.hub.raise(1);
    let threads: Vec<_> = (0..2)
        .map(|_| {
            let (client, worker, program) = (client.clone(), worker.clone(), program.clone());
            thread::spawn(move || {
                let answer = client.shutdown(|| worker.stop(), &Deadline::never());
                assert_eq!(answer, Shutdown::Complete);
                program.must_be_over();
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
    dispatching.join().unwrap();
    worker_thread.join().unwrap();
}

/// `isc_release` in the callback: the handle's client is shut down there, and the last reference may go there too.
fn release_in_the_callback() {
    let client = client(Delivery::Thread);
    let dispatching = dispatcher(&client);
    let held: Arc<Mutex<Option<Arc<Client>>>> = Arc::new(Mutex::new(Some(client.clone())));
    let handle = held.clone();
    let program = Program::new(move |_| {
        let released = handle.lock().unwrap().take();
        if let Some(client) = released {
            let answer = client.shutdown(|| (), &Deadline::never());
            assert_eq!(answer, Shutdown::Deferred);
        }
    });
    client
        .hub
        .register(program.clone(), &Deadline::never())
        .unwrap();
    client.hub.raise(1);
    drop(client);
    dispatching.join().unwrap();
    program.must_be_over();
    assert!(held.lock().unwrap().is_none());
}

fn register_and_unregister_race() {
    let client = client(Delivery::Thread);
    let dispatching = dispatcher(&client);
    let threads: Vec<_> = (0..2)
        .map(|_| {
            let client = client.clone();
            thread::spawn(move || {
                let program = Program::new(|_| ());
                let answer = client.hub.register(program.clone(), &Deadline::never());
                assert_eq!(answer, Ok(Ended::Now));
                client.hub.raise(1);
                let answer = client.hub.unregister(&Deadline::never());
                assert_eq!(answer, Ok(Ended::Now));
                // Mine was ended by this unregister or by the other thread's call, which may still be at it.
                program
            })
        })
        .collect();
    let programs: Vec<_> = threads.into_iter().map(|t| t.join().unwrap()).collect();
    assert_eq!(
        client.shutdown(|| (), &Deadline::never()),
        Shutdown::Complete
    );
    dispatching.join().unwrap();
    for program in programs {
        program.must_be_over();
    }
}

/// Unregister that answered OK means: no callback runs, and none will.
fn unregister_during_a_callback() {
    let client = client(Delivery::Thread);
    let dispatching = dispatcher(&client);
    let program = Program::new(|_| thread::yield_now());
    client
        .hub
        .register(program.clone(), &Deadline::never())
        .unwrap();
    client.hub.raise(1);
    client.hub.raise(2);
    let answer = client.hub.unregister(&Deadline::never());
    assert_eq!(answer, Ok(Ended::Now));
    program.must_be_over();
    assert_eq!(
        client.shutdown(|| (), &Deadline::never()),
        Shutdown::Complete
    );
    dispatching.join().unwrap();
}

/// The callback waits for a thread that shuts down: nobody can tell that from a slow callback, so a deadline ends it.
fn callback_waits_for_a_thread_that_shuts_down() {
    let client = client(Delivery::Thread);
    let dispatching = dispatcher(&client);
    let inner = client.clone();
    let program = Program::new(move |_| {
        let client = inner.clone();
        let shutting = thread::spawn(move || client.shutdown(|| (), &Deadline::steps(5)));
        assert_eq!(shutting.join().unwrap(), Shutdown::TimedOut);
        assert!(inner.is_sealed());
    });
    client
        .hub
        .register(program.clone(), &Deadline::never())
        .unwrap();
    client.hub.raise(1);
    dispatching.join().unwrap();
    program.must_be_over();
    assert_eq!(
        client.shutdown(|| (), &Deadline::never()),
        Shutdown::Complete
    );
}

/// Threads blocked in a call are woken by a shutdown, with CLOSED, or have their answer.
fn blocked_calls_are_woken() {
    let client = client(Delivery::Poll);
    let slot = Slot::new();
    let caller = {
        let (client, slot) = (client.clone(), slot.clone());
        thread::spawn(move || client.wait_answer(&slot, &Deadline::never()))
    };
    let poller = {
        let client = client.clone();
        thread::spawn(move || client.hub.poll(&Deadline::never()))
    };
    let answering = {
        let client = client.clone();
        thread::spawn(move || client.answer(&slot, 7))
    };
    assert_eq!(
        client.shutdown(|| (), &Deadline::never()),
        Shutdown::Complete
    );
    let answer = caller.join().unwrap();
    assert!(matches!(answer, Ok(7) | Err(NoAnswer::Closed)));
    assert_eq!(poller.join().unwrap(), Err(Refused::Closed));
    answering.join().unwrap();
}

/// A shutdown cuts short the wait for a callback that does not return; a registration that it overtakes is not retired.
fn changes_are_woken() {
    let client = client(Delivery::Thread);
    let dispatching = dispatcher(&client);
    let gate = Arc::new((Mutex::new(false), Condvar::new()));
    let barrier = gate.clone();
    let program = Program::new(move |_| {
        let mut open = barrier.0.lock().unwrap();
        while !*open {
            open = barrier.1.wait(open).unwrap();
        }
    });
    let first = client.hub.register(program.clone(), &Deadline::never());
    assert_eq!(first, Ok(Ended::Now));
    client.hub.raise(1);
    let late = Program::new(|_| ());
    let replacing = {
        let (client, late) = (client.clone(), late.clone());
        thread::spawn(move || client.hub.register(late, &Deadline::never()))
    };
    client.shutdown(|| (), &Deadline::steps(0));
    // The callback is let go only after the answer: a wait for it would never end.
    let answer = replacing.join().unwrap();
    *gate.0.lock().unwrap() = true;
    gate.1.notify_all();
    dispatching.join().unwrap();
    program.must_be_over();
    let retired = late.retired.load(SeqCst);
    assert_eq!(retired, usize::from(answer.is_ok()));
    assert!(matches!(answer, Ok(Ended::Now) | Err(Refused::Closed)));
}

/// Poll delivery: whoever ends the registration retires it, also while a poll runs on another thread and when it gives
/// up waiting.
fn unregister_during_a_poll() {
    let client = client(Delivery::Poll);
    let program = Program::new(|_| thread::yield_now());
    client
        .hub
        .register(program.clone(), &Deadline::never())
        .unwrap();
    client.hub.raise(1);
    client.hub.raise(2);
    let poller = {
        let client = client.clone();
        thread::spawn(move || client.hub.poll(&Deadline::steps(3)))
    };
    let answer = client.hub.unregister(&Deadline::steps(4)).unwrap();
    if answer == Ended::Now {
        program.must_be_over();
    }
    poller.join().unwrap().unwrap();
    program.must_be_over();
    assert_eq!(
        client.shutdown(|| (), &Deadline::never()),
        Shutdown::Complete
    );
}

/// No wake-up is lost: a loop that polls only when woken sees every event.
fn wakeups_are_not_lost() {
    let client = client(Delivery::Poll);
    let program = Program::new(|_| ());
    client
        .hub
        .register(program.clone(), &Deadline::never())
        .unwrap();
    let bell = Arc::new((Mutex::new(0_u32), Condvar::new()));
    let ring = bell.clone();
    let wake = Arc::new(move || {
        *ring.0.lock().unwrap() += 1;
        ring.1.notify_all();
    });
    client.hub.set_wake(Some(wake), &Deadline::never()).unwrap();
    let raiser = {
        let client = client.clone();
        thread::spawn(move || {
            client.hub.raise(1);
            client.hub.raise(2);
        })
    };
    while program.received.load(SeqCst) < 2 {
        let mut rung = bell.0.lock().unwrap();
        while *rung == 0 {
            rung = bell.1.wait(rung).unwrap();
        }
        *rung = 0;
        drop(rung);
        client.hub.poll(&Deadline::steps(0)).unwrap();
    }
    raiser.join().unwrap();
    assert_eq!(
        client.shutdown(|| (), &Deadline::never()),
        Shutdown::Complete
    );
    program.must_be_over();
}

const SCENARIOS: [(&str, fn()); 10] = [
    ("shutdown in the callback", shutdown_in_the_callback),
    ("shutdown from two threads", shutdown_from_two_threads),
    ("release in the callback", release_in_the_callback),
    ("register and unregister race", register_and_unregister_race),
    ("unregister during a callback", unregister_during_a_callback),
    (
        "callback waits for a thread that shuts down",
        callback_waits_for_a_thread_that_shuts_down,
    ),
    ("blocked calls are woken", blocked_calls_are_woken),
    ("changes are woken", changes_are_woken),
    ("unregister during a poll", unregister_during_a_poll),
    ("wake-ups are not lost", wakeups_are_not_lost),
];

/// Which error each scenario has to notice.
const INJECTED: [(Sabotage, &str); 7] = [
    (Sabotage::DeliverUnderLock, "shutdown in the callback"),
    (Sabotage::WaitInsideCallback, "release in the callback"),
    (
        Sabotage::LeaveCallbackRunning,
        "unregister during a callback",
    ),
    (Sabotage::RetireEarly, "register and unregister race"),
    (Sabotage::CloseSilently, "blocked calls are woken"),
    (Sabotage::SecondShutdownReturns, "shutdown from two threads"),
    (
        Sabotage::ForgetDeadline,
        "callback waits for a thread that shuts down",
    ),
];

fn schedules() -> usize {
    std::env::var("ISC_MODEL_SCHEDULES")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(3000)
}

fn scenario(name: &str) -> fn() {
    SCENARIOS.iter().find(|(n, _)| *n == name).unwrap().1
}

fn explore(scheduler: impl Scheduler + 'static, run: fn()) {
    let mut config = Config::new();
    // A run that takes this long is one that never ends.
    config.max_steps = MaxSteps::FailAfter(20_000);
    config.failure_persistence = FailurePersistence::None;
    Runner::new(scheduler, config).run(run);
}

/// One test: the error that is switched on is the same for the whole process.
#[test]
fn every_scenario_holds_and_every_injected_error_is_noticed() {
    set_sabotage(None);
    for (name, run) in SCENARIOS {
        println!("model: {name}");
        explore(RandomScheduler::new(schedules()), run);
        explore(PctScheduler::new(3, schedules()), run);
    }
    let quiet = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| ()));
    let mut missed = Vec::new();
    for (error, name) in INJECTED {
        set_sabotage(Some(error));
        let noticed = std::panic::catch_unwind(|| {
            explore(RandomScheduler::new(schedules()), scenario(name));
        });
        if noticed.is_ok() {
            missed.push((error, name));
        }
    }
    set_sabotage(None);
    std::panic::set_hook(quiet);
    assert!(missed.is_empty(), "not noticed: {missed:?}");
}
