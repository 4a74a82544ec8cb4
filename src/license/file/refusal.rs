//! Why a licence file is not accepted.

use crate::error::{Cause, Error, Status};
use std::fmt;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    TooLong,
    NotText,
    NotAToken,
    Header,
    Algorithm,
    Critical,
    Signature,
    Payload,
    /// A claim that is missing or not what it should be.
    Claim(&'static str),
    Product,
    Expired,
    NotYetValid,
    Device,
    Clock,
    Returned,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Refusal::TooLong => "the licence file is longer than 64 KiB",
            Refusal::NotText => "the licence file is not UTF-8 text",
            Refusal::NotAToken => "the licence file is not a compact JWT: three base64url parts",
            Refusal::Header => "the header of the licence file is not a JSON object",
            Refusal::Algorithm => "the licence file is not signed with EdDSA",
            Refusal::Critical => "the licence file demands an extension (crit) that is not known",
            Refusal::Signature => "the licence file is not signed with a licence key of this program",
            Refusal::Payload => "the content of the licence file is not a JSON object",
            Refusal::Claim(name) => {
                return write!(f, "the licence file's claim {name} is missing or malformed");
            }
            Refusal::Product => "the licence file is for another product",
            Refusal::Expired => "the licence file has expired",
            Refusal::NotYetValid => "the licence file is not valid yet",
            Refusal::Device => "the licence file is for another machine",
            Refusal::Clock => "the computer's clock shows an implausible time, or one from before the licence file was made",
            Refusal::Returned => "the licence file was given back on this machine",
        })
    }
}

impl std::error::Error for Refusal {}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Error {
        Error::new(Status::LicenseFile, Cause::Verdict, refusal.to_string())
    }
}
