//! The C++ headers, and above all the promise that a program written for the ISCDesk SDK compiles and runs as it is: the
//! sources in `tests/cpp` and two examples, linked either way, each with a hard time limit, against a sandbox and with
//! an `iscdesk.json` beside the program, where `Init` looks for it.

#![cfg(target_os = "linux")]

#[path = "support/cc.rs"]
mod cc;
#[path = "support/need.rs"]
mod need;
#[path = "support/programs.rs"]
mod programs;
#[path = "support/sandbox.rs"]
mod support;

use cc::{Language, Linkage, Ran};
use programs::{Link, Program};
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use support::Sandbox;
use tempfile::TempDir;

/// The licence of the documentation's sample message.
const CODE: &str = "0078369f54-a3ce-4dc7-8a62-904555416f9000";
const LIMIT: Duration = Duration::from_secs(120);
/// Valgrind takes twenty times as long.
const VALGRIND_LIMIT: Duration = Duration::from_secs(300);
const STANDARD: &str = "-std=c++11";
const COMPILERS: [&str; 2] = ["g++", "clang++"];
const HEADERS: [&str; 3] = [
    "iscdesk.hpp",
    "compat/SdkInvoker.h",
    "compat/IscdeskSdkIdl.h",
];
/// Paths of the documentation's includes, and what they stand for.
const DOCUMENTED: [(&str, &str); 2] = [
    ("IscdeskApi/Sdk/Include/interface/SdkInvoker.h", HEADERS[1]),
    ("IscdeskApi/Sdk/Include/sdk/IscdeskSdkIdl.h", HEADERS[2]),
];

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::start();
    sandbox.license(json!({"license": CODE, "product_id": "P1", "amount": 3}));
    sandbox
}

/// Writes the program's options into `folder`.
fn configure(sandbox: &Sandbox, folder: &Path, more: Value) -> PathBuf {
    let mut options = json!({
        "vendor": "Example Ltd", "product": "Example CAD", "version": "1.0",
        "endpoint": sandbox.http, "data_dir": folder.join("state"),
        "access_key": sandbox.access_key, "secret_key": sandbox.secret_key
    });
    for (name, value) in more.as_object().expect("an object") {
        options[name] = value.clone();
    }
    let path = folder.join("iscdesk.json");
    fs::write(&path, options.to_string()).expect("the folder can be written");
    path
}

/// Under the include paths of the documentation. Backslashes are separators to a compiler on Windows only; elsewhere they
/// are part of a file's name, which is allowed.
fn documented_includes() -> TempDir {
    let folder = TempDir::new().expect("a temporary folder");
    for (documented, ours) in DOCUMENTED {
        let text = format!("#include <{ours}>\n");
        fs::write(folder.path().join(documented.replace('/', "\\")), text).expect("a file");
    }
    folder
}

/// Compiles a source of `tests/cpp`.
fn build(compiler: &str, source: &str, flags: &[&str], link: Link) -> Program {
    let includes = documented_includes();
    let includes = format!("-I{}", includes.path().display());
    let flags = [&[STANDARD, "-Wshadow", "-pthread", &includes], flags].concat();
    programs::build(compiler, &format!("../cpp/{source}"), &flags, link)
}

/// Runs it, linked either way, each time with a fresh marketplace and computer. Returns what it said.
fn both_ways(source: &str) -> Vec<String> {
    if !need::need("c++") {
        return Vec::new();
    }
    let run = |link| {
        let program = build("c++", source, &[], link);
        let sandbox = sandbox();
        configure(&sandbox, program.folder(), json!({}));
        program.run(&[], LIMIT)
    };
    [Link::Shared, Link::Static].map(run).into()
}

fn by_valgrind(source: &str) {
    if need::need("c++") && need::need("valgrind") {
        let program = build("c++", source, &[], Link::Shared);
        let sandbox = sandbox();
        configure(&sandbox, program.folder(), json!({}));
        program.run_by_valgrind(&[], VALGRIND_LIMIT);
    }
}

#[test]
fn every_documented_sample_compiles_and_does() {
    both_ways("samples.cpp");
}

#[test]
fn every_plausible_event_function_is_taken() {
    both_ways("receivers.cpp");
}

#[test]
fn an_invoker_ends_and_begins_wherever_it_is_told() {
    for said in both_ways("invoker.cpp") {
        let told = "an exception left the event function: told to stderr";
        assert!(said.contains(told), "{said}");
    }
}

#[test]
fn a_client_of_the_cpp_header_does() {
    both_ways("client.cpp");
}

#[test]
fn the_other_compiler_agrees() {
    if need::need("clang++") {
        for source in ["samples.cpp", "receivers.cpp"] {
            let program = build("clang++", source, &[], Link::Shared);
            let sandbox = sandbox();
            configure(&sandbox, program.folder(), json!({}));
            program.run(&[], LIMIT);
        }
    }
}

#[test]
fn valgrind_finds_nothing_in_the_invoker() {
    by_valgrind("invoker.cpp");
}

#[test]
fn valgrind_finds_nothing_in_the_client() {
    by_valgrind("client.cpp");
}

#[test]
fn valgrind_finds_nothing_in_the_receivers() {
    by_valgrind("receivers.cpp");
}

/// Without options nothing starts, and says why.
#[test]
fn init_reads_iscdesk_json_beside_the_program() {
    if !need::need("c++") {
        return;
    }
    let program = build("c++", "init.cpp", &[], Link::Static);
    let missing = program.run(&[], LIMIT);
    assert!(missing.starts_with("-9 "), "{missing}");
    assert!(missing.contains("iscdesk.json"), "{missing}");
    configure(&sandbox(), program.folder(), json!({"offline_days": 999}));
    let wrong = program.run(&[], LIMIT);
    assert!(
        wrong.starts_with("-9 ") && wrong.contains("offline_days"),
        "{wrong}"
    );
    configure(&sandbox(), program.folder(), json!({}));
    let right = program.run(&[], LIMIT);
    assert!(right.starts_with("0 "), "{right}");
}

#[test]
fn a_config_key_asks_for_a_signature() {
    if !need::need("c++") {
        return;
    }
    let pair = minisign::KeyPair::generate_unencrypted_keypair().expect("a key");
    let key = format!("-DISCDESK_CONFIG_KEY=\"{}\"", pair.pk.to_base64());
    let program = build("c++", "init.cpp", &[&key], Link::Static);
    let path = configure(&sandbox(), program.folder(), json!({}));
    let unsigned = program.run(&[], LIMIT);
    assert!(unsigned.starts_with("-9 "), "{unsigned}");
    assert!(unsigned.contains("signature"), "{unsigned}");

    let bytes = fs::read(&path).expect("just written");
    let signature = minisign::sign(None, &pair.sk, bytes.as_slice(), None, None).expect("signed");
    fs::write(
        program.folder().join("iscdesk.json.minisig"),
        signature.to_string(),
    )
    .expect("written");
    let signed = program.run(&[], LIMIT);
    assert!(signed.starts_with("0 "), "{signed}");

    fs::write(&path, [&bytes[..], b" "].concat()).expect("written");
    let changed = program.run(&[], LIMIT);
    assert!(
        changed.starts_with("-9 ") && changed.contains("signature"),
        "{changed}"
    );
}

#[test]
fn the_headers_are_taken_alone_and_twice_from_cpp11_to_cpp20() {
    for compiler in COMPILERS.iter().filter(|compiler| need::need(compiler)) {
        for standard in ["c++11", "c++14", "c++17", "c++20"] {
            let standard = format!("-std={standard}");
            for header in HEADERS {
                let once = format!("#include <{header}>\n");
                check(compiler, &[&standard], &once);
            }
            let all: String = HEADERS
                .map(|header| format!("#include <{header}>\n"))
                .concat();
            check(compiler, &[&standard], &format!("{all}{all}"));
        }
        check(
            compiler,
            &[STANDARD, "-fno-exceptions"],
            "#include <compat/SdkInvoker.h>\n",
        );
    }
}

fn check(compiler: &str, flags: &[&str], text: &str) {
    let known = ["-Wshadow", "-Wundef", "-Wdocumentation", "-Wold-style-cast"];
    let known = known
        .into_iter()
        .filter(|flag| programs::knows(compiler, "c++", flag));
    let flags: Vec<&str> = flags.iter().copied().chain(known).collect();
    programs::check(compiler, "c++", &flags, text);
}

/// Windows' own headers define many names, and its compilers lack some of the standard library.
#[test]
fn the_headers_get_along_with_windows() {
    let compiler = "x86_64-w64-mingw32-g++";
    if need::need(compiler) {
        let header = "#include <compat/SdkInvoker.h>\n";
        let windows = "#include <windows.h>\n";
        check(compiler, &[STANDARD], &format!("{windows}{header}"));
        check(compiler, &[STANDARD], &format!("{header}{windows}"));
    }
}

/// As a vendor may copy them, each where the SDK's was.
#[test]
fn the_files_may_lie_where_the_sdks_lay() {
    if !need::need("c++") {
        return;
    }
    let folder = TempDir::new().expect("a temporary folder");
    let mut text = String::new();
    for (documented, ours) in DOCUMENTED {
        let place = folder.path().join(documented);
        fs::create_dir_all(place.parent().expect("a folder")).expect("a folder");
        fs::copy(cc::root().join("include").join(ours), place).expect("copied");
        text.push_str(&format!("#include \"{documented}\"\n"));
    }
    let include = format!("-I{}", folder.path().display());
    check("c++", &[STANDARD, &include], &format!("{text}{text}"));
}

/// A Chinese Windows reads a header in its code page: anything else than ASCII would be garbage there.
#[test]
fn the_headers_are_plain_ascii_of_bearable_width() {
    for header in HEADERS {
        let text = fs::read_to_string(cc::root().join("include").join(header)).expect(header);
        for (number, line) in text.lines().enumerate() {
            let place = format!("{header}:{}: {line}", number + 1);
            assert!(
                line.is_ascii() && line.len() <= 132 && line.trim_end() == line,
                "{place}"
            );
        }
    }
}

/// Compiles an example each way and hands it over with its folder and a marketplace.
fn each_build(example: &str, check: impl Fn(&dyn Fn(&[&str], &str) -> Ran, &Sandbox, &Path)) {
    if !need::need("c++") {
        return;
    }
    let source = cc::root().join("examples-c").join(example);
    for linkage in [Linkage::Static, Linkage::Shared] {
        let dir = TempDir::new().expect("a temporary folder");
        let program = cc::compile(&source, Language::Cpp, linkage, dir.path());
        let run = |arguments: &[&str], stdin: &str| {
            let mut command = Command::new(&program);
            cc::run(
                command.args(arguments).current_dir(dir.path()),
                stdin,
                cc::LIMIT,
            )
        };
        let sandbox = sandbox();
        configure(&sandbox, dir.path(), json!({}));
        check(&run, &sandbox, dir.path());
    }
}

fn expect(ran: &Ran, exit: i32, told: &[&str]) {
    assert_eq!(ran.exit, Some(exit), "{ran:?}");
    for told in told {
        assert!(ran.stdout.contains(told), "{told}: {ran:?}");
    }
}

#[test]
fn the_mirror_example_goes_as_documented() {
    each_build("mirror.cpp", |run, sandbox, _| {
        let none = run(&[], "");
        expect(
            &none,
            1,
            &["\"Status\":\"failed\"", "not licensed\nShutOut answers 0"],
        );
        let wrong = run(&["PL-NONE"], "");
        assert!(wrong.stderr.contains("Activate: "), "{wrong:?}");
        let content = format!("\"Status\":\"success\",\"LicenseContent\":\"{CODE}\"");
        let told = [
            &content[..],
            "CheckNewVersions answers -7",
            "\nlicensed\nShutOut answers 0",
        ];
        expect(&run(&[CODE], ""), 0, &told);
        sandbox.faults(json!({"silence": true}));
        expect(&run(&[], ""), 0, &told);
    });
}

#[test]
fn the_mini_cad_works_a_day() {
    each_build("minicad.cpp", |run, sandbox, folder| {
        let cad = |user: &str| run(&["part.txt"], user);
        let drawing = || fs::read_to_string(folder.join("part.txt")).expect("it was saved");

        // The activation's own query fails, so that today's check is still due in the second session.
        sandbox.faults(json!({"path": "heartbeat", "status": 503}));
        let first = format!("mesh 10\ncode PL-NONE\ncode {CODE}\nmesh 200000\nquit\n");
        let told = [
            "not licensed\n[please enter",
            "meshed 10 faces, 0 of them fine",
            "[there is no such code",
            "[thank you",
            "meshed 200000 faces, 200000 of them fine",
        ];
        expect(&cad(&first), 0, &told);
        assert_eq!(drawing(), "200010 faces\n");

        // The next start's check finds that the licence has ended: told within the session, and the work is kept.
        sandbox.clear_faults();
        sandbox.act(CODE, "release", json!({}));
        let ended = cad("mesh 5\nwait LicenseChanged\nmesh 5\n");
        let told = [
            "ready after",
            "[your licence has ended",
            "meshed 5 faces, 0 of them fine",
        ];
        expect(&ended, 1, &told);
        assert_eq!(drawing(), "10 faces\n");
    });
}

/// A marketplace that never answers delays neither the splash screen nor the end.
#[test]
fn the_mini_cad_is_not_held_by_a_mute_marketplace() {
    each_build("minicad.cpp", |run, sandbox, folder| {
        sandbox.faults(json!({"path": "heartbeat", "status": 503}));
        expect(
            &run(&["part.txt"], &format!("code {CODE}\nquit\n")),
            0,
            &["[thank you"],
        );
        sandbox.forget_requests();
        sandbox.faults(json!({"silence": true}));
        let drilled = run(&["part.txt"], "mesh 100000\ndrill\nmesh 7\n");
        expect(
            &drilled,
            0,
            &["100000 of them fine", "saving, then closing"],
        );
        assert!(!drilled.stdout.contains("meshed 7"), "{drilled:?}");
        let drawing = fs::read_to_string(folder.join("part.txt")).expect("it was saved");
        assert_eq!(drawing, "100000 faces\n");
        for what in ["ready", "ended"] {
            let took = milliseconds(&drilled.stdout, what);
            assert!(took < 5000.0, "{what} after {took} ms: {drilled:?}");
        }
    });
}

#[test]
fn the_mini_cad_needs_its_options() {
    each_build("minicad.cpp", |run, _, _| {
        expect(
            &run(&["part.txt", "/no/such.json"], ""),
            2,
            &["no licensing", "/no/such.json"],
        );
        assert_eq!(run(&[], "").exit, Some(2));
    });
}

/// How long something took by what the program said.
fn milliseconds(said: &str, what: &str) -> f64 {
    let after = said.split(&format!("{what} after ")).nth(1).expect(said);
    after
        .split(' ')
        .next()
        .and_then(|number| number.parse().ok())
        .expect(after)
}
