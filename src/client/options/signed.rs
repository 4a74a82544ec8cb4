//! The signature of an options file: minisign, beside the file under `<name>.minisig`.
//!
//! Only the prehashed form, which minisign has written since 2020 and which the upgrade feed asks for as well: one rule.

use super::file::read_limited;
use minisign_verify::{PublicKey, Signature};
use std::path::{Path, PathBuf};

/// Was `bytes`, read from `path`, signed with `key` (the base64 line of a `minisign.pub`)?
pub(super) fn verify(path: &Path, bytes: &[u8], key: &str) -> Result<(), String> {
    let key = PublicKey::from_base64(key.trim())
        .map_err(|error| format!("the minisign key of the program is not usable: {error}"))?;
    let signature = read_signature(&signature_path(path))?;
    key.verify(bytes, &signature, false)
        .map_err(|error| format!("its signature is refused: {error}"))
}

fn read_signature(path: &Path) -> Result<Signature, String> {
    let shown = path.display();
    let bytes = read_limited(path)
        .map_err(|error| format!("its signature {shown} cannot be read: {error}"))?;
    let text = String::from_utf8(bytes).map_err(|_| format!("{shown} is not UTF-8 text"))?;
    Signature::decode(&text).map_err(|error| format!("{shown} is no signature: {error}"))
}

fn signature_path(path: &Path) -> PathBuf {
    let mut path = path.as_os_str().to_owned();
    path.push(".minisig");
    path.into()
}
