//! What Windows shows in a file's properties, and what installers compare: the version resource of the DLL and of the
//! command line. The command line has a manifest as well, see [`MANIFEST`].
//!
//! Windows' resource compiler of the tool chain that links anyhow (`windres` of MinGW or LLVM) makes an object of it, which
//! is one more argument of the linker. A static library gets none: the program it is linked into has its own.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// One linked file.
struct Product<'a> {
    file: &'a str,
    /// `VFT_DLL` or `VFT_APP`.
    kind: &'a str,
    description: &'a str,
    /// None: a library follows the program that loads it.
    manifest: Option<&'a str>,
}

/// As invoker: without it Windows takes a 32-bit program for an installer, and asks for an administrator, where its
/// description or name speaks of setup or update. The helper of upgrades is such a program, and runs under other names.
const MANIFEST: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<assembly xmlns="urn:schemas-microsoft-com:asm.v1" manifestVersion="1.0">
  <trustInfo xmlns="urn:schemas-microsoft-com:asm.v3">
    <security>
      <requestedPrivileges>
        <requestedExecutionLevel level="asInvoker" uiAccess="false"/>
      </requestedPrivileges>
    </security>
  </trustInfo>
  <compatibility xmlns="urn:schemas-microsoft-com:compatibility.v1">
    <application>
      <supportedOS Id="{8e0f7a12-bfb3-4fe8-b9a5-48fd50a15a9a}"/>
    </application>
  </compatibility>
  <application xmlns="urn:schemas-microsoft-com:asm.v3">
    <windowsSettings>
      <longPathAware xmlns="http://schemas.microsoft.com/SMI/2016/WindowsSettings">true</longPathAware>
      <activeCodePage xmlns="http://schemas.microsoft.com/SMI/2019/WindowsSettings">UTF-8</activeCodePage>
    </windowsSettings>
  </application>
</assembly>
"#;

const LIBRARY: Product = Product {
    file: "iscdesk.dll",
    kind: "2",
    description: "Licence client for Huawei Cloud marketplace software",
    manifest: None,
};

const COMMAND_LINE: Product = Product {
    file: "iscdesk.exe",
    kind: "1",
    description: "Licence client for Huawei Cloud marketplace software, command line",
    manifest: Some(MANIFEST),
};

/// Adds the resource where the target is Windows by MinGW. Without a compiler for it the files have none, and say so.
pub fn add() {
    let of_target = |name: &str| env::var(name).unwrap_or_default();
    if of_target("CARGO_CFG_TARGET_OS") != "windows" {
        return;
    }
    if of_target("CARGO_CFG_TARGET_ENV") != "gnu" {
        println!("cargo:warning=no version resource: it is made for the MinGW target only");
        return;
    }
    let arch = of_target("CARGO_CFG_TARGET_ARCH");
    for (product, argument) in [
        (&LIBRARY, "rustc-cdylib-link-arg"),
        (&COMMAND_LINE, "rustc-link-arg-bins"),
    ] {
        match compile(product, &arch) {
            Some(object) => println!("cargo:{argument}={}", object.display()),
            None => println!(
                "cargo:warning=no version resource in {}: no windres that works",
                product.file
            ),
        }
    }
}

fn compile(product: &Product, arch: &str) -> Option<PathBuf> {
    let folder = PathBuf::from(env::var("OUT_DIR").ok()?);
    let script = folder.join(product.file).with_added_extension("rc");
    let object = script.with_extension("o");
    let mut resources = text(product);
    if let Some(manifest) = product.manifest {
        let file = script.with_extension("manifest");
        fs::write(&file, manifest).ok()?;
        resources.push_str(&manifest_line(&file));
    }
    fs::write(&script, resources).ok()?;
    compilers(arch)
        .iter()
        .any(|compiler| succeeds(compiler, arch, &script, &object))
        .then_some(object)
}

/// The usual names, the one that is sure to be for this target first.
fn compilers(arch: &str) -> [String; 3] {
    let arch = if arch == "x86" { "i686" } else { arch };
    [
        format!("{arch}-w64-mingw32-windres"),
        "llvm-windres".into(),
        "windres".into(),
    ]
}

fn succeeds(compiler: &str, arch: &str, script: &Path, object: &Path) -> bool {
    let format = if arch == "x86" {
        "pe-i386"
    } else {
        "pe-x86-64"
    };
    Command::new(compiler)
        .args(["-O", "coff", "-F", format, "-i"])
        .arg(script)
        .arg("-o")
        .arg(object)
        .status()
        .is_ok_and(|status| status.success())
}

/// `1 24` is a program's manifest. Compilers for Windows know slashes too, and no backslash need be escaped.
fn manifest_line(file: &Path) -> String {
    let file = file.to_string_lossy().replace('\\', "/");
    format!("1 24 \"{file}\"\n")
}

/// In the resource compiler's own language; numbers instead of the names of a header, which it need not find.
fn text(product: &Product) -> String {
    let version = env!("CARGO_PKG_VERSION");
    let numbers = env::var("CARGO_PKG_VERSION_MAJOR")
        .into_iter()
        .chain(env::var("CARGO_PKG_VERSION_MINOR"))
        .chain(env::var("CARGO_PKG_VERSION_PATCH"))
        .collect::<Vec<_>>()
        .join(",");
    let strings = [
        ("CompanyName", "iscdesk"),
        ("FileDescription", product.description),
        ("FileVersion", version),
        ("InternalName", "iscdesk"),
        ("LegalCopyright", env!("CARGO_PKG_LICENSE")),
        ("OriginalFilename", product.file),
        ("ProductName", "iscdesk"),
        ("ProductVersion", version),
    ];
    let values: String = strings
        .iter()
        .map(|(name, value)| format!("      VALUE \"{name}\", \"{value}\"\n"))
        .collect();
    format!(
        "1 VERSIONINFO\n\
         FILEVERSION {numbers},0\n\
         PRODUCTVERSION {numbers},0\n\
         FILEFLAGSMASK 0x3F\n\
         FILEFLAGS 0\n\
         FILEOS 0x40004\n\
         FILETYPE {kind}\n\
         BEGIN\n  BLOCK \"StringFileInfo\"\n  BEGIN\n    BLOCK \"040904B0\"\n    BEGIN\n\
         {values}    END\n  END\n  BLOCK \"VarFileInfo\"\n  BEGIN\n    VALUE \"Translation\", 0x0409, 1200\n  END\nEND\n",
        kind = product.kind,
    )
}
