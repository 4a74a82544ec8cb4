//! The daily check: exactly one that succeeds, however many ask.

use super::*;
use crate::Status;
use crate::license::Verdict;

#[test]
fn eight_threads_and_three_clients_make_one_check() {
    let world = World::new();
    let first = world.activated();
    world.days_later(1);
    let clients = [first, world.client(), world.client()];
    let before = world.market.queries();
    let collected = Arc::new(Collected::default());
    for client in &clients {
        client.register(collected.clone()).unwrap();
    }
    let answers = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for n in 0..8 {
            let (clients, answers) = (&clients, &answers);
            scope.spawn(move || {
                let answer = clients[n % 3].heartbeat(None).unwrap();
                answers.lock().unwrap().push(answer);
            });
        }
    });
    assert_eq!(world.market.queries() - before, 1);
    let answers = answers.into_inner().unwrap();
    assert_eq!(answers.iter().filter(|a| **a == Status::Ok).count(), 1);
    assert_eq!(answers.iter().filter(|a| **a == Status::Already).count(), 7);
    collected.wait(EventType::Heartbeat, 1);
    for client in &clients {
        assert_eq!(client.license_info(None).unwrap().verdict, Verdict::Alive);
        client.shutdown(Duration::from_secs(5)).unwrap();
    }
    assert_eq!(collected.wait(EventType::Heartbeat, 1).len(), 1);
}

#[test]
fn a_negative_answer_does_not_close_the_day() {
    let world = World::new();
    let client = world.activated();
    world.days_later(1);
    world.market.set("CODE-0001", "EXPIRED", T + 100 * DAY);
    let before = world.market.queries();
    for _ in 0..3 {
        assert_eq!(client.heartbeat(None).unwrap_err().status, Status::Expired);
    }
    assert_eq!(world.market.queries() - before, 3);
    world.market.set("CODE-0001", "ALIVE", T + 100 * DAY);
    assert_eq!(client.heartbeat(None), Ok(Status::Ok));
    assert_eq!(client.heartbeat(None), Ok(Status::Already));
}

#[test]
fn a_passed_expiry_makes_the_check_due_again() {
    let world = World::new();
    world.market.set("CODE-0001", "NEW", T + 3600);
    let client = world.activated();
    world.clock.set(T + 3600);
    world.market.set("CODE-0001", "ALIVE", T + 50 * DAY);
    assert_eq!(client.heartbeat(None), Ok(Status::Ok));
    assert_eq!(client.license_info(None).unwrap().expires_at, T + 50 * DAY);
}

#[test]
fn one_usage_report_a_day_goes_with_it() {
    let world = World::new().with_text(44, "user-7");
    let client = world.activated();
    client.heartbeat(None).unwrap();
    client.heartbeat(None).unwrap();
    assert_eq!(world.market.count("software-usage-info"), 1);
    world.days_later(1);
    let other = world.client();
    client.heartbeat(None).unwrap();
    other.heartbeat(None).unwrap();
    assert_eq!(world.market.count("software-usage-info"), 2);
    let asked = world.market.asked.lock().unwrap();
    let query = asked
        .iter()
        .rfind(|(url, _)| url.ends_with("heartbeat"))
        .unwrap();
    assert_eq!(query.1["heartbeatInfo"]["thirdPartyAccount"], "user-7");
}

#[test]
fn what_the_program_found_is_passed_to_usage() {
    let world = World::new().with_text(44, "user-7");
    let client = world.activated();
    let notify = |verified, message| {
        client.notify_license_verified(verified, message).unwrap();
        // Served after it, by the same worker.
        client.heartbeat(None).unwrap();
        world.market.count("software-usage-info")
    };
    // Not used today: the program has refused it.
    assert_eq!(notify(false, Some("no mesh module")), 0);
    assert_eq!(notify(true, None), 1);
    assert_eq!(notify(true, None), 1);
    assert_eq!(notify(false, Some("no mesh module")), 1);
    // Yesterday's refusal says nothing about today.
    world.days_later(1);
    client.heartbeat(None).unwrap();
    assert_eq!(world.market.count("software-usage-info"), 2);
}

#[test]
fn who_waits_for_a_check_that_hangs_asks_itself() {
    let world = World::new().with(33, 60_000).with(34, 800);
    let client = world.activated();
    world.days_later(1);
    world.market.mood(Mood::Mute);
    let hanging = world.client();
    std::thread::scope(|scope| {
        let hung = scope.spawn(|| hanging.heartbeat(None));
        while world.market.waiting.load(Ordering::SeqCst) == 0 {
            std::thread::yield_now();
        }
        world.market.mood(Mood::Kind);
        assert_eq!(client.heartbeat(None), Ok(Status::Ok));
        assert_eq!(hung.join().unwrap(), Ok(Status::Cached));
    });
}

#[test]
fn a_licence_request_is_answered_after_todays_check() {
    let world = World::new();
    let client = world.activated();
    let collected = Collected::of(&client);
    world.days_later(1);
    client.request_license_string(Some("fingerprint")).unwrap();
    let answer = &collected.wait(EventType::LicenseVerify, 1)[0]["params"];
    assert_eq!(answer["Status"], "success");
    assert_eq!(answer["LicenseContent"], "CODE-0001");
    // NONE -> ALIVE by the activation, ALIVE -> OFFLINE by the day, OFFLINE -> ALIVE by the check.
    let order = [
        EventType::LicenseChanged,
        EventType::LicenseChanged,
        EventType::LicenseChanged,
        EventType::LicenseVerify,
    ];
    // No Heartbeat: that tells of the background's checks and of isc_heartbeat's.
    assert_eq!(collected.kinds(), order);
    world.market.set("CODE-0001", "EXPIRED", T);
    world.days_later(1);
    client.request_license_string(None).unwrap();
    let answer = &collected.wait(EventType::LicenseVerify, 2)[1]["params"];
    assert_eq!(answer["Status"], "failed");
    assert_eq!(answer["ErrorCode"], Status::Expired.code());
    assert!(client.notify_license_verified(false, None).is_err());
    client
        .notify_license_verified(false, Some("no mesh module"))
        .unwrap();
}

#[test]
fn at_most_64_requests_wait() {
    let world = World::new().with(33, 60_000);
    let client = world.activated();
    world.days_later(1);
    world.market.mood(Mood::Mute);
    for _ in 0..64 {
        client.request_license_string(None).unwrap();
    }
    let error = client.request_license_string(None).unwrap_err();
    assert_eq!(error.status, Status::Busy);
}
