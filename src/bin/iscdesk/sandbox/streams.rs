//! Response bodies that no honest server sends: one that never ends in time, one that drips, one that stops half-way.

use super::connection::{Cut, Line};
use axum::body::{Bytes, HttpBody};
use hyper::body::Frame;
use std::convert::Infallible;
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
