//! The one funnel between C and Rust.
//!
//! Whatever an exported function does runs inside [`caught`], so that a panic becomes `ISC_ERR_INTERNAL` and never
//! crosses into C; what fails becomes the calling thread's last error; and a handle becomes its object here, which is
//! where NULL, released, forked and shut-down ones part.

use super::types::{isc_client, isc_options, isc_status};
use super::{fork, handle, last_error};
use crate::client::Client;
use crate::client::options::Options;
use crate::platform::process;
use crate::sync;
use crate::text::Language;
use crate::{Cause, Error, Status};
use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, TryLockError};

/// What an options handle stands for.
pub struct OptionsObject(Mutex<Options>);

/// What a client handle stands for.
pub struct ClientObject {
    pub client: Client,
    pub language: Language,
    /// A shutdown was asked for.
    closing: AtomicBool,
}

impl handle::Object for OptionsObject {
    const KIND: super::layout::Kind = super::layout::Kind::Options;
}

impl handle::Object for ClientObject {
    const KIND: super::layout::Kind = super::layout::Kind::Client;
}

impl OptionsObject {
    pub fn new(options: Options) -> OptionsObject {
        OptionsObject(Mutex::new(options))
    }
}

impl ClientObject {
    pub fn new(client: Client) -> ClientObject {
        ClientObject {
            language: client.language(),
            client,
            closing: AtomicBool::new(false),
        }
    }

    pub fn begin_closing(&self) {
        self.closing.store(true, Ordering::SeqCst);
    }
}

/// Runs `f`; a panic is an error of ours.
pub fn caught<R>(f: impl FnOnce() -> Result<R, Error>) -> Result<R, Error> {
    // Unwind safety: what a panic may have left half done lies behind locks, whose users bear with that.
    panic::catch_unwind(AssertUnwindSafe(f)).unwrap_or_else(|payload| {
        // Dropping it could panic again.
        std::mem::forget(payload);
        Err(Error::internal(
            "a defect of the library was caught; the program can go on",
        ))
    })
}

/// Runs the body of the exported function `name`.
pub fn guard(name: &str, f: impl FnOnce() -> Result<Status, Error>) -> isc_status {
    guard_in_language(name, |_| f())
}

/// The same for a body that learns which language its failures are told in.
pub fn guard_in_language(
    name: &str,
    f: impl FnOnce(&mut Language) -> Result<Status, Error>,
) -> isc_status {
    let mut language = Language::En;
    let outcome = caught(|| f(&mut language));
    settle(name, language, outcome)
}

/// Runs the body of a function without an answer: one that gives something back.
pub fn guard_silent(f: impl FnOnce()) {
    let _ = caught(|| {
        not_ending()?;
        f();
        Ok(())
    });
}

fn settle(name: &str, language: Language, outcome: Result<Status, Error>) -> isc_status {
    match outcome {
        Ok(status) => status.code(),
        Err(error) => {
            // Telling of a failure must not fail: then the status alone is told.
            let _ = caught(|| {
                last_error::remember(&error, name, language);
                Ok(())
            });
            error.status.code()
        }
    }
}

/// Runs the body of a function of a client that is open.
pub fn on_client(
    name: &str,
    client: *const isc_client,
    f: impl FnOnce(&Client) -> Result<Status, Error>,
) -> isc_status {
    on_client_closed_too(name, client, |object| {
        if object.closing.load(Ordering::SeqCst) {
            return Err(Error::closed());
        }
        f(&object.client)
    })
}

/// Runs the body of a function that also answers once shutdown has begun.
pub fn on_client_closed_too(
    name: &str,
    client: *const isc_client,
    f: impl FnOnce(&ClientObject) -> Result<Status, Error>,
) -> isc_status {
    let mut language = Language::En;
    let outcome = caught(|| {
        not_ending()?;
        let found = handle::get::<ClientObject>(client.addr());
        let (object, made_in) = found.ok_or_else(|| invalid("client"))?;
        language = object.language;
        if made_in != fork::generation() {
            return Err(made_before_fork(object));
        }
        f(&object)
    });
    settle(name, language, outcome)
}

/// Keeps the reference for good: should the parent's other threads have held the rest, they are not here to let go.
fn made_before_fork<T>(object: std::sync::Arc<T>) -> Error {
    std::mem::forget(object);
    let text = "the client belongs to the parent process; call isc_init in this one";
    Error::new(Status::Closed, Cause::Closed, text)
}

/// What a killed thread held is held for good; giving back is the system's then.
fn not_ending() -> Result<(), Error> {
    match process::is_ending() {
        true => Err(Error::new(
            Status::Closed,
            Cause::Closed,
            "the process is ending",
        )),
        false => Ok(()),
    }
}

fn invalid(what: &str) -> Error {
    let text = format!("this is no {what} handle, or one that was released");
    Error::new(Status::InvalidHandle, Cause::Handle, text)
}

/// Runs the body of a function of an options object, alone on it.
pub fn on_options(
    name: &str,
    options: *const isc_options,
    f: impl FnOnce(&mut Options) -> Result<Status, Error>,
) -> isc_status {
    guard(name, || with_options(options, f))
}

/// Runs `f` on the options that a handle stands for.
///
/// They work in a child process as well, having no threads; unless the fork came while another thread of the parent was
/// changing them.
pub fn with_options<R>(
    options: *const isc_options,
    f: impl FnOnce(&mut Options) -> Result<R, Error>,
) -> Result<R, Error> {
    not_ending()?;
    let found = handle::get::<OptionsObject>(options.addr());
    let (object, made_in) = found.ok_or_else(|| invalid("options"))?;
    if made_in == fork::generation() {
        return f(&mut sync::lock(&object.0));
    }
    match object.0.try_lock() {
        Ok(mut options) => f(&mut options),
        Err(TryLockError::Poisoned(poisoned)) => f(&mut poisoned.into_inner()),
        Err(TryLockError::WouldBlock) => Err(Error::new(
            Status::Closed,
            Cause::Closed,
            "the parent process was changing these options when it forked",
        )),
    }
}

/// Checks the address that a result goes to, and empties it.
///
/// # Safety
/// `out` is NULL or writable.
pub unsafe fn empty<T>(out: *mut *mut T) -> Result<(), Error> {
    if out.is_null() {
        return Err(Error::argument("out is NULL"));
    }
    // SAFETY: not NULL, so it is writable; a misaligned one is borne with.
    unsafe { out.write_unaligned(std::ptr::null_mut()) };
    Ok(())
}

/// Hands out a handle.
///
/// # Safety
/// [`empty`] was fine with `out`.
pub unsafe fn hand_out<T>(out: *mut *mut T, handle: usize) {
    // SAFETY: as the caller says.
    unsafe { out.write_unaligned(std::ptr::without_provenance_mut(handle)) };
}
