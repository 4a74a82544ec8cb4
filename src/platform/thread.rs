//! Our own threads.
//!
//! They are not std's: its `spawn` leaves a destructor on the host's thread, which would keep the library mapped after
//! `dlclose`, and on Windows its threads cannot give up their reference to the module as their last act.
//!
//! On Unix all signals are blocked in them: a host's handlers run on the host's threads, and a peer that resets during an
//! upload does not kill the process by SIGPIPE. A thread is joined once it has signalled its end, so that not even its last
//! instruction is left in the module. On Windows it holds a reference to the module and returns it while it ends, since
//! waiting for a thread's handle in `DllMain` never returns.

use std::io;

type Body = Box<dyn FnOnce() + Send>;

#[cfg(unix)]
mod system {
    use super::Body;
    use std::ffi::{CString, c_void};
    use std::io;
    use std::mem::MaybeUninit;

    pub struct Thread(libc::pthread_t);

    struct Start {
        name: CString,
        body: Body,
    }

    extern "C" fn run(argument: *mut c_void) -> *mut c_void {
        // SAFETY: `spawn` made this pointer from a box and gave it to this thread alone.
        let start = unsafe { Box::from_raw(argument.cast::<Start>()) };
        set_name(&start.name);
        // A panic must not cross into the C library; the body has told whoever waits.
        let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(start.body));
        std::ptr::null_mut()
    }

    #[cfg(target_os = "linux")]
    fn set_name(name: &CString) {
        // SAFETY: names this thread with a NUL-terminated string.
        unsafe { libc::pthread_setname_np(libc::pthread_self(), name.as_ptr()) };
    }

    #[cfg(target_os = "macos")]
    fn set_name(name: &CString) {
        // SAFETY: names this thread with a NUL-terminated string.
        unsafe { libc::pthread_setname_np(name.as_ptr()) };
    }

    #[cfg(not(any(target_os = "linux", target_os = "macos")))]
    fn set_name(_: &CString) {}

    pub fn spawn(name: &str, body: Body) -> io::Result<Thread> {
        let name = CString::new(name)?;
        let argument = Box::into_raw(Box::new(Start { name, body })).cast::<c_void>();
        let mut thread = MaybeUninit::uninit();
        let before = block_signals();
        // SAFETY: `run` takes the argument over; default attributes.
        let failed =
            unsafe { libc::pthread_create(thread.as_mut_ptr(), std::ptr::null(), run, argument) };
        restore_signals(&before);
        if failed != 0 {
            // SAFETY: no thread was made, so the box is still ours.
            drop(unsafe { Box::from_raw(argument.cast::<Start>()) });
            return Err(io::Error::from_raw_os_error(failed));
        }
        // SAFETY: `pthread_create` succeeded and filled it.
        Ok(Thread(unsafe { thread.assume_init() }))
    }

    fn block_signals() -> libc::sigset_t {
        let mut all = MaybeUninit::uninit();
        let mut before = MaybeUninit::uninit();
        // SAFETY: both sets are ours and are filled by the calls; only this thread's mask changes.
        unsafe {
            libc::sigfillset(all.as_mut_ptr());
            libc::pthread_sigmask(libc::SIG_SETMASK, all.as_ptr(), before.as_mut_ptr());
            before.assume_init()
        }
    }

    fn restore_signals(before: &libc::sigset_t) {
        // SAFETY: the set came from `pthread_sigmask`.
        unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, before, std::ptr::null_mut()) };
    }

    impl Thread {
        pub fn join(self) {
            // SAFETY: a thread that was created joinable and is joined once, since `self` is taken.
            unsafe { libc::pthread_join(self.0, std::ptr::null_mut()) };
        }
    }
}

#[cfg(windows)]
mod system {
    use super::Body;
    use crate::platform::module::Pin;
    use std::ffi::c_void;
    use std::io;
    use windows_sys::Win32::Foundation::CloseHandle;
    use windows_sys::Win32::System::LibraryLoader::FreeLibraryAndExitThread;
    use windows_sys::Win32::System::Threading::CreateThread;

    pub struct Thread;

    struct Start {
        body: Body,
        pin: Pin,
    }

    extern "system" fn run(argument: *mut c_void) -> u32 {
        // SAFETY: `spawn` made this pointer from a box and gave it to this thread alone.
        let Start { body, pin } = *unsafe { Box::from_raw(argument.cast::<Start>()) };
        // A panic must not cross into the system; the body has told whoever waits.
        let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(body));
        let module = pin.into_raw();
        // SAFETY: the reference was counted for this thread; nothing of ours runs after this call.
        unsafe { FreeLibraryAndExitThread(module, 0) }
    }

    pub fn spawn(_name: &str, body: Body) -> io::Result<Thread> {
        let start = Start {
            body,
            pin: Pin::take(),
        };
        let argument = Box::into_raw(Box::new(start)).cast::<c_void>();
        // SAFETY: `run` takes the argument over; default stack and rights.
        let handle = unsafe {
            CreateThread(
                std::ptr::null(),
                0,
                Some(run),
                argument,
                0,
                std::ptr::null_mut(),
            )
        };
        if handle.is_null() {
            let error = io::Error::last_os_error();
            // SAFETY: no thread was made, so the box is still ours.
            drop(unsafe { Box::from_raw(argument.cast::<Start>()) });
            return Err(error);
        }
        // SAFETY: the handle is ours; the thread goes on without it.
        unsafe { CloseHandle(handle) };
        Ok(Thread)
    }

    impl Thread {
        /// The thread returns its own reference to the module.
        pub fn join(self) {}
    }
}

pub use system::Thread;

/// A thread that runs holds the module by itself; else whoever starts it does, until it was joined.
pub const HOLDS_ITS_MODULE: bool = cfg!(windows);

/// Starts a thread. `body` signals its end itself.
pub fn spawn(name: &str, body: impl FnOnce() + Send + 'static) -> io::Result<Thread> {
    system::spawn(name, Box::new(body))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    #[test]
    fn a_thread_runs_and_is_joined_also_after_a_panic() {
        let (sender, receiver) = mpsc::channel();
        let thread = spawn("iscdesk-test", move || sender.send(7).unwrap()).unwrap();
        assert_eq!(receiver.recv(), Ok(7));
        thread.join();
        spawn("iscdesk-test", || std::panic::resume_unwind(Box::new(())))
            .unwrap()
            .join();
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn our_threads_take_no_signals_of_the_host() {
        let (sender, receiver) = mpsc::channel();
        let thread = spawn("iscdesk-test", move || {
            let status = std::fs::read_to_string("/proc/thread-self/status").unwrap();
            sender.send(status).unwrap();
        });
        let status = receiver.recv().unwrap();
        thread.unwrap().join();
        let blocked = status.lines().find_map(|l| l.strip_prefix("SigBlk:"));
        let mask = u64::from_str_radix(blocked.unwrap().trim(), 16).unwrap();
        let pipe = 1 << (libc::SIGPIPE - 1);
        assert_eq!(mask & pipe, pipe);
        assert!(status.contains("Name:\tiscdesk-test"));
    }
}
