//! `iscdesk feed sign`: each package, then the feed that names them. A package's trusted comment says of which product,
//! version and platform it is, so that nobody can pass an old signed installer off as a new one.

use super::document::{Document, Subject};
use super::done;
use super::key::{self, Password, Signer};
use crate::files::{failed, read, replace};
use crate::output::Outcome;
use iscdesk::Error;
use iscdesk::license::file::base64;
use serde_json::{Value, json};
use std::fs::File;
use std::io::Read;
use std::path::PathBuf;

#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    subject: Subject,
    /// The minisign secret key
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    #[command(flatten)]
    password: Password,
}

pub fn run(args: &Args) -> Result<Outcome, Error> {
    let feed = &args.subject.feed;
    let mut document = Document::open(feed)?;
    let parsed = document.parse()?;
    let version = parsed.version.to_string();
    let platforms = document.platforms().filter(|all| !all.is_empty());
    let platforms = platforms
        .ok_or_else(|| Error::argument(format!("{}: has no platforms", feed.display())))?;
    let signer = key::load(&args.key, &args.password)?;
    for (platform, package) in platforms.iter_mut() {
        let comment = parsed.trusted_comment(&args.subject.product, platform);
        let signature = sign_package(&args.subject, platform, package, &signer, &comment)?;
        package["signature"] = json!(base64::encode_standard(signature.as_bytes()));
    }
    let count = platforms.len();
    document.save(feed)?;
    let comment = format!("product:{} version:{version} feed", args.subject.product);
    let signature = sign(&read(feed)?[..], &signer, &comment)?;
    let signature_file = args.subject.signature_file();
    replace(&signature_file, &signature)?;
    let shown = signature_file.display().to_string();
    Ok(done()
        .with_line(format!("signed: {count} packages and {}", feed.display()))
        .with_member("packages", count)
        .with_member("signature_file", shown)
        .with_member("public_key", signer.public.to_base64()))
}

fn sign_package(
    subject: &Subject,
    platform: &str,
    package: &Value,
    signer: &Signer,
    comment: &str,
) -> Result<String, Error> {
    let url = package["url"].as_str().unwrap_or_default();
    let path = subject.file_of(url).ok_or_else(|| {
        Error::argument(format!("{platform}: the URL {url:?} ends in no file name"))
    })?;
    let file = File::open(&path).map_err(|e| failed(&path, &e))?;
    let size = file.metadata().map_err(|e| failed(&path, &e))?.len();
    if package["size"] != json!(size) {
        let (shown, told) = (path.display(), &package["size"]);
        return Err(Error::argument(format!(
            "{platform}: {shown} has {size} bytes, the feed says {told}: make the feed again"
        )));
    }
    sign(file, signer, comment)
}

fn sign(data: impl Read, signer: &Signer, comment: &str) -> Result<String, Error> {
    minisign::sign(
        Some(&signer.public),
        &signer.secret,
        data,
        Some(comment),
        None,
    )
    .map(|signature| signature.into_string())
    .map_err(|e| Error::argument(format!("cannot sign: {e}")))
}
