//! The suite as this process knows it: loaded, changed and saved together with the other processes of the folder.
//!
//! A change is made to the newest state under the write lock. Where it cannot be saved it still holds in this process,
//! and saving is tried again with the next change. Whatever changes a verdict is published for the lock-free reads first
//! and told to the program afterwards, with no lock held.

use super::core::Core;
use super::snapshot::Snapshot;
use super::window::Window;
use crate::error::{Error, Status, masked};
use crate::events::{Event, event};
use crate::license::suite::ExpiryNotice;
use crate::license::verdict::Judged;
use crate::license::{ClockFacts, Suite, Verdict};
use crate::store::{Loaded, Lock, Note, Origin, Stamp};
use crate::sync::{MutexGuard, lock};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use tokio::time::Instant;

/// How long the write lock is waited for.
const LOCK_WAIT: Duration = Duration::from_secs(2);
/// And again by who has just waited in vain: an activation saves twice.
const LOCK_WAIT_AGAIN: Duration = Duration::from_millis(100);
/// How often a lock that another process holds is asked for.
pub const LOCK_POLL: Duration = Duration::from_millis(10);

#[derive(Default)]
pub struct Ledger {
    pub suite: Suite,
    stamp: Stamp,
    /// The suite holds facts that no file has.
    pub unsaved: bool,
    /// When the write lock was last waited for in vain.
    waited_in_vain: Option<Instant>,
    /// Why nobody could look at the file when it was last tried. It is tried again every second.
    pub unread: Option<Error>,
    /// What the log was told of that look.
    noted: Vec<Note>,
    /// The verdicts that the program knows of.
    announced: BTreeMap<String, Verdict>,
    /// The last `LicenseExpiring` raised in this process, by code: it may still wait for the program.
    pub expiries_raised: BTreeMap<String, ExpiryNotice>,
    /// Where to publish when something is licensed for certain.
    window: Option<&'static Window>,
}

/// A verdict that changed.
struct Change {
    code: String,
    before: Verdict,
    after: Verdict,
}

impl Ledger {
    /// What cannot be found any more is no reason to forget what is known: it is written anew with the next change.
    fn take(&mut self, loaded: Loaded, core: &Core) {
        let is_lost = loaded.origin == Origin::Fresh && !loaded.is_forgotten;
        match is_lost {
            false => self.adopt(loaded, core),
            true => {
                self.stamp = loaded.stamp;
                self.unsaved = true;
            }
        }
    }

    fn adopt(&mut self, loaded: Loaded, core: &Core) {
        let mut suite = match loaded.origin {
            Origin::Foreign => loaded.suite.codes_only(),
            Origin::Fresh | Origin::Ours => loaded.suite,
        };
        if self.unsaved {
            suite.merge(&self.suite);
        } else {
            // Most of them are not worth a write, and wait here for the next.
            suite.failures.merge(&self.suite.failures);
        }
        suite.attach_files(|held| core.prove(held));
        suite.arrange(&core.config.policy);
        self.suite = suite;
        self.stamp = loaded.stamp;
    }
}

impl Core {
    /// Loads the state at the start, which raises nothing.
    pub fn load(&self) {
        let loaded = self.noted(self.store.load());
        let mut ledger = lock(&self.ledger);
        ledger.adopt(loaded, self);
        self.publish(&ledger);
        let verdicts = self.verdicts(&ledger.suite);
        ledger.announced = verdicts;
        drop(ledger);
        self.tell_lost_files();
    }

    /// Takes up a file that another process changed, and tells what time alone has changed.
    pub fn refresh(&self) {
        let changed = self.is_changed_elsewhere();
        let loaded = changed.then(|| self.noted(self.store.load()));
        let mut ledger = lock(&self.ledger);
        if let Some(loaded) = loaded.filter(|loaded| loaded.unread.is_none()) {
            ledger.take(loaded, self);
            self.publish(&ledger);
        }
        let changes = self.changes(&mut ledger);
        drop(ledger);
        self.tell(changes);
    }

    fn is_changed_elsewhere(&self) -> bool {
        let stamp = lock(&self.ledger).stamp.clone();
        self.store.changed_since(&stamp)
    }

    /// Changes the newest state and saves it. An error is about saving: the change holds in this process all the same.
    pub async fn change(&self, apply: impl Fn(&mut Suite)) -> Result<(), Error> {
        // Before the lock, whose file would be made where all is gone.
        if self.is_changed_elsewhere() {
            self.refresh();
        }
        let result = match self.write_lock().await {
            Ok(lock) => self.change_and_save(&lock, &apply),
            Err(error) => {
                self.change_here(&apply, None);
                Err(error)
            }
        };
        if let Err(error) = &result {
            self.log
                .error(|| format!("the licence state was not saved: {error}"));
        }
        result
    }

    /// Changes what this process knows; saved with the next change.
    pub fn change_unsaved(&self, apply: impl Fn(&mut Suite)) {
        self.change_here(&apply, None);
    }

    /// Takes up a time that is not worth a write, unless a licence would be worse off: what was said with a passing fault
    /// worsens no verdict.
    pub fn learn_in_passing(&self, learn: impl FnOnce(&mut ClockFacts)) {
        let mut ledger = lock(&self.ledger);
        let (clock, before) = (ledger.suite.clock.clone(), self.verdicts(&ledger.suite));
        learn(&mut ledger.suite.clock);
        let after = self.verdicts(&ledger.suite);
        if before
            .iter()
            .any(|(code, was)| was.is_licensed() && after[code] != *was)
        {
            ledger.suite.clock = clock;
            return;
        }
        self.publish_and_tell(ledger);
    }

    /// Takes up what went wrong in the background. Written for its own sake at most once an hour.
    pub async fn note_failure(&self, error: &Error) {
        let due = {
            let mut ledger = lock(&self.ledger);
            let believed = self.believed(&ledger.suite);
            let now = believed.unwrap_or_else(|| self.clock.local());
            ledger.suite.failures.note(error, now)
        };
        if due {
            // Logged already where it fails, and tried again with the next change.
            let _ = self.change(|_| ()).await;
        }
    }

    /// Saves what an earlier change could not, if anything and if nobody else is saving.
    pub fn save_unsaved(&self) {
        if !lock(&self.ledger).unsaved {
            return;
        }
        if let Ok(Some(lock)) = self.store.try_write_lock() {
            match self.change_and_save(&lock, &|_| ()) {
                Ok(()) => self.log.info(|| "the licence state is saved again".into()),
                Err(error) => self.log.debug(|| format!("still not saved: {error}")),
            }
        }
    }

    /// Forgets everything, in the file as well; but for what must not come back by that: see [`Suite::lasting`].
    pub async fn erase(&self) -> Result<(), Error> {
        self.refresh();
        if lock(&self.ledger).suite.lasting() != Suite::default() {
            // Twice: the previous version forgets too.
            self.change(|suite| *suite = suite.lasting()).await?;
            return self.change(|_| ()).await;
        }
        let lock = self.write_lock().await;
        let erased = lock.and_then(|lock| self.store.erase(&lock));
        self.change_here(&|suite| *suite = Suite::default(), Some(Stamp::default()));
        erased
    }

    fn change_and_save(&self, held: &Lock, apply: &dyn Fn(&mut Suite)) -> Result<(), Error> {
        if self.is_changed_elsewhere() {
            let loaded = self.noted(self.store.load_patiently());
            if let Some(error) = loaded.unread {
                self.change_here(apply, None);
                return Err(error);
            }
            lock(&self.ledger).take(loaded, self);
        }
        // Written without the ledger's lock: a slow disk must not hold the getters.
        let (suite, stamp) = self.change_here(apply, None);
        let stamp = self.store.save(held, &suite, &stamp)?;
        let mut ledger = lock(&self.ledger);
        ledger.stamp = stamp;
        ledger.unsaved = false;
        Ok(())
    }

    /// Changes, publishes and tells. Returns what to save.
    fn change_here(&self, apply: &dyn Fn(&mut Suite), stamp: Option<Stamp>) -> (Suite, Stamp) {
        let mut ledger = lock(&self.ledger);
        apply(&mut ledger.suite);
        ledger.suite.arrange(&self.config.policy);
        match stamp {
            Some(stamp) => {
                ledger.stamp = stamp;
                ledger.unsaved = false;
            }
            None => ledger.unsaved = true,
        }
        let saved = (ledger.suite.clone(), ledger.stamp.clone());
        self.publish_and_tell(ledger);
        saved
    }

    /// After every change here. Tells with no lock held.
    fn publish_and_tell(&self, mut ledger: MutexGuard<'_, Ledger>) {
        self.publish(&ledger);
        let changes = self.changes(&mut ledger);
        drop(ledger);
        self.tell(changes);
    }

    async fn write_lock(&self) -> Result<Lock, Error> {
        let until = Instant::now() + self.lock_wait();
        loop {
            if let Some(lock) = self.store.try_write_lock()? {
                return Ok(lock);
            }
            if Instant::now() >= until {
                lock(&self.ledger).waited_in_vain = Some(Instant::now());
                return Err(Error::storage(
                    Status::StorageBusy,
                    "another process has held the lock of the licence state for 2 s",
                ));
            }
            tokio::time::sleep(LOCK_POLL).await;
        }
    }

    fn lock_wait(&self) -> Duration {
        let before = lock(&self.ledger).waited_in_vain;
        match before.is_some_and(|at| at.elapsed() < LOCK_WAIT) {
            true => LOCK_WAIT_AGAIN,
            false => LOCK_WAIT,
        }
    }

    fn noted(&self, loaded: Loaded) -> Loaded {
        let mut ledger = lock(&self.ledger);
        let said = std::mem::replace(&mut ledger.noted, loaded.notes.clone());
        ledger.unread = loaded.unread.clone();
        drop(ledger);
        let is_new = |note: &&Note| loaded.unread.is_none() || !said.contains(note);
        for note in loaded.notes.iter().filter(is_new) {
            self.log.warn(|| format!("licence state: {note}"));
        }
        loaded
    }

    fn publish(&self, ledger: &Ledger) {
        let snapshot = Snapshot::of(&ledger.suite, &self.config.policy);
        let span = snapshot.certain_span(self.clock.local());
        self.published.publish(snapshot);
        if let Some(window) = ledger.window {
            let (from, until) = span.unwrap_or((0, 0));
            window.set(from, until);
        }
    }

    /// Publishes into memory that outlives the client, from now on into this.
    pub fn attach_window(&self, window: &'static Window) {
        let mut ledger = lock(&self.ledger);
        ledger.window = Some(window);
        self.publish(&ledger);
    }

    /// The time that is believed.
    pub fn believed(&self, suite: &Suite) -> Option<i64> {
        suite.clock_for(&self.config.policy).now(self.clock.local())
    }

    pub fn verdict(&self, suite: &Suite, code: &str) -> Verdict {
        suite.licenses.get(code).map_or(Verdict::None, |facts| {
            Judged::new(facts, &self.config.policy).verdict(self.believed(suite))
        })
    }

    fn verdicts(&self, suite: &Suite) -> BTreeMap<String, Verdict> {
        let now = self.believed(suite);
        suite
            .licenses
            .iter()
            .map(|(code, facts)| {
                let judged = Judged::new(facts, &self.config.policy);
                (code.clone(), judged.verdict(now))
            })
            .collect()
    }

    /// The verdicts that the program does not know of yet, which it is about to be told.
    fn changes(&self, ledger: &mut Ledger) -> Vec<Change> {
        let current = self.verdicts(&ledger.suite);
        let earlier = std::mem::replace(&mut ledger.announced, current);
        let current = &ledger.announced;
        let codes: BTreeSet<&String> = earlier.keys().chain(current.keys()).collect();
        let verdict = |of: &BTreeMap<String, Verdict>, code: &String| {
            of.get(code).copied().unwrap_or(Verdict::None)
        };
        codes
            .into_iter()
            .map(|code| Change {
                code: code.clone(),
                before: verdict(&earlier, code),
                after: verdict(current, code),
            })
            .filter(|change| change.before != change.after)
            .collect()
    }

    fn tell(&self, changes: Vec<Change>) {
        for Change {
            code,
            before,
            after,
        } in changes
        {
            let (shown, was, is) = (masked(&code), before.name(), after.name());
            self.log.info(|| format!("licence {shown}: {was} -> {is}"));
            self.raise(event::license_changed(&code, before, after));
        }
    }

    pub fn raise(&self, event: Event) {
        if let Some(dropped) = self.life.hub.raise(event) {
            self.log
                .warn(|| format!("nobody took the oldest event in time; {dropped} dropped so far"));
        }
    }
}
