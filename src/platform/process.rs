//! Whether the process is coming to its end, and whose it is.
//!
//! On Windows the end of a process kills all threads but one, wherever they are, and only then tells the modules
//! (`DllMain` with a reserved argument, and what runs from there). A lock that was held is never released then, and a
//! thread that is waited for never answers. On Unix the threads run on until the last instruction.

/// True where all other threads have been killed: nothing may be waited for, no lock taken.
#[cfg(windows)]
pub fn is_ending() -> bool {
    RtlDllShutdownInProgress() != 0
}

#[cfg(windows)]
#[cfg_attr(
    target_arch = "x86",
    link(name = "ntdll", kind = "raw-dylib", import_name_type = "undecorated")
)]
#[cfg_attr(not(target_arch = "x86"), link(name = "ntdll", kind = "raw-dylib"))]
// SAFETY: as documented since Windows Vista; it reads a flag of the loader's.
unsafe extern "system" {
    safe fn RtlDllShutdownInProgress() -> u8;
}

/// True where all other threads have been killed: never here.
#[cfg(not(windows))]
pub const fn is_ending() -> bool {
    false
}

/// Whose rights this process has.
#[cfg(unix)]
pub fn user() -> u32 {
    // SAFETY: asks for a number and cannot fail.
    unsafe { libc::geteuid() }
}

/// True where this process may act for all users; on Windows the access lists alone know.
pub fn may_be_administrator() -> bool {
    #[cfg(unix)]
    return user() == 0;
    #[cfg(windows)]
    return true;
}
