//! The types of the C ABI.

use std::ffi::{c_char, c_void};

/// What a call answers: ISC_OK (0), a success that says more (positive), or a failure (negative). A newer library may
/// answer values that this header does not name.
pub type isc_status = i32;

/// Which option: one of ISC_OPT_....
pub type isc_option_key = i32;

/// Which event: one of ISC_EVENT_.... Take a value that this header does not name for ISC_EVENT_UNKNOWN.
///
/// Each comes with a message, `{"operate":...,"params":{...},"comeBackParams":{}}`: `operate` is the word that begins the
/// event's description, and the members of `params` are listed there. "number" is a JSON number without a fraction; all
/// else is a JSON string, truth values too: `"true"` or `"false"`. Newer versions may add members: overlook those that you
/// do not know. In every event:
///
/// - `Status`: `success` or `failed`
/// - `License`: the whole code. Keep messages out of logs
/// - `LicenseStatus`, `Previous`, `Current`: a verdict as ISC_LICENSE_... without that beginning, for example `ALIVE`
/// - `ExpireTime`: number, Unix seconds UTC, 0 = unknown
/// - `ErrorCode`, `ErrorMsg`: number, the isc_status of the failure; why, in the language of ISC_OPT_LANGUAGE. Only there
///   where something failed, unless it is said otherwise
pub type isc_event_type = i32;

/// The verdict on a licence: one of ISC_LICENSE_.... Take a value that this header does not name for not licensed.
pub type isc_license_status = i32;

/// Options for a client: made by isc_options_new() or isc_options_load(), freed by isc_options_free(). The value is
/// a number that is looked up, never an address.
pub struct isc_options {
    _opaque: [u8; 0],
}

/// A client: made by isc_init(), freed by isc_release(). The value is a number that is looked up, never an address.
pub struct isc_client {
    _opaque: [u8; 0],
}

/// Receives log messages.
///
/// Runs on any thread, one call at a time per client, without a lock of the library held, never after isc_shutdown() has
/// answered ISC_OK. It may not call the library, throw or longjmp. Messages hold no secret, token or whole licence code.
///
/// \param level      ISC_LOG_ERROR to ISC_LOG_TRACE
/// \param message    UTF-8 text of one line, valid during the call
/// \param user_data  what isc_options_set_log() was given
pub type isc_log_callback =
    Option<unsafe extern "C" fn(level: i32, message: *const c_char, user_data: *mut c_void)>;

/// Receives events: in order, never two at a time, without a lock of the library held.
///
/// It may call every function of the library, also isc_shutdown() and isc_release(). It may not throw or longjmp.
///
/// \param type       ISC_EVENT_...
/// \param message    UTF-8 JSON `{"operate":...,"params":{...},"comeBackParams":{}}`, valid during the call
/// \param user_data  what isc_register_event_callback() was given
pub type isc_event_callback = Option<
    unsafe extern "C" fn(r#type: isc_event_type, message: *const c_char, user_data: *mut c_void),
>;

/// Frees the `user_data` of a callback: called exactly once, after the callback's last call.
pub type isc_free_callback = Option<unsafe extern "C" fn(user_data: *mut c_void)>;

/// Told that events wait, in poll delivery. Runs on any thread; it may only post a message to the program's own loop,
/// and may neither call the library nor wait.
pub type isc_wakeup_callback = Option<unsafe extern "C" fn(user_data: *mut c_void)>;

/// What is known about one licence. Set `struct_size` to `sizeof(isc_license_info)` before the call.
///
/// Times are Unix seconds UTC, 0 = unknown.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct isc_license_info {
    /// Set by the caller. The library never writes past it.
    pub struct_size: u32,
    /// The verdict: ISC_LICENSE_....
    pub status: isc_license_status,
    /// 1 where the program is licensed by it, else 0.
    pub licensed: i32,
    /// Who says so: ISC_SOURCE_....
    pub source: i32,
    /// When it expires by what the marketplace said last.
    pub expires_at: i64,
    /// When the marketplace last answered about it.
    pub checked_at: i64,
    /// Until when it stays licensed without a further check; of a licence file, when it ends. Means nothing where
    /// `licensed` is 0: then it is what was allowed before, and may lie ahead.
    pub offline_until: i64,
    /// When it was activated.
    pub activated_at: i64,
    /// Quantity bought, -1 = not stated.
    pub amount: i64,
    /// The code. Keep it out of logs.
    pub license: [c_char; 65],
    /// The marketplace's product, empty if not stated.
    pub product_id: [c_char; 129],
    /// Zero.
    pub reserved: [c_char; 6],
}

/// A pointer of the program's that we only ever hand back to it.
#[derive(Clone, Copy)]
pub(super) struct UserData(pub *mut c_void);

// SAFETY: it is never followed here. That the program's callback may run on another thread is documented.
unsafe impl Send for UserData {}
// SAFETY: as above.
unsafe impl Sync for UserData {}

impl UserData {
    /// A method, so that closures capture the whole and not the bare pointer.
    pub fn get(&self) -> *mut c_void {
        self.0
    }
}
