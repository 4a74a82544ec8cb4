//! What is kept: over restarts, on another machine, with a wrong clock, on a disk that cannot be written.

use super::*;
use crate::Status;
use crate::client::core::Core;
use crate::license::Verdict;

#[test]
fn the_next_start_is_licensed_offline() {
    let world = World::new();
    world.activated().shutdown(Duration::from_secs(5)).unwrap();
    world.market.mood(Mood::Unreachable);
    world.days_later(3);
    let client = world.client();
    assert!(client.is_licensed(None));
    assert_eq!(client.license_info(None).unwrap().verdict, Verdict::Offline);
    world.days_later(5);
    assert!(!client.is_licensed(None));
    assert_eq!(client.license_info(None).unwrap().verdict, Verdict::Stale);
}

#[test]
fn another_machine_has_the_codes_and_is_healed_by_a_check() {
    let mut world = World::new();
    world.activated().shutdown(Duration::from_secs(5)).unwrap();
    world.machine = "two";
    let client = world.client();
    assert_eq!(client.license_info(None).unwrap().verdict, Verdict::Foreign);
    world.market.mood(Mood::Unreachable);
    assert_eq!(client.heartbeat(None).unwrap_err().status, Status::Network);
    world.market.mood(Mood::Kind);
    assert_eq!(client.heartbeat(None), Ok(Status::Ok));
    assert!(client.is_licensed(None));
    world.machine = "one";
    assert!(
        world.client().is_licensed(None),
        "the first machine lost its state"
    );
}

#[test]
fn one_healed_code_does_not_heal_the_others() {
    let mut world = World::new();
    world.market.set("CODE-0002", "NEW", T + DAY);
    let client = world.activated();
    client.activate("CODE-0002").unwrap();
    world.machine = "two";
    world.client().query(Some("CODE-0001")).unwrap();
    let next = world.client();
    assert_eq!(
        next.license_info(Some("CODE-0001")).unwrap().verdict,
        Verdict::Alive
    );
    assert_eq!(
        next.license_info(Some("CODE-0002")).unwrap().verdict,
        Verdict::Foreign
    );
}

#[test]
fn a_clock_set_back_is_noticed_and_healed() {
    let world = World::new();
    let client = world.activated();
    world.days_later(-2);
    assert!(!client.is_licensed(None));
    assert_eq!(client.license_info(None).unwrap().verdict, Verdict::Clock);
    // The check is due, the marketplace's time is right.
    world.market.ahead.store(2 * DAY, Ordering::SeqCst);
    assert_eq!(client.heartbeat(None), Ok(Status::Ok));
    assert!(client.is_licensed(None));
    assert_eq!(client.heartbeat(None), Ok(Status::Already));
}

#[test]
fn what_an_http_client_hears_leaves_an_https_client_alone() {
    let mut world = World::new();
    let https = world.activated();
    world = world.with_text(14, "http://127.0.0.1:9");
    for (said, verdict) in [("RELEASED", Verdict::Released), ("ALIVE", Verdict::Alive)] {
        world.market.set("CODE-0001", said, T + 100 * DAY);
        let http = world.client();
        let _ = http.query(None);
        assert_eq!(verdict_everywhere(&http), verdict);
        assert_eq!(verdict_everywhere(&https), Verdict::Alive);
    }
    // And what the other hears then, counts for both.
    world.market.set("CODE-0001", "RELEASED", T + 100 * DAY);
    https.query(None).unwrap_err();
    assert_eq!(verdict_everywhere(&https), Verdict::Released);
    assert_eq!(verdict_everywhere(&world.client()), Verdict::Released);
}

#[test]
fn an_answer_over_http_is_no_success_for_an_https_client() {
    let world = World::new().with_text(15, "http://127.0.0.1:9");
    world.market.mood(Mood::OnlyHttp);
    let client = world.client();
    assert_eq!(
        client.query(Some("CODE-0001")).unwrap_err().status,
        Status::NotActivated
    );
    for _ in 0..2 {
        let refused = client.activate("CODE-0001").unwrap_err();
        assert_eq!(refused.status, Status::Protocol);
        assert!(refused.text.contains("over http"), "{}", refused.text);
        assert!(!client.is_licensed(None));
    }
    let refused = client.query(Some("CODE-0001")).unwrap_err();
    assert_eq!(refused.status, Status::Protocol);
    world.market.mood(Mood::Kind);
    assert_eq!(client.query(Some("CODE-0001")), Ok(Status::Ok));
    assert_eq!(verdict_everywhere(&client), Verdict::Alive);
}

/// What every way of asking says.
fn verdict_everywhere(client: &Client) -> Verdict {
    let told = client.license_info(Some("CODE-0001")).unwrap().verdict;
    assert_eq!(client.is_licensed(Some(b"CODE-0001")), told.is_licensed());
    assert_eq!(client.is_licensed(None), told.is_licensed());
    assert_eq!(client.has_feature(b"P-1"), told.is_licensed());
    told
}

#[test]
fn the_date_of_a_failure_costs_no_licence() {
    let world = World::new();
    let client = world.activated();
    for days in [1, 35, 400] {
        world.market.ahead.store(days * DAY, Ordering::SeqCst);
        let refused = client.query(Some("CODE-9999")).unwrap_err();
        assert_eq!(refused.status, Status::UnknownLicense);
        assert_eq!(verdict_everywhere(&client), Verdict::Alive, "{days}");
    }
}

#[test]
fn the_date_of_a_failure_helps_at_once_and_everywhere() {
    let world = World::new();
    let client = world.activated();
    world.days_later(-2);
    let collected = Collected::of(&client);
    assert_eq!(verdict_everywhere(&client), Verdict::Clock);
    world.market.ahead.store(2 * DAY, Ordering::SeqCst);
    client.query(Some("CODE-9999")).unwrap_err();
    assert_eq!(verdict_everywhere(&client), Verdict::Alive);
    // After those of the activation and of the clock.
    let changed = collected.wait(EventType::LicenseChanged, 3);
    assert_eq!(changed[2]["params"]["Current"], "ALIVE", "{changed:?}");
}

#[test]
fn a_clock_that_was_always_wrong_changes_nothing() {
    let world = World::new();
    world.market.ahead.store(400 * DAY, Ordering::SeqCst);
    world.market.set("CODE-0001", "NEW", T + 500 * DAY);
    let client = world.activated();
    assert_eq!(client.license_info(None).unwrap().verdict, Verdict::Alive);
    assert_eq!(client.license_info(None).unwrap().checked_at, T + 400 * DAY);
    world.days_later(1);
    assert_eq!(client.license_info(None).unwrap().verdict, Verdict::Offline);
}

#[test]
fn a_folder_that_cannot_be_written_costs_an_answer_but_no_licence() {
    let mut world = World::new();
    let blocked = world.folder.path().join("file");
    std::fs::write(&blocked, "in the way").unwrap();
    world = world.with_text(20, blocked.join("sub").to_str().unwrap());
    let client = world.client();
    let status = client.activate("CODE-0001").unwrap_err().status;
    assert!(matches!(status, Status::Storage | Status::StorageDenied));
    assert!(client.is_licensed(None));
    // Asked, and licensed: that it cannot be kept is in the log.
    assert_eq!(client.query(None), Ok(Status::Ok));
    std::fs::remove_file(&blocked).unwrap();
    assert_eq!(client.query(None), Ok(Status::Ok));
    assert!(
        world.client().is_licensed(None),
        "writing was not tried again"
    );
}

/// Hours pass as fast as the runtime can count them. An activation saves what was accepted, then what was confirmed.
#[tokio::test(start_paused = true)]
async fn who_has_waited_for_the_lock_in_vain_does_not_wait_as_long_again() {
    let world = World::new();
    let core = Core::new(world.config(), world.surroundings());
    core.load();
    let held = core.store.try_write_lock().unwrap().unwrap();
    let begun = tokio::time::Instant::now();
    let busy = core
        .activate("CODE-0001", begun + Duration::from_secs(600))
        .await;
    assert_eq!(busy.unwrap_err().status, Status::StorageBusy);
    let waited = begun.elapsed();
    let bound = Duration::from_secs(2)..Duration::from_millis(2500);
    assert!(bound.contains(&waited), "{waited:?}");
    // Licensed all the same, and saved once it can be.
    drop(held);
    core.save_unsaved();
    assert!(world.client().is_licensed(None));
}

#[test]
fn a_change_by_another_process_is_taken_up_and_told() {
    let world = World::new();
    let client = world.activated();
    let watching = world.client();
    let collected = Collected::of(&watching);
    world.market.set("CODE-0001", "EXPIRED", T);
    let _ = client.query(None);
    assert_eq!(
        watching.license_info(None).unwrap().verdict,
        Verdict::Expired
    );
    let change = &collected.wait(EventType::LicenseChanged, 1)[0]["params"];
    assert_eq!(change["Previous"], "ALIVE");
    assert_eq!(change["Current"], "EXPIRED");
    assert_eq!(change["Licensed"], "false");
}

#[test]
fn forgetting_leaves_nothing() {
    let world = World::new();
    world.market.set("CODE-0002", "NEW", T + DAY);
    let client = world.activated();
    client.activate("CODE-0002").unwrap();
    assert_eq!(
        client.forget(Some("CODE-0009")).unwrap_err().status,
        Status::NotActivated
    );
    client.forget(Some("CODE-0001")).unwrap();
    assert_eq!(client.list_licenses().unwrap(), r#"["CODE-0002"]"#);
    client.forget(None).unwrap();
    assert!(!client.is_licensed(None));
    assert_eq!(world.client().list_licenses().unwrap(), "[]");
    assert_eq!(client.forget(None), Ok(Status::Ok));
}

#[test]
fn loading_the_cache_raises_nothing_and_time_raises_changes() {
    let world = World::new();
    world.activated();
    world.days_later(1);
    let client = world.client();
    let collected = Collected::of(&client);
    assert_eq!(client.license_info(None).unwrap().verdict, Verdict::Offline);
    world.days_later(8);
    assert_eq!(client.license_info(None).unwrap().verdict, Verdict::Stale);
    let changes = collected.wait(EventType::LicenseChanged, 1);
    assert_eq!(changes.len(), 1);
    assert_eq!(changes[0]["params"]["Previous"], "OFFLINE");
}

/// What a customer's disk, network drive or hand may do to the state of a program that runs.
type Mishap = fn(&std::path::Path);

const MISHAPS: [(&str, Mishap); 4] = [
    ("the folder is moved", |folder| {
        std::fs::rename(folder, folder.with_extension("moved")).unwrap();
    }),
    ("the folder is removed", |folder| {
        std::fs::remove_dir_all(folder).unwrap();
    }),
    ("a file has the folder's name", |folder| {
        std::fs::rename(folder, folder.with_extension("moved")).unwrap();
        std::fs::write(folder, "in the way").unwrap();
    }),
    ("everything in it is damaged", |folder| {
        for entry in std::fs::read_dir(folder).unwrap() {
            std::fs::write(entry.unwrap().path(), "damaged").unwrap();
        }
    }),
];

#[test]
fn what_becomes_of_the_files_costs_a_running_program_no_licence() {
    for (what, mishap) in MISHAPS {
        let mut world = World::new();
        let folder = world.folder.path().join("state");
        world = world.with_text(20, folder.to_str().unwrap());
        let client = world.activated();
        mishap(&folder);
        client.core.refresh();
        assert!(client.is_licensed(None), "{what}");
        assert_eq!(
            client.list_licenses().unwrap(),
            r#"["CODE-0001"]"#,
            "{what}"
        );
        assert_eq!(client.query(None), Ok(Status::Ok), "{what}");
        assert!(client.is_licensed(None), "{what}");
        if folder.is_file() {
            let fresh = world.client();
            assert_eq!(fresh.heartbeat(None).unwrap_err().status, Status::Storage);
            std::fs::remove_file(&folder).unwrap();
            assert_eq!(client.query(None), Ok(Status::Ok), "{what}");
        }
        world.market.mood(Mood::Unreachable);
        assert!(world.client().is_licensed(None), "{what}: not written anew");
    }
}

#[test]
fn a_state_that_another_process_finds_damaged_is_not_forgotten_here() {
    let world = World::new();
    let client = world.activated();
    let list = || std::fs::read_dir(world.folder.path()).unwrap();
    for entry in list() {
        std::fs::write(entry.unwrap().path(), "damaged").unwrap();
    }
    // Which moves it out of the way.
    assert!(!world.client().is_licensed(None));
    client.core.refresh();
    assert!(client.is_licensed(None));
    // And whoever forgets leaves nothing that was moved away.
    client.query(None).unwrap();
    world.client().forget(None).unwrap();
    client.core.refresh();
    assert!(!client.is_licensed(None));
}

#[test]
fn what_another_process_forgot_is_forgotten_here() {
    let world = World::new();
    let client = world.activated();
    world.client().forget(None).unwrap();
    client.core.refresh();
    assert!(!client.is_licensed(None));
    assert_eq!(client.list_licenses().unwrap(), "[]");
}
