//! What a look for a new version is answered with, and what the program may say to it.

use super::*;

#[test]
fn without_a_feed_upgrades_are_unsupported() {
    let client = World::new().client();
    let refused = client.check_new_versions().unwrap_err();
    assert_eq!(refused.status, Status::Unsupported);
    let refused = client.upgrade_notify(true).unwrap_err();
    assert_eq!(refused.status, Status::Unsupported);
}

#[test]
fn a_new_version_is_told_with_its_notes() {
    let shop = Shop::new();
    shop.publish(&Release::of("2.0.0"));
    let (client, events) = shop.start();
    let early = client.upgrade_notify(true).unwrap_err();
    assert_eq!(early.status, Status::InvalidState);
    assert_eq!(
        look(&client, &events, 1),
        json!({"available": "true", "Version": "2.0.0", "Forced": "false"})
    );
    let update = events.wait(EventType::Update, 1);
    assert_eq!(
        update[0]["params"],
        json!({"fromForceWin": "false", "Version": "2.0.0", "Notes": "faster"})
    );
    client.shutdown(LONG).unwrap();
    assert_eq!(
        client.check_new_versions().unwrap_err().status,
        Status::Closed
    );
    assert_eq!(
        client.upgrade_notify(true).unwrap_err().status,
        Status::Closed
    );
    assert_eq!(shop.helpers(), 0, "nothing is brought unasked");
}

#[test]
fn no_newer_version_or_none_for_this_platform_is_no_failure() {
    let elsewhere = Release {
        platform: "plan9-sparc".into(),
        ..Release::forced("2.0.0")
    };
    for release in [Release::of("1.0"), Release::forced("0.9"), elsewhere] {
        let shop = Shop::new();
        shop.publish(&release);
        let (client, events) = shop.start();
        assert_eq!(look(&client, &events, 1), json!({"available": "false"}));
        let refused = client.upgrade_notify(true).unwrap_err();
        assert_eq!(refused.status, Status::InvalidState);
    }
}

#[test]
fn a_feed_that_is_not_the_vendors_is_refused() {
    let refused = |spoil: &dyn Fn(&Shop)| {
        let shop = Shop::new();
        shop.publish(&Release::forced("2.0.0"));
        spoil(&shop);
        let (client, events) = shop.start();
        let notice = look(&client, &events, 1);
        assert_eq!(notice["available"], "false");
        assert!(!notice["ErrorMsg"].as_str().unwrap().is_empty());
        client.shutdown(LONG).unwrap();
        assert_eq!(shop.files().count(PACKAGE), 0);
        assert_eq!(shop.helpers(), 0);
        notice["ErrorCode"].clone()
    };
    let signature = format!("{FEED}.minisig");
    let bad_signature = code(Status::UpgradeSignature);
    let foreign = |shop: &Shop| shop.publish_signed(&Release::forced("2.0.0"), &Vendor::new());
    assert_eq!(refused(&foreign), bad_signature);
    let cut = |shop: &Shop| shop.files().put(&signature, "untrusted comment", None);
    assert_eq!(refused(&cut), bad_signature);
    let altered = |shop: &Shop| shop.files().put(FEED, "{}", None);
    assert_eq!(refused(&altered), bad_signature);

    let bad_feed = code(Status::UpgradeFeed);
    assert_eq!(refused(&|shop| shop.files().remove(&signature)), bad_feed);
    assert_eq!(refused(&|shop| shop.files().remove(FEED)), bad_feed);
    let large = |shop: &Shop| shop.files().put(FEED, vec![b' '; 1024 * 1024 + 1], None);
    assert_eq!(refused(&large), bad_feed);
    let moved = |shop: &Shop| shop.files().spoil(FEED, Fault::Status(302));
    assert_eq!(refused(&moved), bad_feed);
    let gone = |shop: &Shop| shop.files().spoil(FEED, Fault::Unreachable);
    assert_eq!(refused(&gone), code(Status::Network));
    let mute = |shop: &Shop| shop.files().spoil(FEED, Fault::StopAfter(5));
    assert_eq!(refused(&mute), code(Status::Network));
}

#[test]
fn a_signed_feed_with_a_bad_package_entry_is_refused_before_a_byte_is_fetched() {
    let table = [
        (
            Release {
                url: "http://cad.test/setup",
                ..Release::forced("2.0.0")
            },
            Status::UpgradeFeed,
        ),
        (
            Release {
                url: "setup",
                ..Release::forced("2.0.0")
            },
            Status::UpgradeFeed,
        ),
        (
            Release {
                size: Some(0),
                ..Release::forced("2.0.0")
            },
            Status::UpgradeFeed,
        ),
        (
            Release {
                date: "once",
                ..Release::forced("2.0.0")
            },
            Status::UpgradeFeed,
        ),
        (
            Release {
                version: "2",
                ..Release::forced("2")
            },
            Status::UpgradeFeed,
        ),
        (
            Release {
                comment: Some("product:Mini CAD version:1.5.0 platform:any"),
                ..Release::forced("2.0.0")
            },
            Status::UpgradeSignature,
        ),
    ];
    for (release, status) in table {
        let shop = Shop::new();
        shop.publish(&release);
        let (client, events) = shop.start();
        let notice = look(&client, &events, 1);
        assert_eq!(notice["ErrorCode"], code(status), "{release:?}");
        client.shutdown(LONG).unwrap();
        assert_eq!(shop.files().count(release.url), 0);
    }
}

#[test]
fn an_older_or_replayed_feed_is_refused_also_after_a_restart() {
    let shop = Shop::new();
    let newer = Release {
        date: "2026-05-01T08:00:00Z",
        ..Release::of("2.0.0")
    };
    shop.publish(&newer);
    let (client, _events) = shop.told();
    client.shutdown(LONG).unwrap();
    for old in [Release::forced("1.5.0"), Release::forced("2.0.0")] {
        shop.publish(&old);
        let (client, events) = shop.start();
        let notice = look(&client, &events, 1);
        assert_eq!(notice["ErrorCode"], code(Status::UpgradeFeed), "{old:?}");
    }
    shop.publish(&newer);
    let (client, events) = shop.start();
    assert_eq!(look(&client, &events, 1)["available"], "true");
}

#[test]
fn forgetting_everything_brings_no_old_feed_back() {
    let shop = Shop::new();
    shop.world.market.set("CODE-0001", "NEW", T + 100);
    let newer = Release {
        date: "2026-05-01T08:00:00Z",
        ..Release::of("2.0.0")
    };
    shop.publish(&newer);
    let (client, events) = shop.told();
    client.activate("CODE-0001").unwrap();
    client.upgrade_notify(false).unwrap();
    assert_eq!(look(&client, &events, 2), json!({"available": "false"}));
    client.forget(None).unwrap();
    client.shutdown(LONG).unwrap();
    let (client, events) = shop.start();
    assert_eq!(client.list_licenses().unwrap(), "[]");
    for (number, old) in [Release::forced("1.5.0"), Release::forced("2.0.0")]
        .iter()
        .enumerate()
    {
        shop.publish(old);
        let notice = look(&client, &events, number + 1);
        assert_eq!(notice["ErrorCode"], code(Status::UpgradeFeed), "{old:?}");
    }
    shop.publish(&newer);
    let notice = look(&client, &events, 3);
    assert_eq!(
        notice["available"], "true",
        "what was declined is forgotten"
    );
}

#[test]
fn a_declined_version_stays_quiet_until_a_newer_or_a_forced_one() {
    let shop = Shop::new();
    shop.publish(&Release::of("2.0.0"));
    let (client, events) = shop.told();
    assert_eq!(client.upgrade_notify(false), Ok(Status::Ok));
    let twice = client.upgrade_notify(false).unwrap_err();
    assert_eq!(twice.status, Status::InvalidState);
    assert_eq!(look(&client, &events, 2), json!({"available": "false"}));
    client.shutdown(LONG).unwrap();

    let (client, events) = shop.start();
    assert_eq!(look(&client, &events, 1), json!({"available": "false"}));
    shop.publish(&Release::of("2.1.0"));
    assert_eq!(look(&client, &events, 2)["Version"], "2.1.0");
    assert_eq!(client.upgrade_notify(false), Ok(Status::Ok));
    shop.publish(&Release::forced("2.1.0"));
    assert_eq!(look(&client, &events, 3)["Forced"], "true");
    assert_eq!(
        events.wait(EventType::Update, 2).len(),
        2,
        "none for the declined ones"
    );
}

#[test]
fn a_forced_version_needs_no_answer_and_cannot_be_declined() {
    let shop = Shop::new();
    shop.publish(&Release::forced("2.0.0"));
    let (client, events) = shop.told();
    assert_eq!(
        events.wait(EventType::Update, 1)[0]["params"]["fromForceWin"],
        "true"
    );
    let refused = client.upgrade_notify(false).unwrap_err();
    assert_eq!(refused.status, Status::InvalidState);
    assert_eq!(client.upgrade_notify(true), Ok(Status::Already));
    stage(&events, "staged");
    assert_eq!(shop.helpers(), 1);
}

#[test]
fn both_calls_work_inside_the_callback() {
    struct Accepting(Arc<Client>, Arc<Collected>);
    impl Receiver<Event> for Accepting {
        fn receive(&self, event: &Event) {
            match event.kind {
                EventType::UpgradeNotice => assert_eq!(self.0.check_new_versions(), Ok(Status::Ok)),
                EventType::Update => assert!(self.0.upgrade_notify(true).is_ok()),
                _ => {}
            }
            self.1.receive(event);
        }

        fn retire(&self) {}
    }
    let shop = Shop::new();
    shop.publish(&Release::of("2.0.0"));
    let client = Arc::new(Client::start(shop.world.config(), shop.surroundings()).unwrap());
    let events = Arc::new(Collected::default());
    client
        .register(Arc::new(Accepting(client.clone(), events.clone())))
        .unwrap();
    client.check_new_versions().unwrap();
    stage(&events, "staged");
    client.shutdown(LONG).unwrap();
}

#[test]
fn calls_that_wait_for_the_same_look_are_answered_together() {
    let shop = Shop::new();
    shop.publish(&Release::of("2.0.0"));
    // The look that is under way hangs until its time is over.
    shop.files().spoil(FEED, Fault::MuteAfter(3));
    let shop = Shop {
        world: shop.world.with(33, 1000),
        ..shop
    };
    let (client, events) = shop.start();
    client.check_new_versions().unwrap();
    until(|| shop.files().muted.load(Ordering::SeqCst) == 1);
    for _ in 0..50 {
        assert_eq!(client.check_new_versions(), Ok(Status::Ok));
    }
    let notices = events.wait(EventType::UpgradeNotice, 2);
    assert_eq!(notices[0]["params"]["ErrorCode"], code(Status::Timeout));
    assert_eq!(notices[1]["params"]["available"], "true");
    client.shutdown(LONG).unwrap();
    assert_eq!(shop.files().count(FEED), 2);
}
