//! Events: the program's callback, polling, waking.

use super::boundary::on_client;
use super::strings;
use super::types::{
    UserData, isc_client, isc_event_callback, isc_event_type, isc_free_callback, isc_status,
    isc_wakeup_callback,
};
use crate::events::{Event, Receiver, Wake};
use crate::{Error, Status};
use std::ffi::{c_char, c_void};
use std::sync::Arc;
use std::time::Duration;

/// Never raised by this version.
pub const ISC_EVENT_UNKNOWN: isc_event_type = 0;
/// `Heartbeat`: a check was made, in the background or by isc_heartbeat().
///
/// `params`: `Status`, `License`, `LicenseStatus`, `ExpireTime`; `ErrorCode` and `ErrorMsg`, always there: 0 and empty
/// after a success.
pub const ISC_EVENT_HEARTBEAT: isc_event_type = 1;
/// `LicenseVerify`: answer to isc_request_license_string() or isc_request_license_file(). Verify what came, then call
/// isc_notify_license_verified().
///
/// `params`: `Status`; `LicenseType`, `string` or `file`; after a success `LicenseContent`, the code (type `string`), or
/// `LicenseFilePath`, the file's path (type `file`); after a failure `ErrorCode`, `ErrorMsg`.
pub const ISC_EVENT_LICENSE_VERIFY: isc_event_type = 2;
/// `LicenseChanged`: a verdict changed after isc_init().
///
/// `params`: `License`; `Previous` and `Current`, the two verdicts; `Licensed`, `"true"` where the code is licensed now.
pub const ISC_EVENT_LICENSE_CHANGED: isc_event_type = 3;
/// `LicenseExpiring`: once each when 30, 7 and 1 day are left, and at most once a day, among all processes of the state
/// folder. One that the program was not told, since it ended before, is raised again at its next start.
///
/// `params`: `License`, `ExpireTime`; `Days`, number, 1 to 30: the days left, a begun one counted.
pub const ISC_EVENT_LICENSE_EXPIRING: isc_event_type = 4;
/// `UpgradeNotice`: answer to isc_check_new_versions().
///
/// `params`: `available`, `"true"` where there is a version to upgrade to; then also `Version`, and `Forced`, `"true"`
/// where the user is not asked. Where it could not be found out, `available` is `"false"`, with `ErrorCode`, `ErrorMsg`.
pub const ISC_EVENT_UPGRADE_NOTICE: isc_event_type = 5;
/// `Update`: a new version exists. Comes after its `UpgradeNotice`; where it is not forced, ask the user,
/// then call isc_upgrade_notify().
///
/// `params`: `fromForceWin`, `"true"` where the upgrade is forced; `Version`; `Notes`, the feed's text about it, may be
/// empty.
pub const ISC_EVENT_UPDATE: isc_event_type = 6;
/// `UpgradeProgress`: how far an upgrade is, of a download at most ten times a second, of a new `Stage` at once; its result is
/// told by a later start.
///
/// `params`: `Downloaded` and `Total`, numbers, bytes of the package; `Percent`, number, 0 to 100, of its download;
/// `Version`; `Stage`, one of
///
/// - `downloading`, `verifying`: on its way
/// - `staged`: will be installed after the program has ended
/// - `failed`: not brought, with `ErrorCode`, `ErrorMsg`; `Downloaded` is what is kept of it, and isc_upgrade_notify()
///   with 1 tries again
/// - `installed`; `install_failed`, with `ErrorCode`, `ErrorMsg`: told by a later start
/// - `needs_admin`: an administrator has to run or agree to the installer, with `ErrorCode`, `ErrorMsg`
///
/// A later start that tells of the installer counts no bytes: `Downloaded` and `Total` are 0, and `Percent` is 100 with
/// `installed`, else 0.
pub const ISC_EVENT_UPGRADE_PROGRESS: isc_event_type = 7;
/// Reserved.
pub const ISC_EVENT_OPEN_CLOUD_FILE_RESULT: isc_event_type = 16;
/// Reserved.
pub const ISC_EVENT_SAVE_RESULT: isc_event_type = 17;
/// Reserved.
pub const ISC_EVENT_UPLOAD_BEGIN: isc_event_type = 18;
/// Reserved.
pub const ISC_EVENT_UPLOAD_END: isc_event_type = 19;
/// Reserved.
pub const ISC_EVENT_CLIENT_CLOSED: isc_event_type = 20;

type Callback = unsafe extern "C" fn(isc_event_type, *const c_char, *mut c_void);
type Free = unsafe extern "C" fn(*mut c_void);

/// The program's callback with what belongs to it.
struct Registered {
    call: Callback,
    user_data: UserData,
    free: Option<Free>,
}

impl Receiver<Event> for Registered {
    fn receive(&self, event: &Event) {
        let message = strings::for_callback(&event.message);
        // SAFETY: the program's own function, called as documented.
        unsafe { (self.call)(event.kind.code(), message.as_ptr(), self.user_data.get()) };
    }

    fn retire(&self) {
        if let Some(free) = self.free {
            // SAFETY: the program's own function; the hub retires a receiver exactly once.
            unsafe { free(self.user_data.get()) };
        }
    }
}

/// Sets who receives the client's events; an earlier one is replaced as by isc_unregister_event_callback(). Events raised
/// while nobody is registered wait, at most 256.
///
/// With ISC_OPT_DELIVERY `thread`, the default, a thread of the client runs the callback; with `poll` it runs only inside
/// isc_poll_events(). It is never called after the end of the registration was answered with ISC_OK to another thread.
///
/// \param c               the client
/// \param cb              called for each event, see isc_event_callback
/// \param user_data       passed on
/// \param user_data_free  frees `user_data`: called exactly once, after the last event and before that ISC_OK, by the
///                        client's thread or, with `poll`, by the one that ends the registration. May be NULL.
///
/// \return ISC_OK; ISC_OK_DEFERRED inside the callback, which the replacement then follows; ISC_ERR_TIMEOUT where the earlier
///         callback does not return within 5 seconds: it receives nothing further, the new one takes over when it returns.
///         These three took `user_data`. The failures did not, and do not call `user_data_free`: ISC_ERR_INVALID_ARGUMENT
///         where `cb` is NULL, ISC_ERR_INVALID_HANDLE, ISC_ERR_CLOSED.
///
/// Any thread; at most 5 seconds, at once where no callback runs.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isc_register_event_callback(
    c: *mut isc_client,
    cb: isc_event_callback,
    user_data: *mut c_void,
    user_data_free: isc_free_callback,
) -> isc_status {
    let user_data = UserData(user_data);
    on_client("isc_register_event_callback", c, |client| {
        let call = cb.ok_or_else(|| Error::argument("cb is NULL"))?;
        client.register(Arc::new(Registered {
            call,
            user_data,
            free: user_data_free,
        }))
    })
}

/// Ends the registration: waits for a callback that is running, then has `user_data_free` called. Events raised from then
/// on wait for the next registration. Nobody registered: ISC_OK.
///
/// \param c  the client
///
/// \return ISC_OK: no further call will come; ISC_OK_DEFERRED inside the callback: takes effect when that returns;
///         ISC_ERR_TIMEOUT: the callback does not return; nothing further is delivered, and the rest follows when it does;
///         ISC_ERR_INVALID_HANDLE; ISC_ERR_CLOSED.
///
/// Any thread; at most 5 seconds.
#[unsafe(no_mangle)]
pub extern "C" fn isc_unregister_event_callback(c: *mut isc_client) -> isc_status {
    on_client("isc_unregister_event_callback", c, |client| {
        client.unregister()
    })
}

/// Runs the event callback on the calling thread, with ISC_OPT_DELIVERY `poll`: waits for a first event, then delivers
/// those that are queued at that moment.
///
/// \param c           the client
/// \param timeout_ms  most milliseconds to wait for a first event; 0 = do not wait
/// \param delivered   receives how many events were delivered; may be NULL
///
/// \return ISC_OK, also where none came; ISC_ERR_REENTRANT inside the callback or while another thread polls;
///         ISC_ERR_UNSUPPORTED with delivery `thread`; ISC_ERR_CLOSED, also after a shutdown in the callback;
///         ISC_ERR_INVALID_HANDLE.
///
/// Any thread; `timeout_ms` and what the callbacks take.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isc_poll_events(
    c: *mut isc_client,
    timeout_ms: u32,
    delivered: *mut u32,
) -> isc_status {
    let tell = |count: u32| {
        if !delivered.is_null() {
            // SAFETY: the caller's address is writable; a misaligned one is borne with.
            unsafe { delivered.write_unaligned(count) };
        }
    };
    tell(0);
    on_client("isc_poll_events", c, |client| {
        let count = client.poll(Duration::from_millis(timeout_ms.into()))?;
        tell(count);
        Ok(Status::Ok)
    })
}

/// Sets who is told that events wait, with ISC_OPT_DELIVERY `poll`: called once whenever the queue becomes non-empty, on
/// any thread, so that the program's own loop can call isc_poll_events().
///
/// \param c          the client
/// \param wake       may only post a message to the program's loop; NULL = nobody, the default
/// \param user_data  passed on; must stay valid until it was replaced with ISC_OK or shutdown answered ISC_OK
///
/// \return ISC_OK; ISC_OK_DEFERRED inside `wake`; ISC_ERR_TIMEOUT where an earlier one does not return;
///         ISC_ERR_UNSUPPORTED where ISC_OPT_DELIVERY is not `poll`; ISC_ERR_INVALID_HANDLE; ISC_ERR_CLOSED.
///
/// Any thread; at most 5 seconds, at once where none is running.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn isc_set_wakeup(
    c: *mut isc_client,
    wake: isc_wakeup_callback,
    user_data: *mut c_void,
) -> isc_status {
    let user_data = UserData(user_data);
    on_client("isc_set_wakeup", c, |client| {
        let wake = wake.map(|wake| -> Wake {
            // SAFETY: the program's own function, called as documented.
            Arc::new(move || unsafe { wake(user_data.get()) })
        });
        client.set_wake(wake)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::{EventType, event};
    use crate::license::Verdict;

    #[test]
    fn the_constants_are_the_numbers_of_the_library() {
        let pairs = [
            (ISC_EVENT_UNKNOWN, EventType::Unknown),
            (ISC_EVENT_HEARTBEAT, EventType::Heartbeat),
            (ISC_EVENT_LICENSE_VERIFY, EventType::LicenseVerify),
            (ISC_EVENT_LICENSE_CHANGED, EventType::LicenseChanged),
            (ISC_EVENT_LICENSE_EXPIRING, EventType::LicenseExpiring),
            (ISC_EVENT_UPGRADE_NOTICE, EventType::UpgradeNotice),
            (ISC_EVENT_UPDATE, EventType::Update),
            (ISC_EVENT_UPGRADE_PROGRESS, EventType::UpgradeProgress),
            (
                ISC_EVENT_OPEN_CLOUD_FILE_RESULT,
                EventType::OpenCloudFileResult,
            ),
            (ISC_EVENT_SAVE_RESULT, EventType::SaveResult),
            (ISC_EVENT_UPLOAD_BEGIN, EventType::UploadBegin),
            (ISC_EVENT_UPLOAD_END, EventType::UploadEnd),
            (ISC_EVENT_CLIENT_CLOSED, EventType::ClientClosed),
        ];
        for (number, kind) in pairs {
            assert_eq!(number, kind.code());
        }
    }

    /// The comment that stands before a line of the header.
    fn comment_before(line: &str) -> &'static str {
        let (before, _) = include_str!("../../include/iscdesk.h")
            .split_once(line)
            .expect(line);
        &before[before.rfind("/**").unwrap()..]
    }

    #[test]
    fn the_header_names_every_member_of_every_message() {
        let error = Error::unsupported("");
        let failure = || (&error, "why");
        let announced = event::Announced {
            code: "PL1".into(),
            notice: Default::default(),
        };
        let events = [
            event::heartbeat("PL1", Verdict::Alive, 1, Some(failure())),
            event::license_verify_string(Ok("PL1")),
            event::license_verify_file(Ok("a.lic")),
            event::license_verify_file(Err(failure())),
            event::license_changed("PL1", Verdict::Offline, Verdict::Alive),
            event::license_expiring(announced, 7),
            event::upgrade_notice(Ok(Some(("2.0", true)))),
            event::upgrade_notice(Err(failure())),
            event::update("2.0", false, "faster"),
            event::upgrade_progress("2.0", event::Stage::Failed, (1, 3), Some(failure())),
        ];
        let common = comment_before("typedef int32_t isc_event_type;");
        let mut numbers = std::collections::BTreeSet::new();
        for told in events {
            let message: serde_json::Value = serde_json::from_str(&told.message).unwrap();
            let operate = message["operate"].as_str().unwrap();
            let upper = operate.chars().flat_map(|c| match c.is_uppercase() {
                true => vec!['_', c],
                false => vec![c.to_ascii_uppercase()],
            });
            let name: String = upper.collect();
            let comment = comment_before(&format!("#define ISC_EVENT{name} "));
            assert!(comment.contains(&format!("`{operate}`")), "{operate}");
            for (member, value) in message["params"].as_object().unwrap() {
                assert!(
                    comment.contains(&format!("`{member}`")),
                    "{operate}.{member}"
                );
                if value.is_number() {
                    numbers.insert(member.clone());
                }
            }
        }
        // Which of them are numbers is said where they are described.
        let said = "ErrorCode ExpireTime Days Downloaded Total Percent";
        let said = said.split(' ').map(str::to_owned).collect();
        assert_eq!(numbers, said);
        assert!(common.contains("`ExpireTime`: number"));
    }

    #[test]
    fn the_header_names_every_stage() {
        use event::Stage::*;
        let comment = comment_before("#define ISC_EVENT_UPGRADE_PROGRESS ");
        let all = [
            Downloading,
            Verifying,
            Staged,
            Failed,
            Installed,
            InstallFailed,
            NeedsAdmin,
        ];
        for stage in all {
            assert!(
                comment.contains(&format!("`{}`", stage.name())),
                "{stage:?}"
            );
        }
    }

    /// What a program keeps: messages received, times freed.
    #[derive(Default)]
    struct Program {
        received: Vec<(i32, String)>,
        freed: u32,
    }

    unsafe extern "C" fn receive(kind: i32, message: *const c_char, program: *mut c_void) {
        // SAFETY: the test passes a Program and a string.
        let (program, message) = unsafe {
            (
                &mut *program.cast::<Program>(),
                std::ffi::CStr::from_ptr(message),
            )
        };
        let message = message.to_str().unwrap().to_owned();
        program.received.push((kind, message));
    }

    unsafe extern "C" fn free(program: *mut c_void) {
        // SAFETY: the test passes a Program.
        unsafe { (*program.cast::<Program>()).freed += 1 };
    }

    #[test]
    fn a_receiver_hands_on_what_it_is_given() {
        let mut program = Program::default();
        let user_data = UserData((&raw mut program).cast());
        let registered = Registered {
            call: receive,
            user_data,
            free: Some(free),
        };
        registered.receive(&Event {
            kind: EventType::Update,
            message: "{\"授权\":1}".into(),
            announces: None,
        });
        registered.retire();
        assert_eq!(program.received, [(6, "{\"授权\":1}".to_owned())]);
        assert_eq!(program.freed, 1);
    }
}
