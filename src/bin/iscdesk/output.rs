//! What a command has to say, and the two ways to say it: sentences for people, or one JSON document for scripts.

use crate::exit::Exit;
use iscdesk::text::{self, Language};
use iscdesk::{Error, Status};
use serde_json::{Map, Value, json};
use std::io::Write;
use std::process::ExitCode;

/// How a command ended.
pub struct Outcome {
    pub result: Result<Status, Error>,
    /// For people, on stdout.
    pub lines: Vec<String>,
    /// For scripts, beside `isc_status` and `exit_code`.
    pub members: Map<String, Value>,
    /// What went wrong on the way.
    pub warnings: Vec<String>,
    pub language: Language,
    /// Errors come with the library's advice, which speaks of licences and options.
    pub advised: bool,
}

impl Outcome {
    pub fn new(result: Result<Status, Error>) -> Outcome {
        Outcome {
            result,
            lines: Vec::new(),
            members: Map::new(),
            warnings: Vec::new(),
            language: Language::En,
            advised: false,
        }
    }

    pub fn failed(error: Error) -> Outcome {
        Outcome::new(Err(error))
    }

    pub fn with_line(mut self, line: impl Into<String>) -> Outcome {
        self.lines.push(line.into());
        self
    }

    pub fn with_member(mut self, name: &str, value: impl Into<Value>) -> Outcome {
        self.members.insert(name.into(), value.into());
        self
    }

    pub fn exit(&self) -> Exit {
        Exit::of(self.status())
    }

    fn status(&self) -> Status {
        match &self.result {
            Ok(status) => *status,
            Err(error) => error.status,
        }
    }

    /// Prints it. A reader that has gone away is no reason to end otherwise.
    pub fn finish(self, json: bool) -> ExitCode {
        let exit = self.exit();
        match json {
            true => print(&self.document().to_string()),
            false => self.tell(),
        }
        exit.into()
    }

    fn document(self) -> Value {
        let mut document = Map::new();
        document.insert("isc_status".into(), json!(self.status().code()));
        document.insert("exit_code".into(), json!(self.exit().code()));
        if let Err(error) = &self.result {
            document.insert("error".into(), self.error_document(error));
        }
        if !self.warnings.is_empty() {
            document.insert("warnings".into(), json!(self.warnings));
        }
        document.extend(self.members);
        Value::Object(document)
    }

    fn tell(&self) {
        for line in &self.lines {
            print(line);
        }
        for warning in self.warnings.iter().filter(|w| !self.repeats(w)) {
            complain(&format!("warning: {warning}"));
        }
        if let Err(error) = &self.result {
            match self.advised || self.language == Language::Zh {
                true => complain(&format!(
                    "iscdesk: {}",
                    text::describe(error, self.language)
                )),
                false => complain(&format!("iscdesk: {error}")),
            }
        }
    }

    /// What it is and what to do about it.
    fn advice(&self, error: &Error) -> String {
        let sentence = text::sentence(error, self.language);
        sentence.to_string_lossy().into_owned()
    }

    /// The members of `isc_last_error_json`, and the advice; what is not known is left out.
    fn error_document(&self, error: &Error) -> Value {
        let all = [
            ("status", json!(error.status.code())),
            ("cause", json!(error.cause.name())),
            ("text", json!(error.text)),
            ("advice", json!(self.advised.then(|| self.advice(error)))),
            ("host", json!(error.host)),
            ("http", json!(error.http)),
            ("code", json!(error.code)),
            ("request_id", json!(error.request_id)),
            ("retry_after_s", json!(error.retry_after_s)),
        ];
        let known = all.into_iter().filter(|(_, value)| !value.is_null());
        known
            .map(|(name, value)| (name.to_owned(), value))
            .collect()
    }

    /// The log tells of a failed check, and so does the failure itself.
    fn repeats(&self, warning: &str) -> bool {
        let error = self.result.as_ref().err();
        error.is_some_and(|error| warning.contains(&error.text))
    }
}

pub fn print(line: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}

fn complain(line: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}
