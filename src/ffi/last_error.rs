//! The calling thread's last failure.
//!
//! It is kept in a thread-local of plain bytes. One with a destructor would be simpler, but a destructor registered on
//! a thread of the host keeps the library in memory after `dlclose`, and the host's threads outlive it.

use super::strings::{self, Out};
use super::types::isc_status;
use crate::error::{Cause, Error, Status};
use crate::text::{self, Language};
use serde::Serialize;
use std::cell::UnsafeCell;
use std::ffi::c_char;

/// Text of at most `N` bytes, `N` < 65536. A longer one is cut between characters.
#[derive(Clone, Copy)]
struct Text<const N: usize> {
    len: u16,
    bytes: [u8; N],
}

impl<const N: usize> Text<N> {
    const EMPTY: Text<N> = Text {
        len: 0,
        bytes: [0; N],
    };

    fn set(&mut self, text: &str) {
        let text = &text[..text.floor_char_boundary(N)];
        self.len = text.len() as u16;
        self.bytes[..text.len()].copy_from_slice(text.as_bytes());
    }

    fn get(&self) -> &str {
        let bytes = &self.bytes[..usize::from(self.len)];
        std::str::from_utf8(bytes).unwrap_or_default()
    }

    fn known(&self) -> Option<String> {
        (self.len != 0).then(|| self.get().to_owned())
    }
}

/// Most bytes of detail that are kept: enough for all faults that `isc_init` may find in the options.
const TEXT_MAX: usize = 2048;

struct Record {
    /// None as long as nothing failed.
    failure: Option<(Status, Cause, Language)>,
    http: Option<u16>,
    retry_after_s: Option<u32>,
    text: Text<TEXT_MAX>,
    host: Text<255>,
    code: Text<64>,
    request_id: Text<64>,
}

thread_local! {
    static LAST: UnsafeCell<Record> = const {
        UnsafeCell::new(Record {
            failure: None,
            http: None,
            retry_after_s: None,
            text: Text::EMPTY,
            host: Text::EMPTY,
            code: Text::EMPTY,
            request_id: Text::EMPTY,
        })
    };
}

// What the module's comment says, checked by the compiler.
const _: () = assert!(!std::mem::needs_drop::<Record>());

/// Remembers that the exported function `name` failed; told in the client's language.
pub fn remember(error: &Error, name: &str, language: Language) {
    let text = format!("{name}: {}", error.text);
    with(|record| {
        record.failure = Some((error.status, error.cause, language));
        record.http = error.http;
        record.retry_after_s = error.retry_after_s;
        record.text.set(&text);
        record.host.set(error.host.as_deref().unwrap_or_default());
        record.code.set(error.code.as_deref().unwrap_or_default());
        record
            .request_id
            .set(error.request_id.as_deref().unwrap_or_default());
    });
}

fn recall() -> Option<(Error, Language)> {
    with(|record| {
        let (status, cause, language) = record.failure?;
        let error = Error {
            status,
            cause,
            text: record.text.get().to_owned(),
            host: record.host.known(),
            http: record.http,
            code: record.code.known(),
            request_id: record.request_id.known(),
            retry_after_s: record.retry_after_s,
        };
        Some((error, language))
    })
}

/// `f` must not come back here: neither of the two above does.
fn with<R>(f: impl FnOnce(&mut Record) -> R) -> R {
    LAST.with(|record| {
        // SAFETY: only this thread reaches it, and only one `with` at a time does, see above.
        f(unsafe { &mut *record.get() })
    })
}

/// What is not known is left out.
#[derive(Default, Serialize)]
struct Shown {
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    host: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    http: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after_s: Option<u32>,
}

fn as_text(failure: Option<(Error, Language)>) -> String {
    failure.map_or_else(String::new, |(error, language)| {
        text::detail(&error, language)
    })
}

fn as_json(failure: Option<(Error, Language)>) -> String {
    let shown = failure.map_or_else(Shown::default, |(error, language)| Shown {
        status: Some(error.status.code()),
        cause: Some(error.cause.name()),
        // Without host and codes, which have members of their own.
        text: Some(text::detail(
            &Error::new(error.status, error.cause, error.text),
            language,
        )),
        host: error.host,
        http: error.http,
        code: error.code,
        request_id: error.request_id,
        retry_after_s: error.retry_after_s,
    });
    // A struct of strings and numbers always serialises.
    serde_json::to_string(&shown).unwrap_or_default()
}

/// The detail of the calling thread's last failure; with LANGUAGE `zh` behind the sentence of isc_status_message().
///
/// Every function that answers a negative status replaces it, except this one and isc_last_error_json(); a success does
/// not clear it. What fails in the background belongs to no call: it goes to events and to the log. The truth functions
/// isc_is_licensed() and isc_has_feature() leave it alone as well.
///
/// \param buf  receives the text, empty if nothing has failed yet; may be NULL where `cap` is 0
/// \param cap  size of `buf` in bytes
/// \param len  receives the length of the whole text without its NUL; may be NULL
///
/// \return ISC_OK, or ISC_ERR_BUFFER_TOO_SMALL: unlike elsewhere, `buf` then holds as much of the text as fits, cut
///         between two characters. ISC_ERR_INVALID_ARGUMENT where `buf` is NULL and `cap` is not 0.
///
/// Any thread; returns at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isc_last_error_message(
    buf: *mut c_char,
    cap: usize,
    len: *mut usize,
) -> isc_status {
    // SAFETY: the caller's buffer is as long as said.
    unsafe { last_error_out(buf, cap, len, |out| out.write_cut(&as_text(recall()))) }
}

/// The last failure of the calling thread, as a JSON object for logs and support desks.
///
/// Members, in this order, each left out where it is not known: `status` (number), `cause` (`argument`, `handle`,
/// `closed`, `state`, `config`, `verdict`, `dns`, `connect`, `proxy`, `proxy_auth`, `tls`, `timeout`, `clock`,
/// `throttled`, `refused`, `frozen`, `server`, `protocol`, `storage`, `internal`), `host`, `http` (status of the
/// answer), `code` (`error_code` of the answer), `text`, `request_id`, `retry_after_s`. Nothing has failed yet: `{}`.
///
/// When it changes: see isc_last_error_message(). No member holds a secret, a token or a whole licence code.
///
/// \param buf  receives the document; may be NULL where `cap` is 0
/// \param cap  size of `buf` in bytes
/// \param len  receives the length without the NUL; may be NULL
///
/// \return ISC_OK; ISC_ERR_BUFFER_TOO_SMALL; ISC_ERR_INVALID_ARGUMENT where `buf` is NULL and `cap` is not 0.
///
/// Any thread; returns at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isc_last_error_json(
    buf: *mut c_char,
    cap: usize,
    len: *mut usize,
) -> isc_status {
    // SAFETY: the caller's buffer is as long as said.
    unsafe { last_error_out(buf, cap, len, |out| out.write(&as_json(recall()))) }
}

/// The funnel of the two functions that must not become the last failure themselves.
///
/// # Safety
/// As [`strings::out`].
unsafe fn last_error_out(
    buf: *mut c_char,
    cap: usize,
    len: *mut usize,
    write: impl FnOnce(Out) -> Result<Status, Error>,
) -> isc_status {
    // SAFETY: passed on.
    let out = unsafe { strings::out(buf, cap, len) };
    super::boundary::caught(|| out.and_then(write))
        .unwrap_or_else(|error| error.status)
        .code()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure() -> Error {
        Error {
            host: Some("mkt.example".into()),
            http: Some(403),
            code: Some("APIGW.0301".into()),
            request_id: Some("r-1".into()),
            retry_after_s: Some(60),
            ..Error::new(Status::Unauthorized, Cause::Refused, "not let in")
        }
    }

    #[test]
    fn nothing_failed_nothing_told() {
        let told = std::thread::spawn(|| (as_text(recall()), as_json(recall())));
        assert_eq!(told.join().unwrap(), (String::new(), "{}".into()));
    }

    #[test]
    fn all_that_is_known_comes_back_and_nothing_of_the_one_before() {
        remember(&failure(), "isc_x", Language::En);
        assert_eq!(
            as_json(recall()),
            r#"{"status":-44,"cause":"refused","host":"mkt.example","http":403,"code":"APIGW.0301","text":"isc_x: not let in","request_id":"r-1","retry_after_s":60}"#
        );
        assert_eq!(
            as_text(recall()),
            "isc_x: not let in (host mkt.example, HTTP 403, APIGW.0301)"
        );
        remember(&Error::argument("buf is NULL"), "isc_y", Language::En);
        assert_eq!(
            as_json(recall()),
            r#"{"status":-1,"cause":"argument","text":"isc_y: buf is NULL"}"#
        );
    }

    #[test]
    fn a_chinese_client_tells_it_in_chinese() {
        remember(&failure(), "isc_x", Language::Zh);
        let told = as_text(recall());
        assert!(told.contains('\u{3002}') && told.contains("isc_x: not let in"));
    }

    #[test]
    fn each_thread_has_its_own() {
        remember(&failure(), "isc_x", Language::En);
        let elsewhere = std::thread::spawn(recall).join().unwrap();
        assert_eq!(elsewhere, None);
    }

    #[test]
    fn a_long_text_is_cut_between_characters() {
        let long = "授权".repeat(TEXT_MAX);
        remember(&Error::argument(long.clone()), "x", Language::En);
        let (kept, _) = recall().unwrap();
        assert!(kept.text.len() <= TEXT_MAX && kept.text.len() > TEXT_MAX - 3);
        assert!(format!("x: {long}").starts_with(&kept.text));
    }
}
