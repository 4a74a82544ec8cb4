//! Licence requests as the ISCDesk SDK knows them, and licence files for machines that are never online.

use super::boundary::on_client;
use super::strings;
use super::types::{isc_client, isc_status};
use std::ffi::c_char;

/// Asks for the licence as a string. Answered by ISC_EVENT_LICENSE_VERIFY, whose `LicenseContent` is the best licence's
/// code after today's check; the program verifies it and then calls isc_notify_license_verified().
///
/// \param c            the client
/// \param device_info  what the program wants to say about the machine; NULL or empty: nothing
///
/// \return ISC_OK: the answer will come; ISC_ERR_BUSY where 64 requests are pending; ISC_ERR_INVALID_HANDLE;
///         ISC_ERR_CLOSED; ISC_ERR_INVALID_UTF8.
///
/// Any thread; returns at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isc_request_license_string(
    c: *mut isc_client,
    device_info: *const c_char,
) -> isc_status {
    on_client("isc_request_license_string", c, |client| {
        // SAFETY: the caller's string is NULL or ended by NUL.
        let device_info = unsafe { strings::or_empty(device_info, "device_info") }?;
        client.request_license_string(device_info)
    })
}

/// Takes up a licence file. Answered by ISC_EVENT_LICENSE_VERIFY: `LicenseFilePath` is the absolute path of the file that was
/// accepted, or `ErrorCode` and `ErrorMsg` say why not (ISC_ERR_LICENSE_FILE, also without
/// ISC_OPT_LICENSE_PUBLIC_KEY or where the file cannot be read within ISC_OPT_CALL_TIMEOUT_MS; ISC_ERR_LIMIT). A file that is
/// not accepted changes nothing. Files are answered in the order in which they were asked for.
///
/// \param c            the client
/// \param file_name    a plain name in the data folder or an absolute path; NULL or empty: `license.lic`
/// \param device_info  as in isc_request_license_string()
///
/// \return ISC_OK: the answer will come; ISC_ERR_INVALID_ARGUMENT where `file_name` is neither; ISC_ERR_BUSY where 64
///         requests are pending; ISC_ERR_INVALID_HANDLE; ISC_ERR_CLOSED; ISC_ERR_INVALID_UTF8.
///
/// Any thread; returns at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isc_request_license_file(
    c: *mut isc_client,
    file_name: *const c_char,
    device_info: *const c_char,
) -> isc_status {
    on_client("isc_request_license_file", c, |client| {
        // SAFETY: the caller's string is NULL or ended by NUL.
        let file_name = unsafe { strings::or_empty(file_name, "file_name") }?;
        // SAFETY: the same.
        let device_info = unsafe { strings::or_empty(device_info, "device_info") }?;
        client.request_license_file(file_name, device_info)
    })
}

/// Tells what the program's own verification of a requested licence came to. It is kept in the state; where it failed, no
/// use is reported for the rest of the day, unless a later call says that it succeeded.
///
/// \param c              the client
/// \param verified       non-zero: the licence is good; 0: it is not
/// \param error_message  why not; needed where `verified` is 0, else NULL or empty
///
/// \return ISC_OK; ISC_ERR_INVALID_ARGUMENT for a failure without a message; ISC_ERR_INVALID_HANDLE; ISC_ERR_CLOSED;
///         ISC_ERR_INVALID_UTF8.
///
/// Any thread; returns at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isc_notify_license_verified(
    c: *mut isc_client,
    verified: i32,
    error_message: *const c_char,
) -> isc_status {
    on_client("isc_notify_license_verified", c, |client| {
        // SAFETY: the caller's string is NULL or ended by NUL.
        let error_message = unsafe { strings::or_empty(error_message, "error_message") }?;
        client.notify_license_verified(verified != 0, error_message)
    })
}

/// Makes the request that the customer of a machine without network sends to the vendor for a licence file: a JSON
/// document that names the product, the machine's fingerprint and parts, and the public half of a key that is made on this
/// machine the first time and kept in its state.
///
/// \param c    the client
/// \param buf  receives the text; may be NULL where `cap` is 0
/// \param cap  size of `buf` in bytes
/// \param len  receives the length without the NUL; may be NULL
///
/// \return ISC_OK; ISC_ERR_BUFFER_TOO_SMALL; ISC_ERR_STORAGE and its kin where the key cannot be kept;
///         ISC_ERR_INVALID_HANDLE; ISC_ERR_CLOSED; ISC_ERR_INVALID_ARGUMENT.
///
/// Any thread; returns within milliseconds, the first time within 2 s where another process writes the state.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isc_license_request(
    c: *mut isc_client,
    buf: *mut c_char,
    cap: usize,
    len: *mut usize,
) -> isc_status {
    // SAFETY: the caller's buffer is as long as said.
    let out = unsafe { strings::out(buf, cap, len) };
    on_client("isc_license_request", c, |client| {
        out?.write(&client.license_request()?)
    })
}

/// Gives a licence file back and makes the proof of it, which the customer sends to the vendor. From then on the file is
/// refused on this machine. Called again, also after ISC_ERR_BUFFER_TOO_SMALL, it answers the same proof.
///
/// \param c        the client
/// \param license  the code
/// \param buf      receives the text; may be NULL where `cap` is 0
/// \param cap      size of `buf` in bytes
/// \param len      receives the length without the NUL; may be NULL
///
/// \return ISC_OK; ISC_ERR_BUFFER_TOO_SMALL; ISC_ERR_NOT_ACTIVATED for an unknown code; ISC_ERR_INVALID_STATE for one that
///         does not come from a file; ISC_ERR_WRONG_DEVICE for another machine's file; ISC_ERR_STORAGE and its kin where
///         the return cannot be kept, which then did not happen; ISC_ERR_INVALID_HANDLE; ISC_ERR_CLOSED;
///         ISC_ERR_INVALID_ARGUMENT; ISC_ERR_INVALID_UTF8.
///
/// Any thread; returns within milliseconds, or within 2 s where another process writes the state.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isc_license_return(
    c: *mut isc_client,
    license: *const c_char,
    buf: *mut c_char,
    cap: usize,
    len: *mut usize,
) -> isc_status {
    // SAFETY: the caller's buffer is as long as said.
    let out = unsafe { strings::out(buf, cap, len) };
    on_client("isc_license_return", c, |client| {
        // SAFETY: the caller's string is NULL or ended by NUL.
        let license = unsafe { strings::code(license) }?;
        let out = out?;
        out.write(&client.license_return(license)?)
    })
}
