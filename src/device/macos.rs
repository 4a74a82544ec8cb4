//! macOS: the platform expert in the I/O registry, and the interface list. No child process, no administrator's rights.
//!
//! **Not run by our tests**: nobody who builds this has a Mac at hand. It is kept to few calls of long-settled
//! interfaces, declared here by hand rather than through crates that would be used for nothing else. Disks are not
//! obtained: the machine's own serial number stands for the board, and built-in disks are soldered to it.

use super::adapters::{self, Adapter};
use super::{Parts, cpuid, first_that_counts};
use std::ffi::{CStr, c_char, c_void};
use std::ptr::{null, null_mut};

type CfRef = *const c_void;

const UTF8: u32 = 0x0800_0100;
/// A UUID has 36 characters, a serial number 10 to 12.
const TEXT_LEN: usize = 256;
const MAC_LEN: usize = 6;

#[link(name = "IOKit", kind = "framework")]
unsafe extern "C" {
    fn IOServiceMatching(name: *const c_char) -> CfRef;
    fn IOServiceGetMatchingService(main_port: u32, matching: CfRef) -> u32;
    fn IORegistryEntryCreateCFProperty(
        entry: u32,
        key: CfRef,
        allocator: CfRef,
        options: u32,
    ) -> CfRef;
    fn IOObjectRelease(object: u32) -> i32;
}

#[link(name = "CoreFoundation", kind = "framework")]
unsafe extern "C" {
    fn CFStringCreateWithCString(allocator: CfRef, text: *const c_char, encoding: u32) -> CfRef;
    fn CFStringGetCString(text: CfRef, buffer: *mut c_char, len: isize, encoding: u32) -> u8;
    fn CFStringGetTypeID() -> usize;
    fn CFGetTypeID(object: CfRef) -> usize;
    fn CFRelease(object: CfRef);
}

pub(super) fn os_id() -> String {
    first_that_counts([platform_property(c"IOPlatformUUID")])
}

pub(super) fn parts() -> Parts {
    Parts {
        os_id: os_id(),
        macs: adapters::listed(&adapters()),
        disks: Vec::new(),
        board: first_that_counts([platform_property(c"IOPlatformSerialNumber")]),
        cpu: first_that_counts([cpuid::processor_id()]),
    }
}

fn platform_property(name: &CStr) -> String {
    // SAFETY: the name is NUL-terminated. Port 0 is the default one; the call takes over the matching dictionary and
    // gives an object that is released below, or 0.
    let expert = unsafe {
        IOServiceGetMatchingService(0, IOServiceMatching(c"IOPlatformExpertDevice".as_ptr()))
    };
    if expert == 0 {
        return String::new();
    }
    let text = property(expert, name);
    // SAFETY: `expert` is the object obtained above and not used after this.
    unsafe { IOObjectRelease(expert) };
    text
}

fn property(entry: u32, name: &CStr) -> String {
    // SAFETY: NULL is the default allocator; the name is NUL-terminated.
    let key = unsafe { CFStringCreateWithCString(null(), name.as_ptr(), UTF8) };
    if key.is_null() {
        return String::new();
    }
    // SAFETY: `entry` and `key` are valid; what is created belongs to us.
    let value = unsafe { IORegistryEntryCreateCFProperty(entry, key, null(), 0) };
    // SAFETY: `key` was created above and is not used after this.
    unsafe { CFRelease(key) };
    if value.is_null() {
        return String::new();
    }
    let text = cf_text(value);
    // SAFETY: `value` was created above and is not used after this.
    unsafe { CFRelease(value) };
    text
}

fn cf_text(value: CfRef) -> String {
    let mut buffer = [0u8; TEXT_LEN];
    // SAFETY: `value` is a live object; it is read as a string only if it is one, into a buffer of the size given.
    let ok = unsafe {
        CFGetTypeID(value) == CFStringGetTypeID()
            && CFStringGetCString(value, buffer.as_mut_ptr().cast(), TEXT_LEN as isize, UTF8) != 0
    };
    let text = CStr::from_bytes_until_nul(&buffer).unwrap_or_default();
    if ok {
        text.to_string_lossy().into_owned()
    } else {
        String::new()
    }
}

fn adapters() -> Vec<Adapter> {
    let mut first: *mut libc::ifaddrs = null_mut();
    // SAFETY: `first` receives a list of the system's, freed below.
    if unsafe { libc::getifaddrs(&mut first) } != 0 {
        return Vec::new();
    }
    let mut adapters = Vec::new();
    let mut next = first;
    // SAFETY: every entry of the list is valid until it is freed; the last one has NULL as its successor.
    while let Some(entry) = unsafe { next.as_ref() } {
        adapters.extend(adapter(entry));
        next = entry.ifa_next;
    }
    // SAFETY: `first` came from `getifaddrs` and is not used after this; `adapters` holds copies.
    unsafe { libc::freeifaddrs(first) };
    adapters
}

/// Ethernet and Wi-Fi are `en0`, `en1`, …; bridges, tunnels and AirDrop have other names.
fn adapter(entry: &libc::ifaddrs) -> Option<Adapter> {
    // SAFETY: the name of an entry is a NUL-terminated text of the list's.
    let name = unsafe { CStr::from_ptr(entry.ifa_name) };
    // SAFETY: an address of the list's is valid or NULL, and begins with its family, whichever that is.
    let family = unsafe { entry.ifa_addr.as_ref() }?.sa_family;
    if !name.to_bytes().starts_with(b"en") || i32::from(family) != libc::AF_LINK {
        return None;
    }
    let link = entry.ifa_addr.cast::<libc::sockaddr_dl>();
    // SAFETY: an address of family AF_LINK is a `sockaddr_dl`; its data begins with the name, then holds the address,
    // and may reach beyond the declared array, so that only pointers into it are made.
    let address = unsafe {
        if usize::from((*link).sdl_alen) != MAC_LEN {
            return None;
        }
        let data = (&raw const (*link).sdl_data).cast::<u8>();
        data.add(usize::from((*link).sdl_nlen))
            .cast::<[u8; MAC_LEN]>()
            .read_unaligned()
    };
    Some(Adapter {
        address,
        built_in_address: true,
    })
}
