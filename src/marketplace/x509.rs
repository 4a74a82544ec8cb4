//! Who a certificate is for, who issued it and how long it is valid: for people who look for a root, not for trust.
//!
//! A reader of the few fields that a diagnosis names, out of bytes that anybody may have sent. Whether a certificate is to
//! be trusted is the verifier's to say; what cannot be read here is simply not shown.

use chrono::NaiveDateTime;
use std::fmt;

/// Longest name shown, in characters.
const NAME_MAX: usize = 200;

// Tags of DER.
const INTEGER: u8 = 0x02;
const OID: u8 = 0x06;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const VERSION: u8 = 0xa0;

/// Attributes of a name that are shown, in this order.
const SHOWN: [(&[u8], &str); 4] = [
    (&[0x55, 4, 3], "CN"),
    (&[0x55, 4, 10], "O"),
    (&[0x55, 4, 11], "OU"),
    (&[0x55, 4, 6], "C"),
];

/// Times are Unix seconds, None = cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Certificate<'a> {
    pub issuer: Name<'a>,
    pub subject: Name<'a>,
    pub not_before: Option<i64>,
    pub not_after: Option<i64>,
}

/// A distinguished name as it is encoded. Equal names are equal byte for byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Name<'a>(&'a [u8]);

/// None where the bytes are no certificate.
pub fn read(der: &[u8]) -> Option<Certificate<'_>> {
    let mut signed = Reader(Reader(der).take(SEQUENCE)?);
    let mut fields = Reader(signed.take(SEQUENCE)?);
    // Left out in certificates of the first version.
    let _ = fields.take(VERSION);
    fields.take(INTEGER)?;
    fields.take(SEQUENCE)?;
    let issuer = Name(fields.take(SEQUENCE)?);
    let mut validity = Reader(fields.take(SEQUENCE)?);
    let not_before = validity.next().and_then(time);
    let not_after = validity.next().and_then(time);
    let subject = Name(fields.take(SEQUENCE)?);
    Some(Certificate {
        issuer,
        subject,
        not_before,
        not_after,
    })
}

impl Name<'_> {
    /// The value of one attribute, the first where there are several.
    fn attribute(&self, oid: &[u8]) -> Option<String> {
        let mut sets = Reader(self.0);
        while let Some(set) = sets.take(SET) {
            let mut attributes = Reader(set);
            while let Some(attribute) = attributes.take(SEQUENCE) {
                let mut parts = Reader(attribute);
                if parts.take(OID) == Some(oid) {
                    return parts.next().and_then(text);
                }
            }
        }
        None
    }
}

impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = SHOWN.iter().filter_map(|(oid, label)| {
            let value = self.attribute(oid)?;
            Some(format!("{label}={value}"))
        });
        let parts: Vec<String> = shown.collect();
        match parts.is_empty() {
            true => f.write_str("(no name)"),
            false => f.write_str(&parts.join(", ")),
        }
    }
}

/// Reads one value after the other.
#[derive(Clone, Copy)]
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// The next value with its tag.
    fn next(&mut self) -> Option<(u8, &'a [u8])> {
        let (&tag, rest) = self.0.split_first()?;
        let (length, rest) = length(rest)?;
        let (value, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some((tag, value))
    }

    /// The next value if it has this tag, else nothing is read.
    fn take(&mut self, tag: u8) -> Option<&'a [u8]> {
        let mut ahead = *self;
        let (found, value) = ahead.next()?;
        if found != tag {
            return None;
        }
        *self = ahead;
        Some(value)
    }
}

/// One byte, or the number of bytes that hold it, most significant first.
fn length(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let (&first, rest) = bytes.split_first()?;
    if first < 0x80 {
        return Some((usize::from(first), rest));
    }
    let count = usize::from(first & 0x7f);
    // More than 4 bytes is no certificate, none is the indefinite form that DER forbids.
    if !(1..=4).contains(&count) {
        return None;
    }
    let (digits, rest) = rest.split_at_checked(count)?;
    let length = digits
        .iter()
        .fold(0usize, |sum, &digit| sum << 8 | usize::from(digit));
    Some((length, rest))
}

fn text((tag, bytes): (u8, &[u8])) -> Option<String> {
    let text = match tag {
        // UTF8String, PrintableString, IA5String
        0x0c | 0x13 | 0x16 => String::from_utf8_lossy(bytes).into_owned(),
        // T61String, which certificates use for Latin-1.
        0x14 => bytes.iter().map(|&byte| char::from(byte)).collect(),
        // BMPString
        0x1e => {
            let units = bytes.chunks_exact(2);
            let units: Vec<u16> = units.map(|u| u16::from_be_bytes([u[0], u[1]])).collect();
            String::from_utf16_lossy(&units)
        }
        _ => return None,
    };
    // It may come from anybody, and goes to a terminal.
    let plain = text.chars().map(|c| if c.is_control() { '?' } else { c });
    Some(plain.take(NAME_MAX).collect())
}

fn time((tag, bytes): (u8, &[u8])) -> Option<i64> {
    let digits = std::str::from_utf8(bytes).ok()?.strip_suffix('Z')?;
    let full = match tag {
        UTC_TIME => {
            let year: u8 = digits.get(..2)?.parse().ok()?;
            let century = if year < 50 { "20" } else { "19" };
            format!("{century}{digits}")
        }
        GENERALIZED_TIME => digits.to_owned(),
        _ => return None,
    };
    let time = NaiveDateTime::parse_from_str(&full, "%Y%m%d%H%M%S").ok()?;
    Some(time.and_utc().timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rcgen::{CertificateParams, DistinguishedName, DnType, DnValue, KeyPair, date_time_ymd};

    fn made(name: DistinguishedName) -> Vec<u8> {
        let mut params = CertificateParams::new(vec!["host.test".into()]).unwrap();
        params.distinguished_name = name;
        params.not_before = date_time_ymd(2020, 2, 29);
        params.not_after = date_time_ymd(2051, 1, 1);
        let key = KeyPair::generate().unwrap();
        params.self_signed(&key).unwrap().der().to_vec()
    }

    fn named(parts: &[(DnType, DnValue)]) -> Vec<u8> {
        let mut name = DistinguishedName::new();
        for (kind, value) in parts {
            name.push(kind.clone(), value.clone());
        }
        made(name)
    }

    #[test]
    fn a_certificate_tells_its_names_and_times() {
        let der = named(&[
            (DnType::CountryName, DnValue::from("CN")),
            (
                DnType::OrganizationName,
                DnValue::Utf8String("某某 IT".into()),
            ),
            (
                DnType::CommonName,
                DnValue::PrintableString("Proxy Root".try_into().unwrap()),
            ),
        ]);
        let read = read(&der).unwrap();
        assert_eq!(read.subject.to_string(), "CN=Proxy Root, O=某某 IT, C=CN");
        assert_eq!(read.subject, read.issuer);
        // Before 2050 and after it they are encoded differently.
        assert_eq!(read.not_before, Some(1_582_934_400));
        assert_eq!(read.not_after, Some(2_556_144_000));
    }

    #[test]
    fn other_encodings_of_text_are_read_and_control_characters_are_not_shown() {
        let bmp = DnValue::BmpString("根证书".try_into().unwrap());
        let der = named(&[(DnType::CommonName, bmp)]);
        assert_eq!(read(&der).unwrap().subject.to_string(), "CN=根证书");
        let hostile = DnValue::Utf8String("a\u{1b}[31mb\nc".into());
        let der = named(&[(DnType::CommonName, hostile)]);
        assert_eq!(read(&der).unwrap().subject.to_string(), "CN=a?[31mb?c");
        let der = named(&[]);
        assert_eq!(read(&der).unwrap().subject.to_string(), "(no name)");
        let long = DnValue::Utf8String("x".repeat(5000));
        let der = named(&[(DnType::CommonName, long)]);
        assert_eq!(read(&der).unwrap().subject.to_string().len(), NAME_MAX + 3);
    }

    #[test]
    fn what_is_cut_off_is_no_certificate() {
        let der = named(&[(DnType::CommonName, DnValue::from("x"))]);
        for cut in 0..der.len() {
            assert_eq!(read(&der[..cut]), None, "{cut}");
        }
        assert_eq!(read(&[0x30, 0x80, 0, 0]), None);
        assert_eq!(read(&[0x30, 0x85, 0, 0, 0, 0, 1, 0]), None);
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_fail(
            bytes in proptest::collection::vec(any::<u8>(), 0..200),
            at in 0usize..300,
            value in any::<u8>(),
        ) {
            let _ = read(&bytes).map(|read| read.subject.to_string());
            let mut der = named(&[(DnType::CommonName, DnValue::from("x"))]);
            let at = at % der.len();
            der[at] = value;
            let _ = read(&der).map(|read| (read.subject.to_string(), read.issuer.to_string()));
        }
    }
}
