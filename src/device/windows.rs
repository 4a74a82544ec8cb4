//! Windows: the registry, the interface table, the storage driver and the firmware table, asked directly. No WMI (its
//! service takes seconds to start and may be broken), no child process, no administrator's rights.
//!
//! `GetIfTable2` rather than `GetAdaptersAddresses`: it tells hardware from virtual adapters by a flag instead of words
//! in a description, and knows the permanent address behind a private Wi-Fi address.

use super::adapters::{self, Adapter};
use super::disks::{self, Disk};
use super::{Parts, cpuid, first_that_counts, smbios, storage_descriptor};
use std::fs::OpenOptions;
use std::os::windows::fs::OpenOptionsExt;
use std::os::windows::io::AsRawHandle;
use std::ptr::{addr_of, null_mut};
use std::slice;
use windows_sys::Win32::Foundation::NO_ERROR;
use windows_sys::Win32::NetworkManagement::IpHelper::{
    FreeMibTable, GetIfTable2, IF_TYPE_ETHERNET_CSMACD, IF_TYPE_IEEE80211, MIB_IF_ROW2,
};
use windows_sys::Win32::Storage::FileSystem::{FILE_SHARE_READ, FILE_SHARE_WRITE};
use windows_sys::Win32::System::IO::DeviceIoControl;
use windows_sys::Win32::System::Ioctl::{
    IOCTL_STORAGE_QUERY_PROPERTY, PropertyStandardQuery, STORAGE_PROPERTY_QUERY,
    StorageDeviceProperty,
};
use windows_sys::Win32::System::Registry::{
    HKEY_LOCAL_MACHINE, RRF_RT_REG_SZ, RRF_SUBKEY_WOW6464KEY, RegGetValueW,
};
use windows_sys::Win32::System::SystemInformation::{GetSystemFirmwareTable, RSMB};
use windows_sys::w;

/// Physical drives are numbered from 0, with gaps where one was removed.
const DRIVES: u32 = 32;
/// Descriptor and its texts; drivers give a few hundred bytes.
const DESCRIPTOR_LEN: usize = 1024;
/// `RawSMBIOSData`: version and length before the table itself.
const SMBIOS_HEADER: usize = 8;

// Bits of `InterfaceAndOperStatusFlags`.
const HARDWARE_INTERFACE: u8 = 1;
const FILTER_INTERFACE: u8 = 1 << 1;
const CONNECTOR_PRESENT: u8 = 1 << 2;

pub(super) fn os_id() -> String {
    first_that_counts([machine_guid()])
}

pub(super) fn parts() -> Parts {
    Parts {
        os_id: os_id(),
        macs: adapters::listed(&adapters()),
        disks: disks::listed(&disks()),
        board: smbios::board(smbios_table().get(SMBIOS_HEADER..).unwrap_or_default()),
        cpu: first_that_counts([cpuid::processor_id()]),
    }
}

/// The 64-bit view also in a 32-bit program, so that both see one machine.
fn machine_guid() -> String {
    let mut buffer = [0u16; 128];
    let mut len = size_of_val(&buffer) as u32;
    // SAFETY: the names are NUL-terminated constants, `buffer` has `len` bytes and both live through the call.
    let answer = unsafe {
        RegGetValueW(
            HKEY_LOCAL_MACHINE,
            w!("SOFTWARE\\Microsoft\\Cryptography"),
            w!("MachineGuid"),
            RRF_RT_REG_SZ | RRF_SUBKEY_WOW6464KEY,
            null_mut(),
            buffer.as_mut_ptr().cast(),
            &mut len,
        )
    };
    if answer != NO_ERROR {
        return String::new();
    }
    let text = buffer.split(|&unit| unit == 0).next().unwrap_or_default();
    String::from_utf16_lossy(text)
}

fn adapters() -> Vec<Adapter> {
    let mut table = null_mut();
    // SAFETY: `table` receives a table of the system's, freed below.
    if unsafe { GetIfTable2(&mut table) } != NO_ERROR || table.is_null() {
        return Vec::new();
    }
    // SAFETY: on success the table holds `NumEntries` rows, the first of which is `Table`. No reference to the one
    // declared row is made, only a pointer, so that the slice may reach beyond it.
    let rows = unsafe {
        let first = addr_of!((*table).Table).cast::<MIB_IF_ROW2>();
        slice::from_raw_parts(first, (*table).NumEntries as usize)
    };
    let adapters = rows.iter().filter_map(adapter).collect();
    // SAFETY: `table` came from `GetIfTable2` and is not used after this; `adapters` holds copies.
    unsafe { FreeMibTable(table.cast()) };
    adapters
}

fn adapter(row: &MIB_IF_ROW2) -> Option<Adapter> {
    let flags = row.InterfaceAndOperStatusFlags._bitfield;
    let is_card = [IF_TYPE_ETHERNET_CSMACD, IF_TYPE_IEEE80211].contains(&row.Type);
    // A filter repeats the address of the adapter under it.
    if !is_card || flags & FILTER_INTERFACE != 0 || row.PhysicalAddressLength != 6 {
        return None;
    }
    let permanent: [u8; 6] = row.PermanentPhysicalAddress.first_chunk().copied()?;
    let present: [u8; 6] = row.PhysicalAddress.first_chunk().copied()?;
    let hardware = HARDWARE_INTERFACE | CONNECTOR_PRESENT;
    Some(Adapter {
        address: if permanent == [0; 6] {
            present
        } else {
            permanent
        },
        built_in_address: flags & hardware == hardware,
    })
}

fn disks() -> Vec<Disk> {
    let descriptors = (0..DRIVES).filter_map(descriptor);
    descriptors
        .filter_map(|descriptor| storage_descriptor::disk(&descriptor))
        .collect()
}

/// What the driver says of one drive. Opened without any access right, which an ordinary user may do.
fn descriptor(drive: u32) -> Option<Vec<u8>> {
    let file = OpenOptions::new()
        .access_mode(0)
        .share_mode(FILE_SHARE_READ | FILE_SHARE_WRITE)
        .open(format!(r"\\.\PhysicalDrive{drive}"))
        .ok()?;
    let query = STORAGE_PROPERTY_QUERY {
        PropertyId: StorageDeviceProperty,
        QueryType: PropertyStandardQuery,
        AdditionalParameters: [0],
    };
    let mut buffer = vec![0u8; DESCRIPTOR_LEN];
    let mut len = 0u32;
    // SAFETY: the handle is open, `query` and `buffer` are given with their own sizes and live through the call, which
    // is synchronous as the file was opened without the overlapped flag.
    let ok = unsafe {
        DeviceIoControl(
            file.as_raw_handle(),
            IOCTL_STORAGE_QUERY_PROPERTY,
            (&raw const query).cast(),
            size_of_val(&query) as u32,
            buffer.as_mut_ptr().cast(),
            buffer.len() as u32,
            &mut len,
            null_mut(),
        )
    };
    buffer.truncate(len as usize);
    (ok != 0).then_some(buffer)
}

fn smbios_table() -> Vec<u8> {
    // SAFETY: without a buffer the call only tells the size.
    let size = unsafe { GetSystemFirmwareTable(RSMB, 0, null_mut(), 0) };
    let mut table = vec![0u8; size as usize];
    // SAFETY: `table` has `size` bytes and lives through the call.
    let written = unsafe { GetSystemFirmwareTable(RSMB, 0, table.as_mut_ptr(), size) };
    // A larger answer than the buffer means that nothing was written.
    table.truncate(if written <= size { written as usize } else { 0 });
    table
}
