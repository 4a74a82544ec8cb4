//! Both READMEs, and the maintainers' pages beside them, hold what they promise: the quick start is the example and compiles, every name is one of the header, no
//! function, status or option is left out, and the two languages say the same of them.

#[path = "support/cc.rs"]
mod cc;
#[path = "support/need.rs"]
mod need;

use std::collections::BTreeSet;
use std::fs;

const READMES: [&str; 2] = ["README.md", "README.zh-CN.md"];
const FOR_MAINTAINERS: [&str; 2] = ["docs/maintainers.md", "docs/maintainers.zh-CN.md"];
/// Variables of the tests and of the build, which are no part of the interface.
const OF_THE_TESTS: [&str; 3] = ["ISC_MODEL_SCHEDULES", "ISC_RENEW", "ISC_REQUIRE_ALL"];

/// All pages that are written in two languages.
fn pages() -> impl Iterator<Item = &'static str> {
    READMES.into_iter().chain(FOR_MAINTAINERS)
}

fn text(path: &str) -> String {
    let found = fs::read_to_string(cc::root().join(path));
    found
        .unwrap_or_else(|e| panic!("{path}: {e}"))
        .replace("\r\n", "\n")
}

/// A block between fences.
#[derive(Debug, PartialEq, Eq)]
struct Block {
    language: String,
    text: String,
}

fn blocks(readme: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut lines = readme.lines();
    while let Some(line) = lines.next() {
        if let Some(language) = line.strip_prefix("```") {
            let inside = lines.by_ref().take_while(|line| *line != "```");
            blocks.push(Block {
                language: language.to_owned(),
                text: inside.map(|line| format!("{line}\n")).collect(),
            });
        }
    }
    blocks
}

fn quick_start(readme: &str) -> String {
    let mut all = blocks(&text(readme)).into_iter();
    let first = all.find(|block| block.language == "c");
    first.expect("a block of C").text
}

/// Words of a text that begin like names of the C interface. One that ends in `_` stands for all that begin so.
fn names(text: &str) -> BTreeSet<&str> {
    let of_a_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    text.split(|c| !of_a_name(c))
        .filter(|word| word.starts_with("isc_") || word.starts_with("ISC_"))
        .collect()
}

/// Constants and functions that a program meets first: what both pages have to speak of.
fn interface() -> BTreeSet<String> {
    let header = text("include/iscdesk.h");
    let codes = header
        .lines()
        .filter_map(|line| line.strip_prefix("#define ")?.split(' ').next())
        .filter(|name| {
            let told = ["ISC_OK", "ISC_ERR_", "ISC_LICENSE_"];
            told.iter().any(|start| name.starts_with(start))
        });
    let functions = text("include/symbols.txt");
    codes.chain(functions.lines()).map(str::to_owned).collect()
}

#[test]
fn the_quick_start_is_the_example() {
    let example = text("examples-c/quickstart.c");
    for readme in READMES {
        assert_eq!(quick_start(readme), example, "{readme}");
    }
}

#[test]
fn the_quick_start_compiles_as_c99_and_cpp11() {
    let compiler = |variable, usual: &str| std::env::var(variable).unwrap_or_else(|_| usual.into());
    let tools = [compiler("CC", "cc"), compiler("CXX", "c++")];
    if cfg!(windows) || !tools.iter().all(|tool| need::need(tool)) {
        return;
    }
    let dir = tempfile::tempdir().expect("a temporary folder");
    let source = dir.path().join("quickstart.c");
    fs::write(&source, quick_start(READMES[0])).expect("a temporary file");
    for (language, linkage) in cc::BUILDS {
        cc::compile(&source, language, linkage, dir.path());
    }
}

#[test]
fn every_name_is_one_of_the_header() {
    let header = text("include/iscdesk.h");
    let known = names(&header);
    for readme in pages() {
        for name in names(&text(readme)) {
            let known = match name.ends_with('_') {
                true => known.iter().any(|known| known.starts_with(name)),
                false => known.contains(name) || OF_THE_TESTS.contains(&name),
            };
            assert!(known, "{readme}: {name}");
        }
    }
}

#[test]
fn no_function_and_no_status_is_left_out() {
    for readme in READMES {
        let text = text(readme);
        let told = names(&text);
        let interface = interface();
        let left_out: Vec<_> = interface
            .iter()
            .filter(|n| !told.contains(n.as_str()))
            .collect();
        assert!(left_out.is_empty(), "{readme}: {left_out:?}");
    }
}

#[test]
fn every_status_stands_beside_its_number() {
    let header = text("include/iscdesk.h");
    let codes = header.lines().filter_map(|line| {
        let (name, value) = line.strip_prefix("#define ")?.split_once(' ')?;
        (name.starts_with("ISC_ERR_") || name.starts_with("ISC_OK")).then_some((name, value))
    });
    let codes: Vec<_> = codes.collect();
    assert!(codes.len() > 40);
    for readme in READMES {
        let text = text(readme);
        // Rows that tell of several at once are left to the reader.
        let rows = text.lines().filter(|line| line.starts_with("| "));
        let single = |row: &&str| {
            row.split('|')
                .nth(2)
                .is_some_and(|cell| cell.matches('`').count() == 2)
        };
        let mut seen = 0;
        for row in rows.filter(single) {
            let cells: Vec<&str> = row.split('|').map(str::trim).collect();
            let name = cells[2].trim_matches('`');
            if let Some((_, value)) = codes.iter().find(|(known, _)| *known == name) {
                assert_eq!(cells[1], *value, "{readme}: {name}");
                seen += 1;
            }
        }
        assert!(seen > 30, "{readme}: {seen}");
    }
}

#[test]
fn no_option_is_left_out() {
    for readme in READMES {
        let text = text(readme);
        for (_, member, _) in iscdesk::client::options::TABLE {
            assert!(text.contains(&format!("`{member}`")), "{readme}: {member}");
        }
    }
}

/// What a page links to, but for the web.
fn links(page: &str) -> Vec<&str> {
    let links = page.split("](").skip(1);
    let links = links.filter_map(|after| after.split(')').next());
    links.filter(|link| !link.starts_with("http")).collect()
}

/// The anchor that a heading gets on a web page.
fn anchor(heading: &str) -> String {
    let kept = |c: &char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_');
    let name: String = heading
        .trim_start_matches(['#', ' '])
        .chars()
        .filter(kept)
        .collect();
    name.to_lowercase().replace(' ', "-")
}

#[test]
fn files_and_sections_that_are_named_are_there() {
    for page in pages() {
        let own = cc::root().join(page);
        let text = text(page);
        let links = links(&text);
        assert!(!links.is_empty(), "{page}");
        for link in links {
            let (file, section) = match link.split_once('#') {
                Some((file, section)) => (file, Some(section)),
                None => (link, None),
            };
            let target = match file {
                "" => own.clone(),
                file => own.with_file_name(file),
            };
            assert!(target.exists(), "{page}: {link}");
            let Some(section) = section else { continue };
            let there = fs::read_to_string(&target).unwrap();
            let mut headings = there.lines().filter(|line| line.starts_with("## "));
            let is_there = headings.any(|heading| anchor(heading) == section);
            assert!(is_there, "{page}: {link}");
        }
    }
}

/// What cannot be translated is the same: code, names, and the number of sections and rows.
#[test]
fn both_languages_say_the_same() {
    for pair in [READMES, FOR_MAINTAINERS] {
        let [english, chinese] = pair.map(text);
        assert_eq!(blocks(&english), blocks(&chinese));
        assert_eq!(names(&english), names(&chinese));
        let count = |text: &str, start: &str| text.lines().filter(|l| l.starts_with(start)).count();
        for start in ["## ", "| "] {
            assert_eq!(count(&english, start), count(&chinese, start), "{start}");
        }
    }
}
