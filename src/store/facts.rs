//! What a look at the state file brings home: the suite, where it comes from, a stamp by which a later change by
//! another process is noticed with one `stat`, and notes for the log.

use crate::Error;
use crate::license::{Facts, Suite};
use std::fmt;
use std::fs::Metadata;
use std::time::SystemTime;

/// Whose state it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// There was nothing that could be used.
    Fresh,
    /// Written on this machine.
    Ours,
    /// Written on another machine: only the codes were taken.
    Foreign,
}

/// Identifies one version of the state file. The default is that of no file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stamp {
    pub(super) file: Option<FileStamp>,
    /// Revision of the payload, 0 = none was read.
    pub(super) revision: u64,
}

impl Stamp {
    /// Counts the writes of this state.
    pub fn revision(&self) -> u64 {
        self.revision
    }
}

/// The outside of a file as one `stat` tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FileStamp {
    length: u64,
    modified: Option<SystemTime>,
    id: u64,
}

impl FileStamp {
    pub(super) fn of(metadata: &Metadata) -> FileStamp {
        FileStamp {
            length: metadata.len(),
            modified: metadata.modified().ok(),
            id: file_id(metadata),
        }
    }
}

#[cfg(unix)]
fn file_id(metadata: &Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(metadata)
}

/// Each version is a file made anew, so its time of creation (in 100 ns) does for an index.
#[cfg(windows)]
fn file_id(metadata: &Metadata) -> u64 {
    std::os::windows::fs::MetadataExt::creation_time(metadata)
}

/// Result of [`super::Store::load`].
#[derive(Clone, Debug)]
pub struct Loaded {
    pub suite: Suite,
    pub origin: Origin,
    pub stamp: Stamp,
    /// The stored binding of the machine that wrote it, for a diagnosis of what changed.
    pub binding: Option<serde_json::Value>,
    /// Why nobody can look at the file at the moment: this is what could be read instead, and counts as changed since.
    pub unread: Option<Error>,
    /// There is nothing because somebody erased it: who forgets leaves the lock files where they are. Otherwise nothing
    /// means that it is lost: the folder is gone, or what lies there cannot be used.
    pub is_forgotten: bool,
    pub notes: Vec<Note>,
}

impl Loaded {
    pub(super) fn fresh(notes: Vec<Note>) -> Loaded {
        Loaded {
            suite: Suite::default(),
            origin: Origin::Fresh,
            stamp: Stamp::default(),
            binding: None,
            unread: None,
            is_forgotten: false,
            notes,
        }
    }
}

/// The codes of another machine's suite, without what was found out there. Licence files say themselves for which machine
/// they are; a code that is known by its file alone comes with that.
pub(super) fn codes_only(suite: &Suite) -> Suite {
    let by_file = |code: &str, facts: &Facts| suite.files.contains_key(code) && !facts.is_online();
    let known = suite.licenses.iter();
    let codes = known.filter(|(code, facts)| !by_file(code, facts));
    let codes = codes.map(|(code, _)| code.clone());
    Suite {
        licenses: codes.map(|code| (code, Facts::default())).collect(),
        files: suite.files.clone(),
        returned: suite.returned.clone(),
        ..Suite::default()
    }
}

/// Something the log should say. Names are file names in the state folder; nothing here is secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// The platform names no folder and `DATA_DIR` is not set.
    NoFolder,
    /// Scope machine: the folder is missing or not safe.
    FolderRefused { reason: String },
    /// Damaged, and moved to the second name.
    DamagedSetAside {
        name: String,
        aside: String,
        reason: &'static str,
    },
    /// Damaged, and left for the next writer to move: the folder is read-only, or somebody is writing.
    Damaged { name: String, reason: &'static str },
    /// Whole, but no secret opens it. Left where it is until the next write sets it aside.
    NoSecretOpens { name: String },
    /// Written by a newer version of the library. Left where it is until the next write sets it aside.
    NewerFormat { name: String, version: u8 },
    /// A folder, a link or the like has the name of the state file.
    NotAFile { name: String },
    /// The system refused to read it. [`super::Store::save`] will not replace it.
    Unreadable { name: String, reason: String },
    /// The version before the last one was used instead.
    UsedPrevious { revision: u64 },
    /// The file has this machine's name but was written on another one.
    Copied { name: String },
    /// The codes come from the file of another machine.
    TookCodes { name: String },
    /// The machine's id changed, but the machine did not: the whole state of the old id was taken.
    MachineRenamed { name: String },
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Note::NoFolder => write!(f, "no folder for the state is known here: set data_dir"),
            Note::FolderRefused { reason } => write!(f, "the state folder is not used: {reason}"),
            Note::DamagedSetAside {
                name,
                aside,
                reason,
            } => write!(
                f,
                "{name} is damaged ({reason}) and was set aside as {aside}"
            ),
            Note::Damaged { name, reason } => write!(f, "{name} is damaged: {reason}"),
            Note::NoSecretOpens { name } => write!(f, "no state_secret given opens {name}"),
            Note::NewerFormat { name, version } => {
                write!(f, "{name} has format {version}, written by a newer version")
            }
            Note::NotAFile { name } => write!(f, "{name} is not a regular file"),
            Note::Unreadable { name, reason } => write!(f, "{name} cannot be read: {reason}"),
            Note::UsedPrevious { revision } => {
                write!(f, "the previous state, revision {revision}, is used")
            }
            Note::Copied { name } => write!(
                f,
                "{name} was written on another machine: its codes are kept, not its verdicts"
            ),
            Note::TookCodes { name } => {
                write!(f, "the codes of another machine's {name} were taken up")
            }
            Note::MachineRenamed { name } => {
                write!(
                    f,
                    "the machine id changed; the state of {name} was taken up"
                )
            }
        }
    }
}
