//! The state folder and what lies in it, looked at as a client does: by a client that asks nobody and starts no thread.

use super::report::{Fault, LicenseFacts, StateFacts};
use crate::client::config::Config;
use crate::client::identity::MachineIdentity;
use crate::client::surroundings::Surroundings;
use crate::client::{Client, Info, Source};
use crate::device::Binding;
use crate::error::masked;
use crate::license::{ClockFacts, Failure};
use crate::platform::disk;
use crate::store::{Loaded, Note, Origin, Scope, Store, storage_error, survey, vet};
use crate::upgrade::UpgradeFacts;
use crate::{Error, Status};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// What the state says, for its own part of the document and for others.
pub struct StateFound {
    pub facts: StateFacts,
    /// The machine that wrote it.
    pub binding: Option<Binding>,
    pub clock: ClockFacts,
    pub upgrade: UpgradeFacts,
    pub failures: Vec<Failure>,
}

pub fn look(config: Config, surroundings: Surroundings) -> StateFound {
    let identity = Arc::new(MachineIdentity(surroundings.machine.clone()));
    let store = Store::new(&config.location, &config.state_secrets, identity);
    // Only looks: what is damaged stays where it is, so that the next look tells it as well.
    store.seal();
    let loaded = store.load();
    let scope = config.location.scope;
    let clock = loaded.suite.clock_for(&config.policy);
    let written = store.dir().map_or_else(
        || {
            let text = Note::NoFolder.to_string();
            Err(Error::storage(Status::Storage, text))
        },
        |dir| writable(dir, scope),
    );
    let facts = StateFacts {
        folder: store.dir().map(shown),
        scope: match scope {
            Scope::User => "user",
            Scope::Machine => "machine",
        },
        exists: store.dir().is_some_and(Path::is_dir),
        writable: written.is_ok(),
        write_error: written.err().map(Fault::from),
        free_bytes: store.dir().and_then(standing).and_then(disk::free_bytes),
        file: store.file().as_deref().map(shown),
        readable: !loaded.notes.iter().any(hides_state),
        origin: match loaded.origin {
            Origin::Fresh => "fresh",
            Origin::Ours => "ours",
            Origin::Foreign => "foreign",
        },
        revision: loaded.stamp.revision(),
        notes: loaded.notes.iter().map(Note::to_string).collect(),
        set_aside: store.set_aside_files(),
        licenses: licenses(config, surroundings),
    };
    StateFound {
        facts,
        binding: binding(&loaded),
        clock,
        upgrade: loaded.suite.upgrade.clone(),
        failures: loaded.suite.failures.list().to_vec(),
    }
}

fn binding(loaded: &Loaded) -> Option<Binding> {
    serde_json::from_value(loaded.binding.clone()?).ok()
}

/// True where something is there that could not be used.
fn hides_state(note: &Note) -> bool {
    match note {
        Note::NoFolder
        | Note::FolderRefused { .. }
        | Note::Damaged { .. }
        | Note::DamagedSetAside { .. }
        | Note::NoSecretOpens { .. }
        | Note::NewerFormat { .. }
        | Note::NotAFile { .. }
        | Note::Unreadable { .. } => true,
        Note::UsedPrevious { .. }
        | Note::Copied { .. }
        | Note::TookCodes { .. }
        | Note::MachineRenamed { .. } => false,
    }
}

/// Whether files can be made in the folder, or the folder itself. Tried out, since permissions are not the whole story.
fn writable(dir: &Path, scope: Scope) -> Result<(), Error> {
    if scope == Scope::Machine {
        let chain = survey(dir).map_err(|error| storage_error(error, dir))?;
        vet(&chain).map_err(|why| Error::storage(Status::StorageDenied, why))?;
    }
    let at = standing(dir).unwrap_or(dir);
    let made = tempfile::Builder::new()
        .prefix(".iscdesk-doctor-")
        .tempfile_in(at);
    let removed = made.and_then(tempfile::NamedTempFile::close);
    removed.map_err(|error| storage_error(error, at))
}

/// The folder, or what will hold it once it is made.
fn standing(dir: &Path) -> Option<&Path> {
    dir.ancestors().find(|path| path.exists())
}

fn licenses(mut config: Config, surroundings: Surroundings) -> Vec<LicenseFacts> {
    config.auto_heartbeat = false;
    config.log = None;
    let client = Client::looking(config, surroundings);
    let codes: Vec<String> = client
        .list_licenses()
        .ok()
        .and_then(|list| serde_json::from_str(&list).ok())
        .unwrap_or_default();
    let infos = codes
        .iter()
        .filter_map(|code| client.license_info(Some(code)).ok());
    let facts = infos.map(|info| license(&info)).collect();
    // It has no threads to wait for.
    let _ = client.shutdown(Duration::ZERO);
    facts
}

fn license(info: &Info) -> LicenseFacts {
    LicenseFacts {
        code: masked(&info.license),
        verdict: info.verdict,
        licensed: info.verdict.is_licensed(),
        source: match info.source {
            Source::None => "none",
            Source::Marketplace => "marketplace",
            Source::File => "file",
        },
        expires_at: info.expires_at,
        checked_at: info.checked_at,
        offline_until: info.offline_until,
    }
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}
