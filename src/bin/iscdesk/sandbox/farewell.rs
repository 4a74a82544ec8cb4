//! The orderly ways to be told to end from outside: Ctrl-C, and what a service manager sends.

/// Returns when the sandbox is asked to end.
#[cfg(unix)]
pub async fn wished() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        return interrupted().await;
    };
    tokio::select! {
        () = interrupted() => {}
        _ = terminate.recv() => {}
    }
}

#[cfg(not(unix))]
pub async fn wished() {
    interrupted().await;
}

/// Where the system does not tell, it ends the process by itself.
async fn interrupted() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending().await
    }
}
