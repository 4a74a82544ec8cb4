//! `iscdesk demo` (`cargo demo`): a guided tour. A C program of some lines is compiled against the library, a sandbox
//! plays the marketplace, and one chapter after the other happens to the program's licence. Each chapter checks what it
//! claims; the tour ends with a failure if one of them is not so.
//!
//! | file | holds |
//! |---|---|
//! | `story` | the chapters: what is said, done and checked |
//! | `program` | the programs: compiled, started |
//! | `running` | a child process with a time limit |
//! | `machine` | where programs run, and the installers there: this system |
//! | `wine`, `cross` | Windows instead, as wine plays it; what it takes, built for it |
//! | `upgrade` | a product that is upgraded: its vendor, its feed, its installed program |
//! | `market` | the sandbox as a child process, and its admin API |
//!
//! Everything lies in a temporary folder that goes with the tour.

#[cfg(unix)]
mod cross;
#[cfg(unix)]
mod machine;
#[cfg(unix)]
mod market;
#[cfg(unix)]
mod program;
#[cfg(unix)]
mod running;
#[cfg(unix)]
mod story;
#[cfg(unix)]
mod upgrade;
#[cfg(unix)]
mod wine;

use crate::output::Outcome;
use iscdesk::Error;
#[cfg(unix)]
use iscdesk::Status;
#[cfg(unix)]
use serde_json::{Value, json};

#[derive(clap::Args)]
#[cfg_attr(not(unix), allow(dead_code))]
pub struct Args {
    /// The same as Windows programs have it: built by MinGW, run under wine
    #[arg(long)]
    windows: bool,
    /// As one writes it for cargo: `cargo demo -- --windows`, where the alias has its own dashes before
    #[arg(last = true, hide = true, value_parser = ["--windows"])]
    behind_dashes: Option<String>,
}

impl Args {
    #[cfg(unix)]
    fn windows(&self) -> bool {
        self.windows || self.behind_dashes.is_some()
    }
}

#[cfg(not(unix))]
pub fn run(_args: &Args, _json: bool) -> Outcome {
    Outcome::failed(Error::unsupported(
        "the demo does not run on Windows; `iscdesk demo --windows` tells it on Linux, under wine",
    ))
}

#[cfg(unix)]
pub fn run(args: &Args, json: bool) -> Outcome {
    let mut teller = Teller::new(!json);
    let told = story::tell(&mut teller, args.windows());
    summary(told, teller.chapters)
}

/// A tour that cannot begin says what is missing; one that does not go as told is a fault of ours.
#[cfg(unix)]
fn summary(told: Result<(), String>, chapters: Vec<Value>) -> Outcome {
    let failed = chapters.iter().any(|chapter| chapter["ok"] == false);
    let result = match told {
        Err(why) => Err(Error::unsupported(why)),
        Ok(()) if failed => Err(Error::internal("a chapter did not go as told")),
        Ok(()) => Ok(Status::Ok),
    };
    let outcome = Outcome::new(result).with_member("chapters", chapters);
    match outcome.result {
        Ok(_) => outcome.with_line(story::FAREWELL),
        Err(_) => outcome,
    }
}

/// Says what happens, unless a script listens, and keeps count of the chapters.
#[cfg(unix)]
struct Teller {
    aloud: bool,
    chapters: Vec<Value>,
}

#[cfg(unix)]
impl Teller {
    fn new(aloud: bool) -> Teller {
        Teller {
            aloud,
            chapters: Vec::new(),
        }
    }

    fn say(&self, text: &str) {
        if self.aloud {
            crate::output::print(text);
        }
    }

    /// What a program printed.
    fn quote(&self, text: &str) {
        for line in text.lines() {
            self.say(&format!("   | {line}"));
        }
    }

    /// One chapter: its title, what it tells beforehand, and what it does. `act` answers what it found to be true, or
    /// what was not so. False: the chapter failed.
    fn chapter(
        &mut self,
        title: &str,
        text: &str,
        act: impl FnOnce(&Teller) -> Result<String, String>,
    ) -> bool {
        let number = self.chapters.len() + 1;
        self.say(&format!(
            "\n{number}. {title}\n   {}",
            text.replace('\n', "\n   ")
        ));
        let found = act(self);
        match &found {
            Ok(proof) => self.say(&format!("   => {proof}")),
            Err(why) => self.say(&format!("   => NOT SO: {why}")),
        }
        let ok = found.is_ok();
        let proof = found.unwrap_or_else(|why| why);
        self.chapters
            .push(json!({"title": title, "ok": ok, "found": proof}));
        ok
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::exit::Exit;

    #[test]
    fn a_chapter_that_is_not_so_fails_the_tour() {
        let mut teller = Teller::new(false);
        assert!(teller.chapter("good", "", |_| Ok("seen".into())));
        assert_eq!(
            summary(Ok(()), teller.chapters.clone()).exit(),
            Exit::Success
        );
        assert!(!teller.chapter("bad", "", |_| Err("two requests".into())));
        assert_eq!(teller.chapters[1]["found"], "two requests");
        assert_eq!(summary(Ok(()), teller.chapters).exit(), Exit::Internal);
        assert_eq!(
            summary(Err("no compiler".into()), Vec::new()).exit(),
            Exit::Usage
        );
    }
}
