//! One attempt: counted before it begins, so that one that is killed counts as well; told afterwards in `install.json` and
//! in the result, which the program's next start reads. What may succeed another time is kept for the next end of the
//! program, at most three times; everything else is removed.

use super::installer::{Elevation, Ended, Installer};
use super::verified::{self, Verified};
use iscdesk::clock::{SystemClock, WallClock};
use iscdesk::upgrade::plan::MAX_ATTEMPTS;
use iscdesk::upgrade::{Attempts, Ended as Kind, Outcome, Plan, Staging};
use iscdesk::{Error, Status, install};
use std::fs::File;

/// What came of an attempt.
struct Told {
    ended: Ended,
    attempts: u32,
    /// It cannot end otherwise another time.
    is_hopeless: bool,
}

pub fn make(staging: &Staging, at_work: &File) -> Result<(), Error> {
    let (version, told) = match staging.plan() {
        Ok(None) => return Ok(()),
        Ok(Some(plan)) => (plan.version.clone(), attempt(staging, &plan, at_work)?),
        // Nobody can tell what was meant.
        Err(e) => (String::new(), hopeless(0, e.text)),
    };
    let outcome = outcome(version, &told);
    report(staging, &told.ended);
    // The result first: where this is killed in between, the library knows what to remove.
    staging.write_outcome(&outcome)?;
    match told.is_hopeless || outcome.is_final() {
        true => staging.clear(None),
        false => Ok(()),
    }
}

fn attempt(staging: &Staging, plan: &Plan, at_work: &File) -> Result<Told, Error> {
    let before = count(staging, plan);
    if before >= MAX_ATTEMPTS {
        let text = format!("the installer was started {before} times and never came to an end");
        return Ok(hopeless(before, text));
    }
    let attempts = before + 1;
    staging.write_attempts(&Attempts {
        version: plan.version.clone(),
        count: attempts,
    })?;
    // An earlier result says nothing about this attempt.
    staging.claim_outcome()?;
    Ok(match verified::package(staging, plan) {
        Ok(package) => Told {
            ended: run(staging, &package, at_work),
            attempts,
            is_hopeless: false,
        },
        Err(e) if is_passing(&e) => Told {
            ended: Ended::Failed(None, e.text),
            attempts,
            is_hopeless: false,
        },
        Err(e) => hopeless(attempts, e.text),
    })
}

fn run(staging: &Staging, package: &Verified, at_work: &File) -> Ended {
    // A progress that cannot be shown is no reason not to install.
    let _ = install::report(&staging.progress(), 0, None);
    let installer = Installer {
        program: package.copy.path(),
        args: &package.args,
        folder: package.copy.folder(),
        notes: staging.dir(),
        stdin: at_work,
    };
    installer.run(&Elevation::of_this_system())
}

/// A count that is damaged is begun anew: the state of the disk must not keep an upgrade away for good.
fn count(staging: &Staging, plan: &Plan) -> u32 {
    let known = staging.attempts().unwrap_or_default();
    match known.version == plan.version {
        true => known.count,
        false => 0,
    }
}

fn hopeless(attempts: u32, text: String) -> Told {
    Told {
        ended: Ended::Failed(None, text),
        attempts,
        is_hopeless: true,
    }
}

/// A full disk may have room another time; a wrong signature stays wrong.
fn is_passing(error: &Error) -> bool {
    matches!(
        error.status,
        Status::Storage | Status::StorageDenied | Status::StorageBusy
    )
}

fn outcome(version: String, told: &Told) -> Outcome {
    let (outcome, exit_code, text) = match &told.ended {
        Ended::Installed => (Kind::Installed, Some(0), String::new()),
        Ended::Failed(code, text) => (Kind::Failed, *code, text.clone()),
        Ended::NeedsAdmin(text) => (Kind::NeedsAdmin, None, text.clone()),
    };
    Outcome {
        version,
        outcome,
        exit_code,
        text,
        attempts: told.attempts,
        at: SystemClock.local(),
    }
}

/// The percentage that an installer came to is kept beside the reason of its failure.
fn report(staging: &Staging, ended: &Ended) {
    let path = staging.progress();
    let _ = match ended {
        Ended::Installed => install::report(&path, 100, None),
        Ended::Failed(_, text) | Ended::NeedsAdmin(text) => {
            install::report(&path, reached(staging), Some(text))
        }
    };
}

fn reached(staging: &Staging) -> u32 {
    let text = std::fs::read(staging.progress()).unwrap_or_default();
    let known = serde_json::from_slice::<serde_json::Value>(&text).unwrap_or_default();
    // A failure is not finished, whatever the installer said before.
    known["progress"]
        .as_u64()
        .map_or(0, |percent| percent.min(99) as u32)
}
