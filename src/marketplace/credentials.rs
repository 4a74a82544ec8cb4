//! How a request says who it comes from.

use super::secret::Secret;
use super::signer::{self, Signable};
use super::time::sdk_date;
use crate::{Cause, Error, Status};

#[derive(Clone)]
pub enum Credentials {
    /// Direct mode: signed with the merchant's keys.
    Signed {
        access_key: String,
        secret_key: Secret,
    },
    /// Relay mode: the vendor's own server knows this token and signs by itself.
    Bearer(Secret),
    /// Licence files only; nothing can be asked online.
    None,
}

const CONTENT_TYPE: &str = "application/json";

impl Credentials {
    pub fn signed(access_key: &str, secret_key: &str) -> Result<Credentials, Error> {
        if !fits_header(access_key) || secret_key.is_empty() {
            return Err(bad("the access key and secret key must be visible ASCII"));
        }
        Ok(Credentials::Signed {
            access_key: access_key.to_owned(),
            secret_key: Secret::new(secret_key),
        })
    }

    pub fn bearer(token: &str) -> Result<Credentials, Error> {
        if !fits_header(token) {
            return Err(bad("the bearer token must be visible ASCII"));
        }
        Ok(Credentials::Bearer(Secret::new(token)))
    }

    /// The headers of a POST. None where there is nothing to show.
    pub(super) fn headers(
        &self,
        host: &str,
        path: &str,
        body: &[u8],
        at: i64,
    ) -> Option<Vec<(&'static str, String)>> {
        let mut headers = vec![
            ("Content-Type", CONTENT_TYPE.to_owned()),
            ("Host", host.to_owned()),
        ];
        let authorization = match self {
            Credentials::None => return None,
            Credentials::Bearer(token) => format!("Bearer {}", token.expose()),
            Credentials::Signed {
                access_key,
                secret_key,
            } => {
                headers.push(("X-Sdk-Date", sdk_date(at)));
                let signed: Vec<(&str, &str)> = headers.iter().map(|(n, v)| (*n, &**v)).collect();
                let what = Signable {
                    method: "POST",
                    path,
                    query: &[],
                    headers: &signed,
                    body,
                };
                signer::authorization(access_key, secret_key, &what)
            }
        };
        headers.push(("Authorization", authorization));
        Some(headers)
    }

    /// What must not appear in any text.
    pub(super) fn secrets(&self) -> Vec<&str> {
        match self {
            Credentials::Signed {
                access_key,
                secret_key,
            } => vec![access_key, secret_key.expose()],
            Credentials::Bearer(token) => vec![token.expose()],
            Credentials::None => Vec::new(),
        }
    }

    pub(super) fn are_signed(&self) -> bool {
        matches!(self, Credentials::Signed { .. })
    }
}

fn fits_header(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
}

fn bad(text: &str) -> Error {
    Error::new(Status::Config, Cause::Config, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_a_header_is_refused() {
        for text in ["", "a b", "a\r\nX: y", "密钥"] {
            assert!(Credentials::bearer(text).is_err(), "{text:?}");
            assert!(Credentials::signed(text, "sk").is_err(), "{text:?}");
        }
        assert!(Credentials::signed("ak", "").is_err());
    }

    #[test]
    fn a_signed_request_signs_exactly_three_headers() {
        let credentials = Credentials::signed("AK", "SK").unwrap();
        let headers = credentials.headers("h:1", "/p", b"{}", 0).unwrap();
        let names: Vec<&str> = headers.iter().map(|(name, _)| *name).collect();
        assert_eq!(
            names,
            ["Content-Type", "Host", "X-Sdk-Date", "Authorization"]
        );
        assert!(
            headers[3]
                .1
                .contains("SignedHeaders=content-type;host;x-sdk-date,")
        );
    }
}
