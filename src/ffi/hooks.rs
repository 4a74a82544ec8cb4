//! For installers and support desks. The first two need no client: Inno Setup and NSIS call them as they are.

use super::boundary::{guard, with_options};
use super::strings;
use super::types::{isc_options, isc_status};
use crate::client::surroundings::Surroundings;
use crate::device::{Machine, ThisMachine, fingerprint};
use crate::diagnose::diagnose;
use crate::{Status, install};
use std::ffi::c_char;
use std::path::Path;

/// Writes the progress of a silent installation to `path`, usually `install.json`, as the ISCDesk client reads it:
/// `{"status":0,"progress":42,"errorMsg":""}`, with status 1 at 100 percent. The file is replaced in one step, so that a
/// reader never finds it half written.
///
/// \param path           the file; its folder has to be there
/// \param percent        0 to 100
/// \param error_message  why the installation failed; NULL or empty: it did not
///
/// \return ISC_OK; ISC_ERR_INVALID_ARGUMENT; ISC_ERR_INVALID_UTF8; ISC_ERR_STORAGE; ISC_ERR_STORAGE_DENIED;
///         ISC_ERR_STORAGE_BUSY where another program held the file all the time.
///
/// Any thread, no client needed; as long as the disk takes and at most 2 seconds more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isc_install_report(
    path: *const c_char,
    percent: u32,
    error_message: *const c_char,
) -> isc_status {
    guard("isc_install_report", || {
        // SAFETY: the caller's strings are NULL or ended by NUL.
        let (path, error_message) = unsafe {
            (
                strings::filled(path, "path")?,
                strings::or_empty(error_message, "error_message")?,
            )
        };
        install::report(Path::new(path), percent, error_message)?;
        Ok(Status::Ok)
    })
}

/// The documented device fingerprint of this machine: `MACs|disks|board|cpu`, lists joined by commas, in upper case, at
/// most 5000 bytes. What cannot be obtained is empty.
///
/// \param buf  receives the fingerprint; may be NULL where `cap` is 0
/// \param cap  size of `buf` in bytes
/// \param len  receives the length without the NUL; may be NULL
///
/// \return ISC_OK; ISC_ERR_BUFFER_TOO_SMALL: `buf` is an empty string; ISC_ERR_INVALID_ARGUMENT where `buf` is NULL and
///         `cap` is not 0.
///
/// Any thread, no client needed; a few milliseconds.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isc_device_fingerprint(
    buf: *mut c_char,
    cap: usize,
    len: *mut usize,
) -> isc_status {
    // SAFETY: the caller's buffer is as long as said.
    let out = unsafe { strings::out(buf, cap, len) };
    guard("isc_device_fingerprint", || {
        out?.write(&fingerprint(&ThisMachine.parts()))
    })
}

/// What a support desk asks for, as one JSON document with secrets and codes masked.
///
/// \param o    the options that the program makes its client with
/// \param buf  receives the document; may be NULL where `cap` is 0
/// \param cap  size of `buf` in bytes
/// \param len  receives the length without the NUL; may be NULL
///
/// A diagnosis is made by every call, also by one that only asks for the length: 64 KiB hold any document. Options that are
/// wrong are a finding of the document, no failure. No licence is asked for. An upgrade feed that is set is fetched and
/// verified as by isc_check_new_versions(), but nothing is remembered of it.
///
/// \return ISC_OK; ISC_ERR_BUFFER_TOO_SMALL; ISC_ERR_INVALID_HANDLE; ISC_ERR_INVALID_ARGUMENT.
///
/// Any thread, no client needed; at most 30 seconds, whatever hangs.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isc_diagnose(
    o: *const isc_options,
    buf: *mut c_char,
    cap: usize,
    len: *mut usize,
) -> isc_status {
    // SAFETY: the caller's buffer is as long as said.
    let out = unsafe { strings::out(buf, cap, len) };
    guard("isc_diagnose", || {
        let options = with_options(o, |options| Ok(options.clone()))?;
        out?.write(&diagnose(&options, &Surroundings::real())?)
    })
}

/// A character of Windows' UTF-16.
#[cfg(windows)]
pub type wchar_t = u16;

/// isc_install_report() for installers that speak UTF-16.
///
/// \param path           the file; its folder has to be there
/// \param percent        0 to 100
/// \param error_message  why the installation failed; NULL or empty: it did not
///
/// \return as isc_install_report()
#[cfg(windows)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isc_install_report_w(
    path: *const wchar_t,
    percent: u32,
    error_message: *const wchar_t,
) -> isc_status {
    guard("isc_install_report_w", || {
        // SAFETY: the caller's strings are NULL or ended by NUL.
        let (path, error_message) = unsafe {
            (
                strings::wide(path, "path")?,
                strings::wide(error_message, "error_message")?,
            )
        };
        let path = path.filter(|path| !path.is_empty());
        let path = path.ok_or_else(|| crate::Error::argument("path is NULL or empty"))?;
        install::report(Path::new(&path), percent, error_message.as_deref())?;
        Ok(Status::Ok)
    })
}

/// isc_device_fingerprint() for installers that speak UTF-16.
///
/// \param buf  receives the fingerprint; may be NULL where `cap` is 0
/// \param cap  size of `buf` in characters
/// \param len  receives the length in characters without the NUL; may be NULL
///
/// \return as isc_device_fingerprint()
#[cfg(windows)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isc_device_fingerprint_w(
    buf: *mut wchar_t,
    cap: usize,
    len: *mut usize,
) -> isc_status {
    // SAFETY: the caller's buffer is as long as said.
    let out = unsafe { strings::out_wide(buf, cap, len) };
    guard("isc_device_fingerprint_w", || {
        let text: Vec<u16> = fingerprint(&ThisMachine.parts()).encode_utf16().collect();
        out?.write_units(&text)
    })
}
