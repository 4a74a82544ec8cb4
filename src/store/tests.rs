//! The store as a whole, and what the other test files share.

use super::*;
use crate::license::{Facts, Said};
use serde_json::{Value, json};
use std::fs;
use std::time::SystemTime;
use tempfile::TempDir;

pub(super) type Watch = Box<dyn Fn(Step) -> io::Result<()> + Send + Sync>;

/// A machine with an operating system's id and a board.
pub(super) struct Machine {
    pub(super) os: &'static str,
    pub(super) board: &'static str,
}

impl Identity for Machine {
    fn file_tag(&self, _: &[u8]) -> String {
        format!("{:0>16}", self.os)
    }
    fn bind(&self, _: &[u8]) -> Value {
        json!({"os": self.os, "board": self.board})
    }
    fn is_ours(&self, _: &[u8], binding: &Value) -> bool {
        binding["os"] == self.os || binding["board"] == self.board
    }
}

pub(super) fn location(dir: &Path) -> Location {
    Location {
        vendor: "Acme".into(),
        product: "CAD".into(),
        scope: Scope::User,
        data_dir: Some(dir.to_owned()),
    }
}

pub(super) fn store_of(dir: &Path, os: &'static str, board: &'static str) -> Store {
    Store::new(&location(dir), &[], Arc::new(Machine { os, board }))
}

pub(super) fn store(dir: &Path) -> Store {
    store_of(dir, "a", "board a")
}

pub(super) fn with_secrets(dir: &Path, secrets: &[&str]) -> Store {
    let secrets: Vec<String> = secrets.iter().map(|s| s.to_string()).collect();
    let machine = Machine {
        os: "a",
        board: "board a",
    };
    Store::new(&location(dir), &secrets, Arc::new(machine))
}

pub(super) fn suite(code: &str, at: i64) -> Suite {
    let facts = Facts {
        said: Said::Alive,
        alive_at: at,
        ..Facts::default()
    };
    let mut suite = Suite::default();
    suite.clock.mark = at;
    suite.licenses.insert(code.into(), facts);
    suite
}

/// Waits for the write lock like a caller does.
pub(super) fn locked(store: &Store) -> Lock {
    loop {
        match store.try_write_lock().unwrap() {
            Some(lock) => return lock,
            None => std::thread::yield_now(),
        }
    }
}

pub(super) fn put(store: &Store, suite: &Suite) -> Result<Stamp, Error> {
    let lock = locked(store);
    let base = store.load().stamp;
    store.save(&lock, suite, &base)
}

pub(super) fn main_file(store: &Store) -> PathBuf {
    store.file().unwrap()
}

pub(super) fn previous_file(store: &Store) -> PathBuf {
    store.target().unwrap().previous()
}

pub(super) fn names(dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(dir).unwrap();
    let mut names: Vec<_> = entries
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

pub(super) fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

#[test]
fn making_a_store_touches_nothing() {
    let dir = folder();
    let below = dir.path().join("not yet");
    let store = store(&below);
    let loaded = store.load();
    assert_eq!(
        (loaded.origin, loaded.suite),
        (Origin::Fresh, Suite::default())
    );
    assert_eq!(loaded.notes, []);
    assert!(!store.changed_since(&loaded.stamp));
    assert!(!below.exists());
}

#[test]
fn what_is_saved_is_loaded_by_another_store_of_the_folder() {
    let dir = folder();
    let (one, two) = (store(dir.path()), store(dir.path()));
    let before = two.load().stamp;
    let stamp = put(&one, &suite("PL-1", 5)).unwrap();
    assert!(two.changed_since(&before));
    let loaded = two.load();
    assert_eq!(
        (loaded.origin, &loaded.suite),
        (Origin::Ours, &suite("PL-1", 5))
    );
    assert_eq!(loaded.stamp, stamp);
    assert_eq!(loaded.notes, []);
    assert!(!two.changed_since(&stamp) && !one.changed_since(&stamp));

    let second = put(&two, &suite("PL-2", 6)).unwrap();
    assert_eq!((stamp.revision(), second.revision()), (1, 2));
    assert!(one.changed_since(&stamp));
    assert_eq!(one.load().suite, suite("PL-2", 6));
}

#[test]
fn two_products_share_a_folder() {
    let dir = folder();
    let one = store(dir.path());
    let mut other = location(dir.path());
    other.product = "CAM".into();
    let machine = Machine {
        os: "a",
        board: "board a",
    };
    let two = Store::new(&other, &[], Arc::new(machine));
    put(&one, &suite("PL-1", 5)).unwrap();
    assert_eq!(two.load().origin, Origin::Fresh);
    put(&two, &suite("PL-2", 6)).unwrap();
    assert_eq!(one.load().suite, suite("PL-1", 5));
}

#[test]
fn a_folder_with_unicode_and_spaces_works() {
    let dir = folder();
    let deep = dir.path().join("数据 и данные").join("ünï 🗝");
    put(&store(&deep), &suite("授权码", 5)).unwrap();
    assert_eq!(store(&deep).load().suite, suite("授权码", 5));
}

#[test]
fn a_lock_is_held_by_one_and_released_on_drop() {
    let dir = folder();
    let (one, two) = (store(dir.path()), store(dir.path()));
    let lock = one.try_write_lock().unwrap();
    assert!(lock.is_some());
    assert!(two.try_write_lock().unwrap().is_none());
    assert!(one.try_write_lock().unwrap().is_none());
    assert!(
        two.try_check_lock().unwrap().is_some(),
        "the other lock is free"
    );
    drop(lock);
    assert!(two.try_write_lock().unwrap().is_some());
}

#[test]
fn only_the_write_lock_of_the_state_allows_to_write() {
    let (dir, elsewhere) = (folder(), folder());
    let store = store(dir.path());
    let check = store.try_check_lock().unwrap().unwrap();
    let foreign = locked(&self::store(elsewhere.path()));
    for wrong in [check, foreign] {
        let answer = store.save(&wrong, &suite("PL-1", 5), &Stamp::default());
        assert_eq!(answer.unwrap_err().status, Status::Internal);
    }
}

#[test]
fn a_save_on_an_old_load_is_refused() {
    let dir = folder();
    let store = store(dir.path());
    let old = put(&store, &suite("PL-1", 5)).unwrap();
    put(&store, &suite("PL-2", 6)).unwrap();
    let lock = locked(&store);
    let answer = store.save(&lock, &suite("PL-3", 7), &old);
    assert_eq!(answer.unwrap_err().status, Status::StorageBusy);
    assert_eq!(store.load().suite, suite("PL-2", 6));
    store.erase(&lock).unwrap();
    let answer = store.save(&lock, &suite("PL-3", 7), &old);
    assert_eq!(
        answer.unwrap_err().status,
        Status::StorageBusy,
        "forgotten meanwhile"
    );
}

#[test]
fn eight_threads_lose_no_update() {
    const THREADS: usize = 8;
    const TURNS: i64 = 50;
    let dir = folder();
    let stores: Vec<Store> = (0..THREADS).map(|_| store(dir.path())).collect();
    put(&stores[0], &suite("PL-1", 0)).unwrap();
    std::thread::scope(|scope| {
        for store in &stores {
            scope.spawn(move || {
                for _ in 0..TURNS {
                    let lock = locked(store);
                    let loaded = store.load();
                    let mut changed = loaded.suite;
                    changed.licenses.get_mut("PL-1").unwrap().alive_at += 1;
                    store.save(&lock, &changed, &loaded.stamp).unwrap();
                }
            });
        }
        // A reader without a lock sees old or new, never nothing.
        scope.spawn(|| {
            let reader = store(dir.path());
            let mut highest = 0;
            while highest < THREADS as u64 * TURNS as u64 {
                let loaded = reader.load();
                assert_eq!((loaded.origin, loaded.notes), (Origin::Ours, vec![]));
                highest = highest.max(loaded.stamp.revision());
            }
        });
    });
    let end = stores[0].load();
    let turns = THREADS as i64 * TURNS;
    assert_eq!(end.suite.licenses["PL-1"].alive_at, turns);
    assert_eq!(end.stamp.revision(), turns as u64 + 1);
}

#[test]
fn another_machine_takes_the_newest_codes_only() {
    let dir = folder();
    put(&store_of(dir.path(), "b", "board b"), &suite("PL-OLD", 5)).unwrap();
    let newer = store_of(dir.path(), "c", "board c");
    put(&newer, &suite("PL-NEW", 6)).unwrap();
    let later = SystemTime::now() + std::time::Duration::from_secs(60);
    let file = fs::File::options().write(true).open(main_file(&newer));
    file.unwrap().set_modified(later).unwrap();

    let ours = store(dir.path());
    let loaded = ours.load();
    assert_eq!(loaded.origin, Origin::Foreign);
    assert_eq!(loaded.suite.licenses.keys().collect::<Vec<_>>(), ["PL-NEW"]);
    assert_eq!(loaded.suite.licenses["PL-NEW"], Facts::default());
    assert_eq!(loaded.suite.clock, Default::default());

    put(&ours, &loaded.suite).unwrap();
    assert_eq!(ours.load().origin, Origin::Ours);
    assert_eq!(
        newer.load().suite,
        suite("PL-NEW", 6),
        "the other file is untouched"
    );
}

#[test]
fn another_machine_between_its_renames_still_gives_its_codes() {
    let dir = folder();
    let other = store_of(dir.path(), "b", "board b");
    put(&other, &suite("PL-1", 5)).unwrap();
    fs::rename(main_file(&other), previous_file(&other)).unwrap();
    assert_eq!(store(dir.path()).load().origin, Origin::Foreign);
}

#[test]
fn a_file_copied_to_our_name_gives_codes_only() {
    let dir = folder();
    let (ours, other) = (store(dir.path()), store_of(dir.path(), "b", "board b"));
    put(&other, &suite("PL-1", 5)).unwrap();
    fs::rename(main_file(&other), main_file(&ours)).unwrap();
    let loaded = ours.load();
    assert_eq!(loaded.origin, Origin::Foreign);
    assert_eq!(loaded.suite.licenses["PL-1"], Facts::default());
    assert_eq!(loaded.suite.clock, Default::default());
    assert!(matches!(loaded.notes[..], [Note::Copied { .. }]));
    // Once saved here, it is bound here.
    put(&ours, &loaded.suite).unwrap();
    assert_eq!(ours.load().origin, Origin::Ours);
}

#[test]
fn the_same_machine_under_a_new_id_keeps_everything() {
    let dir = folder();
    put(&store_of(dir.path(), "old", "board a"), &suite("PL-1", 5)).unwrap();
    let loaded = store(dir.path()).load();
    assert_eq!(
        (loaded.origin, loaded.suite),
        (Origin::Ours, suite("PL-1", 5))
    );
    assert!(matches!(loaded.notes[..], [Note::MachineRenamed { .. }]));
}

#[test]
fn secrets_rotate() {
    let dir = folder();
    put(&with_secrets(dir.path(), &["old"]), &suite("PL-1", 5)).unwrap();
    let both = with_secrets(dir.path(), &["new", "old"]);
    assert_eq!(both.load().suite, suite("PL-1", 5));
    put(&both, &suite("PL-2", 6)).unwrap();
    assert_eq!(
        with_secrets(dir.path(), &["new"]).load().suite,
        suite("PL-2", 6)
    );
    let old = with_secrets(dir.path(), &["old"]).load();
    assert_eq!(
        old.suite,
        suite("PL-1", 5),
        "the previous version is its own"
    );
}

#[test]
fn erase_leaves_empty_locks_and_other_machines_alone() {
    let dir = folder();
    let (ours, other) = (store(dir.path()), store_of(dir.path(), "b", "board b"));
    put(&other, &suite("PL-B", 5)).unwrap();
    fs::write(main_file(&ours), b"junk").unwrap();
    let loaded = ours.load();
    assert!(matches!(loaded.notes[0], Note::DamagedSetAside { .. }));
    put(&ours, &suite("PL-1", 5)).unwrap();
    put(&ours, &suite("PL-1", 6)).unwrap();
    drop(ours.try_check_lock().unwrap());
    let own = main_file(&ours)
        .file_name()
        .unwrap()
        .to_str()
        .unwrap()
        .to_owned();
    let count = |dir: &Path| names(dir).iter().filter(|n| n.starts_with(&own)).count();
    assert_eq!(count(dir.path()), 5, "main, previous, damaged, two locks");

    ours.erase(&locked(&ours)).unwrap();
    let left: Vec<_> = names(dir.path())
        .into_iter()
        .filter(|n| n.starts_with(&own))
        .collect();
    assert_eq!(left, [format!("{own}.check"), format!("{own}.lock")]);
    assert_eq!(other.load().suite, suite("PL-B", 5));
    ours.erase(&locked(&ours)).unwrap();
}

#[test]
fn a_sealed_store_writes_nothing_more() {
    let dir = folder();
    let store = store(dir.path());
    let stamp = put(&store, &suite("PL-1", 5)).unwrap();
    let lock = locked(&store);
    store.seal();
    let refused =
        |answer: Result<(), Error>| assert_eq!(answer.unwrap_err().status, Status::Closed);
    refused(store.save(&lock, &suite("PL-2", 6), &stamp).map(drop));
    refused(store.erase(&lock));
    refused(store.try_write_lock().map(drop));
    drop(lock);
    fs::write(main_file(&store), b"junk").unwrap();
    store.load();
    assert_eq!(
        fs::read(main_file(&store)).unwrap(),
        b"junk",
        "not even set aside"
    );
}
