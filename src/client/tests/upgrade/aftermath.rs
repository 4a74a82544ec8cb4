//! What the next start tells of an installation, and does about one that has not happened.

use super::*;
use crate::upgrade::plan::{Ended, Outcome};

fn outcome(ended: Ended, attempts: u32) -> Outcome {
    Outcome {
        version: "2.0.0".into(),
        outcome: ended,
        exit_code: (ended != Ended::Installed).then_some(5),
        text: "the installer ended".into(),
        attempts,
        at: T + i64::from(attempts),
    }
}

/// A shop in which version 2 has been staged, and the program has ended.
fn staged() -> (Shop, Staging) {
    let shop = Shop::new();
    shop.publish(&Release::of("2.0.0"));
    let (client, events) = shop.told();
    client.upgrade_notify(true).unwrap();
    stage(&events, "staged");
    client.shutdown(LONG).unwrap();
    let staging = shop.staging(&client);
    (shop, staging)
}

/// The start has seen to what an earlier run left. A download that it began would by now be wanted: see [`is_idle`].
fn settled(client: &Client) {
    until(|| client.core.upgrades.taken_up.load(Ordering::SeqCst));
}

/// Nothing is being brought, nor has been.
fn is_idle(client: &Client) -> bool {
    !client.core.upgrades.is_wanted(&version("2.0.0"))
}

#[test]
fn success_is_told_once_and_nothing_stays() {
    let (shop, staging) = staged();
    staging
        .write_outcome(&outcome(Ended::Installed, 1))
        .unwrap();
    let shop = Shop {
        world: shop.world.with_text(3, "2.0.0"),
        ..shop
    };
    let (client, events) = shop.start();
    let told = stage(&events, "installed");
    assert_eq!(told["Version"], "2.0.0");
    assert_eq!(bytes(&told), (0, 0, 100));
    until(|| !staging.package(&version("2.0.0")).exists() && staging.plan() == Ok(None));
    assert_eq!(staging.outcome(), Ok(None));
    client.shutdown(LONG).unwrap();
    let (client, events) = shop.start();
    settled(&client);
    client.shutdown(LONG).unwrap();
    assert!(!events.kinds().contains(&EventType::UpgradeProgress));
    assert_eq!(shop.helpers(), 1, "only the first one");
}

#[test]
fn an_installer_that_installed_nothing_has_failed_whatever_it_says() {
    let (shop, staging) = staged();
    // As the helper leaves it.
    staging.clear(None).unwrap();
    staging
        .write_outcome(&outcome(Ended::Installed, 1))
        .unwrap();
    shop.publish(&Release::forced("2.0.0"));
    let (client, events) = shop.start();
    let told = stage(&events, "install_failed");
    let text = told["ErrorMsg"].as_str().unwrap();
    assert!(text.contains("version 1.0.0 still runs"), "{text}");
    look(&client, &events, 1);
    events.wait(EventType::Update, 1);
    settled(&client);
    assert!(is_idle(&client), "it would fail the same way at every end");
    assert_eq!((shop.helpers(), shop.files().count(PACKAGE)), (1, 1));
}

#[test]
fn a_failure_is_told_and_tried_again_at_the_next_end() {
    let (shop, staging) = staged();
    for (attempt, ended, word) in [
        (1, Ended::Failed, "install_failed"),
        (2, Ended::NeedsAdmin, "needs_admin"),
    ] {
        staging.write_outcome(&outcome(ended, attempt)).unwrap();
        let (client, events) = shop.start();
        let told = stage(&events, word);
        assert!(
            told["ErrorMsg"].as_str().unwrap().contains("exit code 5"),
            "{told}"
        );
        assert_eq!(bytes(&told), (0, 0, 0));
        until(|| shop.helpers() == 1 + attempt as usize);
        assert!(staging.package(&version("2.0.0")).exists());
        client.shutdown(LONG).unwrap();
    }
}

#[test]
fn after_the_third_failure_a_forced_version_is_left_alone_until_it_is_published_anew() {
    let (shop, staging) = staged();
    staging.write_outcome(&outcome(Ended::Failed, 3)).unwrap();
    let (client, events) = shop.start();
    stage(&events, "install_failed");
    until(|| staging.plan() == Ok(None));
    shop.publish(&Release::forced("2.0.0"));
    look(&client, &events, 1);
    events.wait(EventType::Update, 1);
    settled(&client);
    assert!(
        is_idle(&client),
        "what is to be brought is so before it is told"
    );
    assert_eq!((shop.helpers(), shop.files().count(PACKAGE)), (1, 1));
    // The user may say so, and the vendor may have put it right.
    shop.publish(&Release {
        date: "2026-04-01T08:00:00Z",
        ..Release::forced("2.0.0")
    });
    look(&client, &events, 2);
    stage(&events, "staged");
    assert_eq!((shop.helpers(), shop.files().count(PACKAGE)), (2, 2));
}

#[test]
fn a_package_that_the_helper_has_refused_for_good_is_not_fetched_again_unasked() {
    let (shop, staging) = staged();
    staging.clear(None).unwrap();
    staging.write_outcome(&outcome(Ended::Failed, 1)).unwrap();
    let shop = Shop {
        world: shop.world.with(43, 1),
        ..shop
    };
    let (client, events) = shop.start();
    stage(&events, "install_failed");
    settled(&client);
    assert!(is_idle(&client));
    client.shutdown(LONG).unwrap();
    let (client, _events) = shop.start();
    settled(&client);
    assert!(is_idle(&client));
    client.shutdown(LONG).unwrap();
    assert_eq!(shop.files().count(PACKAGE), 1);
}

#[test]
fn after_the_third_failure_nothing_is_tried_by_itself_but_the_user_may() {
    let (shop, staging) = staged();
    staging.write_outcome(&outcome(Ended::Failed, 3)).unwrap();
    // The background may do what it likes, at this start and at the next.
    let shop = Shop {
        world: shop.world.with(43, 1),
        ..shop
    };
    let (client, events) = shop.start();
    stage(&events, "install_failed");
    settled(&client);
    assert!(is_idle(&client));
    client.shutdown(LONG).unwrap();
    let (client, events) = shop.start();
    settled(&client);
    assert_eq!(look(&client, &events, 1)["available"], "true");
    events.wait(EventType::Update, 1);
    assert!(is_idle(&client));
    assert_eq!((shop.helpers(), shop.files().count(PACKAGE)), (1, 1));
    assert_eq!(client.upgrade_notify(true), Ok(Status::Ok));
    stage(&events, "staged");
    assert_eq!((shop.helpers(), shop.files().count(PACKAGE)), (2, 2));
    assert_eq!(staging.attempts().unwrap().count, 0, "all three anew");
}

#[test]
fn a_plan_that_nobody_carried_out_gets_a_helper_again() {
    let (shop, staging) = staged();
    let (client, events) = shop.start();
    until(|| shop.helpers() == 2);
    settled(&client);
    assert!(staging.plan().unwrap().is_some());
    assert!(!events.kinds().contains(&EventType::UpgradeProgress));
}

#[test]
fn a_plan_for_what_is_installed_already_is_removed() {
    let (shop, staging) = staged();
    let shop = Shop {
        world: shop.world.with_text(3, "2.5.0"),
        ..shop
    };
    let (client, _events) = shop.start();
    until(|| staging.plan() == Ok(None));
    settled(&client);
    assert!(!staging.package(&version("2.0.0")).exists());
    assert_eq!(shop.helpers(), 1);
}

#[test]
fn a_staged_package_whose_helper_is_gone_is_told_with_its_size() {
    let (shop, _staging) = staged();
    std::fs::remove_file(shop.world.folder.path().join("helper")).unwrap();
    let (_client, events) = shop.start();
    assert_eq!(bytes(&stage(&events, "failed")), (SIZE, SIZE, 100));
}

#[test]
fn damaged_files_stop_nobody() {
    let (shop, staging) = staged();
    for name in ["plan.json", "result.json", "attempts.json", "feed.json"] {
        std::fs::write(staging.dir().join(name), "{\"version\":").unwrap();
    }
    let (client, events) = shop.start();
    until(|| staging.plan() == Ok(None) && staging.outcome() == Ok(None));
    look(&client, &events, 1);
    stage(&events, "staged");
    assert_eq!(shop.helpers(), 2);
}

#[test]
fn nothing_is_started_once_the_client_is_closing() {
    let shop = Shop::new();
    shop.publish(&Release::of("2.0.0"));
    let (client, events) = shop.told();
    shop.files().spoil(PACKAGE, Fault::MuteAfter(SIZE));
    client.upgrade_notify(true).unwrap();
    until(|| shop.files().muted.load(Ordering::SeqCst) == 1);
    client.shutdown(LONG).unwrap();
    drop(events);
    assert_eq!(shop.helpers(), 0);
    assert_eq!(shop.staging(&client).plan(), Ok(None));
}
