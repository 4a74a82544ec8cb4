//! A machine that is made up, a folder that goes away, and servers on loopback that misbehave.

mod document;
mod network;
mod servers;

use super::{Report, examine_within};
use crate::client::Options;
use crate::client::config::Config;
use crate::client::identity::MachineIdentity;
use crate::client::options::Key;
use crate::client::surroundings::Surroundings;
use crate::clock::WallClock;
use crate::device::{Machine, Parts};
use crate::license::Suite;
use crate::store::Store;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;

/// Longer than anything here takes that does not hang.
const PATIENCE: Duration = Duration::from_secs(20);

struct Laptop(Parts);

impl Machine for Laptop {
    fn os_id(&self) -> String {
        self.0.os_id.clone()
    }

    fn parts(&self) -> Parts {
        self.0.clone()
    }
}

fn laptop() -> Parts {
    Parts {
        os_id: "3d1219c7c4c5404aaa1f6d2a48adfda4".into(),
        macs: vec!["04:7C:16:5E:E3:5D".into()],
        disks: vec!["S5GXNX0T123456".into()],
        board: "PF2ABCDE".into(),
        cpu: "BFEBFBFF00090672".into(),
    }
}

struct Fixed(i64);

impl WallClock for Fixed {
    fn local(&self) -> i64 {
        self.0
    }
}

/// Noon of a day on which the certificates made here are valid.
const NOON: i64 = 1_800_000_000;

struct Desk {
    folder: TempDir,
    options: Options,
    surroundings: Surroundings,
}

impl Desk {
    fn new() -> Desk {
        let mut desk = Desk {
            folder: TempDir::new().unwrap(),
            options: Options::new(),
            surroundings: Surroundings {
                clock: Arc::new(Fixed(NOON)),
                machine: Arc::new(Laptop(laptop())),
                ..Surroundings::real()
            },
        };
        let folder = desk.folder.path().to_str().unwrap().to_owned();
        for (key, value) in [
            (Key::Vendor, "ACME"),
            (Key::Product, "Mini CAD"),
            (Key::Version, "1.0.0"),
            (Key::Endpoint, servers::REFUSED),
            (Key::DataDir, &folder),
            (Key::Proxy, "direct"),
        ] {
            desk.set(key, value);
        }
        desk
    }

    fn set(&mut self, key: Key, value: &str) {
        self.options.set_string(key.code(), value).unwrap();
    }

    fn with(mut self, key: Key, value: &str) -> Desk {
        self.set(key, value);
        self
    }

    fn on(mut self, parts: Parts) -> Desk {
        self.surroundings.machine = Arc::new(Laptop(parts));
        self
    }

    fn store(&self) -> Store {
        let config = Config::check(&self.options, |_| None).unwrap();
        let identity = MachineIdentity(self.surroundings.machine.clone());
        Store::new(&config.location, &config.state_secrets, Arc::new(identity))
    }

    /// Writes a state as a client would.
    fn put(&self, suite: &Suite) {
        let store = self.store();
        let lock = store.try_write_lock().unwrap().unwrap();
        let stamp = store.load().stamp;
        store.save(&lock, suite, &stamp).unwrap();
    }

    fn examine(&self) -> Report {
        self.examine_within(PATIENCE)
    }

    fn examine_within(&self, limit: Duration) -> Report {
        examine_within(&self.options, &self.surroundings, limit)
    }
}

/// True where one sentence of advice holds all the words.
fn advises(report: &Report, words: &[&str]) -> bool {
    let all = |text: &String| words.iter().all(|word| text.contains(word));
    report.advice.iter().any(all)
}
