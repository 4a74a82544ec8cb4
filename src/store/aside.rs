//! Files that are no use but must not be lost, what is left over of broken writes, and forgetting all of it.
//!
//! `<file>.damaged-<time>`: its checksum is wrong. `<file>.unopened-<time>`: whole, but of another secret or a newer format,
//! or not a file at all. The newest [`KEPT`] of each kind stay. Everything here is done under the write lock, so names
//! cannot collide and a temporary file belongs to nobody.

use super::write::Target;
use crate::platform::held;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// How many files of a kind are kept.
pub(super) const KEPT: usize = 8;
/// How temporary files end.
pub(super) const TEMPORARY: &str = ".tmp";

/// Why a file was set aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Damaged,
    Unopened,
}

impl Kind {
    fn mark(self) -> &'static str {
        match self {
            Kind::Damaged => ".damaged-",
            Kind::Unopened => ".unopened-",
        }
    }
}

/// Moves the main or previous file by `rename` to a free name and answers that name.
pub(super) fn set_aside(
    target: &Target,
    path: &Path,
    kind: Kind,
    rename: impl FnOnce(&Path, &Path) -> io::Result<()>,
) -> io::Result<String> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    // Above all that are there, also where the clock was set back: the newest must not look like the oldest.
    let last = kept(target, kind).last().map_or(0, |(number, _)| *number);
    let number = last.saturating_add(1).max(now.map_or(0, |d| d.as_secs()));
    let aside = format!("{name}{}{number}", kind.mark());
    rename(path, &target.dir.join(&aside))?;
    prune(target, kind);
    Ok(aside)
}

/// Removes all but the newest. What cannot be removed stays.
fn prune(target: &Target, kind: Kind) {
    let mut kept = kept(target, kind);
    let surplus = kept.len().saturating_sub(KEPT);
    for (_, path) in kept.drain(..surplus) {
        let _ = fs::remove_file(path);
    }
}

/// What was set aside earlier, the oldest first.
fn kept(target: &Target, kind: Kind) -> Vec<(u64, PathBuf)> {
    let number = |name: &str| name.rsplit_once('-')?.1.parse::<u64>().ok();
    let mut kept: Vec<(u64, PathBuf)> = names(target)
        .filter(|name| name.contains(kind.mark()))
        .filter_map(|name| Some((number(&name)?, target.dir.join(&name))))
        .collect();
    kept.sort();
    kept
}

/// Names of what was set aside earlier, the oldest first of each kind.
pub(super) fn names_kept(target: &Target) -> Vec<String> {
    let kinds = [Kind::Damaged, Kind::Unopened];
    let kept = kinds.into_iter().flat_map(|kind| kept(target, kind));
    kept.filter_map(|(_, path)| Some(path.file_name()?.to_string_lossy().into_owned()))
        .collect()
}

/// Removes what a writer that died left behind.
pub(super) fn sweep(target: &Target) {
    for name in names(target).filter(|name| name.ends_with(TEMPORARY)) {
        let _ = fs::remove_file(target.dir.join(name));
    }
}

/// Removes everything of this state but the lock files. The main file goes last: stopped half-way, the old state is still
/// there, not one before it.
pub(super) fn erase(target: &Target, locks: &[PathBuf]) -> Result<(), (io::Error, PathBuf)> {
    let main = target.main();
    let others = names(target).map(|name| target.dir.join(name));
    let others = others.filter(|path| *path != main && !locks.contains(path));
    for path in others.chain([main.clone()]) {
        let removed = held::until_free(
            || fs::remove_file(&path),
            |e| target.waits_for(e) && !path.is_dir(),
            std::thread::sleep,
        );
        match removed {
            Err(e) if e.kind() == io::ErrorKind::NotFound => {}
            // A folder under one of these names is not ours.
            Err(_) if path.is_dir() => {}
            Err(e) => return Err((e, path)),
            Ok(()) => {}
        }
    }
    super::write::flush_folder(&target.dir);
    Ok(())
}

/// Names in the folder that begin like the state file.
fn names(target: &Target) -> impl Iterator<Item = String> {
    let list = fs::read_dir(&target.dir).into_iter().flatten().flatten();
    let names = list.filter_map(|entry| entry.file_name().into_string().ok());
    let (name, dotted) = (target.name.clone(), format!("{}.", target.name));
    names.filter(move |other| *other == name || other.starts_with(&dotted))
}
