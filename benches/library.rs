//! The numbers of the product, measured on the release library itself as a program loads it.
//!
//! `cargo bench --bench library` builds the library, then prints, beside criterion's own lines, one line `number: …` for
//! each figure of the table in the README. Figures that are compared are measured in the same run: the reads beside the
//! bare coarse clock, which is most of what they cost. Where valgrind is installed, instructions per call are counted too,
//! which do not depend on the machine's load.

#[path = "library/counted.rs"]
mod counted;
#[path = "library/loaded.rs"]
mod loaded;
#[path = "library/server.rs"]
mod server;

use criterion::Criterion;
use loaded::{Client, Library};
use server::{Server, Temper};
use std::hint::black_box;
use std::time::{Duration, Instant};

const CODE: &std::ffi::CStr = c"BENCH-CODE-0001";

fn main() {
    if let Some((what, count)) = counted::asked_for() {
        return counted::run(&what, count);
    }
    let library = loaded::build();
    println!(
        "number: size {} bytes",
        std::fs::metadata(&library).unwrap().len()
    );
    let mut criterion = Criterion::default().configure_from_args();
    loading(&mut criterion, &library);
    let folder = tempfile::tempdir().unwrap();
    reads(&mut criterion, &library, folder.path());
    init(&mut criterion, &library, folder.path());
    idle_threads(&library, folder.path());
    ending(&library, folder.path());
    counted::all(&library, folder.path());
    criterion.final_summary();
}

/// dlopen and dlclose; the library has to be gone afterwards.
fn loading(criterion: &mut Criterion, path: &std::path::Path) {
    criterion.bench_function("load and unload", |bench| {
        bench.iter(|| drop(Library::load(path)));
    });
    assert!(!loaded::is_mapped(path), "the library stays mapped");
    println!("number: unloaded yes");
}

fn reads(criterion: &mut Criterion, path: &std::path::Path, folder: &std::path::Path) {
    let server = Server::start(Temper::Kind);
    let library = Library::load(path);
    let client = Client::init(&library, &server.url(), folder);
    assert_eq!(client.activate(CODE), 0);
    assert_eq!(client.is_licensed(None), 1);
    assert_eq!(client.is_licensed(Some(CODE)), 1);
    criterion.bench_function("bare coarse clock", |bench| {
        bench.iter(loaded::coarse_clock)
    });
    criterion.bench_function("isc_is_licensed(c, NULL)", |bench| {
        bench.iter(|| client.is_licensed(black_box(None)));
    });
    criterion.bench_function("isc_is_licensed(c, code)", |bench| {
        bench.iter(|| client.is_licensed(black_box(Some(CODE))));
    });
    criterion.bench_function("isc_is_licensed(c, unknown code)", |bench| {
        bench.iter(|| client.is_licensed(black_box(Some(c"NO-SUCH-CODE"))));
    });
    client.shutdown(5000);
}

/// With a state file, and a server that never answers.
fn init(criterion: &mut Criterion, path: &std::path::Path, folder: &std::path::Path) {
    let server = Server::start(Temper::Mute);
    let library = Library::load(path);
    criterion.bench_function("isc_init with a state, network silent", |bench| {
        bench.iter_custom(|rounds| {
            let mut total = Duration::ZERO;
            for _ in 0..rounds {
                let begun = Instant::now();
                let client = Client::init(&library, &server.url(), folder);
                total += begun.elapsed();
                assert_eq!(client.is_licensed(None), 1);
                drop(client);
            }
            total
        });
    });
}

fn idle_threads(path: &std::path::Path, folder: &std::path::Path) {
    let server = Server::start(Temper::Kind);
    let before = loaded::threads();
    let library = Library::load(path);
    println!(
        "number: threads before isc_init {}",
        loaded::threads() - before
    );
    let client = Client::init(&library, &server.url(), folder);
    client.register_nothing();
    let woken = || loaded::wakeups("iscdesk-");
    assert_eq!(client.heartbeat(), 3);
    let (threads, first) = (loaded::threads() - before, woken());
    std::thread::sleep(Duration::from_secs(5));
    println!("number: threads when idle {threads}");
    println!("number: wake-ups in 5 s idle {}", woken() - first);
    drop(client);
}

/// Callers blocked on a mute server, and the shutdown itself.
fn ending(path: &std::path::Path, folder: &std::path::Path) {
    let library = Library::load(path);
    let (mut slowest_caller, mut slowest_shutdown) = (Duration::ZERO, Duration::ZERO);
    for _ in 0..20 {
        let server = Server::start(Temper::Mute);
        let client = Client::init(&library, &server.url(), folder);
        std::thread::scope(|scope| {
            let callers: Vec<_> = (0..4)
                .map(|_| {
                    scope.spawn(|| {
                        let status = client.query(CODE);
                        (status, Instant::now())
                    })
                })
                .collect();
            server.wait_for(4);
            let begun = Instant::now();
            assert_eq!(client.shutdown(5000), 0);
            slowest_shutdown = slowest_shutdown.max(begun.elapsed());
            for caller in callers {
                let (status, woken) = caller.join().unwrap();
                assert_eq!(status, -5);
                slowest_caller = slowest_caller.max(woken.saturating_duration_since(begun));
            }
        });
    }
    println!("number: slowest caller woken after {slowest_caller:?} (of 80)");
    println!("number: slowest shutdown with requests in flight {slowest_shutdown:?} (of 20)");
}
