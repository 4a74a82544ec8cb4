//! Upgrades of the program.

use super::boundary::on_client;
use super::types::{isc_client, isc_status};
use crate::Error;

/// Looks for a new version. Answered by ISC_EVENT_UPGRADE_NOTICE, then by ISC_EVENT_UPDATE if there is one.
///
/// \param c  the client
///
/// \return ISC_ERR_UNSUPPORTED without ISC_OPT_UPGRADE_FEED, and always in this version; ISC_ERR_INVALID_HANDLE;
///         ISC_ERR_CLOSED.
///
/// Any thread; returns at once.
#[unsafe(no_mangle)]
pub extern "C" fn isc_check_new_versions(c: *mut isc_client) -> isc_status {
    on_client("isc_check_new_versions", c, |_| Err(no_upgrades_yet()))
}

/// Tells what the user decided about a new version.
///
/// \param c        the client
/// \param upgrade  non-zero: download it now, install it after the program has ended; 0: not this version
///
/// \return ISC_ERR_UNSUPPORTED in this version; ISC_ERR_INVALID_HANDLE; ISC_ERR_CLOSED. Later versions: ISC_OK, or
///         ISC_ERR_INVALID_STATE where no notice came before.
///
/// Any thread; returns at once.
#[unsafe(no_mangle)]
pub extern "C" fn isc_upgrade_notify(c: *mut isc_client, upgrade: i32) -> isc_status {
    let _ = upgrade;
    on_client("isc_upgrade_notify", c, |_| Err(no_upgrades_yet()))
}

fn no_upgrades_yet() -> Error {
    Error::unsupported("upgrades come later")
}
