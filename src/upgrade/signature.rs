//! Minisign signatures of a feed and of packages: prehashed only, by one of the vendor's keys.

use super::feed::{Feed, Package};
use crate::{Cause, Error, Status};
use minisign_verify::{PublicKey, Signature, StreamVerifier};

/// What a trusted comment says, in its order.
const PARTS: [&str; 3] = ["product", "version", "platform"];
/// Most characters that are told of a trusted comment: it may be anybody's.
const SAID_MAX: usize = 300;

/// The vendor's public keys. Any of them will do: one is current, others are of machines that have yet to see it.
#[derive(Clone, Debug)]
pub struct Keys(Vec<PublicKey>);

/// The signature of a package whose trusted comment says what the feed says.
pub struct PackageSignature {
    signature: Signature,
    size: u64,
}

/// A package that is being read.
pub struct Reading<'a> {
    verifier: StreamVerifier<'a>,
    left: u64,
}

impl Keys {
    /// Base64 lines as in `minisign.pub`.
    pub fn parse<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<Keys, Error> {
        let keys = texts.into_iter().map(PublicKey::from_base64);
        let keys: Vec<PublicKey> = keys.collect::<Result<_, _>>().map_err(|error| {
            let text = format!("a minisign key of the program is not usable: {error}");
            Error::new(Status::Config, Cause::Config, text)
        })?;
        Ok(Keys(keys))
    }

    /// Was the feed signed with one of the keys? `signature` is the content of `<feed>.minisig`.
    pub fn verify_feed(&self, feed: &[u8], signature: &[u8]) -> Result<(), Error> {
        let told = |why: &dyn std::fmt::Display| refused(format!("the feed's signature: {why}"));
        let text = std::str::from_utf8(signature).map_err(|e| told(&e))?;
        let signature = Signature::decode(text).map_err(|e| told(&e))?;
        self.first(|key| key.verify(feed, &signature, false))
            .map_err(|e| told(&e))
    }

    /// Begins to verify a package, of which every byte is to be given in order.
    pub fn begin<'a>(&'a self, package: &'a PackageSignature) -> Result<Reading<'a>, Error> {
        let begun = self.first(|key| key.verify_stream(&package.signature));
        let verifier = begun.map_err(|e| refused(format!("the package's signature: {e}")))?;
        Ok(Reading {
            verifier,
            left: package.size,
        })
    }

    /// What the first key says that does not refuse; else the last refusal, which is that of a foreign key in most cases.
    fn first<'a, T>(
        &'a self,
        ask: impl Fn(&'a PublicKey) -> Result<T, minisign_verify::Error>,
    ) -> Result<T, minisign_verify::Error> {
        let mut refusal = minisign_verify::Error::UnexpectedKeyId;
        for key in &self.0 {
            match ask(key) {
                Ok(answer) => return Ok(answer),
                Err(minisign_verify::Error::UnexpectedKeyId) => {}
                Err(other) => refusal = other,
            }
        }
        Err(refusal)
    }
}

impl PackageSignature {
    /// An old signed installer must not pass for a new one, nor one of another product or platform. Seen before a byte is
    /// fetched; that the comment itself is signed is seen at the end.
    pub fn of(
        package: &Package,
        feed: &Feed,
        product: &str,
        platform: &str,
    ) -> Result<PackageSignature, Error> {
        let signature = Signature::decode(&package.signature)
            .map_err(|e| refused(format!("the package's signature: {e}")))?;
        let expected = feed.trusted_comment(product, platform);
        if signature.trusted_comment() != expected {
            return Err(refused(mismatch(signature.trusted_comment(), &expected)));
        }
        Ok(PackageSignature {
            signature,
            size: package.size,
        })
    }
}

impl Reading<'_> {
    pub fn update(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let left = self.left.checked_sub(bytes.len() as u64);
        self.left = left.ok_or_else(|| refused("the package is larger than announced"))?;
        self.verifier.update(bytes);
        Ok(())
    }

    pub fn finish(mut self) -> Result<(), Error> {
        if self.left > 0 {
            return Err(refused("the package is smaller than announced"));
        }
        let done = self.verifier.finalize();
        done.map_err(|e| refused(format!("the package's signature: {e}")))
    }
}

/// Names what is told apart, as it is and as it should be.
fn mismatch(said: &str, expected: &str) -> String {
    let is_shown = |c: &char| !c.is_control();
    let said: String = said.chars().filter(is_shown).take(SAID_MAX).collect();
    let parts = parts_of(&said).zip(parts_of(expected));
    let differs = parts.and_then(|(said, expected)| {
        let mut pairs = PARTS.into_iter().zip(said.into_iter().zip(expected));
        pairs.find(|(_, (said, expected))| said != expected)
    });
    match differs {
        Some((what, (said, expected))) => format!(
            "the package is signed for another {what}: for \"{said}\" instead of \"{expected}\""
        ),
        None => format!(
            "the package's signature does not say what it is for: its trusted comment is \"{said}\" instead of \
             \"{expected}\""
        ),
    }
}

/// Product, version and platform of a trusted comment. Only a product may hold spaces.
fn parts_of(comment: &str) -> Option<[&str; 3]> {
    let (rest, platform) = comment.rsplit_once(" platform:")?;
    let (rest, version) = rest.rsplit_once(" version:")?;
    Some([rest.strip_prefix("product:")?, version, platform])
}

fn refused(text: impl Into<String>) -> Error {
    Error::new(Status::UpgradeSignature, Cause::Refused, text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::upgrade::testing::{Vendor, feed_of};

    const PRODUCT: &str = "Mini CAD";
    const PLATFORM: &str = "linux-x86_64";
    const BYTES: &[u8] = b"an installer";

    fn verified(keys: &Keys, package: &PackageSignature, bytes: &[u8]) -> Result<(), Error> {
        let mut reading = keys.begin(package)?;
        for piece in bytes.chunks(5) {
            reading.update(piece)?;
        }
        reading.finish()
    }

    fn signed(vendor: &Vendor, comment: &str) -> (Feed, Package) {
        let feed = feed_of("2.0.0", PLATFORM, BYTES, &vendor.sign(BYTES, comment));
        let package = feed.platforms[PLATFORM].clone();
        (feed, package)
    }

    #[test]
    fn a_feed_is_the_vendors_or_refused() {
        let (vendor, other) = (Vendor::new(), Vendor::new());
        let keys = Keys::parse([other.key(), vendor.key()].iter().map(String::as_str)).unwrap();
        let signature = vendor.sign(b"feed", "any");
        assert_eq!(keys.verify_feed(b"feed", signature.as_bytes()), Ok(()));
        let foreign = Vendor::new().sign(b"feed", "any");
        // The algorithm's two letters say that it is not prehashed; that a good one of that kind is refused as well is in
        // `tests/feed.rs`.
        let legacy = signature.replacen("\nRU", "\nRW", 1);
        let altered = signature.replace("any", "one");
        for (bytes, signature, why) in [
            (&b"fee"[..], signature.as_bytes(), "verification failed"),
            (b"feed", altered.as_bytes(), "verification failed"),
            (b"feed", foreign.as_bytes(), "different key"),
            (b"feed", legacy.as_bytes(), "Unexpected signature algorithm"),
            (b"feed", &signature.as_bytes()[..40], "Invalid encoding"),
            (b"feed", b"", "Invalid encoding"),
            (b"feed", b"\xff", "utf-8"),
        ] {
            let error = keys.verify_feed(bytes, signature).unwrap_err();
            assert_eq!(error.status, Status::UpgradeSignature);
            assert!(error.text.contains(why), "{why}: {}", error.text);
        }
    }

    #[test]
    fn a_package_is_whole_and_for_this_product_version_and_platform() {
        let vendor = Vendor::new();
        let keys = Keys::parse([vendor.key().as_str()]).unwrap();
        let comment = "product:Mini CAD version:2.0.0 platform:linux-x86_64";
        let (feed, package) = signed(&vendor, comment);
        let good = PackageSignature::of(&package, &feed, PRODUCT, PLATFORM).unwrap();
        assert_eq!(verified(&keys, &good, BYTES), Ok(()));
        for (bytes, why) in [
            (&b"an installe"[..], "smaller"),
            (b"an installer!", "larger"),
            (b"AN INSTALLER", "verification failed"),
            (b"", "smaller"),
        ] {
            let error = verified(&keys, &good, bytes).unwrap_err();
            assert_eq!(error.status, Status::UpgradeSignature);
            assert!(error.text.contains(why), "{why}: {}", error.text);
        }
        let long = "x".repeat(9999);
        for (comment, why) in [
            (
                "product:Mini CAD version:1.0.0 platform:linux-x86_64",
                "another version: for \"1.0.0\" instead of \"2.0.0\"",
            ),
            (
                "product:Other Product version:2.0.0 platform:linux-x86_64",
                "another product: for \"Other Product\" instead of \"Mini CAD\"",
            ),
            (
                "product:Mini CAD version:2.0.0 platform:windows-x86_64",
                "another platform: for \"windows-x86_64\" instead of \"linux-x86_64\"",
            ),
            (
                "product:Mini CAD version:2.0.0 platform:linux-x86_64 ",
                "another platform: for \"linux-x86_64 \"",
            ),
            ("", "comment is \"\" instead of \"product:Mini CAD version"),
            ("version 2", "comment is \"version 2\" instead"),
            (&long, "comment is \"xxx"),
        ] {
            let (feed, package) = signed(&vendor, comment);
            let refused = PackageSignature::of(&package, &feed, PRODUCT, PLATFORM);
            let error = refused.err().unwrap();
            assert_eq!(error.status, Status::UpgradeSignature, "{comment}");
            assert!(error.text.contains(why), "{comment}: {}", error.text);
            assert!(error.text.len() < 1000, "{}", error.text.len());
        }
    }

    #[test]
    fn a_comment_that_was_changed_after_signing_is_seen() {
        let vendor = Vendor::new();
        let keys = Keys::parse([vendor.key().as_str()]).unwrap();
        let old = vendor.sign(
            BYTES,
            "product:Mini CAD version:1.0.0 platform:linux-x86_64",
        );
        let passed_off = old.replace("version:1.0.0", "version:2.0.0");
        let feed = feed_of("2.0.0", PLATFORM, BYTES, &passed_off);
        let package = &feed.platforms[PLATFORM];
        let signature = PackageSignature::of(package, &feed, PRODUCT, PLATFORM).unwrap();
        let error = verified(&keys, &signature, BYTES).unwrap_err();
        assert!(error.text.contains("verification failed"), "{error}");
    }

    #[test]
    fn a_foreign_key_is_seen_before_a_byte_is_read() {
        let vendor = Vendor::new();
        let keys = Keys::parse([Vendor::new().key().as_str()]).unwrap();
        let comment = "product:Mini CAD version:2.0.0 platform:linux-x86_64";
        let (feed, package) = signed(&vendor, comment);
        let signature = PackageSignature::of(&package, &feed, PRODUCT, PLATFORM).unwrap();
        let error = keys.begin(&signature).err().unwrap();
        assert!(error.text.contains("different key"), "{error}");
    }
}
