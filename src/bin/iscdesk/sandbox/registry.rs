//! All licences of the sandbox, and the file they are kept in where `--state` names one. The file is replaced in one step
//! at every change, so that a killed sandbox never leaves half of it.

use super::licenses::License;
use iscdesk::{Error, Status};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

#[derive(Default)]
pub struct Registry {
    licenses: BTreeMap<String, License>,
    file: Option<PathBuf>,
}

impl Registry {
    /// An absent file is an empty registry; an unreadable one is an error, so that it is never overwritten.
    pub fn open(file: Option<PathBuf>) -> Result<Registry, Error> {
        let mut registry = Registry {
            licenses: BTreeMap::new(),
            file,
        };
        let Some(path) = &registry.file else {
            return Ok(registry);
        };
        match std::fs::read(path) {
            Ok(bytes) => {
                let list: Vec<License> = serde_json::from_slice(&bytes)
                    .map_err(|e| failed(path, &format!("cannot be understood: {e}")))?;
                registry.licenses = list.into_iter().map(|l| (l.license.clone(), l)).collect();
            }
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {}
            Err(e) => return Err(failed(path, &format!("cannot be read: {e}"))),
        }
        Ok(registry)
    }

    pub fn get(&self, code: &str) -> Option<&License> {
        self.licenses.get(code)
    }

    pub fn all(&self) -> impl Iterator<Item = &License> {
        self.licenses.values()
    }

    pub fn insert(&mut self, license: License) -> Result<(), Error> {
        self.licenses.insert(license.license.clone(), license);
        self.save()
    }

    /// False where there is no such licence.
    pub fn remove(&mut self, code: &str) -> Result<bool, Error> {
        let found = self.licenses.remove(code).is_some();
        self.save()?;
        Ok(found)
    }

    fn save(&self) -> Result<(), Error> {
        let Some(path) = &self.file else {
            return Ok(());
        };
        let list: Vec<&License> = self.all().collect();
        let text = serde_json::to_string_pretty(&list).map_err(|e| failed(path, &e.to_string()))?;
        replace(path, text.as_bytes()).map_err(|e| failed(path, &format!("cannot be written: {e}")))
    }
}

fn replace(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(bytes)?;
    file.persist(path)?;
    Ok(())
}

fn failed(path: &Path, what: &str) -> Error {
    Error::storage(Status::Storage, format!("{}: {what}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::super::licenses::{Goods, Status as Say, Term};
    use super::*;

    #[test]
    fn the_file_is_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let file = Some(folder.path().join("state.json"));
        let made = License::new("PL-1", Say::Alive, Term::Period(60), Goods::default(), 1000);
        let mut registry = Registry::open(file.clone()).unwrap();
        registry.insert(made.clone()).unwrap();
        let mut again = Registry::open(file.clone()).unwrap();
        assert_eq!(again.get("PL-1"), Some(&made));
        assert!(again.remove("PL-1").unwrap());
        assert!(!again.remove("PL-1").unwrap());
        assert_eq!(Registry::open(file).unwrap().all().count(), 0);
    }

    #[test]
    fn a_damaged_file_stops_the_start_and_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.json");
        std::fs::write(&path, "[{").unwrap();
        assert!(Registry::open(Some(path.clone())).is_err());
        assert_eq!(std::fs::read(&path).unwrap(), b"[{");
    }
}
