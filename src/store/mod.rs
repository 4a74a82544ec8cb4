//! The state file: what is known about a product's licences on this machine, shared by all its processes.
//!
//! One sealed file per product and machine ([`format`]), replaced in one step ([`write`]) under a lock between processes
//! ([`lock`]), read without one ([`read`]). A change is always *lock, load, change, save*; `save` refuses a suite that was
//! not loaded from what it is about to replace, so no update and no unread state can be lost.
//!
//! In scope machine the administrator makes the folder ([`setup`]): root's with mode 1777, or on Windows with an access
//! list of the same meaning. Then every user writes the state, while what the administrator put beside it (licence files,
//! `site.json`) stays his. Whether a folder is one of that kind is judged at each use ([`vetting`]).
//!
//! A [`Store`] touches the disk in no constructor, and after [`Store::seal`], or in a forked child, writes nothing more.

mod aside;
mod facts;
mod files;
mod format;
mod given;
mod lock;
mod paths;
mod read;
#[cfg(feature = "cli")]
mod setup;
mod vetting;
mod write;

#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_crash;
#[cfg(test)]
mod tests_hostile;

pub use facts::{Loaded, Note, Origin, Stamp};
pub use given::read_given;
pub use lock::Lock;
pub(crate) use lock::open_lock_file;
pub use paths::default_dir;
#[cfg(feature = "cli")]
pub use setup::machine_folder;
pub use vetting::{FolderFacts, survey, vet};

use crate::license::Suite;
use crate::platform::held::{self, Patience};
use crate::{Error, Status};
use aside::Kind;
use facts::FileStamp;
use files::{Found, Reading};
use format::Payload;
use ring::rand::SystemRandom;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use write::{Old, Step, Target};

pub(crate) use write::replace_private;

/// Seals the state where `STATE_SECRET` is not set. It keeps users from editing, not experts from reading the library.
const BUILT_IN_SECRET: &str = "iscdesk/state/8d1f0c1e5b7a4f3e9a62c4d7e0b35f19";
const WRITE_LOCK: &str = ".lock";
const CHECK_LOCK: &str = ".check";
/// Of [`crate::upgrade::running`]: held for as long as a process runs.
const RUNNING_LOCK: &str = ".running";

/// What the store needs to know of the machine.
pub trait Identity: Send + Sync {
    /// Keyed hash of the operating system's machine id, 16 hex characters, for file names.
    fn file_tag(&self, key: &[u8]) -> String;
    /// A binding for the machine of today; may read hardware.
    fn bind(&self, key: &[u8]) -> serde_json::Value;
    /// Does a stored binding belong to this machine? Cheap where the operating system's id matches.
    fn is_ours(&self, key: &[u8], binding: &serde_json::Value) -> bool;
}

/// Whose state it is: one user's, or that of all users of the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    User,
    Machine,
}

/// Where the state lies.
#[derive(Clone, Debug)]
pub struct Location {
    pub vendor: String,
    pub product: String,
    pub scope: Scope,
    /// Used as it is; otherwise [`default_dir`].
    pub data_dir: Option<PathBuf>,
}

/// The state file of one product. Cheap to make, shared by reference between threads.
pub struct Store {
    dir: Option<PathBuf>,
    scope: Scope,
    product_key: Vec<u8>,
    product_tag: String,
    secrets: Vec<String>,
    identity: Arc<dyn Identity>,
    name: OnceLock<String>,
    random: SystemRandom,
    sealed: AtomicBool,
    /// The process that made it.
    owner: u32,
    #[cfg(test)]
    watch: Option<tests::Watch>,
}

impl Store {
    /// `secrets`: the first one writes, all read; none: the built-in one.
    pub fn new(location: &Location, secrets: &[String], identity: Arc<dyn Identity>) -> Store {
        let product_key = paths::product_key(&location.vendor, &location.product);
        let given = secrets.iter().filter(|secret| !secret.is_empty());
        let mut secrets: Vec<String> = given.cloned().collect();
        if secrets.is_empty() {
            secrets.push(BUILT_IN_SECRET.into());
        }
        Store {
            dir: paths::chosen_dir(location),
            scope: location.scope,
            product_tag: paths::product_tag(&product_key),
            product_key,
            secrets,
            identity,
            name: OnceLock::new(),
            random: SystemRandom::new(),
            sealed: AtomicBool::new(false),
            owner: std::process::id(),
            #[cfg(test)]
            watch: None,
        }
    }

    /// The folder in use, `None` where the platform names none.
    pub fn dir(&self) -> Option<&Path> {
        self.dir.as_deref()
    }

    /// The state file of this machine. Asks for the machine's id the first time.
    pub fn file(&self) -> Option<PathBuf> {
        self.target().map(|target| target.main())
    }

    /// From now on nothing is written, also not by a save that is under way. For a client whose shutdown timed out.
    pub fn seal(&self) {
        self.sealed.store(true, Ordering::SeqCst);
    }

    /// Whose folder it is.
    pub fn scope(&self) -> Scope {
        self.scope
    }

    /// Holds the lock of running processes: see [`crate::upgrade::running`]. False while an installer is at work.
    pub fn hold_running_lock(&self) -> Result<bool, Error> {
        self.may_write()?;
        let target = self.target().ok_or_else(no_folder)?;
        self.prepare(&target.dir)?;
        crate::upgrade::running::hold(&target.with(RUNNING_LOCK), target.shared)
    }

    /// May files still be written on behalf of this client?
    pub fn is_open(&self) -> bool {
        self.may_write().is_ok()
    }

    /// Names of the files that were moved out of the way here and are still kept, newest last of each kind.
    pub fn set_aside_files(&self) -> Vec<String> {
        self.target()
            .map(|target| aside::names_kept(&target))
            .unwrap_or_default()
    }

    /// What is known. Never fails, and waits for nobody but, on Windows, for a program that lets nobody read the file, at
    /// most 155 ms. A sealed store leaves a damaged file where it is.
    pub fn load(&self) -> Loaded {
        self.load_within(Patience::Short)
    }

    /// The same before a save, which cannot do without the file.
    pub fn load_patiently(&self) -> Loaded {
        self.load_within(Patience::Long)
    }

    fn load_within(&self, patience: Patience) -> Loaded {
        let Some(target) = self.target() else {
            return Loaded::fresh(vec![Note::NoFolder]);
        };
        match self.vetted(&target.dir) {
            Ok(()) => read::load(self, &target, patience),
            Err(e) => Loaded {
                unread: Some(e.clone()),
                ..Loaded::fresh(vec![Note::FolderRefused { reason: e.text }])
            },
        }
    }

    /// Has the state file been replaced since? One `stat`.
    pub fn changed_since(&self, stamp: &Stamp) -> bool {
        self.target()
            .is_some_and(|target| file_stamp(&target.main()) != stamp.file)
    }

    /// The lock for writing, held for milliseconds. `None`: somebody has it; ask again, and after 2 s answer
    /// [`Status::StorageBusy`].
    pub fn try_write_lock(&self) -> Result<Option<Lock>, Error> {
        self.try_lock(WRITE_LOCK)
    }

    /// The lock of the one process that does today's check.
    pub fn try_check_lock(&self) -> Result<Option<Lock>, Error> {
        self.try_lock(CHECK_LOCK)
    }

    /// Replaces the state. `base` is the stamp of the load (under this lock) or save on which `suite` builds; if the file
    /// has become another one since, the answer is [`Status::StorageBusy`] and nothing is written: load again.
    pub fn save(&self, lock: &Lock, suite: &Suite, base: &Stamp) -> Result<Stamp, Error> {
        let target = self.locked_target(lock)?;
        aside::sweep(&target);
        let read = files::read_patiently(&target.main(), &self.secrets, Patience::Long);
        let Reading { found: main, file } = read;
        let (old, binding) = match &main {
            Found::Unreadable(e) => return Err(storage_failure(e, &target.main())),
            _ if file != base.file => return Err(changed_meanwhile(&target)),
            Found::Valid(payload, _) if payload.revision != base.revision => {
                return Err(changed_meanwhile(&target));
            }
            Found::Valid(payload, bytes) => (Old::Keep(bytes), self.binding_after(payload)),
            Found::Missing => (Old::None, self.bind()),
            Found::Damaged(_) => (Old::Aside(Kind::Damaged), self.bind()),
            Found::NoSecret | Found::Newer(_) | Found::NotAFile => {
                (Old::Aside(Kind::Unopened), self.bind())
            }
        };
        let revision = base.revision.saturating_add(1);
        let payload = Payload {
            revision,
            binding,
            suite: suite.clone(),
        };
        let bytes = format::seal(&payload, &self.secrets[0], &self.random)?;
        write::replace(&target, &old, &bytes, &|step| self.reached(step))
            .map_err(|e| self.write_error(e, &target.main()))?;
        Ok(Stamp {
            file: file_stamp(&target.main()),
            revision,
        })
    }

    /// Forgets everything of this machine: state, previous version, set-aside files. The lock files stay, empty: who
    /// removes one that another process holds lets two in. Other machines' files are theirs.
    pub fn erase(&self, lock: &Lock) -> Result<(), Error> {
        let target = self.locked_target(lock)?;
        let locks = [WRITE_LOCK, CHECK_LOCK, RUNNING_LOCK].map(|suffix| target.with(suffix));
        aside::erase(&target, &locks).map_err(|(e, path)| storage_error(e, &path))
    }

    fn try_lock(&self, suffix: &str) -> Result<Option<Lock>, Error> {
        self.may_write()?;
        let target = self.target().ok_or_else(no_folder)?;
        self.prepare(&target.dir)?;
        Lock::try_take(target.with(suffix), target.shared)
    }

    /// The files to write, if this is the lock for it and we may still write.
    fn locked_target(&self, lock: &Lock) -> Result<Target, Error> {
        self.may_write()?;
        let target = self.target().ok_or_else(no_folder)?;
        if lock.path() != target.with(WRITE_LOCK) {
            return Err(Error::internal("this is not the write lock of this state"));
        }
        self.vetted(&target.dir)?;
        Ok(target)
    }

    fn target(&self) -> Option<Target> {
        let dir = self.dir.clone()?;
        let name = self.name.get_or_init(|| {
            let machine = self.identity.file_tag(&self.product_key);
            paths::file_name(&self.product_tag, &machine)
        });
        Some(Target {
            dir,
            name: name.clone(),
            shared: self.scope == Scope::Machine,
        })
    }

    /// Makes the folder of a user; a machine's must be there.
    fn prepare(&self, dir: &Path) -> Result<(), Error> {
        if self.scope == Scope::Machine {
            return self.vetted(dir);
        }
        let mut builder = std::fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(dir).map_err(|e| storage_error(e, dir))
    }

    fn vetted(&self, dir: &Path) -> Result<(), Error> {
        if self.scope == Scope::User {
            return Ok(());
        }
        let refused = |why: String| Error::storage(Status::StorageDenied, why);
        match survey(dir) {
            Ok(chain) => vet(&chain).map_err(refused),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Err(refused(format!(
                "{} does not exist: an administrator makes it with `iscdesk setup --machine`",
                dir.display()
            ))),
            Err(e) => Err(storage_error(e, dir)),
        }
    }

    fn may_write(&self) -> Result<(), Error> {
        if self.sealed.load(Ordering::SeqCst) || self.owner != std::process::id() {
            return Err(Error::closed());
        }
        Ok(())
    }

    /// Between two steps of a write: stops it if the store was sealed meanwhile.
    fn reached(&self, step: Step) -> io::Result<()> {
        #[cfg(test)]
        if let Some(watch) = &self.watch {
            watch(step)?;
        }
        // Once the new state is in place there is nothing left to stop.
        let finished = matches!(step, Step::NewInPlace | Step::FolderFlushed);
        match self.may_write() {
            Err(e) if !finished => Err(io::Error::other(e)),
            _ => Ok(()),
        }
    }

    fn write_error(&self, error: io::Error, path: &Path) -> Error {
        match self.may_write() {
            Err(closed) => closed,
            Ok(()) => storage_error(error, path),
        }
    }

    /// A binding that still fits is kept: to make one means to read the hardware.
    fn binding_after(&self, old: &Payload) -> serde_json::Value {
        if self.is_ours(old) {
            old.binding.clone()
        } else {
            self.bind()
        }
    }

    fn bind(&self) -> serde_json::Value {
        self.identity.bind(&self.product_key)
    }

    fn is_ours(&self, payload: &Payload) -> bool {
        self.identity.is_ours(&self.product_key, &payload.binding)
    }

    fn secrets(&self) -> &[String] {
        &self.secrets
    }

    fn product_tag(&self) -> &str {
        &self.product_tag
    }
}

/// Under which the parts of a machine are hashed for a product.
pub fn binding_key(location: &Location) -> Vec<u8> {
    paths::product_key(&location.vendor, &location.product)
}

fn file_stamp(path: &Path) -> Option<FileStamp> {
    path.symlink_metadata().ok().map(|m| FileStamp::of(&m))
}

fn no_folder() -> Error {
    Error::storage(Status::Storage, Note::NoFolder.to_string())
}

fn changed_meanwhile(target: &Target) -> Error {
    let path = target.main();
    let text = format!("{} was changed by another process", path.display());
    Error::storage(Status::StorageBusy, text)
}

/// The error for a file or folder that cannot be read or written.
pub fn storage_error(error: io::Error, path: &Path) -> Error {
    storage_failure(&error, path)
}

fn storage_failure(error: &io::Error, path: &Path) -> Error {
    if held::is_unshared(error) {
        let text = format!("another program holds {}: {error}", path.display());
        return Error::storage(Status::StorageBusy, text);
    }
    let status = match error.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            Status::StorageDenied
        }
        _ => Status::Storage,
    };
    Error::storage(status, format!("{}: {error}", path.display()))
}
