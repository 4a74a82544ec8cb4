//! A sign of life while a call waits for the marketplace: on a terminal, and only where it takes longer than a second.

use indicatif::ProgressBar;
use std::io::IsTerminal;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

const QUIET: Duration = Duration::from_secs(1);
const TICK: Duration = Duration::from_millis(100);

/// Runs `work` and shows `text` meanwhile.
pub fn during<R>(text: &'static str, work: impl FnOnce() -> R) -> R {
    if !std::io::stderr().is_terminal() {
        return work();
    }
    let (working, done) = channel::<()>();
    thread::scope(|scope| {
        scope.spawn(move || {
            if done.recv_timeout(QUIET) == Err(RecvTimeoutError::Timeout) {
                let spinner = ProgressBar::new_spinner().with_message(text);
                spinner.enable_steady_tick(TICK);
                // Ends when the sender is dropped.
                let _ = done.recv();
                spinner.finish_and_clear();
            }
        });
        let result = work();
        drop(working);
        result
    })
}
