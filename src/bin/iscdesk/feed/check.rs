//! `iscdesk feed check`: the feed and its packages, judged by the library's own rules before a customer's program does it.
//! Every fault is named, not only the first.

use super::document::Subject;
use super::done;
use crate::files::{failed, read};
use crate::output::Outcome;
use crate::upgrade_run::verified::verify;
use iscdesk::upgrade::signature::PackageSignature;
use iscdesk::upgrade::{Feed, Keys, Package, Version};
use iscdesk::{Cause, Error, Status};
use std::fs::File;

/// What builds of the library ask for.
const SYSTEMS: [&str; 3] = ["linux", "windows", "darwin"];
const PROCESSORS: [&str; 4] = ["x86_64", "i686", "aarch64", "armv7"];

#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    subject: Subject,
    /// The program's upgrade_public_key: one or several
    #[arg(long = "public-key", value_name = "KEY", required = true)]
    keys: Vec<String>,
    /// The version that customers have: the feed has to be above it
    #[arg(long, value_name = "VERSION")]
    installed: Option<Version>,
}

/// What is wrong, in the order in which it was found.
#[derive(Default)]
struct Findings {
    faults: Vec<Error>,
    warnings: Vec<String>,
}

impl Findings {
    /// Keeps the fault, and goes on with what there is.
    fn take<T>(&mut self, found: Result<T, Error>) -> Option<T> {
        found.map_err(|fault| self.faults.push(fault)).ok()
    }
}

pub fn run(args: &Args) -> Result<Outcome, Error> {
    let keys = args.keys.iter().flat_map(|text| text.split_whitespace());
    let keys = Keys::parse(keys)?;
    let bytes = read(&args.subject.feed)?;
    let mut findings = Findings::default();
    let signed = read(&args.subject.signature_file());
    let signed = signed.and_then(|signature| keys.verify_feed(&bytes, &signature));
    findings.take(signed);
    let feed = findings.take(Feed::parse(&bytes));
    if let Some(feed) = &feed {
        judge(args, &keys, feed, &mut findings);
    }
    Ok(told(findings, feed.as_ref()))
}

fn judge(args: &Args, keys: &Keys, feed: &Feed, findings: &mut Findings) {
    if feed.platforms.is_empty() {
        let nothing = fault("it has no platforms, so nobody is offered anything".into());
        findings.faults.push(nothing);
    }
    if let Some(installed) = args.installed.as_ref().filter(|i| feed.version <= **i) {
        let text = format!("version {} is not above {installed}", feed.version);
        findings.faults.push(fault(text));
    }
    for (platform, package) in &feed.platforms {
        if !is_known(platform) {
            findings
                .warnings
                .push(format!("{platform}: no program asks for this platform"));
        }
        let judged = judge_package(args, keys, feed, platform, package);
        let judged = judged.map_err(|e| Error {
            text: format!("{platform}: {}", e.text),
            ..e
        });
        findings.take(judged);
    }
}

fn is_known(platform: &str) -> bool {
    platform.split_once('-').is_some_and(|(system, processor)| {
        SYSTEMS.contains(&system) && PROCESSORS.contains(&processor)
    })
}

fn judge_package(
    args: &Args,
    keys: &Keys,
    feed: &Feed,
    platform: &str,
    package: &Package,
) -> Result<(), Error> {
    let path = args.subject.file_of(&package.url);
    let path = path.ok_or_else(|| fault("its URL ends in no file name".into()))?;
    let mut file = File::open(&path).map_err(|e| failed(&path, &e))?;
    let signature = PackageSignature::of(package, feed, &args.subject.product, platform)?;
    verify(keys, &signature, &mut file, &path)
}

fn told(findings: Findings, feed: Option<&Feed>) -> Outcome {
    let texts: Vec<String> = findings.faults.iter().map(|e| e.text.clone()).collect();
    let mut outcome = match findings.faults.into_iter().next() {
        None => done(),
        Some(first) => Outcome::failed(Error {
            text: texts.join("\n  "),
            ..first
        }),
    };
    outcome = outcome.with_member("faults", texts);
    outcome.warnings = findings.warnings;
    let Some(feed) = feed else {
        return outcome;
    };
    let packages = feed.platforms.len();
    if outcome.result.is_ok() {
        outcome = outcome.with_line(format!(
            "good: version {}, {packages} packages",
            feed.version
        ));
    }
    outcome
        .with_member("version", feed.version.to_string())
        .with_member("packages", packages)
        .with_member("forced", feed.forced)
}

fn fault(text: String) -> Error {
    Error::new(
        Status::UpgradeFeed,
        Cause::Refused,
        format!("the feed: {text}"),
    )
}
