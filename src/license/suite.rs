//! All codes of one product on one machine: the content of the state file.

use super::facts::Facts;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Most codes one suite may hold.
pub const MAX_CODES: usize = 256;

/// What is known about time: see [`super`] and section 6 of the contract, "Clock".
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ClockFacts {
    /// Seconds to add to the local clock to get the marketplace's, as of the last answer.
    pub offset: i64,
    /// Largest time seen; 0 = none.
    pub mark: i64,
    /// True where the mark comes from the marketplace, false where only local times were ever seen.
    pub from_marketplace: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Suite {
    pub clock: ClockFacts,
    pub licenses: BTreeMap<String, Facts>,
}
