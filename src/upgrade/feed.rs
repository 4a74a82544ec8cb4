//! The feed: the static JSON of desktop updaters, checked and typed.
//!
//! `forced`, `size` and `installer_args` are ours; members that are not known are ignored, so that one feed serves other
//! updaters too. `pub_date` is mandatory: with the version it is what tells a replayed feed. Everything here is checked
//! although the feed is signed, since a mistake of the vendor's should be told as one.

use super::url::{self, Query};
use super::version::Version;
use crate::license::file::base64::decode_standard;
use crate::{Cause, Error, Status};
use chrono::DateTime;
use serde::Deserialize;
use std::collections::BTreeMap;

/// Largest feed.
pub const MAX_BYTES: usize = 1024 * 1024;
/// Largest package: an announcement beyond this is a mistake.
pub const MAX_PACKAGE: u64 = 64 * 1024 * 1024 * 1024;
/// Most arguments of an installer, and the longest of them.
const MAX_ARGS: usize = 64;
const MAX_ARG_BYTES: usize = 4096;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Feed {
    pub version: Version,
    pub notes: String,
    /// Unix seconds.
    pub pub_date: i64,
    /// Users are not asked.
    pub forced: bool,
    /// By `<os>-<arch>`: see [`this_platform`].
    pub platforms: BTreeMap<String, Package>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Package {
    pub url: String,
    /// The text of a `.minisig` file.
    pub signature: String,
    pub size: u64,
    /// `{progress}` and `{install_dir}` in them are replaced by the helper.
    pub installer_args: Vec<String>,
}

#[derive(Deserialize)]
struct RawFeed {
    version: String,
    #[serde(default)]
    notes: String,
    pub_date: String,
    #[serde(default)]
    forced: bool,
    platforms: BTreeMap<String, RawPackage>,
}

#[derive(Deserialize)]
struct RawPackage {
    url: String,
    signature: String,
    size: u64,
    #[serde(default)]
    installer_args: Vec<String>,
}

/// The platform of this build, in the words of desktop updaters.
pub fn this_platform() -> String {
    let os = match std::env::consts::OS {
        "macos" => "darwin",
        other => other,
    };
    let arch = match std::env::consts::ARCH {
        "x86" => "i686",
        "arm" => "armv7",
        other => other,
    };
    format!("{os}-{arch}")
}

impl Feed {
    /// The text of an error says which member is wrong.
    pub fn parse(bytes: &[u8]) -> Result<Feed, Error> {
        if bytes.len() > MAX_BYTES {
            return Err(refused(format!("it is larger than {MAX_BYTES} bytes")));
        }
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let raw: RawFeed =
            serde_json::from_slice(bytes).map_err(|error| refused(error.to_string()))?;
        let version = raw.version.parse();
        let version = version.map_err(|error| refused(format!("version: {error}")))?;
        let pub_date = DateTime::parse_from_rfc3339(&raw.pub_date)
            .map_err(|error| refused(format!("pub_date: {error}")))?;
        let platforms = raw.platforms.into_iter().map(|(platform, raw)| {
            let package = package(raw).map_err(|(member, why)| {
                refused(format!("platforms.{platform}.{member}: {why}"))
            })?;
            Ok((platform, package))
        });
        Ok(Feed {
            version,
            notes: raw.notes,
            pub_date: pub_date.timestamp(),
            forced: raw.forced,
            platforms: platforms.collect::<Result<_, Error>>()?,
        })
    }

    /// The trusted comment that the signature of a package must carry.
    pub fn trusted_comment(&self, product: &str, platform: &str) -> String {
        format!(
            "product:{product} version:{} platform:{platform}",
            self.version
        )
    }
}

fn package(raw: RawPackage) -> Result<Package, (&'static str, String)> {
    url::check(&raw.url, Query::Allowed).map_err(|why| ("url", why))?;
    if raw.size == 0 || raw.size > MAX_PACKAGE {
        return Err(("size", format!("must be 1 to {MAX_PACKAGE} bytes")));
    }
    if raw.installer_args.len() > MAX_ARGS {
        return Err(("installer_args", format!("more than {MAX_ARGS}")));
    }
    let unfit = |arg: &String| arg.len() > MAX_ARG_BYTES || arg.chars().any(char::is_control);
    if raw.installer_args.iter().any(unfit) {
        let why = format!("longer than {MAX_ARG_BYTES} bytes, or with a control character");
        return Err(("installer_args", why));
    }
    Ok(Package {
        url: raw.url,
        signature: signature_text(raw.signature),
        size: raw.size,
        installer_args: raw.installer_args,
    })
}

/// The signature as it is, or the base64 of it, as Tauri's tool writes it. Whether it is one is seen when it is used: a feed
/// whose package for another platform is not signed yet still serves this one.
fn signature_text(given: String) -> String {
    let decoded = decode_standard(given.trim());
    match decoded.and_then(|bytes| String::from_utf8(bytes).ok()) {
        Some(text) => text,
        None => given,
    }
}

fn refused(why: impl std::fmt::Display) -> Error {
    let text = format!("the upgrade feed cannot be used: {why}");
    Error::new(Status::UpgradeFeed, Cause::Protocol, text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::license::file::base64::encode_standard;
    use serde_json::{Value, json};

    fn sample() -> Value {
        json!({
            "version": "2.0.0", "notes": "faster", "pub_date": "2026-03-01T08:00:00+08:00",
            "forced": true, "x_unknown": {"a": 1},
            "platforms": {"linux-x86_64": {
                "url": "https://cad.example/setup.run", "signature": "untrusted comment: x\n",
                "size": 5, "installer_args": ["--silent", "{progress}"], "with_elevated_task": true,
            }},
        })
    }

    fn parsed(value: &Value) -> Result<Feed, Error> {
        Feed::parse(value.to_string().as_bytes())
    }

    #[test]
    fn a_feed_is_read_and_unknown_members_are_ignored() {
        let feed = parsed(&sample()).unwrap();
        assert_eq!((feed.version.as_str(), feed.forced), ("2.0.0", true));
        assert_eq!(feed.pub_date, 1_772_323_200);
        let package = &feed.platforms["linux-x86_64"];
        assert_eq!(package.installer_args, ["--silent", "{progress}"]);
        assert_eq!(
            feed.trusted_comment("Mini CAD", "linux-x86_64"),
            "product:Mini CAD version:2.0.0 platform:linux-x86_64"
        );
        let with_bom = format!("\u{feff}{}", sample());
        assert_eq!(Feed::parse(with_bom.as_bytes()).unwrap(), feed);
    }

    #[test]
    fn notes_forced_and_arguments_may_be_missing() {
        let mut value = sample();
        value.as_object_mut().unwrap().remove("notes");
        value.as_object_mut().unwrap().remove("forced");
        value["platforms"]["linux-x86_64"]
            .as_object_mut()
            .unwrap()
            .remove("installer_args");
        let feed = parsed(&value).unwrap();
        assert_eq!((feed.notes.as_str(), feed.forced), ("", false));
    }

    #[test]
    fn a_signature_may_be_wrapped_in_base64() {
        let plain = parsed(&sample()).unwrap();
        let mut value = sample();
        value["platforms"]["linux-x86_64"]["signature"] =
            encode_standard(b"untrusted comment: x\n").into();
        assert_eq!(parsed(&value).unwrap(), plain);
    }

    #[test]
    fn every_bad_member_is_named() {
        let long = "x".repeat(MAX_ARG_BYTES + 1);
        let table: [(&str, Value, &str); 16] = [
            ("/version", json!("2"), "version: not a semantic"),
            ("/version", json!(2), "invalid type"),
            ("/pub_date", json!("yesterday"), "pub_date: "),
            ("/pub_date", json!(null), "invalid type"),
            ("/forced", json!("yes"), "invalid type"),
            ("/platforms", json!([]), "invalid type"),
            ("/platforms/linux-x86_64", json!({}), "missing field"),
            (
                "/platforms/linux-x86_64/url",
                json!("http://cad.example/x"),
                "linux-x86_64.url: ",
            ),
            (
                "/platforms/linux-x86_64/url",
                json!("setup.run"),
                "linux-x86_64.url: ",
            ),
            (
                "/platforms/linux-x86_64/url",
                json!("https://cad.example"),
                "linux-x86_64.url: ",
            ),
            (
                "/platforms/linux-x86_64/size",
                json!(0),
                "linux-x86_64.size: ",
            ),
            ("/platforms/linux-x86_64/size", json!(-1), "invalid value"),
            (
                "/platforms/linux-x86_64/size",
                json!(MAX_PACKAGE + 1),
                "linux-x86_64.size: ",
            ),
            (
                "/platforms/linux-x86_64/installer_args",
                json!(vec!["a"; 65]),
                "installer_args: more",
            ),
            (
                "/platforms/linux-x86_64/installer_args",
                json!([long]),
                "installer_args: longer",
            ),
            (
                "/platforms/linux-x86_64/installer_args",
                json!(["a\0b"]),
                "installer_args: ",
            ),
        ];
        for (pointer, bad, told) in table {
            let mut value = sample();
            *value.pointer_mut(pointer).unwrap() = bad;
            let error = parsed(&value).expect_err(pointer);
            assert_eq!(error.status, Status::UpgradeFeed);
            assert!(error.text.contains(told), "{pointer}: {}", error.text);
        }
        for member in ["version", "pub_date", "platforms"] {
            let mut value = sample();
            value.as_object_mut().unwrap().remove(member);
            assert!(parsed(&value).unwrap_err().text.contains(member));
        }
        for bytes in [&b""[..], b"[]", b"{", b"\xff\xfe", &[b' '; MAX_BYTES + 1]] {
            assert_eq!(Feed::parse(bytes).unwrap_err().status, Status::UpgradeFeed);
        }
    }
}
