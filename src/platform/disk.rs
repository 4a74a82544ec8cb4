//! How much room is left where a file is to be written.

use std::path::Path;

/// Bytes that this user may still write in `folder`. None where the system does not tell.
#[cfg(unix)]
pub fn free_bytes(folder: &Path) -> Option<u64> {
    use std::os::unix::ffi::OsStrExt;
    let path = std::ffi::CString::new(folder.as_os_str().as_bytes()).ok()?;
    // SAFETY: all-zero is a valid `statvfs`, which the call fills.
    let mut facts: libc::statvfs = unsafe { std::mem::zeroed() };
    // SAFETY: the path is NUL-terminated and `facts` is ours.
    if unsafe { libc::statvfs(path.as_ptr(), &mut facts) } != 0 {
        return None;
    }
    // The widths of both differ between systems.
    #[allow(clippy::unnecessary_cast)]
    Some((facts.f_bavail as u64).saturating_mul(facts.f_frsize as u64))
}

/// Bytes that this user may still write in `folder`. None where the system does not tell.
#[cfg(windows)]
pub fn free_bytes(folder: &Path) -> Option<u64> {
    use std::os::windows::ffi::OsStrExt;
    use windows_sys::Win32::Storage::FileSystem::GetDiskFreeSpaceExW;
    let path: Vec<u16> = folder.as_os_str().encode_wide().chain([0]).collect();
    let mut free = 0;
    let none = std::ptr::null_mut();
    // SAFETY: the path is NUL-terminated, `free` is ours, and the other two answers are not asked for.
    let done = unsafe { GetDiskFreeSpaceExW(path.as_ptr(), &mut free, none, none) };
    (done != 0).then_some(free)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_is_there_has_some_room_and_another_has_no_answer() {
        let folder = tempfile::tempdir().unwrap();
        assert!(free_bytes(folder.path()).is_some_and(|bytes| bytes > 0));
        assert_eq!(free_bytes(&folder.path().join("missing")), None);
    }
}
