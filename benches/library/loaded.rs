//! The release library, loaded as a C program that uses dlopen would.

use std::ffi::{CStr, CString, c_char, c_void};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::ptr;

/// Builds the library as it is shipped, and tells where it lies.
pub fn build() -> PathBuf {
    let status = Command::new(env!("CARGO"))
        .args([
            "rustc",
            "--quiet",
            "--release",
            "--lib",
            "--crate-type",
            "cdylib",
        ])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status()
        .expect("cargo runs");
    assert!(status.success());
    // This program lies in <target>/release/deps.
    let program = std::env::current_exe().unwrap();
    program.ancestors().nth(2).unwrap().join("libiscdesk.so")
}

pub fn is_mapped(path: &Path) -> bool {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    maps.contains(path.to_str().unwrap())
}

pub fn threads() -> usize {
    std::fs::read_dir("/proc/self/task").unwrap().count()
}

/// How often threads of such a name went to sleep by themselves, that is, were woken.
pub fn wakeups(name: &str) -> u64 {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap().flatten();
    tasks
        .filter_map(|task| std::fs::read_to_string(task.path().join("status")).ok())
        .filter(|status| status.starts_with(&format!("Name:\t{name}")))
        .filter_map(|status| {
            let line = status.lines().find(|l| l.starts_with("voluntary"))?;
            line.split_whitespace().nth(1)?.parse::<u64>().ok()
        })
        .sum()
}

pub fn coarse_clock() -> i64 {
    let mut now = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: `now` is ours.
    unsafe { libc::clock_gettime(libc::CLOCK_REALTIME_COARSE, &mut now) };
    now.tv_sec
}

pub struct Library(*mut c_void);

// SAFETY: a module handle belongs to the process.
unsafe impl Send for Library {}
// SAFETY: as above.
unsafe impl Sync for Library {}

impl Library {
    pub fn load(path: &Path) -> Library {
        let path = CString::new(path.to_str().unwrap()).unwrap();
        // SAFETY: a path ended by NUL.
        let handle = unsafe { libc::dlopen(path.as_ptr(), libc::RTLD_NOW | libc::RTLD_LOCAL) };
        assert!(!handle.is_null());
        Library(handle)
    }

    fn function<F: Copy>(&self, name: &CStr) -> F {
        // SAFETY: the handle is open.
        let found = unsafe { libc::dlsym(self.0, name.as_ptr()) };
        assert!(!found.is_null(), "{name:?}");
        // SAFETY: the caller names the type that the header declares for this function.
        unsafe { std::mem::transmute_copy(&found) }
    }
}

impl Drop for Library {
    fn drop(&mut self) {
        // SAFETY: opened once, closed once.
        unsafe { libc::dlclose(self.0) };
    }
}

type Opaque = *mut c_void;

pub struct Client<'a> {
    library: &'a Library,
    handle: Opaque,
    licensed: unsafe extern "C" fn(Opaque, *const c_char) -> i32,
}

// SAFETY: every function of the library may be called from any thread.
unsafe impl Sync for Client<'_> {}

impl<'a> Client<'a> {
    pub fn init(library: &'a Library, url: &str, folder: &Path) -> Client<'a> {
        let make: unsafe extern "C" fn(*mut Opaque) -> i32 = library.function(c"isc_options_new");
        let set: unsafe extern "C" fn(Opaque, i32, *const c_char) -> i32 =
            library.function(c"isc_options_set_string");
        let free: unsafe extern "C" fn(Opaque) = library.function(c"isc_options_free");
        let init: unsafe extern "C" fn(Opaque, *mut Opaque) -> i32 = library.function(c"isc_init");
        let (mut options, mut handle) = (ptr::null_mut(), ptr::null_mut());
        let values = [
            (1, "ACME"),
            (2, "Bench"),
            (3, "1.0"),
            (10, "AK"),
            (11, "SK"),
            (14, url),
            (20, folder.to_str().unwrap()),
        ];
        // SAFETY: called as the header says.
        unsafe {
            assert_eq!(make(&mut options), 0);
            for (key, value) in values {
                let value = CString::new(value).unwrap();
                assert_eq!(set(options, key, value.as_ptr()), 0);
            }
            assert_eq!(init(options, &mut handle), 0);
            free(options);
        }
        Client {
            library,
            handle,
            licensed: library.function(c"isc_is_licensed"),
        }
    }

    #[inline]
    pub fn is_licensed(&self, code: Option<&CStr>) -> i32 {
        // SAFETY: called as the header says.
        unsafe { (self.licensed)(self.handle, code.map_or(ptr::null(), CStr::as_ptr)) }
    }

    pub fn activate(&self, code: &CStr) -> i32 {
        self.with_code(c"isc_activate", code.as_ptr())
    }

    pub fn query(&self, code: &CStr) -> i32 {
        self.with_code(c"isc_query", code.as_ptr())
    }

    pub fn heartbeat(&self) -> i32 {
        self.with_code(c"isc_heartbeat", ptr::null())
    }

    fn with_code(&self, name: &CStr, code: *const c_char) -> i32 {
        let call: unsafe extern "C" fn(Opaque, *const c_char) -> i32 = self.library.function(name);
        // SAFETY: called as the header says.
        unsafe { call(self.handle, code) }
    }

    /// Registers a callback that does nothing, so that the dispatcher runs.
    pub fn register_nothing(&self) {
        extern "C" fn nothing(_: i32, _: *const c_char, _: Opaque) {}
        type Callback = extern "C" fn(i32, *const c_char, Opaque);
        let register: unsafe extern "C" fn(Opaque, Callback, Opaque, *const c_void) -> i32 =
            self.library.function(c"isc_register_event_callback");
        // SAFETY: called as the header says.
        let status = unsafe { register(self.handle, nothing, ptr::null_mut(), ptr::null()) };
        assert_eq!(status, 0);
    }

    pub fn shutdown(&self, timeout_ms: u32) -> i32 {
        let shutdown: unsafe extern "C" fn(Opaque, u32) -> i32 =
            self.library.function(c"isc_shutdown");
        // SAFETY: called as the header says.
        unsafe { shutdown(self.handle, timeout_ms) }
    }
}

impl Drop for Client<'_> {
    fn drop(&mut self) {
        let release: unsafe extern "C" fn(Opaque) = self.library.function(c"isc_release");
        // SAFETY: called as the header says.
        unsafe { release(self.handle) };
    }
}
