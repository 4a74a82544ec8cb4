//! What is known about one authorization code.

use super::file::Grant;
use serde::{Deserialize, Serialize};

/// The last thing the marketplace said about a code.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Said {
    /// It has not been asked, or has not answered.
    #[default]
    Nothing,
    Alive,
    Expired,
    Released,
    /// The code does not exist.
    Missing,
}

/// Facts about one code. Times are Unix seconds UTC by the marketplace's clock where it told it, 0 = unknown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Facts {
    pub said: Said,
    /// Last time the code was known ALIVE: by a query, or by an accepted activation.
    pub alive_at: i64,
    /// Last time a query answered ALIVE; the daily check is done for the day in which this lies.
    pub confirmed_at: i64,
    /// Last time a query answered anything about this code.
    pub checked_at: i64,
    pub expires_at: i64,
    pub activated_at: i64,
    /// Quantity bought, -1 = not stated.
    pub amount: i64,
    pub product_id: String,
    pub features: Vec<String>,
    /// Taken from another machine's state; healed by the next ALIVE.
    pub foreign: bool,
    /// Learnt over plain `http`; does not count for a client whose endpoint is `https`.
    pub plain: bool,
    /// How often in a row the fallback host denied the code while the first host was silent.
    pub missing_streak: u8,
    /// Last time a usage report for this code was accepted.
    pub usage_at: i64,
    /// What a licence file grants. Not stored: the file is, and is proved anew at each load.
    #[serde(skip)]
    pub file: Option<Grant>,
}

impl Default for Facts {
    fn default() -> Facts {
        Facts {
            said: Said::Nothing,
            alive_at: 0,
            confirmed_at: 0,
            checked_at: 0,
            expires_at: 0,
            activated_at: 0,
            amount: -1,
            product_id: String::new(),
            features: Vec::new(),
            foreign: false,
            plain: false,
            missing_streak: 0,
            usage_at: 0,
            file: None,
        }
    }
}

/// What a query answered about a code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub said: Said,
    pub expires_at: i64,
    pub activated_at: i64,
    pub amount: i64,
    pub product_id: String,
    pub features: Vec<String>,
}

/// Where an answer came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Source {
    /// When it came, by the marketplace's clock where known.
    pub at: i64,
    /// Over plain `http`.
    pub plain: bool,
}

/// How often in a row the fallback host has to deny a code while the first host is silent, until it is believed.
const DENIALS_BELIEVED: u8 = 2;

impl Facts {
    /// A code that another machine's state names: nothing is known about it here.
    pub fn of_another_machine() -> Facts {
        Facts {
            foreign: true,
            ..Facts::default()
        }
    }

    /// When anything was last learnt.
    pub fn last_word(&self) -> i64 {
        self.alive_at.max(self.checked_at)
    }

    /// True where the marketplace is to be asked about this code: it, or another machine's state, has told of it. A code
    /// that is known by a licence file alone is none of its business.
    pub fn is_online(&self) -> bool {
        self.last_word() != 0 || self.foreign
    }

    /// Takes up that the marketplace accepted an activation. The daily check stays due: only a query does it.
    pub fn accept_activation(&mut self, source: Source) {
        *self = Facts {
            said: Said::Alive,
            alive_at: source.at,
            activated_at: source.at,
            plain: source.plain,
            usage_at: self.usage_at,
            file: self.file.take(),
            ..Facts::default()
        };
    }

    /// Takes up the answer of a query.
    pub fn accept_answer(&mut self, answer: &Answer, source: Source) {
        self.said = answer.said;
        self.checked_at = source.at;
        self.expires_at = answer.expires_at;
        self.missing_streak = 0;
        self.plain = source.plain;
        self.amount = answer.amount;
        self.features.clone_from(&answer.features);
        if !answer.product_id.is_empty() {
            self.product_id.clone_from(&answer.product_id);
        }
        if answer.activated_at != 0 {
            self.activated_at = answer.activated_at;
        }
        if answer.said == Said::Alive {
            self.alive_at = source.at;
            self.confirmed_at = source.at;
            self.foreign = false;
        }
    }

    /// Takes up that the code does not exist. The fallback host is believed only when it says so twice in a row while
    /// the first host is silent.
    pub fn accept_denial(&mut self, source: Source, from_fallback: bool, first_was_silent: bool) {
        self.checked_at = source.at;
        if !from_fallback {
            self.said = Said::Missing;
            return;
        }
        self.missing_streak = match first_was_silent {
            true => self.missing_streak.saturating_add(1),
            false => 0,
        };
        if self.missing_streak >= DENIALS_BELIEVED {
            self.said = Said::Missing;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: Source = Source {
        at: 1_800_000_000,
        plain: false,
    };

    fn answer(said: Said) -> Answer {
        Answer {
            said,
            expires_at: SOURCE.at + 1000,
            activated_at: 0,
            amount: 3,
            product_id: String::new(),
            features: Vec::new(),
        }
    }

    #[test]
    fn alive_heals_everything() {
        let mut facts = Facts::of_another_machine();
        facts.accept_denial(SOURCE, false, false);
        assert_eq!(facts.said, Said::Missing);
        assert!(facts.foreign);
        facts.accept_answer(&answer(Said::Alive), SOURCE);
        assert_eq!((facts.said, facts.foreign), (Said::Alive, false));
        assert_eq!((facts.confirmed_at, facts.missing_streak), (SOURCE.at, 0));
    }

    #[test]
    fn an_answer_keeps_what_it_does_not_say() {
        let mut facts = Facts {
            product_id: "P".into(),
            activated_at: 7,
            ..Facts::default()
        };
        facts.accept_answer(&answer(Said::Expired), SOURCE);
        assert_eq!((facts.product_id.as_str(), facts.activated_at), ("P", 7));
        assert_eq!((facts.alive_at, facts.checked_at), (0, SOURCE.at));
    }

    #[test]
    fn one_denial_by_the_fallback_is_not_believed() {
        let mut facts = Facts::default();
        facts.accept_answer(&answer(Said::Alive), SOURCE);
        facts.accept_denial(SOURCE, true, true);
        assert_eq!(facts.said, Said::Alive);
        facts.accept_answer(&answer(Said::Alive), SOURCE);
        facts.accept_denial(SOURCE, true, true);
        assert_eq!(facts.said, Said::Alive);
        facts.accept_denial(SOURCE, true, true);
        assert_eq!(facts.said, Said::Missing);
    }

    #[test]
    fn an_accepted_activation_leaves_the_daily_check_due() {
        let mut facts = Facts::of_another_machine();
        facts.accept_activation(SOURCE);
        assert_eq!((facts.alive_at, facts.confirmed_at), (SOURCE.at, 0));
        assert_eq!(facts.expires_at, 0);
    }
}
