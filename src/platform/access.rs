//! Who may do what with a file or folder of Windows, and which of those are the administrators. The answers come from
//! the system (`access_windows.rs`); what is made of them is the same on every platform, so that it is tested on each.

#[cfg(windows)]
#[path = "access_windows.rs"]
mod system;
#[cfg(windows)]
pub use system::*;

/// Bits of an access mask, by Windows' names.
pub mod right {
    /// Of a folder: make files.
    pub const WRITE_DATA: u32 = 0x2;
    pub const APPEND_DATA: u32 = 0x4;
    /// Of a folder: remove whatever lies in it.
    pub const DELETE_CHILD: u32 = 0x40;
    pub const DELETE: u32 = 0x0001_0000;
    pub const WRITE_DAC: u32 = 0x0004_0000;
    pub const WRITE_OWNER: u32 = 0x0008_0000;
    pub const GENERIC_ALL: u32 = 0x1000_0000;
    pub const GENERIC_WRITE: u32 = 0x4000_0000;
    /// Whatever changes a thing, what lies in it, or who may do so.
    pub const TO_CHANGE: u32 = WRITE_DATA
        | APPEND_DATA
        | DELETE_CHILD
        | DELETE
        | WRITE_DAC
        | WRITE_OWNER
        | GENERIC_ALL
        | GENERIC_WRITE;
}

/// The administrators, the system and its installer. Whoever is one of these can do everything anyhow.
const ADMINISTRATORS: [&str; 3] = [
    "S-1-5-32-544",
    "S-1-5-18",
    "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464",
];

/// Stand for nobody of their own: the owner of what is made in a folder, and the owner.
const PLACEHOLDERS: [&str; 2] = ["S-1-3-0", "S-1-3-4"];

/// One line of an access list that allows something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The SID as text.
    pub who: String,
    pub mask: u32,
}

/// The owner, and what the access list allows on the thing itself. Denials are left out: they only take away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    pub owner: String,
    pub grants: Vec<Grant>,
}

impl Access {
    pub fn is_administrators(&self) -> bool {
        ADMINISTRATORS.contains(&self.owner.as_str())
    }

    /// The first who is no administrator and holds any of these rights.
    pub fn who_has(&self, rights: u32) -> Option<&str> {
        self.who_else_has(rights, "")
    }

    /// The same, but for one user.
    fn who_else_has(&self, rights: u32, user: &str) -> Option<&str> {
        let harmless =
            |who: &str| who == user || ADMINISTRATORS.contains(&who) || PLACEHOLDERS.contains(&who);
        let mut grants = self.grants.iter();
        grants
            .find(|grant| grant.mask & rights != 0 && !harmless(&grant.who))
            .map(|grant| grant.who.as_str())
    }

    /// Why another than this user may write it, or put something in its place. None: nobody may but administrators.
    pub fn not_private_to(&self, user: &str) -> Option<String> {
        if self.owner != user && !self.is_administrators() {
            return Some(format!("belongs to another user ({})", self.owner));
        }
        let who = self.who_else_has(right::TO_CHANGE, user)?;
        Some(format!("can be written by other users ({who})"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const USER: &str = "S-1-5-21-1-2-3-1001";
    const OTHER: &str = "S-1-5-21-1-2-3-1002";
    /// All that a user may do by reading and running.
    const READ: u32 = 0x0012_00a9;

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

    #[test]
    fn private_is_what_only_its_user_and_administrators_change() {
        let full = 0x001f_01ff;
        let own = [("S-1-5-18", full), ("S-1-5-32-544", full), (USER, full)];
        let with = |more: &[(&'static str, u32)]| [&own[..], more].concat();
        for owner in [USER, "S-1-5-32-544"] {
            assert_eq!(access(owner, &own).not_private_to(USER), None);
            let read = with(&[(OTHER, READ), ("S-1-1-0", READ), ("S-1-3-0", full)]);
            assert_eq!(access(owner, &read).not_private_to(USER), None);
        }
        let foreign = access(OTHER, &own).not_private_to(USER).unwrap();
        assert!(foreign.contains("belongs to another user"), "{foreign}");
        let each = (0..32).map(|bit| 1_u32 << bit);
        for right in each.filter(|right| right & right::TO_CHANGE != 0) {
            let shared = access(USER, &with(&[("S-1-5-11", READ | right)]));
            let why = shared.not_private_to(USER).unwrap();
            assert!(why.contains("other users (S-1-5-11)"), "{why}");
        }
    }
}
