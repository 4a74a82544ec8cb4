//! How Windows starts a program as administrator: the shell shows its consent dialogue, for the file that is named, and
//! starts it where somebody agrees. Of no use to the library itself, only to the helper of upgrades, so without the
//! feature `cli` it is not there.

#[cfg(windows)]
use std::{ffi::OsString, io, path::Path};

/// Runs `program` as administrator and waits for its end. Answers its exit code. Error 1223: nobody agreed.
#[cfg(windows)]
pub fn run(program: &Path, args: &[OsString], folder: &Path) -> io::Result<u32> {
    use std::os::windows::io::{FromRawHandle, OwnedHandle};
    use windows_sys::Win32::UI::Shell::{
        SEE_MASK_NO_CONSOLE, SEE_MASK_NOASYNC, SEE_MASK_NOCLOSEPROCESS, SHELLEXECUTEINFOW,
        ShellExecuteExW,
    };
    use windows_sys::Win32::UI::WindowsAndMessaging::SW_HIDE;
    let verb = wide("runas".as_ref());
    let file = wide(program.as_os_str());
    let parameters = wide(&command_line(args)?);
    let directory = wide(folder.as_os_str());
    // SAFETY: all-zero is a valid value of each of its members.
    let mut what: SHELLEXECUTEINFOW = unsafe { std::mem::zeroed() };
    what.cbSize = size_of::<SHELLEXECUTEINFOW>() as u32;
    what.fMask = SEE_MASK_NOCLOSEPROCESS | SEE_MASK_NOASYNC | SEE_MASK_NO_CONSOLE;
    what.lpVerb = verb.as_ptr();
    what.lpFile = file.as_ptr();
    what.lpParameters = parameters.as_ptr();
    what.lpDirectory = directory.as_ptr();
    what.nShow = SW_HIDE;
    // SAFETY: the size is told, and the texts are NUL-terminated and outlive the call.
    if unsafe { ShellExecuteExW(&mut what) } == 0 {
        return Err(io::Error::last_os_error());
    }
    if what.hProcess.is_null() {
        return Err(io::Error::other(
            "the shell started it in a process that is not told",
        ));
    }
    // SAFETY: the mask asks for this handle, and it is the caller's to close.
    let process = unsafe { OwnedHandle::from_raw_handle(what.hProcess) };
    exit_code(&process)
}

#[cfg(windows)]
fn exit_code(process: &std::os::windows::io::OwnedHandle) -> io::Result<u32> {
    use std::os::windows::io::AsRawHandle;
    use windows_sys::Win32::Foundation::WAIT_OBJECT_0;
    use windows_sys::Win32::System::Threading::{
        GetExitCodeProcess, INFINITE, WaitForSingleObject,
    };
    let mut code = 0;
    // SAFETY: the handle is open as long as `process` lives.
    if unsafe { WaitForSingleObject(process.as_raw_handle(), INFINITE) } != WAIT_OBJECT_0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: as before, and `code` is ours.
    if unsafe { GetExitCodeProcess(process.as_raw_handle(), &mut code) } == 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(code)
}

#[cfg(windows)]
fn wide(text: &std::ffi::OsStr) -> Vec<u16> {
    use std::os::windows::ffi::OsStrExt;
    text.encode_wide().chain([0]).collect()
}

#[cfg(windows)]
fn command_line(args: &[OsString]) -> io::Result<OsString> {
    let texts: Option<Vec<&str>> = args.iter().map(|arg| arg.to_str()).collect();
    let texts = texts.ok_or_else(|| io::Error::other("an argument is no text"))?;
    Ok(quoted(&texts).into())
}

/// Arguments as one text that programs take apart again (`CommandLineToArgvW` and C's own start).
fn quoted(args: &[&str]) -> String {
    let each: Vec<String> = args.iter().map(|arg| quote(arg)).collect();
    each.join(" ")
}

/// A quote inside is escaped by a backslash, and only before a quote a backslash counts twice.
fn quote(arg: &str) -> String {
    if !arg.is_empty() && !arg.contains([' ', '\t', '\n', '\x0b', '"']) {
        return arg.to_owned();
    }
    let mut out = String::from('"');
    let mut backslashes = 0;
    for c in arg.chars() {
        match c {
            '\\' => backslashes += 1,
            '"' => {
                out.push_str(&"\\".repeat(backslashes + 1));
                backslashes = 0;
            }
            _ => backslashes = 0,
        }
        out.push(c);
    }
    out.push_str(&"\\".repeat(backslashes));
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_survive_being_one_text() {
        for (args, expected) in [
            (&["/S", "/D=C:\\CAD"][..], "/S /D=C:\\CAD"),
            (&["two words", ""], "\"two words\" \"\""),
            (&["C:\\Program Files\\"], "\"C:\\Program Files\\\\\""),
            (&["say \"yes\""], "\"say \\\"yes\\\"\""),
            (&["\\\"", "a\\\\b"], "\"\\\\\\\"\" a\\\\b"),
        ] {
            assert_eq!(quoted(args), expected);
        }
    }

    /// Wine, and a user who is an administrator already, are not asked.
    #[cfg(windows)]
    #[test]
    fn a_program_is_run_to_its_end_and_a_missing_one_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let system = std::env::var_os("SystemRoot").unwrap();
        let shell = Path::new(&system).join("system32").join("cmd.exe");
        let args = ["/c", "exit", "7"].map(OsString::from);
        assert_eq!(run(&shell, &args, folder.path()).unwrap(), 7);
        let missing = run(&folder.path().join("missing.exe"), &[], folder.path());
        assert!(missing.is_err());
    }
}
