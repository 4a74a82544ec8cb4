//! The day of "daily first use": which day a moment belongs to, given where the day begins.

pub const MINUTE: i64 = 60;
pub const HOUR: i64 = 60 * MINUTE;
pub const DAY: i64 = 24 * HOUR;

/// Where the day begins, as minutes that the local midnight lies ahead of UTC's (480 = China).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DayRule {
    pub offset_minutes: i32,
}

impl DayRule {
    /// Number of the day in which `time` lies.
    pub fn day_of(self, time: i64) -> i64 {
        time.saturating_add(self.shift()).div_euclid(DAY)
    }

    /// First second after the given day.
    pub fn end_of(self, day: i64) -> i64 {
        day.saturating_add(1)
            .saturating_mul(DAY)
            .saturating_sub(self.shift())
    }

    pub fn same_day(self, a: i64, b: i64) -> bool {
        self.day_of(a) == self.day_of(b)
    }

    fn shift(self) -> i64 {
        i64::from(self.offset_minutes) * MINUTE
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const CHINA: DayRule = DayRule {
        offset_minutes: 480,
    };

    #[test]
    fn the_day_of_china_begins_at_16_utc() {
        let midnight = 1_700_000_000 / DAY * DAY + 16 * HOUR;
        assert!(!CHINA.same_day(midnight - 1, midnight));
        assert!(CHINA.same_day(midnight, midnight + DAY - 1));
        assert_eq!(CHINA.end_of(CHINA.day_of(midnight)), midnight + DAY);
    }

    proptest! {
        #[test]
        fn every_moment_lies_in_its_day(time in -1_i64 << 40..1_i64 << 40, offset in -720..840) {
            let rule = DayRule { offset_minutes: offset };
            let day = rule.day_of(time);
            prop_assert!(time < rule.end_of(day));
            prop_assert!(time >= rule.end_of(day - 1));
        }
    }
}
