//! The folder in which the library hands a package over to the helper: `<state>.upgrade`, beside the state file.
//!
//! | name | says | written by |
//! |---|---|---|
//! | `download.lock`, `helper.lock` | one process downloads, one helper is at work | |
//! | `<version>.part`, `<version>.part.json` | a download and what it is a part of | library |
//! | `package-<version>` (`.exe` on Windows) | the whole package, verified | library |
//! | `feed.json`, `feed.json.minisig` | the feed as it was verified | library |
//! | `plan.json` | [`Plan`], last of all: with it the package is staged | library |
//! | `attempts.json`, `result.json` | [`Attempts`], [`Outcome`] | helper |
//! | `installer.lock` | an installer is at work, also one whose helper was killed | |
//! | `helper-…`, `run-…` | the copies of helper and package that run | helper |
//! | `install.json` | progress: see [`crate::install`] | helper, installer |
//!
//! Small files are replaced in one step. The folder is its owner's alone; in scope machine the administrator's, whom others
//! may watch.

use super::feed;
use super::plan::{Attempts, Outcome, PartFacts, Plan};
use super::version::Version;
use crate::store::{self, Lock, Scope, storage_error};
use crate::{Error, Status};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::ffi::OsString;
use std::fs::{self, DirBuilder, File};
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};

const SUFFIX: &str = ".upgrade";
const RUNNING: &str = ".running";
const PACKAGE: &str = "package-";
const PART: &str = ".part";
/// Begins the names of the folders in which copies of the helper run.
pub const HELPER: &str = "helper-";
/// The same for the copies of packages that are run.
pub const RUN: &str = "run-";

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Staging {
    dir: PathBuf,
}

/// The feed as it was verified, and its signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedFeed {
    pub feed: Vec<u8>,
    pub signature: Vec<u8>,
}

impl Staging {
    /// The folder that belongs to a state file. Nothing is made yet.
    pub fn beside(state: &Path) -> Staging {
        Staging {
            dir: with_suffix(state, SUFFIX),
        }
    }

    /// A folder that is there and this user's alone to write: the helper's way in.
    pub fn open(dir: &Path) -> Result<Staging, Error> {
        let dir = std::path::absolute(dir).map_err(|e| storage_error(e, dir))?;
        let staging = Staging { dir };
        if staging.state().is_none() {
            let text = format!("{} is no staging folder", staging.dir.display());
            return Err(Error::argument(text));
        }
        staging.vet()?;
        Ok(staging)
    }

    /// Makes the folder if it is missing, and looks whose it is. In scope machine only an administrator may: an ordinary user
    /// could make one in the sticky folder of the state, but it would be his.
    pub fn prepare(&self, scope: Scope) -> Result<(), Error> {
        if scope == Scope::Machine && !crate::platform::process::may_be_administrator() {
            return Err(Error::storage(
                Status::StorageDenied,
                "upgrades of a program for all users are the administrator's",
            ));
        }
        let mut builder = DirBuilder::new();
        builder.recursive(scope == Scope::User);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, mode(scope));
        match builder.create(&self.dir) {
            Err(e) if e.kind() == ErrorKind::AlreadyExists => {}
            other => other.map_err(|e| storage_error(e, &self.dir))?,
        }
        self.vet()
    }

    /// A link, or a folder that another user may write, could lead the helper to another plan.
    fn vet(&self) -> Result<(), Error> {
        let facts = fs::symlink_metadata(&self.dir).map_err(|e| storage_error(e, &self.dir))?;
        let why = match facts.is_dir() {
            false => Some("is not a folder"),
            true => foreign(&facts),
        };
        match why {
            None => Ok(()),
            Some(why) => Err(Error::storage(
                Status::StorageDenied,
                format!("{} {why}", self.dir.display()),
            )),
        }
    }

    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The state file beside which this folder lies.
    pub fn state(&self) -> Option<PathBuf> {
        let name = self.dir.file_name()?.to_str()?.strip_suffix(SUFFIX)?;
        (!name.is_empty()).then(|| self.dir.with_file_name(name))
    }

    /// The file on which every process of the product holds a shared lock.
    pub fn running(&self) -> PathBuf {
        let state = self.state().unwrap_or_else(|| self.dir.clone());
        with_suffix(&state, RUNNING)
    }

    pub fn part(&self, version: &Version) -> PathBuf {
        self.dir.join(format!("{version}{PART}"))
    }

    pub fn package(&self, version: &Version) -> PathBuf {
        let extension = if cfg!(windows) { ".exe" } else { "" };
        self.dir.join(format!("{PACKAGE}{version}{extension}"))
    }

    /// Where the installer writes its progress.
    pub fn progress(&self) -> PathBuf {
        self.dir.join("install.json")
    }

    /// None while another process, or another client of this one, downloads.
    pub fn try_download_lock(&self) -> Result<Option<Lock>, Error> {
        Lock::try_take(self.dir.join("download.lock"), false)
    }

    /// Held by the helper while it works, and inherited by the installer: see `iscdesk upgrade-run`.
    pub fn installer_lock(&self) -> PathBuf {
        self.dir.join("installer.lock")
    }

    /// None while another helper is at work.
    pub fn try_helper_lock(&self) -> Result<Option<Lock>, Error> {
        Lock::try_take(self.dir.join("helper.lock"), false)
    }

    pub fn plan(&self) -> Result<Option<Plan>, Error> {
        self.read_json("plan.json")
    }

    pub fn write_plan(&self, plan: &Plan) -> Result<(), Error> {
        self.write_json("plan.json", plan)
    }

    pub fn attempts(&self) -> Result<Attempts, Error> {
        Ok(self.read_json("attempts.json")?.unwrap_or_default())
    }

    pub fn write_attempts(&self, attempts: &Attempts) -> Result<(), Error> {
        self.write_json("attempts.json", attempts)
    }

    pub fn outcome(&self) -> Result<Option<Outcome>, Error> {
        self.read_json("result.json")
    }

    pub fn write_outcome(&self, outcome: &Outcome) -> Result<(), Error> {
        self.write_json("result.json", outcome)
    }

    pub fn part_facts(&self, version: &Version) -> Result<Option<PartFacts>, Error> {
        self.read_json(&format!("{version}{PART}.json"))
    }

    pub fn write_part_facts(&self, version: &Version, facts: &PartFacts) -> Result<(), Error> {
        self.write_json(&format!("{version}{PART}.json"), facts)
    }

    pub fn signed_feed(&self) -> Result<Option<SignedFeed>, Error> {
        let feed = self.read("feed.json")?;
        let signature = self.read("feed.json.minisig")?;
        Ok(feed
            .zip(signature)
            .map(|(feed, signature)| SignedFeed { feed, signature }))
    }

    pub fn write_signed_feed(&self, signed: &SignedFeed) -> Result<(), Error> {
        self.write("feed.json", &signed.feed)?;
        self.write("feed.json.minisig", &signed.signature)
    }

    /// Names a part that was verified as the package. Its facts have done their service.
    pub fn take_in(&self, version: &Version) -> Result<(), Error> {
        let (part, package) = (self.part(version), self.package(version));
        fs::rename(&part, &package).map_err(|e| storage_error(e, &package))?;
        self.remove(&format!("{version}{PART}.json"))
    }

    /// Removes an earlier result before another attempt.
    pub fn forget_outcome(&self) -> Result<(), Error> {
        self.remove("result.json")
    }

    /// Removes a result that is to be told. False where somebody else has done so, and tells it.
    pub fn claim_outcome(&self) -> Result<bool, Error> {
        let path = self.dir.join("result.json");
        match fs::remove_file(&path) {
            Ok(()) => Ok(true),
            Err(e) if e.kind() == ErrorKind::NotFound => Ok(false),
            Err(e) => Err(storage_error(e, &path)),
        }
    }

    /// Removes copies that were run. On Windows a helper cannot remove itself, nor a package whose file the system still
    /// holds, so that is left to the program's next start. Not while a helper or an installer is at work; what cannot be
    /// removed yet stays.
    pub fn sweep_copies(&self) {
        let list = fs::read_dir(&self.dir).into_iter().flatten().flatten();
        let copies = list.filter(|entry| {
            let name = entry.file_name();
            let is_copy = [HELPER, RUN].map(|kind| name.to_string_lossy().starts_with(kind));
            is_copy.contains(&true) && entry.file_type().is_ok_and(|kind| kind.is_dir())
        });
        let copies: Vec<PathBuf> = copies.map(|entry| entry.path()).collect();
        // The locks are taken only where there is something to do: a helper that starts meanwhile takes us for another one.
        if copies.is_empty() {
            return;
        }
        let Ok(Some(_no_helper)) = self.try_helper_lock() else {
            return;
        };
        let Ok(Some(_no_installer)) = Lock::try_take(self.installer_lock(), false) else {
            return;
        };
        for copy in copies {
            let _ = fs::remove_dir_all(copy);
        }
    }

    /// Removes what belongs to a plan, the plan first; the result stays, and so do parts of the version given.
    pub fn clear(&self, but_parts_of: Option<&Version>) -> Result<(), Error> {
        for name in [
            "plan.json",
            "attempts.json",
            "feed.json",
            "feed.json.minisig",
        ] {
            self.remove(name)?;
        }
        self.clear_packages(but_parts_of)
    }

    /// Removes packages and parts, but for the parts of one version.
    pub fn clear_packages(&self, but_parts_of: Option<&Version>) -> Result<(), Error> {
        let kept = but_parts_of.map(|version| format!("{version}{PART}"));
        for entry in fs::read_dir(&self.dir).into_iter().flatten().flatten() {
            let Ok(name) = entry.file_name().into_string() else {
                continue;
            };
            let is_part = name.ends_with(PART) || name.ends_with(".part.json");
            let is_kept = kept.as_ref().is_some_and(|kept| name.starts_with(kept));
            if name.starts_with(PACKAGE) || (is_part && !is_kept) {
                self.remove(&name)?;
            }
        }
        Ok(())
    }

    fn remove(&self, name: &str) -> Result<(), Error> {
        let path = self.dir.join(name);
        match fs::remove_file(&path) {
            Err(e) if e.kind() != ErrorKind::NotFound => Err(storage_error(e, &path)),
            _ => Ok(()),
        }
    }

    fn read(&self, name: &str) -> Result<Option<Vec<u8>>, Error> {
        let path = self.dir.join(name);
        match read_small(&path) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(e) if e.kind() == ErrorKind::NotFound => Ok(None),
            Err(e) => Err(storage_error(e, &path)),
        }
    }

    /// What is damaged counts as missing where it is written anew anyway, but is told: a plan in pieces is no plan.
    fn read_json<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, Error> {
        let Some(bytes) = self.read(name)? else {
            return Ok(None);
        };
        serde_json::from_slice(&bytes).map(Some).map_err(|e| {
            let path = self.dir.join(name);
            Error::storage(
                Status::Storage,
                format!("{} is damaged: {e}", path.display()),
            )
        })
    }

    fn write_json(&self, name: &str, value: &impl Serialize) -> Result<(), Error> {
        let bytes = serde_json::to_vec(value).map_err(|e| {
            let path = self.dir.join(name);
            Error::storage(Status::Storage, format!("{}: {e}", path.display()))
        })?;
        self.write(name, &bytes)
    }

    fn write(&self, name: &str, bytes: &[u8]) -> Result<(), Error> {
        let path = self.dir.join(name);
        store::replace_private(&path, bytes).map_err(|e| storage_error(e, &path))
    }
}

/// Whole, and no larger than a feed may be.
fn read_small(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let limit = feed::MAX_BYTES as u64 + 1;
    File::open(path)?.take(limit).read_to_end(&mut bytes)?;
    match bytes.len() > feed::MAX_BYTES {
        true => Err(io::Error::other("it is larger than 1 MiB")),
        false => Ok(bytes),
    }
}

#[cfg(unix)]
fn mode(scope: Scope) -> u32 {
    match scope {
        Scope::User => 0o700,
        Scope::Machine => 0o755,
    }
}

#[cfg(unix)]
fn foreign(facts: &fs::Metadata) -> Option<&'static str> {
    use std::os::unix::fs::MetadataExt;
    if facts.uid() != crate::platform::process::user() {
        return Some("belongs to another user");
    }
    (facts.mode() & 0o022 != 0).then_some("can be written by other users")
}

/// The access list that it inherits says whose it is.
#[cfg(windows)]
fn foreign(_: &fs::Metadata) -> Option<&'static str> {
    None
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name: OsString = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

#[cfg(test)]
mod tests {
    use super::*;
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
    fn copies_go_unless_a_helper_or_an_installer_is_at_work() {
        let (_folder, staging) = staging();
        let copies = ["helper-1", "run-1"].map(|name| staging.dir().join(name));
        for copy in &copies {
            fs::create_dir(copy).unwrap();
            fs::write(copy.join("iscdesk"), "x").unwrap();
        }
        let are_there = || copies.iter().all(|copy| copy.exists());
        let helper = staging.try_helper_lock().unwrap();
        staging.sweep_copies();
        assert!(are_there());
        drop(helper);
        let installer = Lock::try_take(staging.installer_lock(), false).unwrap();
        staging.sweep_copies();
        assert!(are_there());
        drop(installer);
        staging.sweep_copies();
        assert_eq!(names(&staging), ["helper.lock", "installer.lock"]);
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
}
