use super::*;
use crate::client::LiveOption;
use crate::client::options::TABLE;
use crate::{Cause, Status};
use std::cell::RefCell;
use std::fs;

mod faults;
mod rules;
mod site;

const ABSOLUTE: &str = if cfg!(windows) { "C:\\x" } else { "/x" };

/// Options of a program that set only what it must.
fn required() -> Options {
    let mut options = Options::new();
    set(&mut options, Key::Vendor, "Acme");
    set(&mut options, Key::Product, "CAD");
    set(&mut options, Key::Version, "1.0");
    options
}

fn set(options: &mut Options, key: Key, value: &str) {
    match key.kind() {
        crate::client::options::Kind::Text => options.set_string(key.code(), value),
        crate::client::options::Kind::Number => {
            options.set_int(key.code(), value.parse().expect("a number"))
        }
    }
    .unwrap();
}

fn with(settings: &[(Key, &str)]) -> Options {
    let mut options = required();
    for (key, value) in settings {
        set(&mut options, *key, value);
    }
    options
}

fn check(options: &Options) -> Result<Config, Error> {
    Config::check(options, |_| None)
}

fn good(settings: &[(Key, &str)]) -> Config {
    match check(&with(settings)) {
        Ok(config) => config,
        Err(error) => panic!("{settings:?}: {error}"),
    }
}

fn faults(options: &Options) -> String {
    let error = check(options).err().expect("a fault");
    assert_eq!((error.status, error.cause), (Status::Config, Cause::Config));
    error.text
}

fn fault(key: Key, value: &str) -> String {
    let text = faults(&with(&[(key, value)]));
    let prefix = format!("{}: ", key.name());
    match text.strip_prefix(&prefix) {
        Some(fault) => fault.to_owned(),
        None => panic!("{key:?}: {text}"),
    }
}

/// Options of an unsigned file.
fn from_file(json: &str) -> Options {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("iscdesk.json");
    fs::write(&path, json).unwrap();
    Options::load(Some(&path)).unwrap()
}
