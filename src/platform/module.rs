//! The module that holds this code, kept in memory while our threads run in it.

/// A reference to our own module; it cannot be unloaded while one lives.
pub struct Pin(Handle);

#[cfg(unix)]
mod system {
    use std::ffi::{CStr, OsStr, c_void};
    use std::os::unix::ffi::OsStrExt;
    use std::path::PathBuf;
    use std::ptr;

    pub type Handle = *mut c_void;

    pub fn open() -> Handle {
        match name() {
            // SAFETY: the name is the loader's own string. Nothing is loaded anew; a static link has nothing to pin and
            // gets NULL.
            Some(name) => unsafe {
                libc::dlopen(name.as_ptr(), libc::RTLD_NOLOAD | libc::RTLD_LAZY)
            },
            None => ptr::null_mut(),
        }
    }

    /// The file of this module as the loader knows it.
    fn name() -> Option<&'static CStr> {
        // SAFETY: all-zero is a valid `Dl_info`; `dladdr` fills it for an address within this module.
        let mut info: libc::Dl_info = unsafe { std::mem::zeroed() };
        // SAFETY: the address is this function's own and `info` is ours.
        let found = unsafe { libc::dladdr(open as *const c_void, &mut info) } != 0;
        // SAFETY: a name that was found is a string of the loader's that stays while the module does.
        (found && !info.dli_fname.is_null()).then(|| unsafe { CStr::from_ptr(info.dli_fname) })
    }

    pub fn path() -> Option<PathBuf> {
        let name = OsStr::from_bytes(name()?.to_bytes());
        std::fs::canonicalize(name).ok()
    }

    pub fn close(handle: Handle) {
        if !handle.is_null() {
            // SAFETY: the handle came from `dlopen` and is closed once; the caller runs on a thread of the program, which
            // holds its own reference.
            unsafe { libc::dlclose(handle) };
        }
    }
}

#[cfg(windows)]
mod system {
    use std::ffi::OsString;
    use std::os::windows::ffi::OsStringExt;
    use std::path::PathBuf;
    use windows_sys::Win32::Foundation::{FreeLibrary, HMODULE};
    use windows_sys::Win32::System::LibraryLoader::{
        GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS, GetModuleFileNameW, GetModuleHandleExW,
    };

    pub type Handle = HMODULE;

    pub fn open() -> Handle {
        let mut module: HMODULE = std::ptr::null_mut();
        // SAFETY: the address is this function's own and `module` is ours.
        unsafe {
            GetModuleHandleExW(
                GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS,
                open as *const u16,
                &mut module,
            )
        };
        module
    }

    pub fn path() -> Option<PathBuf> {
        let module = super::Pin::take();
        let mut name = vec![0_u16; 32_768];
        // SAFETY: the buffer is ours and as long as said; the module is kept meanwhile.
        let length =
            unsafe { GetModuleFileNameW(module.0, name.as_mut_ptr(), name.len() as u32) } as usize;
        let found = length > 0 && length < name.len();
        found.then(|| OsString::from_wide(&name[..length]).into())
    }

    pub fn close(handle: Handle) {
        if !handle.is_null() {
            // SAFETY: the reference was counted by `open`; the program's own keeps this code in memory.
            unsafe { FreeLibrary(handle) };
        }
    }
}

use std::path::PathBuf;
use system::Handle;

/// The file that this code was loaded from: the library, or the program it is linked into.
pub fn path() -> Option<PathBuf> {
    system::path()
}

// SAFETY: a module reference belongs to the process, not to a thread.
unsafe impl Send for Pin {}

impl Pin {
    pub fn take() -> Pin {
        Pin(system::open())
    }

    /// Gives the reference to the caller, who returns it with the thread's end.
    #[cfg(windows)]
    pub fn into_raw(self) -> windows_sys::Win32::Foundation::HMODULE {
        let handle = self.0;
        std::mem::forget(self);
        handle
    }
}

impl Drop for Pin {
    fn drop(&mut self) {
        system::close(self.0);
    }
}
