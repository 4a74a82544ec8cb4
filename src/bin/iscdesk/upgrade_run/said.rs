//! What an installer writes to stderr, of which the end goes into the reason of its failure. It writes into a file without
//! a name, not into a pipe: a helper that is killed must not take the installer's stderr away, and a process that the
//! installer leaves running must not hold the helper.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

/// What is read of the end, in bytes.
const READ: u64 = 4096;
/// What is told, in lines and in characters.
const LINES: usize = 3;
const CHARACTERS: usize = 400;

pub struct Said {
    file: File,
}

impl Said {
    pub fn new(folder: &Path) -> io::Result<Said> {
        Ok(Said {
            file: tempfile::tempfile_in(folder)?,
        })
    }

    pub fn stderr(&self) -> io::Result<File> {
        self.file.try_clone()
    }

    /// The last lines in one, empty where nothing was said.
    pub fn end(mut self) -> String {
        let mut bytes = Vec::new();
        let read = self.file.metadata().and_then(|facts| {
            let start = facts.len().saturating_sub(READ);
            self.file.seek(SeekFrom::Start(start))?;
            (&self.file).take(READ).read_to_end(&mut bytes)
        });
        match read {
            Ok(_) => last_lines(&String::from_utf8_lossy(&bytes)),
            // The exit code tells as well.
            Err(_) => String::new(),
        }
    }
}

fn last_lines(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let mut kept: Vec<&str> = lines.into_iter().filter(|line| !line.is_empty()).collect();
    let kept = kept.split_off(kept.len().saturating_sub(LINES)).join(" | ");
    let plain: Vec<char> = kept.chars().filter(|c| !c.is_control()).collect();
    plain[plain.len().saturating_sub(CHARACTERS)..]
        .iter()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn the_last_lines_are_told_in_one() {
        assert_eq!(last_lines(""), "");
        assert_eq!(last_lines("\n \r\n"), "");
        assert_eq!(last_lines("no room\r\n\n"), "no room");
        assert_eq!(last_lines("1\n2\n\n3\n  4\n"), "2 | 3 | 4");
        assert_eq!(last_lines("a\u{1b}[31mred\tb"), "a[31mredb");
    }

    #[test]
    fn long_texts_are_cut_at_their_beginning() {
        let said = Said::new(&std::env::temp_dir()).unwrap();
        let mut stderr = said.stderr().unwrap();
        for _ in 0..10_000 {
            stderr.write_all("空间不足".as_bytes()).unwrap();
        }
        stderr.write_all(b" the end\n").unwrap();
        let end = said.end();
        assert_eq!(end.chars().count(), CHARACTERS);
        assert!(end.ends_with("空间不足 the end"), "{end}");
    }
}
