//! Checked handles: a table in static memory, in which a handle either has its place or means nothing.
//!
//! A handle is a number ([`super::layout`]) that is looked up and never followed, so whatever a program passes is safe.
//! A reader *pins* the place, looks whether the handle still stands there, uses the object or takes a reference of its
//! own, and unpins; nobody takes a lock. Retiring first removes the number, so that the handle is invalid at once for
//! everybody, then waits for the pins of those who had just looked: a few instructions of theirs.
//!
//! The order that this relies on: a reader writes its pin, then reads the number; who retires writes the number, then
//! reads the pins. With both sides sequentially consistent, at least one of them sees the other.
//!
//! Each place carries a [`Window`] that its client publishes into: the fastest answer needs neither pin nor object.
//! That is sound because the table is never freed, and right because the number is looked at again afterwards.

use super::layout::{HERE, Kind, Layout, scramble};
use crate::client::window::Window;
use crate::{Cause, Error, Status};
use std::marker::PhantomData;
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicPtr, AtomicU32, AtomicUsize, Ordering::*};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// No handle ends in these bits.
const FREE: usize = 0;
const TAKEN: usize = 2;

/// Looks at pins before a waiting thread lets others run, and before it sleeps.
const SPINS: u32 = 64;
const YIELDS: u32 = 512;

/// What a handle can stand for.
pub trait Object: Send + Sync {
    const KIND: Kind;
}

/// A line of the cache of its own, so that clients do not slow each other down.
#[repr(align(64))]
struct Place {
    value: AtomicUsize,
    pins: AtomicU32,
    /// In which process of a line of forks it was made.
    generation: AtomicU32,
    object: AtomicPtr<()>,
    window: Window,
}

impl Place {
    const fn new() -> Place {
        Place {
            value: AtomicUsize::new(FREE),
            pins: AtomicU32::new(0),
            generation: AtomicU32::new(0),
            object: AtomicPtr::new(ptr::null_mut()),
            window: Window::closed(),
        }
    }
}

struct Table<const N: usize> {
    places: [Place; N],
    /// How many serial numbers were given out, and the first.
    issued: AtomicUsize,
    first: AtomicUsize,
}

static TABLE: Table<{ HERE.places() }> = Table::new();

/// A pinned place whose handle was found valid.
struct Pin<'a>(&'a Place);

impl Drop for Pin<'_> {
    fn drop(&mut self) {
        self.0.pins.fetch_sub(1, Release);
    }
}

impl<const N: usize> Table<N> {
    const fn new() -> Table<N> {
        Table {
            places: [const { Place::new() }; N],
            issued: AtomicUsize::new(0),
            first: AtomicUsize::new(0),
        }
    }

    fn place(&self, handle: usize, kind: Kind) -> Option<&Place> {
        if !Layout::is_of(handle as u64, kind) {
            return None;
        }
        self.places.get(HERE.place(handle as u64))
    }

    fn pin(&self, handle: usize, kind: Kind) -> Option<Pin<'_>> {
        let place = self.place(handle, kind)?;
        if place.value.load(Relaxed) != handle {
            return None;
        }
        place.pins.fetch_add(1, SeqCst);
        let pin = Pin(place);
        (place.value.load(SeqCst) == handle).then_some(pin)
    }

    /// True where the handle is valid and its window certainly holds `now`.
    fn is_open(&self, handle: usize, kind: Kind, now: impl FnOnce() -> i64) -> bool {
        let Some(place) = self.place(handle, kind) else {
            return false;
        };
        place.value.load(Acquire) == handle
            && place.window.contains(now())
            // Not another client's window meanwhile.
            && place.value.load(Acquire) == handle
    }

    /// Takes a free place and a serial number.
    fn take(&self, kind: Kind) -> Option<(usize, usize)> {
        let serial = self.next_serial()?;
        let start = serial as usize % N;
        let index = (start..N).chain(0..start).find(|&index| {
            let value = &self.places[index].value;
            value.load(Relaxed) == FREE
                && value.compare_exchange(FREE, TAKEN, SeqCst, Relaxed).is_ok()
        })?;
        Some((index, HERE.compose(serial, index, kind) as usize))
    }

    fn next_serial(&self) -> Option<u64> {
        let issued = self
            .issued
            .fetch_update(SeqCst, SeqCst, |n| {
                ((n as u64) < HERE.serials()).then_some(n + 1)
            })
            .ok()?;
        Some((self.first_serial() as u64).wrapping_add(issued as u64))
    }

    fn first_serial(&self) -> usize {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let chosen = scramble(now.map_or(1, |since| since.as_nanos() as u64)) as usize | 1;
        self.first
            .compare_exchange(0, chosen, SeqCst, SeqCst)
            .map_or_else(|earlier| earlier, |_| chosen)
    }
}

/// Waits until nobody is between the look at a handle and the use of its object.
fn wait_unpinned(place: &Place) {
    let mut looks = 0;
    while place.pins.load(SeqCst) != 0 {
        match looks {
            0..SPINS => std::hint::spin_loop(),
            SPINS..YIELDS => std::thread::yield_now(),
            // A reader of lower priority has to get its turn.
            _ => std::thread::sleep(Duration::from_millis(1)),
        }
        looks = looks.saturating_add(1);
    }
}

/// A place taken for an object that is still to be made.
pub struct Reserved<T> {
    index: usize,
    handle: usize,
    kind: PhantomData<T>,
}

/// Takes a place.
pub fn reserve<T: Object>() -> Result<Reserved<T>, Error> {
    let (index, handle) = TABLE.take(T::KIND).ok_or_else(|| {
        Error::new(
            Status::Limit,
            Cause::Handle,
            "no handle is left; release those that are no longer needed",
        )
    })?;
    Ok(Reserved {
        index,
        handle,
        kind: PhantomData,
    })
}

impl<T: Object> Reserved<T> {
    pub fn window(&self) -> &'static Window {
        &TABLE.places[self.index].window
    }

    /// Makes the handle valid.
    pub fn fill(self, object: Arc<T>, generation: u32) -> usize {
        let place = &TABLE.places[self.index];
        let handle = self.handle;
        place.generation.store(generation, Relaxed);
        place
            .object
            .store(Arc::into_raw(object).cast_mut().cast(), Relaxed);
        place.value.store(handle, SeqCst);
        std::mem::forget(self);
        handle
    }
}

impl<T> Drop for Reserved<T> {
    fn drop(&mut self) {
        TABLE.places[self.index].value.store(FREE, SeqCst);
    }
}

/// True where the handle is valid and its window certainly holds `now`. No lock, no count, nothing written.
pub fn is_open<T: Object>(handle: usize, now: impl FnOnce() -> i64) -> bool {
    TABLE.is_open(handle, T::KIND, now)
}

/// Runs `brief` on the object of a valid handle. Who releases the handle waits for it, so it must not wait itself.
pub fn peek<T: Object, R>(handle: usize, brief: impl FnOnce(&T) -> R) -> Option<R> {
    let pin = TABLE.pin(handle, T::KIND)?;
    let object: *const T = pin.0.object.load(Relaxed).cast();
    // SAFETY: the kind in the handle says that a `T` was stored; it stays until this pin is gone.
    let object = unsafe { &*object };
    Some(brief(object))
}

/// A reference to the object of a valid handle, which may outlive the handle, and the generation it was made in.
pub fn get<T: Object>(handle: usize) -> Option<(Arc<T>, u32)> {
    let pin = TABLE.pin(handle, T::KIND)?;
    let object: *const T = pin.0.object.load(Relaxed).cast();
    // SAFETY: `fill` stored it from an `Arc<T>` (the kind says so), whose reference the table keeps while pinned.
    let object = unsafe {
        Arc::increment_strong_count(object);
        Arc::from_raw(object)
    };
    Some((object, pin.0.generation.load(Relaxed)))
}

/// Makes a handle invalid for everybody. The first caller gets the object; the place is free again when the result is
/// dropped.
///
/// In another generation than the object's nothing is given back and nothing waited for: a thread that was pinned when
/// the parent forked never unpins here, nor do the object's own threads run.
pub fn retire<T: Object>(handle: usize, generation: u32) -> Option<Retired<T>> {
    let place = TABLE.place(handle, T::KIND)?;
    place
        .value
        .compare_exchange(handle, TAKEN, SeqCst, Relaxed)
        .ok()?;
    if place.generation.load(Relaxed) != generation {
        return None;
    }
    wait_unpinned(place);
    let object: *const T = place.object.swap(ptr::null_mut(), Relaxed).cast();
    // SAFETY: stored by `fill`; this thread alone removed the number, and nobody is pinned any more.
    let object = unsafe { Arc::from_raw(object) };
    Some(Retired { place, object })
}

/// An object whose handle is invalid.
pub struct Retired<T> {
    place: &'static Place,
    pub object: Arc<T>,
}

impl<T> Retired<T> {
    pub fn window(&self) -> &'static Window {
        &self.place.window
    }
}

impl<T> Drop for Retired<T> {
    fn drop(&mut self) {
        self.place.value.store(FREE, SeqCst);
    }
}

#[cfg(test)]
#[path = "handle_tests.rs"]
mod tests;
