//! A download that comes to its end: verified, staged, told of, shared between processes, let go of.

use super::*;
use crate::upgrade::plan::Plan;

#[test]
fn an_accepted_version_is_staged_with_a_plan_and_the_helper_waits() {
    let shop = Shop::new();
    let release = Release::of("2.0.0");
    shop.publish(&release);
    let (client, events) = accepted(&shop);
    let told = stage(&events, "staged");
    assert_eq!(
        (&told["Downloaded"], &told["Percent"]),
        (&json!(SIZE), &json!(100))
    );
    assert_eq!(client.upgrade_notify(true), Ok(Status::Already));
    let staging = Staging::open(shop.staging(&client).dir()).unwrap();
    let program = std::env::current_exe().unwrap();
    let plan = Plan {
        format: 1,
        product: "Mini CAD".into(),
        installed: "1.0.0".into(),
        version: "2.0.0".into(),
        platform: this_platform(),
        public_keys: vec![shop.vendor.key()],
        install_dir: program.parent().unwrap().into(),
        program,
    };
    assert_eq!(staging.plan(), Ok(Some(plan)));
    assert_eq!(staged_bytes(&shop, &client), release.bytes);
    let feed = staging.signed_feed().unwrap().unwrap();
    let keys = crate::upgrade::Keys::parse([shop.vendor.key().as_str()]).unwrap();
    assert_eq!(keys.verify_feed(&feed.feed, &feed.signature), Ok(()));
    assert_eq!(*shop.helpers.lock().unwrap(), [staging.dir()]);
    client.shutdown(LONG).unwrap();
    assert!(
        crate::upgrade::running::try_alone(&staging.running())
            .unwrap()
            .is_none(),
        "the program runs on after the client's shutdown"
    );
}

#[test]
fn a_feed_with_other_notes_does_not_fetch_the_package_again_and_one_with_another_package_does() {
    let shop = Shop::new();
    let first = Release::of("2.0.0");
    shop.publish(&first);
    let (client, events) = accepted(&shop);
    stage(&events, "staged");
    client.shutdown(LONG).unwrap();
    let reworded = Release {
        notes: "faster by far",
        date: "2026-04-01T08:00:00Z",
        url: "https://cad.test/mirror/setup",
        ..Release::of("2.0.0")
    };
    shop.publish(&reworded);
    let (client, events) = shop.told();
    stage(&events, "staged");
    client.shutdown(LONG).unwrap();
    assert_eq!(shop.files().count(PACKAGE), 1);
    assert_eq!(shop.files().count(reworded.url), 0);
    // The helper is given the new one.
    let staging = shop.staging(&client);
    let staged = staging.signed_feed().unwrap().unwrap();
    let keys = crate::upgrade::Keys::parse([shop.vendor.key().as_str()]).unwrap();
    assert_eq!(keys.verify_feed(&staged.feed, &staged.signature), Ok(()));
    assert!(
        String::from_utf8(staged.feed)
            .unwrap()
            .contains("faster by far")
    );
    assert!(staging.plan().unwrap().is_some());

    let mended = Release {
        date: "2026-04-02T08:00:00Z",
        bytes: vec![1; SIZE],
        ..Release::of("2.0.0")
    };
    shop.publish(&mended);
    let (client, events) = shop.told();
    stage(&events, "staged");
    assert_eq!(shop.files().count(PACKAGE), 2);
    assert_eq!(staged_bytes(&shop, &client), mended.bytes);
}

#[test]
fn a_package_whose_plan_was_never_written_is_not_fetched_again() {
    let shop = Shop::new();
    shop.publish(&Release::of("2.0.0"));
    let (client, events) = accepted(&shop);
    stage(&events, "staged");
    client.shutdown(LONG).unwrap();
    // As a kill just before the plan leaves it.
    let staging = shop.staging(&client);
    staging.clear_plan().unwrap();
    let (client, events) = shop.told();
    stage(&events, "staged");
    assert!(staging.plan().unwrap().is_some());
    client.shutdown(LONG).unwrap();
    assert_eq!(shop.files().count(PACKAGE), 1);
    // One that is as long and another is.
    staging.clear_plan().unwrap();
    std::fs::write(staging.package(&version("2.0.0")), [0; SIZE]).unwrap();
    let (client, events) = shop.told();
    stage(&events, "staged");
    assert_eq!(shop.files().count(PACKAGE), 2);
    assert_eq!(staged_bytes(&shop, &client), Release::of("2.0.0").bytes);
}

#[test]
fn several_processes_download_once() {
    let shop = Shop::new();
    shop.publish(&Release::of("2.0.0"));
    let clients: Vec<_> = (0..4).map(|_| shop.told()).collect();
    for (client, _) in &clients {
        client.upgrade_notify(true).unwrap();
    }
    for (_, events) in &clients {
        stage(events, "staged");
    }
    assert_eq!(shop.files().count(PACKAGE), 1);
}

#[test]
fn declining_lets_go_of_a_download_and_removes_what_was_staged() {
    let shop = Shop::new();
    shop.publish(&Release::of("2.0.0"));
    let (client, events) = accepted(&shop);
    stage(&events, "staged");
    let staging = shop.staging(&client);
    assert_eq!(client.upgrade_notify(false), Ok(Status::Ok));
    until(|| staging.plan() == Ok(None) && !staging.package(&version("2.0.0")).exists());
    until(|| lock(&client.core.ledger).suite.upgrade.declined == "2.0.0");
    assert_eq!(lock(&client.core.ledger).suite.upgrade.accepted, "");
}

#[test]
fn progress_never_falls_and_ends_with_the_whole() {
    let shop = Shop::new();
    shop.publish(&Release::of("2.0.0"));
    let (_client, events) = accepted(&shop);
    stage(&events, "staged");
    let told = events.wait(EventType::UpgradeProgress, 1);
    let loading: Vec<u64> = told
        .iter()
        .filter(|told| told["params"]["Stage"] == "downloading")
        .map(|told| told["params"]["Downloaded"].as_u64().unwrap())
        .collect();
    assert!(loading.is_sorted(), "{loading:?}");
    assert_eq!(
        (loading.first(), loading.last()),
        (Some(&0), Some(&(SIZE as u64)))
    );
    let stages: Vec<&str> = told
        .iter()
        .map(|t| t["params"]["Stage"].as_str().unwrap())
        .collect();
    assert!(
        stages.ends_with(&["downloading", "verifying", "staged"]),
        "{stages:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn progress_is_told_ten_times_a_second_and_pushes_out_no_other_event() {
    for (piece_ms, most) in [(10, 4 + 10), (150, 4 + 16)] {
        let shop = Shop::new();
        let release = Release {
            bytes: vec![7; 100_000],
            ..Release::of("2.0.0")
        };
        shop.publish(&release);
        let slow = Fault::Slow(Duration::from_millis(piece_ms));
        shop.files().spoil(PACKAGE, slow);
        let core = Core::new(shop.world.config(), shop.surroundings());
        core.load();
        core.bring_newest().await;
        assert_eq!(shop.helpers(), 1);
        // First and last, verifying and staged, and what is between.
        let told = core.life.hub.waiting();
        assert!((10..=most).contains(&told), "{told} events");
    }
}

/// A package that is refused at its end, so that nothing but the verification lies between the last byte and its removal.
#[tokio::test]
async fn others_have_their_turn_while_a_large_package_is_verified() {
    const CHUNKS: usize = 16;
    let shop = Shop::new();
    let release = Release {
        bytes: vec![7; CHUNKS * 256 * 1024],
        ..Release::of("2.0.0")
    };
    shop.publish(&release);
    shop.files()
        .put(PACKAGE, vec![8; release.bytes.len()], None);
    let core = Core::new(shop.world.config(), shop.surroundings());
    core.load();
    let part = Staging::beside(&core.store.file().unwrap()).part(&version("2.0.0"));
    let bringing = tokio::spawn(async move { core.bring_newest().await });
    let mut turns = 0;
    while !bringing.is_finished() {
        let whole = part
            .metadata()
            .is_ok_and(|part| part.len() == release.bytes.len() as u64);
        turns += usize::from(whole);
        tokio::task::yield_now().await;
    }
    bringing.await.unwrap();
    assert_eq!(shop.helpers(), 0);
    assert!(turns >= CHUNKS, "{turns} turns");
}
