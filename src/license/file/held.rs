//! Licence files as a suite keeps them: the tokens that were accepted, and those that were given back.
//!
//! What counts is never what was once found out but the token itself, which is proved anew at each load. What it grants
//! then ([`Grant`]) lies beside the facts that the marketplace told, and is not stored.

use super::LicenseFile;
use crate::license::{Facts, Suite};
use serde::{Deserialize, Serialize};

/// Most bytes of tokens that a suite may hold: the state file has a limit of its own.
pub const MAX_TOTAL_BYTES: usize = 2 << 20;
/// Most names kept of the files that one replaced.
const MAX_EARLIER: usize = 64;

/// A file that was accepted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Held {
    pub token: String,
    pub id: String,
    pub issued_at: i64,
    pub imported_at: i64,
    /// Names of files of the same code that this one replaced: they are given back with it.
    pub earlier: Vec<String>,
}

/// A file that was given back.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Returned {
    pub code: String,
    pub ids: Vec<String>,
    pub issued_at: i64,
    /// The signed proof, to be shown again.
    pub proof: String,
}

/// What a file grants on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    pub expires_at: i64,
    /// From when on it holds, leeway included.
    pub valid_from: i64,
    /// When it was issued, or else imported: a later word of the marketplace about this code counts more.
    pub granted_at: i64,
    pub imported_at: i64,
    /// It is for this machine.
    pub here: bool,
    pub amount: i64,
    pub features: Vec<String>,
}

impl Grant {
    pub fn new(file: LicenseFile, imported_at: i64, here: bool) -> Grant {
        Grant {
            expires_at: file.expires_at,
            valid_from: file.not_before.saturating_sub(super::claims::NBF_LEEWAY),
            granted_at: match file.issued_at {
                0 => imported_at,
                issued_at => issued_at,
            },
            imported_at,
            here,
            amount: file.amount,
            features: file.features,
        }
    }
}

impl Suite {
    /// Puts what the held files grant beside the facts. `prove` answers None for a file that proves nothing any more.
    pub fn attach_files(&mut self, prove: impl Fn(&Held) -> Option<Grant>) {
        for facts in self.licenses.values_mut() {
            facts.file = None;
        }
        for (code, held) in &self.files {
            if let Some(grant) = prove(held) {
                self.licenses.entry(code.clone()).or_default().file = Some(grant);
            }
        }
        self.drop_unfounded();
    }

    /// Takes up an accepted file, unless it was given back meanwhile.
    pub fn take_up_file(&mut self, file: &LicenseFile, token: &str, grant: &Grant) {
        if self.is_returned(file) {
            return;
        }
        self.newest_file = self.newest_file.max(file.issued_at);
        let replaced = self.files.remove(&file.code).unwrap_or_default();
        let mut earlier = replaced.earlier;
        if !replaced.id.is_empty() && replaced.id != file.id {
            earlier.push(replaced.id);
        }
        let surplus = earlier.len().saturating_sub(MAX_EARLIER);
        earlier.drain(..surplus);
        let held = Held {
            token: token.to_owned(),
            id: file.id.clone(),
            issued_at: file.issued_at,
            imported_at: grant.imported_at,
            earlier,
        };
        self.files.insert(file.code.clone(), held);
        let facts = self.licenses.entry(file.code.clone()).or_default();
        facts.file = Some(grant.clone());
    }

    /// Removes a file for good: it and those it replaced are refused from now on.
    pub fn give_back_file(&mut self, code: &str, proof: &str) {
        let Some(held) = self.files.remove(code) else {
            return;
        };
        let mut ids = held.earlier;
        ids.push(held.id);
        self.returned.push(Returned {
            code: code.to_owned(),
            ids,
            issued_at: held.issued_at,
            proof: proof.to_owned(),
        });
        if let Some(facts) = self.licenses.get_mut(code) {
            facts.file = None;
        }
        self.drop_unfounded();
    }

    /// Takes back what could not be saved.
    pub fn undo_give_back(&mut self, before: &Suite, code: &str, proof: &str) {
        self.returned.retain(|returned| returned.proof != proof);
        if let Some(held) = before.files.get(code) {
            self.files.insert(code.to_owned(), held.clone());
            let grant = before.licenses.get(code).and_then(|f| f.file.clone());
            self.licenses.entry(code.to_owned()).or_default().file = grant;
        }
    }

    /// What outlives that everything is forgotten: what was given back, with the key that says so, and which upgrade feeds
    /// were seen, so that no older one is believed afterwards.
    pub fn lasting(&self) -> Suite {
        let upgrade = self.upgrade.seen_only();
        if self.returned.is_empty() {
            return Suite {
                upgrade,
                ..Suite::default()
            };
        }
        Suite {
            upgrade,
            returned: self.returned.clone(),
            machine_key: self.machine_key.clone(),
            newest_file: self.newest_file,
            clock: self.clock.clone(),
            ..Suite::default()
        }
    }

    /// True for what was given back, and for what was issued for the same code before that.
    pub fn is_returned(&self, file: &LicenseFile) -> bool {
        self.was_returned(&file.code, &file.id, file.issued_at)
    }

    fn was_returned(&self, code: &str, id: &str, issued_at: i64) -> bool {
        self.returned.iter().any(|returned| {
            let older = issued_at != 0 && issued_at < returned.issued_at;
            returned.ids.iter().any(|known| known == id) || (returned.code == code && older)
        })
    }

    /// The proof of the last file of this code that was given back.
    pub fn proof_of_return(&self, code: &str) -> Option<&str> {
        let mut latest_first = self.returned.iter().rev();
        let returned = latest_first.find(|returned| returned.code == code);
        returned.map(|returned| returned.proof.as_str())
    }

    /// Bytes of tokens held for other codes.
    pub fn file_bytes_besides(&self, code: &str) -> usize {
        let others = self.files.iter().filter(|(held, _)| *held != code);
        others.map(|(_, held)| held.token.len()).sum()
    }

    /// Takes up what another copy of this suite could not save about files.
    pub(in crate::license) fn merge_files(&mut self, unsaved: &Suite) {
        for returned in &unsaved.returned {
            if !self.returned.contains(returned) {
                self.returned.push(returned.clone());
            }
        }
        for (code, file) in &unsaved.files {
            let held = self.files.get(code);
            let newer = held.is_none_or(|held| file.imported_at > held.imported_at);
            if newer && self.has_room_for(code) {
                self.files.insert(code.clone(), file.clone());
            }
        }
        let mut files = std::mem::take(&mut self.files);
        files.retain(|code, held| !self.was_returned(code, &held.id, held.issued_at));
        self.files = files;
        self.newest_file = self.newest_file.max(unsaved.newest_file);
        if self.machine_key.is_none() {
            self.machine_key = unsaved.machine_key.clone();
        }
    }

    /// A code of which neither a file nor the marketplace says anything is nothing.
    fn drop_unfounded(&mut self) {
        let founded = |facts: &Facts| facts.file.is_some() || facts.is_online();
        self.licenses.retain(|_, facts| founded(facts));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::license::file::Bound;

    const T: i64 = 1_800_000_000;

    fn file(id: &str, issued_at: i64) -> LicenseFile {
        LicenseFile {
            code: "FILE-1".into(),
            id: id.into(),
            expires_at: T + 100,
            not_before: 0,
            issued_at,
            bound: Bound::default(),
            features: vec!["mesh".into()],
            amount: -1,
        }
    }

    fn take_up(suite: &mut Suite, id: &str, issued_at: i64) {
        let file = file(id, issued_at);
        let grant = Grant::new(file.clone(), T, true);
        suite.take_up_file(&file, "token", &grant);
    }

    #[test]
    fn what_a_file_replaced_is_given_back_with_it() {
        let mut suite = Suite::default();
        take_up(&mut suite, "a", 0);
        take_up(&mut suite, "b", T);
        suite.give_back_file("FILE-1", "proof");
        assert!(suite.licenses.is_empty() && suite.files.is_empty());
        assert_eq!(suite.proof_of_return("FILE-1"), Some("proof"));
        for (id, issued_at, refused) in [
            ("a", 0, true),
            ("b", T, true),
            // Issued before, though never imported here.
            ("c", T - 1, true),
            ("d", T, false),
            ("e", T + 1, false),
            ("f", 0, false),
        ] {
            assert_eq!(suite.is_returned(&file(id, issued_at)), refused, "{id}");
        }
        take_up(&mut suite, "b", T);
        assert!(suite.files.is_empty());
    }

    #[test]
    fn a_code_without_a_proved_file_is_nothing_unless_it_was_online() {
        let mut suite = Suite::default();
        take_up(&mut suite, "a", T);
        let online = Facts {
            checked_at: T,
            ..Facts::default()
        };
        suite.licenses.insert("ONLINE".into(), online);
        let mut stored: Suite =
            serde_json::from_value(serde_json::to_value(&suite).unwrap()).unwrap();
        assert_eq!(stored.licenses["FILE-1"].file, None);
        let grant = Grant::new(file("a", T), T, true);
        stored.attach_files(|held| (held.id == "a").then(|| grant.clone()));
        assert_eq!(stored, suite);
        stored.attach_files(|_| None);
        assert_eq!(stored.licenses.keys().collect::<Vec<_>>(), ["ONLINE"]);
        // The file itself is kept: the key may come back.
        assert_eq!(stored.files, suite.files);
    }

    #[test]
    fn what_could_not_be_saved_is_merged() {
        let mut stored = Suite::default();
        take_up(&mut stored, "a", T);
        let mut unsaved = stored.clone();
        unsaved.give_back_file("FILE-1", "proof");
        stored.merge(&unsaved);
        assert!(stored.files.is_empty());
        assert_eq!(stored.proof_of_return("FILE-1"), Some("proof"));
        let mut fresh = Suite::default();
        take_up(&mut unsaved, "z", T + 1);
        fresh.merge(&unsaved);
        assert_eq!(fresh.files["FILE-1"].id, "z");
    }
}
