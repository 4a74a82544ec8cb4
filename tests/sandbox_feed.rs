//! The sandbox's upgrade feed: an honest static file server, each way in which it can be made to go wrong, and what the
//! sandbox leaves behind.

#[path = "support/sandbox.rs"]
mod support;

use serde_json::{Value, json};
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use support::{Reply, Sandbox, head, read_reply};
use tempfile::TempDir;

const PACKAGE: &str = "/feed/packages/setup.bin";

struct Site {
    sandbox: Sandbox,
    package: Vec<u8>,
    folder: TempDir,
}

impl Site {
    fn new() -> Site {
        let folder = TempDir::new().unwrap();
        let package: Vec<u8> = (0..300_000_u32).map(|n| (n % 251) as u8).collect();
        std::fs::create_dir(folder.path().join("packages")).unwrap();
        std::fs::write(folder.path().join("packages/setup.bin"), &package).unwrap();
        std::fs::write(folder.path().join("feed.json"), "{\"version\":\"2.0.0\"}").unwrap();
        let sandbox = Sandbox::start_with(&["--feed", folder.path().to_str().unwrap()]);
        Site {
            sandbox,
            package,
            folder,
        }
    }

    fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> std::io::Result<Reply> {
        self.sandbox.http_request(method, path, headers, b"")
    }

    fn get(&self, path: &str, headers: &[(&str, &str)]) -> Reply {
        self.ask("GET", path, headers).expect("an answer")
    }

    fn with(&self, fault: Value, headers: &[(&str, &str)]) -> Reply {
        self.sandbox.faults(fault);
        self.get(PACKAGE, headers)
    }
}

#[test]
fn files_are_served_whole_and_in_parts() {
    let site = Site::new();
    let feed = site.get("/feed/feed.json", &[]);
    assert_eq!(feed.json(), json!({"version": "2.0.0"}));
    let kind = feed.header("content-type");
    assert_eq!(kind, Some("application/json;charset=UTF-8"));

    let whole = site.get(PACKAGE, &[]);
    assert_eq!((whole.status, &whole.body), (200, &site.package));
    assert_eq!(whole.header("accept-ranges"), Some("bytes"));
    let tag = whole.header("etag").unwrap().to_owned();
    assert!(tag.starts_with('"'), "{tag} is a strong one");

    let rest = site.get(PACKAGE, &[("Range", "bytes=100000-"), ("If-Range", &tag)]);
    assert_eq!(rest.status, 206);
    assert_eq!(rest.body, site.package[100_000..]);
    let told = rest.header("content-range");
    assert_eq!(told, Some("bytes 100000-299999/300000"));
    let date = whole.header("last-modified").unwrap();
    let dated = site.get(PACKAGE, &[("Range", "bytes=5-9"), ("If-Range", date)]);
    assert_eq!((dated.status, &dated.body[..]), (206, &site.package[5..10]));

    let beyond = site.get(PACKAGE, &[("Range", "bytes=300000-")]);
    let told = (beyond.status, beyond.header("content-range"));
    assert_eq!(told, (416, Some("bytes */300000")));
    let bare = site.sandbox.http_request("HEAD", PACKAGE, &[], b"");
    // Only the announcement comes, which the reader of this test takes for a body cut short.
    assert_eq!(bare.unwrap_err().kind(), ErrorKind::UnexpectedEof);
}

#[test]
fn a_replaced_file_is_another_one() {
    let site = Site::new();
    let tag = site.get(PACKAGE, &[]).header("etag").unwrap().to_owned();
    let file = site.folder.path().join("packages/setup.bin");
    std::fs::write(file, b"another package").unwrap();
    let again = site.get(PACKAGE, &[("Range", "bytes=8-"), ("If-Range", &tag)]);
    assert_eq!(
        (again.status, &again.body[..]),
        (200, &b"another package"[..])
    );
    assert_ne!(again.header("etag"), Some(tag.as_str()));
}

#[test]
fn nothing_outside_the_folder_is_served() {
    let site = Site::new();
    let secret = site.folder.path().with_extension("secret");
    std::fs::write(&secret, "secret").unwrap();
    let name = secret.file_name().unwrap().to_str().unwrap();
    let ways = [
        format!("/feed/../{name}"),
        format!("/feed/%2e%2e/{name}"),
        format!("/feed/..%2f{name}"),
        format!("/feed//{}", secret.display()),
        format!("/feed/%2f{}", secret.display()),
        "/feed/packages".into(),
        "/feed/missing".into(),
    ];
    for way in &ways {
        let reply = site.get(way, &[]);
        assert_eq!(reply.status, 404, "{way}");
    }
    std::fs::remove_file(&secret).unwrap();
    let posted = site.ask("POST", "/feed/feed.json", &[]).unwrap();
    let told = (posted.status, posted.header("allow"));
    assert_eq!(told, (405, Some("GET, HEAD")));
    let without = Sandbox::start();
    let reply = without.http_request("GET", "/feed/feed.json", &[], b"");
    assert_eq!(reply.unwrap().status, 404);
}

#[test]
fn the_feed_is_on_tls_as_well_and_in_the_log() {
    let site = Site::new();
    let mut stream = site.sandbox.tls();
    let request = head("GET", PACKAGE, "localhost", &[("Range", "bytes=0-3")], 0);
    stream.write_all(&request).unwrap();
    assert_eq!(read_reply(&mut stream).unwrap().body, site.package[..4]);
    let logged = &site.sandbox.requests_to("/feed/")[0];
    assert_eq!(logged["listener"], "https");
    assert_eq!(logged["headers"]["range"], "bytes=0-3");
    assert_eq!(logged["answered"]["http"], 206);
}

#[test]
fn a_download_can_go_wrong_in_each_way() {
    let site = Site::new();
    let range = [("Range", "bytes=1000-1999")];

    let longer = site.with(json!({"wrong_size": true}), &[]);
    assert_eq!(longer.body.len(), site.package.len() + 1000);
    let other = site.with(json!({"corrupt": true}), &[]);
    let differ = |body: &[u8], of: &[u8]| body.iter().zip(of).filter(|(a, b)| a != b).count();
    assert_eq!(other.body.len(), site.package.len());
    assert_eq!(differ(&other.body, &site.package), 1);
    let half = site.package.len() as u64 / 2;
    let around = format!("bytes={}-{}", half - 1, half + 1);
    let other = site.with(json!({"corrupt": true}), &[("Range", &around)]);
    assert_ne!(other.body[1], site.package[half as usize], "also in a part");
    assert_eq!(differ(&other.body, &site.package[half as usize - 1..]), 1);

    let whole = site.with(json!({"ignore_range": true}), &range);
    assert_eq!((whole.status, &whole.body), (200, &site.package));
    assert_eq!(whole.header("accept-ranges"), None);
    let wrong = site.with(json!({"wrong_range": true}), &range);
    let told = wrong.header("content-range");
    assert_eq!(told, Some("bytes 1001-1999/300000"));
    assert_eq!(wrong.body, site.package[1000..2000]);
    let [one, two] = [(); 2].map(|()| site.with(json!({"new_etag": true}), &[]));
    assert_ne!(one.header("etag"), two.header("etag"));
    for status in [404, 429, 503] {
        let refused = site.with(json!({"status": status}), &[]);
        assert_eq!(refused.status, status);
    }
    let logged = site.sandbox.requests_to(PACKAGE);
    assert_eq!(logged[0]["answered"]["fault"], "wrong_size");
    assert_eq!(logged.last().unwrap()["answered"]["http"], 503);
    assert_eq!(logged.last().unwrap()["answered"]["fault"], "status");
}

#[test]
fn a_download_can_stop_half_way() {
    let site = Site::new();
    site.sandbox.faults(json!({"truncated": true, "count": 1}));
    let mut stream = TcpStream::connect(site.sandbox.address()).unwrap();
    let request = head("GET", PACKAGE, "localhost", &[], 0);
    stream.write_all(&request).unwrap();
    let mut got = Vec::new();
    stream.read_to_end(&mut got).unwrap();
    let begin = got.windows(4).position(|w| w == b"\r\n\r\n").unwrap() + 4;
    assert_eq!(got[begin..], site.package[..150_000]);
    let rest = site.get(PACKAGE, &[("Range", "bytes=150000-")]);
    assert_eq!(rest.body, site.package[150_000..]);
}

#[test]
fn a_slow_download_comes_in_small_pieces() {
    let site = Site::new();
    site.sandbox.faults(json!({"slow_body": true}));
    let began = Instant::now();
    let part = site.get(PACKAGE, &[("Range", "bytes=0-9999")]);
    assert_eq!(part.body, site.package[..10_000]);
    assert!(began.elapsed() >= Duration::from_millis(3 * 200));
}

/// Without `--dir` the sandbox has a folder of its own, which goes with it.
fn on_its_own() -> (Child, PathBuf, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_iscdesk"))
        .args(["sandbox", "--exit-with-stdin"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the sandbox starts");
    let mut line = String::new();
    let stdout = child.stdout.as_mut().unwrap();
    BufReader::new(stdout).read_line(&mut line).unwrap();
    let ready: Value = serde_json::from_str(&line).unwrap();
    let folder = Path::new(ready["log"].as_str().unwrap()).parent().unwrap();
    assert!(folder.join("root.pem").exists());
    let http = ready["http"].as_str().unwrap();
    (child, folder.to_owned(), http.replace("http://", ""))
}

#[test]
fn a_temporary_folder_goes_with_the_sandbox() {
    let (mut by_stdin, folder, _) = on_its_own();
    drop(by_stdin.stdin.take());
    assert!(by_stdin.wait().unwrap().success());
    assert!(!folder.exists(), "{}", folder.display());

    let (mut by_request, folder, address) = on_its_own();
    let mut stream = TcpStream::connect(&address).unwrap();
    let request = head("POST", "/admin/stop", &address, &[], 0);
    stream.write_all(&request).unwrap();
    assert!(by_request.wait_with_stdin().success());
    assert!(!folder.exists(), "{}", folder.display());
}

#[cfg(unix)]
#[test]
fn a_signal_ends_it_as_orderly() {
    for signal in ["-TERM", "-INT"] {
        let (mut child, folder, _) = on_its_own();
        let id = child.id().to_string();
        let sent = Command::new("kill").args([signal, &id]).status();
        assert!(sent.unwrap().success());
        assert!(child.wait_with_stdin().success(), "{signal}");
        assert!(!folder.exists(), "{signal}: {}", folder.display());
    }
}

/// `Child::wait` closes stdin, which would end the sandbox, too.
trait WaitWithStdin {
    fn wait_with_stdin(&mut self) -> std::process::ExitStatus;
}

impl WaitWithStdin for Child {
    fn wait_with_stdin(&mut self) -> std::process::ExitStatus {
        let open = self.stdin.take();
        let status = self.wait().unwrap();
        drop(open);
        status
    }
}

#[test]
fn a_folder_that_is_missing_is_told() {
    let output = Command::new(env!("CARGO_BIN_EXE_iscdesk"))
        .args(["sandbox", "--feed", "/nowhere/at/all"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("/nowhere/at/all is no folder"), "{said}");
}
