//! What other users, administrators and odd file systems put in the way.

use super::tests::*;
use super::*;
use std::fs;

/// Whether the tests run as root, to whom permissions mean nothing.
#[cfg(unix)]
fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    folder().path().metadata().unwrap().uid() == 0
}

#[cfg(unix)]
fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::MetadataExt;
    path.symlink_metadata().unwrap().mode() & 0o7777
}

#[cfg(unix)]
fn set_mode(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

fn machine_store(dir: &Path) -> Store {
    let machine = Machine {
        os: "a",
        board: "board a",
    };
    let place = Location {
        scope: Scope::Machine,
        ..location(dir)
    };
    Store::new(&place, &[], Arc::new(machine))
}

#[test]
fn names_with_separators_never_leave_the_folder() {
    let dir = folder();
    for name in ["../x", "..", "/etc", "a/../../b", "C:\\x"] {
        let place = Location {
            vendor: name.into(),
            product: name.into(),
            ..location(dir.path())
        };
        let machine = Machine {
            os: "../../x",
            board: "b",
        };
        let store = Store::new(&place, &[], Arc::new(machine));
        assert_eq!(store.file().unwrap().parent(), Some(dir.path()));
        put(&store, &suite("PL-1", 5)).unwrap();
        assert_eq!(store.load().suite, suite("PL-1", 5));
    }
    assert!(names(dir.path()).iter().all(|n| n.contains(".isclic")));
}

#[test]
fn without_a_folder_there_is_a_fresh_state_and_a_clear_error() {
    let place = Location {
        vendor: "../x".into(),
        data_dir: None,
        ..location(Path::new(""))
    };
    let machine = Machine {
        os: "a",
        board: "b",
    };
    let store = Store::new(&place, &[], Arc::new(machine));
    assert_eq!(store.dir(), None);
    assert_eq!(store.load().notes, [Note::NoFolder]);
    let error = store.try_write_lock().unwrap_err();
    assert_eq!(error.status, Status::Storage);
    assert!(error.text.contains("data_dir"));
}

#[test]
fn a_folder_below_a_file_is_a_storage_error_that_names_it() {
    let dir = folder();
    fs::write(dir.path().join("file"), b"").unwrap();
    let below = dir.path().join("file").join("state");
    let store = store(&below);
    let loaded = store.load();
    assert_eq!(loaded.origin, Origin::Fresh);
    let error = store.try_write_lock().unwrap_err();
    assert_eq!(error.status, Status::Storage);
    assert!(error.text.contains(below.to_str().unwrap()), "{error}");
}

#[test]
fn denied_and_broken_are_told_apart() {
    let path = Path::new("/some/where");
    let status = |kind: io::ErrorKind| storage_error(kind.into(), path).status;
    assert_eq!(
        status(io::ErrorKind::PermissionDenied),
        Status::StorageDenied
    );
    assert_eq!(
        status(io::ErrorKind::ReadOnlyFilesystem),
        Status::StorageDenied
    );
    assert_eq!(status(io::ErrorKind::StorageFull), Status::Storage);
    assert_eq!(status(io::ErrorKind::NotFound), Status::Storage);
}

#[test]
fn a_folder_in_place_of_the_state_is_moved_by_the_next_write() {
    let dir = folder();
    let store = store(dir.path());
    put(&store, &suite("PL-1", 5)).unwrap();
    fs::rename(main_file(&store), previous_file(&store)).unwrap();
    fs::create_dir(main_file(&store)).unwrap();
    fs::write(main_file(&store).join("mine"), b"precious").unwrap();
    let loaded = store.load();
    assert_eq!(loaded.suite, suite("PL-1", 5));
    assert!(matches!(loaded.notes[0], Note::NotAFile { .. }));
    put(&store, &suite("PL-2", 6)).unwrap();
    assert_eq!(store.load().suite, suite("PL-2", 6));
    let list = names(dir.path());
    let moved = list.iter().find(|n| n.contains(".unopened-")).unwrap();
    let inside = dir.path().join(moved).join("mine");
    assert_eq!(fs::read(&inside).unwrap(), b"precious");
    store.erase(&locked(&store)).unwrap();
    assert!(inside.exists());
}

#[cfg(unix)]
#[test]
fn a_link_in_place_of_the_state_is_not_followed() {
    let (dir, elsewhere) = (folder(), folder());
    let (store, other) = (store(dir.path()), store(elsewhere.path()));
    put(&other, &suite("PL-1", 5)).unwrap();
    std::os::unix::fs::symlink(main_file(&other), main_file(&store)).unwrap();
    let loaded = store.load();
    assert_eq!(loaded.origin, Origin::Fresh);
    assert!(matches!(loaded.notes[..], [Note::NotAFile { .. }]));
    put(&store, &suite("PL-2", 6)).unwrap();
    assert_eq!(store.load().suite, suite("PL-2", 6));
    assert_eq!(
        other.load().suite,
        suite("PL-1", 5),
        "what it led to is untouched"
    );
}

#[cfg(unix)]
#[test]
fn a_link_in_place_of_a_lock_is_refused() {
    let dir = folder();
    let store = store(dir.path());
    let victim = dir.path().join("victim");
    let lock = store.target().unwrap().with(WRITE_LOCK);
    std::os::unix::fs::symlink(&victim, lock).unwrap();
    assert!(store.try_write_lock().is_err());
    assert!(!victim.exists());
}

#[cfg(unix)]
#[test]
fn a_pipe_in_place_of_the_state_blocks_nobody() {
    let dir = folder();
    let store = store(dir.path());
    let made = std::process::Command::new("mkfifo")
        .arg(main_file(&store))
        .status();
    if !made.is_ok_and(|status| status.success()) {
        println!("skipped: no mkfifo");
        return;
    }
    assert!(matches!(store.load().notes[..], [Note::NotAFile { .. }]));
    put(&store, &suite("PL-1", 5)).unwrap();
    assert_eq!(store.load().suite, suite("PL-1", 5));
}

#[cfg(unix)]
#[test]
fn a_users_state_is_readable_by_its_owner_only() {
    let dir = folder();
    let made = dir.path().join("made");
    let store = store(&made);
    put(&store, &suite("PL-1", 5)).unwrap();
    put(&store, &suite("PL-1", 6)).unwrap();
    assert_eq!(mode(&made), 0o700);
    for name in names(&made) {
        assert_eq!(mode(&made.join(&name)), 0o600, "{name}");
    }
}

#[cfg(unix)]
#[test]
fn a_read_only_folder_is_read_and_not_written() {
    if is_root() {
        println!("skipped: root may write everywhere");
        return;
    }
    let dir = folder();
    let store = store(dir.path());
    put(&store, &suite("PL-1", 5)).unwrap();
    put(&store, &suite("PL-2", 6)).unwrap();
    let lock = locked(&store);
    let stamp = store.load().stamp;
    set_mode(dir.path(), 0o500);
    let error = store.save(&lock, &suite("PL-3", 7), &stamp).unwrap_err();
    assert_eq!(error.status, Status::StorageDenied);
    drop(lock);
    fs::write(main_file(&store), b"junk").unwrap();
    let loaded = store.load();
    assert_eq!(loaded.suite, suite("PL-1", 5));
    assert!(matches!(loaded.notes[0], Note::Damaged { .. }));
    set_mode(dir.path(), 0o700);
}

#[test]
fn a_machine_folder_is_never_made_by_the_library() {
    let dir = folder();
    let missing = dir.path().join("missing");
    let store = machine_store(&missing);
    let error = store.try_write_lock().unwrap_err();
    assert_eq!(error.status, Status::StorageDenied);
    assert!(error.text.contains("setup --machine"), "{error}");
    assert!(!missing.exists());
    let loaded = store.load();
    assert!(matches!(loaded.notes[..], [Note::FolderRefused { .. }]));
}

#[cfg(unix)]
#[test]
fn a_machine_folder_of_an_ordinary_user_or_behind_a_link_is_refused() {
    let dir = folder();
    let theirs = dir.path().join("theirs");
    fs::create_dir(&theirs).unwrap();
    if is_root() {
        std::os::unix::fs::chown(&theirs, Some(65534), None).unwrap();
    }
    let good = dir.path().join("good");
    let link = dir.path().join("link");
    fs::create_dir(&good).unwrap();
    std::os::unix::fs::symlink(&good, &link).unwrap();
    for refused in [&theirs, &theirs.join("below"), &link, &link.join("below")] {
        let _ = fs::create_dir(refused);
        let store = machine_store(refused);
        let error = store.try_write_lock().unwrap_err();
        assert_eq!(error.status, Status::StorageDenied, "{}", refused.display());
        assert!(matches!(
            store.load().notes[..],
            [Note::FolderRefused { .. }]
        ));
    }
}

const SHARED_FOLDER: &str = "ISCDESK_TEST_SHARED_FOLDER";

/// Root makes the folder and the state; an ordinary user changes it, though the folder is sticky.
#[cfg(unix)]
#[test]
fn every_user_writes_a_machine_wide_state() {
    use std::os::unix::process::CommandExt;
    if !is_root() {
        println!("skipped: only root makes a machine folder");
        return;
    }
    let dir = folder();
    set_mode(dir.path(), 0o1777);
    let store = machine_store(dir.path());
    put(&store, &suite("PL-1", 5)).unwrap();
    put(&store, &suite("PL-2", 6)).unwrap();
    assert_eq!(mode(&main_file(&store)), 0o666);
    let child = std::process::Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "store::tests_hostile::as_an_ordinary_user",
            "--ignored",
        ])
        .env(SHARED_FOLDER, dir.path())
        .uid(65534)
        .gid(65534)
        .output();
    let Ok(child) = child else {
        println!("skipped: an ordinary user cannot run this test program");
        return;
    };
    assert!(child.status.success(), "{child:?}");
    assert_eq!(store.load().suite, suite("PL-3", 7));
    assert_eq!(store.load().stamp.revision(), 3);
    put(&store, &suite("PL-4", 8)).unwrap();
    assert_eq!(store.load().suite, suite("PL-4", 8));
}

#[test]
#[ignore = "run by every_user_writes_a_machine_wide_state as another user"]
fn as_an_ordinary_user() {
    let dir = std::env::var_os(SHARED_FOLDER).expect("the folder");
    let store = machine_store(Path::new(&dir));
    assert_eq!(store.load().suite, suite("PL-2", 6));
    put(&store, &suite("PL-3", 7)).unwrap();
    assert_eq!(store.load().suite, suite("PL-3", 7));
}
