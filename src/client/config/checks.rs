//! Reads options one by one and collects what is wrong with them.

use crate::client::options::{Key, Options};
use crate::{Cause, Error, Status};

pub(super) struct Checks<'a> {
    pub options: &'a Options,
    faults: Vec<(Key, String)>,
}

impl<'a> Checks<'a> {
    pub fn new(options: &'a Options) -> Checks<'a> {
        Checks {
            options,
            faults: Vec::new(),
        }
    }

    pub fn fault(&mut self, key: Key, text: impl Into<String>) {
        let fault = (key, text.into());
        // An option that is read twice is faulty once.
        if !self.faults.contains(&fault) {
            self.faults.push(fault);
        }
    }

    /// The first fault of an option.
    pub fn fault_of(&self, key: Key) -> Option<&str> {
        let found = self.faults.iter().find(|(faulty, _)| *faulty == key);
        found.map(|(_, text)| text.as_str())
    }

    /// All faults in one text, in the order of the options' numbers.
    pub fn finish(mut self) -> Result<(), Error> {
        if self.faults.is_empty() {
            return Ok(());
        }
        self.faults.sort_by_key(|(key, _)| *key);
        let faults = self.faults.iter();
        let texts: Vec<String> = faults.map(|(k, t)| format!("{}: {t}", k.name())).collect();
        Err(Error::new(Status::Config, Cause::Config, texts.join("; ")))
    }

    /// A text that keeps the rule of all texts. None where it is not set, or faulty.
    fn text(&mut self, key: Key) -> Option<&'a str> {
        let text = self.options.text(key)?;
        if text.trim().is_empty() {
            self.fault(key, "empty");
            return None;
        }
        if text.chars().any(char::is_control) {
            self.fault(key, "holds a control character");
            return None;
        }
        Some(text)
    }

    pub fn parsed<T>(
        &mut self,
        key: Key,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        let text = self.text(key)?;
        parse(text).map_err(|fault| self.fault(key, fault)).ok()
    }

    /// Empty where it is missing or faulty.
    pub fn required(
        &mut self,
        key: Key,
        parse: impl FnOnce(&str) -> Result<String, String>,
    ) -> String {
        if self.options.text(key).is_none() {
            self.fault(key, "missing");
        }
        self.parsed(key, parse).unwrap_or_default()
    }

    /// Values separated by spaces; `parse` gets each with its number from 1.
    pub fn list<T>(
        &mut self,
        key: Key,
        parse: impl Fn(&str, usize) -> Result<T, String>,
    ) -> Vec<T> {
        let mut values = Vec::new();
        let parts = self.text(key).unwrap_or_default().split_whitespace();
        for (number, part) in (1..).zip(parts) {
            match parse(part, number) {
                Ok(value) => values.push(value),
                Err(fault) => self.fault(key, fault),
            }
        }
        values
    }

    /// One of a few words, the first is the default.
    pub fn word<T: Copy, const N: usize>(&mut self, key: Key, words: [(&str, T); N]) -> T {
        let chosen = self.parsed(key, |text| {
            let found = words.iter().find(|(word, _)| *word == text);
            found.map(|(_, value)| *value).ok_or_else(|| {
                let known = words.map(|(word, _)| word);
                format!("must be {}", known.join(" or "))
            })
        });
        chosen.unwrap_or(words[0].1)
    }

    /// A number from `range`, both ends included.
    pub fn number(&mut self, key: Key, default: i32, range: (i64, i64)) -> i32 {
        let Some(number) = self.options.number(key) else {
            return default;
        };
        match in_range(number, range) {
            Ok(number) => number,
            Err(fault) => {
                self.fault(key, fault);
                default
            }
        }
    }
}

fn in_range(number: i64, (low, high): (i64, i64)) -> Result<i32, String> {
    if number < low {
        return Err(format!("{number} is below {low}"));
    }
    if number > high {
        return Err(format!("{number} is above {high}"));
    }
    i32::try_from(number).map_err(|_| format!("{number} is too large"))
}
