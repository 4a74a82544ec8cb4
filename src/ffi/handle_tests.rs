//! The table by itself: what is valid, and for how long.

use super::*;
use std::sync::atomic::AtomicBool;

struct Thing(AtomicBool);

impl Object for Thing {
    const KIND: Kind = Kind::Client;
}

struct Other;

impl Object for Other {
    const KIND: Kind = Kind::Options;
}

/// Tells when it is freed.
impl Drop for Thing {
    fn drop(&mut self) {
        self.0.store(true, SeqCst);
    }
}

fn thing() -> usize {
    reserve().unwrap().fill(Arc::new(Thing(false.into())), 3)
}

#[test]
fn a_handle_is_valid_until_it_is_retired_and_then_never_again() {
    let handle = thing();
    let (object, generation) = get::<Thing>(handle).unwrap();
    assert_eq!(generation, 3);
    let retired = retire::<Thing>(handle, 3).unwrap();
    assert!(get::<Thing>(handle).is_none());
    assert!(retire::<Thing>(handle, 3).is_none());
    drop(retired);
    assert!(!object.0.load(SeqCst), "a reference outlives the handle");
    assert_eq!(Arc::strong_count(&object), 1);
    for _ in 0..2 * HERE.places() {
        let next = thing();
        assert_ne!(next, handle);
        retire::<Thing>(next, 3);
    }
    assert!(get::<Thing>(handle).is_none());
}

#[test]
fn what_is_no_handle_is_none() {
    let handle = thing();
    let local = 0_u64;
    let boxed = Box::new(0_u64);
    let mut invented = vec![
        0,
        usize::MAX,
        (&raw const local).addr(),
        (&raw const *boxed).addr(),
        (&raw const TABLE).addr(),
        FREE,
        TAKEN,
    ];
    invented.extend(1..5000);
    invented.extend((1..5000).map(|by| handle.wrapping_add(by)));
    invented.extend((1..5000).map(|by| handle.wrapping_sub(by)));
    invented.extend((0..usize::BITS).map(|bit| handle ^ 1 << bit));
    for value in invented {
        assert!(get::<Thing>(value).is_none(), "{value:#x}");
        assert!(peek::<Thing, ()>(value, |_| ()).is_none(), "{value:#x}");
        assert!(!is_open::<Thing>(value, || 0), "{value:#x}");
        assert!(retire::<Thing>(value, 3).is_none(), "{value:#x}");
    }
    assert!(get::<Other>(handle).is_none(), "of another kind");
    assert!(retire::<Other>(handle, 3).is_none(), "of another kind");
    assert!(get::<Thing>(handle).is_some());
    retire::<Thing>(handle, 3);
}

#[test]
fn another_generation_is_left_alone() {
    let handle = thing();
    let (object, _) = get::<Thing>(handle).unwrap();
    assert!(retire::<Thing>(handle, 4).is_none());
    assert!(get::<Thing>(handle).is_none(), "invalid all the same");
    assert_eq!(
        Arc::strong_count(&object),
        2,
        "the table's is not given back"
    );
}

#[test]
fn a_place_is_given_back_when_nothing_comes_of_it() {
    let table: Box<Table<4>> = Box::new(Table::new());
    let taken: Vec<_> = (0..4).map(|_| table.take(Kind::Client).unwrap()).collect();
    assert_eq!(table.take(Kind::Client), None, "all are taken");
    let mut places: Vec<usize> = taken.iter().map(|(place, _)| *place).collect();
    places.sort_unstable();
    assert_eq!(places, [0, 1, 2, 3]);
    table.places[2].value.store(FREE, SeqCst);
    assert_eq!(table.take(Kind::Options).unwrap().0, 2);
    // Of the one table: more often than it has places.
    for _ in 0..2 * HERE.places() {
        drop(reserve::<Thing>().unwrap());
    }
}

#[test]
fn serial_numbers_end_and_do_not_begin_again() {
    let table: Box<Table<4>> = Box::new(Table::new());
    let first = table.next_serial().unwrap();
    assert_eq!(table.next_serial(), Some(first + 1));
    table.issued.store(HERE.serials() as usize, SeqCst);
    assert_eq!(table.next_serial(), None);
    assert_eq!(table.take(Kind::Client), None);
}

#[test]
fn a_window_counts_only_with_its_handle() {
    let reserved = reserve::<Thing>().unwrap();
    let window = reserved.window();
    window.set(10, 20);
    let handle = reserved.fill(Arc::new(Thing(false.into())), 0);
    assert!(is_open::<Thing>(handle, || 15));
    assert!(!is_open::<Thing>(handle, || 20));
    assert!(!is_open::<Other>(handle, || 15));
    let retired = retire::<Thing>(handle, 0).unwrap();
    assert!(!is_open::<Thing>(handle, || 15));
    retired.window().set(0, 0);
}

/// Readers on all sides while handles come and go: nobody ever reaches a freed object.
#[test]
fn readers_and_releasers_at_once() {
    let current = AtomicUsize::new(thing());
    let done = AtomicBool::new(false);
    let read = || {
        let mut found = 0_u32;
        while !done.load(SeqCst) {
            let handle = current.load(Relaxed);
            let alive = peek(handle, |thing: &Thing| !thing.0.load(SeqCst));
            assert_ne!(alive, Some(false), "freed while pinned");
            if let Some((object, _)) = get::<Thing>(handle) {
                assert!(!object.0.load(SeqCst), "freed while referenced");
                found += 1;
            }
        }
        found
    };
    std::thread::scope(|scope| {
        let readers: Vec<_> = (0..3).map(|_| scope.spawn(read)).collect();
        for _ in 0..20_000 {
            let earlier = current.swap(thing(), Relaxed);
            assert!(retire::<Thing>(earlier, 3).is_some());
        }
        done.store(true, SeqCst);
        let found: u32 = readers.into_iter().map(|r| r.join().unwrap()).sum();
        assert!(found > 0, "the readers never met an object");
    });
    retire::<Thing>(current.load(SeqCst), 3);
}

/// Of several who release at once, one gets the object.
#[test]
fn one_release_wins() {
    for _ in 0..2_000 {
        let handle = thing();
        let release = || retire::<Thing>(handle, 3).is_some();
        let wins = std::thread::scope(|scope| {
            let both = [scope.spawn(release), scope.spawn(release)];
            both.map(|thread| u32::from(thread.join().unwrap()))
        });
        assert_eq!(wins.iter().sum::<u32>(), 1);
    }
}
