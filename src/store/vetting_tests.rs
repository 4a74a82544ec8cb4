//! Facts in, judgement out; the Windows facts are those of real folders, written as Windows writes them.

use super::*;
use crate::platform::access::Grant;

const ADMINISTRATORS: &str = "S-1-5-32-544";
const INSTALLER: &str = "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464";
const SOMEBODY: &str = "S-1-5-21-1-2-3-1001";
const USERS: &str = "S-1-5-32-545";

fn folder(path: &str, owner: u32, mode: u32) -> FolderFacts {
    FolderFacts {
        path: path.into(),
        is_dir: true,
        is_link: false,
        rights: Rights::Unix { owner, mode },
    }
}

#[test]
fn a_machine_folder_must_be_the_administrators() {
    let root = || folder("/", 0, 0o755);
    assert_eq!(vet(&[folder("/s", 0, 0o1777), root()]), Ok(()));
    assert_eq!(vet(&[folder("/s", 0, 0o777), root()]), Ok(()));
    let sticky = folder("/tmp", 0, 0o1777);
    assert_eq!(vet(&[folder("/tmp/s", 0, 0o777), sticky, root()]), Ok(()));

    assert!(vet(&[folder("/s", 1000, 0o755), root()]).is_err());
    assert!(vet(&[folder("/u/s", 0, 0o755), folder("/u", 1000, 0o755), root()]).is_err());
    assert!(vet(&[folder("/w/s", 0, 0o755), folder("/w", 0, 0o777), root()]).is_err());
    let link = |path: &str| FolderFacts {
        is_link: true,
        is_dir: false,
        ..folder(path, 0, 0o777)
    };
    assert!(vet(&[link("/s"), root()]).is_err());
    assert!(vet(&[folder("/l/s", 0, 0o755), link("/l"), root()]).is_err());
    let file = FolderFacts {
        is_dir: false,
        ..folder("/s", 0, 0o644)
    };
    assert!(vet(&[file, root()]).unwrap_err().contains("/s"));
}

#[test]
fn a_survey_goes_up_to_the_root() {
    let dir = tempfile::tempdir().unwrap();
    let chain = survey(dir.path()).unwrap();
    assert_eq!(chain[0].path, dir.path());
    assert_eq!(chain.last().unwrap().path.parent(), None);
    assert!(survey(&dir.path().join("missing")).is_err());
}

fn access(owner: &str, grants: &[(&str, u32)]) -> Access {
    let grants = grants.iter().map(|(who, mask)| Grant {
        who: (*who).into(),
        mask: *mask,
    });
    Access {
        owner: owner.into(),
        grants: grants.collect(),
    }
}

fn on_windows(path: &str, access: Access) -> FolderFacts {
    FolderFacts {
        rights: Rights::Windows(access),
        ..folder(path, 0, 0)
    }
}

/// Users may list, read and make files.
const OF_SETUP: u32 = 0x0012_00ab;

fn system_folders() -> [FolderFacts; 2] {
    // ProgramData: users may make files and folders. The drive: folders.
    let data = access("S-1-5-18", &[(ADMINISTRATORS, !0), (USERS, 0x0012_01bf)]);
    let drive = access(INSTALLER, &[("S-1-5-11", 0x4), (USERS, 0x0012_00a9)]);
    [
        on_windows(r"C:\ProgramData", data),
        on_windows(r"C:\", drive),
    ]
}

#[test]
fn on_windows_a_folder_as_setup_makes_it_passes() {
    let made = access(
        ADMINISTRATORS,
        &[("S-1-5-18", !0), (ADMINISTRATORS, !0), (USERS, OF_SETUP)],
    );
    let [data, drive] = system_folders();
    assert_eq!(
        vet(&[on_windows(r"C:\ProgramData\s", made), data, drive]),
        Ok(())
    );
}

#[test]
fn on_windows_nobody_else_may_own_replace_or_empty_it() {
    let refused = |owner: &str, who: &str, mask: u32| {
        let [data, drive] = system_folders();
        let own = access(owner, &[(who, mask)]);
        let told = vet(&[on_windows("own", own.clone()), data.clone(), drive.clone()]);
        let below = access(ADMINISTRATORS, &[]);
        let parent = vet(&[on_windows("below", below), on_windows("own", own), drive]);
        assert_eq!(told.is_err(), parent.is_err(), "{owner} {who} {mask:x}");
        told.is_err().then(|| told.unwrap_err())
    };
    let of_somebody = refused(SOMEBODY, USERS, OF_SETUP).unwrap();
    assert!(of_somebody.contains(SOMEBODY), "{of_somebody}");
    for mask in [
        right::DELETE,
        right::WRITE_DAC,
        right::WRITE_OWNER,
        right::DELETE_CHILD,
        right::GENERIC_ALL,
        0x0013_01bf,
    ] {
        let told = refused(ADMINISTRATORS, USERS, mask).unwrap();
        assert!(told.contains(USERS), "{told}");
        assert_eq!(refused(ADMINISTRATORS, INSTALLER, mask), None);
    }
}

#[test]
fn in_scope_machine_a_file_is_the_administrators() {
    let unix = |owner, mode| vet_file(&Rights::Unix { owner, mode });
    assert_eq!(unix(0, 0o100_644), Ok(()));
    assert!(unix(1000, 0o100_644).is_err());
    assert!(unix(0, 0o100_664).is_err());
    assert!(unix(0, 0o100_646).is_err());

    let windows = |owner, mask| vet_file(&Rights::Windows(access(owner, &[(USERS, mask)])));
    assert_eq!(windows(ADMINISTRATORS, 0x0012_0089), Ok(()));
    assert!(windows(SOMEBODY, 0x0012_0089).is_err());
    for mask in [
        right::WRITE_DATA,
        right::APPEND_DATA,
        right::DELETE,
        right::GENERIC_WRITE,
    ] {
        assert!(windows(ADMINISTRATORS, mask).is_err(), "{mask:x}");
    }
}
