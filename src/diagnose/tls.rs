//! What a presented chain says: who vouches for the server, and why that was not enough.

use super::report::{CertificateFacts, Fault, RootFacts, TlsFacts};
use crate::Cause;
use crate::marketplace::trust::{Presented, RootOrigin, Trust};
use crate::marketplace::x509;
use rustls::CertificateError;

/// Most certificates shown. A server may send any number.
const MOST: usize = 10;

pub fn facts(presented: &Presented, trust: &Trust) -> TlsFacts {
    let shown = presented.chain.iter().take(MOST);
    let chain: Vec<CertificateFacts> = shown.map(|der| certificate(der)).collect();
    let trusted = presented.refusal.is_none();
    TlsFacts {
        trusted,
        by_root: trusted.then(|| root(presented, trust, &chain)).flatten(),
        chain,
        error: presented.refusal.as_ref().map(fault),
    }
}

fn certificate(der: &[u8]) -> CertificateFacts {
    match x509::read(der) {
        Some(read) => CertificateFacts {
            subject: read.subject.to_string(),
            issuer: read.issuer.to_string(),
            not_before: read.not_before,
            not_after: read.not_after,
        },
        None => CertificateFacts {
            subject: "(unreadable)".into(),
            issuer: "(unreadable)".into(),
            not_before: None,
            not_after: None,
        },
    }
}

/// The root that makes it trusted, or the name it must have where the system alone knows its roots.
fn root(presented: &Presented, trust: &Trust, chain: &[CertificateFacts]) -> Option<RootFacts> {
    if let Some((der, origin)) = trust.root_of(presented) {
        return Some(RootFacts {
            subject: certificate(der).subject,
            from: match origin {
                RootOrigin::System => "system",
                RootOrigin::CaFile => "ca_file",
            },
        });
    }
    issuer_of(chain).map(|subject| RootFacts {
        subject: subject.to_owned(),
        from: "system",
    })
}

/// Who stands at the end of a chain, starting at the server's own certificate: certificates may be sent in any order, and
/// more of them than are needed.
pub fn issuer_of(chain: &[CertificateFacts]) -> Option<&str> {
    let mut issuer = chain.first()?.issuer.as_str();
    for _ in chain {
        let next = chain.iter().find(|cert| cert.subject == issuer);
        match next {
            Some(cert) if cert.issuer != issuer => issuer = &cert.issuer,
            _ => break,
        }
    }
    Some(issuer)
}

fn fault(refusal: &rustls::Error) -> Fault {
    use CertificateError::*;
    let cause = match refusal {
        rustls::Error::InvalidCertificate(
            Expired | ExpiredContext { .. } | NotValidYet | NotValidYetContext { .. },
        ) => Cause::Clock,
        _ => Cause::Tls,
    };
    Fault::new(cause, refusal.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chain(names: &[(&str, &str)]) -> Vec<CertificateFacts> {
        let one = |(subject, issuer): &(&str, &str)| CertificateFacts {
            subject: (*subject).into(),
            issuer: (*issuer).into(),
            not_before: None,
            not_after: None,
        };
        names.iter().map(one).collect()
    }

    #[test]
    fn the_end_of_a_chain_is_found_in_any_order() {
        let ends = |names: &[(&str, &str)], expected| {
            assert_eq!(issuer_of(&chain(names)), expected, "{names:?}");
        };
        ends(&[], None);
        ends(&[("host", "proxy")], Some("proxy"));
        ends(&[("host", "a"), ("b", "root"), ("a", "b")], Some("root"));
        ends(&[("host", "root"), ("root", "root")], Some("root"));
        ends(&[("host", "host")], Some("host"));
        // A hostile one that goes in circles ends as well.
        ends(&[("host", "a"), ("a", "b"), ("b", "a")], Some("b"));
    }

    #[test]
    fn a_date_out_of_range_is_blamed_on_the_clock() {
        let fault_of = |error| fault(&rustls::Error::InvalidCertificate(error));
        assert!(fault_of(CertificateError::Expired).is(Cause::Clock));
        assert!(fault_of(CertificateError::NotValidYet).is(Cause::Clock));
        assert!(fault_of(CertificateError::UnknownIssuer).is(Cause::Tls));
    }
}
