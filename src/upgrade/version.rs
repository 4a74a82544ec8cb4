//! Versions and their order.
//!
//! A version is a semantic one, or 2 to 4 plain numbers as Windows installers count: `2.1` is `2.1.0`, and a fourth number
//! counts after the third. Build metadata (`+…`) is kept in the text and does not count, as SemVer has it.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

/// Longest text of a version, in bytes: it becomes part of file names.
pub const MAX_BYTES: usize = 128;

#[derive(Clone, Debug)]
pub struct Version {
    text: String,
    semantic: semver::Version,
    fourth: u64,
}

/// Why a text is no version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotAVersion {
    TooLong,
    Form,
}

impl fmt::Display for NotAVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NotAVersion::TooLong => write!(f, "a version has at most {MAX_BYTES} bytes"),
            NotAVersion::Form => f.write_str("not a semantic version, nor 2 to 4 numbers"),
        }
    }
}

impl std::error::Error for NotAVersion {}

impl FromStr for Version {
    type Err = NotAVersion;

    fn from_str(text: &str) -> Result<Version, NotAVersion> {
        if text.len() > MAX_BYTES {
            return Err(NotAVersion::TooLong);
        }
        let (semantic, fourth) = match numbers(text) {
            Some([major, minor, patch, fourth]) => {
                (semver::Version::new(major, minor, patch), fourth)
            }
            None => (text.parse().map_err(|_| NotAVersion::Form)?, 0),
        };
        Ok(Version {
            text: text.to_owned(),
            semantic,
            fourth,
        })
    }
}

/// Installers write them with leading zeros, too (`2024.01.5`), which SemVer does not allow.
fn numbers(text: &str) -> Option<[u64; 4]> {
    let parts: Vec<&str> = text.split('.').collect();
    if !(2..=4).contains(&parts.len()) {
        return None;
    }
    let mut numbers = [0; 4];
    for (number, part) in numbers.iter_mut().zip(parts) {
        let plain = part.bytes().all(|byte| byte.is_ascii_digit());
        *number = part.parse().ok().filter(|_| plain)?;
    }
    Some(numbers)
}

impl Version {
    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    fn key(&self) -> (u64, u64, u64, u64, &semver::Prerelease) {
        let version = &self.semantic;
        let (major, minor, patch) = (version.major, version.minor, version.patch);
        (major, minor, patch, self.fourth, &version.pre)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Version) -> Ordering {
        self.key().cmp(&other.key())
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Version) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Version {
    fn eq(&self, other: &Version) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Version {}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn version(text: &str) -> Version {
        text.parse().expect(text)
    }

    #[test]
    fn the_order_is_that_of_semver_with_a_fourth_number() {
        let rising = [
            "0.9",
            "1.0.0-alpha",
            "1.0.0-alpha.1",
            "1.0.0-alpha.beta",
            "1.0.0-rc.2",
            "1.0.0-rc.10",
            "1.0.0",
            "1.0.0.1",
            "1.0.0.10",
            "1.0.1-rc",
            "1.0.1",
            "1.2",
            "1.10",
            "2024.01.5",
            "2024.1.10",
        ];
        for pair in rising.windows(2) {
            assert!(version(pair[0]) < version(pair[1]), "{pair:?}");
        }
    }

    #[test]
    fn different_texts_may_be_the_same_version() {
        for (one, other) in [("1.2", "1.2.0"), ("1.2.0.0", "1.2.0+7"), ("01.2", "1.02.0")] {
            assert_eq!(version(one), version(other));
            assert_eq!(version(one).as_str(), one);
        }
    }

    #[test]
    fn what_is_no_version() {
        for text in [
            "",
            "1",
            "1.2.3.4.5",
            "1.2.x",
            "v1.2.3",
            "1..2",
            "1.2.",
            "1.2.3-",
            "1.2.3-01",
            "1.2.3+",
            "1.2.3 ",
            "1.2.3-a/b",
            "+1.2",
            "99999999999999999999.0",
            "1.2-rc",
            "1.2.3.4-rc",
            "一.二",
        ] {
            assert_eq!(
                Version::from_str(text).unwrap_err(),
                NotAVersion::Form,
                "{text}"
            );
        }
        let long = format!("1.0.0-{}", "a".repeat(MAX_BYTES));
        assert_eq!(Version::from_str(&long).unwrap_err(), NotAVersion::TooLong);
    }

    proptest! {
        #[test]
        fn a_version_is_safe_in_a_file_name(text in "[0-9a-zA-Z.+/\\\\ :-]{0,24}") {
            if let Ok(version) = Version::from_str(&text) {
                let safe = |byte: u8| byte.is_ascii_alphanumeric() || b".-+".contains(&byte);
                prop_assert!(version.as_str().bytes().all(safe));
                prop_assert!(!text.ends_with('.') && !text.starts_with('.') && !text.contains(".."));
            }
        }

        #[test]
        fn the_order_is_total(a in "[0-2]\\.[0-2](\\.[0-2])?(\\.[0-2])?", b in "[0-2]\\.[0-2]\\.[0-2](-[a-c1])?", c in "[0-2]\\.[0-2]") {
            let mut three = [version(&a), version(&b), version(&c)];
            three.sort();
            prop_assert!(three[0] <= three[1] && three[1] <= three[2] && three[0] <= three[2]);
            prop_assert_eq!(version(&a).cmp(&version(&b)), version(&b).cmp(&version(&a)).reverse());
        }
    }
}
