//! Crashes, full disks and damage: the folder is copied at every step of a write, and each copy, which is what a crash
//! there would have left, must give the old state or the new one.

use super::tests::*;
use super::write::Reached;
use super::*;
use proptest::prelude::*;
use std::fs;
use std::sync::Mutex;
use tempfile::TempDir;

fn copy_of(dir: &Path) -> TempDir {
    let copy = folder();
    for name in names(dir) {
        fs::copy(dir.join(&name), copy.path().join(&name)).unwrap();
    }
    copy
}

type Copies = Arc<Mutex<Vec<(Step, TempDir)>>>;

/// A store that copies its folder at each step.
fn copying(dir: &Path) -> (Store, Copies) {
    let copies: Copies = Arc::default();
    let (taken, from) = (copies.clone(), dir.to_owned());
    let mut store = store(dir);
    store.watch = Some(Box::new(move |step| {
        taken.lock().unwrap().push((step, copy_of(&from)));
        Ok(())
    }));
    (store, copies)
}

#[test]
fn a_crash_at_any_step_leaves_the_old_or_the_new_state() {
    let dir = folder();
    let (before, old, new) = (suite("PL-0", 4), suite("PL-1", 5), suite("PL-2", 6));
    put(&store(dir.path()), &before).unwrap();
    put(&store(dir.path()), &old).unwrap();
    let (watched, copies) = copying(dir.path());
    put(&watched, &new).unwrap();
    let copies = copies.lock().unwrap();
    assert_eq!(copies.len(), 6, "every step was seen");
    for (step, copy) in copies.iter() {
        let after = store(copy.path());
        let loaded = after.load();
        let expected = match step {
            Step::NewInPlace | Step::FolderFlushed => &new,
            _ => &old,
        };
        assert_eq!(
            (&loaded.suite, loaded.origin),
            (expected, Origin::Ours),
            "{step:?}"
        );
        assert_eq!(loaded.notes, [], "{step:?}");
        // And from there on all is well; what the crash left behind is gone.
        let again = put(&after, &suite("PL-3", 7)).unwrap();
        assert!(again.revision() > loaded.stamp.revision());
        assert_eq!(after.load().suite, suite("PL-3", 7));
        assert!(
            !names(copy.path()).iter().any(|n| n.ends_with(".tmp")),
            "{step:?}"
        );
    }
}

#[test]
fn a_crash_in_the_first_write_leaves_nothing_or_the_new_state() {
    let dir = folder();
    let (watched, copies) = copying(dir.path());
    put(&watched, &suite("PL-1", 5)).unwrap();
    for (step, copy) in copies.lock().unwrap().iter() {
        let loaded = store(copy.path()).load();
        let is_new = matches!(step, Step::NewInPlace | Step::FolderFlushed);
        assert_eq!(loaded.suite == suite("PL-1", 5), is_new, "{step:?}");
        assert_eq!(loaded.notes, [], "{step:?}");
    }
}

#[test]
fn a_crash_while_overwriting_in_place_leaves_the_old_or_the_new_state() {
    let dir = folder();
    let ours = store(dir.path());
    let (old, new) = (suite("PL-1", 5), suite("PL-2", 6));
    put(
        &ours,
        &suite("PL-0 that made a longer file than its successors", 4),
    )
    .unwrap();
    let stamp = put(&ours, &old).unwrap();
    let target = Target {
        shared: true,
        ..ours.target().unwrap()
    };
    let payload = Payload {
        revision: stamp.revision() + 1,
        binding: ours.bind(),
        suite: new.clone(),
    };
    let bytes = format::seal(&payload, BUILT_IN_SECRET, &SystemRandom::new()).unwrap();
    let old_bytes = fs::read(target.main()).unwrap();
    let copies = Mutex::new(Vec::new());
    // What a sticky folder answers to a user who is not the file's owner.
    let denied = |step: Step| match step {
        Step::Flushed => Err(io::ErrorKind::PermissionDenied.into()),
        _ => {
            copies.lock().unwrap().push(copy_of(dir.path()));
            Ok(())
        }
    };
    let reached: Reached = &denied;
    write::replace(&target, &Old::Keep(&old_bytes), &bytes, reached).unwrap();
    let copies = copies.into_inner().unwrap();
    assert_eq!(
        copies.len(),
        2 + 4,
        "two of the denied swap, four of the overwriting"
    );
    for (index, copy) in copies.iter().enumerate() {
        let suite = store(copy.path()).load().suite;
        let expected = if index + 1 == copies.len() {
            &new
        } else {
            &old
        };
        assert_eq!(&suite, expected, "copy {index}");
    }
    assert_eq!(ours.load().suite, new);
}

#[test]
fn a_full_disk_at_any_step_keeps_the_old_state() {
    for at in [Step::Made, Step::HalfWritten, Step::Flushed, Step::OldMoved] {
        let dir = folder();
        let mut ours = store(dir.path());
        put(&ours, &suite("PL-1", 5)).unwrap();
        ours.watch = Some(Box::new(move |step| match step == at {
            true => Err(io::ErrorKind::StorageFull.into()),
            false => Ok(()),
        }));
        let error = put(&ours, &suite("PL-2", 6)).unwrap_err();
        assert_eq!(error.status, Status::Storage);
        assert!(error.text.contains(dir.path().to_str().unwrap()), "{error}");
        assert_eq!(ours.load().suite, suite("PL-1", 5), "{at:?}");
        assert!(
            !names(dir.path()).iter().any(|n| n.ends_with(".tmp")),
            "{at:?}"
        );
        ours.watch = None;
        put(&ours, &suite("PL-2", 6)).unwrap();
        assert_eq!(ours.load().suite, suite("PL-2", 6), "{at:?}");
    }
}

#[test]
fn a_store_sealed_during_a_write_stops_it() {
    let dir = folder();
    let ours = Arc::new(Mutex::new(None::<Arc<Store>>));
    let inner = ours.clone();
    let mut watched = store(dir.path());
    put(&watched, &suite("PL-1", 5)).unwrap();
    watched.watch = Some(Box::new(move |step| {
        if step == Step::HalfWritten {
            inner.lock().unwrap().as_ref().unwrap().seal();
        }
        Ok(())
    }));
    let watched = Arc::new(watched);
    *ours.lock().unwrap() = Some(watched.clone());
    let error = put(&watched, &suite("PL-2", 6)).unwrap_err();
    assert_eq!(error.status, Status::Closed);
    assert_eq!(store(dir.path()).load().suite, suite("PL-1", 5));
    *ours.lock().unwrap() = None;
}

#[test]
fn a_damaged_file_is_set_aside_and_the_previous_one_used() {
    let dir = folder();
    let ours = store(dir.path());
    put(&ours, &suite("PL-1", 5)).unwrap();
    put(&ours, &suite("PL-2", 6)).unwrap();
    let bytes = fs::read(main_file(&ours)).unwrap();
    let torn = &bytes[..bytes.len() / 2];
    fs::write(main_file(&ours), torn).unwrap();

    let loaded = ours.load();
    assert_eq!(
        (loaded.origin, loaded.suite),
        (Origin::Ours, suite("PL-1", 5))
    );
    let [
        Note::DamagedSetAside { aside, .. },
        Note::UsedPrevious { revision: 1 },
    ] = &loaded.notes[..]
    else {
        panic!("{:?}", loaded.notes);
    };
    assert_eq!(fs::read(dir.path().join(aside)).unwrap(), torn);
    assert!(!main_file(&ours).exists());
    assert_eq!(ours.load().notes, [], "said once");
    put(&ours, &suite("PL-3", 7)).unwrap();
    assert_eq!(ours.load().suite, suite("PL-3", 7));
}

#[test]
fn two_damaged_files_leave_a_fresh_state_with_notes() {
    let dir = folder();
    let ours = store(dir.path());
    fs::write(main_file(&ours), b"").unwrap();
    fs::write(previous_file(&ours), b"junk").unwrap();
    let loaded = ours.load();
    assert_eq!(
        (loaded.origin, loaded.suite),
        (Origin::Fresh, Suite::default())
    );
    assert_eq!(loaded.notes.len(), 2);
    put(&ours, &suite("PL-1", 5)).unwrap();
    assert_eq!(ours.load().suite, suite("PL-1", 5));
}

#[test]
fn a_damaged_file_waits_while_somebody_writes() {
    let dir = folder();
    let ours = store(dir.path());
    put(&ours, &suite("PL-1", 5)).unwrap();
    put(&ours, &suite("PL-2", 6)).unwrap();
    fs::write(main_file(&ours), b"junk").unwrap();
    let lock = locked(&ours);
    let loaded = ours.load();
    assert!(matches!(loaded.notes[0], Note::Damaged { .. }));
    assert!(main_file(&ours).exists());
    assert!(
        !ours.changed_since(&loaded.stamp),
        "nothing to take up again"
    );
    // The writer moves it, and the good previous one stays.
    ours.save(&lock, &suite("PL-3", 7), &loaded.stamp).unwrap();
    assert!(names(dir.path()).iter().any(|n| n.contains(".damaged-")));
    fs::remove_file(main_file(&ours)).unwrap();
    assert_eq!(ours.load().suite, suite("PL-1", 5));
}

#[test]
fn set_aside_files_do_not_pile_up() {
    let dir = folder();
    let ours = store(dir.path());
    for turn in 0..aside::KEPT + 5 {
        fs::write(main_file(&ours), format!("junk {turn}")).unwrap();
        ours.load();
    }
    let list = names(dir.path());
    let kept: Vec<_> = list.iter().filter(|n| n.contains(".damaged-")).collect();
    assert_eq!(kept.len(), aside::KEPT);
    let last = fs::read(dir.path().join(kept.last().unwrap())).unwrap();
    assert_eq!(last, format!("junk {}", aside::KEPT + 4).into_bytes());
}

#[test]
fn a_file_of_another_secret_is_left_alone_until_a_write_and_then_kept() {
    let dir = folder();
    let theirs = with_secrets(dir.path(), &["theirs"]);
    put(&theirs, &suite("PL-1", 5)).unwrap();
    let bytes = fs::read(main_file(&theirs)).unwrap();
    let ours = with_secrets(dir.path(), &["ours"]);
    let loaded = ours.load();
    assert_eq!(loaded.origin, Origin::Fresh);
    assert!(matches!(loaded.notes[..], [Note::NoSecretOpens { .. }]));
    assert_eq!(theirs.load().suite, suite("PL-1", 5), "reading hurt nobody");

    put(&ours, &suite("PL-2", 6)).unwrap();
    let list = names(dir.path());
    let kept: Vec<_> = list.iter().filter(|n| n.contains(".unopened-")).collect();
    assert_eq!(kept.len(), 1);
    assert_eq!(fs::read(dir.path().join(kept[0])).unwrap(), bytes);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// Whatever happens to the bytes of the main file: the state before it is used, and nothing panics.
    #[test]
    fn any_damage_leads_to_the_previous_state(at in any::<prop::sample::Index>(), flip in 1u8..=255, cut in any::<bool>()) {
        let dir = folder();
        let ours = store(dir.path());
        put(&ours, &suite("PL-1", 5)).unwrap();
        put(&ours, &suite("PL-2", 6)).unwrap();
        let mut bytes = fs::read(main_file(&ours)).unwrap();
        let at = at.index(bytes.len());
        if cut { bytes.truncate(at) } else { bytes[at] ^= flip }
        fs::write(main_file(&ours), bytes).unwrap();
        prop_assert_eq!(ours.load().suite, suite("PL-1", 5));
    }
}
