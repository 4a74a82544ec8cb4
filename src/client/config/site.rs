//! `site.json` in the data folder: the customer's administrator sets the way out of his network, and nothing else.
//!
//! Each value is checked by itself, and one that is wrong is a warning and left out: a mistake in it must not lock a
//! customer out of a program that he has paid for.

use super::checks::Checks;
use super::{TIMEOUT_RANGE, location, shape};
use crate::client::options::{Key, MAX_BYTES, Options, Origin, members, shown, typed};
use crate::store::default_dir;
use serde_json::Value as Json;
use std::path::{Path, PathBuf};

const FILE_NAME: &str = "site.json";

/// The options with what the site says about them, but for what the program's code set.
pub(super) fn merged(
    options: &Options,
    read: impl Fn(&Path) -> Option<Vec<u8>>,
    warnings: &mut Vec<String>,
) -> Options {
    let mut merged = options.clone();
    let Some(bytes) = folder(options).and_then(|dir| read(&dir.join(FILE_NAME))) else {
        return merged;
    };
    let mut warn = |text: String| warnings.push(format!("{FILE_NAME}: {text}"));
    if bytes.len() as u64 > MAX_BYTES {
        warn("is larger than 1 MiB and is not used".into());
        return merged;
    }
    match members(&bytes) {
        Err(fault) => warn(format!("{fault}; it is not used")),
        Ok(members) => {
            for (name, value) in members {
                if let Err(fault) = take(&mut merged, &name, &value) {
                    warn(format!("{}: {fault}; it is not used", shown(&name)));
                }
            }
        }
    }
    merged
}

/// None where the options do not name a folder yet: their faults are reported anyway.
fn folder(options: &Options) -> Option<PathBuf> {
    let mut checks = Checks::new(options);
    let location = location(&mut checks);
    checks.finish().ok()?;
    match location.data_dir {
        Some(dir) => Some(dir),
        None => default_dir(&location),
    }
}

fn take(options: &mut Options, name: &str, value: &Json) -> Result<(), String> {
    let key = Key::from_name(name).ok_or("unknown member")?;
    let mut alone = Options::new();
    alone.put(key, typed(key, value)?, Origin::Site);
    let mut checks = Checks::new(&alone);
    match key {
        Key::Proxy => {
            checks.parsed(key, shape::proxy);
        }
        Key::CaFile => {
            checks.parsed(key, |text| {
                shape::absolute(text).and_then(|_| shape::ca_file(text))
            });
        }
        Key::ConnectTimeoutMs | Key::RequestTimeoutMs | Key::CallTimeoutMs => {
            checks.number(key, 0, TIMEOUT_RANGE);
        }
        _ => return Err("only proxy, ca_file and time-outs may be set here".into()),
    }
    if let Some(fault) = checks.fault_of(key) {
        return Err(fault.to_owned());
    }
    if options.origin(key) != Some(Origin::Program) {
        options.put(key, typed(key, value)?, Origin::Site);
    }
    Ok(())
}
