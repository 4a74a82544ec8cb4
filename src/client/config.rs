//! What a program set, checked and typed: what the rest of the client works with.
//!
//! Every fault is found before the first is reported, by the name of its JSON member, so that a vendor corrects a
//! configuration once. A fault never repeats the value: it may be a secret. One rule holds for all texts: an option that
//! is set is not empty and holds no control character.
//!
//! Where several say something about one option, the nearest to the machine wins, but never against code:
//! `set_*` in the program, then `site.json`, then the program's options file, then the default. The customer's
//! administrator knows his proxy better than a file that the vendor shipped; a program that sets it by code, say from its
//! own settings dialogue, has asked its user. What is wrong with `site.json` is a warning, never a reason not to start.
//!
//! Relative paths in `data_dir` and `ca_file` are taken from the current directory of this moment: programs change it
//! later, when a file dialogue is opened.

mod checks;
mod live;
mod shape;
mod site;
#[cfg(test)]
mod tests;

pub use live::Live;

use super::LogSink;
use super::options::{Key, Options, Origin};
use crate::Error;
use crate::events::Delivery;
use crate::license::{DayRule, Policy};
use crate::marketplace::{Credentials, Endpoints, Proxy};
use crate::store::{Location, Scope};
use crate::text::Language;
use crate::upgrade::{Keys, Version};
use checks::Checks;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Longest of vendor, product and version, each.
const NAME_MAX: usize = 128;
const ACCOUNT_ID_MAX: usize = 256;
const TIMEOUT_RANGE: (i64, i64) = (100, 600_000);
const OFFSET_RANGE: (i64, i64) = (-720, 840);
const PLAIN_SECRET: &str = "allow_plain_secret: the secret key may be read by whoever reads the options file; \
    use it on machines of your own only";

/// Who the program is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    pub vendor: String,
    pub product: String,
    pub version: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    pub connect: Duration,
    pub request: Duration,
    pub call: Duration,
}

/// Where upgrades come from. Parsed by the upgrade itself; here only the shape is known to be right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upgrade {
    pub feed: Option<String>,
    /// Minisign public keys, base64.
    pub public_keys: Vec<String>,
    /// None: `iscdesk` beside the library.
    pub helper: Option<PathBuf>,
}

#[derive(Clone)]
pub struct Config {
    pub identity: Identity,
    pub credentials: Credentials,
    pub endpoints: Endpoints,
    /// Facts learnt over `http` do not count.
    pub requires_tls: bool,
    pub location: Location,
    /// The first writes, all read; none: the built-in one.
    pub state_secrets: Vec<String>,
    pub proxy: Proxy,
    /// Who set the proxy; None: nobody.
    pub proxy_origin: Option<Origin>,
    pub ca_file: Option<PathBuf>,
    pub timeouts: Timeouts,
    pub policy: Policy,
    pub expiry_offset_minutes: i32,
    pub auto_heartbeat: bool,
    pub account_id: Option<String>,
    pub delivery: Delivery,
    pub language: Language,
    pub upgrade: Upgrade,
    /// Ed25519 public keys of licence files.
    pub license_keys: Vec<[u8; 32]>,
    pub log: Option<LogSink>,
    /// For the log at every init.
    pub warnings: Vec<String>,
}

impl Config {
    /// `site` reads `site.json` at the path given, None where there is none that may be trusted.
    pub fn check(
        options: &Options,
        site: impl Fn(&Path) -> Option<Vec<u8>>,
    ) -> Result<Config, Error> {
        if options.text(Key::RelayPublicKey).is_some() {
            return Err(Error::unsupported(
                "relay_public_key: signed relay answers are not built yet",
            ));
        }
        let mut warnings = Vec::new();
        let options = site::merged(options, site, &mut warnings);
        if options.allows_plain_secret() {
            warnings.push(PLAIN_SECRET.to_owned());
        }
        let mut checks = Checks::new(&options);
        let config = read(&mut checks, warnings);
        checks.finish()?;
        Ok(config)
    }

    /// The version of the program that runs.
    pub fn installed(&self) -> Result<Version, Error> {
        let version = self.identity.version.parse();
        // Checked with the other options where a feed is set.
        version.map_err(|error| Error::internal(format!("version: {error}")))
    }

    pub fn upgrade_keys(&self) -> Result<Keys, Error> {
        Keys::parse(self.upgrade.public_keys.iter().map(String::as_str))
    }
}

/// Every option in turn. What is faulty is noted and replaced by anything of its type.
fn read(checks: &mut Checks<'_>, warnings: Vec<String>) -> Config {
    let endpoints = endpoints(checks);
    let requires_tls = !endpoints.first.is_plain();
    let upgrade = upgrade(checks);
    Config {
        identity: identity(checks, &upgrade),
        credentials: credentials(checks, &endpoints),
        endpoints,
        requires_tls,
        location: location(checks),
        state_secrets: checks.list(Key::StateSecret, |secret, _| Ok(secret.to_owned())),
        proxy: checks
            .parsed(Key::Proxy, shape::proxy)
            .unwrap_or(Proxy::System),
        proxy_origin: checks.options.origin(Key::Proxy),
        ca_file: checks.parsed(Key::CaFile, shape::ca_file),
        timeouts: timeouts(checks),
        policy: policy(checks, requires_tls),
        expiry_offset_minutes: checks.number(Key::ExpiryOffsetMinutes, 0, OFFSET_RANGE),
        auto_heartbeat: checks.number(Key::AutoHeartbeat, 1, (0, 1)) == 1,
        account_id: checks.parsed(Key::AccountId, shape::account_id),
        delivery: checks.word(
            Key::Delivery,
            [("thread", Delivery::Thread), ("poll", Delivery::Poll)],
        ),
        language: checks.word(Key::Language, [("en", Language::En), ("zh", Language::Zh)]),
        upgrade,
        license_keys: checks.list(Key::LicensePublicKey, shape::license_key),
        log: checks.options.log().cloned(),
        warnings,
    }
}

fn identity(checks: &mut Checks<'_>, upgrade: &Upgrade) -> Identity {
    let version = checks.required(Key::Version, shape::name);
    if upgrade.feed.is_some() && !version.is_empty() && version.parse::<Version>().is_err() {
        checks.fault(
            Key::Version,
            "must be a semantic version or 2 to 4 numbers where upgrade_feed is set",
        );
    }
    Identity {
        vendor: checks.required(Key::Vendor, shape::name),
        product: checks.required(Key::Product, shape::name),
        version,
    }
}

fn location(checks: &mut Checks<'_>) -> Location {
    Location {
        vendor: checks.required(Key::Vendor, shape::name),
        product: checks.required(Key::Product, shape::name),
        scope: checks.word(
            Key::Scope,
            [("user", Scope::User), ("machine", Scope::Machine)],
        ),
        data_dir: checks.parsed(Key::DataDir, shape::made_absolute),
    }
}

fn endpoints(checks: &mut Checks<'_>) -> Endpoints {
    let first = checks.parsed(Key::Endpoint, shape::endpoint);
    let fallback = checks.parsed(Key::FallbackEndpoint, shape::endpoint);
    Endpoints::new(first, fallback)
}

/// Direct mode, relay mode or neither.
fn credentials(checks: &mut Checks<'_>, endpoints: &Endpoints) -> Credentials {
    let is_set = |key| checks.options.text(key).is_some();
    let [access_set, secret_set, token_set] =
        [Key::AccessKey, Key::SecretKey, Key::BearerToken].map(is_set);
    if secret_set && !access_set {
        checks.fault(Key::AccessKey, "missing, while secret_key is set");
    }
    if access_set && !secret_set {
        checks.fault(Key::SecretKey, "missing, while access_key is set");
    }
    if token_set && (access_set || secret_set) {
        checks.fault(
            Key::BearerToken,
            "relay mode excludes the direct mode of access_key and secret_key",
        );
    }
    if is_exposed(checks, endpoints) {
        checks.fault(
            Key::SecretKey,
            "not accepted from an unsigned file, unless every endpoint is a loopback address or \
             \"allow_plain_secret\": 1 is there",
        );
    }
    let access = checks.parsed(Key::AccessKey, shape::visible_ascii);
    let secret = checks.parsed(Key::SecretKey, shape::any);
    let token = checks.parsed(Key::BearerToken, shape::visible_ascii);
    let made = match (access, secret, token) {
        (Some(access), Some(secret), _) => Credentials::signed(&access, &secret),
        (_, _, Some(token)) => Credentials::bearer(&token),
        _ => Ok(Credentials::None),
    };
    // The shapes above are at least as strict.
    made.unwrap_or(Credentials::None)
}

/// Does the secret key lie in a file that anybody may read, for servers elsewhere?
fn is_exposed(checks: &Checks<'_>, endpoints: &Endpoints) -> bool {
    let plain = checks.options.origin(Key::SecretKey) == Some(Origin::UnsignedFile);
    // Where an endpoint is faulty, nothing is known of it yet.
    let mut keys = [Key::Endpoint, Key::FallbackEndpoint].into_iter();
    let known = keys.all(|key| checks.fault_of(key).is_none());
    let mut hosts = std::iter::once(&endpoints.first).chain(&endpoints.fallback);
    let local = hosts.all(shape::is_loopback);
    plain && known && !local && !checks.options.allows_plain_secret()
}

fn timeouts(checks: &mut Checks<'_>) -> Timeouts {
    let mut timeout = |key, default| {
        let milliseconds = checks.number(key, default, TIMEOUT_RANGE);
        Duration::from_millis(u64::from(milliseconds.unsigned_abs()))
    };
    Timeouts {
        connect: timeout(Key::ConnectTimeoutMs, 5_000),
        request: timeout(Key::RequestTimeoutMs, 15_000),
        call: timeout(Key::CallTimeoutMs, 30_000),
    }
}

fn policy(checks: &mut Checks<'_>, requires_tls: bool) -> Policy {
    Policy {
        day: DayRule {
            offset_minutes: checks.number(Key::DayOffsetMinutes, 480, OFFSET_RANGE),
        },
        offline_days: checks.number(Key::OfflineDays, 7, (0, 365)).unsigned_abs(),
        requires_tls,
    }
}

fn upgrade(checks: &mut Checks<'_>) -> Upgrade {
    let feed = checks.parsed(Key::UpgradeFeed, shape::feed);
    let public_keys = checks.list(Key::UpgradePublicKey, shape::minisign_key);
    if feed.is_some() && checks.options.text(Key::UpgradePublicKey).is_none() {
        checks.fault(Key::UpgradePublicKey, "missing, while upgrade_feed is set");
    }
    if checks.options.origin(Key::HelperPath) == Some(Origin::UnsignedFile) {
        checks.fault(
            Key::HelperPath,
            "not accepted from an unsigned file: sign the file, or set it in the program",
        );
    }
    Upgrade {
        feed,
        public_keys,
        helper: checks.parsed(Key::HelperPath, shape::absolute),
    }
}
