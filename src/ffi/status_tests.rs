//! The constants say what the library answers.

use super::*;

#[test]
fn the_constants_are_the_numbers_of_the_library() {
    let named = [
        ISC_OK,
        ISC_OK_DEFERRED,
        ISC_OK_CACHED,
        ISC_OK_ALREADY,
        ISC_ERR_INVALID_ARGUMENT,
        ISC_ERR_INVALID_UTF8,
        ISC_ERR_BUFFER_TOO_SMALL,
        ISC_ERR_INVALID_HANDLE,
        ISC_ERR_CLOSED,
        ISC_ERR_TIMEOUT,
        ISC_ERR_UNSUPPORTED,
        ISC_ERR_REENTRANT,
        ISC_ERR_CONFIG,
        ISC_ERR_BUSY,
        ISC_ERR_LIMIT,
        ISC_ERR_INVALID_STATE,
        ISC_ERR_NOT_ACTIVATED,
        ISC_ERR_UNKNOWN_LICENSE,
        ISC_ERR_NOT_RECEIVED,
        ISC_ERR_EXPIRED,
        ISC_ERR_RELEASED,
        ISC_ERR_OFFLINE_TOO_LONG,
        ISC_ERR_CLOCK,
        ISC_ERR_WRONG_DEVICE,
        ISC_ERR_LICENSE_FILE,
        ISC_ERR_TOO_MANY_DEVICES,
        ISC_ERR_NETWORK,
        ISC_ERR_TLS,
        ISC_ERR_PROXY,
        ISC_ERR_THROTTLED,
        ISC_ERR_UNAUTHORIZED,
        ISC_ERR_SERVER,
        ISC_ERR_PROTOCOL,
        ISC_ERR_REJECTED,
        ISC_ERR_UNTRUSTED,
        ISC_ERR_STORAGE,
        ISC_ERR_STORAGE_DENIED,
        ISC_ERR_STORAGE_BUSY,
        ISC_ERR_UPGRADE_FEED,
        ISC_ERR_UPGRADE_SIGNATURE,
        ISC_ERR_UPGRADE_DOWNLOAD,
        ISC_ERR_INTERNAL,
    ];
    assert_eq!(named.to_vec(), Status::ALL.map(Status::code).to_vec());
}

#[test]
fn every_number_has_a_sentence() {
    for status in [0, -1, -100, -99, 77, i32::MIN, i32::MAX] {
        // SAFETY: documented to be a static string.
        let text = unsafe { CStr::from_ptr(isc_status_message(status)) };
        assert!(!text.is_empty());
    }
}
