//! What happens without being asked: today's check, its repetition, and what time alone brings about.
//!
//! The first attempt starts at once. A failed one is repeated after a minute, doubling to an hour; one that was refused,
//! every ten minutes. A program that runs over the day's boundary asks at a random moment of the half hour after it.
//! Between that the worker sleeps until the next moment at which anything can change, or until something is done.
//!
//! A sleep counts only time in which the machine is awake, and the wall clock may be set. So a sleep ends after an hour
//! at the latest and the wall clock is looked at again.

use super::core::Core;
use super::today::{Asker, Checked};
use crate::error::{Cause, Error, Status};
use crate::license::verdict::Judged;
use crate::license::{Suite, expiring, schedule};
use crate::sync::lock;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::time::{Instant, timeout};

/// After which the wall clock is looked at again.
const LONGEST_SLEEP: Duration = Duration::from_secs(3600);
/// So that a moment that lies in this very second has come when the sleep ends.
const SHORTEST_SLEEP: Duration = Duration::from_millis(1000);

/// When the background may ask again.
#[derive(Default)]
struct Pace {
    failures: u32,
    not_before: Option<Instant>,
    /// The day of the last look, to notice that a new one has begun meanwhile.
    day: Option<i64>,
}

pub async fn run(core: Arc<Core>) {
    let mut pace = Pace::default();
    // A call may have come first.
    let mut quietly = core.nudged_quietly.load(Ordering::SeqCst);
    loop {
        core.refresh();
        core.notice_new_day(&mut pace);
        core.note_time().await;
        if core.config.auto_heartbeat {
            core.attempt(&mut pace).await;
        } else {
            core.save_unsaved();
        }
        if !quietly {
            core.announce_expiries();
        }
        let sleep = core.next_sleep(&pace);
        // Nudged: something was done, set or taken up.
        let nudged = timeout(sleep, core.nudged.notified()).await.is_ok();
        quietly = nudged && core.nudged_quietly.load(Ordering::SeqCst);
    }
}

impl Core {
    /// Over the boundary of a day the site's machines are spread over half an hour.
    fn notice_new_day(&self, pace: &mut Pace) {
        let day = self.config.policy.day;
        let Some(now) = self.now() else {
            return;
        };
        let today = day.day_of(now);
        if pace.day.is_some_and(|last| last < today) && pace.not_before.is_none() {
            let boundary = day.end_of(today - 1);
            let spread = schedule::boundary_delay((self.surroundings.chance)());
            let at = boundary + spread.as_secs() as i64;
            let wait = Duration::from_secs(at.saturating_sub(now).max(0).unsigned_abs());
            pace.not_before = Some(Instant::now() + wait);
        }
        pace.day = Some(today);
    }

    async fn attempt(&self, pace: &mut Pace) {
        if self.retry_now.swap(false, Ordering::SeqCst) {
            pace.not_before = None;
            pace.failures = 0;
        }
        if pace.not_before.is_some_and(|at| Instant::now() < at) || !self.has_work() {
            return;
        }
        pace.not_before = None;
        self.save_unsaved();
        let deadline = Instant::now() + self.config.timeouts.call;
        let result = self.check(None, Asker::Check, deadline).await;
        if let Some(error) = failure(&result)
            && error.status != Status::Unsupported
        {
            self.note_failure(error).await;
        }
        let wait = self.wait_after(pace, &result);
        pace.not_before = wait.map(|wait| Instant::now() + wait);
    }

    fn has_work(&self) -> bool {
        !self.due_codes(None).is_empty() || self.is_usage_due(None) || lock(&self.ledger).unsaved
    }

    /// How long to leave the marketplace alone; None: the day's work is done.
    fn wait_after(
        &self,
        pace: &mut Pace,
        result: &Result<BTreeMap<String, Checked>, Error>,
    ) -> Option<Duration> {
        if let Some(error) = failure(result) {
            if error.status == Status::Unsupported {
                return Some(LONGEST_SLEEP);
            }
            pace.failures += 1;
            let chance = (self.surroundings.chance)();
            return Some(schedule::retry_delay(
                pace.failures,
                error.retry_after_s,
                chance,
            ));
        }
        pace.failures = 0;
        if !self.due_codes(None).is_empty() {
            return Some(schedule::REFUSED_RETRY);
        }
        // The state or the usage report is left over.
        self.has_work().then_some(schedule::REFUSED_RETRY)
    }

    fn now(&self) -> Option<i64> {
        self.believed(&lock(&self.ledger).suite)
    }

    fn next_sleep(&self, pace: &Pace) -> Duration {
        let until_turn = pace
            .not_before
            .map(|at| at.saturating_duration_since(Instant::now()));
        let ledger = lock(&self.ledger);
        if ledger.unread.is_some() {
            return SHORTEST_SLEEP;
        }
        let until_change = self.believed(&ledger.suite).and_then(|now| {
            let next = self.next_moment(&ledger.suite, now)?;
            Some(Duration::from_secs(next.saturating_sub(now).unsigned_abs()))
        });
        [until_turn, until_change]
            .into_iter()
            .flatten()
            .min()
            .unwrap_or(LONGEST_SLEEP)
            .clamp(SHORTEST_SLEEP, LONGEST_SLEEP)
    }

    /// The next moment at which a verdict changes, a check becomes due or an expiry comes near.
    fn next_moment(&self, suite: &Suite, now: i64) -> Option<i64> {
        let policy = &self.config.policy;
        suite
            .licenses
            .values()
            .flat_map(|facts| {
                let judged = Judged::new(facts, policy);
                let due = schedule::next_due(facts, now, policy.day);
                [
                    judged.next_change(now),
                    facts.is_online().then_some(due),
                    expiring::next_notice(judged.expiry(Some(now)), now),
                ]
            })
            .flatten()
            .filter(|moment| *moment > now)
            .min()
    }
}

/// What kept a check from an answer. That a licence has ended is an answer.
fn failure(result: &Result<BTreeMap<String, Checked>, Error>) -> Option<&Error> {
    match result {
        Err(error) => Some(error),
        Ok(report) => report.values().find_map(|checked| match checked {
            Checked::Now(Err(error)) if error.cause != Cause::Verdict => Some(error),
            _ => None,
        }),
    }
}
