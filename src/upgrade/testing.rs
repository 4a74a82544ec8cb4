//! A vendor for tests: a minisign key and feeds signed with it.

use super::Feed;
use minisign::KeyPair;
use serde_json::json;
use std::io::Cursor;

pub struct Vendor(KeyPair);

impl Vendor {
    pub fn new() -> Vendor {
        Vendor(KeyPair::generate_unencrypted_keypair().unwrap())
    }

    pub fn key(&self) -> String {
        self.0.pk.to_base64()
    }

    /// The text of a `.minisig` file.
    pub fn sign(&self, bytes: &[u8], trusted_comment: &str) -> String {
        let signed = minisign::sign(
            None,
            &self.0.sk,
            Cursor::new(bytes),
            Some(trusted_comment),
            Some("untrusted"),
        );
        signed.unwrap().into_string()
    }
}

/// A feed with one package.
pub fn feed_of(version: &str, platform: &str, bytes: &[u8], signature: &str) -> Feed {
    let feed = json!({
        "version": version, "pub_date": "2026-03-01T08:00:00Z",
        "platforms": {platform: {
            "url": "https://cad.example/setup", "signature": signature, "size": bytes.len(),
        }},
    });
    Feed::parse(feed.to_string().as_bytes()).unwrap()
}
