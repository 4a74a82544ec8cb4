//! One accepted connection. hyper speaks HTTP over it; beside hyper the loop waits for a [`Cut`], by which a handler ends
//! the connection without an answer, gently or by a reset. That is why the sandbox does not use `axum::serve`.

use super::faults::Listener;
use axum::{Extension, Router};
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio_rustls::server::TlsStream;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// The end of the stream (FIN), without TLS's farewell.
    Close,
    /// RST: whatever was not sent yet is thrown away.
    Reset,
}

/// What a handler knows of its connection.
#[derive(Clone)]
pub struct Line {
    pub listener: Listener,
    wish: Arc<Wish>,
}

#[derive(Default)]
struct Wish {
    reset: AtomicBool,
    made: Notify,
    stop: AtomicBool,
}

impl Line {
    pub fn new(listener: Listener) -> Line {
        Line {
            listener,
            wish: Arc::default(),
        }
    }

    /// Ends the connection soon; the handler then waits to be dropped.
    pub fn cut(&self, cut: Cut) {
        self.wish.reset.store(cut == Cut::Reset, Ordering::SeqCst);
        self.wish.made.notify_one();
    }

    /// Ends the sandbox with the end of this connection, so after the answer that is being made.
    pub fn wish_to_stop(&self) {
        self.wish.stop.store(true, Ordering::SeqCst);
    }

    pub fn stop_wished(&self) -> bool {
        self.wish.stop.load(Ordering::SeqCst)
    }

    async fn is_cut(&self) -> Cut {
        self.wish.made.notified().await;
        if self.wish.reset.load(Ordering::SeqCst) {
            Cut::Reset
        } else {
            Cut::Close
        }
    }
}

/// The TCP connection under whatever is spoken over it.
pub trait Wire: AsyncRead + AsyncWrite + Unpin + Send + 'static {
    fn tcp(&self) -> &TcpStream;
}

impl Wire for TcpStream {
    fn tcp(&self) -> &TcpStream {
        self
    }
}

impl Wire for TlsStream<TcpStream> {
    fn tcp(&self) -> &TcpStream {
        self.get_ref().0
    }
}

/// Serves requests until the client leaves or a handler cuts the connection.
pub async fn serve(wire: impl Wire, app: Router, line: Line) {
    let service = TowerToHyperService::new(app.layer(Extension(line.clone())));
    let mut connection = http1::Builder::new().serve_connection(TokioIo::new(wire), service);
    let cut = tokio::select! {
        // hyper first: what it can send, it has sent before the cut.
        biased;
        _ = &mut connection => return,
        cut = line.is_cut() => cut,
    };
    let wire = connection.into_parts().io.into_inner();
    if cut == Cut::Reset {
        // Refused only for a connection that is gone already.
        let _ = wire.tcp().set_zero_linger();
    }
}
