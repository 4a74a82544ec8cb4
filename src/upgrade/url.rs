//! Which addresses a feed and its packages may have: `https`, or `http` to a literal loopback address.

use crate::marketplace::Endpoint;

/// May the address have a query? A feed's may not, for `.minisig` is appended to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Query {
    Allowed,
    Refused,
}

/// Is this the address of a file? The text says why not, without repeating the address, which may hold a token.
pub fn check(text: &str, query: Query) -> Result<(), String> {
    let after_scheme = text.find("://").map_or(0, |at| at + 3);
    let slash = text[after_scheme..].find('/').map(|at| after_scheme + at);
    let (server, path) = text.split_at(slash.unwrap_or(text.len()));
    Endpoint::parse(server).map_err(|error| error.text)?;
    let refused: &[u8] = match query {
        Query::Allowed => b"#\\\"<>^`{|}",
        Query::Refused => b"?#\\\"<>^`{|}",
    };
    let plain = |byte: u8| byte.is_ascii_graphic() && !refused.contains(&byte);
    if path.len() < 2 || !path.bytes().all(plain) {
        return Err(match query {
            Query::Allowed => "must be the URL of a file".into(),
            Query::Refused => "must be the URL of a file, without a query".into(),
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn https_or_loopback_and_a_file() {
        for good in [
            "https://cad.example/feed.json",
            "https://cad.example:8443/a%20b/x-1.2.exe",
            "http://127.0.0.1:8080/feed.json",
            "http://[::1]/x",
        ] {
            assert_eq!(check(good, Query::Refused), Ok(()), "{good}");
        }
        for bad in [
            "",
            "feed.json",
            "https://cad.example",
            "https://cad.example/",
            "http://cad.example/x",
            "http://localhost/x",
            "ftp://cad.example/x",
            "file:///etc/passwd",
            "https://u:p@cad.example/x",
            "https://cad.example/x#y",
            "https://cad.example/a b",
            "https://cad.example/\u{e9}",
        ] {
            assert!(check(bad, Query::Allowed).is_err(), "{bad}");
        }
        let signed = "https://cdn.example/x.exe?token=1";
        assert!(check(signed, Query::Refused).is_err());
        assert_eq!(check(signed, Query::Allowed), Ok(()));
    }
}
