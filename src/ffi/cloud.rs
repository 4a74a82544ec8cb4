//! The cloud-file functions of the ISCDesk SDK. They need the ISCDesk desktop program, which this library does not
//! replace: arguments are checked as if they did something, so that a program finds its mistakes.

use super::boundary::on_client;
use super::strings;
use super::types::{isc_client, isc_status};
use crate::{Error, Status};
use std::ffi::c_char;

/// Would let the user open a file of the cloud.
///
/// \param c  the client
///
/// \return ISC_ERR_UNSUPPORTED: needs the ISCDesk desktop program; ISC_ERR_INVALID_HANDLE; ISC_ERR_CLOSED.
///
/// Any thread; returns at once.
#[unsafe(no_mangle)]
pub extern "C" fn isc_open_cloud_file(c: *mut isc_client) -> isc_status {
    on_client("isc_open_cloud_file", c, |_| needs_iscdesk())
}

/// Would save a file to the cloud.
///
/// \param c         the client
/// \param path      the file or, with `assembly`, the folder; UTF-8, not empty
/// \param assembly  non-zero: a folder with all parts of an assembly
///
/// \return ISC_ERR_UNSUPPORTED: needs the ISCDesk desktop program; ISC_ERR_INVALID_HANDLE; ISC_ERR_CLOSED;
///         ISC_ERR_INVALID_ARGUMENT; ISC_ERR_INVALID_UTF8.
///
/// Any thread; returns at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isc_save(
    c: *mut isc_client,
    path: *const c_char,
    assembly: i32,
) -> isc_status {
    let _ = assembly;
    // SAFETY: the caller's string is NULL or ended by NUL.
    unsafe { with_path("isc_save", c, path) }
}

/// Would save a file to the cloud under another name.
///
/// \param c         the client
/// \param path      the file or, with `assembly`, the folder; UTF-8, not empty
/// \param assembly  non-zero: a folder with all parts of an assembly
///
/// \return ISC_ERR_UNSUPPORTED: needs the ISCDesk desktop program; ISC_ERR_INVALID_HANDLE; ISC_ERR_CLOSED;
///         ISC_ERR_INVALID_ARGUMENT; ISC_ERR_INVALID_UTF8.
///
/// Any thread; returns at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isc_select_save_as_path(
    c: *mut isc_client,
    path: *const c_char,
    assembly: i32,
) -> isc_status {
    let _ = assembly;
    // SAFETY: the caller's string is NULL or ended by NUL.
    unsafe { with_path("isc_select_save_as_path", c, path) }
}

/// Would have a calculation done in the cloud.
///
/// \param c     the client
/// \param path  the file; UTF-8, not empty
///
/// \return ISC_ERR_UNSUPPORTED: needs the ISCDesk desktop program; ISC_ERR_INVALID_HANDLE; ISC_ERR_CLOSED;
///         ISC_ERR_INVALID_ARGUMENT; ISC_ERR_INVALID_UTF8.
///
/// Any thread; returns at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isc_get_solution(c: *mut isc_client, path: *const c_char) -> isc_status {
    // SAFETY: the caller's string is NULL or ended by NUL.
    unsafe { with_path("isc_get_solution", c, path) }
}

/// # Safety
/// `path` is NULL or ends in NUL.
unsafe fn with_path(name: &str, c: *mut isc_client, path: *const c_char) -> isc_status {
    on_client(name, c, |_| {
        // SAFETY: passed on.
        unsafe { strings::filled(path, "path") }?;
        needs_iscdesk()
    })
}

fn needs_iscdesk() -> Result<Status, Error> {
    Err(Error::unsupported("this needs the ISCDesk desktop program"))
}
