//! What Windows tells about a disk: the bytes of a `STORAGE_DEVICE_DESCRIPTOR`, read without trusting its offsets. Pure.

use super::disks::Disk;

const REMOVABLE_AT: usize = 10;
const SERIAL_OFFSET_AT: usize = 24;
const BUS_AT: usize = 28;

// Values of `STORAGE_BUS_TYPE`.
const FIREWIRE: u32 = 4;
const FIBRE: u32 = 6;
const USB: u32 = 7;
const ISCSI: u32 = 9;
const FILE_BACKED_VIRTUAL: u32 = 15;

/// None for a removable medium, a mounted disk image, or a descriptor cut short.
pub(super) fn disk(descriptor: &[u8]) -> Option<Disk> {
    let bus = number_at(descriptor, BUS_AT)?;
    let removable = descriptor[REMOVABLE_AT] != 0;
    if removable || bus == FILE_BACKED_VIRTUAL {
        return None;
    }
    Some(Disk {
        serial: serial(descriptor).unwrap_or_default(),
        built_in: ![FIREWIRE, FIBRE, USB, ISCSI].contains(&bus),
    })
}

fn serial(descriptor: &[u8]) -> Option<String> {
    // 0 = the disk has none.
    let offset = number_at(descriptor, SERIAL_OFFSET_AT).filter(|&offset| offset > 0)?;
    let text = descriptor
        .get(offset as usize..)?
        .split(|&b| b == 0)
        .next()?;
    Some(String::from_utf8_lossy(text).trim().to_owned())
}

fn number_at(bytes: &[u8], at: usize) -> Option<u32> {
    let four = bytes.get(at..at + 4)?;
    Some(u32::from_le_bytes(four.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NVME: u32 = 17;

    fn descriptor(bus: u32, removable: u8, serial: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0; 40];
        bytes[REMOVABLE_AT] = removable;
        bytes[SERIAL_OFFSET_AT] = 40;
        bytes[BUS_AT..BUS_AT + 4].copy_from_slice(&bus.to_le_bytes());
        bytes.extend(serial);
        bytes
    }

    #[test]
    fn the_serial_number_is_found() {
        let found = disk(&descriptor(NVME, 0, b" 001B_444A_488B_5CEC.\0rest")).unwrap();
        assert_eq!(found.serial, "001B_444A_488B_5CEC.");
        assert!(found.built_in);
        assert!(!disk(&descriptor(USB, 0, b"4711\0")).unwrap().built_in);
    }

    #[test]
    fn removable_media_and_mounted_images_are_no_disks() {
        assert!(disk(&descriptor(NVME, 1, b"4711\0")).is_none());
        assert!(disk(&descriptor(FILE_BACKED_VIRTUAL, 0, b"4711\0")).is_none());
        assert!(disk(&descriptor(NVME, 0, b"")[..30]).is_none());
    }

    #[test]
    fn a_disk_without_a_serial_number_has_an_empty_one() {
        let mut bytes = descriptor(NVME, 0, b"4711\0");
        bytes[SERIAL_OFFSET_AT] = 0;
        assert_eq!(disk(&bytes).unwrap().serial, "");
        bytes[SERIAL_OFFSET_AT] = 250;
        assert_eq!(disk(&bytes).unwrap().serial, "");
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_fail(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            disk(&bytes);
        }
    }
}
