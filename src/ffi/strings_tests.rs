//! Buffers of every size, and what is no string.

use super::*;
use proptest::prelude::*;

/// What is in a buffer that was full of `#` before.
fn written(cap: usize, write: impl FnOnce(Out) -> Result<Status, Error>) -> (Vec<u8>, usize, i32) {
    let mut buf = vec![b'#'; cap + 8];
    let mut len = usize::MAX;
    // SAFETY: the buffer has more than `cap` bytes.
    let out = unsafe { out(buf.as_mut_ptr().cast(), cap, &mut len) };
    let status = out.and_then(write).unwrap_or_else(|error| error.status);
    assert!(buf[cap..].iter().all(|&byte| byte == b'#'), "past the end");
    buf.truncate(cap);
    (buf, len, status.code())
}

fn until_nul(buf: &[u8]) -> &[u8] {
    buf.split(|&byte| byte == 0).next().unwrap_or_default()
}

proptest! {
    #[test]
    fn all_of_a_text_or_none(text in "[^\0]{0,12}", cap in 0usize..40) {
        let (buf, len, status) = written(cap, |out| out.write(&text));
        prop_assert_eq!(len, text.len());
        let fits = text.len() < cap;
        prop_assert_eq!(status, if fits { 0 } else { -3 });
        if cap > 0 {
            prop_assert_eq!(until_nul(&buf), if fits { text.as_bytes() } else { b"" });
        }
    }

    #[test]
    fn a_cut_text_is_the_longest_that_fits(text in "[^\0]{0,12}", cap in 0usize..40) {
        let (buf, len, status) = written(cap, |out| out.write_cut(&text));
        prop_assert_eq!(len, text.len());
        prop_assert_eq!(status, if text.len() < cap { 0 } else { -3 });
        if cap > 0 {
            let kept = std::str::from_utf8(until_nul(&buf)).expect("whole characters");
            prop_assert!(text.starts_with(kept));
            let next = text[kept.len()..].chars().next();
            prop_assert!(next.is_none_or(|next| kept.len() + next.len_utf8() >= cap));
        }
    }

    #[test]
    fn a_code_has_1_to_64_bytes(code in "[^\0]{0,70}") {
        let given = CString::new(code.clone()).unwrap();
        // SAFETY: ends in NUL.
        let found = unsafe { code_bytes(given.as_ptr()) };
        let expected = (1..=64).contains(&code.len()).then_some(code.as_bytes());
        prop_assert_eq!(found, expected);
    }
}

#[test]
fn no_buffer_is_a_question_only_without_a_size() {
    let mut len = 7;
    // SAFETY: no buffer.
    let asked = unsafe { out(std::ptr::null_mut(), 0, &mut len) };
    let answer = asked.unwrap().write("four").unwrap_err();
    assert_eq!((answer.status, len), (Status::BufferTooSmall, 4));
    // SAFETY: no buffer, no length.
    let wrong = unsafe { out(std::ptr::null_mut(), 1, std::ptr::null_mut()) };
    assert_eq!(wrong.unwrap_err().status, Status::InvalidArgument);
}

#[test]
fn what_is_no_string_is_told_by_name() {
    // SAFETY: NULL is allowed.
    let error = unsafe { required(std::ptr::null(), "path") }.unwrap_err();
    assert_eq!(error, Error::argument("path is NULL"));
    // SAFETY: ends in NUL, as do those below.
    let error = unsafe { optional(c"ab\xff".as_ptr(), "path") }.unwrap_err();
    assert_eq!(error.status, Status::InvalidUtf8);
    assert_eq!(error.text, "path is no UTF-8 from byte 2 on");
    // SAFETY: as above.
    let error = unsafe { filled(c"".as_ptr(), "path") }.unwrap_err();
    assert_eq!(error, Error::argument("path is empty"));
    // SAFETY: as above.
    assert_eq!(unsafe { or_empty(c"".as_ptr(), "path") }, Ok(None));
    // SAFETY: as above.
    let error = unsafe { code(c"\xc3\x28".as_ptr()) }.unwrap_err();
    assert_eq!(error.status, Status::InvalidUtf8);
}

#[test]
fn a_text_for_a_callback_loses_a_nul_and_nothing_else() {
    assert_eq!(for_callback("a\0b授").to_str(), Ok("ab授"));
}
