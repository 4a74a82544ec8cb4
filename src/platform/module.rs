//! The module that holds this code, kept in memory while our threads run in it.

/// A reference to our own module; it cannot be unloaded while one lives.
pub struct Pin(Handle);

#[cfg(unix)]
mod system {
    use std::ffi::c_void;
    use std::ptr;

    pub type Handle = *mut c_void;

    pub fn open() -> Handle {
        // SAFETY: all-zero is a valid `Dl_info`; `dladdr` fills it for an address within this module.
        let mut info: libc::Dl_info = unsafe { std::mem::zeroed() };
        // SAFETY: the address is this function's own and `info` is ours.
        if unsafe { libc::dladdr(open as *const c_void, &mut info) } == 0 {
            return ptr::null_mut();
        }
        // SAFETY: `dli_fname` is the loader's own string. Nothing is loaded anew; a static link has nothing to pin and
        // gets NULL.
        unsafe { libc::dlopen(info.dli_fname, libc::RTLD_NOLOAD | libc::RTLD_LAZY) }
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
    use windows_sys::Win32::Foundation::{FreeLibrary, HMODULE};
    use windows_sys::Win32::System::LibraryLoader::{
        GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS, GetModuleHandleExW,
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

    pub fn close(handle: Handle) {
        if !handle.is_null() {
            // SAFETY: the reference was counted by `open`; the program's own keeps this code in memory.
            unsafe { FreeLibrary(handle) };
        }
    }
}

use system::Handle;

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
