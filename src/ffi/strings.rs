//! Strings in, strings out.
//!
//! In: NUL-terminated UTF-8. Out: `(buf, cap, len)`, where `len` always receives the whole length without the NUL, so
//! that `buf` NULL with `cap` 0 asks for the size. A buffer that is too small holds an empty string, never a part that
//! could be taken for the whole.

use crate::license::MAX_CODE_BYTES;
use crate::{Cause, Error, Status};
use std::ffi::{CStr, CString, c_char};

/// A string that must be there.
///
/// # Safety
/// `text` is NULL or ends in NUL; it stays unchanged while the result is in use.
pub unsafe fn required<'a>(text: *const c_char, name: &str) -> Result<&'a str, Error> {
    // SAFETY: passed on.
    let given = unsafe { optional(text, name) }?;
    given.ok_or_else(|| Error::argument(format!("{name} is NULL")))
}

/// A string that must be there and hold something.
///
/// # Safety
/// As [`required`].
pub unsafe fn filled<'a>(text: *const c_char, name: &str) -> Result<&'a str, Error> {
    // SAFETY: passed on.
    let given = unsafe { required(text, name) }?;
    if given.is_empty() {
        return Err(Error::argument(format!("{name} is empty")));
    }
    Ok(given)
}

/// A string that may be left out by NULL.
///
/// # Safety
/// As [`required`].
pub unsafe fn optional<'a>(text: *const c_char, name: &str) -> Result<Option<&'a str>, Error> {
    if text.is_null() {
        return Ok(None);
    }
    // SAFETY: not NULL, so it ends in NUL.
    let bytes = unsafe { CStr::from_ptr(text) };
    bytes.to_str().map(Some).map_err(|fault| {
        let text = format!("{name} is no UTF-8 from byte {} on", fault.valid_up_to());
        Error::new(Status::InvalidUtf8, Cause::Argument, text)
    })
}

/// A string that may be left out by NULL or by being empty.
///
/// # Safety
/// As [`required`].
pub unsafe fn or_empty<'a>(text: *const c_char, name: &str) -> Result<Option<&'a str>, Error> {
    // SAFETY: passed on.
    let given = unsafe { optional(text, name) }?;
    Ok(given.filter(|text| !text.is_empty()))
}

/// A licence code that must be there. No more of it is read than a code may be long.
///
/// # Safety
/// As [`required`].
pub unsafe fn code<'a>(text: *const c_char) -> Result<&'a str, Error> {
    // SAFETY: passed on.
    let given = unsafe { optional_code(text) }?;
    given.ok_or_else(|| Error::argument("license is NULL"))
}

/// A licence code that NULL leaves out.
///
/// # Safety
/// As [`required`].
pub unsafe fn optional_code<'a>(text: *const c_char) -> Result<Option<&'a str>, Error> {
    if text.is_null() {
        return Ok(None);
    }
    // SAFETY: not NULL, so it ends in NUL.
    let Some(bytes) = (unsafe { code_bytes(text) }) else {
        let text = format!("a licence code has 1 to {MAX_CODE_BYTES} bytes");
        return Err(Error::argument(text));
    };
    std::str::from_utf8(bytes).map(Some).map_err(|_| {
        Error::new(
            Status::InvalidUtf8,
            Cause::Argument,
            "the licence code is no UTF-8",
        )
    })
}

/// The bytes of a licence code; None where there are none, or too many. Allocates nothing.
///
/// # Safety
/// `text` ends in NUL; it stays unchanged while the result is in use.
pub unsafe fn code_bytes<'a>(text: *const c_char) -> Option<&'a [u8]> {
    // SAFETY: as the caller says.
    let bytes = unsafe { CStr::from_ptr(text) }.to_bytes();
    (1..=MAX_CODE_BYTES).contains(&bytes.len()).then_some(bytes)
}

/// A UTF-16 string that NULL leaves out.
///
/// # Safety
/// `text` is NULL or ends in NUL.
#[cfg(windows)]
pub unsafe fn wide(text: *const u16, name: &str) -> Result<Option<String>, Error> {
    if text.is_null() {
        return Ok(None);
    }
    // SAFETY: each unit is read only after those before it were found not to be the NUL that ends it.
    let units = (0..).map(|at| unsafe { text.add(at).read_unaligned() });
    let units = units.take_while(|&unit| unit != 0);
    let text: Result<String, _> = char::decode_utf16(units).collect();
    text.map(Some).map_err(|_| {
        let text = format!("{name} is no UTF-16");
        Error::new(Status::InvalidUtf8, Cause::Argument, text)
    })
}

/// Text for a callback. It can hold no NUL of its own.
pub fn for_callback(text: &str) -> CString {
    CString::new(text).unwrap_or_else(|_| {
        let bytes = text.bytes().filter(|&byte| byte != 0).collect::<Vec<u8>>();
        CString::new(bytes).unwrap_or_default()
    })
}

/// Where a string goes out, in units of bytes or of UTF-16.
#[derive(Debug)]
pub struct Out<U = u8> {
    buf: *mut U,
    cap: usize,
    len: *mut usize,
}

/// Empties what the caller gave before anything else can fail.
///
/// # Safety
/// `buf` is NULL or writable for `cap` bytes, `len` is NULL or writable, until the result is gone.
pub unsafe fn out(buf: *mut c_char, cap: usize, len: *mut usize) -> Result<Out, Error> {
    let buf = buf.cast();
    Out { buf, cap, len }.emptied()
}

/// As [`out`], for UTF-16.
///
/// # Safety
/// As [`out`], `cap` in units of two bytes.
#[cfg(windows)]
pub unsafe fn out_wide(buf: *mut u16, cap: usize, len: *mut usize) -> Result<Out<u16>, Error> {
    Out { buf, cap, len }.emptied()
}

impl<U: Copy + Default> Out<U> {
    fn emptied(self) -> Result<Out<U>, Error> {
        self.tell_length(0);
        self.copy(&[]);
        if self.buf.is_null() && self.cap > 0 {
            return Err(Error::argument(
                "buf is NULL, which only goes with a cap of 0",
            ));
        }
        Ok(self)
    }

    /// All of the text or none.
    pub fn write_units(self, text: &[U]) -> Result<Status, Error> {
        self.tell_length(text.len());
        if self.cap <= text.len() {
            return Err(too_small(text.len()));
        }
        self.copy(text);
        Ok(Status::Ok)
    }

    fn tell_length(&self, length: usize) {
        if !self.len.is_null() {
            // SAFETY: `out`'s caller promised it; a misaligned one is borne with.
            unsafe { self.len.write_unaligned(length) };
        }
    }

    /// Copies a text that fits, with a NUL after it.
    fn copy(&self, text: &[U]) {
        if self.buf.is_null() || self.cap <= text.len() {
            return;
        }
        for (at, unit) in text.iter().copied().chain([U::default()]).enumerate() {
            // SAFETY: the buffer has room for the text and its NUL, just checked.
            unsafe { self.buf.add(at).write_unaligned(unit) };
        }
    }
}

impl Out {
    /// All of the text or none.
    pub fn write(self, text: &str) -> Result<Status, Error> {
        self.write_units(text.as_bytes())
    }

    /// As much of the text as fits, cut between characters.
    pub fn write_cut(self, text: &str) -> Result<Status, Error> {
        let room = self.cap.saturating_sub(1);
        self.copy(&text.as_bytes()[..text.floor_char_boundary(room)]);
        if self.cap <= text.len() {
            self.tell_length(text.len());
            return Err(too_small(text.len()));
        }
        self.write(text)
    }
}

fn too_small(length: usize) -> Error {
    let text = format!("the buffer is too small; {} bytes are needed", length + 1);
    Error::new(Status::BufferTooSmall, Cause::Argument, text)
}

#[cfg(test)]
#[path = "strings_tests.rs"]
mod tests;
