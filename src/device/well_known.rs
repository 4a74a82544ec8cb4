//! Ids that tell nothing, because many machines have the same: what makers forgot to fill in, what hypervisors give to
//! every guest, what drivers give to every virtual adapter. Pure.
//!
//! An id is compared by its letters and digits alone, upper-cased, so that `To be filled by O.E.M.` and
//! `to_be_filled_by_oem` are one.

/// Fewer letters and digits than this cannot tell machines apart.
const SHORTEST: usize = 3;

/// Texts and numbers that makers leave in place of a serial number.
const FILLERS: &[&str] = &[
    "TOBEFILLEDBYOEM",
    "TOBEFILLEDBYOEMS",
    "TOBEFILLED",
    "FILLBYOEM",
    "FILLEDBYOEM",
    "OEM",
    "OEMDEFAULT",
    "TBD",
    "NIL",
    "DEFAULT",
    "DEFAULTSTRING",
    "NONE",
    "NULL",
    "EMPTY",
    "INVALID",
    "UNKNOWN",
    "UNDEFINED",
    "UNINITIALIZED",
    "SAMPLE",
    "NOTAPPLICABLE",
    "NOTAVAILABLE",
    "NOTDEFINED",
    "NOTPRESENT",
    "NOTSETTABLE",
    "NOTSPECIFIED",
    "NOSERIAL",
    "NOSERIALNUMBER",
    "SERIAL",
    "SERIALNUMBER",
    "SYSTEMSERIAL",
    "SYSTEMSERIALNUMBER",
    "PRODUCTSERIALNUMBER",
    "CHASSISSERIALNUMBER",
    "BASEBOARDSERIALNUMBER",
    "BASEBOARDSERIAL",
    "BOARDSERIALNUMBER",
    "MBSERIALNUMBER",
    "SYSTEMUUID",
    "BSN12345678901234567",
    "MB1234567890",
    "0123456789ABCDEF",
    "123456789ABCDEF",
    // Given by hypervisors and clouds to every guest.
    "NVMECARD",
    "NVMECARDPD",
    "PERSISTENTDISK0",
    "LOCALSSD0",
];

/// System UUIDs found on many machines, without their hyphens.
const SHARED_UUIDS: &[&str] = &[
    "03000200040005000006000700080009",
    "00020003000400050006000700080009",
    "030201000504070608090A0B0C0D0E0F",
    "000102030405060708090A0B0C0D0E0F",
    "00112233445566778899AABBCCDDEEFF",
    "11111111222233334444555555555555",
    "123456781234567890ABCDDEEFAABBCC",
    "12345678123412341234123456789ABC",
    "4C4C454400002010802080C04F202020",
    "FEFEFEFEFEFEFEFEFEFEFEFEFEFEFEFE",
    "58585858585858585858585858585858",
];

/// Hardware addresses that a driver gives to its adapter on every machine.
const SHARED_ADDRESSES: &[&str] = &[
    "005056C00001", // VMware host-only network
    "005056C00008", // VMware NAT network
    "0A0027000000", // VirtualBox host-only network
    "02004C4F4F50", // Microsoft loopback
    "505054503030", // WAN miniport, "PPTP00"
    "33506F453030", // WAN miniport, "3PoE00"
    "204153594EFF", // RAS asynchronous adapter
    "00059A3C7800", // Cisco VPN
    "00059A3C7A00",
    "00E04C680001", // USB adapters with an unprogrammed chip
    "00E04C534458",
    "001122334455",
    "123456789ABC",
];

/// False where an id is empty or known to be shared, and so never tells one machine from another.
pub fn counts(id: &str) -> bool {
    let bare: String = id
        .chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_uppercase)
        .collect();
    bare.chars().count() >= SHORTEST
        && !is_one_letter(&bare)
        && !counts_upwards(&bare)
        && !is_numbered_by_the_hypervisor(&bare)
        && ![FILLERS, SHARED_UUIDS, SHARED_ADDRESSES]
            .iter()
            .any(|list| list.contains(&bare.as_str()))
}

/// All zeros, all F, XXXXXXXX and the like.
fn is_one_letter(bare: &str) -> bool {
    let mut chars = bare.chars();
    let first = chars.next();
    chars.all(|c| Some(c) == first)
}

/// 1234, 0123456789, 12345678901234567890.
fn counts_upwards(bare: &str) -> bool {
    let bytes = bare.as_bytes();
    bytes.iter().all(u8::is_ascii_digit)
        && matches!(bytes[0], b'0' | b'1')
        && bytes
            .windows(2)
            .all(|pair| (pair[0] - b'0' + 1) % 10 == pair[1] - b'0')
}

/// QM00001 and drive-scsi0-0-0-0: QEMU's own numbering of disks.
fn is_numbered_by_the_hypervisor(bare: &str) -> bool {
    let after = |prefix: &str| bare.strip_prefix(prefix).unwrap_or_default();
    let digits = |rest: &str| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_digit());
    digits(after("QM0000"))
        || ["DRIVESCSI", "DRIVEIDE", "DRIVESATA", "DRIVEVIRTIO"]
            .iter()
            .any(|prefix| digits(after(prefix)))
}

#[cfg(test)]
mod tests {
    use super::counts;

    #[test]
    fn what_tells_nothing_does_not_count() {
        let nothing = [
            "",
            "   ",
            "0",
            "N/A",
            "None",
            "NONE",
            "To be filled by O.E.M.",
            "To Be Filled By O.E.M",
            "Default string",
            "System Serial Number",
            "Not Specified",
            "Not Applicable",
            "Unknown",
            "0123456789",
            "123456789",
            "1234567890",
            "12345678901234567890",
            "00000000",
            "FFFFFFFFFFFFFFFF",
            "ffffffff-ffff-ffff-ffff-ffffffffffff",
            "00000000-0000-0000-0000-000000000000",
            "03000200-0400-0500-0006-000700080009",
            "uninitialized",
            "00000000000000000000000000000000",
            "00:00:00:00:00:00",
            "FF:FF:FF:FF:FF:FF",
            "00:50:56:C0:00:08",
            "QM00001",
            "drive-scsi0-0-0-0",
            "nvme_card-pd",
            "....................",
            "XXXXXXXX",
        ];
        for id in nothing {
            assert!(!counts(id), "{id:?} counts");
        }
    }

    #[test]
    fn real_ids_count() {
        let real = [
            "3d1219c7c4c5404aaa1f6d2a48adfda4",
            "04:7C:16:5E:E3:5D",
            "001B_444A_488B_5CEC.",
            "BFEBFBFF00090672",
            "S5GXNX0T123456",
            "4C4C4544-0042-3510-8052-B4C04F4E3132",
            "QM00001A",
            "NONE-4711",
            "PF2ABCDE",
            "1234567891",
            "2345",
            "id-1",
        ];
        for id in real {
            assert!(counts(id), "{id:?} does not count");
        }
    }
}
