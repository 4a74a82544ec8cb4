//! Files on a server without a network, which misbehaves as told.

use crate::marketplace::transport::{
    Body, Bytes, Get, Opened, Piece, TransportError, TransportErrorKind,
};
use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What goes wrong with one answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The connection breaks after so many bytes.
    StopAfter(usize),
    /// It brings no more after so many bytes, and does not end.
    MuteAfter(usize),
    /// It ends in good order after so many bytes, having announced no length.
    EndAfter(usize),
    IgnoreRange,
    /// Another range than the one asked for.
    WrongRange,
    Status(u16),
    /// So many bytes more than there are, having announced no length.
    Longer(usize),
    Unreachable,
    /// Each piece takes so long.
    Slow(Duration),
}

struct Served {
    bytes: Bytes,
    etag: Option<String>,
}

#[derive(Default)]
pub struct FileServer {
    files: Mutex<BTreeMap<String, Served>>,
    faults: Mutex<BTreeMap<String, VecDeque<Fault>>>,
    pub asked: Mutex<Vec<Get>>,
    /// Answers that have gone mute.
    pub muted: AtomicUsize,
}

const PIECE: usize = 1000;

impl FileServer {
    pub fn put(&self, url: &str, bytes: impl Into<Vec<u8>>, etag: Option<&str>) {
        let served = Served {
            bytes: bytes.into().into(),
            etag: etag.map(str::to_owned),
        };
        self.files.lock().unwrap().insert(url.into(), served);
    }

    pub fn remove(&self, url: &str) {
        self.files.lock().unwrap().remove(url);
    }

    /// Spoils the next answer for a file; several: one after another.
    pub fn spoil(&self, url: &str, fault: Fault) {
        let mut faults = self.faults.lock().unwrap();
        faults.entry(url.into()).or_default().push_back(fault);
    }

    pub fn count(&self, url: &str) -> usize {
        let asked = self.asked.lock().unwrap();
        asked.iter().filter(|get| get.url == url).count()
    }

    /// The `Range` of each request for a file.
    pub fn ranges(&self, url: &str) -> Vec<Option<String>> {
        let range = |get: &Get| {
            let found = get.headers.iter().find(|(name, _)| *name == "Range");
            found.map(|(_, value)| value.clone())
        };
        let asked = self.asked.lock().unwrap();
        asked
            .iter()
            .filter(|get| get.url == url)
            .map(range)
            .collect()
    }

    pub fn answer(self: &Arc<FileServer>, get: Get) -> Result<Opened, TransportError> {
        self.asked.lock().unwrap().push(get.clone());
        let fault = {
            let mut faults = self.faults.lock().unwrap();
            faults.get_mut(&get.url).and_then(VecDeque::pop_front)
        };
        if fault == Some(Fault::Unreachable) {
            return Err(TransportError::new(TransportErrorKind::Connect, "refused"));
        }
        let files = self.files.lock().unwrap();
        let (Some(served), None) = (files.get(&get.url), status(&fault)) else {
            return Ok(self.opened(status(&fault).unwrap_or(404), Bytes::new(), fault));
        };
        let from = match fault {
            Some(Fault::IgnoreRange) => None,
            _ => range_start(&get, served),
        };
        let whole = served.bytes.len();
        let rest = served.bytes.slice(from.unwrap_or(0)..);
        let mut opened = self.opened(if from.is_some() { 206 } else { 200 }, rest, fault.clone());
        opened.etag = served.etag.clone();
        opened.content_range = from.map(|from| match fault {
            Some(Fault::WrongRange) => format!("bytes 0-{}/{whole}", whole - 1),
            _ => format!("bytes {from}-{}/{whole}", whole - 1),
        });
        Ok(opened)
    }

    fn opened(self: &Arc<FileServer>, status: u16, left: Bytes, fault: Option<Fault>) -> Opened {
        let tells_length = !matches!(fault, Some(Fault::EndAfter(_) | Fault::Longer(_)));
        Opened {
            status,
            content_length: tells_length.then_some(left.len() as u64),
            content_range: None,
            etag: None,
            last_modified: None,
            retry_after_s: None,
            body: Box::new(Answer {
                server: self.clone(),
                left: match fault {
                    Some(Fault::Longer(more)) => [&left[..], &vec![0; more][..]].concat().into(),
                    _ => left,
                },
                sent: 0,
                fault,
            }),
        }
    }
}

fn status(fault: &Option<Fault>) -> Option<u16> {
    match fault {
        Some(Fault::Status(status)) => Some(*status),
        _ => None,
    }
}

/// As `If-Range` has it: a file that has changed is sent whole.
fn range_start(get: &Get, served: &Served) -> Option<usize> {
    let header = |wanted: &str| {
        let found = get.headers.iter().find(|(name, _)| *name == wanted);
        found.map(|(_, value)| value.as_str())
    };
    let from = header("Range")?.strip_prefix("bytes=")?.strip_suffix('-')?;
    let same = header("If-Range") == served.etag.as_deref();
    from.parse().ok().filter(|_| same)
}

struct Answer {
    server: Arc<FileServer>,
    left: Bytes,
    sent: usize,
    fault: Option<Fault>,
}

impl Body for Answer {
    fn next<'a>(&'a mut self) -> Piece<'a> {
        Box::pin(async move {
            let limit = match self.fault {
                Some(Fault::StopAfter(n) | Fault::MuteAfter(n) | Fault::EndAfter(n)) => n,
                _ => usize::MAX,
            };
            let next = PIECE.min(self.left.len()).min(limit - self.sent);
            if next == 0 && self.sent == limit {
                match self.fault {
                    Some(Fault::StopAfter(_)) => {
                        return Err(TransportError::new(TransportErrorKind::Reset, "reset"));
                    }
                    Some(Fault::MuteAfter(_)) => {
                        self.server.muted.fetch_add(1, Ordering::SeqCst);
                        return std::future::pending().await;
                    }
                    _ => {}
                }
            }
            if let Some(Fault::Slow(wait)) = self.fault {
                tokio::time::sleep(wait).await;
            }
            self.sent += next;
            // As a network does: others have their turn between two pieces.
            tokio::task::yield_now().await;
            Ok((next > 0).then(|| self.left.split_to(next)))
        })
    }
}
