//! A download that is broken off, by the server, a shutdown or a kill: it goes on where it was, and what was spoilt is fetched
//! anew.

use super::*;

/// Shut down while the server is silent behind the first 4000 bytes.
fn broken_off(shop: &Shop) -> Client {
    shop.files().spoil(PACKAGE, Fault::MuteAfter(4000));
    let (client, _events) = accepted(shop);
    until(|| shop.files().muted.load(Ordering::SeqCst) == 1);
    assert_eq!(client.shutdown(LONG), Ok(Status::Ok));
    client
}

#[test]
fn a_download_that_breaks_is_resumed_where_it_stopped() {
    for fault in [Fault::StopAfter(4000), Fault::EndAfter(4000)] {
        let shop = Shop::new();
        let release = Release::of("2.0.0");
        shop.publish(&release);
        shop.files().spoil(PACKAGE, fault);
        let (client, events) = accepted(&shop);
        stage(&events, "staged");
        assert_eq!(staged_bytes(&shop, &client), release.bytes);
        assert_eq!(
            shop.files().ranges(PACKAGE),
            [None, Some("bytes=4000-".into())]
        );
    }
}

#[test]
fn a_file_that_changed_or_a_server_without_ranges_begins_anew() {
    for second in [
        None,
        Some(Fault::IgnoreRange),
        Some(Fault::WrongRange),
        Some(Fault::Status(416)),
    ] {
        let shop = Shop::new();
        let release = Release::of("2.0.0");
        shop.publish(&release);
        let client = broken_off(&shop);
        assert_eq!(part_bytes(&shop, &client), release.bytes[..4000]);
        match &second {
            Some(fault) => shop.files().spoil(PACKAGE, fault.clone()),
            None => shop
                .files()
                .put(PACKAGE, release.bytes.clone(), Some("\"two\"")),
        }
        let (client, events) = shop.told();
        stage(&events, "staged");
        assert_eq!(staged_bytes(&shop, &client), release.bytes, "{second:?}");
        assert_eq!(
            shop.files().ranges(PACKAGE)[1].as_deref(),
            Some("bytes=4000-")
        );
    }
}

#[test]
fn a_shutdown_cuts_the_download_and_loses_nothing() {
    let shop = Shop::new();
    let release = Release::of("2.0.0");
    shop.publish(&release);
    let client = broken_off(&shop);
    assert_eq!(part_bytes(&shop, &client), release.bytes[..4000]);
    assert_nothing_staged(&shop, &client);
    // The next start goes on by itself where the background may.
    let shop = Shop {
        world: shop.world.with(43, 1),
        ..shop
    };
    let (client, events) = shop.start();
    stage(&events, "staged");
    assert_eq!(staged_bytes(&shop, &client), release.bytes);
    assert_eq!(
        shop.files().ranges(PACKAGE)[1].as_deref(),
        Some("bytes=4000-")
    );
    assert!(
        !events.kinds().contains(&EventType::UpgradeNotice),
        "nobody asked"
    );
}

#[test]
fn without_the_background_a_broken_download_waits_for_the_next_look() {
    let shop = Shop::new();
    shop.publish(&Release::of("2.0.0"));
    broken_off(&shop);
    let asked = shop.files().asked.lock().unwrap().len();
    let (client, events) = shop.start();
    // Behind whatever the start has put there.
    client.core.call(|_, _| async { Ok(Status::Ok) }).unwrap();
    assert_eq!(
        shop.files().asked.lock().unwrap().len(),
        asked,
        "nothing is sent outside calls"
    );
    look(&client, &events, 1);
    stage(&events, "staged");
}

#[test]
fn a_kill_between_any_two_steps_of_staging_is_made_good() {
    let release = Release::of("2.0.0");
    let steps: [fn(&Staging, &Release); 4] = [
        |staging, release| std::fs::write(staging.part(&version("2.0.0")), &release.bytes).unwrap(),
        |staging, _| std::fs::write(staging.dir().join("feed.json"), "{").unwrap(),
        |staging, release| {
            std::fs::write(staging.package(&version("2.0.0")), &release.bytes[..9]).unwrap();
        },
        |staging, _| std::fs::write(staging.dir().join("plan.json"), "").unwrap(),
    ];
    for step in steps {
        let shop = Shop::on(World::new().with(43, 1));
        shop.publish(&release);
        let client = broken_off(&shop);
        step(&shop.staging(&client), &release);
        let (client, events) = shop.start();
        stage(&events, "staged");
        assert_eq!(staged_bytes(&shop, &client), release.bytes);
        assert!(shop.staging(&client).plan().unwrap().is_some());
    }
}

#[test]
fn a_part_that_was_spoilt_meanwhile_is_fetched_anew_once() {
    let shop = Shop::new();
    let release = Release::of("2.0.0");
    shop.publish(&release);
    let client = broken_off(&shop);
    std::fs::write(shop.staging(&client).part(&version("2.0.0")), [0; 4000]).unwrap();
    let (client, events) = shop.told();
    stage(&events, "staged");
    assert_eq!(staged_bytes(&shop, &client), release.bytes);
    let ranges = shop.files().ranges(PACKAGE);
    assert_eq!(ranges, [None, Some("bytes=4000-".into()), None]);
}

#[test]
fn what_is_kept_of_a_download_that_fails_is_told() {
    let shop = Shop::new();
    shop.publish(&Release::of("2.0.0"));
    shop.files().spoil(PACKAGE, Fault::StopAfter(4000));
    shop.files().spoil(PACKAGE, Fault::Status(403));
    let (client, events) = accepted(&shop);
    assert_eq!(bytes(&stage(&events, "failed")), (4000, SIZE, 40));
    assert_eq!(client.upgrade_notify(true), Ok(Status::Ok));
    assert_eq!(bytes(&stage(&events, "staged")), (SIZE, SIZE, 100));
    let range = shop.files().ranges(PACKAGE).pop().flatten();
    assert_eq!(range.as_deref(), Some("bytes=4000-"));
}

/// Hours pass as fast as the runtime can count them.
#[tokio::test(start_paused = true)]
async fn a_server_that_is_away_is_asked_with_patience_and_not_for_ever() {
    let shop = Shop::new();
    shop.publish(&Release::of("2.0.0"));
    for _ in 0..3 {
        shop.files().spoil(PACKAGE, Fault::Unreachable);
    }
    let core = Core::new(shop.world.config(), shop.surroundings());
    core.load();
    let begun = tokio::time::Instant::now();
    core.bring_newest().await;
    let minutes = begun.elapsed().as_secs() / 60;
    assert!(
        (6..=8).contains(&minutes),
        "1 + 2 + 4 minutes, not {minutes}"
    );
    assert_eq!(shop.helpers(), 1);

    shop.publish(&Release::of("3.0.0"));
    for _ in 0..50 {
        shop.files().spoil(PACKAGE, Fault::Status(503));
    }
    let asked = shop.files().count(PACKAGE);
    core.bring_newest().await;
    assert_eq!(shop.files().count(PACKAGE) - asked, 10);
}

#[test]
fn what_the_user_said_is_on_the_disk_before_the_download_is() {
    let shop = Shop::new();
    shop.publish(&Release::of("2.0.0"));
    shop.files().spoil(PACKAGE, Fault::MuteAfter(0));
    let (client, _events) = accepted(&shop);
    until(|| shop.files().muted.load(Ordering::SeqCst) == 1);
    // As a kill at this moment would leave it.
    let stored = client.core.store.load().suite.upgrade;
    assert_eq!(stored.accepted, "2.0.0");
}
