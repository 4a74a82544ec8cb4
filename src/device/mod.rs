//! What this machine is: its id and the parts of the documented device fingerprint.
//!
//! Two readings, because they cost differently. The operating system's id is one small file or registry value and is
//! read at every start; all parts are read only when that id does not settle the matter, or when a fingerprint is asked
//! for. Both take well under 5 ms: no WMI, no child process, no administrator's rights, nothing but the system's own
//! tables. What cannot be obtained is empty, and what a maker never filled in counts as not obtained ([`well_known`]).
//!
//! One file per platform reads. What decides (which adapters, which disks, which ids mean nothing, whether this is
//! still the same machine) is shared and pure, so that it is tested on any platform.

mod adapters;
pub mod binding;
mod cpuid;
#[cfg(any(target_os = "linux", windows, test))]
mod disks;
#[cfg(any(windows, test))]
mod smbios;
#[cfg(any(windows, test))]
mod storage_descriptor;
pub mod well_known;

#[cfg(target_os = "linux")]
#[path = "linux.rs"]
mod platform;
#[cfg(windows)]
#[path = "windows.rs"]
mod platform;
#[cfg(target_os = "macos")]
#[path = "macos.rs"]
mod platform;
#[cfg(not(any(target_os = "linux", windows, target_os = "macos")))]
#[path = "other.rs"]
mod platform;

pub use binding::{Binding, Kind, Match, file_tag};

/// Longest fingerprint in bytes. "5K" is documented without saying 5000 or 5120; the smaller is right under both.
pub const MAX_FINGERPRINT: usize = 5000;

/// What a machine can be told by. Empty = not obtained.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    /// The operating system's own id of this installation.
    pub os_id: String,
    /// Hardware addresses of physical network adapters, `04:7C:16:5E:E3:5D`, sorted.
    pub macs: Vec<String>,
    /// Serial numbers of built-in disks, sorted.
    pub disks: Vec<String>,
    /// Serial number of the main board, or the id the firmware gives the machine.
    pub board: String,
    /// Model of the processor as CPUID tells it, or the serial number where processors have one.
    pub cpu: String,
}

/// A machine, so that tests can stand in for one.
pub trait Machine: Send + Sync {
    /// The operating system's id alone: cheap.
    fn os_id(&self) -> String;
    /// All parts.
    fn parts(&self) -> Parts;
}

/// The machine this program runs on.
pub struct ThisMachine;

impl Machine for ThisMachine {
    fn os_id(&self) -> String {
        platform::os_id()
    }

    fn parts(&self) -> Parts {
        platform::parts()
    }
}

/// The documented device fingerprint: `MACs|disks|board|cpu`, lists joined by commas, the whole upper-cased.
///
/// There are always exactly three `|`: one inside a value becomes `_`, as does a control character. Longer than
/// [`MAX_FINGERPRINT`], it loses items from the end of whichever list is the longer one, then characters from the end
/// of the board and of the CPU: the sorted lists keep their head, so the result is the same every time.
pub fn fingerprint(parts: &Parts) -> String {
    let mut macs: Vec<String> = parts.macs.iter().map(|m| clean(m)).collect();
    let mut disks: Vec<String> = parts.disks.iter().map(|d| clean(d)).collect();
    let mut board = clean(&parts.board);
    let mut cpu = clean(&parts.cpu);
    loop {
        let (macs_len, disks_len) = (joined_len(&macs), joined_len(&disks));
        let fixed = board.len() + cpu.len() + 3;
        if macs_len + disks_len + fixed <= MAX_FINGERPRINT {
            return format!("{}|{}|{board}|{cpu}", macs.join(","), disks.join(","));
        }
        let longer = if macs_len > disks_len {
            &mut macs
        } else {
            &mut disks
        };
        if longer.pop().is_none() {
            let one = if board.len() > cpu.len() {
                &mut board
            } else {
                &mut cpu
            };
            one.pop();
        }
    }
}

fn clean(value: &str) -> String {
    value
        .chars()
        .map(|c| if c == '|' || c.is_control() { '_' } else { c })
        .flat_map(char::to_uppercase)
        .collect()
}

fn joined_len(items: &[String]) -> usize {
    items.iter().map(String::len).sum::<usize>() + items.len().saturating_sub(1)
}

/// The first of several ids that means something, else nothing.
fn first_that_counts(ids: impl IntoIterator<Item = String>) -> String {
    ids.into_iter()
        .map(|id| id.trim().to_owned())
        .find(|id| well_known::counts(id))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests;
