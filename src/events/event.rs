//! What events there are and the messages they carry.
//!
//! A message is the platform's envelope, `{"operate":…,"params":{…},"comeBackParams":{}}`. Documented members come
//! first and are spelled as documented; ours follow. In `params`, truth values are the strings `"true"` and `"false"`,
//! as the platform writes them; times are Unix seconds and codes are numbers.

use crate::error::Error;
use crate::license::Verdict;
use crate::license::suite::ExpiryNotice;
use serde::Serialize;

/// Event types as they cross the C ABI. Numbers are never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum EventType {
    Unknown = 0,
    Heartbeat = 1,
    LicenseVerify = 2,
    LicenseChanged = 3,
    LicenseExpiring = 4,
    UpgradeNotice = 5,
    Update = 6,
    UpgradeProgress = 7,
    OpenCloudFileResult = 16,
    SaveResult = 17,
    UploadBegin = 18,
    UploadEnd = 19,
    ClientClosed = 20,
}

impl EventType {
    pub fn code(self) -> i32 {
        self as i32
    }
}

/// An event ready for delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    pub kind: EventType,
    pub message: String,
    /// What is noted when the program is told.
    pub announces: Option<Announced>,
}

/// An expiry that an event announces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Announced {
    pub code: String,
    pub notice: ExpiryNotice,
}

#[derive(Serialize)]
struct Envelope<'a, P> {
    operate: &'a str,
    params: P,
    #[serde(rename = "comeBackParams")]
    come_back_params: Empty,
}

#[derive(Serialize)]
struct Empty {}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct HeartbeatParams<'a> {
    status: &'a str,
    license: &'a str,
    license_status: &'a str,
    expire_time: i64,
    error_code: i32,
    error_msg: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct LicenseVerifyParams<'a> {
    status: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    license_content: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    license_file_path: Option<&'a str>,
    license_type: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_code: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_msg: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct LicenseChangedParams<'a> {
    license: &'a str,
    previous: &'a str,
    current: &'a str,
    licensed: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct LicenseExpiringParams<'a> {
    license: &'a str,
    expire_time: i64,
    days: i64,
}

#[derive(Serialize)]
struct UpgradeNoticeParams<'a> {
    available: &'a str,
    #[serde(rename = "Version", skip_serializing_if = "Option::is_none")]
    version: Option<&'a str>,
    #[serde(rename = "Forced", skip_serializing_if = "Option::is_none")]
    forced: Option<&'a str>,
    #[serde(rename = "ErrorCode", skip_serializing_if = "Option::is_none")]
    error_code: Option<i32>,
    #[serde(rename = "ErrorMsg", skip_serializing_if = "Option::is_none")]
    error_msg: Option<&'a str>,
}

#[derive(Serialize)]
struct UpdateParams<'a> {
    #[serde(rename = "fromForceWin")]
    from_force_win: &'a str,
    #[serde(rename = "Version")]
    version: &'a str,
    #[serde(rename = "Notes")]
    notes: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct UpgradeProgressParams<'a> {
    downloaded: u64,
    total: u64,
    percent: u64,
    stage: &'a str,
    version: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_code: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_msg: Option<&'a str>,
}

/// How far an upgrade is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    Downloading,
    Verifying,
    /// The installer runs after the program has ended.
    Staged,
    Failed,
    /// Told by the next start.
    Installed,
    InstallFailed,
    NeedsAdmin,
}

impl Stage {
    pub fn name(self) -> &'static str {
        match self {
            Stage::Downloading => "downloading",
            Stage::Verifying => "verifying",
            Stage::Staged => "staged",
            Stage::Failed => "failed",
            Stage::Installed => "installed",
            Stage::InstallFailed => "install_failed",
            Stage::NeedsAdmin => "needs_admin",
        }
    }
}

fn event(kind: EventType, operate: &str, params: impl Serialize) -> Event {
    let envelope = Envelope {
        operate,
        params,
        come_back_params: Empty {},
    };
    Event {
        kind,
        // Structs of strings and numbers always serialise.
        message: serde_json::to_string(&envelope).unwrap_or_default(),
        announces: None,
    }
}

fn truth(value: bool) -> &'static str {
    if value { "true" } else { "false" }
}

fn outcome(failed: bool) -> &'static str {
    if failed { "failed" } else { "success" }
}

/// A check was made. `text` is the failure in the program's language, empty if none.
pub fn heartbeat(
    license: &str,
    verdict: Verdict,
    expires_at: i64,
    failure: Option<(&Error, &str)>,
) -> Event {
    event(
        EventType::Heartbeat,
        "Heartbeat",
        HeartbeatParams {
            status: outcome(failure.is_some()),
            license,
            license_status: verdict.name(),
            expire_time: expires_at,
            error_code: failure.map_or(0, |(error, _)| error.status.code()),
            error_msg: failure.map_or("", |(_, text)| text),
        },
    )
}

/// The answer to a request for the licence as a string.
pub fn license_verify_string(result: Result<&str, (&Error, &str)>) -> Event {
    license_verify("string", result.ok(), None, result.err())
}

/// The answer to a request for the licence as a file.
pub fn license_verify_file(result: Result<&str, (&Error, &str)>) -> Event {
    license_verify("file", None, result.ok(), result.err())
}

fn license_verify(
    license_type: &str,
    license_content: Option<&str>,
    license_file_path: Option<&str>,
    failure: Option<(&Error, &str)>,
) -> Event {
    event(
        EventType::LicenseVerify,
        "LicenseVerify",
        LicenseVerifyParams {
            status: outcome(failure.is_some()),
            license_content,
            license_file_path,
            license_type,
            error_code: failure.map(|(error, _)| error.status.code()),
            error_msg: failure.map(|(_, text)| text),
        },
    )
}

pub fn license_changed(license: &str, previous: Verdict, current: Verdict) -> Event {
    event(
        EventType::LicenseChanged,
        "LicenseChanged",
        LicenseChangedParams {
            license,
            previous: previous.name(),
            current: current.name(),
            licensed: truth(current.is_licensed()),
        },
    )
}

pub fn license_expiring(announced: Announced, days: i64) -> Event {
    let raised = event(
        EventType::LicenseExpiring,
        "LicenseExpiring",
        LicenseExpiringParams {
            license: &announced.code,
            expire_time: announced.notice.expires_at,
            days,
        },
    );
    Event {
        announces: Some(announced),
        ..raised
    }
}

/// The answer to a look for a new version: the one there is and whether it is forced, or that there is none, or why that
/// is not known.
pub fn upgrade_notice(found: Result<Option<(&str, bool)>, (&Error, &str)>) -> Event {
    let failure = found.err();
    let offer = found.unwrap_or_default();
    event(
        EventType::UpgradeNotice,
        "UpgradeNotice",
        UpgradeNoticeParams {
            available: truth(offer.is_some()),
            version: offer.map(|(version, _)| version),
            forced: offer.map(|(_, forced)| truth(forced)),
            error_code: failure.map(|(error, _)| error.status.code()),
            error_msg: failure.map(|(_, text)| text),
        },
    )
}

/// A new version exists.
pub fn update(version: &str, forced: bool, notes: &str) -> Event {
    event(
        EventType::Update,
        "Update",
        UpdateParams {
            from_force_win: truth(forced),
            version,
            notes,
        },
    )
}

/// How far the upgrade to a version is, in bytes where bytes are counted. One that is installed is complete without them.
pub fn upgrade_progress(
    version: &str,
    stage: Stage,
    (downloaded, total): (u64, u64),
    failure: Option<(&Error, &str)>,
) -> Event {
    let percent = (u128::from(downloaded) * 100).checked_div(u128::from(total));
    let uncounted = if stage == Stage::Installed { 100 } else { 0 };
    event(
        EventType::UpgradeProgress,
        "UpgradeProgress",
        UpgradeProgressParams {
            downloaded,
            total,
            percent: percent.unwrap_or(uncounted).min(100) as u64,
            stage: stage.name(),
            version,
            error_code: failure.map(|(error, _)| error.status.code()),
            error_msg: failure.map(|(_, text)| text),
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{Cause, Status};

    #[test]
    fn the_documented_samples_come_out_to_the_letter() {
        assert_eq!(
            license_verify_string(Ok("0078369f54-a3ce-4dc7-8a62-904555416f9000")).message,
            r#"{"operate":"LicenseVerify","params":{"Status":"success","LicenseContent":"0078369f54-a3ce-4dc7-8a62-904555416f9000","LicenseType":"string"},"comeBackParams":{}}"#
        );
        assert_eq!(
            license_verify_file(Ok("D:\\license.lic")).message,
            r#"{"operate":"LicenseVerify","params":{"Status":"success","LicenseFilePath":"D:\\license.lic","LicenseType":"file"},"comeBackParams":{}}"#
        );
    }

    #[test]
    fn failures_say_why() {
        let error = Error::new(Status::Expired, Cause::Verdict, "the licence has expired");
        assert_eq!(
            license_verify_string(Err((&error, "expired"))).message,
            r#"{"operate":"LicenseVerify","params":{"Status":"failed","LicenseType":"string","ErrorCode":-23,"ErrorMsg":"expired"},"comeBackParams":{}}"#
        );
        assert_eq!(
            heartbeat("PL\"1", Verdict::Expired, 5, Some((&error, "expired"))).message,
            r#"{"operate":"Heartbeat","params":{"Status":"failed","License":"PL\"1","LicenseStatus":"EXPIRED","ExpireTime":5,"ErrorCode":-23,"ErrorMsg":"expired"},"comeBackParams":{}}"#
        );
    }

    #[test]
    fn changes_name_both_verdicts() {
        assert_eq!(
            license_changed("PL1", Verdict::Offline, Verdict::Alive).message,
            r#"{"operate":"LicenseChanged","params":{"License":"PL1","Previous":"OFFLINE","Current":"ALIVE","Licensed":"true"},"comeBackParams":{}}"#
        );
        let announced = Announced {
            code: "PL1".into(),
            notice: ExpiryNotice {
                expires_at: 9,
                ..ExpiryNotice::default()
            },
        };
        assert_eq!(
            license_expiring(announced, 7).message,
            r#"{"operate":"LicenseExpiring","params":{"License":"PL1","ExpireTime":9,"Days":7},"comeBackParams":{}}"#
        );
    }

    #[test]
    fn upgrades_are_told_in_the_documented_words() {
        let error = Error::new(Status::UpgradeFeed, Cause::Protocol, "bad");
        for (made, message) in [
            (
                upgrade_notice(Ok(Some(("2.0", true)))),
                r#"{"operate":"UpgradeNotice","params":{"available":"true","Version":"2.0","Forced":"true"},"comeBackParams":{}}"#,
            ),
            (
                upgrade_notice(Ok(None)),
                r#"{"operate":"UpgradeNotice","params":{"available":"false"},"comeBackParams":{}}"#,
            ),
            (
                upgrade_notice(Err((&error, "bad"))),
                r#"{"operate":"UpgradeNotice","params":{"available":"false","ErrorCode":-80,"ErrorMsg":"bad"},"comeBackParams":{}}"#,
            ),
            (
                update("2.0", false, "faster"),
                r#"{"operate":"Update","params":{"fromForceWin":"false","Version":"2.0","Notes":"faster"},"comeBackParams":{}}"#,
            ),
            (
                upgrade_progress("2.0", Stage::Downloading, (1, 3), None),
                r#"{"operate":"UpgradeProgress","params":{"Downloaded":1,"Total":3,"Percent":33,"Stage":"downloading","Version":"2.0"},"comeBackParams":{}}"#,
            ),
            (
                upgrade_progress("2.0", Stage::Failed, (2, 4), Some((&error, "bad"))),
                r#"{"operate":"UpgradeProgress","params":{"Downloaded":2,"Total":4,"Percent":50,"Stage":"failed","Version":"2.0","ErrorCode":-80,"ErrorMsg":"bad"},"comeBackParams":{}}"#,
            ),
            (
                upgrade_progress("2.0", Stage::Installed, (0, 0), None),
                r#"{"operate":"UpgradeProgress","params":{"Downloaded":0,"Total":0,"Percent":100,"Stage":"installed","Version":"2.0"},"comeBackParams":{}}"#,
            ),
            (
                upgrade_progress("2.0", Stage::InstallFailed, (0, 0), Some((&error, "bad"))),
                r#"{"operate":"UpgradeProgress","params":{"Downloaded":0,"Total":0,"Percent":0,"Stage":"install_failed","Version":"2.0","ErrorCode":-80,"ErrorMsg":"bad"},"comeBackParams":{}}"#,
            ),
        ] {
            assert_eq!(made.message, message);
        }
    }
}
