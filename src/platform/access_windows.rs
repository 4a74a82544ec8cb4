//! The calls: reading security descriptors, and making and marking what all users of a machine share.
//!
//! Access lists are written in Windows' own language for them (SDDL), in which an administrator can check them.

use super::{Access, Grant};
use std::ffi::{OsStr, OsString, c_void};
use std::fs::{File, OpenOptions};
use std::io;
use std::os::windows::ffi::{OsStrExt, OsStringExt};
use std::os::windows::fs::OpenOptionsExt;
use std::os::windows::io::{AsRawHandle, FromRawHandle, OwnedHandle};
use std::path::{Path, PathBuf};
use std::ptr::null_mut;
use windows_sys::Win32::Foundation::{ERROR_SUCCESS, HLOCAL, INVALID_HANDLE_VALUE, LocalFree};
use windows_sys::Win32::Security::Authorization::{
    ConvertSidToStringSidW, ConvertStringSecurityDescriptorToSecurityDescriptorW, GetSecurityInfo,
    SDDL_REVISION_1, SE_FILE_OBJECT,
};
use windows_sys::Win32::Security::{
    ACCESS_ALLOWED_ACE, ACE_HEADER, ACL, DACL_SECURITY_INFORMATION, GetAce, GetTokenInformation,
    INHERIT_ONLY_ACE, OWNER_SECURITY_INFORMATION, PROTECTED_DACL_SECURITY_INFORMATION,
    PSECURITY_DESCRIPTOR, PSID, SetKernelObjectSecurity, TOKEN_QUERY, TOKEN_USER, TokenUser,
};
use windows_sys::Win32::Storage::FileSystem::{
    FILE_FLAG_BACKUP_SEMANTICS, FILE_FLAG_OPEN_REPARSE_POINT, FILE_SHARE_DELETE, FILE_SHARE_READ,
    FILE_SHARE_WRITE, READ_CONTROL, ReOpenFile, WRITE_DAC,
};
use windows_sys::Win32::System::Com::CoTaskMemFree;
use windows_sys::Win32::System::Threading::{GetCurrentProcess, OpenProcessToken};
use windows_sys::Win32::UI::Shell::{FOLDERID_ProgramData, SHGetKnownFolderPath};

const SHARE_ALL: u32 = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
/// Types of lines that allow something: plain, and with a condition, which is taken for fulfilled.
const ALLOWED: [u8; 2] = [0, 9];

/// A folder on the way to the state: all read, only administrators write.
#[cfg(any(feature = "cli", test))]
pub const SDDL_PARENT: &str = "O:BAG:BAD:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;0x1200a9;;;BU)";
/// The folder of the state: users make files in it, over which they then have every right but that of the access list.
/// Those of others, the administrator's among them, they may only read. No folders, no removal of what is not theirs.
#[cfg(any(feature = "cli", test))]
pub const SDDL_FOLDER: &str = "O:BAG:BAD:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;;0x1200ab;;;BU)\
    (A;OIIO;0x120089;;;BU)(A;OIIO;0x1301bf;;;CO)";
/// The state itself, whoever made it: every user reads, writes and replaces it.
const SDDL_STATE: &str = "D:P(A;;FA;;;SY)(A;;FA;;;BA)(A;;0x1301bf;;;BU)";

/// A folder of one user's alone: he, the system and the administrators, whatever its parent would pass on.
pub fn sddl_private(user: &str) -> String {
    format!("D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;FA;;;{user})")
}

/// Memory that the system gave and takes back by `LocalFree`.
struct Local(*mut c_void);

impl Drop for Local {
    fn drop(&mut self) {
        // SAFETY: the system allocated it for us, and nobody else frees it.
        unsafe { LocalFree(self.0 as HLOCAL) };
    }
}

/// `C:\ProgramData` or where it was moved to.
pub fn program_data() -> Option<PathBuf> {
    let mut text = null_mut();
    // SAFETY: the identifier is a constant, no user's token is named, and `text` is ours to fill.
    let failed = unsafe { SHGetKnownFolderPath(&FOLDERID_ProgramData, 0, null_mut(), &mut text) };
    let path = (failed == 0 && !text.is_null()).then(|| {
        // SAFETY: the call succeeded, so this is a NUL-terminated text.
        unsafe { from_wide(text) }
    });
    // SAFETY: to be freed whether it succeeded or not; NULL is allowed.
    unsafe { CoTaskMemFree(text.cast()) };
    path.map(PathBuf::from)
}

/// Opens a file or folder to ask who may do what; a link as itself.
pub fn open_for_reading_rights(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .access_mode(READ_CONTROL)
        .custom_flags(FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_REPARSE_POINT)
        .open(path)
}

/// Who may do what with it. The handle must have been opened to read, or with `READ_CONTROL`.
pub fn of(file: &File) -> io::Result<Access> {
    let (mut owner, mut list, mut descriptor) = (null_mut(), null_mut(), null_mut());
    // SAFETY: the handle is open; the pointers are ours to fill, those not asked for are NULL.
    let error = unsafe {
        GetSecurityInfo(
            file.as_raw_handle(),
            SE_FILE_OBJECT,
            OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION,
            &mut owner,
            null_mut(),
            &mut list,
            null_mut(),
            &mut descriptor,
        )
    };
    if error != ERROR_SUCCESS {
        return Err(io::Error::from_raw_os_error(error as i32));
    }
    let _descriptor = Local(descriptor);
    // SAFETY: both point into the descriptor, which lives until the end of this function.
    unsafe {
        Ok(Access {
            owner: sid_text(owner)?,
            grants: grants(list)?,
        })
    }
}

/// # Safety
/// `list` is NULL or a valid access list.
unsafe fn grants(list: *const ACL) -> io::Result<Vec<Grant>> {
    if list.is_null() {
        // No list at all: everybody may do everything.
        let who = "everybody".to_owned();
        return Ok(vec![Grant { who, mask: !0 }]);
    }
    let mut grants = Vec::new();
    // SAFETY: as promised by the caller.
    let count = u32::from(unsafe { (*list).AceCount });
    for index in 0..count {
        let mut line = null_mut();
        // SAFETY: the list is valid and the index within it.
        if unsafe { GetAce(list, index, &mut line) } == 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: each line begins with a header.
        let header = unsafe { &*line.cast::<ACE_HEADER>() };
        let inherit_only = u32::from(header.AceFlags) & INHERIT_ONLY_ACE != 0;
        if !ALLOWED.contains(&header.AceType) || inherit_only {
            continue;
        }
        let line = line.cast::<ACCESS_ALLOWED_ACE>();
        // SAFETY: lines of these types hold a mask, then a SID that begins at `SidStart`.
        let (mask, sid) = unsafe { ((*line).Mask, &raw mut (*line).SidStart) };
        // SAFETY: the same SID.
        let who = unsafe { sid_text(sid.cast()) }?;
        grants.push(Grant { who, mask });
    }
    Ok(grants)
}

/// # Safety
/// `sid` is NULL or a valid SID.
unsafe fn sid_text(sid: PSID) -> io::Result<String> {
    let mut text = null_mut();
    // SAFETY: as promised by the caller; `text` is ours to fill. NULL is answered by an error.
    if unsafe { ConvertSidToStringSidW(sid, &mut text) } == 0 {
        return Err(io::Error::last_os_error());
    }
    let _text = Local(text.cast());
    // SAFETY: the call succeeded, so this is a NUL-terminated text.
    Ok(unsafe { from_wide(text) }.to_string_lossy().into_owned())
}

/// Whose rights this process has: a SID as text.
pub fn user() -> io::Result<String> {
    let mut token = null_mut();
    // SAFETY: the process's own pseudo handle; `token` is ours to fill.
    if unsafe { OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &mut token) } == 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the handle is new and ours.
    let token = unsafe { OwnedHandle::from_raw_handle(token) };
    // A user and the longest SID, aligned as the structure wants it.
    let mut told = [0_u64; 16];
    let mut length = 0;
    // SAFETY: the token is open, and the memory is as large as is said.
    let asked = unsafe {
        GetTokenInformation(
            token.as_raw_handle(),
            TokenUser,
            told.as_mut_ptr().cast(),
            size_of_val(&told) as u32,
            &mut length,
        )
    };
    if asked == 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the call succeeded: the structure lies there, and its SID behind it.
    unsafe { sid_text((*told.as_ptr().cast::<TOKEN_USER>()).User.Sid) }
}

/// Makes a folder that has this access list from its first moment on.
pub fn make_folder(path: &Path, sddl: &str) -> io::Result<()> {
    let descriptor = descriptor(sddl)?;
    use windows_sys::Win32::Security::SECURITY_ATTRIBUTES;
    use windows_sys::Win32::Storage::FileSystem::CreateDirectoryW;
    let attributes = SECURITY_ATTRIBUTES {
        nLength: size_of::<SECURITY_ATTRIBUTES>() as u32,
        lpSecurityDescriptor: descriptor.0,
        bInheritHandle: 0,
    };
    let path = wide(verbatim(path)?.as_os_str());
    // SAFETY: the path is NUL-terminated, and the descriptor lives until after the call.
    match unsafe { CreateDirectoryW(path.as_ptr(), &attributes) } {
        0 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}

/// A path on a drive as one that may be longer than 248 characters.
fn verbatim(path: &Path) -> io::Result<PathBuf> {
    let path = std::path::absolute(path)?;
    let on_a_drive = path.as_os_str().encode_wide().nth(1) == Some(u16::from(b':'));
    Ok(match on_a_drive {
        true => Path::new(r"\\?\").join(path.as_os_str()),
        false => path,
    })
}

/// Gives a folder that is there this owner and access list.
#[cfg(any(feature = "cli", test))]
pub fn mark_folder(path: &Path, sddl: &str) -> io::Result<()> {
    use windows_sys::Win32::Storage::FileSystem::WRITE_OWNER;
    let folder = OpenOptions::new()
        .access_mode(READ_CONTROL | WRITE_DAC | WRITE_OWNER)
        .custom_flags(FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_REPARSE_POINT)
        .open(path)?;
    let what = OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION;
    set(&folder, sddl, what)
}

/// Lets every user write a file that this process has made.
pub fn share(file: &File) -> io::Result<()> {
    // SAFETY: the handle is open; a second one of the same file is asked for.
    let handle = unsafe { ReOpenFile(file.as_raw_handle(), WRITE_DAC, SHARE_ALL, 0) };
    if handle == INVALID_HANDLE_VALUE {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the handle is new and ours.
    let file = File::from(unsafe { OwnedHandle::from_raw_handle(handle) });
    set(&file, SDDL_STATE, DACL_SECURITY_INFORMATION)
}

fn set(file: &File, sddl: &str, what: u32) -> io::Result<()> {
    let descriptor = descriptor(sddl)?;
    let what = what | PROTECTED_DACL_SECURITY_INFORMATION;
    // SAFETY: the handle is open and the descriptor valid.
    match unsafe { SetKernelObjectSecurity(file.as_raw_handle(), what, descriptor.0) } {
        0 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}

fn descriptor(sddl: &str) -> io::Result<Local> {
    let text = wide(OsStr::new(sddl));
    let mut descriptor: PSECURITY_DESCRIPTOR = null_mut();
    // SAFETY: the text is NUL-terminated; `descriptor` is ours to fill, and its size is not asked for.
    let made = unsafe {
        ConvertStringSecurityDescriptorToSecurityDescriptorW(
            text.as_ptr(),
            SDDL_REVISION_1,
            &mut descriptor,
            null_mut(),
        )
    };
    match made {
        0 => Err(io::Error::last_os_error()),
        _ => Ok(Local(descriptor)),
    }
}

fn wide(text: &OsStr) -> Vec<u16> {
    text.encode_wide().chain([0]).collect()
}

/// # Safety
/// `text` points to a NUL-terminated text.
unsafe fn from_wide(text: *const u16) -> OsString {
    // SAFETY: as promised by the caller: within the text up to its end.
    let length = (0..).take_while(|&i| unsafe { *text.add(i) } != 0).count();
    // SAFETY: that many were just read.
    OsString::from_wide(unsafe { std::slice::from_raw_parts(text, length) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use windows_sys::Win32::Security::{GetSecurityDescriptorDacl, GetSecurityDescriptorOwner};

    /// As [`of`], of a descriptor in memory.
    fn access(sddl: &str) -> Access {
        let descriptor = descriptor(sddl).unwrap();
        let (mut owner, mut list, mut flag) = (null_mut(), null_mut(), 0);
        // SAFETY: the descriptor is valid while both are looked at.
        unsafe {
            assert_ne!(
                GetSecurityDescriptorOwner(descriptor.0, &mut owner, &mut flag),
                0
            );
            let mut there = 0;
            let read = GetSecurityDescriptorDacl(descriptor.0, &mut there, &mut list, &mut flag);
            assert_ne!(read * there, 0);
            Access {
                owner: sid_text(owner).unwrap(),
                grants: grants(list).unwrap(),
            }
        }
    }

    #[test]
    fn the_lists_of_setup_say_what_they_are_meant_to() {
        let grant = |who: &str, mask| Grant {
            who: who.into(),
            mask,
        };
        let both = [grant("S-1-5-18", 0x1f01ff), grant("S-1-5-32-544", 0x1f01ff)];
        let folder = access(SDDL_FOLDER);
        assert!(folder.is_administrators());
        let users = grant("S-1-5-32-545", 0x1200ab);
        assert_eq!(folder.grants, [&both[..], &[users]].concat());
        let parent = access(SDDL_PARENT);
        let users = grant("S-1-5-32-545", 0x1200a9);
        assert_eq!(parent.grants, [&both[..], &[users]].concat());
        // SAFETY: NULL is allowed: no list.
        let none = unsafe { grants(std::ptr::null()) }.unwrap();
        assert_eq!((none.len(), none[0].mask), (1, !0));
        assert!(!access("O:BUD:").is_administrators());
    }

    #[test]
    fn program_data_is_a_folder_of_which_the_rights_are_told() {
        let folder = program_data().unwrap();
        assert!(folder.is_absolute());
        let open = open_for_reading_rights(&folder).unwrap();
        assert!(of(&open).unwrap().owner.starts_with("S-1-"));
    }

    #[test]
    fn a_private_folder_is_this_users_and_a_shared_one_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let user = user().unwrap();
        assert!(user.starts_with("S-1-"), "{user}");
        let access = |sddl: &str| {
            let access = access(sddl);
            Access {
                owner: user.clone(),
                ..access
            }
        };
        let private = sddl_private(&user);
        assert_eq!(
            access(&format!("O:BA{private}")).not_private_to(&user),
            None
        );
        let shared = access(&format!("O:BA{private}(A;;0x2;;;AU)"));
        assert!(shared.not_private_to(&user).is_some());
        let path = folder.path().join("own");
        make_folder(&path, &private).unwrap();
        let made = of(&open_for_reading_rights(&path).unwrap()).unwrap();
        assert_eq!(made.not_private_to(&user), None, "{made:?}");
    }

    #[test]
    fn what_this_process_made_can_be_shared() {
        let file = tempfile::NamedTempFile::new().unwrap();
        share(file.as_file()).unwrap();
    }
}
