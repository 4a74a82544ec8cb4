//! Announcements of expiries: raised when their day has come, noted in the state when the program is told.
//!
//! Not before that: an event that still waits when the program ends is lost, and has to be raised again at the next
//! start. It is noted in memory right before the callback runs, so that a callback which ends the client tells it once,
//! and written by the worker.

use super::core::Core;
use crate::events::event::{self, Announced};
use crate::events::{Delivery, Event, Receiver};
use crate::license::suite::ExpiryNotice;
use crate::license::verdict::Judged;
use crate::license::{Suite, expiring};
use crate::sync::lock;
use std::sync::{Arc, Weak};

impl Core {
    /// Raises what has come near and was neither told nor raised yet.
    pub fn announce_expiries(&self) {
        for (code, notice, days) in self.take_due_notices() {
            let announced = Announced { code, notice };
            self.raise(event::license_expiring(announced, days));
        }
    }

    fn take_due_notices(&self) -> Vec<(String, ExpiryNotice, i64)> {
        let mut ledger = lock(&self.ledger);
        let Some(now) = self.believed(&ledger.suite) else {
            return Vec::new();
        };
        let due: Vec<_> = ledger
            .suite
            .licenses
            .iter()
            .filter(|(code, _)| self.verdict(&ledger.suite, code).is_licensed())
            .filter_map(|(code, facts)| {
                let expires_at = Judged::new(facts, &self.config.policy).expiry(Some(now));
                let day = self.config.policy.day;
                let due = |last| expiring::due_notice(expires_at, now, day, last);
                due(ledger.expiries_raised.get(code))?;
                let notice = due(ledger.suite.expiry_notices.get(code))?;
                Some((code.clone(), notice, expiring::days_left(expires_at, now)))
            })
            .collect();
        for (code, notice, _) in &due {
            ledger.expiries_raised.insert(code.clone(), *notice);
        }
        due
    }

    /// Notes that the program is told. False where it was already, by another process.
    fn note_told(self: &Arc<Core>, told: &Announced) -> bool {
        let news = {
            let suite = &lock(&self.ledger).suite;
            let last = suite.expiry_notices.get(&told.code);
            !last.is_some_and(|last| last.covers(&told.notice))
        };
        if news {
            self.change_unsaved(|suite: &mut Suite| {
                suite.expiry_notices.insert(told.code.clone(), told.notice);
            });
            let core = self.clone();
            // Without a worker the client is ending, and saves what is left by itself.
            let _ = self.put(Box::pin(async move { core.save_now().await }));
        }
        news
    }

    async fn save_now(&self) {
        let unsaved = lock(&self.ledger).unsaved;
        if unsaved {
            // A failure is in the log, and saving is tried again with the next change.
            let _ = self.change(|_| ()).await;
        }
    }
}

/// The program's receiver, and who notes what it is told.
pub struct Noting {
    receiver: Arc<dyn Receiver<Event>>,
    core: Weak<Core>,
}

impl Noting {
    pub fn new(receiver: Arc<dyn Receiver<Event>>, core: &Arc<Core>) -> Noting {
        Noting {
            receiver,
            core: Arc::downgrade(core),
        }
    }
}

impl Receiver<Event> for Noting {
    fn receive(&self, event: &Event) {
        let (Some(told), Some(core)) = (&event.announces, self.core.upgrade()) else {
            return self.receiver.receive(event);
        };
        if !core.note_told(told) {
            return;
        }
        self.receiver.receive(event);
        // The worker may have ended, and saved, while the event was on its way. No disk on a thread of the program's.
        if core.life.is_closing() && core.config.delivery == Delivery::Thread {
            core.save_unsaved();
        }
    }

    fn retire(&self) {
        self.receiver.retire();
    }
}
