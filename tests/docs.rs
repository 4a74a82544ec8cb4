//! The documentation site: built by Doxygen without a warning, with every function in it, all parameters and answers of the C
//! interface described, and no name on its pages that the header does not know.

#[path = "support/need.rs"]
mod need;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// Parameters and answers stand in the C header; the C++ headers refer to it.
const STRICT: &str = "INPUT = include/iscdesk.h\nWARN_NO_PARAMDOC = YES\n";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// Builds the site into a folder of its own, with further settings; None where there is no Doxygen.
fn build(settings: &str) -> Option<TempDir> {
    if !need::need("doxygen") {
        return None;
    }
    let out = TempDir::new().unwrap();
    let doxyfile = out.path().join("Doxyfile");
    let dir = out.path().display();
    let text = format!("@INCLUDE = docs/Doxyfile\n{settings}OUTPUT_DIRECTORY = \"{dir}\"\n");
    fs::write(&doxyfile, text).unwrap();
    let mut doxygen = Command::new("doxygen");
    let output = doxygen.arg(&doxyfile).current_dir(root()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.is_empty(), "{said}");
    Some(out)
}

fn words(text: &str) -> BTreeSet<&str> {
    let part_of_a_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    text.split(|c| !part_of_a_name(c)).collect()
}

/// The pages that we write by hand, without those that the site leaves out.
fn pages() -> Vec<PathBuf> {
    let doxyfile = read("docs/Doxyfile");
    let excluded = doxyfile.lines().find(|line| line.starts_with("EXCLUDE "));
    let excluded: Vec<&str> = excluded.unwrap().split(' ').collect();
    let is_left_out = |file: &Path| {
        let file = file.strip_prefix(root()).unwrap().to_str().unwrap();
        excluded.contains(&file.replace('\\', "/").as_str())
    };
    let files = fs::read_dir(root().join("docs")).unwrap();
    let files = files.map(|file| file.unwrap().path());
    let pages: Vec<PathBuf> = files
        .filter(|file| file.extension().is_some_and(|e| e == "md") && !is_left_out(file))
        .collect();
    assert!(pages.len() >= 4, "{pages:?}");
    pages
}

#[test]
fn the_site_is_built_without_a_warning_and_holds_every_function() {
    let Some(out) = build("") else { return };
    let html = |name: &str| read(out.path().join("html").join(name));
    let header = html("iscdesk_8h.html");
    let symbols = read("include/symbols.txt");
    let twins = ["isc_install_report_w", "isc_device_fingerprint_w"];
    for function in symbols.lines().chain(twins) {
        let heading = format!("{function}()</h2>");
        assert!(header.contains(&heading), "{function}");
    }
    // A name on a page became a link; an example came in.
    let tour = html("index.html");
    let link = ">isc_is_licensed()</a>";
    assert!(tour.contains(link), "{tour}");
    assert!(tour.contains("Your authorization code"), "{tour}");
    for page in ["conventions.html", "threads.html", "shutdown.html"] {
        assert!(html(page).contains("isc_"), "{page}");
    }
    for class in ["classisc_1_1Client.html", "classSdkInvoker.html"] {
        assert!(html(class).contains("</h2>"), "{class}");
    }
}

#[test]
fn every_parameter_and_answer_of_the_c_interface_is_described() {
    build(STRICT);
}

#[test]
fn the_pages_name_every_function_and_nothing_else() {
    let header = read("include/iscdesk.h");
    let known = words(&header);
    let text: String = pages().iter().map(read).collect();
    let named = words(&text);
    for name in &named {
        let ours = ["isc_", "ISC_"].iter().any(|start| name.starts_with(start));
        assert!(!ours || known.contains(name), "{name}");
    }
    let symbols = read("include/symbols.txt");
    let left_out: Vec<&str> = symbols.lines().filter(|n| !named.contains(n)).collect();
    assert!(left_out.is_empty(), "{left_out:?}");
}
