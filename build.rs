//! Makes the C header into OUT_DIR, where `tests/header.rs` compares it with the committed one, gives the shared library
//! its name, and on Windows its version resource.

#[path = "build/version_resource.rs"]
mod version_resource;

use std::env;
use std::path::{Path, PathBuf};

/// Files that hold what C sees, in the header's order.
const C_ABI: [&str; 12] = [
    "types",
    "status",
    "last_error",
    "options",
    "client",
    "events",
    "licenses",
    "truth",
    "requests",
    "upgrade",
    "hooks",
    "cloud",
];

fn main() {
    name_the_library();
    leave_out_the_time();
    version_resource::add();
    write_header();
}

/// Programs find a shared library by this name, so it stays the same whatever the file is called.
fn name_the_library() {
    let argument = match variable("CARGO_CFG_TARGET_OS").as_str() {
        "linux" | "android" | "freebsd" => "-Wl,-soname,libiscdesk.so",
        "macos" => "-Wl,-install_name,@rpath/libiscdesk.dylib",
        _ => return,
    };
    println!("cargo:rustc-cdylib-link-arg={argument}");
}

/// MinGW's linker writes the time into each file, so that no two builds would be alike.
fn leave_out_the_time() {
    if variable("CARGO_CFG_TARGET_OS") == "windows" && variable("CARGO_CFG_TARGET_ENV") == "gnu" {
        for files in ["rustc-cdylib-link-arg", "rustc-link-arg-bins"] {
            println!("cargo:{files}=-Wl,--no-insert-timestamp");
        }
    }
}

fn write_header() {
    let root = PathBuf::from(variable("CARGO_MANIFEST_DIR"));
    let config = root.join("cbindgen.toml");
    rerun_if_changed(&config);
    let mut config = cbindgen::Config::from_file(config).expect("cbindgen.toml");
    let version = variable("CARGO_PKG_VERSION");
    config.after_includes = config.after_includes.map(|text| {
        format!(
            "{text}\n\n/**\n * The version of this header.\n */\n#define ISC_VERSION \"{version}\""
        )
    });
    let mut builder = cbindgen::Builder::new().with_config(config);
    for name in C_ABI {
        let file = root.join("src/ffi").join(name).with_extension("rs");
        rerun_if_changed(&file);
        builder = builder.with_src(file);
    }
    let header = Path::new(&variable("OUT_DIR")).join("iscdesk.h");
    builder
        .generate()
        .expect("the C header")
        .write_to_file(header);
}

fn rerun_if_changed(path: &Path) {
    println!("cargo:rerun-if-changed={}", path.display());
}

fn variable(name: &str) -> String {
    env::var(name).unwrap_or_else(|_| panic!("cargo sets {name}"))
}
