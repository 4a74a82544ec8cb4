//! The library's own dependency tree: one cryptography library, and nothing of the command line in it.

use std::process::Command;

/// Names of the crates in a tree, as cargo prints it.
fn tree(arguments: &[&str]) -> Vec<String> {
    let output = Command::new(env!("CARGO"))
        .args([
            "tree", "--edges", "normal", "--prefix", "none", "--format", "{p}",
        ])
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines()
        .filter_map(|line| line.split(' ').next())
        .map(str::to_owned)
        .collect()
}

#[test]
fn ring_is_the_only_cryptography() {
    let all = tree(&["--all-features", "--target", "all"]);
    assert!(all.iter().any(|name| name == "ring"));
    for unwanted in [
        "aws-lc-rs",
        "aws-lc-sys",
        "openssl",
        "openssl-sys",
        "native-tls",
    ] {
        assert!(
            !all.iter().any(|name| name == unwanted),
            "{unwanted} came in"
        );
    }
}

#[test]
fn the_command_line_brings_nothing_into_the_library() {
    let library = tree(&["--no-default-features"]);
    for tool in [
        "axum",
        "clap",
        "indicatif",
        "rcgen",
        "minisign",
        "proptest",
        "shuttle",
        "criterion",
    ] {
        assert!(!library.iter().any(|name| name == tool), "{tool} came in");
    }
}
