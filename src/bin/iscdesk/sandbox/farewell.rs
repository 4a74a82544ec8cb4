//! The orderly ways to be told to end from outside: Ctrl-C, and what a service manager sends. They are listened for from
//! [`Farewell::listen`] on, which comes before anybody is told that the sandbox is there.

#[cfg(unix)]
use tokio::signal::unix::{Signal as Listener, SignalKind, signal};
#[cfg(windows)]
use tokio::signal::windows::{CtrlC as Listener, ctrl_c};

/// Where the system refuses to tell, it ends the process by itself.
pub struct Farewell(Vec<Listener>);

impl Farewell {
    #[cfg(unix)]
    pub fn listen() -> Farewell {
        let kinds = [SignalKind::interrupt(), SignalKind::terminate()];
        Farewell(
            kinds
                .into_iter()
                .filter_map(|kind| signal(kind).ok())
                .collect(),
        )
    }

    #[cfg(windows)]
    pub fn listen() -> Farewell {
        Farewell(ctrl_c().into_iter().collect())
    }

    /// Returns when the sandbox is asked to end.
    pub async fn wished(mut self) {
        std::future::poll_fn(|context| {
            let asked = self
                .0
                .iter_mut()
                .map(|listener| listener.poll_recv(context));
            // All are polled, so that each wakes this task.
            match asked.filter(|poll| poll.is_ready()).count() {
                0 => std::task::Poll::Pending,
                _ => std::task::Poll::Ready(()),
            }
        })
        .await;
    }
}
