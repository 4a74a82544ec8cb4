//! What ends a licence by file, what refuses one, and what cannot.

use super::*;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Instant;

/// Waits until the background has noted the time, so that a later start knows of it.
fn note_time(client: &Client) {
    let patience = Instant::now() + Duration::from_secs(20);
    loop {
        let noted = client.core.store.load().suite.clock.mark;
        if noted >= client.core.clock.local() {
            return;
        }
        assert!(Instant::now() < patience, "the time was not noted");
        std::thread::yield_now();
    }
}

#[test]
fn a_withdrawn_key_ends_a_licence_until_it_comes_back() {
    let (mut world, vendor) = air_gapped();
    accepted(&world, &vendor, json!({}));
    let both = format!("{} {}", Vendor::new(2).key(), vendor.key());
    world = world.with_text(63, &Vendor::new(2).key());
    let client = world.client();
    assert!(!client.is_licensed(None));
    assert_eq!(client.list_licenses().unwrap(), "[]");
    let log = world.log.lock().unwrap().join("\n");
    assert!(log.contains("FI****01 counts no more"), "{log}");
    assert!(world.with_text(63, &both).client().is_licensed(None));
}

#[test]
fn another_machine_holds_the_code_and_is_not_licensed() {
    let (mut world, vendor) = air_gapped();
    let first = world.client();
    let request: Request = serde_json::from_str(&first.license_request().unwrap()).unwrap();
    let parts: Vec<&str> = request.parts.iter().map(|p| p.hash.as_str()).collect();
    accepted(&world, &vendor, json!({"parts": parts, "min": 3}));
    world.machine = "two";
    let client = world.client();
    assert_eq!(verdict(&client), Verdict::Foreign);
    assert!(!client.is_licensed(None));
    let answer = import(&client);
    assert_eq!(answer["ErrorCode"], Status::LicenseFile.code());
    assert!(
        answer["ErrorMsg"]
            .as_str()
            .unwrap()
            .contains("another machine")
    );
    let refused = client.license_return("FILE-0001").unwrap_err();
    assert_eq!(refused.status, Status::WrongDevice);
    assert_eq!(
        client.heartbeat(None).unwrap_err().status,
        Status::WrongDevice
    );
    let key = |client: &Client| {
        let text = client.license_request().unwrap();
        serde_json::from_str::<Request>(&text).unwrap().key
    };
    assert_ne!(key(&client), request.key, "the key left its machine");
    world.machine = "one";
    assert!(world.client().is_licensed(None));
}

#[test]
fn a_bad_file_never_removes_a_good_one() {
    let (world, vendor) = air_gapped();
    let client = accepted(&world, &vendor, json!({}));
    let other = Vendor::new(2);
    let write = |text: &str| std::fs::write(world.folder.path().join("license.lic"), text).unwrap();
    let bad = [
        ("", "not a compact JWT"),
        ("rubbish", "not a compact JWT"),
        (&*other.token(json!({})), "not signed"),
        (&*vendor.token(json!({"exp": T})), "expired"),
        (&*vendor.token(json!({"nbf": T + DAY})), "not valid yet"),
        (
            &*vendor.token(json!({"aud": "Maxi CAD"})),
            "another product",
        ),
        (
            &*vendor.token(json!({"fp": "0".repeat(64)})),
            "another machine",
        ),
        (&*vendor.token(json!({"sub": ""})), "claim sub"),
        (&*vendor.token(json!({"iat": T + 2 * DAY})), "clock"),
        (&*"x".repeat(70_000), "64 KiB"),
    ];
    for (text, reason) in bad {
        write(text);
        let answer = import(&client);
        assert_eq!(answer["Status"], "failed", "{reason}");
        assert_eq!(answer["ErrorCode"], Status::LicenseFile.code(), "{reason}");
        let text = answer["ErrorMsg"].as_str().unwrap();
        assert!(text.contains(reason), "{text}");
        assert!(client.is_licensed(Some(b"FILE-0001")), "{reason}");
    }
    std::fs::remove_file(world.folder.path().join("license.lic")).unwrap();
    assert_eq!(import(&client)["ErrorCode"], Status::LicenseFile.code());
    assert!(world.client().is_licensed(None));
}

#[test]
fn a_clock_set_back_ends_the_licence_and_a_new_file_heals_it() {
    let (world, vendor) = air_gapped();
    let first = accepted(&world, &vendor, json!({}));
    first.shutdown(Duration::from_secs(5)).unwrap();
    world.days_later(50);
    let second = world.client();
    note_time(&second);
    second.shutdown(Duration::from_secs(5)).unwrap();
    world.days_later(-49);
    let client = world.client();
    assert_eq!(verdict(&client), Verdict::Clock);
    assert!(!client.is_licensed(None) && !client.has_feature(b"mesh"));
    // The file of then tells nothing new about time.
    assert_eq!(import(&client)["ErrorCode"], Status::LicenseFile.code());
    vendor.issue(&world, json!({"iat": T + DAY, "jti": "F-2"}));
    assert_eq!(import(&client)["Status"], "success");
    assert_eq!(verdict(&client), Verdict::Alive);
    assert_eq!(verdict(&world.client()), Verdict::Alive);
}

#[test]
fn file_names_stay_in_the_data_folder_or_are_absolute() {
    let (world, vendor) = air_gapped();
    let client = world.client();
    for name in ["sub/a.lic", "../a.lic", "..", ".", "a\\b", "C:a", "a\0"] {
        let refused = client.request_license_file(Some(name), None).unwrap_err();
        assert_eq!(refused.status, Status::InvalidArgument, "{name:?}");
    }
    let elsewhere = TempDir::new().unwrap();
    let path = elsewhere.path().join("授权 1.lic");
    let text = format!("\u{feff}{}\n", vendor.token(json!({})));
    std::fs::write(&path, text).unwrap();
    let answer = import_as(&client, path.to_str());
    assert_eq!(answer["LicenseFilePath"], path.to_str().unwrap());
    std::fs::write(world.folder.path().join("b.lic"), "x").unwrap();
    assert_eq!(import_as(&client, Some("b.lic"))["Status"], "failed");
    assert_eq!(import_as(&client, Some(""))["Status"], "failed");
}

/// A drive that is gone, until it is released.
fn hanging() -> (Sender<()>, Receiver<()>, World) {
    let (world, _) = air_gapped();
    let (release, released) = channel::<()>();
    let (enter, entered) = channel();
    let (released, enter) = (Mutex::new(released), Mutex::new(enter));
    let world = world.reading(move |_, _, _| {
        enter.lock().unwrap().send(()).unwrap();
        let _ = released.lock().unwrap().recv();
        Err("gone".into())
    });
    (release, entered, world)
}

#[test]
fn a_drive_that_is_gone_holds_neither_calls_nor_the_shutdown() {
    let (release, entered, mut world) = hanging();
    world.online = true;
    let client = world.client();
    client.request_license_file(None, None).unwrap();
    entered.recv().unwrap();
    assert_eq!(client.activate("CODE-0001"), Ok(Status::Ok));
    assert_eq!(client.shutdown(Duration::from_secs(20)), Ok(Status::Ok));
    drop(release);
}

#[test]
fn a_file_that_cannot_be_read_in_time_is_answered() {
    let (release, _entered, world) = hanging();
    let answer = import(&world.with(34, 100).client());
    assert_eq!(answer["ErrorCode"], Status::LicenseFile.code());
    let text = answer["ErrorMsg"].as_str().unwrap();
    assert!(text.contains("in time"), "{text}");
    drop(release);
}

#[test]
fn without_a_public_key_no_file_can_be_used() {
    let world = World::new();
    let client = world.client();
    Vendor::new(1).issue(&world, json!({}));
    let answer = import(&client);
    assert_eq!(answer["ErrorCode"], Status::LicenseFile.code());
    assert!(
        answer["ErrorMsg"]
            .as_str()
            .unwrap()
            .contains("license_public_key")
    );
}

#[test]
fn a_return_that_cannot_be_kept_is_none() {
    let (world, vendor) = air_gapped();
    let client = accepted(&world, &vendor, json!({}));
    client.license_request().unwrap();
    let held = client.core.store.try_write_lock().unwrap().unwrap();
    let error = client.license_return("FILE-0001").unwrap_err();
    assert_eq!(error.status, Status::StorageBusy);
    assert!(client.is_licensed(None));
    drop(held);
    assert!(world.client().is_licensed(None));
    client.license_return("FILE-0001").unwrap();
    assert!(!client.is_licensed(None) && !world.client().is_licensed(None));
}
