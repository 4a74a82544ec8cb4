//! The helper of upgrades: what it runs and what it does not, when, how often, and what it leaves behind.
#![cfg(unix)]

#[path = "support/need.rs"]
mod need;
#[path = "upgrade_run/refused.rs"]
mod refused;
#[path = "support/staged.rs"]
mod staged;

use iscdesk::upgrade::{Ended, Plan};
use staged::{Staged, VERSION, Vendor};
use std::fs::{self, Permissions};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

const DONE: &str = r#"{"status":1,"progress":100,"errorMsg":""}"#;
const RUNS: &str = "echo run >> $LOG";

#[test]
fn a_staged_installer_runs_alone_in_a_private_folder_and_nothing_is_left() {
    let staged = Staged::with(
        "for arg; do echo \"$arg\" >> $LOG; done
         here=$(dirname \"$0\"); ls -A \"$here\" >> $LOG; test \"$here\" = \"$(pwd)\" && echo here >> $LOG
         stat -c %a \"$here\" \"$0\" >> $LOG; cat >> $LOG; echo end >> $LOG",
    );
    let result = staged.run();
    assert_eq!(
        (result.outcome, result.exit_code, result.attempts),
        (Ended::Installed, Some(0), 1)
    );
    assert_eq!(
        (result.version.as_str(), result.text.as_str()),
        (VERSION, "")
    );
    let (into, progress) = (staged.program_dir(), staged.staging.progress());
    let expected = format!(
        "--into\n{}\n--progress={}\npackage-2.0.0\nhere\n700\n500\nend\n",
        into.display(),
        progress.display()
    );
    assert_eq!(staged.said(), expected);
    assert_eq!(staged.progress(), DONE);
    assert_eq!(staged.left(), ["install.json", "result.json"]);
}

#[test]
fn without_a_plan_there_is_nothing_to_do() {
    let staged = Staged::empty();
    staged.start();
    staged.wait();
    assert_eq!(staged.left(), [""; 0]);
    let elsewhere = Command::new(&staged.helper)
        .args(["upgrade-run", "--staging"])
        .arg(staged.dir.path())
        .output()
        .unwrap();
    assert_eq!(elsewhere.status.code(), Some(2), "{elsewhere:?}");
}

#[test]
fn a_failing_installer_is_tried_three_times_and_no_more() {
    let staged = Staged::with(
        "echo run >> $LOG; progress=${3#--progress=}
         echo '{\"status\":0,\"progress\":40,\"errorMsg\":\"\"}' > \"$progress\"; echo 'no room' >&2; exit 5",
    );
    for attempt in 1..=3 {
        let result = staged.run();
        assert_eq!((result.outcome, result.exit_code), (Ended::Failed, Some(5)));
        assert_eq!(result.attempts, attempt);
        assert!(result.text.ends_with(": no room"), "{}", result.text);
        assert!(
            staged
                .progress()
                .starts_with(r#"{"status":0,"progress":40,"errorMsg":"the installer"#)
        );
        let kept = staged.left().contains(&"plan.json".to_owned());
        assert_eq!(kept, attempt < 3, "{:?}", staged.left());
    }
    staged.start();
    staged.wait();
    assert_eq!(staged.said(), "run\n".repeat(3));
    assert_eq!(staged.left(), ["install.json", "result.json"]);
}

#[test]
fn an_installer_that_succeeds_the_second_time_is_installed() {
    let staged = Staged::with("echo run >> $LOG; test $(wc -l < $LOG) = 2");
    assert_eq!(staged.run().outcome, Ended::Failed);
    let result = staged.run();
    assert_eq!((result.outcome, result.attempts), (Ended::Installed, 2));
    assert_eq!(staged.progress(), DONE);
}

#[test]
fn an_installer_that_is_killed_has_failed_and_is_tried_again() {
    let staged = Staged::with("echo run >> $LOG; test $(wc -l < $LOG) = 2 || kill -9 $$");
    let result = staged.run();
    assert_eq!((result.outcome, result.exit_code), (Ended::Failed, None));
    assert!(result.text.contains("signal: 9"), "{}", result.text);
    let result = staged.run();
    assert_eq!((result.outcome, result.attempts), (Ended::Installed, 2));
    assert_eq!(staged.left(), ["install.json", "result.json"]);
}

#[test]
fn it_waits_for_every_process_of_the_product() {
    let staged = Staged::with("echo installed >> $LOG");
    let processes = ["first", "second"].map(|name| (name, staged.running()));
    staged.start();
    for (name, process) in processes {
        let mut log = fs::File::options()
            .create(true)
            .append(true)
            .open(staged.log())
            .unwrap();
        writeln!(log, "{name} ends").unwrap();
        drop(process);
    }
    staged.wait();
    assert_eq!(staged.said(), "first ends\nsecond ends\ninstalled\n");
}

#[test]
fn of_many_helpers_one_works() {
    let staged = Staged::with(RUNS);
    let program = staged.running();
    let helpers: Vec<_> = (0..5).map(|_| staged.spawn()).collect();
    for mut helper in helpers {
        assert!(helper.wait().unwrap().success());
    }
    drop(program);
    staged.wait();
    assert_eq!(staged.said(), "run\n");
    assert_eq!(staged.left(), ["install.json", "result.json"]);
}

#[test]
fn an_installer_may_replace_the_helper() {
    let mut staged = Staged::empty();
    let helper = staged.program_dir().join("iscdesk");
    // Not by this process, whose other tests start programs that would inherit a file open for writing: see ETXTBSY.
    let copied = Command::new("cp").args([&staged.helper, &helper]).status();
    assert!(copied.unwrap().success());
    staged.helper = helper.clone();
    // Written over, which Linux refuses for a program that runs.
    staged.stage("cat > \"$2/iscdesk\" <<end\n#!/bin/sh\necho new\nend\n".into());
    assert_eq!(staged.run().outcome, Ended::Installed);
    assert_eq!(fs::read_to_string(helper).unwrap(), "#!/bin/sh\necho new\n");
    assert_eq!(staged.left(), ["install.json", "result.json"]);
}

/// A helper without what debuggers want, so that a package can be larger than it.
fn small_helper(staged: &Staged) -> std::path::PathBuf {
    let helper = staged.dir.path().join("iscdesk");
    let stripped = Command::new("strip")
        .arg(&staged.helper)
        .arg("-o")
        .arg(&helper)
        .status();
    assert!(stripped.unwrap().success());
    helper
}

/// A file may not grow beyond what the helper needs for itself: what a full disk looks like to who writes, without one.
#[test]
fn without_room_for_the_copy_nothing_is_run_and_the_next_end_of_the_program_tries_again() {
    if !need::need("strip") {
        return;
    }
    let mut staged = Staged::empty();
    staged.helper = small_helper(&staged);
    let limit = staged.helper.metadata().unwrap().len().div_ceil(512) + 1;
    let padding = "#".repeat(limit as usize * 512);
    let log = staged.log();
    staged.stage(format!(
        "echo run >> '{}'; exit 0\n{padding}",
        log.display()
    ));
    let limited = format!("trap '' XFSZ; ulimit -f {limit}; exec \"$@\"");
    let helper = staged.command();
    let output = Command::new("sh")
        .args(["-c", &limited, "sh"])
        .arg(helper.get_program())
        .args(helper.get_args())
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    staged.wait();
    let result = staged.staging.outcome().unwrap().expect("a result");
    assert_eq!((result.outcome, result.exit_code), (Ended::Failed, None));
    assert!(result.text.contains("too large"), "{}", result.text);
    assert_eq!((result.attempts, staged.said().as_str()), (1, ""));
    assert!(staged.progress().starts_with("{\"status\":0,"));
    let left = staged.left();
    assert!(left.contains(&"plan.json".to_owned()), "{left:?}");
    assert!(
        !left.iter().any(|name| name.starts_with("run-")),
        "{left:?}"
    );

    let result = staged.run();
    assert_eq!((result.outcome, result.attempts), (Ended::Installed, 2));
    assert_eq!(staged.said(), "run\n");
}

fn fifo(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

#[test]
fn a_helper_killed_during_the_installation_is_followed_by_another_once_it_has_ended() {
    let staged = Staged::empty();
    let [begun, go_on] = ["begun", "go on"].map(|name| staged.dir.path().join(name));
    fifo(&begun);
    fifo(&go_on);
    staged.stage(format!(
        "echo run >> '{}'; test $(wc -l < '{0}') = 2 && exit 0; echo $PPID > '{}'; read word < '{}'; exit 1",
        staged.log().display(),
        begun.display(),
        go_on.display()
    ));
    staged.start();
    // Opening waits for the installer.
    let helper = fs::read_to_string(&begun).unwrap();
    let killed = Command::new("kill").args(["-9", helper.trim()]).status();
    assert!(killed.unwrap().success());
    let helper_lock = fs::File::open(staged.staging.dir().join("helper.lock")).unwrap();
    helper_lock.lock().unwrap();
    drop(helper_lock);
    // The installer that it left is still at work: none is started beside it.
    staged.start();
    let helper_lock = fs::File::open(staged.staging.dir().join("helper.lock")).unwrap();
    helper_lock.lock().unwrap();
    drop(helper_lock);
    assert_eq!(staged.said(), "run\n");
    assert!(staged.staging.plan().unwrap().is_some());
    fs::write(&go_on, "on\n").unwrap();
    staged.wait();

    let result = staged.run();
    assert_eq!((result.outcome, result.attempts), (Ended::Installed, 2));
    assert_eq!(staged.said(), "run\nrun\n");
    assert_eq!(
        staged.left(),
        ["install.json", "result.json"],
        "also what the killed one left"
    );
}

#[test]
fn an_installer_that_never_comes_to_an_end_is_given_up_after_three_attempts() {
    let staged = Staged::with("echo run >> $LOG; kill -9 $PPID");
    for _ in 0..3 {
        staged.start();
        staged.wait();
        assert_eq!(staged.staging.outcome().unwrap(), None);
    }
    let result = staged.run();
    assert_eq!((result.outcome, result.attempts), (Ended::Failed, 3));
    assert!(result.text.contains("3 times"), "{}", result.text);
    assert_eq!(staged.said(), "run\n".repeat(3));
    assert_eq!(staged.left(), ["install.json", "result.json"]);
}

#[test]
fn an_installer_that_needs_an_administrator_says_so() {
    if ["/usr/bin/pkexec", "/usr/local/bin/pkexec"]
        .iter()
        .any(|path| Path::new(path).exists())
    {
        println!("skipped: pkexec would ask somebody");
        return;
    }
    let staged = Staged::with("echo run >> $LOG; exit 77");
    let result = staged.run();
    assert_eq!((result.outcome, result.attempts), (Ended::NeedsAdmin, 1));
    assert!(result.text.contains("administrator"), "{}", result.text);
    assert!(
        staged.staging.plan().unwrap().is_some(),
        "somebody may agree another time"
    );
}

#[test]
fn a_folder_that_others_can_write_is_not_trusted() {
    let staged = Staged::with(RUNS);
    fs::set_permissions(staged.staging.dir(), Permissions::from_mode(0o777)).unwrap();
    let output = staged.command().output().unwrap();
    assert_eq!(output.status.code(), Some(5), "{output:?}");
    staged.wait();
    assert_eq!(staged.said(), "");
}
