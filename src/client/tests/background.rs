//! What happens unasked, in virtual time: hours pass as fast as the runtime can count them.

use super::super::background;
use super::*;
use std::future::Future;
use tokio::time::{Instant, timeout};

/// A local clock that goes with the runtime's.
struct Running {
    world: World,
    begun: Instant,
}

impl Running {
    fn begin(world: World) -> Running {
        Running {
            world,
            begun: Instant::now(),
        }
    }

    fn core(&self) -> Arc<Core> {
        let clock: Arc<dyn WallClock> = Arc::new(Virtual(self.begun));
        let core = Core::new(
            self.world.config(),
            Surroundings {
                clock,
                ..self.world.surroundings()
            },
        );
        core.load();
        core
    }

    /// Runs the background of a client for so long, keeping the world's clock with it.
    async fn run(&self, core: &Arc<Core>, seconds: u64) {
        let running = background::run(core.clone());
        let ticking = self.keep_time();
        let both = join(running, ticking);
        let _ = timeout(Duration::from_secs(seconds), both).await;
    }

    async fn keep_time(&self) {
        loop {
            self.world
                .clock
                .set(T + self.begun.elapsed().as_secs() as i64);
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    }
}

struct Virtual(Instant);

impl WallClock for Virtual {
    fn local(&self) -> i64 {
        T + self.0.elapsed().as_secs() as i64
    }
}

async fn join(a: impl Future<Output = ()>, b: impl Future<Output = ()>) {
    let (mut a, mut b) = (std::pin::pin!(a), std::pin::pin!(b));
    std::future::poll_fn(|context| {
        let _ = a.as_mut().poll(context);
        b.as_mut().poll(context)
    })
    .await;
}

fn automatic() -> World {
    let world = World::new().with(43, 1);
    world.market.set("CODE-0001", "NEW", T + 400 * DAY);
    world
}

/// A client on the day on which its code was activated.
async fn activated(running: &Running) -> Arc<Core> {
    let core = running.core();
    core.activate("CODE-0001", Instant::now() + Duration::from_secs(9))
        .await
        .unwrap();
    core
}

#[tokio::test(start_paused = true)]
async fn the_first_attempt_starts_at_once_and_is_the_only_one_of_the_day() {
    let running = Running::begin(automatic());
    let core = activated(&running).await;
    let before = running.world.market.queries();
    running.run(&core, 15 * 3600).await;
    assert_eq!(
        running.world.market.queries(),
        before,
        "checked again on the same day"
    );
    // 16:00 UTC is the next Chinese day; chance 0.5 is a quarter of an hour after it.
    running.run(&core, 3600 + 14 * 60).await;
    assert_eq!(running.world.market.queries(), before);
    running.run(&core, 2 * 60).await;
    assert_eq!(running.world.market.queries(), before + 1);
    running.run(&core, 3 * 86_400).await;
    assert_eq!(running.world.market.queries(), before + 4);
}

#[tokio::test(start_paused = true)]
async fn a_start_on_a_new_day_does_not_wait_for_chance() {
    let running = Running::begin(automatic());
    activated(&running).await;
    tokio::time::advance(Duration::from_secs(86_400)).await;
    let next = running.core();
    let before = running.world.market.queries();
    running.run(&next, 1).await;
    assert_eq!(running.world.market.queries(), before + 1);
}

#[tokio::test(start_paused = true)]
async fn failures_are_repeated_after_a_minute_doubling_to_an_hour() {
    let running = Running::begin(automatic());
    activated(&running).await;
    tokio::time::advance(Duration::from_secs(86_400)).await;
    running.world.market.mood(Mood::Unreachable);
    let before = running.world.market.queries();
    let fresh = running.core();
    // Attempts at 0, 1, 3, 7, 15, 31, 63 and 123 minutes.
    running.run(&fresh, 124 * 60).await;
    assert_eq!(running.world.market.queries(), before + 8);
    assert!(
        fresh
            .published
            .read(|s| s.is_any_licensed(fresh.clock.local()))
    );
}

#[tokio::test(start_paused = true)]
async fn a_refused_code_is_asked_about_every_ten_minutes_and_let_in_after_a_renewal() {
    let running = Running::begin(automatic());
    activated(&running).await;
    running.world.market.set("CODE-0001", "EXPIRED", T);
    tokio::time::advance(Duration::from_secs(86_400)).await;
    let core = running.core();
    let before = running.world.market.queries();
    let renewal = async {
        tokio::time::sleep(Duration::from_secs(35 * 60)).await;
        let attempts = running.world.market.queries() - before;
        assert_eq!(attempts, 4, "at 0, 10, 20 and 30 minutes");
        running
            .world
            .market
            .set("CODE-0001", "ALIVE", T + 400 * DAY);
        tokio::time::sleep(Duration::from_secs(3600)).await;
    };
    join(running.run(&core, 2 * 3600), renewal).await;
    assert_eq!(running.world.market.queries(), before + 5);
    assert!(
        core.published
            .read(|s| s.is_any_licensed(core.clock.local()))
    );
}

#[tokio::test(start_paused = true)]
async fn expiries_are_announced_once_each() {
    let running = Running::begin(automatic());
    running.world.market.set("CODE-0001", "NEW", T + 8 * DAY);
    let core = activated(&running).await;
    running.run(&core, 7 * 86_400 + 7200).await;
    let collected = Arc::new(Collected::default());
    let deadline = crate::sync::Deadline::after(Duration::ZERO);
    core.life
        .hub
        .register(collected.clone(), &deadline)
        .unwrap();
    core.life.hub.claim_dispatcher();
    let dispatching = {
        let core = core.clone();
        std::thread::spawn(move || core.life.hub.dispatch())
    };
    let told = collected.wait(EventType::LicenseExpiring, 3);
    let days: Vec<_> = told.iter().map(|e| e["params"]["Days"].clone()).collect();
    assert_eq!(days, [json!(8), json!(7), json!(1)]);
    core.life.close();
    dispatching.join().unwrap();
}

#[tokio::test(start_paused = true)]
async fn without_auto_heartbeat_nothing_is_sent_but_time_is_told() {
    let running = Running::begin(World::new());
    let core = activated(&running).await;
    let before = running.world.market.asked.lock().unwrap().len();
    running.run(&core, 3 * 86_400).await;
    assert_eq!(running.world.market.asked.lock().unwrap().len(), before);
    let log = running.world.log.lock().unwrap().join("\n");
    assert!(log.contains("ALIVE -> OFFLINE"), "{log}");
}

#[tokio::test(start_paused = true)]
async fn failures_are_remembered_and_written_once_an_hour() {
    let running = Running::begin(automatic());
    let core = activated(&running).await;
    tokio::time::advance(Duration::from_secs(86_400)).await;
    let written = core.store.load().stamp.revision();
    running.world.market.mood(Mood::Unreachable);
    let fresh = running.core();
    running.run(&fresh, 124 * 60).await;
    let loaded = core.store.load();
    // Attempts at 0, 1, 3, 7, 15, 31, 63 and 123 minutes; the second and third hour begin at 63 and 123.
    assert_eq!(loaded.stamp.revision(), written + 3);
    let [failure] = loaded.suite.failures.list() else {
        panic!("{:?}", loaded.suite.failures);
    };
    assert_eq!((failure.count, failure.cause.as_str()), (8, "connect"));
    assert_eq!(failure.host.as_deref(), Some("market.test"));
    assert_eq!(failure.at - failure.first_at, 123 * 60);
    // A client that starts later knows them as well, and a success takes nothing away.
    running.world.market.mood(Mood::Kind);
    running.run(&running.core(), 60).await;
    assert_eq!(core.store.load().suite.failures.list().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn that_a_licence_has_ended_is_no_failure() {
    let running = Running::begin(automatic());
    activated(&running).await;
    running.world.market.set("CODE-0001", "EXPIRED", T);
    tokio::time::advance(Duration::from_secs(86_400)).await;
    let core = running.core();
    running.run(&core, 3600).await;
    assert_eq!(core.store.load().suite.failures.list(), []);
}
