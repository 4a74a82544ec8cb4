//! Whether this machine's clock can be right: beside the marketplace's of this moment, else beside what the state knows.

use super::report::{ClockReport, HostFacts};
use crate::license::ClockFacts;

/// Farther than this from the marketplace's, and its requests are refused until they are signed by its time.
const TOLERANCE: u64 = 300;

/// `known`: None where the state could not be looked at.
pub fn judge(local: i64, hosts: &[HostFacts], known: Option<&ClockFacts>) -> ClockReport {
    let marketplace = hosts.iter().filter(|host| host.role != "upgrade_feed");
    let told = marketplace
        .filter_map(|host| {
            let date = host.answer.date?;
            Some(date.saturating_sub(host.answer.local))
        })
        .next();
    let known = known.filter(|known| known.from_marketplace || known.mark != 0);
    let verdict = match (told, known) {
        (Some(offset), _) if offset.unsigned_abs() > TOLERANCE => "wrong",
        (Some(_), _) => "right",
        (None, Some(known)) if known.now(local).is_none() => "implausible",
        (None, _) => "unknown",
    };
    ClockReport {
        local,
        marketplace: told.map(|offset| local.saturating_add(offset)),
        offset_s: told,
        known_offset_s: known.filter(|k| k.from_marketplace).map(|k| k.offset),
        verdict,
    }
}
