//! Whether a folder or file is the administrator's, as scope machine wants it: from the root down nobody else may put
//! something in its place. [`vet`] and [`vet_file`] decide that from facts alone, [`survey`] and [`facts_of`] collect them.

use crate::platform::access::{Access, right};
use std::fs::Metadata;
use std::io;
use std::path::{Path, PathBuf};

/// Whoever holds one of these can give himself all others, or take the thing away.
const OVER_IT: u32 = right::DELETE | right::WRITE_DAC | right::WRITE_OWNER | right::GENERIC_ALL;
/// In a folder: take away what lies in it.
const OVER_CHILDREN: u32 = right::DELETE_CHILD;
const TO_WRITE: u32 = right::WRITE_DATA | right::APPEND_DATA | right::GENERIC_WRITE;

/// Who may do what, as far as the platform tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rights {
    Unix { owner: u32, mode: u32 },
    Windows(Access),
}

/// What is known about one folder on the way down to the state.
#[derive(Clone, Debug)]
pub struct FolderFacts {
    pub path: PathBuf,
    pub is_dir: bool,
    /// A link, or on Windows any reparse point.
    pub is_link: bool,
    pub rights: Rights,
}

/// Is a machine-wide folder the administrator's? The folder itself comes first, then its parents up to the root.
pub fn vet(chain: &[FolderFacts]) -> Result<(), String> {
    for (depth, folder) in chain.iter().enumerate() {
        vet_one(folder, depth > 0).map_err(|why| format!("{} {why}", folder.path.display()))?;
    }
    Ok(())
}

fn vet_one(folder: &FolderFacts, is_parent: bool) -> Result<(), String> {
    if folder.is_link {
        return Err("is a link: name the folder that it leads to".into());
    }
    if !folder.is_dir {
        return Err("is not a folder".into());
    }
    match &folder.rights {
        Rights::Unix { owner, mode } => vet_unix(*owner, *mode, is_parent).map_err(Into::into),
        Rights::Windows(access) => vet_windows(access, OVER_IT | OVER_CHILDREN),
    }
}

fn vet_unix(owner: u32, mode: u32, is_parent: bool) -> Result<(), &'static str> {
    if owner != 0 {
        return Err("belongs to an ordinary user, not to root");
    }
    // Who may write in a parent without the sticky bit can put another folder in our place.
    if is_parent && mode & 0o002 != 0 && mode & 0o1000 == 0 {
        return Err("can be written by everybody");
    }
    Ok(())
}

fn vet_windows(access: &Access, forbidden: u32) -> Result<(), String> {
    if !access.is_administrators() {
        let owner = &access.owner;
        return Err(format!(
            "belongs to an ordinary user ({owner}), not to the administrators"
        ));
    }
    match access.who_has(forbidden) {
        Some(who) => Err(format!("can be changed or replaced by others ({who})")),
        None => Ok(()),
    }
}

/// A file that only the administrator may have written.
pub(super) fn vet_file(rights: &Rights) -> Result<(), String> {
    match rights {
        Rights::Unix { owner, .. } if *owner != 0 => {
            Err("does not belong to root, as it must in scope machine".into())
        }
        Rights::Unix { mode, .. } if mode & 0o022 != 0 => {
            Err("can be written by others than root".into())
        }
        Rights::Unix { .. } => Ok(()),
        Rights::Windows(access) => vet_windows(access, OVER_IT | TO_WRITE),
    }
}

/// Collects the facts for [`vet`], the folder first.
pub fn survey(dir: &Path) -> io::Result<Vec<FolderFacts>> {
    let named = |path: &&Path| !path.as_os_str().is_empty();
    dir.ancestors().filter(named).map(facts_of).collect()
}

fn facts_of(path: &Path) -> io::Result<FolderFacts> {
    let metadata = std::fs::symlink_metadata(path)?;
    Ok(FolderFacts {
        path: path.to_owned(),
        is_dir: metadata.is_dir(),
        is_link: is_link(&metadata),
        rights: rights_of(path, &metadata)?,
    })
}

#[cfg(unix)]
fn is_link(metadata: &Metadata) -> bool {
    metadata.is_symlink()
}

#[cfg(windows)]
fn is_link(metadata: &Metadata) -> bool {
    use std::os::windows::fs::MetadataExt;
    use windows_sys::Win32::Storage::FileSystem::FILE_ATTRIBUTE_REPARSE_POINT;
    metadata.file_attributes() & FILE_ATTRIBUTE_REPARSE_POINT != 0
}

#[cfg(unix)]
fn rights_of(_: &Path, metadata: &Metadata) -> io::Result<Rights> {
    Ok(of_metadata(metadata))
}

#[cfg(unix)]
fn of_metadata(metadata: &Metadata) -> Rights {
    use std::os::unix::fs::MetadataExt;
    Rights::Unix {
        owner: metadata.uid(),
        mode: metadata.mode(),
    }
}

#[cfg(windows)]
fn rights_of(path: &Path, _: &Metadata) -> io::Result<Rights> {
    let folder = crate::platform::access::open_for_reading_rights(path)?;
    Ok(Rights::Windows(crate::platform::access::of(&folder)?))
}

/// Of a file that is open, so that it is the one that is read.
#[cfg(unix)]
pub(super) fn rights_of_open(file: &std::fs::File) -> io::Result<Rights> {
    Ok(of_metadata(&file.metadata()?))
}

/// Of a file that is open, so that it is the one that is read.
#[cfg(windows)]
pub(super) fn rights_of_open(file: &std::fs::File) -> io::Result<Rights> {
    Ok(Rights::Windows(crate::platform::access::of(file)?))
}

#[cfg(test)]
#[path = "vetting_tests.rs"]
mod tests;
