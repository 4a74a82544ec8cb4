//! What a program can read about its licences.

use super::{Client, not_activated};
use crate::error::Error;
use crate::license::file::Grant;
use crate::license::verdict::Judged;
use crate::license::{Suite, Verdict};
use crate::sync::lock;
use serde::Serialize;

/// Where what is known about a licence comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[repr(i32)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    None = 0,
    Marketplace = 1,
    File = 2,
}

/// What is known about one licence, as `isc_license_info` shows it. Times are Unix seconds UTC, 0 = unknown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Info {
    pub license: String,
    pub verdict: Verdict,
    pub source: Source,
    pub expires_at: i64,
    pub checked_at: i64,
    pub offline_until: i64,
    pub activated_at: i64,
    /// -1 = not stated.
    pub amount: i64,
    pub product_id: String,
    pub features: Vec<String>,
}

/// The JSON form of [`Info`].
#[derive(Serialize)]
struct Document<'a> {
    license: &'a str,
    status: i32,
    status_name: &'a str,
    licensed: bool,
    source: Source,
    expires_at: i64,
    checked_at: i64,
    offline_until: i64,
    activated_at: i64,
    amount: i64,
    product_id: &'a str,
    features: &'a [String],
}

impl Info {
    /// The same where a file decides. A file has no offline limit: it may be used until it expires.
    fn by_file(mut self, grant: &Grant, online_as_well: bool) -> Info {
        if !online_as_well {
            self.features.clear();
            self.product_id.clear();
        }
        let more = grant.features.iter();
        let more = more.filter(|name| !self.features.contains(name)).cloned();
        let more: Vec<String> = more.collect();
        self.features.extend(more);
        Info {
            source: Source::File,
            expires_at: grant.expires_at,
            offline_until: grant.expires_at,
            activated_at: grant.imported_at,
            amount: grant.amount,
            ..self
        }
    }
}

impl Client {
    /// What is known about a code; None: about the best one held. Answers from the last facts also after shutdown.
    pub fn license_info(&self, code: Option<&str>) -> Result<Info, Error> {
        if !self.core.life.is_closing() {
            self.core.refresh();
        }
        let ledger = lock(&self.core.ledger);
        let now = self.core.believed(&ledger.suite);
        let policy = &self.core.config.policy;
        let code = match code {
            Some(code) => Some(code),
            None => ledger.suite.best(policy, now),
        };
        code.and_then(|code| self.info_of(&ledger.suite, code))
            .ok_or_else(not_activated)
    }

    pub fn license_json(&self, code: Option<&str>) -> Result<String, Error> {
        self.check_open()?;
        let info = self.license_info(code)?;
        let document = Document {
            license: &info.license,
            status: info.verdict.code(),
            status_name: info.verdict.name(),
            licensed: info.verdict.is_licensed(),
            source: info.source,
            expires_at: info.expires_at,
            checked_at: info.checked_at,
            offline_until: info.offline_until,
            activated_at: info.activated_at,
            amount: info.amount,
            product_id: &info.product_id,
            features: &info.features,
        };
        serde_json::to_string(&document).map_err(|e| Error::internal(e.to_string()))
    }

    /// A JSON array of the codes held.
    pub fn list_licenses(&self) -> Result<String, Error> {
        self.check_open()?;
        self.core.refresh();
        let ledger = lock(&self.core.ledger);
        let codes: Vec<&String> = ledger.suite.licenses.keys().collect();
        serde_json::to_string(&codes).map_err(|e| Error::internal(e.to_string()))
    }

    /// True where a code (None: any) is licensed. Waits for nothing and allocates nothing; also after shutdown.
    pub fn is_licensed(&self, code: Option<&[u8]>) -> bool {
        let local = self.core.clock.local();
        self.core.published.read(|snapshot| match code {
            Some(code) => snapshot.is_licensed(code, local),
            None => snapshot.is_any_licensed(local),
        })
    }

    /// True where a licensed licence has this product id or lists this feature. Waits for nothing.
    pub fn has_feature(&self, name: &[u8]) -> bool {
        let local = self.core.clock.local();
        self.core
            .published
            .read(|snapshot| snapshot.has_feature(name, local))
    }

    fn info_of(&self, suite: &Suite, code: &str) -> Option<Info> {
        let facts = suite.licenses.get(code)?;
        let judged = Judged::new(facts, &self.core.config.policy);
        let now = self.core.believed(suite);
        let info = Info {
            license: code.to_owned(),
            verdict: judged.verdict(now),
            source: match facts.last_word() {
                0 => Source::None,
                _ => Source::Marketplace,
            },
            expires_at: facts.expires_at,
            checked_at: facts.checked_at,
            offline_until: judged.offline_until,
            activated_at: facts.activated_at,
            amount: facts.amount,
            product_id: facts.product_id.clone(),
            features: facts.features.clone(),
        };
        match &facts.file {
            Some(grant) if judged.is_by_file(now) => {
                Some(info.by_file(grant, judged.is_licensed_online(now)))
            }
            _ => Some(info),
        }
    }
}
