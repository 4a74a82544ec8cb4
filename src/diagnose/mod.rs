//! What a support desk asks for, as one JSON document: `isc_diagnose` and `iscdesk doctor`.
//!
//! It looks and changes nothing (a file is made in the data folder and removed at once, to see whether that is possible;
//! a damaged state is left where it is), asks about no licence, and is ready within 25 seconds whatever hangs: each part runs on a thread of its own
//! ([`bench`]), and one that does not come back is reported as such. It may be sent by mail: codes are masked, and no key,
//! token, password or serial number is in it.
//!
//! # The document, schema 1
//!
//! Members may be added within a schema; none changes its meaning. Times are Unix seconds UTC; null = not known.
//!
//! | member | holds |
//! |---|---|
//! | `schema`, `iscdesk` | 1; the version of the library |
//! | `at`, `took_ms` | local time at the start; how long it took |
//! | `ok`, `advice` | nothing is wrong; else what to do, in the configured language, one sentence for each thing that is wrong |
//! | `config` | `ok`, `faults` by member name, `warnings`; `vendor`, `product`, `version`; `mode`: `direct`, `relay`, `offline`; `site_file`: there is one |
//! | `system` | `os`, `arch`, `version`; `container`: its kind; `virtual_machine`, `hypervisor` |
//! | `state` | `folder`, `scope`, `exists`, `writable` and `write_error`, `free_bytes`; `file`, `readable`, `origin`: `fresh`, `ours`, `foreign`; `revision`, `notes`; `set_aside`: names of files that were damaged or could not be opened when a client came upon them, newest last; `licenses`: `code` (masked), `verdict`, `licensed`, `source`, `expires_at`, `checked_at`, `offline_until` |
//! | `device` | `parts`: `kind`, `present`, `hashes` (the first digits, comparable within one product); `changed`: kinds that differ from those of the machine that wrote the state |
//! | `network` | `proxy`: `source` (`program`, `options_file`, `site_file`, `environment`, `system`, `none`), `address` without login; `ca_file`; `roots`: `bundle`, number of `system` roots and of those in the `ca_file`; `hosts` |
//! | `network.hosts` | `role`: `endpoint`, `fallback`, `upgrade_feed`; `host`, `via`: `direct` or the proxy; `reached`: an HTTP answer came; `resolved`: `ok`, `addresses`; `connected` (to the host, or to the proxy): `ok`, `to`; `tls`: `trusted`, `by_root`: `subject` and `from` (`system`, `ca_file`), `chain`: `subject`, `issuer`, `not_before`, `not_after`; `answer`: `ok`, `http`, `content_type`, `date`, `local`; `keys`: `accepted` (access key or token, null = not known), `error`; each step with `error` and `took_ms` |
//! | `upgrade` | null where no feed is set; `fetched`, `verified` (signed with one of the program's keys); `version`, `published`, `forced`, `platform` (of this build), `has_package` (for that platform); `outcome`: `offered`, `up_to_date`, `declined`, `not_for_this_platform`, `refused`; `status` and `error`: the `ErrorCode` that a client's look would tell, else 0, and why; `took_ms` |
//! | `clock` | `local`, `marketplace`, `offset_s` of this moment, `known_offset_s` of the last check, `verdict`: `right`, `wrong`, `implausible`, `unknown` |
//! | `errors` | the last ten failures of the background: `at`, `first_at`, `count`, `status`, `cause`, `host`, `http`, `code`, `text` |
//!
//! An `error` is `cause` and `text`, as in `isc_last_error_json`. `system`, `state`, `device`, `network` and `upgrade` are
//! `{"error": …}` where they could not be looked at: cause `timeout`, or `config` where the options do not say what to look
//! at. A broken configuration is a finding and not a failure of the call.

mod advice;
mod bench;
mod clock;
mod device;
mod feed;
mod hypervisor;
mod keys;
mod network;
mod proxy;
mod report;
mod road;
mod state;
mod system;
#[cfg(test)]
mod tests;
mod tls;
mod words;

pub use report::{
    Answered, CertificateFacts, ClockReport, ConfigFacts, Connected, DeviceFacts, Fault, FeedFacts,
    Found, HostFacts, KeysFacts, LicenseFacts, NetworkFacts, PartFacts, ProxyFacts, Report,
    Resolved, RootFacts, RootsFacts, SCHEMA, StateFacts, SystemFacts, TlsFacts,
};

use crate::client::Options;
use crate::client::config::Config;
use crate::client::options::Key;
use crate::client::surroundings::Surroundings;
use crate::device::Parts;
use crate::marketplace::Credentials;
use crate::sync::Deadline;
use crate::text::Language;
use crate::upgrade::UpgradeFacts;
use crate::{Cause, Error, Status};
use bench::{Bench, Pending};
use network::NetworkFound;
use state::StateFound;
use std::time::{Duration, Instant};

/// Of the 30 seconds that the contract allows.
const LIMIT: Duration = Duration::from_secs(25);
/// Site file, `ca_file`: what is read before anything else can begin.
const LIMIT_CONFIG: Duration = Duration::from_secs(10);

/// The document as JSON.
pub fn diagnose(options: &Options, surroundings: &Surroundings) -> Result<String, Error> {
    serde_json::to_string(&examine(options, surroundings))
        .map_err(|error| Error::internal(error.to_string()))
}

/// The document as it is.
pub fn examine(options: &Options, surroundings: &Surroundings) -> Report {
    examine_within(options, surroundings, LIMIT)
}

fn examine_within(options: &Options, surroundings: &Surroundings, limit: Duration) -> Report {
    let begun = Instant::now();
    let at = surroundings.clock.local();
    let deadline = Deadline::after(limit);
    let mut bench = Bench::new();
    let system = bench.start(system::look);
    let machine = surroundings.machine.clone();
    let parts = bench.start(move || machine.parts());
    let (config, config_facts) = configuration(options, &mut bench, limit.min(LIMIT_CONFIG));
    let looks = config.map(|config| Looks::start(config, surroundings, &mut bench, &deadline));
    let mut report = Report {
        schema: SCHEMA,
        iscdesk: env!("CARGO_PKG_VERSION"),
        at,
        took_ms: 0,
        ok: false,
        advice: Vec::new(),
        config: config_facts,
        system: system.wait(&deadline),
        state: not_looked_at(),
        device: not_looked_at(),
        network: not_looked_at(),
        upgrade: None,
        clock: clock::judge(at, &[], None),
        errors: Vec::new(),
    };
    match looks {
        Some(looks) => looks.finish(&mut report, parts, &deadline),
        None => report.device = device_facts(parts.wait(&deadline), None, None),
    }
    let language = match options.text(Key::Language) {
        Some("zh") => Language::Zh,
        _ => Language::En,
    };
    let advice = advice::of(&report);
    report.ok = advice.is_empty();
    report.advice = advice.iter().map(|one| one.text(language)).collect();
    drop(bench);
    report.took_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    report
}

/// What is looked at where the options say what to look at.
struct Looks {
    key: Vec<u8>,
    config: Config,
    state: Pending<StateFound>,
    network: Pending<Result<NetworkFound, Error>>,
}

impl Looks {
    fn start(
        config: Config,
        surroundings: &Surroundings,
        bench: &mut Bench,
        deadline: &Deadline,
    ) -> Looks {
        let key = crate::store::binding_key(&config.location);
        let (of_state, of_network) = (config.clone(), config.clone());
        let surroundings = surroundings.clone();
        let clock = surroundings.clock.clone();
        let (lookups, left) = (bench.lookups.clone(), deadline.left());
        Looks {
            key,
            config,
            state: bench.start(move || state::look(of_state, surroundings)),
            network: bench.start(move || network::look(of_network, clock, lookups, left)),
        }
    }

    fn finish(self, report: &mut Report, parts: Pending<Parts>, deadline: &Deadline) {
        let (mut binding, mut known) = (None, None);
        let mut seen = UpgradeFacts::default();
        report.state = match self.state.wait(deadline) {
            Found::Known(found) => {
                binding = found.binding;
                known = Some(found.clock);
                seen = found.upgrade;
                report.errors = found.failures;
                Found::Known(found.facts)
            }
            Found::Unknown { error } => Found::Unknown { error },
        };
        let parts = parts.wait(deadline);
        report.device = device_facts(parts, Some(&self.key), binding.as_ref());
        let network = match self.network.wait(deadline) {
            Found::Known(Ok(found)) => Ok(found),
            Found::Known(Err(error)) => Err(Fault::from(error)),
            Found::Unknown { error } => Err(error),
        };
        report.upgrade = match &network {
            _ if self.config.upgrade.feed.is_none() => None,
            Err(error) => Some(Found::Unknown {
                error: error.clone(),
            }),
            Ok(found) => {
                let judge = |fetched| Found::Known(feed::judge(fetched, &self.config, &seen));
                found.feed.as_ref().map(judge)
            }
        };
        report.network = match network {
            Ok(found) => Found::Known(found.facts),
            Err(error) => Found::Unknown { error },
        };
        let hosts = report.network.known().map(|facts| facts.hosts.as_slice());
        report.clock = clock::judge(report.at, hosts.unwrap_or_default(), known.as_ref());
    }
}

fn device_facts(
    parts: Found<Parts>,
    key: Option<&[u8]>,
    stored: Option<&crate::device::Binding>,
) -> Found<DeviceFacts> {
    match parts {
        Found::Known(parts) => Found::Known(device::facts(&parts, key, stored)),
        Found::Unknown { error } => Found::Unknown { error },
    }
}

fn not_looked_at<T>() -> Found<T> {
    let text = "the configuration does not say what to look at";
    Found::Unknown {
        error: Fault::new(Cause::Config, text),
    }
}

/// The configuration, if it has no fault, and what there is to say about it.
fn configuration(
    options: &Options,
    bench: &mut Bench,
    limit: Duration,
) -> (Option<Config>, ConfigFacts) {
    let named = |key| options.text(key).map(str::to_owned);
    let mut facts = ConfigFacts {
        vendor: named(Key::Vendor),
        product: named(Key::Product),
        version: named(Key::Version),
        ..ConfigFacts::default()
    };
    let options = options.clone();
    let checked = bench.start(move || {
        let site_file = std::sync::atomic::AtomicBool::new(false);
        let read = crate::client::site_file(&options);
        let checked = Config::check(&options, |path| {
            let found = read(path);
            site_file.store(found.is_some(), std::sync::atomic::Ordering::Relaxed);
            found
        });
        (checked, site_file.into_inner())
    });
    match checked.wait(&Deadline::after(limit)) {
        Found::Known((Ok(config), site_file)) => {
            facts.ok = true;
            facts.site_file = site_file;
            facts.warnings.clone_from(&config.warnings);
            facts.mode = Some(match config.credentials {
                Credentials::Signed { .. } => "direct",
                Credentials::Bearer(_) => "relay",
                Credentials::None => "offline",
            });
            (Some(config), facts)
        }
        Found::Known((Err(error), site_file)) => {
            facts.site_file = site_file;
            facts.faults = faults(&error);
            (None, facts)
        }
        Found::Unknown { error } => {
            facts.faults = vec![error.text];
            (None, facts)
        }
    }
}

/// All faults come in one text, each behind the name of its member.
fn faults(error: &Error) -> Vec<String> {
    if error.status != Status::Config {
        return vec![error.text.clone()];
    }
    let mut faults: Vec<String> = Vec::new();
    for part in error.text.split("; ") {
        let member = part.split(':').next().unwrap_or_default();
        match faults.last_mut() {
            Some(last) if Key::from_name(member).is_none() => {
                last.push_str("; ");
                last.push_str(part);
            }
            _ => faults.push(part.to_owned()),
        }
    }
    faults
}
