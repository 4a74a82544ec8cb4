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
    /// The same by the other scheme, where both were heard: what came over `http` does not replace what came over `https`,
    /// and gives way to it. Which of the two is in front, see [`Facts::arrange`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aside: Option<Box<Facts>>,
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
            aside: None,
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

    /// Puts in front what decides for a client: what came over `https`, or whichever came last.
    pub fn arrange(&mut self, requires_tls: bool) {
        // Over `http` is the later one, or it would have given way.
        if self.plain == requires_tls {
            self.bring_forward();
        }
    }

    fn bring_forward(&mut self) {
        if let Some(mut front) = self.aside.take() {
            // What belongs to the code, whoever spoke of it.
            front.file = self.file.take();
            front.usage_at = front.usage_at.max(self.usage_at);
            std::mem::swap(self, &mut front);
            self.aside = Some(front);
        }
    }

    /// Where an answer from this source belongs.
    fn by(&mut self, source: Source) -> &mut Facts {
        if !source.plain {
            if self.plain {
                self.bring_forward();
            }
            self.aside = None;
            return self;
        }
        if self.plain || self.last_word() == 0 {
            return self;
        }
        let heard = self.aside.take().unwrap_or_else(|| {
            Box::new(Facts {
                plain: true,
                file: None,
                ..self.clone()
            })
        });
        self.aside.insert(heard)
    }

    /// Takes up that the marketplace accepted an activation. The daily check stays due: only a query does it.
    pub fn accept_activation(&mut self, source: Source) {
        self.by(source).activated(source);
    }

    fn activated(&mut self, source: Source) {
        *self = Facts {
            said: Said::Alive,
            alive_at: source.at,
            activated_at: source.at,
            plain: source.plain,
            aside: self.aside.take(),
            usage_at: self.usage_at,
            file: self.file.take(),
            ..Facts::default()
        };
    }

    /// Takes up the answer of a query.
    pub fn accept_answer(&mut self, answer: &Answer, source: Source) {
        self.by(source).answered(answer, source);
    }

    fn answered(&mut self, answer: &Answer, source: Source) {
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
        self.by(source)
            .denied(source, from_fallback, first_was_silent);
    }

    fn denied(&mut self, source: Source, from_fallback: bool, first_was_silent: bool) {
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
    fn what_came_over_http_lies_beside_what_came_over_https() {
        let over_http = Source {
            at: SOURCE.at + 5,
            plain: true,
        };
        let mut facts = Facts::default();
        facts.accept_answer(&answer(Said::Alive), SOURCE);
        let https = facts.clone();
        facts.accept_answer(&answer(Said::Released), over_http);
        facts.accept_denial(over_http, false, false);
        let shown = |facts: &Facts| (facts.said, facts.plain, facts.alive_at);
        for _ in 0..2 {
            facts.arrange(false);
            assert_eq!(shown(&facts), (Said::Missing, true, SOURCE.at));
            facts.accept_answer(&answer(Said::Alive), over_http);
            assert_eq!(shown(&facts), (Said::Alive, true, over_http.at));
            facts.accept_denial(over_http, false, false);
            facts.alive_at = SOURCE.at;
            facts.arrange(true);
            assert_eq!(shown(&facts), shown(&https));
        }
        // Activated over http once more: still beside.
        facts.accept_activation(over_http);
        assert_eq!(shown(&facts), shown(&https));
        // And gives way.
        facts.arrange(false);
        assert_eq!(shown(&facts), (Said::Alive, true, over_http.at));
        facts.accept_answer(&answer(Said::Expired), SOURCE);
        assert_eq!((facts.said, facts.plain), (Said::Expired, false));
        assert_eq!(facts.aside, None);
        facts.arrange(false);
        assert_eq!(facts.said, Said::Expired);
    }

    #[test]
    fn files_and_usage_stay_in_front() {
        let mut facts = Facts::default();
        facts.accept_answer(&answer(Said::Alive), SOURCE);
        facts.usage_at = 7;
        facts.accept_activation(Source {
            plain: true,
            ..SOURCE
        });
        facts.usage_at = 9;
        let grant = Grant {
            expires_at: SOURCE.at + 1,
            valid_from: 0,
            granted_at: SOURCE.at,
            imported_at: SOURCE.at,
            here: true,
            amount: -1,
            features: Vec::new(),
        };
        facts.file = Some(grant.clone());
        for requires_tls in [false, true] {
            facts.arrange(requires_tls);
            assert_eq!((facts.plain, facts.usage_at), (!requires_tls, 9));
            assert_eq!(facts.file.as_ref(), Some(&grant));
        }
    }

    #[test]
    fn an_accepted_activation_leaves_the_daily_check_due() {
        let mut facts = Facts::of_another_machine();
        facts.accept_activation(SOURCE);
        assert_eq!((facts.alive_at, facts.confirmed_at), (SOURCE.at, 0));
        assert_eq!(facts.expires_at, 0);
    }
}
