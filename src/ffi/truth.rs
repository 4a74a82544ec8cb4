//! The two answers that a program may ask for in an inner loop: no lock, no allocation, no system call, and the last error
//! is left alone.

use super::boundary::{ClientObject, caught};
use super::types::isc_client;
use super::{handle, strings};
use crate::client::Client;
use crate::platform::clock::coarse_now;
use std::ffi::{CStr, c_char};

/// Whether the program is licensed at this moment: by the cache and the clock, nothing is asked. Meant for inner loops:
/// no lock, no allocation, no system call, some nanoseconds. Also answers after shutdown and in a child process.
///
/// \param c        the client
/// \param license  the code; NULL = any of those held
///
/// \return 1 or 0; 0 also for whatever is wrong with the arguments. The last error is left alone.
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isc_is_licensed(c: *const isc_client, license: *const c_char) -> i32 {
    if !license.is_null() {
        return truth(c, |client| {
            // SAFETY: not NULL, so it ends in NUL.
            let code = unsafe { strings::code_bytes(license) };
            code.is_some_and(|code| client.is_licensed(Some(code)))
        });
    }
    if handle::is_open::<ClientObject>(c.addr(), coarse_now) {
        return 1;
    }
    truth(c, |client| client.is_licensed(None))
}

/// Whether a feature is licensed at this moment: a licensed licence is of this product or lists this feature. As fast as
/// isc_is_licensed(), and answers where that does.
///
/// \param c     the client
/// \param name  a product id or a feature, UTF-8
///
/// \return 1 or 0; 0 also for whatever is wrong with the arguments. The last error is left alone.
///
/// Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isc_has_feature(c: *const isc_client, name: *const c_char) -> i32 {
    if name.is_null() {
        return 0;
    }
    // SAFETY: not NULL, so it ends in NUL.
    let name = unsafe { CStr::from_ptr(name) };
    truth(c, |client| client.has_feature(name.to_bytes()))
}

fn truth(c: *const isc_client, ask: impl FnOnce(&Client) -> bool) -> i32 {
    let asked = caught(|| {
        Ok(handle::peek(c.addr(), |object: &ClientObject| {
            ask(&object.client)
        }))
    });
    matches!(asked, Ok(Some(true))).into()
}
