//! What went wrong in the background lately, so that a support desk sees yesterday's failures as well.
//!
//! Kept with the state, and small: a failure that repeats itself is counted, not listed again. It is written along with
//! whatever is saved anyway, and for its own sake at most once an hour: a machine that stays offline must not write its
//! state every time that it fails to ask.

use super::day::HOUR;
use crate::error::Error;
use serde::{Deserialize, Serialize};

/// Failures that are kept.
const MOST: usize = 10;
/// Longest text kept, in characters.
const TEXT_MAX: usize = 300;
/// How often the state is written for the sake of failures.
const WRITTEN_EVERY: i64 = HOUR;

/// One failure, and how often it has happened in a row. Nothing in it is secret.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Failure {
    /// The last time.
    pub at: i64,
    pub first_at: i64,
    pub count: u32,
    pub status: i32,
    pub cause: String,
    pub host: Option<String>,
    pub http: Option<u16>,
    pub code: Option<String>,
    pub text: String,
}

/// The last failures, the oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Failures {
    list: Vec<Failure>,
    /// When the state was last written for their sake.
    written_at: i64,
}

impl Failure {
    fn of(error: &Error, at: i64) -> Failure {
        Failure {
            at,
            first_at: at,
            count: 1,
            status: error.status.code(),
            cause: error.cause.name().into(),
            host: error.host.clone(),
            http: error.http,
            code: error.code.clone(),
            text: error.text.chars().take(TEXT_MAX).collect(),
        }
    }

    fn is_like(&self, other: &Failure) -> bool {
        let kind = |f: &Failure| (f.status, f.http);
        kind(self) == kind(other)
            && self.cause == other.cause
            && self.host == other.host
            && self.code == other.code
    }
}

impl Failures {
    pub fn list(&self) -> &[Failure] {
        &self.list
    }

    /// Takes up a failure. True where it is time to write the state for it.
    pub fn note(&mut self, error: &Error, at: i64) -> bool {
        let failure = Failure::of(error, at);
        match self.list.last_mut() {
            Some(last) if last.is_like(&failure) => {
                last.at = at;
                last.count = last.count.saturating_add(1);
                last.text = failure.text;
            }
            _ => self.list.push(failure),
        }
        self.trim();
        // A clock that was set back must not keep them from being written.
        let due = !(self.written_at..self.written_at.saturating_add(WRITTEN_EVERY)).contains(&at);
        if due {
            self.written_at = at;
        }
        due
    }

    /// Takes up what another holder of the same state knows.
    pub fn merge(&mut self, other: &Failures) {
        for theirs in &other.list {
            let same =
                |ours: &&mut Failure| ours.first_at == theirs.first_at && ours.is_like(theirs);
            match self.list.iter_mut().find(same) {
                Some(ours) if ours.count < theirs.count => *ours = theirs.clone(),
                Some(_) => {}
                None => self.list.push(theirs.clone()),
            }
        }
        self.list.sort_by_key(|failure| failure.at);
        self.trim();
        self.written_at = self.written_at.max(other.written_at);
    }

    fn trim(&mut self) {
        let excess = self.list.len().saturating_sub(MOST);
        self.list.drain(..excess);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Cause, Status};

    const T: i64 = 1_800_000_000;

    fn error(host: &str) -> Error {
        Error::new(Status::Network, Cause::Dns, "no such name").with_host(host)
    }

    fn hosts(failures: &Failures) -> Vec<&str> {
        let hosts = failures.list().iter().map(|f| f.host.as_deref());
        hosts.map(Option::unwrap).collect()
    }

    #[test]
    fn a_failure_that_repeats_itself_is_counted() {
        let mut failures = Failures::default();
        failures.note(&error("a"), T);
        failures.note(&error("a"), T + 60);
        failures.note(&error("b"), T + 120);
        failures.note(&error("a"), T + 180);
        let counts: Vec<_> = failures.list().iter().map(|f| (f.count, f.at)).collect();
        assert_eq!(counts, [(2, T + 60), (1, T + 120), (1, T + 180)]);
        assert_eq!(failures.list()[0].first_at, T);
    }

    #[test]
    fn only_the_last_ten_are_kept() {
        let mut failures = Failures::default();
        let names: Vec<String> = (0..25).map(|n| format!("host{n}")).collect();
        for (name, at) in names.iter().zip(T..) {
            failures.note(&error(name), at);
        }
        assert_eq!(hosts(&failures), names[15..]);
        let mut long = error("x");
        long.text = "授".repeat(5000);
        failures.note(&long, T);
        let text = &failures.list().last().unwrap().text;
        assert_eq!(text.chars().count(), TEXT_MAX);
    }

    #[test]
    fn the_state_is_written_for_them_once_an_hour() {
        let mut failures = Failures::default();
        assert!(failures.note(&error("a"), T));
        assert!(!failures.note(&error("b"), T + 1));
        assert!(!failures.note(&error("a"), T + HOUR - 1));
        assert!(failures.note(&error("a"), T + HOUR));
        assert!(!failures.note(&error("a"), T + HOUR + 60));
        assert!(
            failures.note(&error("a"), T - HOUR),
            "the clock was set back"
        );
    }

    #[test]
    fn what_two_processes_saw_is_put_together_once() {
        let mut stored = Failures::default();
        stored.note(&error("a"), T);
        let mut ours = stored.clone();
        ours.note(&error("a"), T + 60);
        ours.note(&error("c"), T + 90);
        stored.note(&error("b"), T + 70);
        stored.merge(&ours);
        stored.merge(&ours);
        assert_eq!(hosts(&stored), ["a", "b", "c"]);
        assert_eq!(stored.list()[0].count, 2);
    }
}
