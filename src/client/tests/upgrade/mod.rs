//! Upgrades against a vendor who signs and a server that misbehaves.

mod aftermath;
mod broken;
mod downloads;
mod notices;
mod refused;

use super::file_server::Fault;
use super::*;
use crate::Status;
use crate::client::surroundings::Starting;
use crate::sync::lock;
use crate::upgrade::testing::Vendor;
use crate::upgrade::{Staging, Version, this_platform};
use std::path::PathBuf;

const FEED: &str = "https://cad.test/feed.json";
const PACKAGE: &str = "https://cad.test/setup";
const LONG: Duration = Duration::from_secs(20);
/// Of the test package, in bytes.
const SIZE: usize = 10_000;

/// What is special about a feed that is published.
#[derive(Clone, Debug)]
struct Release {
    version: &'static str,
    date: &'static str,
    forced: bool,
    notes: &'static str,
    url: &'static str,
    platform: String,
    /// None: that of the package.
    size: Option<usize>,
    /// None: as it should be.
    comment: Option<&'static str>,
    bytes: Vec<u8>,
}

impl Release {
    fn of(version: &'static str) -> Release {
        Release {
            version,
            date: "2026-03-01T08:00:00Z",
            forced: false,
            notes: "faster",
            url: PACKAGE,
            platform: this_platform(),
            size: None,
            comment: None,
            bytes: (0..SIZE).map(|n| (n / 7 + n % 251) as u8).collect(),
        }
    }

    fn forced(version: &'static str) -> Release {
        Release {
            forced: true,
            ..Release::of(version)
        }
    }
}

/// A product with a vendor who publishes upgrades.
struct Shop {
    world: World,
    vendor: Vendor,
    /// The staging folders for which a helper was started.
    helpers: Arc<Mutex<Vec<PathBuf>>>,
    /// What the helper's start ends with.
    helper_code: i32,
    room: u64,
}

impl Shop {
    fn new() -> Shop {
        Shop::on(World::new())
    }

    fn on(world: World) -> Shop {
        let vendor = Vendor::new();
        let helper = world.folder.path().join("helper");
        std::fs::write(&helper, "not run in these tests").unwrap();
        let world = world
            .with_text(60, FEED)
            .with_text(61, &vendor.key())
            .with_text(62, helper.to_str().unwrap());
        Shop {
            world,
            vendor,
            helpers: Arc::default(),
            helper_code: 0,
            room: u64::MAX,
        }
    }

    fn files(&self) -> &Arc<FileServer> {
        &self.world.market.files
    }

    fn publish(&self, release: &Release) {
        self.publish_signed(release, &self.vendor);
    }

    fn publish_signed(&self, release: &Release, signer: &Vendor) {
        let comment = format!(
            "product:Mini CAD version:{} platform:{}",
            release.version,
            this_platform()
        );
        let comment = release.comment.unwrap_or(&comment);
        let feed = json!({
            "version": release.version, "notes": release.notes, "pub_date": release.date,
            "forced": release.forced,
            "platforms": {&release.platform: {
                "url": release.url, "size": release.size.unwrap_or(release.bytes.len()),
                "signature": self.vendor.sign(&release.bytes, comment),
            }},
        })
        .to_string();
        self.files().put(FEED, feed.as_bytes(), None);
        let signature = signer.sign(feed.as_bytes(), "the feed");
        self.files()
            .put(&format!("{FEED}.minisig"), signature, None);
        self.files()
            .put(release.url, release.bytes.clone(), Some("\"one\""));
    }

    fn surroundings(&self) -> Surroundings {
        let (helpers, code, room) = (self.helpers.clone(), self.helper_code, self.room);
        Surroundings {
            start_helper: Arc::new(move |_, staging| {
                helpers.lock().unwrap().push(staging.to_owned());
                let mut polls = 0;
                let starting: Starting = Box::new(move || {
                    polls += 1;
                    Ok((polls > 1).then_some(code))
                });
                Ok(starting)
            }),
            room: Arc::new(move |_| Some(room)),
            ..self.world.surroundings()
        }
    }

    fn start(&self) -> (Client, Arc<Collected>) {
        let client = Client::start(self.world.config(), self.surroundings()).unwrap();
        let events = Collected::of(&client);
        (client, events)
    }

    /// A client that has been told of a new version.
    fn told(&self) -> (Client, Arc<Collected>) {
        let (client, events) = self.start();
        look(&client, &events, 1);
        (client, events)
    }

    fn staging(&self, client: &Client) -> Staging {
        Staging::beside(&client.core.store.file().unwrap())
    }

    fn helpers(&self) -> usize {
        self.helpers.lock().unwrap().len()
    }
}

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

/// Looks, and waits for the so-manieth notice.
fn look(client: &Client, events: &Collected, number: usize) -> Value {
    assert_eq!(client.check_new_versions(), Ok(Status::Ok));
    let notices = events.wait(EventType::UpgradeNotice, number);
    notices[number - 1]["params"].clone()
}

/// The params of the progress event of a stage, once it is there.
fn stage(events: &Collected, stage: &str) -> Value {
    for count in 1.. {
        let told = events.wait(EventType::UpgradeProgress, count);
        if let Some(found) = told.iter().find(|told| told["params"]["Stage"] == stage) {
            return found["params"].clone();
        }
    }
    unreachable!()
}

/// Waits until something holds that no event tells of.
fn until(what: impl Fn() -> bool) {
    let limit = std::time::Instant::now() + LONG;
    while !what() {
        assert!(std::time::Instant::now() < limit);
        std::thread::yield_now();
    }
}

fn version(text: &str) -> Version {
    text.parse().unwrap()
}

fn code(status: Status) -> Value {
    status.code().into()
}

/// `Downloaded`, `Total` and `Percent` of a progress event.
fn bytes(told: &Value) -> (usize, usize, usize) {
    let number = |name: &str| told[name].as_u64().unwrap() as usize;
    (number("Downloaded"), number("Total"), number("Percent"))
}
