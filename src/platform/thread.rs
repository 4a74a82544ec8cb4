//! Our own threads.
//!
//! They are not std's: its `spawn` leaves a destructor on the host's thread, which would keep the library mapped after
//! `dlclose`, and on Windows its threads cannot give up their reference to the module as their last act.
//!
//! On Unix all signals are blocked in them: a host's handlers run on the host's threads, and a peer that resets during an
//! upload does not kill the process by SIGPIPE. A thread is joined once it has signalled its end, so that not even its last
//! instruction is left in the module. On Windows it holds a reference to the module and returns it while it ends, since
//! waiting for a thread's handle in `DllMain` never returns.
//!
//! There a thread begins only when nobody holds the loader's lock, and on Unix its first thread-local with a destructor
//! takes that lock. Whoever shuts down in `DllMain` or in a plug-in's destructor holds it and would wait for a thread that
//! cannot go on. So a thread *settles* before it takes its work, and until then [`Thread::recall`] takes the work away.

use crate::sync::{Mutex, lock};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

type Body = Box<dyn FnOnce() + Send>;

/// What a thread is for.
struct Work {
    /// Needs the loader's lock, if anything does.
    settle: fn(),
    /// Until it begins or is recalled.
    body: Mutex<Option<Body>>,
    ended: AtomicBool,
}

type Waiting = Arc<Work>;

/// On the new thread. A panic must not cross into the system; the body has told whoever waits.
fn begin(work: &Waiting) {
    let _ = std::panic::catch_unwind(|| (work.settle)());
    let body = lock(&work.body).take();
    if let Some(body) = body {
        let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(body));
    }
    work.ended.store(true, Ordering::Release);
}

#[cfg(unix)]
mod system {
    use super::Waiting;
    use std::ffi::{CString, c_void};
    use std::io;
    use std::mem::MaybeUninit;

    pub struct Thread(libc::pthread_t);

    pub struct Start {
        name: CString,
        waiting: Waiting,
    }

    extern "C" fn run(argument: *mut c_void) -> *mut c_void {
        // SAFETY: `spawn` made this pointer from a box and gave it to this thread alone.
        let start = unsafe { Box::from_raw(argument.cast::<Start>()) };
        set_name(&start.name);
        super::begin(&start.waiting);
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

    pub fn prepare(name: &str, waiting: Waiting) -> io::Result<Start> {
        let name = CString::new(name)?;
        Ok(Start { name, waiting })
    }

    pub fn start(start: Start) -> io::Result<Thread> {
        let argument = Box::into_raw(Box::new(start)).cast::<c_void>();
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
    use super::Waiting;
    use crate::platform::module::Pin;
    use std::ffi::c_void;
    use std::io;
    use windows_sys::Win32::Foundation::CloseHandle;
    use windows_sys::Win32::System::LibraryLoader::FreeLibraryAndExitThread;
    use windows_sys::Win32::System::Threading::CreateThread;

    pub struct Thread;

    pub struct Start {
        waiting: Waiting,
        pin: Pin,
    }

    extern "system" fn run(argument: *mut c_void) -> u32 {
        // SAFETY: `spawn` made this pointer from a box and gave it to this thread alone.
        let Start { waiting, pin } = *unsafe { Box::from_raw(argument.cast::<Start>()) };
        super::begin(&waiting);
        drop(waiting);
        let module = pin.into_raw();
        // SAFETY: the reference was counted for this thread; nothing of ours runs after this call.
        unsafe { FreeLibraryAndExitThread(module, 0) }
    }

    pub fn prepare(_name: &str, waiting: Waiting) -> io::Result<Start> {
        let pin = Pin::take();
        Ok(Start { waiting, pin })
    }

    pub fn start(start: Start) -> io::Result<Thread> {
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

/// A thread that holds the module by itself; else whoever starts it does, until it was joined.
pub const HOLDS_ITS_MODULE: bool = cfg!(windows);

/// A thread that was started.
pub struct Thread {
    system: system::Thread,
    waiting: Waiting,
}

/// A thread that lacks nothing but its start, which takes no lock of the loader's.
pub struct Prepared {
    start: system::Start,
    waiting: Waiting,
}

/// `settle` runs first; `body` signals its end itself.
pub fn prepare(
    name: &str,
    settle: fn(),
    body: impl FnOnce() + Send + 'static,
) -> io::Result<Prepared> {
    let waiting = Arc::new(Work {
        settle,
        body: Mutex::new(Some(Box::new(body))),
        ended: AtomicBool::new(false),
    });
    let start = system::prepare(name, waiting.clone())?;
    Ok(Prepared { start, waiting })
}

/// Starts a thread. `body` signals its end itself.
pub fn spawn(name: &str, body: impl FnOnce() + Send + 'static) -> io::Result<Thread> {
    prepare(name, || (), body)?.start()
}

impl Prepared {
    pub fn start(self) -> io::Result<Thread> {
        Ok(Thread {
            system: system::start(self.start)?,
            waiting: self.waiting,
        })
    }
}

impl Thread {
    /// Takes the work away from a thread that has not begun. True: it never will, so the caller gives its signals. It is
    /// joined once it [has ended](Thread::has_ended), since the caller may hold what it waits for.
    pub fn recall(&self) -> bool {
        // Dropped after the lock: the work may hold whatever it likes.
        let body = lock(&self.waiting.body).take();
        body.is_some()
    }

    /// Nothing is left but its last instructions.
    pub fn has_ended(&self) -> bool {
        self.waiting.ended.load(Ordering::Acquire)
    }

    pub fn join(self) {
        self.system.join();
    }
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

    #[test]
    fn a_thread_that_was_recalled_does_nothing_and_one_that_runs_is_not() {
        let (sender, receiver) = mpsc::channel();
        let (release, held) = mpsc::channel::<()>();
        let running = spawn("iscdesk-test", move || {
            sender.send(()).unwrap();
            held.recv().unwrap_err();
        });
        let running = running.unwrap();
        receiver.recv().unwrap();
        assert!(!running.recall());
        drop(release);
        running.join();

        let (sender, receiver) = mpsc::channel();
        let prepared = prepare("iscdesk-test", || (), move || sender.send(7).unwrap()).unwrap();
        // As if it were recalled right after its start.
        assert!(lock(&prepared.waiting.body).take().is_some());
        let thread = prepared.start().unwrap();
        assert!(!thread.recall());
        thread.join();
        assert!(receiver.recv().is_err());
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
