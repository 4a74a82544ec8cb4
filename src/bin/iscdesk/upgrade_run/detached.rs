//! The helper's second life: a copy of this program in a folder of its own, so that the installer can replace the program
//! that started it; detached, so that neither a terminal nor a console window comes or goes with it.
//!
//! The copy answers over its stdout with one word when it has the lock or knows that another helper has it; until then
//! whoever called waits. Afterwards nothing connects the two.

use iscdesk::Error;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What the copy says once it is on its way, or another is.
pub const ON_ITS_WAY: &str = "on its way\n";

#[cfg(windows)]
pub const NO_WINDOW: u32 = 0x0800_0000;

/// Starts a copy that lies in `folder`. Returns when it is on its way.
pub fn start(staging: &Path, folder: &Path) -> Result<(), Error> {
    let failed = |e: io::Error| Error::internal(format!("the helper cannot be started: {e}"));
    let copy = copy_of_this_program(folder).map_err(failed)?;
    let mut command = Command::new(copy);
    command
        .args(["upgrade-run", "--staging"])
        .arg(staging)
        .arg("--detached")
        .arg(folder)
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    detach(&mut command);
    let mut child = command.spawn().map_err(failed)?;
    // Never to its end: it stays open as long as the copy runs.
    let mut said = [0; ON_ITS_WAY.len()];
    let answer = child.stdout.take().map(|mut out| out.read_exact(&mut said));
    match answer {
        Some(Ok(())) if said == ON_ITS_WAY.as_bytes() => Ok(()),
        _ => Err(Error::internal("the helper ended before it began")),
    }
}

/// Tells whoever started this copy. They may have gone away by now.
pub fn say_on_its_way() {
    let mut out = io::stdout().lock();
    let _ = out.write_all(ON_ITS_WAY.as_bytes());
    let _ = out.flush();
}

fn copy_of_this_program(folder: &Path) -> io::Result<PathBuf> {
    let own = std::env::current_exe()?;
    let name = own.file_name().ok_or(io::ErrorKind::NotFound)?;
    let copy = folder.join(name);
    std::fs::copy(own, &copy)?;
    Ok(copy)
}

/// Out of the terminal's group, so that what ends the program's group does not end the helper.
#[cfg(unix)]
fn detach(command: &mut Command) {
    std::os::unix::process::CommandExt::process_group(command, 0);
}

/// A console that nobody sees, which the installer shares; a group of its own, so that Ctrl-C does not reach it.
#[cfg(windows)]
fn detach(command: &mut Command) {
    const NEW_GROUP: u32 = 0x0000_0200;
    std::os::windows::process::CommandExt::creation_flags(command, NO_WINDOW | NEW_GROUP);
}
