//! Whether state was written on this machine, by keyed hashes of its parts.
//!
//! The operating system's id settles it at every ordinary start. Where that differs or means nothing (a reinstalled
//! system, a cloned image, a container), two other kinds of part decide: board, processor, one disk in common, one
//! network card in common. One item of a list is enough, so a swapped dock or an added disk changes nothing.
//!
//! Only hashes are kept, so that a state file gives away no serial number; the kind goes into the hash, so that equal
//! texts of different kinds never meet. Ids that many machines share are left out of both sides and never match.
//!
//! One rule goes beyond "two parts": a machine of which nothing differs is taken for the same. A container often has no
//! id of its own, or none but the processor's model; counting matches alone would call it foreign at every start, and
//! it could never be licensed offline. Nothing is lost by it: of a machine without ids nothing can be proved either way.

use super::{Machine, Parts, well_known};
use ring::hmac;
use serde::{Deserialize, Serialize};

/// Hex digits kept of a part's hash: 128 bits.
const HASH_DIGITS: usize = 32;
/// Hex digits in a file name: 64 bits.
const TAG_DIGITS: usize = 16;
/// Kinds of part that must agree where the operating system's id does not.
const ENOUGH: usize = 2;

/// A kind of part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    OsId,
    Board,
    Cpu,
    Disks,
    Network,
}

impl Kind {
    pub const ALL: [Kind; 5] = [
        Kind::OsId,
        Kind::Board,
        Kind::Cpu,
        Kind::Disks,
        Kind::Network,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Kind::OsId => "os_id",
            Kind::Board => "board",
            Kind::Cpu => "cpu",
            Kind::Disks => "disks",
            Kind::Network => "network",
        }
    }
}

/// How a machine compares to the one that a state was written on. The kinds are those that no longer agree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Match {
    /// The same, by the operating system's id alone; the other parts were not read.
    OsId,
    /// The same, by its other parts.
    Parts(Vec<Kind>),
    /// Another one.
    Foreign(Vec<Kind>),
}

impl Match {
    pub fn is_ours(&self) -> bool {
        !matches!(self, Match::Foreign(_))
    }
}

/// Keyed hashes of a machine's parts. A part that was not obtained, or that does not count, is not there.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(default)]
pub struct Binding {
    pub os_id: Option<String>,
    pub board: Option<String>,
    pub cpu: Option<String>,
    pub disks: Vec<String>,
    pub macs: Vec<String>,
}

impl Binding {
    /// What is kept of a machine.
    pub fn of(key: &[u8], parts: &Parts) -> Binding {
        let key = hmac::Key::new(hmac::HMAC_SHA256, key);
        let all =
            |kind, ids: &[String]| ids.iter().filter_map(|id| hashed(&key, kind, id)).collect();
        Binding {
            os_id: hashed(&key, Kind::OsId, &parts.os_id),
            board: hashed(&key, Kind::Board, &parts.board),
            cpu: hashed(&key, Kind::Cpu, &parts.cpu),
            disks: all(Kind::Disks, &parts.disks),
            macs: all(Kind::Network, &parts.macs),
        }
    }

    /// Whether `machine` is the one this was made of. Parts other than the operating system's id are read only if that
    /// does not settle it.
    pub fn is_this_machine(&self, key: &[u8], machine: &dyn Machine) -> Match {
        let os_id = machine.os_id();
        if self.has_os_id(key, &os_id) {
            return Match::OsId;
        }
        let now = Binding::of(
            key,
            &Parts {
                os_id,
                ..machine.parts()
            },
        );
        let that = |agree: bool| {
            let kinds = Kind::ALL.into_iter();
            kinds
                .filter(|&kind| self.agrees(&now, kind) == Some(agree))
                .collect::<Vec<Kind>>()
        };
        let (same, changed) = (that(true), that(false));
        if changed.is_empty() || same.len() >= ENOUGH {
            Match::Parts(changed)
        } else {
            Match::Foreign(changed)
        }
    }

    /// The kinds of part in which two machines differ, or one at two times.
    pub fn differences(&self, other: &Binding) -> Vec<Kind> {
        let kinds = Kind::ALL.into_iter();
        kinds
            .filter(|&kind| self.agrees(other, kind) == Some(false))
            .collect()
    }

    fn has_os_id(&self, key: &[u8], os_id: &str) -> bool {
        let key = hmac::Key::new(hmac::HMAC_SHA256, key);
        self.os_id.is_some() && self.os_id == hashed(&key, Kind::OsId, os_id)
    }

    /// None where neither side has this kind, so that it says nothing.
    fn agrees(&self, other: &Binding, kind: Kind) -> Option<bool> {
        let (mine, theirs) = (self.hashes(kind), other.hashes(kind));
        let known = !mine.is_empty() || !theirs.is_empty();
        known.then(|| mine.iter().any(|hash| theirs.contains(hash)))
    }

    /// None that was not obtained or does not count.
    pub fn hashes(&self, kind: Kind) -> &[String] {
        match kind {
            Kind::OsId => self.os_id.as_slice(),
            Kind::Board => self.board.as_slice(),
            Kind::Cpu => self.cpu.as_slice(),
            Kind::Disks => &self.disks,
            Kind::Network => &self.macs,
        }
    }
}

/// A short keyed hash of the machine id, for the name of a file of this machine in a folder that several share. Ids that
/// do not count all give the same name.
pub fn file_tag(key: &[u8], os_id: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key);
    let id = if well_known::counts(os_id) { os_id } else { "" };
    digest(&key, "file-name", id, TAG_DIGITS)
}

fn hashed(key: &hmac::Key, kind: Kind, id: &str) -> Option<String> {
    well_known::counts(id).then(|| digest(key, kind.name(), id, HASH_DIGITS))
}

/// Case and surrounding blanks do not matter: they differ between ways to read the same id.
fn digest(key: &hmac::Key, domain: &str, id: &str, digits: usize) -> String {
    let message = format!("iscdesk device {domain}\0{}", id.trim().to_uppercase());
    let tag = hmac::sign(key, message.as_bytes());
    crate::hex::lower(&tag.as_ref()[..digits / 2])
}

#[cfg(test)]
#[path = "binding_tests.rs"]
mod tests;
