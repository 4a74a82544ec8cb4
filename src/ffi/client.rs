//! The client's life: made, changed while running, ended.

use super::boundary::{
    ClientObject, empty, guard_in_language, guard_silent, hand_out, on_client,
    on_client_closed_too, with_options,
};
use super::types::{isc_client, isc_option_key, isc_options, isc_status};
use super::{fork, handle, strings};
use crate::client::options::Key;
use crate::client::window::Window;
use crate::client::{Client, LiveOption};
use crate::platform::process;
use crate::text::Language;
use crate::{Error, Status};
use std::ffi::c_char;
use std::sync::Arc;
use std::time::Duration;

/// How long isc_release() waits at most, in milliseconds, and a good choice for isc_shutdown().
pub const ISC_TIMEOUT_DEFAULT: u32 = 5000;

/// What a client publishes into once its handle is released: nobody reads it.
static UNREAD: Window = Window::closed();

/// Makes a client: loads the cached state and starts the background work. The program is licensed or not from this moment
/// on, by the cache; see isc_is_licensed().
///
/// Never touches the network itself and returns within milliseconds. There may be any number of clients in a process,
/// and any number of processes on one state folder; a state folder that cannot be written is no failure.
///
/// \param o    the options; copied, so they may be freed at once
/// \param out  receives the client, NULL on failure; to be freed by isc_release()
///
/// \return ISC_OK; ISC_ERR_CONFIG where options are missing or wrong: the last error names all of them;
///         ISC_ERR_INVALID_HANDLE for `o`; ISC_ERR_INVALID_ARGUMENT where `out` is NULL; ISC_ERR_LIMIT; ISC_ERR_UNSUPPORTED for
///         an option that this version does not support.
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isc_init(o: *const isc_options, out: *mut *mut isc_client) -> isc_status {
    // SAFETY: the caller's address is NULL or writable.
    let emptied = unsafe { empty(out) };
    guard_in_language("isc_init", |language| {
        let options = with_options(o, |options| Ok(options.clone()))?;
        *language = Language::named(options.text(Key::Language));
        emptied?;
        fork::watch();
        let reserved = handle::reserve::<ClientObject>()?;
        let client = Client::init(&options)?;
        client.attach_window(reserved.window());
        let object = Arc::new(ClientObject::new(client));
        // SAFETY: found good above.
        unsafe { hand_out(out, reserved.fill(object, fork::generation())) };
        Ok(Status::Ok)
    })
}

/// Changes an option of a running client: ISC_OPT_PROXY, ISC_OPT_CA_FILE, ISC_OPT_BEARER_TOKEN or ISC_OPT_ACCOUNT_ID. Used
/// from the next request on.
///
/// \param c      the client
/// \param key    ISC_OPT_...
/// \param value  UTF-8, copied before the call returns
///
/// \return ISC_OK; ISC_ERR_INVALID_HANDLE; ISC_ERR_CLOSED; ISC_ERR_INVALID_ARGUMENT for another key or NULL;
///         ISC_ERR_INVALID_UTF8; ISC_ERR_CONFIG where the value makes no sense: the old one stays.
///
/// Any thread; returns at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isc_client_set_string(
    c: *mut isc_client,
    key: isc_option_key,
    value: *const c_char,
) -> isc_status {
    on_client("isc_client_set_string", c, |client| {
        let option = LiveOption::from_key(key).ok_or_else(|| {
            Error::argument(format!(
                "option {key} does not exist or cannot be changed while running"
            ))
        })?;
        // SAFETY: the caller's string is NULL or ended by NUL.
        let value = unsafe { strings::required(value, "value") }?;
        client.set_string(option, value)
    })
}

/// Ends a client: no new work, connections cut, queued events dropped, unsent facts written, threads ended.
///
/// From the moment it begins every other function on the handle answers ISC_ERR_CLOSED at once, and calls that wait in
/// other threads return within 100 ms with that answer; only isc_is_licensed(), isc_has_feature() and
/// isc_get_license_info() go on answering from the last facts. The handle stays valid until isc_release().
///
/// From an ordinary thread it waits for the running callback and for the library's threads. Inside an event callback it
/// does not wait: teardown follows when the callback returns, and a later call from another thread waits for that. A
/// callback that waits for the thread that calls this is a slow callback to the library: ISC_ERR_TIMEOUT, the callback
/// goes on, teardown finishes in the background and a later call answers ISC_OK. Any number of threads may call it, any
/// number of times.
///
/// \param c           the client
/// \param timeout_ms  most milliseconds to wait, for example ISC_TIMEOUT_DEFAULT; 0 = do not wait
///
/// \return ISC_OK: no callback or log call will ever come, every `user_data_free` has run, and once all clients have come
///         here the library may be unloaded. ISC_OK_DEFERRED inside an event callback. ISC_ERR_TIMEOUT: what is left writes
///         no file, calls no callback and no log. ISC_ERR_INVALID_HANDLE; ISC_ERR_CLOSED in a child process.
///
/// Any thread. A mute server does not hold it: within 1 second; only the operating system's name look-up takes longer.
#[unsafe(no_mangle)]
pub extern "C" fn isc_shutdown(c: *mut isc_client, timeout_ms: u32) -> isc_status {
    if process::is_ending() {
        // Nothing of the client will ever run again: its threads are gone.
        return Status::Ok.code();
    }
    on_client_closed_too("isc_shutdown", c, |object| {
        object.begin_closing();
        object.client.shutdown(wait(timeout_ms))
    })
}

fn wait(timeout_ms: u32) -> Duration {
    Duration::from_millis(timeout_ms.into())
}

/// Gives a client back. The handle is invalid from the first moment on, for every thread. Without an earlier
/// isc_shutdown() one is done here, with ISC_TIMEOUT_DEFAULT; inside an event callback it does not wait, and the teardown
/// follows when the callback returns.
///
/// In a child process after `fork()` a handle of the parent's becomes invalid, and what it stood for is left alone.
///
/// \param c  the client; NULL, or one already released: nothing happens
///
/// Any thread; at most ISC_TIMEOUT_DEFAULT milliseconds.
#[unsafe(no_mangle)]
pub extern "C" fn isc_release(c: *mut isc_client) {
    guard_silent(|| {
        let Some(retired) = handle::retire::<ClientObject>(c.addr(), fork::generation()) else {
            return;
        };
        let client = &retired.object.client;
        // The place is for another client soon.
        client.attach_window(&UNREAD);
        retired.window().set(0, 0);
        retired.object.begin_closing();
        // Whatever it answers: there is nobody left to tell.
        let _ = client.shutdown(wait(ISC_TIMEOUT_DEFAULT));
    });
}
