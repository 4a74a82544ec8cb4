//! What is wrong, drawn from the facts: one [`Advice`] for each thing that somebody should do something about. What is
//! merely remarkable (a virtual machine, a proxy that works) is a fact and no advice.
//!
//! Of several faults along one road only the nearest is told: who cannot reach the proxy has no fault of the server's.

use super::network::UPGRADE_FEED;
use super::report::{
    ConfigFacts, DeviceFacts, Fault, Found, HostFacts, NetworkFacts, Report, StateFacts, TlsFacts,
};
use super::tls;
use crate::license::Verdict;
use crate::marketplace::challenge;
use crate::{Cause, Error};

/// Less than this, and the state cannot be written in one step.
const ROOM: u64 = 1024 * 1024;

/// Something to be done. Texts inside are facts, without secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Advice {
    Configuration {
        faults: String,
    },
    SiteFile {
        warnings: String,
    },
    FolderNotWritable {
        folder: String,
        why: String,
    },
    DiskFull {
        folder: String,
        free: u64,
    },
    StateUnreadable {
        notes: String,
    },
    Hangs {
        part: Part,
    },
    OtherMachine {
        changed: String,
    },
    NotLicensed {
        code: String,
        verdict: Verdict,
    },
    ProxyUnreachable {
        proxy: String,
        why: String,
    },
    ProxyLogin {
        proxy: String,
    },
    /// One that the library cannot.
    ProxyOtherLogin {
        proxy: String,
        logins: String,
    },
    ProxyRefuses {
        proxy: String,
        host: String,
        why: String,
    },
    NameUnknown {
        host: String,
    },
    Unreachable {
        host: String,
        why: String,
    },
    Mute {
        host: String,
    },
    NoRoots,
    Inspected {
        host: String,
        issuer: String,
    },
    CertificateDate {
        host: String,
    },
    CertificateRefused {
        host: String,
        why: String,
    },
    NoAnswer {
        host: String,
        why: String,
    },
    KeysRefused {
        host: String,
        why: String,
    },
    /// What a client's look for a new version would tell.
    NoUpgrades {
        error: Error,
    },
    StateSetAside {
        files: String,
    },
    Portal {
        host: String,
        http: u16,
    },
    ServerFault {
        host: String,
        http: u16,
    },
    ClockWrong {
        offset_s: i64,
    },
    ClockImplausible,
}

/// A part of the look that did not come back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    System,
    State,
    Device,
    Network,
}

pub fn of(report: &Report) -> Vec<Advice> {
    let mut all = configuration(&report.config);
    all.extend(hangs(report));
    if let Some(facts) = report.state.known() {
        all.extend(state(facts, report.device.known()));
    }
    if let Some(facts) = report.network.known() {
        all.extend(network(facts));
        all.extend(upgrade(report, facts));
    }
    match (report.clock.verdict, report.clock.offset_s) {
        ("wrong", Some(offset_s)) => all.push(Advice::ClockWrong { offset_s }),
        ("implausible", _) => all.push(Advice::ClockImplausible),
        _ => {}
    }
    all
}

fn configuration(facts: &ConfigFacts) -> Vec<Advice> {
    let mut all = Vec::new();
    if !facts.ok {
        let faults = facts.faults.join("; ");
        all.push(Advice::Configuration { faults });
    }
    let of_site = facts.warnings.iter().filter(|w| w.starts_with("site.json"));
    let warnings: Vec<&str> = of_site.map(String::as_str).collect();
    if !warnings.is_empty() {
        let warnings = warnings.join("; ");
        all.push(Advice::SiteFile { warnings });
    }
    all
}

fn hangs(report: &Report) -> Vec<Advice> {
    fn hung<T>(found: &Found<T>) -> bool {
        // What a broken configuration kept from being looked at does not hang.
        found.error().is_some_and(|error| !error.is(Cause::Config))
    }
    let parts = [
        (Part::System, hung(&report.system)),
        (Part::State, hung(&report.state)),
        (Part::Device, hung(&report.device)),
        (Part::Network, hung(&report.network)),
    ];
    let hung = parts.into_iter().filter(|(_, hung)| *hung);
    hung.map(|(part, _)| Advice::Hangs { part }).collect()
}

fn state(facts: &StateFacts, device: Option<&DeviceFacts>) -> Vec<Advice> {
    let mut all = Vec::new();
    let folder = facts.folder.clone().unwrap_or_default();
    match (&facts.write_error, facts.free_bytes) {
        (_, Some(free)) if free < ROOM => all.push(Advice::DiskFull { folder, free }),
        (Some(Fault { text, .. }), _) => {
            let why = text.clone();
            all.push(Advice::FolderNotWritable { folder, why });
        }
        (None, _) => {}
    }
    if !facts.readable {
        let notes = facts.notes.join("; ");
        all.push(Advice::StateUnreadable { notes });
    }
    if facts.readable && facts.origin == "fresh" && !facts.set_aside.is_empty() {
        let files = facts.set_aside.join(", ");
        all.push(Advice::StateSetAside { files });
    }
    if facts.origin == "foreign" {
        let changed = device.and_then(|device| device.changed.as_ref());
        let changed = changed.map(|kinds| kinds.join(", ")).unwrap_or_default();
        all.push(Advice::OtherMachine { changed });
        return all;
    }
    let unlicensed = facts.licenses.iter().filter(|one| !one.licensed);
    all.extend(unlicensed.map(|one| Advice::NotLicensed {
        code: one.code.clone(),
        verdict: one.verdict,
    }));
    all
}

fn network(facts: &NetworkFacts) -> Vec<Advice> {
    let mut all = Vec::new();
    let first_answers = facts
        .hosts
        .iter()
        .any(|host| host.role == "endpoint" && host.reached);
    for host in &facts.hosts {
        // The fallback is there for the time in which the first host does not answer.
        if host.role == "fallback" && first_answers && !host.reached {
            continue;
        }
        let advice = of_host(host, facts);
        // The same proxy stands before all of them.
        all.extend(advice.filter(|advice| !all.contains(advice)));
    }
    all
}

/// Who cannot reach the feed's server has been told so.
fn upgrade(report: &Report, network: &NetworkFacts) -> Option<Advice> {
    let facts = report.upgrade.as_ref()?.known()?;
    let (status, fault) = (facts.refusal()?, facts.error.as_ref()?);
    let is_reached = |host: &HostFacts| host.role != UPGRADE_FEED || host.reached;
    network.hosts.iter().all(is_reached).then(|| {
        // The cause has been told by then; the sentence goes by the status.
        let error = Error::new(status, Cause::Refused, fault.text.clone());
        Advice::NoUpgrades { error }
    })
}

fn of_host(facts: &HostFacts, network: &NetworkFacts) -> Option<Advice> {
    let host = facts.host.clone();
    let Some(fault) = &facts.answer.error else {
        return of_answer(facts, host);
    };
    if let Some(tls) = facts.tls.as_ref().filter(|tls| !tls.trusted) {
        return Some(of_tls(tls, host, network));
    }
    let why = fault.text.clone();
    let way = facts.connected.error.as_ref().map(|error| &error.text);
    if facts.via != "direct" {
        let proxy = facts.via.clone();
        if fault.is(Cause::ProxyAuth) {
            return Some(match challenge::other_logins(&why) {
                Some(logins) => Advice::ProxyOtherLogin {
                    proxy,
                    logins: logins.to_owned(),
                },
                None => Advice::ProxyLogin { proxy },
            });
        }
        if let Some(why) = way {
            let why = why.clone();
            return Some(Advice::ProxyUnreachable { proxy, why });
        }
        return Some(match fault.is(Cause::Proxy) {
            true => Advice::ProxyRefuses {
                why: detail(&why).to_owned(),
                proxy,
                host,
            },
            false => Advice::NoAnswer { host, why },
        });
    }
    Some(match way {
        _ if !facts.resolved.ok => Advice::NameUnknown { host },
        Some(why) => Advice::Unreachable {
            host,
            why: why.clone(),
        },
        None if fault.is(Cause::Timeout) => Advice::Mute { host },
        None => Advice::NoAnswer { host, why },
    })
}

/// Without the sentence before it, which names proxy and host as the advice does.
fn detail(text: &str) -> &str {
    text.split_once(": ").map_or(text, |(_, detail)| detail)
}

fn of_tls(facts: &TlsFacts, host: String, network: &NetworkFacts) -> Advice {
    let roots = &network.roots;
    if roots.system == Some(0) && roots.ca_file == 0 {
        return Advice::NoRoots;
    }
    let why = facts.error.as_ref();
    if why.is_some_and(|why| why.is(Cause::Clock)) {
        return Advice::CertificateDate { host };
    }
    let why = why.map(|why| why.text.clone()).unwrap_or_default();
    match tls::issuer_of(&facts.chain) {
        Some(issuer) if why.contains("UnknownIssuer") => Advice::Inspected {
            host,
            issuer: issuer.to_owned(),
        },
        _ => Advice::CertificateRefused { host, why },
    }
}

/// What answers an unsigned question with a page or sends it elsewhere is not the marketplace.
fn of_answer(facts: &HostFacts, host: String) -> Option<Advice> {
    if facts.role == UPGRADE_FEED {
        return None;
    }
    let http = facts.answer.http?;
    let content_type = facts.answer.content_type.as_deref().unwrap_or_default();
    let is_page = content_type.contains("text/html");
    match http {
        300..400 | 511 => Some(Advice::Portal { host, http }),
        500.. => Some(Advice::ServerFault { host, http }),
        200..300 if is_page => Some(Advice::Portal { host, http }),
        _ => {
            let refused = facts.keys.as_ref()?.error.as_ref()?;
            let why = refused.text.clone();
            Some(Advice::KeysRefused { host, why })
        }
    }
}
