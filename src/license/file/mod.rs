//! Licence files: signed grants for machines that are never online. Pure: bytes, keys, machine and time come in.
//!
//! A file is a compact JWT signed with Ed25519 (`alg` = `EdDSA`), so that any JWT library can issue it. Its claims:
//!
//! | claim | | meaning |
//! |---|---|---|
//! | `sub` | required | the code, 1 to 64 bytes, no control characters |
//! | `aud` | required | the product's name as in the options, a string or a list |
//! | `exp` | required | end, Unix seconds; no leeway |
//! | `nbf` | | begin; 10 minutes' leeway |
//! | `iat` | | when it was made: the later one replaces the earlier one of the same code, and moves the clock's mark |
//! | `jti` | | its name, 1 to 256 bytes; without one it is named by its hash |
//! | `fp` | | the machine's fingerprint hash, or a list of those allowed ([`device`]) |
//! | `parts`, `min` | | hashes of single parts, and how many of them (distinct ones) the machine must have |
//! | `features`, `amount` | | a list of names; a quantity |
//!
//! With both `fp` and `parts` one of the two is enough; with neither it is a site licence. Unknown claims are ignored, a
//! known one of the wrong type is not: a misspelled restriction must not become a licence for everybody. Times may be
//! fractions, as some JWT libraries write them (the fraction is dropped); `min` and `amount` are whole numbers.
//!
//! Base64 is strict and no JSON member is there twice, so a token has exactly one reading.
//!
//! | file | holds |
//! |---|---|
//! | [`jwt`], [`base64`], [`strict`] | the token: signature and encoding |
//! | [`claims`] | what a file says, and whether it holds for a time and a machine |
//! | [`device`] | machines by their hashes |
//! | [`held`] | the files that a suite keeps, and those that were given back |
//! | [`judged`] | what a file makes of a verdict |
//! | [`request`] | what a customer sends to get a file; the proof that it was given back |
//! | [`refusal`] | why not |

pub mod base64;
pub mod claims;
pub mod device;
pub mod held;
pub mod judged;
pub mod jwt;
pub mod refusal;
pub mod request;
mod strict;
#[cfg(test)]
mod tests;

pub use claims::LicenseFile;
pub use device::{Bound, Hashes, PartHash};
pub use held::{Grant, Held, Returned};
pub use judged::JudgedFile;
pub use refusal::Refusal;
pub use request::{MachineKey, Request, Return};

/// Longest file, with what surrounds the token.
pub const MAX_BYTES: usize = 64 * 1024;

/// The token in a file: a byte order mark and surrounding white space do not count.
pub fn token(bytes: &[u8]) -> Result<&str, Refusal> {
    if bytes.len() > MAX_BYTES {
        return Err(Refusal::TooLong);
    }
    let text = std::str::from_utf8(bytes).map_err(|_| Refusal::NotText)?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text).trim())
}
