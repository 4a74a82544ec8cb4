//! Running the installer: as it is, and, where it says that it needs an administrator, once more by the system's own way to
//! ask for one.
//!
//! | it needs an administrator | asked by |
//! |---|---|
//! | Windows: it cannot be started (error 740) | the system's consent dialogue, for this very file |
//! | elsewhere: it ends with 77 | `pkexec`, where the system has it |

use super::said::Said;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};

/// How an installation ended.
#[derive(Debug, PartialEq, Eq)]
pub enum Ended {
    Installed,
    /// With its exit code where it has one, and a sentence.
    Failed(Option<i32>, String),
    /// Nobody was asked, or nobody agreed.
    NeedsAdmin(String),
}

/// What is run, and how.
pub struct Installer<'a> {
    pub program: &'a Path,
    pub args: &'a [OsString],
    /// Its working folder, where Windows also looks for libraries.
    pub folder: &'a Path,
    /// Where the end of what it writes to stderr is kept while it runs.
    pub notes: &'a Path,
    /// An open, empty file that it gets as stdin: see [`super::run`].
    pub stdin: &'a File,
}

impl Installer<'_> {
    pub fn run(&self, elevation: &Elevation) -> Ended {
        match self.run_as(self.program.as_os_str(), self.args) {
            Ok(ended) if elevation.is_wanted(&ended) => elevation.run(self),
            Ok(ended) => ended,
            Err(e) if needs_elevation(&e) => elevation.run(self),
            Err(e) => Ended::Failed(None, format!("the installer cannot be started: {e}")),
        }
    }

    fn run_as(&self, program: &OsStr, args: &[OsString]) -> io::Result<Ended> {
        // A disk without room for notes may have room for an installation.
        let said = Said::new(self.notes).ok();
        let mut command = Command::new(program);
        command
            .args(args)
            .current_dir(self.folder)
            .stdin(self.stdin.try_clone()?)
            .stdout(Stdio::null())
            .stderr(stderr(said.as_ref())?);
        silent(&mut command);
        let status = patiently(|| command.spawn())?.wait()?;
        Ok(match status.code() {
            Some(0) => Ended::Installed,
            code => Ended::Failed(code, reason(&status, said)),
        })
    }
}

fn stderr(said: Option<&Said>) -> io::Result<Stdio> {
    Ok(match said {
        Some(said) => said.stderr()?.into(),
        None => Stdio::null(),
    })
}

fn reason(status: &ExitStatus, said: Option<Said>) -> String {
    let said = said.map(Said::end).unwrap_or_default();
    match said.is_empty() {
        true => format!("the installer ended with {status}"),
        false => format!("the installer ended with {status}: {said}"),
    }
}

/// While any process forks, it holds our descriptor of the copy for a moment longer than we do, and Linux refuses to run a
/// file that somebody may write.
fn patiently<T>(mut start: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    let mut left = 20;
    loop {
        match start() {
            Err(e) if e.kind() == io::ErrorKind::ExecutableFileBusy && left > 0 => {
                left -= 1;
                std::thread::sleep(std::time::Duration::from_millis(50));
            }
            other => return other,
        }
    }
}

/// Windows would open a console for an installer that is a console program.
#[cfg(windows)]
fn silent(command: &mut Command) {
    std::os::windows::process::CommandExt::creation_flags(command, super::detached::NO_WINDOW);
}

#[cfg(not(windows))]
fn silent(_command: &mut Command) {}

#[cfg(windows)]
fn needs_elevation(error: &io::Error) -> bool {
    const ERROR_ELEVATION_REQUIRED: i32 = 740;
    error.raw_os_error() == Some(ERROR_ELEVATION_REQUIRED)
}

#[cfg(not(windows))]
fn needs_elevation(_error: &io::Error) -> bool {
    false
}

/// The system's way to ask for an administrator.
#[cfg(unix)]
pub struct Elevation {
    pkexec: Option<std::path::PathBuf>,
}

#[cfg(unix)]
impl Elevation {
    /// By fixed paths: what PATH leads to is the user's to choose, and it would be run for an administrator.
    pub fn of_this_system() -> Elevation {
        let known = ["/usr/bin/pkexec", "/usr/local/bin/pkexec"].map(Path::new);
        let pkexec = known.into_iter().find(|path| path.is_file());
        Elevation {
            pkexec: pkexec.map(Path::to_owned),
        }
    }

    fn is_wanted(&self, ended: &Ended) -> bool {
        /// "Not permitted" of sysexits.h.
        const NO_PERMISSION: i32 = 77;
        matches!(ended, Ended::Failed(Some(NO_PERMISSION), _))
    }

    fn run(&self, installer: &Installer) -> Ended {
        /// The dialogue was closed; not authorized.
        const REFUSED: [i32; 2] = [126, 127];
        let Some(pkexec) = &self.pkexec else {
            return Ended::NeedsAdmin(
                "the installer needs an administrator (it ended with 77)".into(),
            );
        };
        let own = [installer.program.as_os_str().to_owned()];
        let args = [&own, installer.args].concat();
        match installer.run_as(pkexec.as_os_str(), &args) {
            Ok(Ended::Failed(Some(code), _)) if REFUSED.contains(&code) => {
                Ended::NeedsAdmin("no administrator agreed to the installation".into())
            }
            Ok(ended) if self.is_wanted(&ended) => Ended::Failed(
                Some(77),
                "the installer refuses even an administrator".into(),
            ),
            Ok(ended) => ended,
            Err(e) => Ended::NeedsAdmin(format!("no administrator can be asked: {e}")),
        }
    }
}

/// The system's way to ask for an administrator.
#[cfg(windows)]
pub struct Elevation;

#[cfg(windows)]
impl Elevation {
    pub fn of_this_system() -> Elevation {
        Elevation
    }

    /// An installer that runs has what it needs.
    fn is_wanted(&self, _ended: &Ended) -> bool {
        false
    }

    fn run(&self, installer: &Installer) -> Ended {
        const ERROR_CANCELLED: i32 = 1223;
        let ran = iscdesk::elevation::run(installer.program, installer.args, installer.folder);
        match ran {
            Ok(0) => Ended::Installed,
            Ok(code) => {
                let text = format!("the installer ended with exit code {code}");
                // What Windows calls a code is 32 bits without a sign.
                Ended::Failed(Some(code as i32), text)
            }
            Err(e) if e.raw_os_error() == Some(ERROR_CANCELLED) => {
                Ended::NeedsAdmin("no administrator agreed to the installation".into())
            }
            Err(e) => Ended::NeedsAdmin(format!("no administrator can be asked: {e}")),
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;
    use tempfile::TempDir;

    struct Ran {
        folder: TempDir,
    }

    impl Ran {
        fn new() -> Ran {
            Ran {
                folder: TempDir::new().unwrap(),
            }
        }

        fn script(&self, name: &str, text: &str) -> std::path::PathBuf {
            let path = self.folder.path().join(name);
            std::fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o700)).unwrap();
            path
        }

        fn run(&self, installer: &str, pkexec: Option<&str>) -> Ended {
            let program = self.script("installer", installer);
            let elevation = Elevation {
                pkexec: pkexec.map(|text| self.script("pkexec", text)),
            };
            let args = ["--quiet", "two words"].map(OsString::from);
            let installer = Installer {
                program: &program,
                args: &args,
                folder: self.folder.path(),
                notes: self.folder.path(),
                stdin: &tempfile::tempfile().unwrap(),
            };
            installer.run(&elevation)
        }

        fn said(&self) -> String {
            std::fs::read_to_string(self.folder.path().join("said")).unwrap()
        }
    }

    #[test]
    fn an_installer_gets_its_arguments_and_its_exit_code_counts() {
        let ran = Ran::new();
        let ended = ran.run(
            "pwd > said; for a; do echo \"$a\" >> said; done; cat >> said",
            None,
        );
        assert_eq!(ended, Ended::Installed);
        let folder = std::fs::canonicalize(ran.folder.path()).unwrap();
        assert_eq!(
            ran.said(),
            format!("{}\n--quiet\ntwo words\n", folder.display())
        );
        let Ended::Failed(Some(3), text) = ran.run("exit 3", None) else {
            panic!("it failed with 3");
        };
        assert!(text.contains('3'), "{text}");
        let Ended::Failed(Some(4), text) = ran.run("echo no room in D: >&2; exit 4", None) else {
            panic!("it failed with 4");
        };
        assert!(text.ends_with(": no room in D:"), "{text}");
        let Ended::Failed(None, text) = ran.run("kill -9 $$", None) else {
            panic!("it was killed");
        };
        assert!(text.contains("signal: 9"), "{text}");
    }

    #[test]
    fn what_cannot_be_started_has_failed() {
        let ran = Ran::new();
        let program = ran.folder.path().join("missing");
        let installer = Installer {
            program: &program,
            args: &[],
            folder: ran.folder.path(),
            notes: ran.folder.path(),
            stdin: &tempfile::tempfile().unwrap(),
        };
        let ended = installer.run(&Elevation { pkexec: None });
        assert!(matches!(ended, Ended::Failed(None, _)), "{ended:?}");
    }

    #[test]
    fn an_administrator_is_asked_for_only_where_one_is_needed() {
        let ran = Ran::new();
        let asked = "echo \"$@\" > said; exec \"$@\"";
        assert!(matches!(ran.run("exit 77", None), Ended::NeedsAdmin(_)));
        assert!(matches!(
            ran.run("exit 1", Some(asked)),
            Ended::Failed(Some(1), _)
        ));
        assert!(!ran.folder.path().join("said").exists());

        let once = "test -e ../again && exit 0; : > again; test -e said && exit 0; exit 77";
        assert_eq!(ran.run(once, Some(asked)), Ended::Installed);
        let program = ran.folder.path().join("installer");
        assert_eq!(
            ran.said(),
            format!("{} --quiet two words\n", program.display())
        );
        for refused in ["exit 126", "exit 127"] {
            let ended = ran.run("exit 77", Some(refused));
            assert!(
                matches!(ended, Ended::NeedsAdmin(_)),
                "{refused}: {ended:?}"
            );
        }
        let ended = ran.run("exit 77", Some("exec \"$@\""));
        assert!(matches!(ended, Ended::Failed(Some(77), _)), "{ended:?}");
    }
}
