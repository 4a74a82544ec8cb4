//! The download: resumed, bounded, verified, shared between processes, let go of.

use super::*;
use crate::upgrade::plan::Plan;

/// A client that has accepted version 2.
fn accepted(shop: &Shop) -> (Client, Arc<Collected>) {
    let (client, events) = shop.told();
    assert_eq!(client.upgrade_notify(true), Ok(Status::Ok));
    (client, events)
}

fn staged_bytes(shop: &Shop, client: &Client) -> Vec<u8> {
    let package = shop.staging(client).package(&version("2.0.0"));
    std::fs::read(package).unwrap()
}

fn part_bytes(shop: &Shop, client: &Client) -> Vec<u8> {
    std::fs::read(shop.staging(client).part(&version("2.0.0"))).unwrap_or_default()
}

/// Nothing is staged, and nobody would run it.
fn assert_nothing_staged(shop: &Shop, client: &Client) {
    let staging = shop.staging(client);
    assert_eq!(staging.plan(), Ok(None));
    assert!(!staging.package(&version("2.0.0")).exists());
    assert_eq!(shop.helpers(), 0);
}

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
        shop.files().spoil(PACKAGE, Fault::MuteAfter(4000));
        let (client, _events) = accepted(&shop);
        until(|| shop.files().muted.load(Ordering::SeqCst) == 1);
        client.shutdown(LONG).unwrap();
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
    shop.files().spoil(PACKAGE, Fault::MuteAfter(4000));
    let (client, _events) = accepted(&shop);
    until(|| shop.files().muted.load(Ordering::SeqCst) == 1);
    assert_eq!(client.shutdown(LONG), Ok(Status::Ok));
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
    shop.files().spoil(PACKAGE, Fault::MuteAfter(4000));
    let (client, _events) = accepted(&shop);
    until(|| shop.files().muted.load(Ordering::SeqCst) == 1);
    client.shutdown(LONG).unwrap();
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
        shop.files().spoil(PACKAGE, Fault::MuteAfter(4000));
        let (client, _events) = accepted(&shop);
        until(|| shop.files().muted.load(Ordering::SeqCst) == 1);
        client.shutdown(LONG).unwrap();
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
    shop.files().spoil(PACKAGE, Fault::MuteAfter(4000));
    let (client, _events) = accepted(&shop);
    until(|| shop.files().muted.load(Ordering::SeqCst) == 1);
    client.shutdown(LONG).unwrap();
    std::fs::write(shop.staging(&client).part(&version("2.0.0")), [0; 4000]).unwrap();
    let (client, events) = shop.told();
    stage(&events, "staged");
    assert_eq!(staged_bytes(&shop, &client), release.bytes);
    let ranges = shop.files().ranges(PACKAGE);
    assert_eq!(ranges, [None, Some("bytes=4000-".into()), None]);
}

#[test]
fn bytes_that_are_not_the_announced_ones_are_refused_and_removed() {
    let release = Release::of("2.0.0");
    let corrupt: Vec<u8> = release.bytes.iter().map(|byte| !byte).collect();
    let larger = [&release.bytes[..], b"x"].concat();
    type Spoil<'a> = &'a dyn Fn(&Shop);
    let spoils: [(Spoil, Status); 5] = [
        (
            &|shop| shop.files().put(PACKAGE, corrupt.clone(), None),
            Status::UpgradeSignature,
        ),
        (
            &|shop| shop.files().put(PACKAGE, larger.clone(), None),
            Status::UpgradeDownload,
        ),
        (
            &|shop| shop.files().put(PACKAGE, &release.bytes[..9], None),
            Status::UpgradeDownload,
        ),
        (
            &|shop| shop.files().spoil(PACKAGE, Fault::Longer(1)),
            Status::UpgradeDownload,
        ),
        (
            &|shop| shop.files().remove(PACKAGE),
            Status::UpgradeDownload,
        ),
    ];
    for (number, (spoil, status)) in spoils.into_iter().enumerate() {
        let shop = Shop::new();
        shop.publish(&release);
        spoil(&shop);
        let (client, events) = accepted(&shop);
        let told = stage(&events, "failed");
        assert_eq!(told["ErrorCode"], code(status), "{number}: {told}");
        assert_nothing_staged(&shop, &client);
        assert_eq!(part_bytes(&shop, &client), b"", "{number}");
        // It may be accepted again, once the vendor has put it right.
        shop.publish(&release);
        assert_eq!(client.upgrade_notify(true), Ok(Status::Ok));
        stage(&events, "staged");
    }
}

#[test]
fn a_redirect_of_the_package_is_not_followed() {
    let shop = Shop::new();
    shop.publish(&Release::of("2.0.0"));
    shop.files().spoil(PACKAGE, Fault::Status(302));
    let (client, events) = accepted(&shop);
    let told = stage(&events, "failed");
    assert!(
        told["ErrorMsg"].as_str().unwrap().contains("redirects"),
        "{told}"
    );
    assert_nothing_staged(&shop, &client);
}

/// For the package, the copy of it that the helper runs, and 16 MiB for everybody else.
#[test]
fn without_room_on_the_disk_nothing_is_fetched() {
    const ENOUGH: u64 = 2 * SIZE as u64 + 16 * 1024 * 1024;
    let shop = Shop {
        room: ENOUGH,
        ..Shop::new()
    };
    shop.publish(&Release::of("2.0.0"));
    let (_client, events) = accepted(&shop);
    stage(&events, "staged");
    let shop = Shop {
        room: ENOUGH - 1,
        ..Shop::new()
    };
    shop.publish(&Release::of("2.0.0"));
    let (client, events) = accepted(&shop);
    let told = stage(&events, "failed");
    assert_eq!(told["ErrorCode"], code(Status::Storage));
    assert!(
        told["ErrorMsg"].as_str().unwrap().contains("bytes left"),
        "{told}"
    );
    assert_eq!(shop.files().count(PACKAGE), 0);
    assert_nothing_staged(&shop, &client);
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
fn a_helper_that_is_missing_or_fails_is_told() {
    let shop = Shop::new();
    shop.publish(&Release::of("2.0.0"));
    std::fs::remove_file(shop.world.folder.path().join("helper")).unwrap();
    let (_client, events) = accepted(&shop);
    let told = stage(&events, "failed");
    assert!(
        told["ErrorMsg"].as_str().unwrap().contains("is missing"),
        "{told}"
    );
    assert_eq!(shop.helpers(), 0);

    let shop = Shop {
        helper_code: 3,
        ..Shop::new()
    };
    shop.publish(&Release::of("2.0.0"));
    let (_client, events) = accepted(&shop);
    let told = stage(&events, "failed");
    assert!(
        told["ErrorMsg"].as_str().unwrap().contains("ended with 3"),
        "{told}"
    );
}

#[test]
fn a_folder_that_is_a_link_is_not_used() {
    let shop = Shop::new();
    shop.publish(&Release::of("2.0.0"));
    let (client, events) = shop.told();
    let elsewhere = TempDir::new().unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink(elsewhere.path(), shop.staging(&client).dir()).unwrap();
    #[cfg(windows)]
    std::fs::write(shop.staging(&client).dir(), "in the way").unwrap();
    client.upgrade_notify(true).unwrap();
    stage(&events, "failed");
    assert_eq!(std::fs::read_dir(elsewhere.path()).unwrap().count(), 0);
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

/// Only the administrator can make such a world.
#[cfg(unix)]
#[test]
fn in_scope_machine_a_folder_that_is_not_the_administrators_asks_for_him() {
    use std::os::unix::fs::PermissionsExt;
    if !crate::platform::process::may_be_administrator() {
        println!("skipped: scope machine takes an administrator");
        return;
    }
    let shop = Shop::on(World::new().with_text(21, "machine"));
    shop.publish(&Release::of("2.0.0"));
    let (client, events) = shop.told();
    let staging = shop.staging(&client);
    std::fs::create_dir(staging.dir()).unwrap();
    std::fs::set_permissions(staging.dir(), std::fs::Permissions::from_mode(0o777)).unwrap();
    client.upgrade_notify(true).unwrap();
    let told = stage(&events, "needs_admin");
    assert_eq!(told["ErrorCode"], code(Status::StorageDenied));
    assert_eq!((shop.files().count(PACKAGE), shop.helpers()), (0, 0));
}
