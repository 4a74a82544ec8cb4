//! The marketplace of the demo: this very executable as a sandbox, in a child process that ends with us. It can be
//! stopped and started again, at the same address and with the same licences.

use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(10);
/// Made up for the tour; the sandbox believes whatever it is started with.
const ACCESS_KEY: &str = "DEMOACCESSKEY";
const SECRET_KEY: &str = "demo-secret-key";

pub struct Market {
    dir: PathBuf,
    /// `127.0.0.1:port`, the same after a stop.
    address: String,
    child: Option<Child>,
}

impl Market {
    pub fn open(dir: &Path) -> Result<Market, String> {
        let mut market = Market {
            dir: dir.to_owned(),
            address: String::new(),
            child: None,
        };
        let feed = market.feed_folder();
        std::fs::create_dir_all(&feed).map_err(|e| format!("{}: {e}", feed.display()))?;
        market.start("0")?;
        Ok(market)
    }

    pub fn stop(&mut self) -> Result<(), String> {
        let Some(mut child) = self.child.take() else {
            return Ok(());
        };
        // It ends with its stdin, which waiting closes.
        let ended = child.wait();
        ended.map(drop).map_err(|e| format!("the sandbox: {e}"))
    }

    pub fn reopen(&mut self) -> Result<(), String> {
        let port = self.address.rsplit(':').next().unwrap_or("0").to_owned();
        self.start(&port)
    }

    fn start(&mut self, port: &str) -> Result<(), String> {
        let failed = |e: std::io::Error| format!("the sandbox does not start: {e}");
        let mut child = Command::new(std::env::current_exe().map_err(failed)?)
            .args(["sandbox", "--exit-with-stdin", "--port", port])
            .args(["--access-key", ACCESS_KEY, "--secret-key", SECRET_KEY])
            .arg("--state")
            .arg(self.dir.join("licences.json"))
            .arg("--feed")
            .arg(self.feed_folder())
            .arg("--dir")
            .arg(&self.dir)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(failed)?;
        let mut line = String::new();
        if let Some(stdout) = child.stdout.take() {
            BufReader::new(stdout)
                .read_line(&mut line)
                .map_err(failed)?;
        }
        self.child = Some(child);
        let ready: Value = serde_json::from_str(&line)
            .map_err(|_| "the sandbox does not start; it says why above".to_owned())?;
        let http = ready["http"].as_str().unwrap_or_default();
        self.address = http.trim_start_matches("http://").to_owned();
        Ok(())
    }

    /// What the program's `iscdesk.json` says about this marketplace.
    pub fn options(&self) -> Value {
        json!({
            "endpoint": format!("http://{}", self.address),
            "access_key": ACCESS_KEY,
            "secret_key": SECRET_KEY,
        })
    }

    /// What is put here is served as the upgrade feed.
    pub fn feed_folder(&self) -> PathBuf {
        self.dir.join("feed")
    }

    /// Where it is served.
    pub fn feed(&self) -> String {
        format!("http://{}/feed", self.address)
    }

    /// Asks the admin API; `path` is below `/admin`.
    pub fn admin(&self, method: &str, path: &str, body: Value) -> Result<Value, String> {
        let (status, body) = self
            .request(method, path, &body.to_string())
            .map_err(|e| format!("the sandbox does not answer: {e}"))?;
        if status != 200 {
            return Err(format!("the sandbox refuses {method} {path}: {body}"));
        }
        serde_json::from_str(&body).map_err(|e| format!("the sandbox answers no JSON: {e}"))
    }

    /// How many requests arrived at paths with this part.
    pub fn count_requests(&self, part: &str) -> Result<usize, String> {
        let list = self.admin("GET", "/requests", Value::Null)?;
        let list = list.as_array().map(Vec::as_slice).unwrap_or_default();
        let paths = list.iter().filter_map(|r| r["path"].as_str());
        Ok(paths.filter(|path| path.contains(part)).count())
    }

    /// One request over a connection of its own, read to the end.
    fn request(&self, method: &str, path: &str, body: &str) -> std::io::Result<(u16, String)> {
        let mut stream = TcpStream::connect(&self.address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        write!(
            stream,
            "{method} /admin{path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
            self.address,
            body.len()
        )?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let status = answer.split(' ').nth(1).and_then(|code| code.parse().ok());
        let body = answer.split_once("\r\n\r\n").map(|(_, body)| body);
        Ok((status.unwrap_or(0), body.unwrap_or_default().to_owned()))
    }
}

impl Drop for Market {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            // It may have ended already, which is what is wanted here.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
