//! The shutdown table of the contract's section 4, with real threads.

use super::*;
use crate::client::worker;
use crate::platform::unwaited;
use crate::sync::{Deadline, lock};
use crate::{Error, Status};
use std::sync::OnceLock;
use std::time::Instant;

const LONG: Duration = Duration::from_secs(20);

/// A receiver that does what a test wants.
struct Acting<F: Fn(&Event) + Send + Sync>(F);

impl<F: Fn(&Event) + Send + Sync> Receiver<Event> for Acting<F> {
    fn receive(&self, event: &Event) {
        (self.0)(event);
    }

    fn retire(&self) {}
}

/// A one-time signal between threads.
#[derive(Default)]
struct Signal(Mutex<bool>, Condvar);

impl Signal {
    fn give(&self) {
        *self.0.lock().unwrap() = true;
        self.1.notify_all();
    }

    fn wait(&self) {
        let given = self.0.lock().unwrap();
        let (given, timeout) = self
            .1
            .wait_timeout_while(given, LONG, |given| !*given)
            .unwrap();
        assert!(*given && !timeout.timed_out());
    }
}

#[test]
fn a_mute_server_holds_neither_the_shutdown_nor_the_callers() {
    let world = World::new().with(33, 60_000).with(34, 60_000);
    let client = world.activated();
    world.market.mood(Mood::Mute);
    std::thread::scope(|scope| {
        let blocked: Vec<_> = (0..4).map(|_| scope.spawn(|| client.query(None))).collect();
        while world.market.waiting.load(Ordering::SeqCst) < 4 {
            std::thread::yield_now();
        }
        let begun = Instant::now();
        assert_eq!(client.shutdown(LONG), Ok(Status::Ok));
        // The bar is one second; what is asserted is only that nobody waited for a time-out.
        assert!(begun.elapsed() < Duration::from_secs(10));
        for call in blocked {
            assert_eq!(call.join().unwrap().unwrap_err().status, Status::Closed);
        }
    });
    assert_eq!(client.shutdown(LONG), Ok(Status::Ok));
    assert_eq!(client.query(None).unwrap_err().status, Status::Closed);
    assert!(client.is_licensed(None), "a program can still save on exit");
    assert!(client.license_info(None).is_ok());
    assert_eq!(client.list_licenses().unwrap_err().status, Status::Closed);
}

#[test]
fn inside_the_callback_it_is_deferred_and_a_later_call_waits_for_it() {
    let world = World::new();
    let client = Arc::new(world.activated());
    let answer: Arc<OnceLock<Status>> = Arc::default();
    let (inner, told) = (client.clone(), answer.clone());
    let done = Arc::new(Signal::default());
    let signal = done.clone();
    client
        .register(Arc::new(Acting(move |_| {
            told.set(inner.shutdown(LONG).unwrap()).unwrap();
            signal.give();
        })))
        .unwrap();
    world.market.set("CODE-0001", "EXPIRED", T);
    let _ = client.query(None);
    done.wait();
    assert_eq!(client.shutdown(LONG), Ok(Status::Ok));
    assert_eq!(answer.get(), Some(&Status::Deferred));
}

#[test]
fn a_callback_that_waits_for_the_thread_that_shuts_down_costs_a_timeout() {
    let world = World::new();
    let client = Arc::new(world.activated());
    let (inner, over) = (client.clone(), Arc::new(Signal::default()));
    let signal = over.clone();
    client
        .register(Arc::new(Acting(move |_| {
            let client = inner.clone();
            let other = std::thread::spawn(move || client.shutdown(Duration::from_millis(100)));
            let error = other.join().unwrap().unwrap_err();
            assert_eq!(error.status, Status::Timeout);
            signal.give();
        })))
        .unwrap();
    world.market.set("CODE-0001", "EXPIRED", T);
    let _ = client.query(None);
    over.wait();
    // What was left finishes in the background; a later call says so.
    assert_eq!(client.shutdown(LONG), Ok(Status::Ok));
}

#[test]
fn after_a_timeout_nothing_is_written_or_logged_any_more() {
    let world = World::new();
    let client = Arc::new(world.activated());
    let (inside, leave) = (Arc::new(Signal::default()), Arc::new(Signal::default()));
    let (entered, left) = (inside.clone(), leave.clone());
    client
        .register(Arc::new(Acting(move |_| {
            entered.give();
            left.wait();
        })))
        .unwrap();
    world.market.set("CODE-0001", "EXPIRED", T);
    let _ = client.query(None);
    inside.wait();
    assert_eq!(
        client.shutdown(Duration::ZERO).unwrap_err().status,
        Status::Timeout
    );
    let logged = world.log.lock().unwrap().len();
    let core = &client.core;
    assert!(core.life.is_sealed());
    assert!(core.store.try_write_lock().is_err());
    core.log.error(|| "too late".into());
    assert_eq!(world.log.lock().unwrap().len(), logged);
    leave.give();
    assert_eq!(client.shutdown(LONG), Ok(Status::Ok));
}

#[test]
fn unsaved_facts_are_written_at_the_end() {
    let mut world = World::new();
    let blocked = world.folder.path().join("file");
    std::fs::write(&blocked, "in the way").unwrap();
    world = world.with_text(20, blocked.to_str().unwrap());
    let client = world.client();
    assert!(client.activate("CODE-0001").is_err());
    std::fs::remove_file(&blocked).unwrap();
    client.shutdown(LONG).unwrap();
    assert!(world.client().is_licensed(None));
}

#[test]
fn user_data_is_freed_before_the_answer() {
    for delivery in ["thread", "poll"] {
        let world = World::new().with_text(50, delivery);
        let client = world.activated();
        let first = Collected::of(&client);
        let second = Collected::of(&client);
        assert_eq!(first.retired.load(Ordering::SeqCst), 1, "{delivery}");
        assert_eq!(client.unregister(), Ok(Status::Ok));
        assert_eq!(second.retired.load(Ordering::SeqCst), 1, "{delivery}");
        let third = Collected::of(&client);
        client.shutdown(LONG).unwrap();
        assert_eq!(third.retired.load(Ordering::SeqCst), 1, "{delivery}");
        let late = Arc::new(Collected::default());
        assert_eq!(
            client.register(late.clone()).unwrap_err().status,
            Status::Closed
        );
        assert_eq!(late.retired.load(Ordering::SeqCst), 0, "{delivery}");
    }
}

#[test]
fn polling_delivers_on_the_callers_thread_and_ends_with_the_client() {
    let world = World::new().with_text(50, "poll");
    let client = Arc::new(world.client());
    let here = std::thread::current().id();
    let inner = client.clone();
    client
        .register(Arc::new(Acting(move |_| {
            assert_eq!(std::thread::current().id(), here);
            let nested = inner.poll(Duration::ZERO).unwrap_err();
            assert_eq!(nested.status, Status::Reentrant);
            assert_eq!(inner.shutdown(LONG), Ok(Status::Deferred));
        })))
        .unwrap();
    assert_eq!(client.poll(Duration::ZERO), Ok(0));
    client.activate("CODE-0001").unwrap();
    assert_eq!(client.poll(LONG).unwrap_err().status, Status::Closed);
    assert_eq!(client.shutdown(LONG), Ok(Status::Ok));
}

#[test]
fn a_blocked_poll_is_woken() {
    let world = World::new().with_text(50, "poll");
    let client = world.activated();
    let _collected = Collected::of(&client);
    client.poll(Duration::ZERO).unwrap();
    std::thread::scope(|scope| {
        let polling = scope.spawn(|| client.poll(Duration::from_secs(3600)));
        // Shut down at once or while it waits: the answer is the same.
        assert_eq!(client.shutdown(LONG), Ok(Status::Ok));
        assert_eq!(polling.join().unwrap().unwrap_err().status, Status::Closed);
    });
}

fn assert_closed_by_a_shutdown(
    client: &Client,
    change: impl FnOnce() -> Result<Status, Error> + Send,
) {
    std::thread::scope(|scope| {
        let changing = scope.spawn(change);
        while !client.core.life.hub.is_changing() {
            std::thread::yield_now();
        }
        let shutdown = client.shutdown(Duration::from_millis(100));
        assert_eq!(shutdown.unwrap_err().status, Status::Timeout);
        assert_eq!(changing.join().unwrap().unwrap_err().status, Status::Closed);
    });
}

#[test]
fn who_waits_for_a_callback_is_woken() {
    for replace in [false, true] {
        let world = World::new();
        let client = world.client();
        let (inside, gate) = (Arc::new(Signal::default()), Arc::new(Signal::default()));
        let (entered, open) = (inside.clone(), gate.clone());
        let slow = Acting(move |_: &Event| {
            entered.give();
            open.wait();
        });
        client.register(Arc::new(slow)).unwrap();
        client.activate("CODE-0001").unwrap();
        inside.wait();
        let late = Arc::new(Collected::default());
        assert_closed_by_a_shutdown(&client, || match replace {
            true => client.register(late.clone()),
            false => client.unregister(),
        });
        gate.give();
        assert_eq!(client.shutdown(LONG), Ok(Status::Ok));
        // It has failed, so it is its caller's.
        assert_eq!(late.retired.load(Ordering::SeqCst), 0);
    }
}

/// A poll goes on with the new receiver while the old one only waits to be retired: what runs cannot have failed.
#[test]
fn a_registration_that_is_called_already_has_not_failed() {
    struct Slow(Signal, Signal, AtomicUsize);
    impl Receiver<Event> for Slow {
        fn receive(&self, _: &Event) {
            self.0.give();
            self.1.wait();
        }
        fn retire(&self) {
            self.2.fetch_add(1, Ordering::SeqCst);
        }
    }
    let slow = || {
        Arc::new(Slow(
            Signal::default(),
            Signal::default(),
            AtomicUsize::new(0),
        ))
    };
    let (old, new) = (slow(), slow());
    let world = World::new().with_text(50, "poll");
    world.market.set("CODE-0002", "NEW", T + 100 * DAY);
    let client = world.client();
    client.register(old.clone()).unwrap();
    for code in ["CODE-0001", "CODE-0002"] {
        client.activate(code).unwrap();
    }
    std::thread::scope(|scope| {
        let polling = scope.spawn(|| client.poll(Duration::ZERO));
        old.0.wait();
        let replacing = scope.spawn(|| client.register(new.clone()));
        while !client.core.life.hub.is_changing() {
            std::thread::yield_now();
        }
        old.1.give();
        new.0.wait();
        client.shutdown(Duration::from_millis(100)).unwrap_err();
        assert_eq!(
            replacing.join().unwrap().unwrap_err().status,
            Status::Timeout
        );
        new.1.give();
        assert_eq!(polling.join().unwrap().unwrap_err().status, Status::Closed);
    });
    assert_eq!(client.shutdown(LONG), Ok(Status::Ok));
    let retired = |one: &Slow| one.2.load(Ordering::SeqCst);
    assert_eq!((retired(&old), retired(&new)), (1, 1));
}

#[test]
fn who_waits_for_a_wake_up_is_woken() {
    let world = World::new().with_text(50, "poll");
    let client = world.client();
    let (inside, gate) = (Arc::new(Signal::default()), Arc::new(Signal::default()));
    let (entered, open) = (inside.clone(), gate.clone());
    let slow = move || {
        entered.give();
        open.wait();
    };
    client.set_wake(Some(Arc::new(slow))).unwrap();
    std::thread::scope(|scope| {
        // Its answer waits for the worker, which is inside the wake-up.
        let activating = scope.spawn(|| client.activate("CODE-0001"));
        inside.wait();
        assert_closed_by_a_shutdown(&client, || client.set_wake(None));
        gate.give();
        let _ = activating.join().unwrap();
    });
    assert_eq!(client.shutdown(LONG), Ok(Status::Ok));
}

#[test]
fn a_shutdown_in_the_log_callback_is_deferred_too() {
    let world = World::new();
    let cell: Arc<OnceLock<Arc<Client>>> = Arc::default();
    let mut config = world.config();
    let (inner, seen) = (cell.clone(), Arc::new(Mutex::new(None)));
    let told = seen.clone();
    config.log = Some(super::super::LogSink {
        max_level: 5,
        write: Arc::new(move |_, _| {
            if let Some(client) = inner.get() {
                told.lock().unwrap().get_or_insert(client.shutdown(LONG));
            }
        }),
    });
    let client = Arc::new(Client::start(config, world.surroundings()).unwrap());
    cell.set(client.clone()).ok().unwrap();
    let _ = client.activate("CODE-0001");
    assert_eq!(client.shutdown(LONG), Ok(Status::Ok));
    assert_eq!(*seen.lock().unwrap(), Some(Ok(Status::Deferred)));
}

#[test]
fn no_thread_runs_before_there_is_something_to_do() {
    let world = World::new();
    let client = world.client();
    assert!(lock(&client.core.threads).is_empty());
    assert!(
        client
            .core
            .life
            .hub
            .wait_closed(&Deadline::after(Duration::ZERO))
    );
}

#[test]
fn what_the_system_holds_keeps_the_module_until_somebody_sees_that_it_has_ended() {
    let world = World::new();
    let client = world.client();
    let lookups = client.core.lookups.clone();
    let (release, held) = std::sync::mpsc::channel::<()>();
    let (begun, begins) = std::sync::mpsc::channel::<()>();
    let work = move || {
        begun.send(()).unwrap();
        let _ = held.recv();
    };
    let core = client.core.clone();
    let waiting = async move {
        let _ = unwaited::run(&core.lookups, "held", work).await;
    };
    client.core.put(Box::pin(waiting)).unwrap();
    begins.recv().unwrap();
    assert_eq!(client.shutdown(LONG), Ok(Status::Ok));
    assert!(lock(&client.core.threads).is_empty(), "it is left over");
    worker::join_leftovers();
    assert_eq!(lookups.count(), 1, "still held");
    assert!(!lookups.is_empty());
    drop(release);
    let deadline = Deadline::after(LONG);
    while !lookups.is_empty() && !deadline.left().is_zero() {
        std::thread::yield_now();
        // As the next client of the process does.
        worker::join_leftovers();
    }
    assert!(lookups.is_empty());
}
