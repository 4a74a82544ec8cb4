//! The options there are: numbers of the C ABI, names in JSON, types. One table, from which everything else is read.

/// Options by their number in the C ABI. Numbers are never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(i32)]
pub enum Key {
    Vendor = 1,
    Product = 2,
    Version = 3,
    AccessKey = 10,
    SecretKey = 11,
    BearerToken = 12,
    RelayPublicKey = 13,
    Endpoint = 14,
    FallbackEndpoint = 15,
    DataDir = 20,
    Scope = 21,
    StateSecret = 22,
    Proxy = 30,
    CaFile = 31,
    ConnectTimeoutMs = 32,
    RequestTimeoutMs = 33,
    CallTimeoutMs = 34,
    OfflineDays = 40,
    DayOffsetMinutes = 41,
    ExpiryOffsetMinutes = 42,
    AutoHeartbeat = 43,
    AccountId = 44,
    Delivery = 50,
    Language = 51,
    UpgradeFeed = 60,
    UpgradePublicKey = 61,
    HelperPath = 62,
    LicensePublicKey = 63,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Text,
    Number,
}

/// Every option with its JSON member, which is its C name in lower case, and its type.
pub const TABLE: [(Key, &str, Kind); 28] = [
    (Key::Vendor, "vendor", Kind::Text),
    (Key::Product, "product", Kind::Text),
    (Key::Version, "version", Kind::Text),
    (Key::AccessKey, "access_key", Kind::Text),
    (Key::SecretKey, "secret_key", Kind::Text),
    (Key::BearerToken, "bearer_token", Kind::Text),
    (Key::RelayPublicKey, "relay_public_key", Kind::Text),
    (Key::Endpoint, "endpoint", Kind::Text),
    (Key::FallbackEndpoint, "fallback_endpoint", Kind::Text),
    (Key::DataDir, "data_dir", Kind::Text),
    (Key::Scope, "scope", Kind::Text),
    (Key::StateSecret, "state_secret", Kind::Text),
    (Key::Proxy, "proxy", Kind::Text),
    (Key::CaFile, "ca_file", Kind::Text),
    (Key::ConnectTimeoutMs, "connect_timeout_ms", Kind::Number),
    (Key::RequestTimeoutMs, "request_timeout_ms", Kind::Number),
    (Key::CallTimeoutMs, "call_timeout_ms", Kind::Number),
    (Key::OfflineDays, "offline_days", Kind::Number),
    (Key::DayOffsetMinutes, "day_offset_minutes", Kind::Number),
    (
        Key::ExpiryOffsetMinutes,
        "expiry_offset_minutes",
        Kind::Number,
    ),
    (Key::AutoHeartbeat, "auto_heartbeat", Kind::Number),
    (Key::AccountId, "account_id", Kind::Text),
    (Key::Delivery, "delivery", Kind::Text),
    (Key::Language, "language", Kind::Text),
    (Key::UpgradeFeed, "upgrade_feed", Kind::Text),
    (Key::UpgradePublicKey, "upgrade_public_key", Kind::Text),
    (Key::HelperPath, "helper_path", Kind::Text),
    (Key::LicensePublicKey, "license_public_key", Kind::Text),
];

impl Key {
    pub fn code(self) -> i32 {
        self as i32
    }

    pub fn from_code(code: i32) -> Option<Key> {
        let row = TABLE.iter().find(|(key, _, _)| key.code() == code);
        row.map(|(key, _, _)| *key)
    }

    /// The option with this JSON member.
    pub fn from_name(name: &str) -> Option<Key> {
        let row = TABLE.iter().find(|(_, member, _)| *member == name);
        row.map(|(key, _, _)| *key)
    }

    pub fn name(self) -> &'static str {
        self.row().1
    }

    pub fn kind(self) -> Kind {
        self.row().2
    }

    fn row(self) -> (Key, &'static str, Kind) {
        let row = TABLE.iter().find(|(key, _, _)| *key == self);
        // A test holds that every key has its row.
        row.copied().unwrap_or(TABLE[0])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The contract's table, written a second time.
    const CONTRACT: &str = "1 vendor, 2 product, 3 version, 10 access_key, 11 secret_key, 12 bearer_token, \
        13 relay_public_key, 14 endpoint, 15 fallback_endpoint, 20 data_dir, 21 scope, 22 state_secret, 30 proxy, \
        31 ca_file, 32 connect_timeout_ms int, 33 request_timeout_ms int, 34 call_timeout_ms int, \
        40 offline_days int, 41 day_offset_minutes int, 42 expiry_offset_minutes int, 43 auto_heartbeat int, \
        44 account_id, 50 delivery, 51 language, 60 upgrade_feed, 61 upgrade_public_key, 62 helper_path, \
        63 license_public_key";

    #[test]
    fn the_table_is_the_contracts() {
        let rows = TABLE.map(|(key, name, kind)| match kind {
            Kind::Text => format!("{} {name}", key.code()),
            Kind::Number => format!("{} {name} int", key.code()),
        });
        assert_eq!(rows.join(", "), CONTRACT);
    }

    #[test]
    fn every_key_is_found_by_number_and_name() {
        for (key, name, kind) in TABLE {
            assert_eq!(Key::from_code(key.code()), Some(key));
            assert_eq!(Key::from_name(name), Some(key));
            assert_eq!((key.name(), key.kind()), (name, kind));
            assert_eq!(format!("{key:?}").to_lowercase(), name.replace('_', ""));
        }
        for unknown in [0, 4, -1, 16, 64, i32::MAX, i32::MIN] {
            assert_eq!(Key::from_code(unknown), None);
        }
        assert_eq!(Key::from_name("Vendor"), None);
    }
}
