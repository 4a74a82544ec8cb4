//! What is taken out of the staging folder, and when.

use super::{HELPER, PACKAGE, PART, RUN, Staging};
use crate::Error;
use crate::platform::held;
use crate::store::{Lock, storage_error};
use crate::upgrade::version::Version;
use std::fs::{self, FileType};
use std::io::ErrorKind;
use std::path::PathBuf;

impl Staging {
    /// Removes what has no owner any more: copies that were run (on Windows a helper cannot remove itself, nor a package
    /// whose file the system still holds) and small files that a kill kept from their names. That is left to the program's
    /// next start. Not while a helper, an installer or a download is at work; what cannot be removed yet stays.
    pub fn sweep(&self) {
        // The locks are taken only where there is something to do: a helper that starts meanwhile takes us for another one.
        if self.copies().is_empty() && self.temporaries().is_empty() {
            return;
        }
        let Ok(Some(_no_helper)) = self.try_helper_lock() else {
            return;
        };
        let Ok(Some(_no_installer)) = Lock::try_take(self.installer_lock(), false) else {
            return;
        };
        let Ok(Some(_no_download)) = self.try_download_lock() else {
            return;
        };
        for copy in self.copies() {
            let _ = fs::remove_dir_all(copy);
        }
        // A copy that cannot be removed may be an installer that reports.
        if self.copies().is_empty() {
            for file in self.temporaries() {
                let _ = fs::remove_file(file);
            }
        }
    }

    /// Removes what belongs to a plan, the plan first; the result stays, and so do parts of the version given.
    pub fn clear(&self, but_parts_of: Option<&Version>) -> Result<(), Error> {
        self.clear_plan()?;
        self.clear_packages(but_parts_of)
    }

    /// Removes the plan and what says more of it, but no package.
    pub fn clear_plan(&self) -> Result<(), Error> {
        for name in [
            "plan.json",
            "attempts.json",
            "feed.json",
            "feed.json.minisig",
        ] {
            self.remove(name)?;
        }
        Ok(())
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

    pub(super) fn remove(&self, name: &str) -> Result<(), Error> {
        let path = self.dir.join(name);
        match held::patiently(|| fs::remove_file(&path)) {
            Err(e) if e.kind() != ErrorKind::NotFound => Err(storage_error(e, &path)),
            _ => Ok(()),
        }
    }

    fn copies(&self) -> Vec<PathBuf> {
        let begins = |name: &str| [HELPER, RUN].iter().any(|kind| name.starts_with(kind));
        self.named(FileType::is_dir, begins)
    }

    fn temporaries(&self) -> Vec<PathBuf> {
        let hidden = |name: &str| name.starts_with('.') && name.ends_with(".tmp");
        self.named(FileType::is_file, hidden)
    }

    fn named(&self, kind: fn(&FileType) -> bool, name: impl Fn(&str) -> bool) -> Vec<PathBuf> {
        let list = fs::read_dir(&self.dir).into_iter().flatten().flatten();
        let named = list.filter(|entry| {
            name(&entry.file_name().to_string_lossy())
                && entry.file_type().is_ok_and(|found| kind(&found))
        });
        named.map(|entry| entry.path()).collect()
    }
}
