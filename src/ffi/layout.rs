//! What the number behind a handle is made of.
//!
//! | bits | 64-bit targets | 32-bit targets |
//! |---|---|---|
//! | mark | 12, never the beginning of an address | none |
//! | serial number | 38, never the same twice | 20 |
//! | place in the table | 12 | 10 |
//! | kind | 2, never those of an aligned address | 2 |
//!
//! A handle is valid if it equals the number in its place, so the parts only have to make sure that a number is never
//! given out twice and that nothing else looks like one by accident: not a small integer, not a neighbour of a handle,
//! not an address. Serial numbers start at a random one, so that a handle from before the library was unloaded means
//! nothing after it was loaded again, and one of another copy of the library nothing here.

/// What a handle stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Options = 0b01,
    Client = 0b11,
}

#[derive(Clone, Copy, Debug)]
pub struct Layout {
    mark: u64,
    serial_bits: u32,
    place_bits: u32,
}

const KIND_BITS: u32 = 2;

pub const BITS_64: Layout = Layout {
    // Neither all zeros nor all ones in the bits that an address on x86-64 extends by its sign; and not zero below the
    // byte that ARM lets a program use for tags.
    mark: 0x5c5 << 52,
    serial_bits: 38,
    place_bits: 12,
};

pub const BITS_32: Layout = Layout {
    mark: 0,
    serial_bits: 20,
    place_bits: 10,
};

pub const HERE: Layout = if usize::BITS == 64 { BITS_64 } else { BITS_32 };

impl Layout {
    /// How many objects can be there at once.
    pub const fn places(&self) -> usize {
        1 << self.place_bits
    }

    /// How many serial numbers there are.
    pub const fn serials(&self) -> u64 {
        1 << self.serial_bits
    }

    pub fn compose(&self, serial: u64, place: usize, kind: Kind) -> u64 {
        let serial = serial & (self.serials() - 1);
        self.mark
            | serial << (self.place_bits + KIND_BITS)
            | (place as u64) << KIND_BITS
            | kind as u64
    }

    /// The place that a handle, or anything else, points to. Always one of the table.
    pub const fn place(&self, value: u64) -> usize {
        (value >> KIND_BITS) as usize & (self.places() - 1)
    }

    pub const fn is_of(value: u64, kind: Kind) -> bool {
        value & ((1 << KIND_BITS) - 1) == kind as u64
    }
}

/// Spreads a time over the serial numbers.
pub fn scramble(nanos: u64) -> u64 {
    // Fibonacci hashing: the high bits depend on all of the input.
    nanos.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashSet;

    const BOTH: [(Layout, u32); 2] = [(BITS_64, 64), (BITS_32, 32)];

    #[test]
    fn the_parts_fill_a_pointer_and_no_more() {
        for (layout, width) in BOTH {
            let mark_bits = layout.mark.count_ones().min(1) * 12;
            let sum = mark_bits + layout.serial_bits + layout.place_bits + KIND_BITS;
            assert_eq!(sum, width);
            let largest = layout.compose(u64::MAX, layout.places() - 1, Kind::Client);
            assert!(largest <= u64::MAX >> (64 - width));
        }
    }

    #[test]
    fn every_serial_number_makes_another_value() {
        let mut seen = HashSet::new();
        for serial in 0..BITS_32.serials() {
            assert!(seen.insert(BITS_32.compose(serial, 5, Kind::Client)));
        }
    }

    #[test]
    fn no_value_looks_like_an_address() {
        for serial in [0, 1, 0x3f_ffff_ffff, 0x15_5555_5555] {
            let value = BITS_64.compose(serial, 77, Kind::Options);
            let top = value >> 48;
            assert!(top & 0xff != 0 && top >> 8 != 0 && top >> 8 != 0xff);
            assert!(!value.is_multiple_of(2));
        }
    }

    proptest! {
        #[test]
        fn what_goes_in_comes_out(serial: u64, place in 0usize..1024, client: bool) {
            let kind = if client { Kind::Client } else { Kind::Options };
            let other = if client { Kind::Options } else { Kind::Client };
            for (layout, _) in BOTH {
                let value = layout.compose(serial, place, kind);
                prop_assert_eq!(layout.place(value), place);
                prop_assert!(Layout::is_of(value, kind));
                prop_assert!(!Layout::is_of(value, other));
            }
        }

        #[test]
        fn any_number_points_into_the_table(value: u64) {
            for (layout, _) in BOTH {
                prop_assert!(layout.place(value) < layout.places());
            }
        }
    }
}
