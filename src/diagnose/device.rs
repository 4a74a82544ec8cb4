//! The parts of this machine: which there are, and which have changed since the state was written. Never a serial number:
//! the first digits of the hash that the state keeps are enough to compare two documents of one product, and too few to
//! find the number again.

use super::report::{DeviceFacts, PartFacts};
use crate::device::{Binding, Kind, Parts};

/// Hex digits shown of a hash: 24 bits, while a network card's address has 48.
const DIGITS: usize = 6;

/// `key`: that of the product; None where the options do not name one.
pub fn facts(parts: &Parts, key: Option<&[u8]>, stored: Option<&Binding>) -> DeviceFacts {
    let now = Binding::of(key.unwrap_or_default(), parts);
    let part = |kind: Kind| {
        let hashes = now.hashes(kind);
        let shown = hashes
            .iter()
            .map(|hash| hash.chars().take(DIGITS).collect());
        PartFacts {
            kind: kind.name(),
            present: !hashes.is_empty(),
            hashes: key.map_or_else(Vec::new, |_| shown.collect()),
        }
    };
    let changed = stored.map(|stored| stored.differences(&now));
    DeviceFacts {
        parts: Kind::ALL.into_iter().map(part).collect(),
        changed: changed.map(|kinds| kinds.into_iter().map(Kind::name).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts() -> Parts {
        Parts {
            os_id: "3d1219c7c4c5404aaa1f6d2a48adfda4".into(),
            macs: vec!["04:7C:16:5E:E3:5D".into(), "9C:B6:D0:01:02:03".into()],
            disks: Vec::new(),
            board: "Default string".into(),
            cpu: "BFEBFBFF00090672".into(),
        }
    }

    #[test]
    fn parts_are_shown_by_short_hashes() {
        let facts = facts(&parts(), Some(b"key"), None);
        let shown: Vec<_> = facts
            .parts
            .iter()
            .map(|part| (part.kind, part.present, part.hashes.len()))
            .collect();
        let expected = [
            ("os_id", true, 1),
            ("board", false, 0),
            ("cpu", true, 1),
            ("disks", false, 0),
            ("network", true, 2),
        ];
        assert_eq!(shown, expected);
        assert_eq!(facts.parts[0].hashes, ["51d4a4"]);
        assert_eq!(facts.changed, None);
    }

    #[test]
    fn without_a_product_there_is_nothing_to_hash_with() {
        let facts = facts(&parts(), None, None);
        assert!(facts.parts[0].present);
        assert!(facts.parts.iter().all(|part| part.hashes.is_empty()));
    }

    #[test]
    fn what_changed_since_is_named() {
        let then = Binding::of(b"key", &parts());
        let now = Parts {
            macs: vec!["9C:B6:D0:01:02:03".into()],
            disks: vec!["S5GXNX0T123456".into()],
            cpu: String::new(),
            ..parts()
        };
        let facts = facts(&now, Some(b"key"), Some(&then));
        assert_eq!(facts.changed.unwrap(), ["cpu", "disks"]);
    }
}
