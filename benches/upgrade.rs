//! What an upgrade costs: 200 MiB over HTTP on loopback, beside `curl` from the same server in the same run.
//!
//! `cargo bench --bench upgrade` prints `number: …` lines for the README. Download and verification are told apart by the
//! program's own events; the growth is that of the whole process's peak while the library downloads, verifies and stages.
//! The server runs in a process of its own, so that its memory is not counted. Where curl is missing that column is, too.
//! Shutdowns are in mid-download, from a server that sends as fast as it can and from one that has gone quiet; the slowest.

#[path = "upgrade/server.rs"]
mod server;

use iscdesk::client::{Client, Options};
use iscdesk::events::{Event, EventType, Receiver};
use iscdesk::upgrade::this_platform;
use server::Server;
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};

const SIZE: usize = 200 * 1024 * 1024;
const ROUNDS: usize = 5;
/// Of each kind.
const SHUTDOWNS: usize = 20;

fn main() {
    if let Some(folder) = std::env::args()
        .nth(1)
        .filter(|arg| arg.starts_with("--serve="))
    {
        return server::serve(Path::new(&folder["--serve=".len()..]));
    }
    let folder = tempfile::tempdir().unwrap();
    let shop = folder.path().join("shop");
    std::fs::create_dir(&shop).unwrap();
    let server = Server::start(&shop);
    let key = publish(&shop, &server.url());
    let curl = has_curl();
    if !curl {
        println!("note: curl is not installed; nothing to compare with");
    }
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        // By turns, so that what else the machine does strikes both.
        if curl {
            theirs.push(curl_once(&server.url(), folder.path()));
        }
        let data = folder.path().join(format!("data-{round}"));
        ours.push(upgrade_once(&server.url(), &key, &data));
        std::fs::remove_dir_all(data).unwrap();
    }
    let shutdown = slowest_shutdown(&server.url(), &key, folder.path());
    let best = |of: &dyn Fn(&Upgrade) -> f64| ours.iter().map(of).fold(f64::INFINITY, f64::min);
    let worst = ours.iter().map(|one| one.growth_kib).max().unwrap();
    println!(
        "number: upgrade download {:.0} ms",
        best(&|one| one.download)
    );
    println!(
        "number: upgrade verification {:.0} ms",
        best(&|one| one.verification)
    );
    println!("number: upgrade memory {worst} KiB");
    println!("number: shutdown in mid-download {shutdown:.1} ms");
    if let Some(curl) = theirs.into_iter().reduce(f64::min) {
        println!("number: curl download {curl:.0} ms");
        println!(
            "number: download to curl {:.2}",
            best(&|one| one.download) / curl
        );
    }
}

struct Upgrade {
    /// Milliseconds.
    download: f64,
    verification: f64,
    growth_kib: u64,
}

/// Writes package, feed and signature; answers the public key.
fn publish(shop: &Path, url: &str) -> String {
    let pair = minisign::KeyPair::generate_unencrypted_keypair().unwrap();
    let sign = |file: &Path, comment: &str| {
        let data = File::open(file).unwrap();
        let signed = minisign::sign(None, &pair.sk, data, Some(comment), None).unwrap();
        signed.into_string()
    };
    let package = shop.join("setup");
    let mut file = File::create(&package).unwrap();
    let mut piece = vec![0_u8; 1024 * 1024];
    for number in 0..SIZE / piece.len() {
        // Nothing that a file system could store as a hole.
        piece.fill(number as u8 | 1);
        file.write_all(&piece).unwrap();
    }
    let platform = this_platform();
    let comment = format!("product:Bench version:2.0.0 platform:{platform}");
    let feed = serde_json::json!({
        "version": "2.0.0", "pub_date": "2026-03-01T08:00:00Z",
        "platforms": {platform: {
            "url": format!("{url}/setup"), "size": SIZE, "signature": sign(&package, &comment),
        }},
    });
    let feed = feed.to_string();
    let stalled = feed.replace("/setup", "/stalled/setup");
    for (name, feed) in [("feed.json", feed), ("stalled.json", stalled)] {
        let path = shop.join(name);
        std::fs::write(&path, feed).unwrap();
        let signature = shop.join(format!("{name}.minisig"));
        std::fs::write(signature, sign(&path, "feed")).unwrap();
    }
    pair.pk.to_base64()
}

fn client(feed: &str, key: &str, data: &Path) -> Arc<Client> {
    let mut options = Options::new();
    for (option, value) in [
        (1, "ACME"),
        (2, "Bench"),
        (3, "1.0.0"),
        (20, data.to_str().unwrap()),
        (30, "direct"),
        (60, feed),
        (61, key),
        // Ends at once, as the helper does once its copy is on its way.
        (62, "/bin/true"),
    ] {
        options.set_string(option, value).unwrap();
    }
    options.set_int(43, 0).unwrap();
    Arc::new(Client::init(&options).unwrap())
}

/// In milliseconds.
fn slowest_shutdown(url: &str, key: &str, folder: &Path) -> f64 {
    let mut slowest = 0.0_f64;
    for (number, feed) in ["feed.json", "stalled.json"]
        .repeat(SHUTDOWNS)
        .iter()
        .enumerate()
    {
        let data = folder.join(format!("shut-{number}"));
        let client = client(&format!("{url}/{feed}"), key, &data);
        client.register(Arc::new(Accept(client.clone()))).unwrap();
        client.check_new_versions().unwrap();
        let deadline = Instant::now() + Duration::from_secs(60);
        while part_length(&data) == 0 {
            assert!(Instant::now() < deadline, "no download");
            std::thread::sleep(Duration::from_millis(1));
        }
        let begun = Instant::now();
        client.shutdown(Duration::from_secs(5)).unwrap();
        slowest = slowest.max(begun.elapsed().as_secs_f64() * 1000.0);
        assert!(part_length(&data) > 0, "what was fetched is gone");
        std::fs::remove_dir_all(data).unwrap();
    }
    slowest
}

/// What was fetched and is not staged yet.
fn part_length(data: &Path) -> u64 {
    let list = std::fs::read_dir(data).into_iter().flatten().flatten();
    let lengths = list.filter_map(|entry| entry.path().join("2.0.0.part").metadata().ok());
    lengths.map(|part| part.len()).max().unwrap_or(0)
}

/// Accepts what is offered.
struct Accept(Arc<Client>);

impl Receiver<Event> for Accept {
    fn receive(&self, event: &Event) {
        if event.kind == EventType::Update {
            self.0.upgrade_notify(true).unwrap();
        }
    }

    fn retire(&self) {}
}

fn upgrade_once(url: &str, key: &str, data: &Path) -> Upgrade {
    let client = client(&format!("{url}/feed.json"), key, data);
    let (staged, is_staged) = mpsc::channel();
    let watch = Arc::new(Watch {
        client: client.clone(),
        begun: Mutex::default(),
        verifying: Mutex::default(),
        staged,
    });
    client.register(watch.clone()).unwrap();
    let before = settle_peak();
    client.check_new_versions().unwrap();
    let end: Instant = is_staged
        .recv_timeout(Duration::from_secs(120))
        .expect("no package");
    let growth_kib = peak_kib().saturating_sub(before);
    client.shutdown(Duration::from_secs(5)).unwrap();
    let begun = watch.begun.lock().unwrap().unwrap();
    let verifying = watch.verifying.lock().unwrap().unwrap();
    Upgrade {
        download: (verifying - begun).as_secs_f64() * 1000.0,
        verification: (end - verifying).as_secs_f64() * 1000.0,
        growth_kib,
    }
}

/// Accepts what is offered, and notes when what begins.
struct Watch {
    client: Arc<Client>,
    begun: Mutex<Option<Instant>>,
    verifying: Mutex<Option<Instant>>,
    staged: mpsc::Sender<Instant>,
}

impl Receiver<Event> for Watch {
    fn receive(&self, event: &Event) {
        let now = Instant::now();
        let is = |stage: &str| event.message.contains(&format!(r#""Stage":"{stage}""#));
        match event.kind {
            EventType::UpgradeNotice if event.message.contains(r#""available":"true""#) => {}
            EventType::Update => drop(self.client.upgrade_notify(true).unwrap()),
            EventType::UpgradeProgress if is("downloading") => {
                self.begun.lock().unwrap().get_or_insert(now);
            }
            EventType::UpgradeProgress if is("verifying") => {
                self.verifying.lock().unwrap().get_or_insert(now);
            }
            EventType::UpgradeProgress if is("staged") => drop(self.staged.send(now)),
            _ => panic!("{}", event.message),
        }
    }

    fn retire(&self) {}
}

fn has_curl() -> bool {
    Command::new("curl")
        .arg("--version")
        .output()
        .is_ok_and(|run| run.status.success())
}

/// To a file, as the library does it.
fn curl_once(url: &str, folder: &Path) -> f64 {
    let file = folder.join("by-curl");
    let begun = Instant::now();
    let run = Command::new("curl")
        .args(["--silent", "--fail", "--noproxy", "*", "--output"])
        .arg(&file)
        .arg(format!("{url}/setup"))
        .status();
    let took = begun.elapsed().as_secs_f64() * 1000.0;
    assert!(run.unwrap().success());
    assert_eq!(file.metadata().unwrap().len(), SIZE as u64);
    std::fs::remove_file(file).unwrap();
    took
}

/// Lets the peak begin anew from what is in use now. Answers that.
fn settle_peak() -> u64 {
    // Only Linux knows it; elsewhere the growth is told as none.
    let _ = std::fs::write("/proc/self/clear_refs", "5");
    peak_kib()
}

fn peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.and_then(|line| line.split_whitespace().next());
    number.and_then(|number| number.parse().ok()).unwrap_or(0)
}
