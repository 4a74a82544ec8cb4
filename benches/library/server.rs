//! A marketplace for benchmarks: answers every query ALIVE, or nothing at all.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};

#[derive(Clone, Copy, PartialEq)]
pub enum Temper {
    Kind,
    Mute,
}

/// Connections in all, and the open ones of a mute server.
type Seen = Arc<(Mutex<Vec<TcpStream>>, Condvar)>;

pub struct Server {
    port: u16,
    seen: Seen,
}

impl Server {
    pub fn start(temper: Temper) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let seen: Seen = Arc::default();
        let connections = seen.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if temper == Temper::Kind {
                    let _ = answer(stream);
                    continue;
                }
                connections.0.lock().unwrap().push(stream);
                connections.1.notify_all();
            }
        });
        Server { port, seen }
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub fn wait_for(&self, count: usize) {
        let connections = self.seen.0.lock().unwrap();
        drop(
            self.seen
                .1
                .wait_while(connections, |open| open.len() < count),
        );
    }
}

fn answer(mut stream: TcpStream) -> std::io::Result<()> {
    let mut request = Vec::new();
    let mut piece = [0; 4096];
    let body = loop {
        let read = stream.read(&mut piece)?;
        if read == 0 {
            return Ok(());
        }
        request.extend_from_slice(&piece[..read]);
        let text = String::from_utf8_lossy(&request).into_owned();
        if let Some((_, body)) = text.split_once("\r\n\r\n")
            && body.ends_with('}')
        {
            break body.to_owned();
        }
    };
    let code = body.split('"').nth(3).unwrap_or_default();
    let answer = format!(
        r#"{{"error_code":"92020000","error_msg":"success","data":{{"license_code":"{code}","status":"ALIVE","product_id":"P"}}}}"#
    );
    write!(
        stream,
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{answer}",
        answer.len()
    )
}
