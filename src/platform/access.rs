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
        let harmless = |who: &str| ADMINISTRATORS.contains(&who) || PLACEHOLDERS.contains(&who);
        let mut grants = self.grants.iter();
        grants
            .find(|grant| grant.mask & rights != 0 && !harmless(&grant.who))
            .map(|grant| grant.who.as_str())
    }
}
