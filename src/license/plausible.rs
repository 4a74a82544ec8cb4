//! Which time is believed.
//!
//! A machine's clock may be wrong by accident or on purpose. What the marketplace's `Date` told is kept as an offset
//! to the local clock and as the largest time seen (the mark). Two candidates are on offer at any moment, the local
//! time and the local time plus the offset; the one nearest to the mark that is not before it by more than a tolerance
//! counts. Where neither qualifies, no time is known and no licence can be judged.

use super::day::{HOUR, MINUTE};
use super::suite::ClockFacts;

/// How far a believed time may lie before a mark that came from the marketplace.
const TOLERANCE_MARKETPLACE: i64 = 10 * MINUTE;
/// The same where only this machine's own times were ever seen.
const TOLERANCE_LOCAL: i64 = 24 * HOUR;

impl ClockFacts {
    /// The time that is believed while the local clock shows `local`; None where no candidate is plausible.
    pub fn now(&self, local: i64) -> Option<i64> {
        let floor = self.floor();
        let corrected = local.saturating_add(self.offset);
        // Spelled out, since this is what a read in an inner loop mostly does.
        match (local >= floor, corrected >= floor) {
            (true, true) if corrected.abs_diff(self.mark) < local.abs_diff(self.mark) => {
                Some(corrected)
            }
            (true, _) => Some(local),
            (false, true) => Some(corrected),
            (false, false) => None,
        }
    }

    /// From which local time on both candidates are plausible.
    pub fn certain_from(&self) -> i64 {
        self.floor().saturating_sub(self.offset.min(0))
    }

    fn floor(&self) -> i64 {
        let tolerance = if self.from_marketplace {
            TOLERANCE_MARKETPLACE
        } else {
            TOLERANCE_LOCAL
        };
        self.mark.saturating_sub(tolerance)
    }

    /// Takes up the `Date` of a well-formed answer received while the local clock showed `local`.
    ///
    /// What came over `http` does not replace what came over `https`, and gives way to it.
    pub fn learn(&mut self, date: i64, local: i64, plain: bool) {
        if plain && !self.plain && self.from_marketplace {
            return;
        }
        if self.plain && !plain {
            *self = ClockFacts::default();
        }
        self.plain = plain;
        self.offset = date.saturating_sub(local);
        if !self.from_marketplace || date > self.mark {
            self.mark = date;
        }
        self.from_marketplace = true;
    }

    /// The same for the answer of a successful check, which also moves the mark downwards.
    pub fn learn_checked(&mut self, date: i64, local: i64, plain: bool) {
        self.learn(date, local, plain);
        if self.plain == plain {
            self.mark = date;
        }
    }

    /// Takes up when a newly imported licence file was issued: on a machine that never heard the marketplace's time this is
    /// the one word about time that is not its own, and moves the mark, also downwards.
    pub fn learn_file(&mut self, issued_at: i64, local: i64) {
        if !self.from_marketplace {
            self.mark = issued_at;
            self.learn_local(local);
        }
    }

    /// Notes a local time on a machine that never heard the marketplace's.
    pub fn learn_local(&mut self, local: i64) {
        if !self.from_marketplace {
            self.mark = self.mark.max(local);
        }
    }

    /// The time to sign a request with: the marketplace's, as far as it is known.
    pub fn for_signing(&self, local: i64) -> i64 {
        local.saturating_add(self.offset)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const T: i64 = 1_800_000_000;

    #[test]
    fn without_facts_the_local_clock_is_believed() {
        assert_eq!(ClockFacts::default().now(T), Some(T));
    }

    #[test]
    fn a_clock_set_back_is_noticed() {
        let mut clock = ClockFacts::default();
        clock.learn(T, T, false);
        assert_eq!(clock.now(T - 9 * MINUTE), Some(T - 9 * MINUTE));
        assert_eq!(clock.now(T - 11 * MINUTE), None);
    }

    #[test]
    fn a_clock_that_was_always_wrong_is_corrected() {
        let mut clock = ClockFacts::default();
        clock.learn(T, T - 86_400, false);
        assert_eq!(clock.now(T - 86_400 + 60), Some(T + 60));
        // And when the user then sets it right, the local time itself is the plausible one.
        assert_eq!(clock.now(T + 120), Some(T + 120));
    }

    #[test]
    fn local_marks_allow_a_day() {
        let mut clock = ClockFacts::default();
        clock.learn_local(T);
        assert_eq!(clock.now(T - 23 * HOUR), Some(T - 23 * HOUR));
        assert_eq!(clock.now(T - 25 * HOUR), None);
        clock.learn_local(T - HOUR);
        assert_eq!(clock.mark, T);
    }

    #[test]
    fn the_first_word_of_the_marketplace_replaces_local_marks() {
        let mut clock = ClockFacts::default();
        clock.learn_local(T + 30 * 86_400);
        clock.learn(T, T + 30 * 86_400, false);
        assert_eq!(clock.mark, T);
        clock.learn_local(T + 40 * 86_400);
        assert_eq!(clock.mark, T);
    }

    #[test]
    fn a_newer_file_heals_a_mark_that_lies_in_the_future() {
        let mut clock = ClockFacts::default();
        clock.learn_local(T + 30 * 86_400);
        assert_eq!(clock.now(T), None);
        clock.learn_file(T - HOUR, T);
        assert_eq!((clock.mark, clock.now(T)), (T, Some(T)));
        // Issued later than the clock shows by more than a day: the clock is wrong.
        clock.learn_file(T + 25 * HOUR, T);
        assert_eq!(clock.now(T), None);
        clock.learn(T, T, false);
        clock.learn_file(T + 25 * HOUR, T);
        assert_eq!(clock.mark, T);
    }

    #[test]
    fn only_a_successful_check_moves_the_mark_down() {
        let mut clock = ClockFacts::default();
        clock.learn(T, T, false);
        clock.learn(T - 86_400, T, false);
        assert_eq!(clock.mark, T);
        clock.learn_checked(T - 86_400, T, false);
        assert_eq!(clock.mark, T - 86_400);
    }

    proptest! {
        #[test]
        fn right_after_an_answer_the_marketplaces_time_is_believed(
            date in T - 1_000_000..T + 1_000_000, local in T - 100_000_000..T + 100_000_000, since in 0..600_i64,
        ) {
            let mut clock = ClockFacts::default();
            clock.learn_checked(date, local, false);
            let now = clock.now(local + since).unwrap();
            prop_assert!(now >= date - 10 * MINUTE);
            prop_assert!(now.abs_diff(date) <= since.unsigned_abs());
        }

        #[test]
        fn what_is_believed_is_on_offer_and_not_long_before_the_mark(
            offset in -100_000_000_i64..100_000_000, mark in 0..2 * T, local in 0..2 * T, from_marketplace: bool,
        ) {
            let clock = ClockFacts { offset, mark, from_marketplace, plain: false };
            if let Some(now) = clock.now(local) {
                prop_assert!(now == local || now == local + offset);
                prop_assert!(now >= mark - 24 * HOUR);
                prop_assert!(!from_marketplace || now >= mark - 10 * MINUTE);
            }
        }
    }
}
