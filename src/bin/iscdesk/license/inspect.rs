//! `iscdesk license inspect` and `verify-return`: what a token says, and whether it may be believed.

use super::issue::load_request;
use super::{done, expiry, fault, keys, now, read, unproved};
use crate::output::Outcome;
use iscdesk::Error;
use iscdesk::client::Options;
use iscdesk::client::options::Key;
use iscdesk::license::file::{self, LicenseFile, Return, base64};
use serde_json::Value;
use std::path::{Path, PathBuf};

#[derive(clap::Args)]
pub struct Args {
    /// The licence file
    file: PathBuf,
    /// The option license_public_key: is it signed with one of these?
    #[arg(long, value_name = "KEY")]
    public_key: Vec<String>,
    /// Is it for this product?
    #[arg(long)]
    product: Option<String>,
    /// The product's options file: its license_public_key and product, where they are not given here
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

#[derive(clap::Args)]
pub struct ReturnArgs {
    /// The proof that the customer sent
    file: PathBuf,
    /// The request of that machine, which names its key
    #[arg(long, value_name = "FILE")]
    request: PathBuf,
}

pub fn run(args: &Args) -> Result<Outcome, Error> {
    let token = load_token(&args.file)?;
    let claims = claims_of(&token).ok_or_else(|| unproved("this is not a JWT"))?;
    let answer = describe(&claims).with_member("claims", claims.clone());
    let expected = Expected::of(args)?;
    if expected.keys.is_empty() {
        return Ok(answer
            .with_line("not verified: give --public-key or --config")
            .with_member("verified", Value::Null));
    }
    let named = expected.product.as_deref();
    let product = named.unwrap_or_else(|| first_audience(&claims));
    let file = LicenseFile::open(&token, &keys::public(&expected.keys)?, product)?;
    let now = now();
    if now >= file.expires_at {
        return Err(file::Refusal::Expired.into());
    }
    Ok(answer.with_line("verified").with_member("verified", true))
}

/// What a file is judged by: what was typed, else what the options file says.
struct Expected {
    keys: Vec<String>,
    product: Option<String>,
}

impl Expected {
    fn of(args: &Args) -> Result<Expected, Error> {
        let mut expected = Expected {
            keys: args.public_key.clone(),
            product: args.product.clone(),
        };
        if let Some(path) = &args.config {
            let options = Options::load(Some(path))?;
            let text = |key| options.text(key).map(str::to_owned);
            if expected.keys.is_empty() {
                let keys = text(Key::LicensePublicKey);
                expected.keys = vec![keys.ok_or_else(|| no_key(path))?];
            }
            expected.product = expected.product.or_else(|| text(Key::Product));
        }
        match expected.keys.is_empty() && expected.product.is_some() {
            true => Err(fault("--product: give --public-key or --config as well")),
            false => Ok(expected),
        }
    }
}

fn no_key(path: &Path) -> Error {
    fault(format!("{}: holds no license_public_key", path.display()))
}

pub fn verify_return(args: &ReturnArgs) -> Result<Outcome, Error> {
    let request = load_request(&args.request)?;
    let key = request
        .public_key()
        .ok_or_else(|| fault("the request names no key"))?;
    let proof = Return::open(&load_token(&args.file)?, &key)
        .map_err(|_| unproved("this is not a return signed by the machine of that request"))?;
    if proof.product != request.product {
        return Err(unproved("the return is of another product"));
    }
    Ok(done()
        .with_line(format!("given back: {} (file {})", proof.sub, proof.jti))
        .with_line(format!("at:         {}", expiry::show(proof.iat)))
        .with_member("license", proof.sub)
        .with_member("jti", proof.jti)
        .with_member("at", proof.iat))
}

fn load_token(path: &Path) -> Result<String, Error> {
    let bytes = read(path)?;
    Ok(file::token(&bytes)?.to_owned())
}

/// The claims as they stand there, believed or not.
fn claims_of(token: &str) -> Option<Value> {
    let payload = base64::decode_url(token.split('.').nth(1)?)?;
    let claims: Value = serde_json::from_slice(&payload).ok()?;
    claims.is_object().then_some(claims)
}

fn first_audience(claims: &Value) -> &str {
    let aud = &claims["aud"];
    aud.as_str().or(aud[0].as_str()).unwrap_or_default()
}

fn describe(claims: &Value) -> Outcome {
    let mut answer = done();
    let members = claims.as_object().into_iter().flatten();
    for (name, value) in members {
        let shown = match value.as_i64() {
            Some(time) if matches!(name.as_str(), "exp" | "nbf" | "iat") => expiry::show(time),
            _ => value.to_string(),
        };
        answer = answer.with_line(format!("{name:<9} {shown}"));
    }
    answer
}
