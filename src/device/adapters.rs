//! Which network adapters tell a machine, out of those a platform found. Pure.
//!
//! Addresses that software made up (private Wi-Fi addresses, tethered phones, virtual switches) change by themselves,
//! so they are listed only where nothing better is there, as in most virtual machines.

use super::well_known;

/// One adapter of Ethernet or Wi-Fi type, as a platform sees it.
pub(super) struct Adapter {
    pub address: [u8; 6],
    /// Hardware, with the address it was made with so far as the platform can tell.
    pub built_in_address: bool,
}

impl Adapter {
    /// An address from a maker's range: individual and globally administered.
    fn is_lasting(&self) -> bool {
        self.built_in_address && self.address[0] & 0b11 == 0
    }

    fn text(&self) -> String {
        let pairs: Vec<String> = self.address.iter().map(|b| format!("{b:02X}")).collect();
        pairs.join(":")
    }
}

/// The addresses to list: lasting ones if there are any, else what there is; sorted, each once.
pub(super) fn listed(adapters: &[Adapter]) -> Vec<String> {
    let lasting = texts(adapters.iter().filter(|a| a.is_lasting()));
    if lasting.is_empty() {
        texts(adapters.iter())
    } else {
        lasting
    }
}

fn texts<'a>(adapters: impl Iterator<Item = &'a Adapter>) -> Vec<String> {
    let mut texts: Vec<String> = adapters
        .map(Adapter::text)
        .filter(|mac| well_known::counts(mac))
        .collect();
    texts.sort();
    texts.dedup();
    texts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn adapter(address: [u8; 6], built_in_address: bool) -> Adapter {
        Adapter {
            address,
            built_in_address,
        }
    }

    #[test]
    fn lasting_addresses_drive_out_the_others() {
        let found = [
            adapter([0x9c, 0xb6, 0xd0, 1, 2, 3], true),
            adapter([0x04, 0x7c, 0x16, 0x5e, 0xe3, 0x5d], true),
            adapter([0x04, 0x7c, 0x16, 0x5e, 0xe3, 0x5d], true),
            adapter([0xda, 0x11, 0x22, 0x33, 0x44, 0x55], true),
            adapter([0x00, 0x1b, 0x21, 1, 2, 3], false),
        ];
        assert_eq!(listed(&found), ["04:7C:16:5E:E3:5D", "9C:B6:D0:01:02:03"]);
    }

    #[test]
    fn made_up_addresses_serve_where_nothing_else_is_there() {
        let found = [
            adapter([0x52, 0x54, 0, 1, 2, 3], true),
            adapter([0x00, 0x15, 0x5d, 1, 2, 3], false),
        ];
        assert_eq!(listed(&found), ["00:15:5D:01:02:03", "52:54:00:01:02:03"]);
    }

    #[test]
    fn addresses_that_many_machines_share_are_never_listed() {
        let found = [
            adapter([0; 6], true),
            adapter([0x00, 0x50, 0x56, 0xc0, 0x00, 0x08], true),
        ];
        assert!(listed(&found).is_empty());
    }
}
