//! An expiry that is near is told once, and not taken for told before it was.

use super::*;
use crate::Status;
use crate::sync::lock;
use std::sync::OnceLock;

/// Ends its client in the first event that it receives.
#[derive(Default)]
struct Ending {
    client: OnceLock<Client>,
    received: Collected,
}

impl Receiver<Event> for Ending {
    fn receive(&self, event: &Event) {
        self.received.receive(event);
        self.client.get().unwrap().shutdown(Duration::ZERO).unwrap();
    }

    fn retire(&self) {}
}

impl Ending {
    /// Lets a client end itself in its first event, which is of this kind.
    fn in_the_first(client: Client, kind: EventType) {
        let ending = Arc::new(Ending::default());
        let client = ending.client.get_or_init(|| client);
        client.register(ending.clone()).unwrap();
        ending.received.wait(kind, 1);
        let ended = client.shutdown(Duration::from_secs(20));
        assert_eq!(ended, Ok(crate::Status::Ok));
        assert_eq!(ending.received.kinds(), [kind]);
    }
}

/// A code that has been activated and, by what the marketplace says since, ends in five days.
fn nearly_over() -> World {
    let world = World::new();
    world.activated().shutdown(Duration::from_secs(5)).unwrap();
    world.days_later(1);
    world.market.set("CODE-0001", "ALIVE", T + 6 * DAY);
    world
}

/// What a client tells until it has answered a licence request, by which time all expiries are announced.
fn told(client: &Client) -> Vec<EventType> {
    let collected = Collected::of(client);
    client.request_license_string(None).unwrap();
    collected.wait(EventType::LicenseVerify, 1);
    collected.kinds()
}

#[test]
fn a_query_and_an_activation_raise_what_changed_only() {
    let world = World::new();
    world.market.set("CODE-0001", "NEW", T + 5 * DAY);
    let client = world.client();
    let raised = || !lock(&client.core.ledger).expiries_raised.is_empty();
    client.activate("CODE-0001").unwrap();
    client.query(None).unwrap();
    for _ in 0..20 {
        // The background, which they have nudged, has had its turns.
        client.core.call(|_, _| async { Ok(Status::Ok) }).unwrap();
    }
    assert!(!raised());
    client.heartbeat(None).unwrap();
    assert!(raised());
}

#[test]
fn what_waits_when_the_program_ends_is_told_at_its_next_start() {
    let world = nearly_over();
    let client = world.client();
    // Raises, in this order, LicenseChanged, Heartbeat and LicenseExpiring.
    client.heartbeat(None).unwrap();
    Ending::in_the_first(client, EventType::LicenseChanged);
    let next = world.client();
    assert!(told(&next).contains(&EventType::LicenseExpiring));
}

#[test]
fn a_program_that_ends_itself_when_it_is_told_was_told() {
    let world = nearly_over();
    let client = world.client();
    client.heartbeat(None).unwrap();
    client.shutdown(Duration::from_secs(5)).unwrap();
    Ending::in_the_first(world.client(), EventType::LicenseExpiring);
    let next = world.client();
    assert_eq!(told(&next), [EventType::LicenseVerify]);
}

#[test]
fn nobody_to_tell_is_nobody_told() {
    let world = nearly_over();
    for _ in 0..2 {
        let client = world.client();
        client.heartbeat(None).unwrap();
        client.shutdown(Duration::from_secs(5)).unwrap();
    }
    let client = world.client();
    let expiring = [EventType::LicenseExpiring, EventType::LicenseVerify];
    assert_eq!(told(&client), expiring);
    client.shutdown(Duration::from_secs(5)).unwrap();
    assert_eq!(told(&world.client()), [EventType::LicenseVerify]);
}

#[test]
fn what_another_process_told_meanwhile_is_not_told_again() {
    let world = nearly_over();
    let first = world.client();
    first.heartbeat(None).unwrap();
    let second = world.client();
    assert!(told(&second).contains(&EventType::LicenseExpiring));
    second.shutdown(Duration::from_secs(5)).unwrap();
    // The first has raised it as well, and had nobody to tell.
    first.list_licenses().unwrap();
    assert!(!told(&first).contains(&EventType::LicenseExpiring));
}
