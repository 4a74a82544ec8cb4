//! From the plan to a package that may be run. The plan says what is meant, only signatures count: the feed's again, with
//! the program's keys, and the package's on the very copy that is run.

use super::private::PrivateCopy;
use crate::files::failed;
use iscdesk::upgrade::signature::PackageSignature;
use iscdesk::upgrade::{Feed, Keys, Package, Plan, Staging, this_platform};
use iscdesk::{Cause, Error, Status};
use std::ffi::OsString;
use std::io::{ErrorKind, Read};
use std::path::Path;

const CHUNK: usize = 64 * 1024;

pub struct Verified {
    pub copy: PrivateCopy,
    pub args: Vec<OsString>,
}

pub fn package(staging: &Staging, plan: &Plan) -> Result<Verified, Error> {
    let (_, version) = plan.versions()?;
    let platform = this_platform();
    if plan.platform != platform {
        let text = format!("it is for {}, and this is {platform}", plan.platform);
        return Err(feed_fault(text));
    }
    let keys = Keys::parse(plan.public_keys.iter().map(String::as_str))?;
    let feed = feed(staging, &keys)?;
    if feed.version != version {
        let text = format!("the feed offers {}, the plan {version}", feed.version);
        return Err(feed_fault(text));
    }
    let package = feed.platforms.get(&platform);
    let package = package.ok_or_else(|| feed_fault(format!("it has nothing for {platform}")))?;
    let signature = PackageSignature::of(package, &feed, &plan.product, &platform)?;
    let path = staging.package(&version);
    let copy = PrivateCopy::make(&path, package.size, staging.dir());
    let mut copy = copy.map_err(|e| match e.kind() {
        ErrorKind::NotFound => unsigned("the staged package is gone"),
        _ => failed(&path, &e),
    })?;
    verify(&keys, &signature, copy.file(), &path)?;
    let args = arguments(package, &staging.progress(), &plan.install_dir);
    Ok(Verified { copy, args })
}

fn feed(staging: &Staging, keys: &Keys) -> Result<Feed, Error> {
    let signed = staging.signed_feed()?;
    let signed = signed.ok_or_else(|| unsigned("the feed or its signature is gone"))?;
    keys.verify_feed(&signed.feed, &signed.signature)?;
    Feed::parse(&signed.feed)
}

/// Reads a package to its end. `path` is for errors.
pub fn verify(
    keys: &Keys,
    signature: &PackageSignature,
    package: &mut impl Read,
    path: &Path,
) -> Result<(), Error> {
    let mut reading = keys.begin(signature)?;
    let mut bytes = vec![0; CHUNK];
    loop {
        match package.read(&mut bytes).map_err(|e| failed(path, &e))? {
            0 => return reading.finish(),
            count => reading.update(&bytes[..count])?,
        }
    }
}

/// The vendor's arguments, with what only this computer knows in its places.
fn arguments(package: &Package, progress: &Path, install_dir: &Path) -> Vec<OsString> {
    let known = [("{progress}", progress), ("{install_dir}", install_dir)];
    let given = package.installer_args.iter();
    given.map(|text| filled(text, &known)).collect()
}

/// Paths need not be text, and what stands in a path is no place to fill.
fn filled(text: &str, known: &[(&str, &Path)]) -> OsString {
    let first = known
        .iter()
        .filter_map(|(place, path)| Some((text.find(place)?, *place, *path)))
        .min_by_key(|(at, _, _)| *at);
    let Some((at, place, path)) = first else {
        return text.into();
    };
    let mut out = OsString::from(&text[..at]);
    out.push(path);
    out.push(filled(&text[at + place.len()..], known));
    out
}

fn feed_fault(text: String) -> Error {
    Error::new(
        Status::UpgradeFeed,
        Cause::Refused,
        format!("the upgrade is refused: {text}"),
    )
}

fn unsigned(text: &str) -> Error {
    Error::new(Status::UpgradeSignature, Cause::Refused, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_in_arguments_are_filled_once() {
        let known = [
            ("{progress}", Path::new("/s/{install_dir}/install.json")),
            ("{install_dir}", Path::new("/opt/a b")),
        ];
        for (text, expected) in [
            ("/S", "/S"),
            ("", ""),
            ("{progress}", "/s/{install_dir}/install.json"),
            ("/D={install_dir}", "/D=/opt/a b"),
            ("{install_dir}:{install_dir}", "/opt/a b:/opt/a b"),
            (
                "{install_dir}{progress}!",
                "/opt/a b/s/{install_dir}/install.json!",
            ),
            ("{other}", "{other}"),
        ] {
            assert_eq!(filled(text, &known), expected, "{text}");
        }
    }
}
