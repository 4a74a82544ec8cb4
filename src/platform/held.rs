//! Files that another program has open at the moment: on Windows a virus scanner or an indexer looks at each new file, and
//! while it does, the file cannot be replaced. It is soon done, so that is tried again for a while. Elsewhere a rename
//! never minds.

use std::io;
use std::time::Duration;

/// Waits between attempts: 1.9 s in all.
const WAITS_MS: [u64; 9] = [5, 10, 20, 40, 80, 160, 320, 550, 715];

pub const ACCESS_DENIED: i32 = 5;
pub const SHARING_VIOLATION: i32 = 32;
const LOCK_VIOLATION: i32 = 33;

/// Windows says one of three things of a file that another program has open. Elsewhere these numbers mean other things.
pub fn is_held(error: &io::Error) -> bool {
    cfg!(windows) && is_windows_held(error)
}

pub fn is_windows_held(error: &io::Error) -> bool {
    let held = [ACCESS_DENIED, SHARING_VIOLATION, LOCK_VIOLATION];
    error
        .raw_os_error()
        .is_some_and(|code| held.contains(&code))
}

/// Does `action`, again and again while `is_held` says so of its error, for at most 1.9 s of `sleep`.
pub fn until_free<T>(
    mut action: impl FnMut() -> io::Result<T>,
    is_held: impl Fn(&io::Error) -> bool,
    sleep: impl Fn(Duration),
) -> io::Result<T> {
    for ms in WAITS_MS {
        match action() {
            Err(error) if is_held(&error) => sleep(Duration::from_millis(ms)),
            other => return other,
        }
    }
    action()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    #[test]
    fn what_is_held_is_tried_again_until_it_is_free_or_two_seconds_are_over() {
        let slept = Cell::new(Duration::ZERO);
        let sleep = |time| slept.set(slept.get() + time);
        let held = || io::Error::from_raw_os_error(SHARING_VIOLATION);
        let calls = Cell::new(0);
        let freed = until_free(
            || {
                calls.set(calls.get() + 1);
                if calls.get() < 4 {
                    Err(held())
                } else {
                    Ok(calls.get())
                }
            },
            is_windows_held,
            sleep,
        );
        assert_eq!(freed.unwrap(), 4);
        assert_eq!(slept.get(), Duration::from_millis(35));

        slept.set(Duration::ZERO);
        let never = until_free(|| Err::<(), _>(held()), is_windows_held, sleep);
        assert!(is_windows_held(&never.unwrap_err()));
        assert_eq!(slept.get(), Duration::from_millis(1900));
    }

    #[test]
    fn anything_else_is_final() {
        for code in [2, 3, 17, 112] {
            let error = io::Error::from_raw_os_error(code);
            assert!(!is_windows_held(&error));
        }
        let refused = until_free(
            || Err::<(), _>(io::Error::from_raw_os_error(112)),
            is_windows_held,
            |_| panic!("it slept"),
        );
        assert!(refused.is_err());
        assert!(cfg!(windows) || !is_held(&io::Error::from_raw_os_error(5)));
    }
}
