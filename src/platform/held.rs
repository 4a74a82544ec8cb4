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

/// The file is open elsewhere, and whoever has it there shares it with nobody: not even reading is possible. Unlike a
/// denial this can mean nothing else.
pub fn is_unshared(error: &io::Error) -> bool {
    let unshared = [SHARING_VIOLATION, LOCK_VIOLATION];
    cfg!(windows)
        && error
            .raw_os_error()
            .is_some_and(|code| unshared.contains(&code))
}

/// How long a reader waits for such a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Patience {
    /// 155 ms: somebody wants to go on, and can do so without the file.
    Short,
    /// 1.9 s: as for writing.
    Long,
}

impl Patience {
    fn waits(self) -> &'static [u64] {
        match self {
            Patience::Short => &WAITS_MS[..5],
            Patience::Long => &WAITS_MS,
        }
    }
}

/// Does `read`, again and again while the file [`is_unshared`].
pub fn until_shared<T>(patience: Patience, read: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    repeat(patience.waits(), read, is_unshared, std::thread::sleep)
}

/// Does `action`, again and again while `is_held` says so of its error, for at most 1.9 s of `sleep`.
pub fn until_free<T>(
    action: impl FnMut() -> io::Result<T>,
    is_held: impl Fn(&io::Error) -> bool,
    sleep: impl Fn(Duration),
) -> io::Result<T> {
    repeat(&WAITS_MS, action, is_held, sleep)
}

fn repeat<T>(
    waits_ms: &[u64],
    mut action: impl FnMut() -> io::Result<T>,
    is_held: impl Fn(&io::Error) -> bool,
    sleep: impl Fn(Duration),
) -> io::Result<T> {
    for &ms in waits_ms {
        match action() {
            Err(error) if is_held(&error) => sleep(Duration::from_millis(ms)),
            other => return other,
        }
    }
    action()
}

/// [`until_free`] for a file that is this user's to change, where a denial can only mean that somebody holds it.
pub fn patiently<T>(action: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    until_free(action, is_held, std::thread::sleep)
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
