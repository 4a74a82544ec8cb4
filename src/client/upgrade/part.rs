//! One attempt to fetch what a package still lacks. What was fetched stays, whatever ends the attempt.

use super::Found;
use super::bring::Stopped;
use crate::client::core::Core;
use crate::error::{Cause, Error};
use crate::events::event::Stage;
use crate::marketplace::transport::{Get, Opened, Transport, TransportError};
use crate::store::{open_lock_file, storage_error};
use crate::sync::lock;
use crate::upgrade::Staging;
use crate::upgrade::plan::PartFacts;
use crate::upgrade::resume::{self, Answer};
use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, timeout};

/// Between two events that say how far it is.
const TELL_EVERY: Duration = Duration::from_millis(100);
/// A program that takes no events at the moment must not lose others to these.
const MOST_WAITING: usize = 16;

pub struct Part<'a> {
    core: &'a Core,
    staging: &'a Staging,
    found: &'a Found,
    file: File,
    path: PathBuf,
    have: u64,
    facts: Option<PartFacts>,
    told: Option<Instant>,
}

/// Bytes of the package that are there already, and need not be fetched again.
pub fn kept(staging: &Staging, found: &Found) -> u64 {
    let (version, size) = (found.version(), found.offer.package.size);
    let length = |path: PathBuf| {
        let there = path.symlink_metadata().ok().filter(|there| there.is_file());
        there.map(|there| there.len())
    };
    if length(staging.package(version)) == Some(size) {
        return size;
    }
    let part = length(staging.part(version)).unwrap_or_default();
    match facts_of_part(staging, found) {
        Some(_) if part <= size => part,
        _ => 0,
    }
}

/// None where the part that lies there is of another package. Damaged facts are none.
fn facts_of_part(staging: &Staging, found: &Found) -> Option<PartFacts> {
    let package = &found.offer.package;
    let facts = staging.part_facts(found.version()).ok().flatten();
    facts.filter(|facts| resume::is_part_of(facts, &package.url, package.size))
}

impl<'a> Part<'a> {
    /// What is there of the package, if it is of this one and can be resumed.
    pub fn open(core: &'a Core, staging: &'a Staging, found: &'a Found) -> Result<Self, Error> {
        let (version, package) = (found.version(), &found.offer.package);
        let path = staging.part(version);
        // A regular file of this user's alone, as lock files are.
        let file = open_lock_file(&path, false)?;
        let length = file.metadata().map_err(|e| storage_error(e, &path))?.len();
        let facts = facts_of_part(staging, found);
        let usable = facts.is_some() && length <= package.size;
        Ok(Part {
            core,
            staging,
            found,
            file,
            path,
            have: if usable { length } else { 0 },
            facts,
            told: None,
        })
    }

    pub fn have(&self) -> u64 {
        self.have
    }

    pub fn left(&self) -> u64 {
        self.size().saturating_sub(self.have)
    }

    fn size(&self) -> u64 {
        self.found.offer.package.size
    }

    /// Returns when the part is as long as the package.
    pub async fn fetch(&mut self) -> Result<(), Stopped> {
        self.tell(true);
        if self.left() == 0 {
            return Ok(());
        }
        let transport = {
            let live = lock(&self.core.live).clone();
            (self.core.surroundings.transport)(&self.core.config, &live, &self.core.lookups)?
        };
        let opened = self.ask(&transport).await?;
        self.read(opened).await?;
        self.tell(true);
        Ok(())
    }

    /// Opens the rest, or the whole where the rest cannot be had.
    async fn ask(&mut self, transport: &Arc<dyn Transport>) -> Result<Opened, Stopped> {
        let url = &self.found.offer.package.url;
        let get = resume::request(url, self.have, self.facts.as_ref());
        let opened = self.open_url(transport, get).await?;
        let answer = resume::judge(&opened, self.have, self.size())?;
        let opened = match answer {
            Answer::Rest => {
                self.seek(self.have)?;
                return Ok(opened);
            }
            Answer::Whole => opened,
            Answer::AskAnew => {
                // The connection of the useless answer goes first.
                drop(opened);
                let opened = self
                    .open_url(transport, resume::request(url, 0, None))
                    .await?;
                resume::judge(&opened, 0, self.size())?;
                opened
            }
        };
        self.begin_anew(&opened)?;
        Ok(opened)
    }

    async fn open_url(&self, transport: &Arc<dyn Transport>, get: Get) -> Result<Opened, Error> {
        let opened = timeout(self.core.config.timeouts.request, transport.open(get)).await;
        let opened = opened.unwrap_or_else(|_| Err(TransportError::timeout()));
        opened.map_err(resume::broken)
    }

    /// Emptied before it is said what will be in it.
    fn begin_anew(&mut self, opened: &Opened) -> Result<(), Error> {
        self.file
            .set_len(0)
            .map_err(|e| storage_error(e, &self.path))?;
        self.seek(0)?;
        self.have = 0;
        let facts = PartFacts {
            url: self.found.offer.package.url.clone(),
            size: self.size(),
            validator: resume::validator(opened),
        };
        self.staging
            .write_part_facts(self.found.version(), &facts)?;
        self.facts = Some(facts);
        Ok(())
    }

    fn seek(&mut self, to: u64) -> Result<(), Error> {
        let sought = self.file.seek(SeekFrom::Start(to));
        sought.map(drop).map_err(|e| storage_error(e, &self.path))
    }

    async fn read(&mut self, mut opened: Opened) -> Result<(), Stopped> {
        let patience = self.core.config.timeouts.request;
        loop {
            let piece = timeout(patience, opened.body.next()).await;
            let piece = piece.unwrap_or_else(|_| Err(TransportError::timeout()));
            let Some(piece) = piece.map_err(resume::broken)? else {
                return self.check_end();
            };
            if piece.len() as u64 > self.left() {
                self.discard()?;
                let text = format!(
                    "the server sends more than the {} bytes announced",
                    self.size()
                );
                return Err(resume::failed(text).into());
            }
            let written = self.file.write_all(&piece);
            written.map_err(|e| storage_error(e, &self.path))?;
            self.have += piece.len() as u64;
            self.tell(false);
            self.core.check_wanted(self.found.version())?;
        }
    }

    fn check_end(&self) -> Result<(), Stopped> {
        if self.left() == 0 {
            return Ok(());
        }
        let text = format!("the server ended {} bytes early", self.left());
        Err(Stopped::Failed(Error {
            cause: Cause::Connect,
            ..resume::failed(text)
        }))
    }

    /// These bytes are not the package's.
    fn discard(&mut self) -> Result<(), Error> {
        self.file
            .set_len(0)
            .map_err(|e| storage_error(e, &self.path))
    }

    fn tell(&mut self, always: bool) {
        let now = Instant::now();
        let soon = self
            .told
            .is_some_and(|told| now.duration_since(told) < TELL_EVERY);
        let is_heard = self.core.life.hub.waiting() < MOST_WAITING;
        if !always && (soon || !is_heard) {
            return;
        }
        self.told = Some(now);
        let bytes = (self.have, self.size());
        let version = self.found.version().as_str();
        self.core.tell_progress(version, Stage::Downloading, bytes);
    }
}
