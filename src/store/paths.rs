//! Where the state lies and what its files are called.
//!
//! The folder comes from the platform, never from the environment of the program. `/var/lib` and the like are constants;
//! the user's folder is what `dirs` says, and Windows tells its ProgramData.
//!
//! File names carry keyed hashes under a constant key, not under `STATE_SECRET`: a rotated secret must still find the
//! file, and a name in a shared home folder must not tell the machine id.

use super::{Location, Scope};
use ring::hmac;
use std::path::PathBuf;

/// Key of the names. Not a secret: it only keeps the hashes apart from those that other programs make of the same id.
const NAME_KEY: &[u8] = b"iscdesk state file name 1";
pub(super) const EXTENSION: &str = ".isclic";
pub(super) const PREVIOUS: &str = ".previous";

/// The folder of the state where `DATA_DIR` does not name one. `None` where the platform names none, or where vendor or
/// product could lead out of it.
///
/// "Local application data of the platform" is, on Linux, what HOME and XDG_DATA_HOME say: the one place beside the proxy
/// where the environment counts. It names a folder and decides nothing about trust.
pub fn default_dir(location: &Location) -> Option<PathBuf> {
    if !is_plain(&location.vendor) || !is_plain(&location.product) {
        return None;
    }
    let base = match location.scope {
        Scope::User => dirs::data_local_dir()?,
        Scope::Machine => machine_base()?,
    };
    Some(base.join(&location.vendor).join(&location.product))
}

/// The folder in use. A relative one is fixed to today's working directory, which file dialogues like to change.
pub(super) fn chosen_dir(location: &Location) -> Option<PathBuf> {
    match &location.data_dir {
        Some(dir) if !dir.as_os_str().is_empty() => {
            Some(std::path::absolute(dir).unwrap_or_else(|_| dir.clone()))
        }
        _ => default_dir(location),
    }
}

/// macOS: the same folder as `/var/lib`, spelled without the link that `/var` is there.
#[cfg(unix)]
fn machine_base() -> Option<PathBuf> {
    let base = if cfg!(target_os = "macos") {
        "/private/var/lib"
    } else {
        "/var/lib"
    };
    Some(PathBuf::from(base))
}

/// Asked of the system: the variable of that name is the user's to change.
#[cfg(windows)]
fn machine_base() -> Option<PathBuf> {
    crate::platform::access::program_data()
}

/// One component of a path on every platform, and not a special one.
fn is_plain(name: &str) -> bool {
    let special = |c: char| c.is_control() || matches!(c, '/' | '\\' | ':');
    !name.trim_matches(['.', ' ']).is_empty() && !name.contains(special)
}

/// Key under which this product's machine tag and binding are hashed, so that two products tell different stories.
pub(super) fn product_key(vendor: &str, product: &str) -> Vec<u8> {
    let key = hmac::Key::new(hmac::HMAC_SHA256, NAME_KEY);
    let mut context = hmac::Context::with_key(&key);
    // The length keeps ("ab", "c") and ("a", "bc") apart.
    context.update(&(vendor.len() as u64).to_be_bytes());
    context.update(vendor.as_bytes());
    context.update(product.as_bytes());
    context.sign().as_ref().to_vec()
}

/// First part of every file name of a product: 8 hex characters.
pub(super) fn product_tag(product_key: &[u8]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, product_key);
    let tag = hmac::sign(&key, b"product tag");
    crate::hex::lower(&tag.as_ref()[..4])
}

/// Name of a state file. A machine tag that is not what [`super::Identity`] promises is made harmless.
pub(super) fn file_name(product_tag: &str, machine_tag: &str) -> String {
    let hex = machine_tag.chars().filter(char::is_ascii_hexdigit);
    let machine: String = hex.take(16).collect::<String>().to_ascii_lowercase();
    format!("{product_tag}-{machine:0>16}{EXTENSION}")
}

/// Name of the state file to which a main or previous file of this product belongs, whatever the machine.
pub(super) fn state_name<'a>(name: &'a str, product_tag: &str) -> Option<&'a str> {
    let main = name.strip_suffix(PREVIOUS).unwrap_or(name);
    let machine = main
        .strip_prefix(product_tag)?
        .strip_prefix('-')?
        .strip_suffix(EXTENSION)?;
    let is_tag = machine.len() == 16 && machine.chars().all(|c| c.is_ascii_hexdigit());
    is_tag.then_some(main)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn location(vendor: &str, product: &str, scope: Scope) -> Location {
        Location {
            vendor: vendor.into(),
            product: product.into(),
            scope,
            data_dir: None,
        }
    }

    #[test]
    fn hostile_names_have_no_default_folder() {
        for bad in [
            "", ".", "..", " . ", "../x", "a/b", "a\\b", "C:", "a\0b", "a\nb", "/etc",
        ] {
            for scope in [Scope::User, Scope::Machine] {
                assert_eq!(default_dir(&location(bad, "p", scope)), None, "{bad:?}");
                assert_eq!(default_dir(&location("v", bad, scope)), None, "{bad:?}");
            }
        }
    }

    #[cfg(all(unix, not(target_os = "macos")))]
    #[test]
    fn the_machine_folder_is_a_constant() {
        let dir = default_dir(&location("Acme 华", "CAD", Scope::Machine));
        assert_eq!(dir, Some(PathBuf::from("/var/lib/Acme 华/CAD")));
    }

    #[test]
    fn tags_differ_by_vendor_and_product() {
        let tag = |vendor: &str, product: &str| product_tag(&product_key(vendor, product));
        assert_eq!(tag("ab", "c"), tag("ab", "c"));
        assert_ne!(tag("ab", "c"), tag("a", "bc"));
        assert_ne!(tag("ab", "c"), tag("ab", "d"));
        assert_eq!(tag("ab", "c").len(), 8);
    }

    #[test]
    fn a_hostile_machine_tag_stays_a_file_name() {
        let name = file_name("01234567", "../../ETC/passwd");
        assert_eq!(name, "01234567-000000000000ecad.isclic");
        assert_eq!(file_name("01234567", "").len(), 32);
    }

    #[test]
    fn only_state_files_of_the_product_are_recognised() {
        let name = "01234567-00000000deadbeef.isclic";
        assert_eq!(state_name(name, "01234567"), Some(name));
        let previous = format!("{name}.previous");
        assert_eq!(state_name(&previous, "01234567"), Some(name));
        assert_eq!(state_name(name, "01234568"), None);
        for other in [".lock", ".damaged-1", ".previous.damaged-1", ".x.tmp"] {
            assert_eq!(state_name(&format!("{name}{other}"), "01234567"), None);
        }
        assert_eq!(state_name("01234567-beef.isclic", "01234567"), None);
    }
}
