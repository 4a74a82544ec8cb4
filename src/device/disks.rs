//! Which disks tell a machine, out of those a platform found. Pure.
//!
//! Disks on USB or in a storage network come and go or are shared, so they are listed only where there is no built-in
//! one, as on a small board that starts from a USB stick.

use super::well_known;

/// One disk that is not a removable medium.
pub(super) struct Disk {
    pub serial: String,
    pub built_in: bool,
}

/// The serial numbers to list: of built-in disks if there are any, else of the others; sorted, each once.
pub(super) fn listed(disks: &[Disk]) -> Vec<String> {
    let built_in = serials(disks.iter().filter(|d| d.built_in));
    if built_in.is_empty() {
        serials(disks.iter())
    } else {
        built_in
    }
}

fn serials<'a>(disks: impl Iterator<Item = &'a Disk>) -> Vec<String> {
    let mut serials: Vec<String> = disks
        .map(|d| d.serial.trim().to_owned())
        .filter(|serial| well_known::counts(serial))
        .collect();
    serials.sort();
    serials.dedup();
    serials
}

#[cfg(test)]
mod tests {
    use super::*;

    fn disk(serial: &str, built_in: bool) -> Disk {
        Disk {
            serial: serial.into(),
            built_in,
        }
    }

    #[test]
    fn built_in_disks_drive_out_the_others() {
        let found = [
            disk("S5GXNX0T", true),
            disk(" 001B_444A_488B_5CEC. ", true),
            disk("USB-4711", false),
        ];
        assert_eq!(listed(&found), ["001B_444A_488B_5CEC.", "S5GXNX0T"]);
        assert_eq!(listed(&found[2..]), ["USB-4711"]);
    }

    #[test]
    fn serials_of_no_meaning_are_not_listed() {
        let found = [
            disk("QM00001", true),
            disk("", true),
            disk("USB-4711", false),
        ];
        assert_eq!(listed(&found), ["USB-4711"]);
    }
}
