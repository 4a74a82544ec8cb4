//! Finding the state: this machine's file, else its previous version, else another machine's codes.
//!
//! Reading never fails and never waits for a lock. The one thing a reader may do to the folder is to move a damaged file
//! out of the way, and for that it *tries* the write lock: without it, a file that another process has just replaced by a
//! good one could be moved instead.

use super::aside::{self, Kind};
use super::facts::{FileStamp, Loaded, Note, Origin, Stamp, codes_only};
use super::files::{self, Found, Reading, read};
use super::format::Payload;
use super::paths::{PREVIOUS, state_name};
use super::write::Target;
use super::{Store, WRITE_LOCK};
use crate::platform::held::Patience;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::SystemTime;

/// Most files of other machines that are looked at, the newest first.
const MOST_OTHERS: usize = 32;

pub(super) fn load(store: &Store, target: &Target, patience: Patience) -> Loaded {
    let mut notes = Vec::new();
    let main = files::read_patiently(&target.main(), store.secrets(), patience);
    let unread = main.unread(&target.main());
    let is_missing = matches!(main.found, Found::Missing);
    let main = noting(store, target, &target.main(), main, &mut notes);
    let mut loaded = load_with(store, target, main, notes);
    if unread.is_some() {
        loaded.stamp.file = None;
    }
    loaded.unread = unread;
    // Who forgets leaves nothing but locks; a damaged file that somebody else has just set aside is a loss.
    let is_erased = || target.with(WRITE_LOCK).exists() && store.set_aside_files().is_empty();
    loaded.is_forgotten = is_missing && is_erased();
    loaded
}

fn load_with(store: &Store, target: &Target, main: Reading, mut notes: Vec<Note>) -> Loaded {
    let file = main.file;
    let main_was_there = !matches!(main.found, Found::Missing) || !notes.is_empty();
    if let Found::Valid(payload, _) = main.found {
        return accept(store, *payload, file, &target.name, notes);
    }
    let previous = read(&target.previous(), store.secrets());
    let previous = noting(store, target, &target.previous(), previous, &mut notes).found;
    if let Found::Valid(payload, _) = previous {
        // Without a main file and without damage we are between another process's two renames.
        if main_was_there {
            let revision = payload.revision;
            notes.push(Note::UsedPrevious { revision });
        }
        return accept(store, *payload, file, &target.name, notes);
    }
    let mut loaded = from_others(store, target, notes);
    loaded.stamp.file = file;
    loaded
}

/// A payload under our own name.
fn accept(
    store: &Store,
    payload: Payload,
    file: Option<FileStamp>,
    name: &str,
    mut notes: Vec<Note>,
) -> Loaded {
    let ours = store.is_ours(&payload);
    if !ours {
        notes.push(Note::Copied { name: name.into() });
    }
    let mut loaded = taken(payload, ours, notes);
    loaded.stamp.file = file;
    loaded
}

fn taken(payload: Payload, ours: bool, notes: Vec<Note>) -> Loaded {
    let (suite, origin) = if ours {
        (payload.suite, Origin::Ours)
    } else {
        (codes_only(&payload.suite), Origin::Foreign)
    };
    Loaded {
        suite,
        origin,
        stamp: Stamp {
            file: None,
            revision: payload.revision,
        },
        binding: Some(payload.binding),
        unread: None,
        is_forgotten: false,
        notes,
    }
}

/// The files of other machine ids: one that is this machine under an older id, else the codes of the newest.
fn from_others(store: &Store, target: &Target, mut notes: Vec<Note>) -> Loaded {
    let mut newest = None;
    for name in others(target, store.product_tag()) {
        let Some(payload) = read_pair(store, &target.dir, &name) else {
            continue;
        };
        if store.is_ours(&payload) {
            notes.push(Note::MachineRenamed { name });
            return taken(payload, true, notes);
        }
        newest = newest.or(Some((name, payload)));
    }
    match newest {
        Some((name, payload)) => {
            notes.push(Note::TookCodes { name });
            taken(payload, false, notes)
        }
        None => Loaded::fresh(notes),
    }
}

/// Another machine's state, which is not ours to repair.
fn read_pair(store: &Store, dir: &Path, name: &str) -> Option<Payload> {
    [name.to_owned(), format!("{name}{PREVIOUS}")]
        .iter()
        .find_map(|name| match read(&dir.join(name), store.secrets()).found {
            Found::Valid(payload, _) => Some(*payload),
            _ => None,
        })
}

/// Names of the other state files of the product, newest first.
fn others(target: &Target, product_tag: &str) -> Vec<String> {
    let mut found: BTreeMap<String, SystemTime> = BTreeMap::new();
    let entries = std::fs::read_dir(&target.dir)
        .into_iter()
        .flatten()
        .flatten();
    for entry in entries {
        let Ok(name) = entry.file_name().into_string() else {
            continue;
        };
        let Some(main) = state_name(&name, product_tag).filter(|main| *main != target.name) else {
            continue;
        };
        let modified = entry.metadata().and_then(|m| m.modified());
        let modified = modified.unwrap_or(SystemTime::UNIX_EPOCH);
        let newest = found.entry(main.to_owned()).or_insert(modified);
        *newest = modified.max(*newest);
    }
    let mut sorted: Vec<_> = found.into_iter().collect();
    sorted.sort_by_key(|(_, modified)| std::cmp::Reverse(*modified));
    let names = sorted.into_iter().map(|(name, _)| name);
    names.take(MOST_OTHERS).collect()
}

/// Moves a file of ours out of the way if it is damaged, and says what was wrong with it.
fn noting(
    store: &Store,
    target: &Target,
    path: &Path,
    mut reading: Reading,
    notes: &mut Vec<Note>,
) -> Reading {
    let name = path.file_name().unwrap_or_default();
    let name = name.to_string_lossy().into_owned();
    if let Found::Damaged(_) = reading.found {
        reading = set_aside(store, target, path, reading, notes);
    }
    match &reading.found {
        Found::Missing | Found::Valid(..) => {}
        Found::Damaged(reason) => notes.push(Note::Damaged { name, reason }),
        Found::NoSecret => notes.push(Note::NoSecretOpens { name }),
        Found::Newer(version) => notes.push(Note::NewerFormat {
            name,
            version: *version,
        }),
        Found::NotAFile => notes.push(Note::NotAFile { name }),
        Found::Unreadable(e) => notes.push(Note::Unreadable {
            name,
            reason: e.to_string(),
        }),
    }
    reading
}

/// Leaves everything as it is where the lock is taken or the folder cannot be written.
fn set_aside(
    store: &Store,
    target: &Target,
    path: &Path,
    seen: Reading,
    notes: &mut Vec<Note>,
) -> Reading {
    let Ok(Some(_lock)) = store.try_write_lock() else {
        return seen;
    };
    let again = read(path, store.secrets());
    let Found::Damaged(reason) = again.found else {
        return again;
    };
    let rename = |from: &Path, to: &Path| std::fs::rename(from, to);
    let Ok(aside) = aside::set_aside(target, path, Kind::Damaged, rename) else {
        return again;
    };
    let name = path.file_name().unwrap_or_default();
    notes.push(Note::DamagedSetAside {
        name: name.to_string_lossy().into_owned(),
        aside,
        reason,
    });
    Reading {
        found: Found::Missing,
        file: None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{folder, locked, put, store, suite};
    use super::*;

    fn damaged() -> Reading {
        Reading {
            found: Found::Damaged("seen a moment ago"),
            file: None,
        }
    }

    #[test]
    fn a_file_replaced_by_a_good_one_meanwhile_is_not_set_aside() {
        let dir = folder();
        let store = store(dir.path());
        put(&store, &suite("PL-1", 5)).unwrap();
        let target = store.target().unwrap();
        let mut notes = Vec::new();
        let again = set_aside(&store, &target, &target.main(), damaged(), &mut notes);
        assert!(matches!(again.found, Found::Valid(..)));
        assert_eq!(notes, []);
        assert!(target.main().exists());
    }

    #[test]
    fn nothing_is_moved_while_another_holds_the_lock() {
        let dir = folder();
        let store = store(dir.path());
        let _lock = locked(&store);
        let target = store.target().unwrap();
        std::fs::write(target.main(), b"junk").unwrap();
        let again = set_aside(&store, &target, &target.main(), damaged(), &mut Vec::new());
        assert!(matches!(again.found, Found::Damaged("seen a moment ago")));
        assert!(target.main().exists());
    }
}
