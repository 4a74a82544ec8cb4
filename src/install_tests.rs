use super::*;
use crate::platform::held::{ACCESS_DENIED, SHARING_VIOLATION, is_windows_held};
use proptest::prelude::*;
use std::cell::{Cell, RefCell};
use std::sync::atomic::{AtomicU32, Ordering};
use tempfile::TempDir;

fn place() -> (TempDir, PathBuf) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("install.json");
    (folder, path)
}

fn names(folder: &TempDir) -> Vec<String> {
    let entries = fs::read_dir(folder.path()).unwrap();
    let names = entries.map(|e| e.unwrap().file_name().into_string().unwrap());
    names.collect()
}

#[test]
fn exactly_the_published_bytes() {
    let (folder, path) = place();
    report(&path, 42, None).unwrap();
    let written = fs::read(&path).unwrap();
    assert_eq!(written, br#"{"status":0,"progress":42,"errorMsg":""}"#);
    report(&path, 100, Some("")).unwrap();
    let written = fs::read(&path).unwrap();
    assert_eq!(written, br#"{"status":1,"progress":100,"errorMsg":""}"#);
    assert_eq!(names(&folder), ["install.json"]);
}

#[test]
fn a_reason_is_escaped_and_stays_utf8() {
    let (_folder, path) = place();
    report(&path, 7, Some("安装失败: \"D:\\app\"\n")).unwrap();
    assert_eq!(
        fs::read_to_string(&path).unwrap(),
        r#"{"status":0,"progress":7,"errorMsg":"安装失败: \"D:\\app\"\n"}"#
    );
}

#[test]
fn more_than_all_is_refused_and_nothing_is_written() {
    let (folder, path) = place();
    let error = report(&path, 101, None).unwrap_err();
    assert_eq!(error.status, Status::InvalidArgument);
    assert!(names(&folder).is_empty());
}

#[test]
fn paths_that_name_no_file_are_told_apart() {
    let (folder, path) = place();
    let inside = |name: &str| format!("{}/{name}", folder.path().display());
    let cases = [
        (String::new(), "empty"),
        (inside(""), "folder"),
        (inside("install.json/"), "folder"),
        (inside("."), "folder"),
        (inside(".."), "no file"),
        ("/".into(), "no file"),
    ];
    for (path, word) in cases {
        let error = report(Path::new(&path), 1, None).unwrap_err();
        assert_eq!(error.status, Status::InvalidArgument, "{path}");
        assert!(error.text.contains(word), "{path}: {}", error.text);
    }
    let missing = path.join("missing/install.json");
    let error = report(&missing, 1, None).unwrap_err();
    assert_eq!(error.status, Status::Storage);
    assert!(error.text.contains("does not exist"), "{}", error.text);
    assert!(names(&folder).is_empty());
}

#[test]
fn a_refusal_says_whose_it_is() {
    let told = |kind| refused(Path::new("x"), &io::Error::from(kind)).status;
    assert_eq!(told(ErrorKind::PermissionDenied), Status::StorageDenied);
    assert_eq!(told(ErrorKind::ReadOnlyFilesystem), Status::StorageDenied);
    assert_eq!(told(ErrorKind::StorageFull), Status::Storage);
    assert_eq!(told(ErrorKind::InvalidInput), Status::InvalidArgument);
}

#[test]
fn what_windows_says_of_a_held_file() {
    for code in [5, 32, 33] {
        assert!(is_windows_held(&io::Error::from_raw_os_error(code)));
    }
    assert!(!is_windows_held(&io::Error::from_raw_os_error(2)));
}

/// Reports where the first `failures` attempts find the file held; the answer and the waits asked for.
fn report_held(path: &Path, failures: usize, code: i32) -> (Result<(), Error>, Vec<Duration>) {
    let left = Cell::new(failures);
    let waits = RefCell::new(Vec::new());
    let answer = report_on(
        &System {
            rename: &|new, old| {
                if left.get() == 0 {
                    return fs::rename(new, old);
                }
                left.set(left.get() - 1);
                Err(io::Error::from_raw_os_error(code))
            },
            is_held: &is_windows_held,
            sleep: &|wait| waits.borrow_mut().push(wait),
        },
        path,
        50,
        None,
    );
    (answer, waits.into_inner())
}

#[test]
fn a_held_file_is_tried_again() {
    let (folder, path) = place();
    fs::write(&path, "old").unwrap();
    let (answer, waits) = report_held(&path, 3, SHARING_VIOLATION);
    answer.unwrap();
    assert_eq!(waits.len(), 3);
    assert!(fs::read_to_string(&path).unwrap().contains(":50,"));
    assert_eq!(names(&folder), ["install.json"]);
}

#[cfg(windows)]
#[test]
fn a_reader_that_shares_nothing_is_waited_for() {
    use std::os::windows::fs::OpenOptionsExt;
    let (folder, path) = place();
    fs::write(&path, "old").unwrap();
    let mut alone = File::options();
    let reader = RefCell::new(Some(alone.read(true).share_mode(0).open(&path).unwrap()));
    let system = System {
        rename: &|new, old| fs::rename(new, old),
        is_held: &is_windows_held,
        sleep: &|_| drop(reader.take()),
    };
    report_on(&system, &path, 50, None).unwrap();
    assert!(reader.borrow().is_none());
    assert!(fs::read_to_string(&path).unwrap().contains(":50,"));
    assert_eq!(names(&folder), ["install.json"]);
}

#[test]
fn a_file_held_for_ever_is_busy_after_two_seconds_and_unchanged() {
    let (folder, path) = place();
    fs::write(&path, "old").unwrap();
    let (answer, waits) = report_held(&path, usize::MAX, ACCESS_DENIED);
    assert_eq!(answer.unwrap_err().status, Status::StorageBusy);
    let total: Duration = waits.iter().sum();
    assert!(total <= Duration::from_secs(2) && total >= Duration::from_millis(1500));
    assert_eq!(fs::read_to_string(&path).unwrap(), "old");
    assert_eq!(names(&folder), ["install.json"]);
}

#[test]
fn other_failures_are_not_tried_again() {
    let (folder, path) = place();
    let (answer, waits) = report_held(&path, usize::MAX, 28);
    assert_eq!(answer.unwrap_err().status, Status::Storage);
    assert!(waits.is_empty() && names(&folder).is_empty());
}

#[test]
fn a_read_only_file_is_not_waited_for() {
    let (_folder, path) = place();
    fs::write(&path, "old").unwrap();
    let mut permissions = fs::metadata(&path).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(&path, permissions).unwrap();
    let (_, waits) = report_held(&path, usize::MAX, ACCESS_DENIED);
    assert!(waits.is_empty());
}

#[cfg(unix)]
#[test]
fn others_may_read_it_as_they_could_before() {
    use std::os::unix::fs::PermissionsExt;
    let (folder, path) = place();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let ordinary = folder.path().join("ordinary");
    fs::write(&ordinary, "").unwrap();
    report(&path, 1, None).unwrap();
    assert_eq!(mode(&path), mode(&ordinary));
    fs::set_permissions(&path, fs::Permissions::from_mode(0o664)).unwrap();
    report(&path, 2, None).unwrap();
    assert_eq!(mode(&path), 0o664);
}

#[test]
fn a_reader_never_finds_it_empty_or_partial() {
    const REPORTS: u32 = 200;
    const READS_PER_REPORT: u32 = 20;
    let (folder, path) = place();
    report(&path, 0, None).unwrap();
    let written = AtomicU32::new(0);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut reads = 0;
            while reads < REPORTS * READS_PER_REPORT {
                // A reader that never lets go would starve the writer where an open file cannot be replaced.
                if reads >= (1 + written.load(Ordering::Relaxed)) * READS_PER_REPORT {
                    std::thread::yield_now();
                    continue;
                }
                read_whole(&path);
                reads += 1;
            }
        });
        let outcome = (0..REPORTS).try_for_each(|n| {
            written.store(n, Ordering::Relaxed);
            report(&path, n % 101, Some(&reason(n % 101)))
        });
        // Also after a failure, so that the reader ends.
        written.store(REPORTS, Ordering::Relaxed);
        outcome.unwrap();
    });
    assert_eq!(names(&folder), ["install.json"]);
}

/// A reason whose length tells a report from any other.
fn reason(percent: u32) -> String {
    "x".repeat(100 * percent as usize)
}

fn read_whole(path: &Path) {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        // Windows may refuse a file in the instant in which it is replaced.
        Err(error) if cfg!(windows) && is_windows_held(&error) => return,
        Err(error) => panic!("{error}"),
    };
    let value: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
    let percent = value["progress"].as_u64().unwrap() as u32;
    assert_eq!(bytes, content(percent, &reason(percent)).as_bytes());
}

proptest! {
    #[test]
    fn any_reason_is_read_back(percent in 0u32..=100, reason in ".{0,60}") {
        let text = content(percent, &reason);
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(value["errorMsg"].as_str(), Some(reason.as_str()));
        prop_assert_eq!(value["status"].as_u64(), Some(u64::from(percent == 100)));
        prop_assert!(!text.contains('\n'));
    }
}
