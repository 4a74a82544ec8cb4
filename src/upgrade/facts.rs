//! What is remembered about upgrades, in the sealed state.

use super::version::Version;
use serde::{Deserialize, Serialize};

/// Versions as they were written; empty: none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct UpgradeFacts {
    /// The highest version that a feed of the vendor's has named.
    pub highest: String,
    /// `pub_date` of the newest feed with that version.
    pub published: i64,
    /// The version that the user does not want.
    pub declined: String,
    /// The version that is to be downloaded and installed.
    pub accepted: String,
    /// The version whose installer failed for the last time, and the `pub_date` of its feed: it is not downloaded again
    /// unasked.
    pub failed: String,
    pub failed_published: i64,
    /// When the installation whose result was told last had ended.
    pub reported: i64,
}

impl UpgradeFacts {
    /// Takes up what a feed that was not refused says.
    pub fn saw(&mut self, version: &Version, published: i64) {
        match parsed(&self.highest) {
            Some(highest) if highest > *version => return,
            Some(highest) if highest == *version => self.published = self.published.max(published),
            _ => self.published = published,
        }
        self.highest = version.to_string();
    }

    pub fn accept(&mut self, version: &Version) {
        self.accepted = version.to_string();
        if self.declined == self.accepted {
            self.declined.clear();
        }
        self.failed.clear();
    }

    /// The installer of the accepted version failed for the last time.
    pub fn give_up(&mut self, version: &str) {
        self.failed = version.to_owned();
        self.failed_published = self.published;
        self.accepted.clear();
    }

    /// Has this very package of a version failed too often? A newer feed may have a better one.
    pub fn has_given_up(&self, version: &Version, published: i64) -> bool {
        let failed = parsed(&self.failed);
        failed.is_some_and(|failed| failed == *version) && published <= self.failed_published
    }

    pub fn decline(&mut self, version: &Version) {
        self.declined = version.to_string();
        if self.accepted == self.declined {
            self.accepted.clear();
        }
    }

    /// Takes up facts that could not be saved: what was seen, and what the user said here last.
    pub fn merge(&mut self, unsaved: &UpgradeFacts) {
        if let Some(version) = parsed(&unsaved.highest) {
            self.saw(&version, unsaved.published);
        }
        if !unsaved.accepted.is_empty() || !unsaved.declined.is_empty() {
            self.accepted = unsaved.accepted.clone();
            self.declined = unsaved.declined.clone();
        }
        if !unsaved.failed.is_empty() {
            self.failed = unsaved.failed.clone();
            self.failed_published = unsaved.failed_published;
        }
        self.reported = self.reported.max(unsaved.reported);
    }

    /// What protects from old feeds, without what was said or done here: all that another machine may take from this state,
    /// and all that stays where everything is forgotten.
    pub fn seen_only(&self) -> UpgradeFacts {
        UpgradeFacts {
            highest: self.highest.clone(),
            published: self.published,
            ..UpgradeFacts::default()
        }
    }
}

/// A remembered version; None where there is none.
pub fn parsed(text: &str) -> Option<Version> {
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> Version {
        text.parse().unwrap()
    }

    #[test]
    fn the_highest_version_and_its_newest_date_stay() {
        let mut facts = UpgradeFacts::default();
        for (text, date, highest, published) in [
            ("1.5", 50, "1.5", 50),
            ("2.0", 40, "2.0", 40),
            ("2.0", 60, "2.0", 60),
            ("2.0", 10, "2.0", 60),
            ("1.9", 99, "2.0", 60),
        ] {
            facts.saw(&version(text), date);
            assert_eq!(
                (facts.highest.as_str(), facts.published),
                (highest, published)
            );
        }
    }

    #[test]
    fn a_version_is_accepted_or_declined_never_both() {
        let mut facts = UpgradeFacts::default();
        facts.decline(&version("2.0"));
        facts.accept(&version("2.0"));
        assert_eq!(
            (facts.accepted.as_str(), facts.declined.as_str()),
            ("2.0", "")
        );
        facts.decline(&version("2.0"));
        assert_eq!(
            (facts.accepted.as_str(), facts.declined.as_str()),
            ("", "2.0")
        );
    }

    #[test]
    fn a_failed_package_is_left_alone_until_there_is_another_or_the_user_says_so() {
        let mut facts = UpgradeFacts::default();
        facts.saw(&version("2.0"), 10);
        facts.accept(&version("2.0"));
        facts.give_up("2.0");
        assert!(facts.accepted.is_empty());
        assert!(facts.has_given_up(&version("2.0"), 10));
        assert!(!facts.has_given_up(&version("2.0"), 11));
        assert!(!facts.has_given_up(&version("2.1"), 10));
        facts.accept(&version("2.0"));
        assert!(!facts.has_given_up(&version("2.0"), 10));
    }

    #[test]
    fn merging_loses_neither_what_was_seen_nor_what_was_said() {
        let mut stored = UpgradeFacts::default();
        stored.saw(&version("3.0"), 30);
        stored.decline(&version("3.0"));
        let mut unsaved = UpgradeFacts::default();
        unsaved.saw(&version("2.0"), 90);
        stored.merge(&unsaved);
        assert_eq!(
            (stored.highest.as_str(), stored.declined.as_str()),
            ("3.0", "3.0")
        );
        unsaved.accept(&version("2.0"));
        stored.merge(&unsaved);
        assert_eq!((stored.accepted.as_str(), stored.published), ("2.0", 30));
        let moved = stored.seen_only();
        assert_eq!(
            (moved.highest.as_str(), moved.accepted.as_str()),
            ("3.0", "")
        );
    }
}
