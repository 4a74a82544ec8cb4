//! Starts a program that goes on by itself: the helper, which outlives this process.
//!
//! It gets nothing of ours: no terminal, no window, no file that is open here (an open one would keep the installer from
//! replacing it), not the signals that are blocked on our threads.

use std::io;
use std::path::Path;

/// A program that was started. It is asked whether it has ended, never waited for.
pub struct Started(system::Child);

/// Starts `program` with arguments that hold no quotation marks.
pub fn start(program: &Path, arguments: &[&std::ffi::OsStr]) -> io::Result<Started> {
    system::start(program, arguments).map(Started)
}

impl Started {
    /// Its exit code once it has ended; None before. On Unix this also takes it off the list of processes.
    pub fn ended(&mut self) -> io::Result<Option<i32>> {
        system::ended(&mut self.0)
    }
}

#[cfg(unix)]
mod system {
    use std::ffi::OsStr;
    use std::io;
    use std::os::unix::process::{CommandExt, ExitStatusExt};
    use std::path::Path;
    use std::process::{Command, Stdio};

    pub use std::process::Child;

    /// Descriptors looked at one by one where the system cannot close them all at once.
    const DESCRIPTORS: i32 = 4096;

    pub fn start(program: &Path, arguments: &[&OsStr]) -> io::Result<Child> {
        let mut command = Command::new(program);
        command
            .args(arguments)
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        // SAFETY: runs in the forked child, and makes system calls alone.
        unsafe { command.pre_exec(let_go) };
        command.spawn()
    }

    /// In the child, before it becomes the program.
    fn let_go() -> io::Result<()> {
        // SAFETY: system calls on the child's own process; the signal set is filled before it is used.
        unsafe {
            libc::setsid();
            let mut none = std::mem::zeroed();
            libc::sigemptyset(&mut none);
            libc::sigprocmask(libc::SIG_SETMASK, &none, std::ptr::null_mut());
        }
        close_on_exec();
        Ok(())
    }

    fn close_on_exec() {
        #[cfg(target_os = "linux")]
        {
            const CLOSE_RANGE_CLOEXEC: libc::c_uint = 4;
            // SAFETY: marks descriptors; nothing is closed before the program starts.
            let marked = unsafe {
                libc::syscall(
                    libc::SYS_close_range,
                    3,
                    libc::c_uint::MAX,
                    CLOSE_RANGE_CLOEXEC,
                )
            };
            if marked == 0 {
                return;
            }
        }
        for descriptor in 3..DESCRIPTORS {
            // SAFETY: a descriptor that is not open is refused.
            unsafe { libc::fcntl(descriptor, libc::F_SETFD, libc::FD_CLOEXEC) };
        }
    }

    pub fn ended(child: &mut Child) -> io::Result<Option<i32>> {
        let status = child.try_wait()?;
        Ok(status.map(|status| status.code().or(status.signal()).unwrap_or(-1)))
    }
}

#[cfg(windows)]
mod system {
    use std::ffi::OsStr;
    use std::io;
    use std::os::windows::ffi::OsStrExt;
    use std::os::windows::io::{AsRawHandle, FromRawHandle, OwnedHandle};
    use std::path::Path;
    use std::ptr::null;
    use windows_sys::Win32::Foundation::{STILL_ACTIVE, TRUE};
    use windows_sys::Win32::System::Threading::{
        CREATE_BREAKAWAY_FROM_JOB, CREATE_NO_WINDOW, CREATE_UNICODE_ENVIRONMENT, CreateProcessW,
        GetExitCodeProcess, PROCESS_INFORMATION, STARTUPINFOW,
    };

    pub type Child = OwnedHandle;

    /// A job that ends with the program would take the helper along; not every job lets go, though.
    pub fn start(program: &Path, arguments: &[&OsStr]) -> io::Result<Child> {
        let apart = CREATE_NO_WINDOW | CREATE_BREAKAWAY_FROM_JOB;
        start_with(program, arguments, apart)
            .or_else(|_| start_with(program, arguments, CREATE_NO_WINDOW))
    }

    fn start_with(program: &Path, arguments: &[&OsStr], flags: u32) -> io::Result<Child> {
        let name: Vec<u16> = program.as_os_str().encode_wide().chain([0]).collect();
        let mut line = command_line(program, arguments)?;
        // SAFETY: all-zero is a valid STARTUPINFOW.
        let mut startup: STARTUPINFOW = unsafe { std::mem::zeroed() };
        startup.cb = size_of::<STARTUPINFOW>() as u32;
        // SAFETY: all-zero is a valid PROCESS_INFORMATION, which the call fills.
        let mut made: PROCESS_INFORMATION = unsafe { std::mem::zeroed() };
        // SAFETY: both texts end with NUL, the line is ours to change, no handle is inherited.
        let done = unsafe {
            CreateProcessW(
                name.as_ptr(),
                line.as_mut_ptr(),
                null(),
                null(),
                0,
                flags | CREATE_UNICODE_ENVIRONMENT,
                null(),
                null(),
                &startup,
                &mut made,
            )
        };
        if done != TRUE {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: both handles are ours; the thread's is closed at once.
        unsafe {
            drop(OwnedHandle::from_raw_handle(made.hThread));
            Ok(OwnedHandle::from_raw_handle(made.hProcess))
        }
    }

    fn command_line(program: &Path, arguments: &[&OsStr]) -> io::Result<Vec<u16>> {
        const QUOTE: u16 = b'"' as u16;
        let mut line = Vec::new();
        for part in [program.as_os_str()].iter().chain(arguments) {
            let wide: Vec<u16> = part.encode_wide().collect();
            if wide.iter().any(|unit| *unit == QUOTE || *unit == 0)
                || wide.ends_with(&[b'\\' as u16])
            {
                return Err(io::ErrorKind::InvalidInput.into());
            }
            if !line.is_empty() {
                line.push(b' ' as u16);
            }
            line.push(QUOTE);
            line.extend(wide);
            line.push(QUOTE);
        }
        line.push(0);
        Ok(line)
    }

    pub fn ended(child: &mut Child) -> io::Result<Option<i32>> {
        let mut code = 0;
        // SAFETY: the handle is ours and open.
        if unsafe { GetExitCodeProcess(child.as_raw_handle(), &mut code) } == 0 {
            return Err(io::Error::last_os_error());
        }
        Ok((code != STILL_ACTIVE as u32).then_some(code as i32))
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::ffi::OsStr;
    use std::time::{Duration, Instant};

    #[test]
    fn it_gets_its_arguments_and_neither_signals_nor_files_of_ours() {
        use std::os::fd::{FromRawFd, OwnedFd};
        let folder = tempfile::tempdir().unwrap();
        let told = folder.path().join("told");
        // SAFETY: makes a descriptor that a program started here would inherit; it is owned at once.
        let leaky = unsafe { OwnedFd::from_raw_fd(libc::dup(1)) };
        let script = format!(
            "ls /proc/self/fd | tr '\\n' ' ' > {told}; grep SigBlk /proc/self/status >> {told}; exit 7",
            told = told.display()
        );
        let mut started = start(
            Path::new("/bin/sh"),
            &[OsStr::new("-c"), OsStr::new(&script)],
        )
        .unwrap();
        let until = Instant::now() + Duration::from_secs(20);
        let code = loop {
            if let Some(code) = started.ended().unwrap() {
                break code;
            }
            assert!(Instant::now() < until);
            std::thread::yield_now();
        };
        assert_eq!(code, 7);
        if cfg!(target_os = "linux") {
            let text = std::fs::read_to_string(told).unwrap();
            assert_eq!(text, "0 1 2 3 SigBlk:\t0000000000000000\n");
        }
        drop(leaky);
    }

    #[test]
    fn a_program_that_is_not_there_is_told() {
        let error = start(Path::new("/nonexistent/iscdesk"), &[]).err().unwrap();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
    }
}
