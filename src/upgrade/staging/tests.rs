use super::*;
use crate::store::Scope;
use crate::upgrade::plan::Ended;
use tempfile::TempDir;

fn staging() -> (TempDir, Staging) {
    let folder = tempfile::tempdir().unwrap();
    let staging = Staging::beside(&folder.path().join("tag-1.isclic"));
    staging.prepare(Scope::User).unwrap();
    (folder, staging)
}

fn names(staging: &Staging) -> Vec<String> {
    let list = fs::read_dir(staging.dir()).unwrap();
    let mut names: Vec<String> = list
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn both_sides_find_the_same_files() {
    let (folder, ours) = staging();
    let theirs = Staging::open(ours.dir()).unwrap();
    assert_eq!(theirs, ours);
    assert_eq!(theirs.state().unwrap(), folder.path().join("tag-1.isclic"));
    assert_eq!(theirs.running(), folder.path().join("tag-1.isclic.running"));
}

#[test]
fn what_is_written_is_read_and_what_is_missing_is_none() {
    let (_folder, staging) = staging();
    assert_eq!(staging.plan(), Ok(None));
    assert_eq!(staging.attempts(), Ok(Attempts::default()));
    assert_eq!(staging.signed_feed(), Ok(None));
    let signed = SignedFeed {
        feed: b"{}".into(),
        signature: b"sig".into(),
    };
    staging.write_signed_feed(&signed).unwrap();
    assert_eq!(staging.signed_feed(), Ok(Some(signed)));
    let outcome = Outcome {
        version: "2.0".into(),
        outcome: Ended::NeedsAdmin,
        exit_code: Some(77),
        text: "no".into(),
        attempts: 1,
        at: 5,
    };
    staging.write_outcome(&outcome).unwrap();
    assert_eq!(staging.outcome(), Ok(Some(outcome)));
    assert_eq!(staging.claim_outcome(), Ok(true));
    assert_eq!(staging.claim_outcome(), Ok(false));
    assert_eq!(staging.outcome(), Ok(None));
}

#[test]
fn a_damaged_or_endless_file_is_told() {
    let (_folder, staging) = staging();
    for bytes in [&b"{"[..], b"", &[b' '; feed::MAX_BYTES + 1]] {
        fs::write(staging.dir().join("plan.json"), bytes).unwrap();
        assert_eq!(staging.plan().unwrap_err().status, Status::Storage);
    }
}

#[test]
fn clearing_leaves_the_result_and_the_parts_of_one_version() {
    let (_folder, staging) = staging();
    for name in [
        "plan.json",
        "attempts.json",
        "feed.json",
        "feed.json.minisig",
        "package-2.0",
        "1.0.part",
        "1.0.part.json",
        "2.0.part",
        "2.0.part.json",
        "result.json",
        "install.json",
        "download.lock",
    ] {
        fs::write(staging.dir().join(name), "x").unwrap();
    }
    staging.clear(Some(&"2.0".parse().unwrap())).unwrap();
    assert_eq!(
        names(&staging),
        [
            "2.0.part",
            "2.0.part.json",
            "download.lock",
            "install.json",
            "result.json"
        ]
    );
}

#[test]
fn what_a_kill_left_goes_unless_somebody_is_at_work() {
    let (_folder, staging) = staging();
    let copies = ["helper-1", "run-1"].map(|name| staging.dir().join(name));
    for copy in &copies {
        fs::create_dir(copy).unwrap();
        fs::write(copy.join("iscdesk"), "x").unwrap();
    }
    let files = [".1.tmp", ".install-1.tmp"].map(|name| staging.dir().join(name));
    for file in &files {
        fs::write(file, "{").unwrap();
    }
    staging.write_attempts(&Attempts::default()).unwrap();
    let are_there = || copies.iter().chain(&files).all(|path| path.exists());
    let at_work: [&dyn Fn() -> Option<Lock>; 3] = [
        &|| staging.try_helper_lock().unwrap(),
        &|| Lock::try_take(staging.installer_lock(), false).unwrap(),
        &|| staging.try_download_lock().unwrap(),
    ];
    for lock in at_work {
        let held = lock().unwrap();
        staging.sweep();
        assert!(are_there());
        drop(held);
    }
    staging.sweep();
    let left = [
        "attempts.json",
        "download.lock",
        "helper.lock",
        "installer.lock",
    ];
    assert_eq!(names(&staging), left);
}

#[test]
fn locks_are_held_by_one() {
    let (_folder, staging) = staging();
    let held = staging.try_download_lock().unwrap().unwrap();
    assert!(staging.try_download_lock().unwrap().is_none());
    assert!(staging.try_helper_lock().unwrap().is_some());
    drop(held);
    assert!(staging.try_download_lock().unwrap().is_some());
}

#[cfg(unix)]
const SHARED_FOLDER: &str = "ISC_TEST_STAGING_FOLDER";

#[cfg(unix)]
#[test]
fn an_ordinary_user_stages_nothing_for_all() {
    use std::os::unix::fs::PermissionsExt;
    use std::os::unix::process::CommandExt;
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o1777)).unwrap();
    let child = std::process::Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "upgrade::staging::tests::as_an_ordinary_user",
            "--ignored",
        ])
        .env(SHARED_FOLDER, folder.path())
        .uid(65534)
        .gid(65534)
        .output();
    let Ok(child) = child else {
        println!("skipped: an ordinary user cannot run this test program");
        return;
    };
    assert!(child.status.success(), "{child:?}");
    let said = String::from_utf8_lossy(&child.stdout);
    assert!(said.contains("1 passed"), "{said}");
}

#[cfg(unix)]
#[test]
#[ignore = "run by an_ordinary_user_stages_nothing_for_all as another user"]
fn as_an_ordinary_user() {
    let folder = std::env::var_os(SHARED_FOLDER).expect("the folder");
    let staging = Staging::beside(&Path::new(&folder).join("tag-1.isclic"));
    let refused = staging.prepare(Scope::Machine).unwrap_err();
    assert_eq!(refused.status, Status::StorageDenied);
    assert!(!staging.dir().exists());
    // His own he may.
    staging.prepare(Scope::User).unwrap();
}

#[test]
fn a_folder_of_another_name_or_a_link_is_no_way_in() {
    let (folder, staging) = staging();
    assert_eq!(
        Staging::open(folder.path()).unwrap_err().status,
        Status::InvalidArgument
    );
    let missing = folder.path().join("other.upgrade");
    assert_eq!(Staging::open(&missing).unwrap_err().status, Status::Storage);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::os::unix::fs::symlink(staging.dir(), &missing).unwrap();
        assert_eq!(
            Staging::open(&missing).unwrap_err().status,
            Status::StorageDenied
        );
        fs::set_permissions(staging.dir(), fs::Permissions::from_mode(0o777)).unwrap();
        assert_eq!(
            Staging::open(staging.dir()).unwrap_err().status,
            Status::StorageDenied
        );
    }
    #[cfg(not(unix))]
    let _ = staging;
}
