//! What passes between an air-gapped machine and the vendor: the request for a licence file, and the proof that one was
//! given back. Both lean on a key of the machine's own, made when it is first needed and kept in the sealed state.

use super::core::Core;
use super::{Client, checked_code, not_activated};
use crate::error::{Cause, Error, Status};
use crate::license::Suite;
use crate::license::file::{MachineKey, Request, Return};
use crate::sync::{Mutex, lock};
use ring::rand::SystemRandom;
use std::sync::Arc;

impl Client {
    /// The document that the customer of a machine without network sends to the vendor: product, fingerprint, parts, and
    /// the public half of the machine's key. JSON, so that he can see what leaves his network.
    pub fn license_request(&self) -> Result<String, Error> {
        self.check_open()?;
        self.core.refresh();
        if lock(&self.core.ledger).suite.machine_key.is_none() {
            self.core
                .call(|core, _| async move { core.make_machine_key().await })?;
        }
        let core = &self.core;
        let key = lock(&core.ledger).suite.machine_key.public();
        let key = key.ok_or_else(damaged_key)?;
        let parts = core.surroundings.machine.parts();
        let identity = &core.config.identity;
        let at = core.clock.local();
        let request = Request::new(&identity.vendor, &identity.product, &parts, &key, at);
        serde_json::to_string(&request).map_err(|e| Error::internal(e.to_string()))
    }

    /// Gives back the licence file of a code: from then on it is refused here, and the proof says so to the vendor. Asked
    /// again, it answers the same proof, so that a lost text is no lost licence.
    pub fn license_return(&self, code: &str) -> Result<String, Error> {
        let code = checked_code(code)?;
        let shown = Arc::new(Mutex::new(String::new()));
        let slot = shown.clone();
        self.core.call(move |core, _| async move {
            let proof = core.give_back(&code).await?;
            *lock(&slot) = proof;
            Ok(Status::Ok)
        })?;
        let proof = std::mem::take(&mut *lock(&shown));
        Ok(proof)
    }
}

impl Core {
    /// An error where it cannot be kept: a request whose key is lost could never be answered for.
    async fn make_machine_key(&self) -> Result<Status, Error> {
        let key = MachineKey::generate(&SystemRandom::new())?;
        let take = |suite: &mut Suite| {
            // Another process may have been first.
            if suite.machine_key.is_none() {
                suite.machine_key = key.clone();
            }
        };
        self.change(take).await.map(|()| Status::Ok)
    }

    async fn give_back(&self, code: &str) -> Result<String, Error> {
        self.refresh();
        let held = lock(&self.ledger).suite.files.contains_key(code);
        if !held {
            let ledger = lock(&self.ledger);
            let again = ledger.suite.proof_of_return(code).map(str::to_owned);
            return again.ok_or_else(|| no_file(&ledger.suite, code));
        }
        if lock(&self.ledger).suite.machine_key.is_none() {
            self.make_machine_key().await?;
        }
        let before = lock(&self.ledger).suite.clone();
        let proof = self.proof_of(&before, code)?;
        let give_back = |suite: &mut Suite| suite.give_back_file(code, &proof);
        if let Err(error) = self.change(give_back).await {
            // Not given back where the next start would not know of it, so no proof either.
            self.change_unsaved(|suite| suite.undo_give_back(&before, code, &proof));
            return Err(error);
        }
        let ledger = lock(&self.ledger);
        let proof = ledger.suite.proof_of_return(code).map(str::to_owned);
        proof.ok_or_else(not_activated)
    }

    fn proof_of(&self, suite: &Suite, code: &str) -> Result<String, Error> {
        let held = suite.files.get(code).ok_or_else(not_activated)?;
        let grant = suite.licenses.get(code).and_then(|f| f.file.as_ref());
        if !grant.is_some_and(|grant| grant.here) {
            return Err(Error::new(
                Status::WrongDevice,
                Cause::Verdict,
                "the licence file of this code is not one of this machine",
            ));
        }
        let proof = Return {
            sub: code.to_owned(),
            jti: held.id.clone(),
            iat: self.believed(suite).unwrap_or_else(|| self.clock.local()),
            product: self.config.identity.product.clone(),
            ret: true,
        };
        let pair = suite.machine_key.pair().ok_or_else(damaged_key)?;
        proof.sign(&pair).ok_or_else(damaged_key)
    }
}

fn no_file(suite: &Suite, code: &str) -> Error {
    match suite.licenses.contains_key(code) {
        false => not_activated(),
        true => Error::new(
            Status::InvalidState,
            Cause::State,
            "this code does not come from a licence file: there is nothing to give back",
        ),
    }
}

fn damaged_key() -> Error {
    Error::internal("the machine's key cannot be used")
}
