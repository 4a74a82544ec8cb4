//! Linux: what the kernel and the firmware tell in `/etc`, `/sys`, `/proc` and `/run/udev`, to an ordinary user too.
//!
//! Every reading starts at a root folder, so that tests run on fabricated trees. Only few things are for root alone
//! (board serial, product UUID): an ordinary user's fingerprint simply lacks the board there.
//!
//! A link `device` is what tells a real adapter or disk from bridges, veth pairs, loops and mapped volumes. Its resolved
//! path names the buses on the way, which is how USB and virtual devices are known.

use super::adapters::{self, Adapter};
use super::disks::{self, Disk};
use super::{Parts, cpuid, first_that_counts};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Longest attribute that is read; all of these are far shorter.
const LONGEST_ATTRIBUTE: u64 = 64 * 1024;
/// `ARPHRD_ETHER`, which Wi-Fi has as well.
const ETHERNET: &str = "1";
/// `NET_ADDR_PERM`: the address the adapter was made with.
const PERMANENT: &str = "0";
/// VPD page 0x80 begins with the device type, its own number and the length of the serial number.
const VPD_HEADER: usize = 4;

pub(super) fn os_id() -> String {
    os_id_below(Path::new("/"))
}

pub(super) fn parts() -> Parts {
    parts_below(Path::new("/"))
}

fn os_id_below(root: &Path) -> String {
    first_that_counts(
        ["etc/machine-id", "var/lib/dbus/machine-id"]
            .iter()
            .map(|file| text(&root.join(file))),
    )
}

fn parts_below(root: &Path) -> Parts {
    Parts {
        os_id: os_id_below(root),
        macs: adapters::listed(&adapters_below(root)),
        disks: disks::listed(&disks_below(root)),
        board: board_below(root),
        cpu: first_that_counts([cpuid::processor_id(), cpu_serial_below(root)]),
    }
}

fn adapters_below(root: &Path) -> Vec<Adapter> {
    let adapters = entries(&root.join("sys/class/net"));
    adapters.iter().filter_map(|a| adapter(root, a)).collect()
}

fn adapter(root: &Path, folder: &Path) -> Option<Adapter> {
    let buses = device_buses(root, folder)?;
    // A phone that tethers is a host's adapter; a gadget is this machine playing one. A virtual function is its card's.
    let passing = ["virtual", "gadget", "bluetooth"];
    let is_passing = buses
        .iter()
        .any(|b| passing.iter().any(|p| b.starts_with(p)));
    let is_virtual_function = folder.join("device/physfn").exists();
    if is_passing || is_virtual_function || text(&folder.join("type")) != ETHERNET {
        return None;
    }
    // A Wi-Fi address may be a private one of the day, a bonded one its partner's: these two keep the original.
    let originals = ["phy80211/macaddress", "bonding_slave/perm_hwaddr"];
    let original = originals.iter().find_map(|f| address(&folder.join(f)));
    Some(Adapter {
        address: original.or_else(|| address(&folder.join("address")))?,
        built_in_address: original.is_some() || text(&folder.join("addr_assign_type")) == PERMANENT,
    })
}

fn address(file: &Path) -> Option<[u8; 6]> {
    let text = text(file);
    let bytes: Result<Vec<u8>, _> = text
        .split(':')
        .map(|pair| u8::from_str_radix(pair, 16))
        .collect();
    bytes.ok()?.try_into().ok()
}

fn disks_below(root: &Path) -> Vec<Disk> {
    let disks = entries(&root.join("sys/block"));
    disks.iter().filter_map(|d| disk(root, d)).collect()
}

fn disk(root: &Path, folder: &Path) -> Option<Disk> {
    let buses = device_buses(root, folder)?;
    if text(&folder.join("removable")) == "1" {
        return None;
    }
    let external = ["usb", "session", "rport-"];
    let is_external = |bus: &String| {
        let after = external.iter().find_map(|kind| bus.strip_prefix(kind));
        after.is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
    };
    Some(Disk {
        serial: disk_serial(root, folder),
        built_in: !buses.iter().any(is_external),
    })
}

/// The serial number proper where one of the places has it, else the world-wide name.
fn disk_serial(root: &Path, folder: &Path) -> String {
    let of = |file: &str| text(&folder.join(file));
    first_that_counts(
        [
            of("serial"),
            of("device/serial"),
            vpd_serial(&folder.join("device/vpd_pg80")),
            udev_serial(root, &of("dev")),
        ]
        .into_iter()
        .chain([of("wwid"), of("device/wwid")]),
    )
}

fn vpd_serial(file: &Path) -> String {
    let page = bytes(file);
    readable(page.get(VPD_HEADER..).unwrap_or_default())
}

/// What the names in `/dev/disk/by-id` are made from, for kernels that show no serial number themselves.
fn udev_serial(root: &Path, number: &str) -> String {
    if number.is_empty() {
        return String::new();
    }
    let record = text(&root.join(format!("run/udev/data/b{number}")));
    let mut lines = record.lines();
    let serial = lines.find_map(|line| line.strip_prefix("E:ID_SERIAL_SHORT="));
    serial.unwrap_or_default().to_owned()
}

fn board_below(root: &Path) -> String {
    first_that_counts(
        [
            "sys/class/dmi/id/board_serial",
            "sys/class/dmi/id/product_uuid",
            "sys/firmware/devicetree/base/serial-number",
        ]
        .iter()
        .map(|file| text(&root.join(file))),
    )
}

/// The serial number that processors of small ARM boards have.
fn cpu_serial_below(root: &Path) -> String {
    let info = text(&root.join("proc/cpuinfo"));
    let serial = info.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        (name.trim() == "Serial").then(|| value.trim().to_owned())
    });
    serial.unwrap_or_default()
}

/// The steps of the resolved path of `folder/device` below the root, None where there is no such device.
fn device_buses(root: &Path, folder: &Path) -> Option<Vec<String>> {
    let device = folder.join("device").canonicalize().ok()?;
    let below = device.strip_prefix(root.canonicalize().ok()?).ok()?;
    let steps = below.components();
    Some(
        steps
            .map(|step| step.as_os_str().to_string_lossy().into_owned())
            .collect(),
    )
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = folder.read_dir() else {
        return Vec::new();
    };
    entries.flatten().map(|entry| entry.path()).collect()
}

fn text(file: &Path) -> String {
    readable(&bytes(file))
}

/// Firmware ends its texts with NUL, drives fill theirs with blanks.
fn readable(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    text.trim_matches(|c: char| c.is_whitespace() || c == '\0')
        .to_owned()
}

fn bytes(file: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    let Ok(file) = File::open(file) else {
        return bytes;
    };
    // A device that stops answering half-way is like one that has no such attribute.
    match file.take(LONGEST_ATTRIBUTE).read_to_end(&mut bytes) {
        Ok(_) => bytes,
        Err(_) => Vec::new(),
    }
}

#[cfg(test)]
#[path = "linux_tests.rs"]
mod tests;
