//! Licences: activation and checks, and what is known about them.

use super::boundary::{on_client, on_client_closed_too};
use super::strings;
use super::types::{isc_client, isc_license_info, isc_license_status, isc_status};
use crate::client::{Info, Source};
use crate::license::Verdict;
use crate::marketplace::{BATCH_MAX, Clients};
use crate::{Cause, Error, Status};
use std::ffi::c_char;

/// Not licensed: no such code here.
pub const ISC_LICENSE_NONE: isc_license_status = 0;
/// Not licensed: the state comes from another machine; a successful check here heals it.
pub const ISC_LICENSE_FOREIGN: isc_license_status = 1;
/// Not licensed: the marketplace said that it is released or does not exist.
pub const ISC_LICENSE_RELEASED: isc_license_status = 2;
/// Not licensed: expired.
pub const ISC_LICENSE_EXPIRED: isc_license_status = 3;
/// Not licensed: the computer's clock shows an implausible time.
pub const ISC_LICENSE_CLOCK: isc_license_status = 4;
/// Licensed, checked today.
pub const ISC_LICENSE_ALIVE: isc_license_status = 5;
/// Licensed, by an earlier day's check.
pub const ISC_LICENSE_OFFLINE: isc_license_status = 6;
/// Not licensed: not checked for longer than ISC_OPT_OFFLINE_DAYS.
pub const ISC_LICENSE_STALE: isc_license_status = 7;

/// Nobody says so.
pub const ISC_SOURCE_NONE: i32 = 0;
/// The marketplace says so.
pub const ISC_SOURCE_MARKETPLACE: i32 = 1;
/// A licence file says so.
pub const ISC_SOURCE_FILE: i32 = 2;

/// Activates a code, then asks what it is worth. Doing it again does no harm.
///
/// \param c        the client
/// \param license  the authorization code, 1 to 64 bytes
///
/// \return ISC_OK: active and licensed; ISC_OK_ALREADY: it was active before, and is licensed. A verdict or what went wrong
///         with the request: -20 to -48. ISC_ERR_STORAGE, ISC_ERR_STORAGE_DENIED, ISC_ERR_STORAGE_BUSY: licensed in this
///         process, but the state could not be written; writing is tried again. ISC_ERR_LIMIT: 256 codes are held already.
///         ISC_ERR_UNSUPPORTED where the options name neither keys nor a token. ISC_ERR_TIMEOUT, ISC_ERR_INVALID_HANDLE,
///         ISC_ERR_CLOSED, ISC_ERR_INVALID_ARGUMENT, ISC_ERR_INVALID_UTF8.
///
/// Any thread; at most ISC_OPT_CALL_TIMEOUT_MS.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isc_activate(c: *mut isc_client, license: *const c_char) -> isc_status {
    // SAFETY: the caller's string is NULL or ended by NUL.
    on_client("isc_activate", c, |client| {
        client.activate(unsafe { strings::code(license) }?)
    })
}

/// Activates several codes with one request.
///
/// \param c         the client
/// \param licenses  the codes, each as in isc_activate()
/// \param count     how many, 1 to 100
///
/// \return ISC_OK or ISC_OK_ALREADY where every code is active and licensed, else the first failure, as in isc_activate();
///         ISC_ERR_INVALID_ARGUMENT for none or a NULL among them; ISC_ERR_LIMIT for more than 100.
///
/// Any thread; at most ISC_OPT_CALL_TIMEOUT_MS.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isc_activate_many(
    c: *mut isc_client,
    licenses: *const *const c_char,
    count: usize,
) -> isc_status {
    on_client("isc_activate_many", c, |client| {
        // SAFETY: the caller's array has `count` strings, each NULL or ended by NUL.
        let codes = unsafe { codes(licenses, count) }?;
        client.activate_many(&codes)
    })
}

/// # Safety
/// `licenses` is NULL or has `count` elements, each NULL or ended by NUL.
unsafe fn codes<'a>(licenses: *const *const c_char, count: usize) -> Result<Vec<&'a str>, Error> {
    if licenses.is_null() || count == 0 {
        return Err(Error::argument("no licence codes were given"));
    }
    if count > BATCH_MAX {
        let text = format!("at most {BATCH_MAX} codes go into one request");
        return Err(Error::new(Status::Limit, Cause::Argument, text));
    }
    (0..count)
        // SAFETY: within the array, as the caller says.
        .map(|at| unsafe { strings::code(licenses.add(at).read_unaligned()) })
        .collect()
}

/// Does today's check where it is still due: the marketplace is asked once a day, whoever asks.
///
/// \param c        the client
/// \param license  the code; NULL = all that are held
///
/// \return ISC_OK: asked, and licensed; ISC_OK_ALREADY: today's check is done; ISC_OK_CACHED: not reachable, licensed by an
///         earlier check. Otherwise the reason, as in isc_activate(). For all: success only if each succeeded, else the
///         first failure; ISC_ERR_NOT_ACTIVATED where none is held.
///
/// Any thread; at most ISC_OPT_CALL_TIMEOUT_MS.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isc_heartbeat(c: *mut isc_client, license: *const c_char) -> isc_status {
    // SAFETY: the caller's string is NULL or ended by NUL.
    on_client("isc_heartbeat", c, |client| {
        client.heartbeat(unsafe { strings::optional_code(license) }?)
    })
}

/// Asks the marketplace about a code, whenever it was asked last. A code not held so far is taken up if it is ALIVE.
///
/// \param c        the client
/// \param license  the code; NULL = all that are held
///
/// \return ISC_OK: asked, and licensed. Otherwise the reason, as in isc_heartbeat().
///
/// Any thread; at most ISC_OPT_CALL_TIMEOUT_MS.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isc_query(c: *mut isc_client, license: *const c_char) -> isc_status {
    // SAFETY: the caller's string is NULL or ended by NUL.
    on_client("isc_query", c, |client| {
        client.query(unsafe { strings::optional_code(license) }?)
    })
}

/// Reports who used the software today, or how many clients did: exactly one of the two.
///
/// \param c           the client
/// \param license     the code
/// \param id          the end user, not empty, `active_num` then 0; or NULL
/// \param active_num  where `id` is NULL: active clients of the day, 1 to 999999999
///
/// \return ISC_OK: accepted. Otherwise what went wrong with the request, as in isc_activate(); ISC_ERR_INVALID_ARGUMENT for
///         both, none or a number out of range.
///
/// Any thread; at most ISC_OPT_CALL_TIMEOUT_MS.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isc_report_usage(
    c: *mut isc_client,
    license: *const c_char,
    id: *const c_char,
    active_num: u32,
) -> isc_status {
    on_client("isc_report_usage", c, |client| {
        // SAFETY: the caller's strings are NULL or ended by NUL.
        let (code, id) = unsafe { (strings::code(license)?, strings::optional(id, "id")?) };
        client.report_usage(code, clients(id, active_num)?)
    })
}

fn clients(id: Option<&str>, active_num: u32) -> Result<Clients, Error> {
    match (id, active_num) {
        (Some(""), _) => Err(Error::argument("id is empty")),
        (Some(id), 0) => Ok(Clients::Id(id.to_owned())),
        (Some(_), _) => Err(Error::argument("id and active_num exclude each other")),
        (None, 1..=999_999_999) => Ok(Clients::ActiveNum(active_num)),
        (None, _) => Err(Error::argument("active_num lies between 1 and 999999999")),
    }
}

/// Forgets a code on this machine, for uninstallers. The marketplace is not told.
///
/// \param c        the client
/// \param license  the code; NULL = all that are held
///
/// \return ISC_OK; ISC_ERR_NOT_ACTIVATED for a code that is not held; ISC_ERR_STORAGE, ISC_ERR_STORAGE_DENIED,
///         ISC_ERR_STORAGE_BUSY; ISC_ERR_INVALID_HANDLE; ISC_ERR_CLOSED; ISC_ERR_INVALID_ARGUMENT; ISC_ERR_INVALID_UTF8.
///
/// Any thread; a few seconds at most, where another process holds the state.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isc_forget(c: *mut isc_client, license: *const c_char) -> isc_status {
    // SAFETY: the caller's string is NULL or ended by NUL.
    on_client("isc_forget", c, |client| {
        client.forget(unsafe { strings::optional_code(license) }?)
    })
}

/// What is known about one licence. Nothing is asked. Also answers after shutdown.
///
/// \param c        the client
/// \param license  the code; NULL = the best one held: licensed first, then the latest expiry (unknown = latest), then the
///                 latest check
/// \param out      receives what is known; `struct_size` has to be set before. A failure leaves zeros, which is
///                 ISC_LICENSE_NONE, and an `amount` of -1 with ISC_ERR_NOT_ACTIVATED.
///
/// \return ISC_OK, whatever the verdict; ISC_ERR_NOT_ACTIVATED for a code that is not held, or where none is;
///         ISC_ERR_INVALID_HANDLE; ISC_ERR_CLOSED in a child process; ISC_ERR_INVALID_ARGUMENT where `out` is NULL, its
///         `struct_size` below 256 or above 4096, or the code empty or too long; ISC_ERR_INVALID_UTF8.
///
/// Any thread; returns at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isc_get_license_info(
    c: *const isc_client,
    license: *const c_char,
    out: *mut isc_license_info,
) -> isc_status {
    // SAFETY: the caller's struct is NULL or as large as it says.
    let sink = unsafe { InfoOut::emptied(out) };
    on_client_closed_too("isc_get_license_info", c, |object| {
        let sink = sink?;
        // SAFETY: the caller's string is NULL or ended by NUL.
        let code = unsafe { strings::optional_code(license) }?;
        let info = object.client.license_info(code).inspect_err(|error| {
            if error.status == Status::NotActivated {
                sink.write(&unknown());
            }
        })?;
        sink.write(&shown(&info));
        Ok(Status::Ok)
    })
}

/// Of the struct in this version, which is the first.
const INFO_SIZE: usize = 256;

const _: () = assert!(size_of::<isc_license_info>() == INFO_SIZE);

/// Where the struct goes.
struct InfoOut {
    out: *mut isc_license_info,
    size: u32,
}

impl InfoOut {
    /// Largest `struct_size` that is believed.
    const LARGEST: usize = 4096;

    /// Fills with zeros what the caller said to be there.
    ///
    /// # Safety
    /// `out` is NULL or begins with its size, and is writable for that long.
    unsafe fn emptied(out: *mut isc_license_info) -> Result<InfoOut, Error> {
        if out.is_null() {
            return Err(Error::argument("out is NULL"));
        }
        // SAFETY: every version begins with its size.
        let size = unsafe { out.cast::<u32>().read_unaligned() };
        if !(INFO_SIZE..=InfoOut::LARGEST).contains(&(size as usize)) {
            return Err(Error::argument(format!("struct_size is {size}")));
        }
        // SAFETY: the caller says that there are so many bytes; the size itself stays.
        unsafe {
            let after_size = out.cast::<u8>().add(size_of::<u32>());
            after_size.write_bytes(0, size as usize - size_of::<u32>());
        }
        Ok(InfoOut { out, size })
    }

    fn write(&self, info: &isc_license_info) {
        let info = isc_license_info {
            struct_size: self.size,
            ..*info
        };
        // SAFETY: `emptied` found at least this version's size; a misaligned struct is borne with.
        unsafe { self.out.write_unaligned(info) };
    }
}

/// Of a code that is not held.
fn unknown() -> isc_license_info {
    shown(&Info {
        license: String::new(),
        verdict: Verdict::None,
        source: Source::None,
        expires_at: 0,
        checked_at: 0,
        offline_until: 0,
        activated_at: 0,
        amount: -1,
        product_id: String::new(),
        features: Vec::new(),
    })
}

fn shown(info: &Info) -> isc_license_info {
    isc_license_info {
        struct_size: 0,
        status: info.verdict.code(),
        licensed: info.verdict.is_licensed().into(),
        source: info.source as i32,
        expires_at: info.expires_at,
        checked_at: info.checked_at,
        offline_until: info.offline_until,
        activated_at: info.activated_at,
        amount: info.amount,
        license: fixed(&info.license),
        product_id: fixed(&info.product_id),
        reserved: [0; 6],
    }
}

/// Text in an array that ends in NUL, cut between characters where it is too long.
fn fixed<const N: usize>(text: &str) -> [c_char; N] {
    let mut array = [0; N];
    let fits = &text[..text.floor_char_boundary(N - 1)];
    for (to, from) in array.iter_mut().zip(fits.bytes()) {
        *to = from as c_char;
    }
    array
}

/// What is known about one licence, as a JSON object. Nothing is asked.
///
/// \param c        the client
/// \param license  the code; NULL = the best one held, see isc_get_license_info()
/// \param buf      receives the document; may be NULL where `cap` is 0
/// \param cap      size of `buf` in bytes
/// \param len      receives the length without the NUL; may be NULL
///
/// \return ISC_OK; ISC_ERR_BUFFER_TOO_SMALL: `buf` is an empty string; ISC_ERR_NOT_ACTIVATED for a code that is not held, or
///         where none is; ISC_ERR_INVALID_HANDLE; ISC_ERR_CLOSED; ISC_ERR_INVALID_ARGUMENT; ISC_ERR_INVALID_UTF8.
///
/// Any thread; returns at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isc_get_license_json(
    c: *const isc_client,
    license: *const c_char,
    buf: *mut c_char,
    cap: usize,
    len: *mut usize,
) -> isc_status {
    // SAFETY: the caller's buffer is as long as said.
    let out = unsafe { strings::out(buf, cap, len) };
    on_client("isc_get_license_json", c, |client| {
        let out = out?;
        // SAFETY: the caller's string is NULL or ended by NUL.
        let code = unsafe { strings::optional_code(license) }?;
        out.write(&client.license_json(code)?)
    })
}

/// The codes that are held, as a JSON array of strings: `[]` where none is.
///
/// \param c    the client
/// \param buf  receives the document; may be NULL where `cap` is 0
/// \param cap  size of `buf` in bytes
/// \param len  receives the length without the NUL; may be NULL
///
/// \return ISC_OK; ISC_ERR_BUFFER_TOO_SMALL: `buf` is an empty string; ISC_ERR_INVALID_HANDLE; ISC_ERR_CLOSED;
///         ISC_ERR_INVALID_ARGUMENT.
///
/// Any thread; returns at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isc_list_licenses(
    c: *const isc_client,
    buf: *mut c_char,
    cap: usize,
    len: *mut usize,
) -> isc_status {
    // SAFETY: the caller's buffer is as long as said.
    let out = unsafe { strings::out(buf, cap, len) };
    on_client("isc_list_licenses", c, |client| {
        out?.write(&client.list_licenses()?)
    })
}

#[cfg(test)]
#[path = "licenses_tests.rs"]
mod tests;
