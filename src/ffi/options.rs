//! Options: made, filled and freed by the program, copied by `isc_init`.

use super::boundary::{OptionsObject, empty, guard, guard_silent, hand_out, on_options};
use super::types::{UserData, isc_log_callback, isc_option_key, isc_options, isc_status};
use super::{fork, handle, strings};
use crate::client::LogSink;
use crate::client::options::Options;
use crate::{Error, Status};
use std::ffi::{c_char, c_void};
use std::path::Path;
use std::sync::Arc;

/// String, required: the vendor's name. Names the default state folder and the user agent.
pub const ISC_OPT_VENDOR: isc_option_key = 1;
/// String, required: the product's name. Names the default state folder and the user agent.
pub const ISC_OPT_PRODUCT: isc_option_key = 2;
/// String, required: the program's own version; SemVer or 2 to 4 numbers where an upgrade feed is set.
pub const ISC_OPT_VERSION: isc_option_key = 3;
/// String: direct mode, the merchant's AK.
pub const ISC_OPT_ACCESS_KEY: isc_option_key = 10;
/// String: direct mode, the merchant's SK.
pub const ISC_OPT_SECRET_KEY: isc_option_key = 11;
/// String: relay mode, the token for the vendor's own server. Not together with AK and SK. Also by isc_client_set_string().
pub const ISC_OPT_BEARER_TOKEN: isc_option_key = 12;
/// String: Ed25519 key that signs a relay's answers.
pub const ISC_OPT_RELAY_PUBLIC_KEY: isc_option_key = 13;
/// String: `scheme://host[:port][/prefix]`; default the documented host. `https` only, except `http` to a literal loopback
/// address.
pub const ISC_OPT_ENDPOINT: isc_option_key = 14;
/// String: asked once where the first host is unavailable. Default the documented host with the default endpoint, else
/// none.
pub const ISC_OPT_FALLBACK_ENDPOINT: isc_option_key = 15;
/// Path: the state folder, used as it is, made if missing. Default: local application data / vendor / product.
pub const ISC_OPT_DATA_DIR: isc_option_key = 20;
/// String `user` (default) or `machine`: whose state it is.
pub const ISC_OPT_SCOPE: isc_option_key = 21;
/// String: seals the state. Several, separated by spaces: the first writes, all read. Default: built in.
pub const ISC_OPT_STATE_SECRET: isc_option_key = 22;
/// String `http://[user:password@]host:port` or `direct`; default the system's. Also by isc_client_set_string().
pub const ISC_OPT_PROXY: isc_option_key = 30;
/// Path: PEM roots to trust in addition to the system's. Also by isc_client_set_string().
pub const ISC_OPT_CA_FILE: isc_option_key = 31;
/// Integer, 100 to 600000, default 5000: per connection.
pub const ISC_OPT_CONNECT_TIMEOUT_MS: isc_option_key = 32;
/// Integer, 100 to 600000, default 15000: per attempt.
pub const ISC_OPT_REQUEST_TIMEOUT_MS: isc_option_key = 33;
/// Integer, 100 to 600000, default 30000: per call, all attempts, hosts and locks together.
pub const ISC_OPT_CALL_TIMEOUT_MS: isc_option_key = 34;
/// Integer, 0 to 365, default 7: how many days a licence stays valid without a check.
pub const ISC_OPT_OFFLINE_DAYS: isc_option_key = 40;
/// Integer, -720 to 840, default 480: where the day of "daily first use" begins, in minutes east of UTC.
pub const ISC_OPT_DAY_OFFSET_MINUTES: isc_option_key = 41;
/// Integer, -720 to 840, default 0: zone of the marketplace's expiry times, in minutes east of UTC.
pub const ISC_OPT_EXPIRY_OFFSET_MINUTES: isc_option_key = 42;
/// Integer, 0 or 1 (default): do the daily check in the background from isc_init() on. 0: nothing is sent outside calls.
pub const ISC_OPT_AUTO_HEARTBEAT: isc_option_key = 43;
/// String: end-user id for usage statistics. Also by isc_client_set_string().
pub const ISC_OPT_ACCOUNT_ID: isc_option_key = 44;
/// String `thread` (default) or `poll`: where the event callback runs.
pub const ISC_OPT_DELIVERY: isc_option_key = 50;
/// String `en` (default) or `zh`: of texts.
pub const ISC_OPT_LANGUAGE: isc_option_key = 51;
/// String: address of the upgrade feed.
pub const ISC_OPT_UPGRADE_FEED: isc_option_key = 60;
/// String: minisign key of the feed; several separated by spaces.
pub const ISC_OPT_UPGRADE_PUBLIC_KEY: isc_option_key = 61;
/// Absolute path of the program that runs upgrades; default `iscdesk` beside the library.
pub const ISC_OPT_HELPER_PATH: isc_option_key = 62;
/// String: Ed25519 key of licence files, 32 bytes in standard base64; several separated by spaces.
pub const ISC_OPT_LICENSE_PUBLIC_KEY: isc_option_key = 63;

/// Log level: something failed.
pub const ISC_LOG_ERROR: i32 = 1;
/// Log level: something is wrong, the library can go on.
pub const ISC_LOG_WARN: i32 = 2;
/// Log level: what happens at most a few times a day.
pub const ISC_LOG_INFO: i32 = 3;
/// Log level: each request and decision.
pub const ISC_LOG_DEBUG: i32 = 4;
/// Log level: everything.
pub const ISC_LOG_TRACE: i32 = 5;

/// Makes empty options: all defaults.
///
/// \param out  receives the options, NULL on failure; to be freed by isc_options_free()
///
/// \return ISC_OK; ISC_ERR_INVALID_ARGUMENT where `out` is NULL; ISC_ERR_LIMIT where too many handles are alive (there can
///         be 4096 of options and clients together, 1024 on 32-bit platforms).
///
/// Any thread; returns at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isc_options_new(out: *mut *mut isc_options) -> isc_status {
    guard("isc_options_new", || {
        // SAFETY: the caller's address is NULL or writable.
        unsafe { give(out, || Ok(Options::new())) }
    })
}

/// Makes options from a JSON file whose members are the option names in lower case, for example
/// `{"vendor": "Example", "product": "CAD", "version": "1.0"}`.
///
/// Unknown members are an error, so that a typing mistake switches nothing off, except those that begin with `x_`. A byte
/// order mark is allowed. A later isc_options_set_string() or isc_options_set_int() wins. `secret_key` is accepted only if
/// every endpoint is loopback or `"allow_plain_secret": 1` is there: anybody can read the file.
///
/// \param json_path  UTF-8; NULL: `iscdesk.json` beside the program, else beside the library
/// \param out        receives the options, NULL on failure; to be freed by isc_options_free()
///
/// \return ISC_OK; ISC_ERR_CONFIG where the file cannot be read or holds a fault that shows without the other options,
///         which the last error names; ISC_ERR_INVALID_ARGUMENT; ISC_ERR_INVALID_UTF8; ISC_ERR_LIMIT.
///
/// Any thread; takes as long as the disk takes to read one small file.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isc_options_load(
    json_path: *const c_char,
    out: *mut *mut isc_options,
) -> isc_status {
    guard("isc_options_load", || {
        // SAFETY: the caller's address is NULL or writable, its string NULL or ended by NUL.
        unsafe {
            give(out, || {
                let path = strings::optional(json_path, "json_path")?;
                Options::load(path.map(Path::new))
            })
        }
    })
}

/// As isc_options_load(), for a file that the vendor has signed: `minisign -S -m iscdesk.json` makes
/// `iscdesk.json.minisig`, which has to lie beside it. What was verified is what is read.
///
/// \param json_path     as in isc_options_load()
/// \param minisign_key  the public key that the program was built with: the second line of `minisign.pub`
/// \param out           receives the options, NULL on failure; to be freed by isc_options_free()
///
/// \return as isc_options_load(); ISC_ERR_CONFIG also where the signature is missing, is another file's or key's, or the
///         key is none; ISC_ERR_INVALID_ARGUMENT also where `minisign_key` is NULL or empty.
///
/// Any thread; takes as long as the disk takes to read two small files.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isc_options_load_signed(
    json_path: *const c_char,
    minisign_key: *const c_char,
    out: *mut *mut isc_options,
) -> isc_status {
    guard("isc_options_load_signed", || {
        // SAFETY: the caller's address is NULL or writable, its strings NULL or ended by NUL.
        unsafe {
            give(out, || {
                let path = strings::optional(json_path, "json_path")?;
                let key = strings::filled(minisign_key, "minisign_key")?;
                Options::load_signed(path.map(Path::new), key)
            })
        }
    })
}

/// # Safety
/// `out` is NULL or writable.
unsafe fn give(
    out: *mut *mut isc_options,
    make: impl FnOnce() -> Result<Options, Error>,
) -> Result<Status, Error> {
    // SAFETY: passed on.
    unsafe { empty(out) }?;
    let reserved = handle::reserve::<OptionsObject>()?;
    let object = Arc::new(OptionsObject::new(make()?));
    // SAFETY: just found good.
    unsafe { hand_out(out, reserved.fill(object, fork::generation())) };
    Ok(Status::Ok)
}

/// Sets an option that is a string or a path.
///
/// \param o      the options
/// \param key    ISC_OPT_...
/// \param value  UTF-8, copied before the call returns
///
/// \return ISC_OK; ISC_ERR_INVALID_HANDLE; ISC_ERR_INVALID_ARGUMENT for an unknown key, one that is an integer, or NULL;
///         ISC_ERR_INVALID_UTF8. Whether the value makes sense is checked by isc_init(), which tells all faults at once.
///
/// Any thread; returns at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isc_options_set_string(
    o: *mut isc_options,
    key: isc_option_key,
    value: *const c_char,
) -> isc_status {
    on_options("isc_options_set_string", o, |options| {
        // SAFETY: the caller's string is NULL or ended by NUL.
        let value = unsafe { strings::required(value, "value") }?;
        options.set_string(key, value)?;
        Ok(Status::Ok)
    })
}

/// Sets an option that is an integer.
///
/// \param o      the options
/// \param key    ISC_OPT_...
/// \param value  the number, in the unit that the option's name tells
///
/// \return ISC_OK; ISC_ERR_INVALID_HANDLE; ISC_ERR_INVALID_ARGUMENT for an unknown key or one that is a string. Whether
///         the value makes sense is checked by isc_init(), which tells all faults at once.
///
/// Any thread; returns at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isc_options_set_int(
    o: *mut isc_options,
    key: isc_option_key,
    value: i64,
) -> isc_status {
    on_options("isc_options_set_int", o, |options| {
        options.set_int(key, value)?;
        Ok(Status::Ok)
    })
}

/// Sets who receives the log of the clients made with these options. Default: nobody.
///
/// \param o          the options
/// \param cb         called for each message, see isc_log_callback; NULL = nobody
/// \param max_level  the most talkative level wanted, ISC_LOG_ERROR to ISC_LOG_TRACE; not looked at where `cb` is NULL
/// \param user_data  passed on; must stay valid until isc_shutdown() of each such client has answered ISC_OK
///
/// \return ISC_OK; ISC_ERR_INVALID_HANDLE; ISC_ERR_INVALID_ARGUMENT for a level that does not exist.
///
/// Any thread; returns at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isc_options_set_log(
    o: *mut isc_options,
    cb: isc_log_callback,
    max_level: i32,
    user_data: *mut c_void,
) -> isc_status {
    let user_data = UserData(user_data);
    on_options("isc_options_set_log", o, |options| {
        let Some(cb) = cb else {
            options.set_log(None);
            return Ok(Status::Ok);
        };
        if !(ISC_LOG_ERROR..=ISC_LOG_TRACE).contains(&max_level) {
            return Err(Error::argument(format!("there is no level {max_level}")));
        }
        let write = move |level: i32, message: &str| {
            let message = strings::for_callback(message);
            // SAFETY: the program's own function, called as documented.
            unsafe { cb(level, message.as_ptr(), user_data.get()) };
        };
        options.set_log(Some(LogSink {
            max_level,
            write: Arc::new(write),
        }));
        Ok(Status::Ok)
    })
}

/// Frees options. Clients made with them have their own copy.
///
/// \param o  the options; NULL, or options already freed: nothing happens
///
/// Any thread; returns at once.
#[unsafe(no_mangle)]
pub extern "C" fn isc_options_free(o: *mut isc_options) {
    guard_silent(|| {
        drop(handle::retire::<OptionsObject>(
            o.addr(),
            fork::generation(),
        ))
    });
}
