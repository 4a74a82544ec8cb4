//! Response bodies that no honest server sends: one that never ends in time, one that drips, one that stops half-way; and
//! a part of a file, sent honestly or with such flaws.

use super::connection::{Cut, Line};
use axum::body::{Bytes, HttpBody};
use hyper::body::Frame;
use std::convert::Infallible;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::time::{Sleep, sleep};

type Next = Poll<Option<Result<Frame<Bytes>, Infallible>>>;

const HUGE: usize = 64 * 1024 * 1024;
const PIECE: &[u8] = &[b'x'; 64 * 1024];
const DRIP: Duration = Duration::from_millis(200);

/// 64 MiB of a JSON document whose message does not end.
pub struct Flood {
    left: usize,
    begun: bool,
}

impl Flood {
    pub fn new() -> Flood {
        Flood {
            left: HUGE,
            begun: false,
        }
    }
}

impl HttpBody for Flood {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Next {
        let piece: &'static [u8] = if self.begun {
            PIECE
        } else {
            br#"{"error_code":"92020000","error_msg":""#
        };
        self.begun = true;
        let piece = &piece[..piece.len().min(self.left)];
        self.left -= piece.len();
        let frame = (!piece.is_empty()).then(|| Ok(Frame::data(Bytes::from_static(piece))));
        Poll::Ready(frame)
    }
}

/// One byte every 200 ms.
pub struct Drip {
    bytes: Bytes,
    pause: Pin<Box<Sleep>>,
}

impl Drip {
    pub fn new(bytes: Vec<u8>) -> Drip {
        Drip {
            bytes: bytes.into(),
            pause: Box::pin(sleep(DRIP)),
        }
    }
}

impl HttpBody for Drip {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Next {
        if self.bytes.is_empty() {
            return Poll::Ready(None);
        }
        ready!(self.pause.as_mut().poll(context));
        self.pause = Box::pin(sleep(DRIP));
        Poll::Ready(Some(Ok(Frame::data(self.bytes.split_to(1)))))
    }
}

/// The first half, then the end of the connection.
pub struct Stub {
    half: Option<Bytes>,
    line: Line,
}

impl Stub {
    pub fn new(bytes: &[u8], line: Line) -> Stub {
        Stub {
            half: Some(Bytes::copy_from_slice(&bytes[..bytes.len() / 2])),
            line,
        }
    }
}

impl HttpBody for Stub {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Next {
        if let Some(half) = self.half.take() {
            return Poll::Ready(Some(Ok(Frame::data(half))));
        }
        // hyper flushes the half before the connection's loop looks at the cut.
        self.line.cut(Cut::Close);
        Poll::Pending
    }
}

/// Bytes of a file per frame, fast and slow.
const CHUNK: usize = 64 * 1024;
const SLOW_CHUNK: usize = 4 * 1024;

/// What is wrong with a file that is sent.
pub struct Flaws {
    /// The byte at this place is another one.
    pub corrupt_at: Option<u64>,
    /// 4 KiB every 200 ms.
    pub slow: bool,
    /// The connection ends after so many bytes.
    pub stop_after: Option<u64>,
}

/// A part of a file, read as it is sent. What lies beyond the end of the file is zeros.
pub struct FilePart {
    file: File,
    left: Range<u64>,
    flaws: Flaws,
    pause: Option<Pin<Box<Sleep>>>,
    line: Line,
}

impl FilePart {
    pub fn new(mut file: File, part: Range<u64>, flaws: Flaws, line: Line) -> io::Result<FilePart> {
        file.seek(SeekFrom::Start(part.start))?;
        Ok(FilePart {
            file,
            left: part,
            pause: flaws.slow.then(|| Box::pin(sleep(DRIP))),
            flaws,
            line,
        })
    }

    fn is_to_stop(&self) -> bool {
        self.flaws.stop_after == Some(0)
    }

    /// The disk of a developer's computer is fast enough to be read in between.
    fn read(&mut self) -> io::Result<Bytes> {
        let most = if self.flaws.slow { SLOW_CHUNK } else { CHUNK };
        let left = self.left.end - self.left.start;
        let left = left.min(self.flaws.stop_after.unwrap_or(left));
        let mut bytes = Vec::with_capacity(most);
        let length = left.min(most as u64);
        (&mut self.file).take(length).read_to_end(&mut bytes)?;
        // At most `most` bytes.
        bytes.resize(length as usize, 0);
        let sent = self.left.start..self.left.start + length;
        if let Some(at) = self.flaws.corrupt_at.filter(|at| sent.contains(at)) {
            bytes[(at - sent.start) as usize] ^= 0x20;
        }
        self.left.start = sent.end;
        self.flaws.stop_after = self.flaws.stop_after.map(|rest| rest - length);
        Ok(bytes.into())
    }
}

impl HttpBody for FilePart {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        if self.is_to_stop() {
            self.line.cut(Cut::Close);
            return Poll::Pending;
        }
        if self.left.is_empty() {
            return Poll::Ready(None);
        }
        if let Some(pause) = &mut self.pause {
            ready!(pause.as_mut().poll(context));
            self.pause = Some(Box::pin(sleep(DRIP)));
        }
        Poll::Ready(Some(self.read().map(Frame::data)))
    }
}
