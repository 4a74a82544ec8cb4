//! Upgrades of the program.

use super::boundary::on_client;
use super::types::{isc_client, isc_status};

/// Looks for a new version. Answered by ISC_EVENT_UPGRADE_NOTICE: `available` is "true" or "false", with `ErrorCode` and
/// `ErrorMsg` where the feed cannot be had or is not believed (ISC_ERR_UPGRADE_FEED, ISC_ERR_UPGRADE_SIGNATURE, or what the
/// network says). ISC_EVENT_UPDATE follows where there is a version that the user has not declined. Calls that wait for the
/// same look are answered by one notice.
///
/// \param c  the client
///
/// \return ISC_OK: the answer will come; ISC_ERR_UNSUPPORTED without ISC_OPT_UPGRADE_FEED; ISC_ERR_INVALID_HANDLE;
///         ISC_ERR_CLOSED.
///
/// Any thread, also inside a callback; returns at once.
#[unsafe(no_mangle)]
pub extern "C" fn isc_check_new_versions(c: *mut isc_client) -> isc_status {
    on_client("isc_check_new_versions", c, |client| {
        client.check_new_versions()
    })
}

/// Tells what the user decided about the version of the last notice. A forced upgrade needs no answer.
///
/// Accepted, it is downloaded in the background, verified, and installed by the helper after the program has ended:
/// ISC_EVENT_UPGRADE_PROGRESS tells how far it is (`Stage` is downloading, verifying, staged or failed; at a later start
/// installed, install_failed or needs_admin), at most ten times a second. Declined, the version is not offered again until a
/// newer or a forced one appears.
///
/// \param c        the client
/// \param upgrade  non-zero: download it now, install it after the program has ended; 0: not this version
///
/// \return ISC_OK; ISC_OK_ALREADY where it is on its way, which a forced one is; ISC_ERR_INVALID_STATE where no notice has
///         offered a version, or a forced one is declined; ISC_ERR_UNSUPPORTED without ISC_OPT_UPGRADE_FEED;
///         ISC_ERR_INVALID_HANDLE; ISC_ERR_CLOSED.
///
/// Any thread, also inside a callback; returns at once.
#[unsafe(no_mangle)]
pub extern "C" fn isc_upgrade_notify(c: *mut isc_client, upgrade: i32) -> isc_status {
    on_client("isc_upgrade_notify", c, |client| {
        client.upgrade_notify(upgrade != 0)
    })
}
