//! The wall clock at the price of a few loads: whole seconds, no system call.
//!
//! A truth function may be asked in a program's inner loop, and a precise clock is most of what it would cost. The coarse
//! one may lag a few milliseconds behind the precise one; it never runs ahead of it.

/// Unix seconds UTC by the local clock.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub fn coarse_now() -> i64 {
    let mut now = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: `now` is a timespec that the call may write; the clock has been there since Linux 2.6.32.
    unsafe { libc::clock_gettime(libc::CLOCK_REALTIME_COARSE, &mut now) };
    // 32-bit targets count in 32 bits.
    #[allow(clippy::useless_conversion)]
    i64::from(now.tv_sec)
}

/// Unix seconds UTC by the local clock.
#[cfg(windows)]
pub fn coarse_now() -> i64 {
    use windows_sys::Win32::Foundation::FILETIME;
    use windows_sys::Win32::System::SystemInformation::GetSystemTimeAsFileTime;
    /// Ticks of 100 ns in a second, and seconds from 1601 to 1970.
    const TICKS: u64 = 10_000_000;
    const TO_UNIX: i64 = 11_644_473_600;

    let mut now = FILETIME {
        dwLowDateTime: 0,
        dwHighDateTime: 0,
    };
    // SAFETY: `now` is a FILETIME that the call may write.
    unsafe { GetSystemTimeAsFileTime(&mut now) };
    let ticks = u64::from(now.dwHighDateTime) << 32 | u64::from(now.dwLowDateTime);
    (ticks / TICKS) as i64 - TO_UNIX
}

/// Unix seconds UTC by the local clock.
#[cfg(not(any(target_os = "linux", target_os = "android", windows)))]
pub fn coarse_now() -> i64 {
    precise_now()
}

#[cfg(any(test, not(any(target_os = "linux", target_os = "android", windows))))]
fn precise_now() -> i64 {
    use std::time::{SystemTime, UNIX_EPOCH};
    match SystemTime::now().duration_since(UNIX_EPOCH) {
        Ok(since) => since.as_secs() as i64,
        Err(before) => -(before.duration().as_secs() as i64),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_tells_the_same_time_as_the_precise_clock() {
        let before = precise_now();
        let coarse = coarse_now();
        let after = precise_now();
        assert!(before - 1 <= coarse && coarse <= after);
    }
}
