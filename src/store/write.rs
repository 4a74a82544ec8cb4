//! Replacing the state file so that a crash between any two steps leaves the old state or the new one.
//!
//! The usual way is *swap*: fill a temporary file, flush it, rename the old state to `.previous`, rename the new one into
//! place, flush the folder. Between the renames there is no main file, but a previous one with the old state.
//!
//! In scope machine the folder is sticky, so that users cannot remove what is not theirs, and then a user cannot rename
//! over a state that another user wrote. Only there, and only if the swap is denied, the files are *overwritten* in place:
//! first the old bytes over `.previous`, flushed, then the new ones over the main file. One of the two is whole at any
//! moment, and a torn one is recognised.

use super::aside::{self, Kind};
use super::files::{no_surprises, owner_only, share};
use super::paths::PREVIOUS;
use crate::platform::{fresh, held};
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// Points between the steps, at which a test looks at the folder or makes the step fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Made,
    HalfWritten,
    Flushed,
    OldMoved,
    NewInPlace,
    FolderFlushed,
}

/// Called after each step; an error stops the write there.
pub(super) type Reached<'a> = &'a dyn Fn(Step) -> io::Result<()>;

/// The files of one state.
#[derive(Clone, Debug)]
pub(super) struct Target {
    pub(super) dir: PathBuf,
    pub(super) name: String,
    /// Scope machine: other users read and write it, too.
    pub(super) shared: bool,
}

impl Target {
    pub(super) fn main(&self) -> PathBuf {
        self.dir.join(&self.name)
    }

    pub(super) fn with(&self, suffix: &str) -> PathBuf {
        self.dir.join(format!("{}{suffix}", self.name))
    }

    pub(super) fn previous(&self) -> PathBuf {
        self.with(PREVIOUS)
    }

    /// True of a file that a virus scanner or indexer holds for a moment, which on Windows has just seen it. In scope
    /// machine a denial is final: there the file may be another user's.
    pub(super) fn waits_for(&self, error: &io::Error) -> bool {
        let is_denied = self.shared && error.kind() == io::ErrorKind::PermissionDenied;
        held::is_held(error) && !is_denied
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        held::until_free(
            || std::fs::rename(from, to),
            |e| self.waits_for(e),
            std::thread::sleep,
        )
    }
}

/// What is to become of the present main file.
pub(super) enum Old<'a> {
    None,
    /// A good one with these bytes: it becomes the previous one.
    Keep(&'a [u8]),
    /// One that cannot be used: it must not push out a good previous one.
    Aside(Kind),
}

pub(super) fn replace(
    target: &Target,
    old: &Old,
    bytes: &[u8],
    reached: Reached,
) -> io::Result<()> {
    match swap(target, old, bytes, reached) {
        Err(e) if target.shared && e.kind() == io::ErrorKind::PermissionDenied => {
            overwrite(target, old, bytes, reached)
        }
        other => other,
    }
}

fn swap(target: &Target, old: &Old, bytes: &[u8], reached: Reached) -> io::Result<()> {
    let prefix = format!("{}.", target.name);
    let mut temp = fresh::create(&target.dir, &prefix, aside::TEMPORARY, fresh::private)?;
    reached(Step::Made)?;
    fill(temp.as_file_mut(), bytes, reached)?;
    share(temp.as_file(), target.shared)?;
    reached(Step::Flushed)?;
    match old {
        Old::None => {}
        Old::Keep(_) => target.rename(&target.main(), &target.previous())?,
        Old::Aside(kind) => {
            let rename = |from: &Path, to: &Path| target.rename(from, to);
            aside::set_aside(target, &target.main(), *kind, rename)?;
        }
    }
    reached(Step::OldMoved)?;
    put_in_place(temp, &target.main(), |from, to| target.rename(from, to))?;
    reached(Step::NewInPlace)?;
    flush_folder(&target.dir);
    reached(Step::FolderFlushed)
}

fn overwrite(target: &Target, old: &Old, bytes: &[u8], reached: Reached) -> io::Result<()> {
    if let Old::Keep(old_bytes) = old {
        write_over(&target.previous(), old_bytes, reached)?;
        reached(Step::OldMoved)?;
    }
    write_over(&target.main(), bytes, reached)?;
    reached(Step::NewInPlace)
}

/// Replaces a small file of its owner's in one step.
pub fn replace_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let dir = path.parent().unwrap_or(path);
    let mut temp = fresh::create(dir, ".", aside::TEMPORARY, fresh::private)?;
    temp.write_all(bytes)?;
    temp.as_file().sync_all()?;
    put_in_place(temp, path, |from, to| {
        held::patiently(|| std::fs::rename(from, to))
    })?;
    flush_folder(dir);
    Ok(())
}

/// In halves, so that a test can stop in the middle.
fn fill(file: &mut File, bytes: &[u8], reached: Reached) -> io::Result<()> {
    let (first, second) = bytes.split_at(bytes.len() / 2);
    file.write_all(first)?;
    reached(Step::HalfWritten)?;
    file.write_all(second)?;
    file.sync_all()
}

fn write_over(path: &Path, bytes: &[u8], reached: Reached) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true);
    no_surprises(&mut options);
    let mut file = match options.open(path) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => {
            owner_only(&mut options);
            let made = options.create_new(true).open(path)?;
            share(&made, true)?;
            made
        }
        other => other?,
    };
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("it is not a regular file"));
    }
    fill(&mut file, bytes, reached)?;
    file.set_len(bytes.len() as u64)?;
    file.sync_all()
}

/// By std's rename: unlike `tempfile`'s it knows paths of more than 260 characters on Windows, and replaces a file that
/// readers hold but let be deleted.
fn put_in_place(
    temp: NamedTempFile,
    main: &Path,
    rename: impl FnOnce(&Path, &Path) -> io::Result<()>,
) -> io::Result<()> {
    let mut temp = temp.into_temp_path();
    rename(&temp, main)?;
    temp.disable_cleanup(true);
    Ok(())
}

/// Makes the renames survive a power failure. Some file systems cannot do this, and the state is in place already: a
/// refusal is no failure.
pub(super) fn flush_folder(dir: &Path) {
    #[cfg(unix)]
    if let Ok(folder) = File::open(dir) {
        let _ = folder.sync_all();
    }
    #[cfg(windows)]
    let _ = dir;
}
