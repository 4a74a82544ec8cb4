//! A client in a world of its own: a marketplace without a network, a clock that is set by hand, a folder that goes away.

mod background;
mod calls;
mod daily;
mod file_server;
mod files;
mod judged;
mod notices;
mod shutdown;
mod state;
mod upgrade;

use super::config::Config;
use super::core::Core;
use super::surroundings::{ReadGiven, Surroundings};
use super::{Client, Options};
use crate::clock::WallClock;
use crate::device::{Machine, Parts};
use crate::events::{Event, EventType, Receiver};
use crate::license::day::DAY;
use crate::marketplace::transport::{
    Get, Opening, Request, Response, Sending, Transport, TransportError, TransportErrorKind,
};
use crate::store::Scope;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;
use tempfile::TempDir;

use file_server::FileServer;

/// 08:00 of a Chinese day.
pub const T: i64 = 1_800_000_000 / DAY * DAY;

/// What the marketplace of a test does with requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mood {
    /// Unreachable over `https`.
    OnlyHttp,
    Kind,
    Mute,
    Unreachable,
    /// Every HTTP answer has this status and no document.
    Http(u16),
    /// Activates, but cannot be queried.
    MuteQueries,
}

/// A marketplace: codes and their status, and what was asked.
pub struct Market {
    pub mood: Mutex<Mood>,
    pub licenses: Mutex<BTreeMap<String, (&'static str, i64)>>,
    pub asked: Mutex<Vec<(String, Value)>>,
    pub clock: Arc<SetClock>,
    /// The marketplace's clock less the local one.
    pub ahead: AtomicI64,
    pub waiting: AtomicUsize,
    pub files: Arc<FileServer>,
}

impl Market {
    pub fn count(&self, endpoint: &str) -> usize {
        let asked = self.asked.lock().unwrap();
        asked
            .iter()
            .filter(|(url, _)| url.ends_with(endpoint))
            .count()
    }

    pub fn queries(&self) -> usize {
        self.count("/v1/license/heartbeat")
    }

    pub fn set(&self, code: &str, status: &'static str, expires_at: i64) {
        self.licenses
            .lock()
            .unwrap()
            .insert(code.into(), (status, expires_at));
    }

    pub fn mood(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }

    pub fn date(&self) -> i64 {
        self.clock.local() + self.ahead.load(Ordering::SeqCst)
    }

    fn answer(&self, url: &str, body: &Value) -> Value {
        let refused = |code: &str| json!({"error_code": code, "error_msg": "refused"});
        let success = json!({"error_code": "92020000", "error_msg": "success"});
        let mut licenses = self.licenses.lock().unwrap();
        if url.ends_with("software-usage-info") {
            return success;
        }
        let codes: Vec<String> = match body["license_list"].as_array() {
            Some(list) => list.iter().map(|c| c.as_str().unwrap().into()).collect(),
            None => vec![body["license"].as_str().unwrap().into()],
        };
        for code in &codes {
            match licenses.get_mut(code) {
                None => return refused("92020005"),
                Some((status, _)) if url.contains("activate") => match *status {
                    "NEW" => *status = "ALIVE",
                    _ => return refused("92020003"),
                },
                Some(("NEW", _)) => return refused("92020011"),
                Some((status, expires_at)) => {
                    let time = chrono::DateTime::from_timestamp(*expires_at, 0).unwrap();
                    return json!({"error_code": "92020000", "error_msg": "success", "data": {
                        "license_code": code, "status": status, "amount": "3", "product_id": "P-1",
                        "activate_time": "20260101000000",
                        "expire_time": time.format("%Y%m%d%H%M%S").to_string(),
                    }});
                }
            }
        }
        success
    }
}

impl Transport for Market {
    fn send<'a>(&'a self, request: Request) -> Sending<'a> {
        let body: Value = serde_json::from_slice(&request.body).unwrap();
        self.asked
            .lock()
            .unwrap()
            .push((request.url.clone(), body.clone()));
        let mood = *self.mood.lock().unwrap();
        Box::pin(async move {
            let query = request.url.ends_with("heartbeat");
            match mood {
                Mood::Mute => self.stay_mute().await,
                Mood::MuteQueries if query => self.stay_mute().await,
                Mood::OnlyHttp if request.url.starts_with("http:") => {
                    self.answered(&request.url, &body)
                }
                Mood::Unreachable | Mood::OnlyHttp => {
                    Err(TransportError::new(TransportErrorKind::Connect, "refused"))
                }
                Mood::Http(status) => Ok(Response {
                    status,
                    date: Some(self.date()),
                    ..Response::default()
                }),
                Mood::Kind | Mood::MuteQueries => self.answered(&request.url, &body),
            }
        })
    }

    fn open<'a>(&'a self, get: Get) -> Opening<'a> {
        let answer = self.files.answer(get);
        Box::pin(async move { answer })
    }
}

impl Market {
    fn answered(&self, url: &str, body: &Value) -> Result<Response, TransportError> {
        Ok(Response {
            status: 200,
            date: Some(self.date()),
            body: self.answer(url, body).to_string().into_bytes(),
            ..Response::default()
        })
    }

    async fn stay_mute(&self) -> Result<Response, TransportError> {
        self.waiting.fetch_add(1, Ordering::SeqCst);
        std::future::pending().await
    }
}

pub struct SetClock(AtomicI64);

impl SetClock {
    pub fn set(&self, time: i64) {
        self.0.store(time, Ordering::SeqCst);
    }
}

impl WallClock for SetClock {
    fn local(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }
}

/// A machine with an id of one's choice.
pub struct Named(pub &'static str);

impl Machine for Named {
    fn os_id(&self) -> String {
        format!("{}-7b3e90aa41c2", self.0)
    }

    fn parts(&self) -> Parts {
        Parts {
            os_id: self.os_id(),
            macs: vec![format!("MAC-{}-55e2", self.0)],
            disks: vec![format!("DISK-{}-91ba", self.0)],
            board: format!("BOARD-{}-c21f", self.0),
            cpu: "BFEBFBFF00090672".into(),
        }
    }
}

pub struct World {
    pub folder: TempDir,
    pub clock: Arc<SetClock>,
    pub market: Arc<Market>,
    pub machine: &'static str,
    pub log: Arc<Mutex<Vec<String>>>,
    /// Whether the program has an access key.
    pub online: bool,
    read_given: Arc<ReadGiven>,
    settings: Vec<(i32, i64)>,
    texts: Vec<(i32, String)>,
}

impl World {
    /// No background work unless asked for.
    pub fn new() -> World {
        let clock = Arc::new(SetClock(AtomicI64::new(T)));
        let market = Market {
            mood: Mutex::new(Mood::Kind),
            licenses: Mutex::default(),
            asked: Mutex::default(),
            clock: clock.clone(),
            ahead: AtomicI64::new(0),
            waiting: AtomicUsize::new(0),
            files: Arc::default(),
        };
        let world = World {
            folder: TempDir::new().unwrap(),
            clock,
            market: Arc::new(market),
            machine: "one",
            log: Arc::default(),
            online: true,
            read_given: Arc::new(crate::store::read_given),
            settings: vec![(43, 0)],
            texts: Vec::new(),
        };
        world.market.set("CODE-0001", "NEW", T + 100 * DAY);
        world
    }

    pub fn with(mut self, key: i32, value: i64) -> World {
        self.settings.push((key, value));
        self
    }

    pub fn with_text(mut self, key: i32, value: &str) -> World {
        self.texts.push((key, value.into()));
        self
    }

    /// A disk of the test's own.
    pub fn reading(
        mut self,
        read: impl Fn(&Path, usize, Scope) -> Result<Vec<u8>, String> + Send + Sync + 'static,
    ) -> World {
        self.read_given = Arc::new(read);
        self
    }

    pub fn config(&self) -> Config {
        let mut options = Options::new();
        let folder = self.folder.path().to_str().unwrap();
        for (key, value) in [
            (1, "ACME"),
            (2, "Mini CAD"),
            (3, "1.0.0"),
            (14, "https://market.test"),
            (20, folder),
        ] {
            options.set_string(key, value).unwrap();
        }
        for (key, value) in [(10, "AK"), (11, "SK")] {
            if self.online {
                options.set_string(key, value).unwrap();
            }
        }
        for (key, value) in &self.texts {
            options.set_string(*key, value).unwrap();
        }
        for (key, value) in &self.settings {
            options.set_int(*key, *value).unwrap();
        }
        let lines = self.log.clone();
        options.set_log(Some(super::LogSink {
            max_level: 5,
            write: Arc::new(move |_, text| lines.lock().unwrap().push(text.into())),
        }));
        Config::check(&options, |_| None).unwrap()
    }

    pub fn surroundings(&self) -> Surroundings {
        let market = self.market.clone();
        Surroundings {
            clock: self.clock.clone(),
            machine: Arc::new(Named(self.machine)),
            chance: Arc::new(|| 0.5),
            transport: Arc::new(move |_, _, _| Ok(market.clone())),
            read_given: self.read_given.clone(),
            ..Surroundings::real()
        }
    }

    pub fn client(&self) -> Client {
        Client::start(self.config(), self.surroundings()).unwrap()
    }

    /// A client whose code has been activated and whose check is done for today.
    pub fn activated(&self) -> Client {
        let client = self.client();
        client.activate("CODE-0001").unwrap();
        client
    }

    pub fn days_later(&self, days: i64) {
        self.clock.set(self.clock.local() + days * DAY);
    }
}

/// Collects events and lets a test wait for them.
#[derive(Default)]
pub struct Collected {
    events: Mutex<Vec<Event>>,
    more: Condvar,
    pub retired: AtomicUsize,
}

impl Collected {
    pub fn of(client: &Client) -> Arc<Collected> {
        let collected = Arc::new(Collected::default());
        client.register(collected.clone()).unwrap();
        collected
    }

    /// Waits until `count` events of a kind are there.
    pub fn wait(&self, kind: EventType, count: usize) -> Vec<Value> {
        let mut events = self.events.lock().unwrap();
        loop {
            let found: Vec<Value> = events
                .iter()
                .filter(|event| event.kind == kind)
                .map(|event| serde_json::from_str(&event.message).unwrap())
                .collect();
            if found.len() >= count {
                return found;
            }
            let timed_out;
            (events, timed_out) = self
                .more
                .wait_timeout(events, Duration::from_secs(20))
                .map(|(events, timeout)| (events, timeout.timed_out()))
                .unwrap();
            assert!(!timed_out, "no {kind:?} in {events:?}");
        }
    }

    pub fn kinds(&self) -> Vec<EventType> {
        self.events.lock().unwrap().iter().map(|e| e.kind).collect()
    }
}

impl Receiver<Event> for Collected {
    fn receive(&self, event: &Event) {
        self.events.lock().unwrap().push(event.clone());
        self.more.notify_all();
    }

    fn retire(&self) {
        self.retired.fetch_add(1, Ordering::SeqCst);
    }
}
