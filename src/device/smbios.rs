//! Board serial number and system UUID out of an SMBIOS structure table. Pure: the platform hands over the bytes.
//!
//! The table is a row of structures: type, length of the formatted part, handle, the formatted part, then its texts,
//! each ended by NUL, the last by one more. A damaged table yields what stands before the damage.

use super::first_that_counts;

const SYSTEM: u8 = 1;
const BASE_BOARD: u8 = 2;
const END_OF_TABLE: u8 = 127;
const HEADER: usize = 4;
/// Where a structure of type 2 keeps the number of the text with its serial number.
const BOARD_SERIAL_AT: usize = 7;
/// Where a structure of type 1 keeps the UUID.
const UUID_AT: usize = 8;
const UUID_LEN: usize = 16;

struct Structure<'a> {
    kind: u8,
    formatted: &'a [u8],
    texts: &'a [u8],
}

/// The first board serial number that means something, else the system's UUID, else nothing.
pub(super) fn board(table: &[u8]) -> String {
    let structures = structures(table);
    let of = |kind| structures.iter().filter(move |s| s.kind == kind);
    let serials = of(BASE_BOARD).filter_map(|s| s.text_numbered_at(BOARD_SERIAL_AT));
    first_that_counts(serials.chain(of(SYSTEM).filter_map(Structure::uuid)))
}

impl Structure<'_> {
    fn text_numbered_at(&self, at: usize) -> Option<String> {
        // Texts are numbered from 1; 0 = there is none.
        let number = usize::from(*self.formatted.get(at)?).checked_sub(1)?;
        let text = self.texts.split(|&b| b == 0).nth(number)?;
        Some(String::from_utf8_lossy(text).into_owned())
    }

    /// The first three fields are little-endian, as every system has shown them since SMBIOS 2.6.
    fn uuid(&self) -> Option<String> {
        let raw = self.formatted.get(UUID_AT..UUID_AT + UUID_LEN)?;
        let order = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];
        let mut uuid = String::with_capacity(36);
        for (place, &at) in order.iter().enumerate() {
            if matches!(place, 4 | 6 | 8 | 10) {
                uuid.push('-');
            }
            uuid.push_str(&format!("{:02X}", raw[at]));
        }
        Some(uuid)
    }
}

fn structures(table: &[u8]) -> Vec<Structure<'_>> {
    let mut structures = Vec::new();
    let mut rest = table;
    while let Some((structure, after)) = next(rest) {
        if structure.kind == END_OF_TABLE {
            break;
        }
        structures.push(structure);
        rest = after;
    }
    structures
}

fn next(rest: &[u8]) -> Option<(Structure<'_>, &[u8])> {
    let length = usize::from(*rest.get(1)?);
    if length < HEADER {
        return None;
    }
    let (formatted, tail) = rest.split_at_checked(length)?;
    let end = tail.windows(2).position(|pair| pair == [0, 0])?;
    let structure = Structure {
        kind: formatted[0],
        formatted,
        texts: &tail[..end],
    };
    Some((structure, &tail[end + 2..]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn structure(kind: u8, fields: &[u8], texts: &[&str]) -> Vec<u8> {
        let mut bytes = vec![kind, (HEADER + fields.len()) as u8, kind, 0];
        bytes.extend(fields);
        for text in texts {
            bytes.extend(text.bytes());
            bytes.push(0);
        }
        // Without texts there are two NULs all the same.
        bytes.extend(if texts.is_empty() {
            vec![0, 0]
        } else {
            vec![0]
        });
        bytes
    }

    fn system() -> Vec<u8> {
        let mut fields = vec![1, 2, 0, 3];
        fields.extend([
            0x33, 0x22, 0x11, 0x00, 0x55, 0x44, 0x77, 0x66, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd,
            0xee, 0xf0,
        ]);
        fields.extend([6, 0, 0]);
        structure(SYSTEM, &fields, &["Maker", "Model", "System Serial Number"])
    }

    fn base_board(serial: &str) -> Vec<u8> {
        structure(BASE_BOARD, &[1, 2, 0, 3, 0], &["Maker", "Model", serial])
    }

    fn table(middle: &[Vec<u8>]) -> Vec<u8> {
        let mut table = structure(0, &[1, 0], &["BIOS"]);
        table.extend(middle.concat());
        table.extend(structure(END_OF_TABLE, &[], &[]));
        table
    }

    #[test]
    fn the_board_serial_is_found() {
        let table = table(&[system(), base_board("PF2ABCDE ")]);
        assert_eq!(board(&table), "PF2ABCDE");
    }

    #[test]
    fn a_second_board_serves_where_the_first_says_nothing() {
        let table = table(&[base_board("Default string"), base_board("PF2ABCDE")]);
        assert_eq!(board(&table), "PF2ABCDE");
    }

    #[test]
    fn the_uuid_serves_where_no_board_says_anything() {
        let without = structure(BASE_BOARD, &[1, 0, 0, 0], &["Maker"]);
        let table = table(&[without, base_board("To be filled by O.E.M."), system()]);
        assert_eq!(board(&table), "00112233-4455-6677-8899-AABBCCDDEEF0");
    }

    #[test]
    fn nothing_after_the_end_of_the_table_is_read() {
        let mut table = table(&[]);
        table.extend(base_board("PF2ABCDE"));
        assert_eq!(board(&table), "");
    }

    #[test]
    fn a_text_number_beyond_the_texts_is_nothing() {
        let table = table(&[structure(BASE_BOARD, &[1, 2, 0, 9], &["Maker"])]);
        assert_eq!(board(&table), "");
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_fail(table in proptest::collection::vec(any::<u8>(), 0..300)) {
            board(&table);
        }

        #[test]
        fn a_table_cut_anywhere_yields_its_beginning(cut in 0usize..150) {
            let whole = table(&[base_board("PF2ABCDE"), system()]);
            let found = board(&whole[..cut.min(whole.len())]);
            prop_assert!(found.is_empty() || found == "PF2ABCDE");
        }
    }
}
