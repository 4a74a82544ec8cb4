//! What the small files of the staging folder say.

use super::version::Version;
use crate::{Cause, Error, Status};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Of [`Plan::format`]. A helper refuses what it does not know.
pub const FORMAT: u32 = 1;
/// How often a failing installer is tried.
pub const MAX_ATTEMPTS: u32 = 3;

/// What the helper is to do. Written last, when everything else is in its place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    pub format: u32,
    pub product: String,
    /// The version that ran when this was staged.
    pub installed: String,
    /// The version that is staged.
    pub version: String,
    pub platform: String,
    /// Minisign, base64.
    pub public_keys: Vec<String>,
    /// Folder of the program that is to be replaced: `{install_dir}`.
    pub install_dir: PathBuf,
    /// That program.
    pub program: PathBuf,
}

impl Plan {
    /// Versions as versions, and the one staged above the one installed.
    pub fn versions(&self) -> Result<(Version, Version), Error> {
        let read = |text: &str| text.parse::<Version>().map_err(|e| refused(e.to_string()));
        if self.format != FORMAT {
            return Err(refused(format!("its format {} is not known", self.format)));
        }
        let (installed, staged) = (read(&self.installed)?, read(&self.version)?);
        if staged <= installed {
            return Err(refused(format!("{staged} is not above {installed}")));
        }
        Ok((installed, staged))
    }
}

fn refused(why: String) -> Error {
    let text = format!("the plan of the upgrade cannot be used: {why}");
    Error::new(Status::UpgradeFeed, Cause::State, text)
}

/// How often the installer of a version was started. Written before each start.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempts {
    pub version: String,
    pub count: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ended {
    Installed,
    Failed,
    NeedsAdmin,
}

/// How an installation ended, for the program's next start.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    pub version: String,
    pub outcome: Ended,
    /// Of the installer, where it was started and came to an end of its own.
    pub exit_code: Option<i32>,
    /// One sentence, empty where it was installed.
    pub text: String,
    pub attempts: u32,
    /// Unix seconds.
    pub at: i64,
}

impl Outcome {
    /// True where the helper will not try again.
    pub fn is_final(&self) -> bool {
        self.outcome == Ended::Installed || self.attempts >= MAX_ATTEMPTS
    }
}

/// What a partial download is a part of, so that it is resumed only with more of the same.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartFacts {
    pub url: String,
    pub size: u64,
    /// For `If-Range`: a strong entity tag, or the time of the last change.
    pub validator: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan() -> Plan {
        Plan {
            format: FORMAT,
            product: "Mini CAD".into(),
            installed: "1.0".into(),
            version: "2.0".into(),
            platform: "linux-x86_64".into(),
            public_keys: vec!["key".into()],
            install_dir: "/opt/cad".into(),
            program: "/opt/cad/cad".into(),
        }
    }

    #[test]
    fn a_plan_says_the_same_after_writing_and_reading() {
        let text = serde_json::to_string(&plan()).unwrap();
        assert_eq!(serde_json::from_str::<Plan>(&text).unwrap(), plan());
        assert!(plan().versions().is_ok());
    }

    #[test]
    fn a_plan_that_leads_back_or_is_from_elsewhere_is_refused() {
        for bad in [
            Plan {
                format: 2,
                ..plan()
            },
            Plan {
                version: "1.0".into(),
                ..plan()
            },
            Plan {
                version: "0.9".into(),
                ..plan()
            },
            Plan {
                installed: "../1".into(),
                ..plan()
            },
        ] {
            assert_eq!(bad.versions().unwrap_err().status, Status::UpgradeFeed);
        }
    }

    #[test]
    fn a_failure_is_final_after_the_third_attempt() {
        let outcome = |outcome, attempts| Outcome {
            version: "2.0".into(),
            outcome,
            exit_code: None,
            text: String::new(),
            attempts,
            at: 0,
        };
        assert!(outcome(Ended::Installed, 1).is_final());
        assert!(!outcome(Ended::Failed, 2).is_final());
        assert!(outcome(Ended::Failed, 3).is_final());
        assert!(!outcome(Ended::NeedsAdmin, 1).is_final());
    }
}
