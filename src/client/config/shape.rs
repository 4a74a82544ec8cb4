//! What a single value must look like. Each answers a value or the fault, which never repeats the value.

use super::{ACCOUNT_ID_MAX, NAME_MAX};
use crate::license::file::base64::decode_standard;
use crate::marketplace::{Endpoint, Proxy, ThreadsAlive, roots};
use crate::upgrade::url::{self, Query};
use minisign_verify::PublicKey;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};

/// Vendor, product, version: one component of a path on every platform.
pub(super) fn name(text: &str) -> Result<String, String> {
    if text.len() > NAME_MAX {
        return Err(format!("longer than {NAME_MAX} bytes"));
    }
    if text.contains(['/', '\\', ':']) {
        return Err("holds a path character (/, \\ or :)".into());
    }
    if text.trim_matches(['.', ' ']).is_empty() {
        return Err("holds nothing but dots and spaces".into());
    }
    Ok(text.to_owned())
}

pub(super) fn any(text: &str) -> Result<String, String> {
    Ok(text.to_owned())
}

/// What goes into a header as it is.
pub(super) fn visible_ascii(text: &str) -> Result<String, String> {
    match text.bytes().all(|byte| byte.is_ascii_graphic()) {
        true => Ok(text.to_owned()),
        false => Err("must be visible ASCII without spaces".into()),
    }
}

pub(super) fn account_id(text: &str) -> Result<String, String> {
    match text.len() <= ACCOUNT_ID_MAX {
        true => Ok(text.to_owned()),
        false => Err(format!("longer than {ACCOUNT_ID_MAX} bytes")),
    }
}

pub(super) fn endpoint(text: &str) -> Result<Endpoint, String> {
    Endpoint::parse(text).map_err(|error| without("the endpoint ", error.text))
}

/// A literal loopback address; a name can be made to point anywhere.
pub(super) fn is_loopback(endpoint: &Endpoint) -> bool {
    let host = endpoint.host();
    let name = host.split_once(':').map_or(&*host, |(name, _)| name);
    let v4: Result<Ipv4Addr, _> = name.parse();
    host.starts_with("[::1]") || v4.is_ok_and(|address| address.is_loopback())
}

pub(super) fn proxy(text: &str) -> Result<Proxy, String> {
    Proxy::parse(Some(text)).map_err(|error| without("the proxy ", error.text))
}

/// Readable, and holding a certificate that can be used.
pub(super) fn ca_file(text: &str) -> Result<PathBuf, String> {
    let path = made_absolute(text)?;
    // Opening a pipe could wait for ever.
    if path.exists() && !path.is_file() {
        return Err(format!("{} is not a file", path.display()));
    }
    // Nobody is judged by these.
    let tls = roots::client_config(Some(&path), &ThreadsAlive::default());
    tls.map_err(|error| without("the CA file ", error.text))?;
    Ok(path)
}

pub(super) fn made_absolute(text: &str) -> Result<PathBuf, String> {
    std::path::absolute(text).map_err(|error| format!("cannot be made absolute: {error}"))
}

pub(super) fn absolute(text: &str) -> Result<PathBuf, String> {
    match Path::new(text).is_absolute() {
        true => Ok(text.into()),
        false => Err("must be an absolute path".into()),
    }
}

/// `https`, or `http` to a loopback address. No query, for `.minisig` is appended to it.
pub(super) fn feed(text: &str) -> Result<String, String> {
    match url::check(text, Query::Refused) {
        Ok(()) => Ok(text.to_owned()),
        Err(fault) => Err(without("the endpoint ", fault)),
    }
}

pub(super) fn minisign_key(text: &str, number: usize) -> Result<String, String> {
    match PublicKey::from_base64(text) {
        Ok(_) => Ok(text.to_owned()),
        Err(_) => Err(format!("key {number} is not a minisign public key")),
    }
}

pub(super) fn license_key(text: &str, number: usize) -> Result<[u8; 32], String> {
    let bytes = decode_standard(text).and_then(|bytes| bytes.try_into().ok());
    bytes.ok_or_else(|| format!("key {number} is not 32 bytes in standard base64"))
}

/// Errors name their subject; here the member's name stands before it.
fn without(subject: &str, text: String) -> String {
    match text.strip_prefix(subject) {
        Some(rest) => rest.to_owned(),
        None => text,
    }
}
