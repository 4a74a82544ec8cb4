//! `iscdesk license issue`: a licence file for one machine's request, or for any machine of a site.

use super::{expiry, fault, hand_over, keys, now, read};
use crate::output::Outcome;
use iscdesk::Error;
use iscdesk::license::file::{self, Hashes, LicenseFile, Request, jwt};
use ring::rand::{SecureRandom, SystemRandom};
use ring::signature::{Ed25519KeyPair, KeyPair};
use serde_json::{Map, Value, json};
use std::path::{Path, PathBuf};

#[derive(clap::Args)]
pub struct Args {
    /// The vendor's private key, as made by `license keygen`
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// The code under which the program holds this licence, 1 to 64 bytes
    #[arg(long)]
    code: String,
    /// End: 365d (from now), 2027-12-31 (that day included, UTC) or 2027-12-31T18:00:00Z
    #[arg(long, value_name = "WHEN")]
    expires: String,
    /// Begin, written in the same way
    #[arg(long, value_name = "WHEN")]
    not_before: Option<String>,
    #[command(flatten)]
    target: Target,
    /// The product [default: the request's]
    #[arg(long)]
    product: Option<String>,
    /// Instead of the whole fingerprint, so many of the request's parts must be on the machine
    #[arg(long, value_name = "NUMBER", requires = "request")]
    parts_min: Option<usize>,
    /// Features it grants, separated by commas
    #[arg(long, value_delimiter = ',')]
    features: Vec<String>,
    /// Quantity bought
    #[arg(long)]
    amount: Option<u32>,
    /// The file's own name (jti) [default: a random one]
    #[arg(long)]
    id: Option<String>,
    /// Where to write it; must not exist [default: stdout]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(clap::Args)]
#[group(required = true, multiple = false)]
struct Target {
    /// The customer's request: the file is for that machine
    #[arg(long, value_name = "FILE")]
    request: Option<PathBuf>,
    /// For any machine
    #[arg(long, requires = "product")]
    site: bool,
}

pub fn run(args: &Args) -> Result<Outcome, Error> {
    let key = keys::load(&args.key)?;
    let request = args
        .target
        .request
        .as_deref()
        .map(load_request)
        .transpose()?;
    let claims = claims(args, request.as_ref(), now())?;
    let token = jwt::sign(&claims, &key).ok_or_else(|| fault("the claims cannot be signed"))?;
    check(&token, &claims, &key, request.as_ref())?;
    let answer = hand_over(&token, args.out.as_ref(), "token")?;
    Ok(answer.with_member("claims", claims))
}

/// A request that agrees with itself.
pub fn load_request(path: &Path) -> Result<Request, Error> {
    let bytes = read(path)?;
    let text = file::token(&bytes).map_err(Error::from)?;
    let request: Option<Request> = serde_json::from_str(text).ok();
    let sound = request.filter(Request::is_sound);
    sound.ok_or_else(|| {
        fault(format!(
            "{}: is not a licence request of this version, or was changed",
            path.display()
        ))
    })
}

fn claims(args: &Args, request: Option<&Request>, now: i64) -> Result<Value, Error> {
    let moment = |option: &str, text: &str| {
        expiry::parse(text, now).ok_or_else(|| {
            fault(format!(
                "{option}: write 365d, 2027-12-31 or 2027-12-31T18:00:00Z"
            ))
        })
    };
    let mut claims = Map::new();
    claims.insert("sub".into(), json!(args.code));
    claims.insert("aud".into(), json!(product(args, request)?));
    claims.insert("iat".into(), json!(now));
    claims.insert("exp".into(), json!(moment("--expires", &args.expires)?));
    claims.insert("jti".into(), json!(id(args)?));
    if let Some(begin) = &args.not_before {
        claims.insert("nbf".into(), json!(moment("--not-before", begin)?));
    }
    if let Some(request) = request {
        claims.extend(bound(request, args.parts_min)?);
    }
    if !args.features.is_empty() {
        claims.insert("features".into(), json!(args.features));
    }
    if let Some(amount) = args.amount {
        claims.insert("amount".into(), json!(amount));
    }
    Ok(Value::Object(claims))
}

fn product(args: &Args, request: Option<&Request>) -> Result<String, Error> {
    match (&args.product, request) {
        (Some(named), Some(request)) if *named != request.product => Err(fault(format!(
            "--product: the request is for {:?}",
            request.product
        ))),
        (Some(named), _) => Ok(named.clone()),
        (None, Some(request)) => Ok(request.product.clone()),
        (None, None) => Err(fault("--product is missing")),
    }
}

fn bound(request: &Request, parts_min: Option<usize>) -> Result<Map<String, Value>, Error> {
    let mut claims = Map::new();
    let Some(min) = parts_min else {
        if request.fingerprint == "|||" {
            return Err(fault(
                "this machine has no fingerprint, which every other such machine would match: use --parts-min",
            ));
        }
        claims.insert("fp".into(), json!(request.fp));
        return Ok(claims);
    };
    let parts: Vec<&str> = request.parts.iter().map(|p| p.hash.as_str()).collect();
    if !(1..=parts.len()).contains(&min) {
        return Err(fault(format!(
            "--parts-min: the request names {} parts",
            parts.len()
        )));
    }
    claims.insert("parts".into(), json!(parts));
    claims.insert("min".into(), json!(min));
    Ok(claims)
}

fn id(args: &Args) -> Result<String, Error> {
    if let Some(id) = &args.id {
        return Ok(id.clone());
    }
    let mut bytes = [0_u8; 16];
    SystemRandom::new()
        .fill(&mut bytes)
        .map_err(|_| Error::internal("the system gives no random numbers"))?;
    Ok(iscdesk::hex::lower(&bytes))
}

/// No file leaves the house that the customer's program would refuse.
fn check(
    token: &str,
    claims: &Value,
    key: &Ed25519KeyPair,
    request: Option<&Request>,
) -> Result<(), Error> {
    let public = key.public_key().as_ref().try_into().unwrap_or([0; 32]);
    let product = claims["aud"].as_str().unwrap_or_default();
    let file = LicenseFile::open(token, &[public], product)?;
    let machine = request.map_or_else(Hashes::default, |request| Hashes {
        fingerprint: request.fp.clone(),
        parts: request.parts.clone(),
    });
    let begun = file.not_before.max(file.issued_at);
    Ok(file.check(begun, &machine)?)
}
