//! Programs that are run on the way.

use crate::error::{Error, Result};
use std::path::Path;
use std::process::Command;

/// The cargo that runs this, in the folder of the repository.
pub fn cargo(root: &Path) -> Command {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.current_dir(root);
    command
}

/// Runs a program to its good end; returns what it printed.
pub fn output(command: &mut Command) -> Result<String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command
        .output()
        .map_err(|source| Error::Start { tool: name, source })?;
    if !output.status.success() {
        return Err(Error::Tool {
            tool: format!("{command:?}"),
            status: output.status.to_string(),
            said: String::from_utf8_lossy(&output.stderr).into_owned(),
        });
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
