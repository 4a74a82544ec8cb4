//! The status codes and what does not belong to any object: their sentences, the version.

use super::types::isc_status;
use crate::error::Status;
use crate::text::{Language, status_message};
use std::ffi::{CStr, c_char};

/// Done. From the calls that ask the marketplace: asked, and licensed.
pub const ISC_OK: isc_status = 0;
/// Accepted; takes effect when the running callback returns.
pub const ISC_OK_DEFERRED: isc_status = 1;
/// The marketplace could not be reached; licensed by an earlier check. Only from isc_heartbeat().
pub const ISC_OK_CACHED: isc_status = 2;
/// Nothing was left to do: today's check is done, or the code is already active.
pub const ISC_OK_ALREADY: isc_status = 3;
/// An argument is NULL, empty, too long or out of its range.
pub const ISC_ERR_INVALID_ARGUMENT: isc_status = -1;
/// A string is no valid UTF-8.
pub const ISC_ERR_INVALID_UTF8: isc_status = -2;
/// The buffer is too small; the length needed was told.
pub const ISC_ERR_BUFFER_TOO_SMALL: isc_status = -3;
/// The handle is NULL, released, of another kind or invented.
pub const ISC_ERR_INVALID_HANDLE: isc_status = -4;
/// The client is shut down, or belongs to the parent process.
pub const ISC_ERR_CLOSED: isc_status = -5;
/// It took longer than it may.
pub const ISC_ERR_TIMEOUT: isc_status = -6;
/// Not available in this version or with these options.
pub const ISC_ERR_UNSUPPORTED: isc_status = -7;
/// Events are already being delivered.
pub const ISC_ERR_REENTRANT: isc_status = -8;
/// The options hold faults; isc_last_error_message() names all of them.
pub const ISC_ERR_CONFIG: isc_status = -9;
/// Too many requests are pending.
pub const ISC_ERR_BUSY: isc_status = -10;
/// More codes or handles than there can be.
pub const ISC_ERR_LIMIT: isc_status = -11;
/// The call does not fit what happened before.
pub const ISC_ERR_INVALID_STATE: isc_status = -12;
/// The code is not activated here.
pub const ISC_ERR_NOT_ACTIVATED: isc_status = -20;
/// The marketplace does not know the code.
pub const ISC_ERR_UNKNOWN_LICENSE: isc_status = -21;
/// The buyer has not yet received the code.
pub const ISC_ERR_NOT_RECEIVED: isc_status = -22;
/// The licence has expired.
pub const ISC_ERR_EXPIRED: isc_status = -23;
/// The licence was released.
pub const ISC_ERR_RELEASED: isc_status = -24;
/// The licence has not been checked for longer than allowed.
pub const ISC_ERR_OFFLINE_TOO_LONG: isc_status = -25;
/// The computer's clock shows an implausible time.
pub const ISC_ERR_CLOCK: isc_status = -26;
/// The licence belongs to another machine.
pub const ISC_ERR_WRONG_DEVICE: isc_status = -27;
/// The licence file is not accepted.
pub const ISC_ERR_LICENSE_FILE: isc_status = -28;
/// A relay says: in use on as many machines as allowed.
pub const ISC_ERR_TOO_MANY_DEVICES: isc_status = -29;
/// Name look-up or connection failed, or the connection was reset.
pub const ISC_ERR_NETWORK: isc_status = -40;
/// The server is not trusted, or encryption failed.
pub const ISC_ERR_TLS: isc_status = -41;
/// The proxy cannot be reached or refuses.
pub const ISC_ERR_PROXY: isc_status = -42;
/// HTTP 429.
pub const ISC_ERR_THROTTLED: isc_status = -43;
/// HTTP 401 or 403.
pub const ISC_ERR_UNAUTHORIZED: isc_status = -44;
/// HTTP 5xx, or the marketplace's own fault.
pub const ISC_ERR_SERVER: isc_status = -45;
/// The answer has a wrong shape, size or encoding.
pub const ISC_ERR_PROTOCOL: isc_status = -46;
/// Any other refusal; the last error tells its code.
pub const ISC_ERR_REJECTED: isc_status = -47;
/// The relay's signature is not the expected one.
pub const ISC_ERR_UNTRUSTED: isc_status = -48;
/// The state cannot be read or written.
pub const ISC_ERR_STORAGE: isc_status = -60;
/// Access to the state is denied.
pub const ISC_ERR_STORAGE_DENIED: isc_status = -61;
/// Another process holds the state.
pub const ISC_ERR_STORAGE_BUSY: isc_status = -62;
/// The upgrade feed cannot be used.
pub const ISC_ERR_UPGRADE_FEED: isc_status = -80;
/// The signature of an upgrade is not valid.
pub const ISC_ERR_UPGRADE_SIGNATURE: isc_status = -81;
/// The upgrade could not be downloaded.
pub const ISC_ERR_UPGRADE_DOWNLOAD: isc_status = -82;
/// A defect of the library, caught; the program can go on.
pub const ISC_ERR_INTERNAL: isc_status = -100;

/// The version of the binary interface of this header: grows with every addition, so that a program can ask with
/// isc_abi_version() whether a function or member it wants is there.
pub const ISC_ABI_VERSION: u32 = 1;

/// `ISC_VERSION` in the header, which `build.rs` writes from the same source.
const VERSION: &CStr =
    match CStr::from_bytes_with_nul(concat!(env!("CARGO_PKG_VERSION"), "\0").as_bytes()) {
        Ok(version) => version,
        Err(_) => panic!("no NUL is in a version"),
    };

/// The version of the library that is running, for example `"0.1.0"`.
///
/// \return a static string, never NULL, not to be freed; valid until the library is unloaded. Any thread; at once.
#[unsafe(no_mangle)]
pub extern "C" fn isc_version() -> *const c_char {
    VERSION.as_ptr()
}

/// The version of the binary interface of the library that is running.
///
/// \return the number. A library that answers at least the ISC_ABI_VERSION that a program was compiled with has all that the
///         program knows of. Any thread; at once.
#[unsafe(no_mangle)]
pub extern "C" fn isc_abi_version() -> u32 {
    ISC_ABI_VERSION
}

/// A sentence in English for a status.
///
/// \param status  what a call answered
///
/// \return a static string, never NULL, not to be freed; valid until the library is unloaded. An unknown status has a
///         sentence as well. For what went wrong in a certain call see isc_last_error_message(). Any thread; at once.
#[unsafe(no_mangle)]
pub extern "C" fn isc_status_message(status: isc_status) -> *const c_char {
    let known = Status::from_code(status);
    known
        .map_or(c"This status is unknown to this version.", |status| {
            status_message(status, Language::En)
        })
        .as_ptr()
}

#[cfg(test)]
#[path = "status_tests.rs"]
mod tests;
