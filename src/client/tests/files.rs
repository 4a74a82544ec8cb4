//! Licence files: a machine that is never online, from the request to the return.

mod refused;

use super::*;
use crate::Status;
use crate::client::Source;
use crate::license::Verdict;
use crate::license::file::{Request, Return, base64, jwt};
use ring::signature::{Ed25519KeyPair, KeyPair};

/// A vendor, and the file that he issues.
struct Vendor(Ed25519KeyPair);

impl Vendor {
    fn new(seed: u8) -> Vendor {
        Vendor(Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap())
    }

    fn key(&self) -> String {
        base64::encode_standard(self.0.public_key().as_ref())
    }

    fn token(&self, extra: Value) -> String {
        let mut claims = json!({
            "sub": "FILE-0001", "aud": "Mini CAD", "exp": T + 100 * DAY, "iat": T, "jti": "F-1",
        });
        let members = claims.as_object_mut().unwrap();
        members.extend(extra.as_object().unwrap().clone());
        jwt::sign(&claims, &self.0).unwrap()
    }

    fn issue(&self, world: &World, extra: Value) {
        let path = world.folder.path().join("license.lic");
        std::fs::write(path, self.token(extra) + "\r\n").unwrap();
    }
}

/// A program that knows the vendor's key and no marketplace.
fn air_gapped() -> (World, Vendor) {
    let vendor = Vendor::new(1);
    let mut world = World::new().with_text(63, &vendor.key());
    world.online = false;
    (world, vendor)
}

/// What came of a request for a file.
fn import_as(client: &Client, name: Option<&str>) -> Value {
    let collected = Collected::of(client);
    assert_eq!(client.request_license_file(name, None), Ok(Status::Ok));
    let mut events = collected.wait(EventType::LicenseVerify, 1);
    client.unregister().unwrap();
    events.remove(0)["params"].take()
}

fn import(client: &Client) -> Value {
    import_as(client, None)
}

fn accepted(world: &World, vendor: &Vendor, extra: Value) -> Client {
    vendor.issue(world, extra);
    let client = world.client();
    let answer = import(&client);
    assert_eq!(answer["Status"], "success", "{answer}");
    client
}

fn verdict(client: &Client) -> Verdict {
    client.license_info(Some("FILE-0001")).unwrap().verdict
}

#[test]
fn an_air_gapped_machine_from_request_to_return() {
    let (world, vendor) = air_gapped();
    let client = world.client();
    let request: Request = serde_json::from_str(&client.license_request().unwrap()).unwrap();
    assert!(request.is_sound());
    assert_eq!(request.product, "Mini CAD");
    let again: Request = serde_json::from_str(&client.license_request().unwrap()).unwrap();
    assert_eq!(again.key, request.key, "a new key for each request");

    vendor.issue(
        &world,
        json!({"fp": request.fp, "features": ["mesh"], "amount": 2}),
    );
    let answer = import(&client);
    let path = world.folder.path().join("license.lic");
    assert_eq!(answer["Status"], "success", "{answer}");
    assert_eq!(answer["LicenseType"], "file");
    assert_eq!(answer["LicenseFilePath"], path.to_str().unwrap());
    assert!(client.is_licensed(None) && client.is_licensed(Some(b"FILE-0001")));
    assert!(client.has_feature(b"mesh") && !client.has_feature(b"solver"));
    let info = client.license_info(None).unwrap();
    assert_eq!((info.verdict, info.source), (Verdict::Alive, Source::File));
    assert_eq!((info.expires_at, info.amount), (T + 100 * DAY, 2));
    assert_eq!(info.offline_until, T + 100 * DAY);
    assert_eq!(client.list_licenses().unwrap(), r#"["FILE-0001"]"#);
    assert!(
        client
            .license_json(None)
            .unwrap()
            .contains(r#""source":"file""#)
    );
    assert_eq!(client.heartbeat(None), Ok(Status::Already));
    assert_eq!(client.query(None), Ok(Status::Ok));

    let proof = client.license_return("FILE-0001").unwrap();
    let key = request.public_key().unwrap();
    let returned = Return::open(&proof, &key).unwrap();
    assert_eq!(
        (returned.sub.as_str(), returned.jti.as_str()),
        ("FILE-0001", "F-1")
    );
    assert_eq!((returned.iat, returned.product.as_str()), (T, "Mini CAD"));
    assert!(!client.is_licensed(None) && !client.has_feature(b"mesh"));
    assert_eq!(client.list_licenses().unwrap(), "[]");
    let answer = import(&client);
    assert_eq!(answer["ErrorCode"], Status::LicenseFile.code(), "{answer}");
    let next = world.client();
    assert_eq!(import(&next)["Status"], "failed");
    // A text that got lost can be had again.
    assert_eq!(next.license_return("FILE-0001").unwrap(), proof);
    vendor.issue(&world, json!({"jti": "F-2", "iat": T + 1}));
    assert_eq!(import(&next)["Status"], "success");
    assert!(world.market.asked.lock().unwrap().is_empty());
}

#[test]
fn a_restart_proves_the_file_again_and_needs_no_file() {
    let (world, vendor) = air_gapped();
    let client = accepted(&world, &vendor, json!({"features": ["mesh"]}));
    client.shutdown(Duration::from_secs(5)).unwrap();
    std::fs::remove_file(world.folder.path().join("license.lic")).unwrap();
    world.days_later(99);
    let client = world.client();
    assert_eq!(verdict(&client), Verdict::Alive);
    assert!(client.is_licensed(None) && client.has_feature(b"mesh"));
    world.days_later(1);
    assert!(!client.is_licensed(None) && !client.has_feature(b"mesh"));
    assert_eq!(verdict(&client), Verdict::Expired);
    assert_eq!(client.heartbeat(None).unwrap_err().status, Status::Expired);
}

#[test]
fn a_newer_file_replaces_and_an_older_one_does_not() {
    let (world, vendor) = air_gapped();
    let newer = json!({"jti": "F-2", "iat": T + 5, "exp": T + 9 * DAY, "features": ["new"]});
    let client = accepted(&world, &vendor, json!({"features": ["old"]}));
    accepted(&world, &vendor, newer);
    assert_eq!(client.license_info(None).unwrap().features, ["new"]);
    assert!(client.has_feature(b"new") && !client.has_feature(b"old"));
    accepted(&world, &vendor, json!({"features": ["old"]}));
    assert_eq!(client.license_info(None).unwrap().features, ["new"]);
    // With the newer one its predecessor is given back as well.
    client.license_return("FILE-0001").unwrap();
    vendor.issue(&world, json!({"features": ["old"]}));
    assert_eq!(import(&client)["Status"], "failed");
}

#[test]
fn files_and_activated_codes_live_side_by_side() {
    let vendor = Vendor::new(1);
    let world = World::new().with_text(63, &vendor.key());
    let client = world.activated();
    let before = world.market.queries();
    accepted(&world, &vendor, json!({}));
    assert_eq!(
        client.list_licenses().unwrap(),
        r#"["CODE-0001","FILE-0001"]"#
    );
    assert_eq!(client.query(None), Ok(Status::Ok));
    assert_eq!(
        world.market.queries(),
        before + 1,
        "the file was asked about"
    );
    let online = client.license_info(Some("CODE-0001")).unwrap();
    assert_eq!(online.source, Source::Marketplace);
    // The marketplace does not know the file's code, which is no reason to lose it.
    let denied = client.query(Some("FILE-0001")).unwrap_err();
    assert_eq!(denied.status, Status::UnknownLicense);
    assert_eq!(verdict(&client), Verdict::Alive);
    world.days_later(20);
    assert_eq!(client.heartbeat(Some("FILE-0001")), Ok(Status::Already));
    assert_eq!(client.heartbeat(None), Ok(Status::Ok));
    let no_file = client.license_return("CODE-0001").unwrap_err();
    assert_eq!(no_file.status, Status::InvalidState);
    assert_eq!(
        client.license_return("CODE-0009").unwrap_err().status,
        Status::NotActivated
    );
}

#[test]
fn a_code_may_have_both_foundations() {
    let vendor = Vendor::new(1);
    let world = World::new().with_text(63, &vendor.key());
    let client = world.activated();
    accepted(
        &world,
        &vendor,
        json!({"sub": "CODE-0001", "features": ["mesh"]}),
    );
    let features = client.license_info(None).unwrap().features;
    assert_eq!(features, ["mesh"]);
    assert!(client.has_feature(b"mesh") && client.has_feature(b"P-1"));
    world.market.mood(Mood::Unreachable);
    world.days_later(30);
    assert!(client.has_feature(b"mesh") && !client.has_feature(b"P-1"));
    assert_eq!(client.license_info(None).unwrap().source, Source::File);
    assert_eq!(client.heartbeat(None), Ok(Status::Cached));
    // A word about this code that is newer than the file ends it.
    world.market.mood(Mood::Kind);
    world.market.set("CODE-0001", "RELEASED", T);
    assert_eq!(client.heartbeat(None).unwrap_err().status, Status::Released);
    assert!(!client.is_licensed(None));
    world.market.set("CODE-0001", "NEW", T + 99 * DAY);
    assert_eq!(client.activate("CODE-0001"), Ok(Status::Ok));
    assert!(client.has_feature(b"mesh"), "the activation lost the file");
}

#[test]
fn forgetting_a_file_is_no_return() {
    let (world, vendor) = air_gapped();
    let client = accepted(&world, &vendor, json!({}));
    client.forget(Some("FILE-0001")).unwrap();
    assert!(!client.is_licensed(None) && !world.client().is_licensed(None));
    assert_eq!(import(&client)["Status"], "success");
    assert!(client.is_licensed(None));
}

#[test]
fn forgetting_everything_does_not_undo_a_return() {
    let (world, vendor) = air_gapped();
    let client = accepted(&world, &vendor, json!({}));
    let proof = client.license_return("FILE-0001").unwrap();
    client.forget(None).unwrap();
    assert_eq!(import(&client)["Status"], "failed");
    let next = world.client();
    assert_eq!(import(&next)["Status"], "failed");
    assert_eq!(next.license_return("FILE-0001").unwrap(), proof);
}

#[test]
fn a_string_request_answers_the_files_code() {
    let (world, vendor) = air_gapped();
    let client = accepted(&world, &vendor, json!({}));
    let collected = Collected::of(&client);
    client.request_license_string(None).unwrap();
    let answer = &collected.wait(EventType::LicenseVerify, 1)[0]["params"];
    assert_eq!(answer["LicenseContent"], "FILE-0001");
}

#[test]
fn an_expiry_is_announced_and_nothing_secret_is_told() {
    let (world, vendor) = air_gapped();
    let client = accepted(&world, &vendor, json!({}));
    client.shutdown(Duration::from_secs(5)).unwrap();
    world.days_later(95);
    let client = world.client();
    let collected = Collected::of(&client);
    let notice = &collected.wait(EventType::LicenseExpiring, 1)[0]["params"];
    assert_eq!(
        (&notice["License"], &notice["Days"]),
        (&json!("FILE-0001"), &json!(5))
    );
    client.license_return("FILE-0001").unwrap();
    let log = world.log.lock().unwrap().join("\n");
    assert!(log.contains("FI****01"), "{log}");
    assert!(!log.contains("FILE-0001") && !log.contains("eyJ"), "{log}");
}
