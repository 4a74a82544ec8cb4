//! A file server in a process of its own. Below `/stalled/` it stops after the first MiB of a file, with the connection open.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};

const FIRST: u64 = 1024 * 1024;

pub struct Server {
    child: Child,
    url: String,
}

impl Server {
    pub fn start(folder: &Path) -> Server {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .arg(format!("--serve={}", folder.display()))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let stdout = child.stdout.take().unwrap();
        BufReader::new(stdout).read_line(&mut line).unwrap();
        Server {
            child,
            url: line.trim().to_owned(),
        }
    }

    pub fn url(&self) -> String {
        self.url.clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The other process: says where it listens, and serves until it is killed.
pub fn serve(folder: &Path) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    println!("http://{}", listener.local_addr().unwrap());
    for stream in listener.incoming().flatten() {
        let folder = folder.to_owned();
        // A client that has gone ends its own answer only.
        std::thread::spawn(move || answer(stream, &folder));
    }
}

fn answer(mut stream: TcpStream, folder: &Path) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let first = lines.next().unwrap_or_else(|| Ok(String::new()))?;
    while lines
        .next()
        .is_some_and(|line| line.is_ok_and(|line| !line.is_empty()))
    {}
    let name = first
        .split(' ')
        .nth(1)
        .unwrap_or_default()
        .trim_start_matches('/');
    let (name, stalls) = match name.strip_prefix("stalled/") {
        Some(name) => (name, true),
        None => (name, false),
    };
    let mut file = File::open(folder.join(name))?;
    let length = file.metadata()?.len();
    write!(
        stream,
        "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nETag: \"1\"\r\nConnection: close\r\n\r\n"
    )?;
    if stalls && length > FIRST {
        std::io::copy(&mut file.take(FIRST), &mut stream)?;
        // Until the client goes.
        stream.read_to_end(&mut Vec::new())?;
        return Ok(());
    }
    std::io::copy(&mut file, &mut stream)?;
    Ok(())
}
