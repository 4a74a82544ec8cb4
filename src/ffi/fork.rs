//! What a child process after `fork()` may not use.
//!
//! The child has the client's memory but none of its threads, and a lock may be held by a thread that is not there. So
//! a handle remembers the *generation* it was made in, and every fork begins a new one: the handler only counts.

use std::sync::atomic::{AtomicU32, Ordering};

static GENERATION: AtomicU32 = AtomicU32::new(0);

/// The generation of this process. Zero until the first fork after [`watch`].
pub fn generation() -> u32 {
    GENERATION.load(Ordering::Relaxed)
}

/// Begins to count forks. Called before the first client is made.
#[cfg(unix)]
pub fn watch() {
    use std::sync::atomic::AtomicBool;
    static WATCHING: AtomicBool = AtomicBool::new(false);

    if WATCHING.load(Ordering::Acquire) {
        return;
    }
    // SAFETY: the handler is a plain function that stores to an atomic, which is all that a child may do. The C library
    // forgets it when this module is unloaded. Two threads may register it twice: then a fork counts twice. Should
    // memory run out here, forks are not counted, and a child has the guard of its own good sense alone.
    unsafe { libc::pthread_atfork(None, None, Some(forked)) };
    WATCHING.store(true, Ordering::Release);
}

#[cfg(unix)]
unsafe extern "C" fn forked() {
    GENERATION.fetch_add(1, Ordering::Relaxed);
}

/// There is no fork here.
#[cfg(not(unix))]
pub fn watch() {}
