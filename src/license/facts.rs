//! What is known about one authorization code.

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
    /// Learnt over plain `http`; does not count for a client whose endpoint is `https`.
    pub plain: bool,
    /// How often in a row the fallback host denied the code while the first host was silent.
    pub missing_streak: u8,
    /// Last time a usage report for this code was accepted.
    pub usage_at: i64,
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
            plain: false,
            missing_streak: 0,
            usage_at: 0,
        }
    }
}
