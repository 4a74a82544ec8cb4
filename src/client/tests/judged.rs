//! A system that takes its time over a certificate, as Windows does where a firewall swallows its question whether it was
//! revoked.

use super::*;
use crate::Status;
use crate::client::worker;
use crate::marketplace::apart::tests::{judged_apart, stuck};
use crate::marketplace::reqwest_transport::sockets::tls_server;
use crate::sync::Deadline;
use std::sync::mpsc;

/// Less than a judgement is waited for where nobody gives up.
const LONG: Duration = Duration::from_secs(10);

/// The address of a TLS server that goes with `until`.
fn serve(until: tokio::sync::oneshot::Receiver<()>) -> String {
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let server = tls_server().await;
            tell.send(server.address.clone()).unwrap();
            // An error: whoever held the other end is gone.
            let _ = until.await;
        });
    });
    told.recv().unwrap()
}

#[test]
fn a_certificate_that_is_judged_slowly_does_not_hold_the_shutdown() {
    let (_running, until) = tokio::sync::oneshot::channel();
    let (judge, hold) = stuck();
    let endpoint = format!("https://{}", serve(until));
    let world = World::new().with_text(14, &endpoint);
    let surroundings = Surroundings {
        transport: Arc::new(move |_, _, threads| {
            Ok(Arc::new(judged_apart(judge.clone(), threads)))
        }),
        ..world.surroundings()
    };
    let client = Client::start(world.config(), surroundings).unwrap();
    let threads = client.core.lookups.clone();
    std::thread::scope(|scope| {
        let call = scope.spawn(|| client.activate("CODE-0001"));
        hold.wait_for_its_begin();
        assert_eq!(client.shutdown(LONG), Ok(Status::Ok));
        assert_eq!(call.join().unwrap().unwrap_err().status, Status::Closed);
    });
    assert_eq!(threads.count(), 1, "the system still judges");
    drop(hold);
    let deadline = Deadline::after(LONG);
    while !threads.is_empty() && !deadline.left().is_zero() {
        std::thread::yield_now();
        // As the next client of the process does.
        worker::join_leftovers();
    }
    assert!(threads.is_empty());
}
