//! Archives that are the same bytes whenever the same files go in: entries in the order of their names, one time for all,
//! no owner, and no more of the mode than whether a file is a program.

use crate::error::{Error, Result};
use flate2::{Compression, GzBuilder};
use std::collections::BTreeMap;
use std::io::{Cursor, Write};
use zip::write::SimpleFileOptions;

const PROGRAM: u32 = 0o755;
const FILE: u32 = 0o644;

/// Files by their paths inside the archive, which use `/`.
#[derive(Default)]
pub struct Files(BTreeMap<String, File>);

struct File {
    bytes: Vec<u8>,
    mode: u32,
}

impl Files {
    pub fn add(&mut self, path: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Result<()> {
        self.insert(path.into(), bytes.into(), FILE)
    }

    pub fn add_program(&mut self, path: impl Into<String>, bytes: Vec<u8>) -> Result<()> {
        self.insert(path.into(), bytes, PROGRAM)
    }

    fn insert(&mut self, path: String, bytes: Vec<u8>, mode: u32) -> Result<()> {
        match self.0.insert(path.clone(), File { bytes, mode }) {
            None => Ok(()),
            Some(_) => Err(Error::Twice(path)),
        }
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        let files = self.0.iter();
        files.map(|(path, file)| (path.as_str(), file.bytes.as_slice()))
    }
}

/// Everything in one folder `top`, as `.tar.gz`; `time` in Unix seconds.
pub fn tar_gz(top: &str, files: &Files, time: u64) -> std::io::Result<Vec<u8>> {
    let packed = GzBuilder::new().write(Vec::new(), Compression::best());
    let mut archive = tar::Builder::new(packed);
    for (path, file) in &files.0 {
        let mut header = tar::Header::new_ustar();
        header.set_size(file.bytes.len() as u64);
        header.set_mode(file.mode);
        header.set_mtime(time);
        header.set_entry_type(tar::EntryType::Regular);
        archive.append_data(&mut header, format!("{top}/{path}"), file.bytes.as_slice())?;
    }
    archive.into_inner()?.finish()
}

/// Everything in one folder `top`, as `.zip`; `time` in Unix seconds.
pub fn zip(top: &str, files: &Files, time: u64) -> Result<Vec<u8>> {
    let options = SimpleFileOptions::default()
        .compression_method(zip::CompressionMethod::Deflated)
        .compression_level(Some(9))
        .last_modified_time(dos_time(time));
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (path, file) in &files.0 {
        archive.start_file(format!("{top}/{path}"), options.unix_permissions(file.mode))?;
        archive
            .write_all(&file.bytes)
            .map_err(zip::result::ZipError::from)?;
    }
    Ok(archive.finish()?.into_inner())
}

/// The day in UTC, which is all that a reader of the archive wants; the format's years begin with 1980.
fn dos_time(time: u64) -> zip::DateTime {
    let (year, month, day) = civil_date(time / 86_400);
    let year = u16::try_from(year).unwrap_or(u16::MAX);
    zip::DateTime::from_date_and_time(year, month, day, 0, 0, 0).unwrap_or_default()
}

/// Year, month and day of a day since 1970: Howard Hinnant's `civil_from_days`.
fn civil_date(days: u64) -> (u64, u8, u8) {
    let days = days + 719_468;
    let era = days / 146_097;
    let of_era = days % 146_097;
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    (year, month as u8, day as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIME: u64 = 1_700_000_000;

    fn files(order: &[&str]) -> Files {
        let mut files = Files::default();
        for path in order {
            files.add(*path, path.repeat(1000)).unwrap();
        }
        files.add_program("bin/p", b"run me".to_vec()).unwrap();
        files
    }

    #[test]
    fn the_same_files_give_the_same_bytes() {
        let (one, two) = (files(&["b", "a/c"]), files(&["a/c", "b"]));
        assert_eq!(
            tar_gz("t", &one, TIME).unwrap(),
            tar_gz("t", &two, TIME).unwrap()
        );
        assert_eq!(zip("t", &one, TIME).unwrap(), zip("t", &two, TIME).unwrap());
        let later = TIME + 86_400;
        assert_ne!(
            tar_gz("t", &one, TIME).unwrap(),
            tar_gz("t", &one, later).unwrap()
        );
        assert_ne!(
            zip("t", &one, TIME).unwrap(),
            zip("t", &one, later).unwrap()
        );
    }

    #[test]
    fn a_path_is_taken_once() {
        let mut files = files(&["a"]);
        assert!(matches!(files.add("a", "other"), Err(Error::Twice(_))));
    }

    #[test]
    fn days_are_those_of_the_calendar() {
        assert_eq!(civil_date(0), (1970, 1, 1));
        assert_eq!(civil_date(TIME / 86_400), (2023, 11, 14));
        assert_eq!(civil_date(951_782_400 / 86_400), (2000, 2, 29));
        assert_eq!(civil_date(4_107_542_400 / 86_400), (2100, 3, 1));
    }
}
