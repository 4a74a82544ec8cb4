//! Programs that are run on the way.

use crate::error::{Error, Result};
use std::io;
use std::path::Path;
use std::process::{Command, ExitStatus};

/// The cargo that runs this, in the folder of the repository.
pub fn cargo(root: &Path) -> Command {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    crate::flags::forget_callers(&mut command);
    command.current_dir(root);
    command
}

/// Runs a program to its good end; returns what it printed.
pub fn output(command: &mut Command) -> Result<String> {
    let output = command.output().map_err(not_started(command))?;
    match output.status.success() {
        true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
        false => {
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            Err(failed(command, output.status, said))
        }
    }
}

/// Runs a program whose output says why it failed, if it does.
pub fn status_and_output(command: &mut Command) -> Result<(ExitStatus, String)> {
    let output = command.output().map_err(not_started(command))?;
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    Ok((output.status, printed))
}

pub fn failed(command: &Command, status: ExitStatus, said: String) -> Error {
    Error::Tool {
        tool: format!("{command:?}"),
        status: status.to_string(),
        said,
    }
}

fn not_started(command: &Command) -> impl FnOnce(io::Error) -> Error + use<> {
    let tool = command.get_program().to_string_lossy().into_owned();
    |source| Error::Start { tool, source }
}
