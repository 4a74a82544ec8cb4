//! A child process with a time limit, and what it printed.

use std::fs::File;
use std::io::{Read, Seek};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// A program that is running.
pub struct Running {
    child: Child,
    output: File,
    name: String,
    begin: Instant,
    limit: Duration,
}

/// A program that has ended.
pub struct Ended {
    pub exit: Option<i32>,
    pub output: String,
}

impl Running {
    /// Starts it; its output goes to a file, so that it never waits for us. `name` is for errors.
    pub fn start(mut command: Command, name: &str, limit: Duration) -> Result<Running, String> {
        let failed = |e: std::io::Error| format!("{name}: {e}");
        let output = tempfile::tempfile().map_err(failed)?;
        let child = command
            // Cargo's own would find an older library before the program's run path is looked at.
            .env_remove("LD_LIBRARY_PATH")
            .env_remove("DYLD_FALLBACK_LIBRARY_PATH")
            .stdin(Stdio::null())
            .stdout(output.try_clone().map_err(failed)?)
            .stderr(output.try_clone().map_err(failed)?)
            .spawn()
            .map_err(failed)?;
        Ok(Running {
            child,
            output,
            name: name.to_owned(),
            begin: Instant::now(),
            limit,
        })
    }

    /// Waits for the end; kills it where that takes too long.
    pub fn end(mut self) -> Result<Ended, String> {
        let status = self.wait()?;
        let output = self.printed()?;
        match status {
            Some(status) => Ok(Ended {
                exit: status.code(),
                output,
            }),
            None => Err(format!(
                "{} did not end within {:?}. Until then it said:\n{output}",
                self.name, self.limit
            )),
        }
    }

    /// None: it still runs at the end of its time.
    fn wait(&mut self) -> Result<Option<ExitStatus>, String> {
        while self.begin.elapsed() < self.limit {
            match self.child.try_wait() {
                Ok(Some(status)) => return Ok(Some(status)),
                Ok(None) => std::thread::sleep(Duration::from_millis(5)),
                Err(e) => return Err(format!("{}: {e}", self.name)),
            }
        }
        Ok(None)
    }

    fn printed(&mut self) -> Result<String, String> {
        let mut output = String::new();
        let read = self.output.rewind();
        read.and_then(|()| self.output.read_to_string(&mut output))
            .map_err(|e| format!("the output of {}: {e}", self.name))?;
        // As Windows programs end their lines.
        Ok(output.replace("\r\n", "\n"))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Both do nothing to a child that has been waited for.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str, limit: Duration) -> Result<Ended, String> {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        Running::start(command, "the shell", limit)?.end()
    }

    #[test]
    fn what_a_program_printed_is_told_also_where_it_does_not_end() {
        let ended = shell("printf 'one\\r\\n'; exit 3", Duration::from_secs(20)).unwrap();
        assert_eq!((ended.exit, &*ended.output), (Some(3), "one\n"));
        let stuck = "echo begun; exec sleep 3600";
        let Err(told) = shell(stuck, Duration::from_secs(3)) else {
            panic!("it ended");
        };
        assert!(told.contains("did not end within"), "{told}");
        assert!(told.ends_with("begun\n"), "{told}");
    }
}
