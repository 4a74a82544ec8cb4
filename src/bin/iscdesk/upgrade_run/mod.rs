//! `iscdesk upgrade-run`: installs a staged upgrade once the program has ended. Started by the library; takes nothing from
//! the network and runs nothing that it has not verified itself.
//!
//! ```text
//! begin ─► detached: a copy of this program, so that the installer can replace it
//!              │  one helper at a time, none beside an installer that an earlier helper left
//!              ▼
//!          waits until no process of the product runs
//!              ▼
//!          attempt ─► verified ─► private: a copy that lies alone, verified and held open
//!              └────► installer: run, and an administrator asked for where one is needed
//! ```
//!
//! | file | holds |
//! |---|---|
//! | `detached` | the copy, and how it is started |
//! | `attempt` | one attempt, what is told of it, what is kept for the next |
//! | `verified` | from the plan to a package that may be run |
//! | `private` | folders and copies that are this user's alone |
//! | `installer` | running it |
//! | `said` | what it wrote to stderr |

mod attempt;
mod detached;
mod installer;
mod private;
mod said;
pub mod verified;

use crate::files::failed;
use crate::output::Outcome;
use iscdesk::upgrade::Staging;
use iscdesk::{Error, Status};
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

/// A helper that has just begun sweeps away the copy that is being made here: that one is then found at work.
const STARTS: usize = 3;

#[derive(clap::Args)]
pub struct Args {
    /// The folder in which the library staged the upgrade
    #[arg(long, value_name = "DIR")]
    staging: PathBuf,
    /// This is the copy, in this folder
    #[arg(long, hide = true, value_name = "DIR")]
    detached: Option<PathBuf>,
}

/// Says nothing where all is well: nobody is there to read it.
pub fn run(args: &Args) -> Outcome {
    let done = Staging::open(&args.staging).and_then(|staging| match &args.detached {
        None => begin(&staging),
        Some(own) => go_on(&staging, own),
    });
    Outcome::new(done.map(|()| Status::Ok))
}

/// Returns once the copy is at work, or where there is nothing to do for it.
fn begin(staging: &Staging) -> Result<(), Error> {
    let mut begun = Ok(());
    for _ in 0..STARTS {
        let nothing_to_do = matches!(staging.plan(), Ok(None));
        // Given back at once: the copy takes it, or another helper in between, which is as well.
        if nothing_to_do || staging.try_helper_lock()?.is_none() {
            return Ok(());
        }
        begun = start_copy(staging);
        if begun.is_ok() {
            break;
        }
    }
    begun
}

fn start_copy(staging: &Staging) -> Result<(), Error> {
    let folder = private::folder(staging.dir(), private::Use::Helper);
    let folder = folder.map_err(|e| failed(staging.dir(), &e))?;
    detached::start(staging.dir(), folder.path())?;
    // It is the copy's from now on.
    let _ = folder.keep();
    Ok(())
}

fn go_on(staging: &Staging, own: &Path) -> Result<(), Error> {
    let lock = staging.try_helper_lock();
    detached::say_on_its_way();
    let worked = match &lock {
        Ok(Some(_)) => work(staging, own),
        Ok(None) => Ok(()),
        Err(e) => Err(e.clone()),
    };
    // Windows keeps the file of a running program: the program's next start sweeps it away.
    let _ = std::fs::remove_dir_all(own);
    // Until here nobody else began.
    drop(lock);
    worked
}

fn work(staging: &Staging, own: &Path) -> Result<(), Error> {
    let Some(at_work) = at_work(staging)? else {
        return Ok(());
    };
    private::sweep(staging.dir(), own).map_err(|e| failed(staging.dir(), &e))?;
    let _alone = alone(&staging.running())?;
    attempt::make(staging, &at_work)
}

/// A lock that the installer inherits as its stdin, an empty file: where a helper is killed, it lasts until the installer
/// has ended, and no second one is started beside it. (On Windows a lock ends with the process that took it; there the
/// installer's own file, which cannot be swept away while it runs, says the same.) None: one is at work.
fn at_work(staging: &Staging) -> Result<Option<File>, Error> {
    let path = staging.installer_lock();
    let file = lock_file(&path)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(e)) => Err(failed(&path, &e)),
    }
}

/// Waits for the end of every process of the product, however long they run. While this is held, a program that starts
/// knows that an installer is at work.
fn alone(path: &Path) -> Result<File, Error> {
    let file = lock_file(path)?;
    file.lock().map_err(|e| failed(path, &e))?;
    Ok(file)
}

fn lock_file(path: &Path) -> Result<File, Error> {
    let mut options = File::options();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map_err(|e| failed(path, &e))
}
