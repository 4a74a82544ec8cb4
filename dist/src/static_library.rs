//! The static library as it is handed out: without what debuggers read, and the same bytes wherever and whenever it was built.
//!
//! For Windows, rustc makes the import parts of system DLLs by `dlltool` in a folder of a random name, and `dlltool` makes
//! symbols of that path: `_head__home_me_target_release_deps_rustcAb3dEf_kernel32_dll_imports_lib`. Only the parts themselves
//! refer to them, so that another name, the same throughout the library, changes nothing for who links it.

use crate::error::{Error, Result, read};
use crate::target::Target;
use crate::tool;
use std::path::Path;
use std::process::Command;

/// What rustc's random folder is called, and how many letters and digits follow.
const RANDOM: (&str, usize) = ("_rustc", 6);
const PART: &str = "_imports_lib";

pub fn packed(target: Target, built: &Path) -> Result<Vec<u8>> {
    let lean = built.with_extension("packed");
    std::fs::copy(built, &lean).map_err(Error::file("copy", built))?;
    let binutils = |name| Command::new(target.binutils(name));
    let members = tool::output(binutils("ar").arg("t").arg(&lean))?;
    // Rust's own library for Windows brings debugging files of their own, which are empty and which objcopy refuses.
    let debugging: Vec<&str> = members.lines().filter(|m| m.ends_with(".dwo")).collect();
    if !debugging.is_empty() {
        tool::output(binutils("ar").arg("dD").arg(&lean).args(debugging))?;
    }
    let names = built.with_extension("renamed");
    let listed = tool::output(binutils("nm").args(["-P", "-g"]).arg(&lean))?;
    let renamed = renamed(listed.lines().filter_map(|line| line.split(' ').next()));
    std::fs::write(&names, renamed).map_err(Error::file("write", &names))?;
    let mut objcopy = binutils("objcopy");
    objcopy.args(["--strip-debug", "--enable-deterministic-archives"]);
    tool::output(objcopy.arg("--redefine-syms").arg(&names).arg(&lean))?;
    read(&lean)
}

/// Lines of an old and a new name for objcopy. Folders are numbered as they appear: rustc puts the parts in the same order
/// each time.
fn renamed<'a>(symbols: impl Iterator<Item = &'a str>) -> String {
    let mut folders: Vec<&str> = Vec::new();
    let mut lines: Vec<String> = Vec::new();
    for symbol in symbols {
        let Some((folder, rest)) = of_import_part(symbol) else {
            continue;
        };
        let number = folders.iter().position(|known| *known == folder);
        let number = number.unwrap_or_else(|| {
            folders.push(folder);
            folders.len() - 1
        });
        let head = if symbol.contains("_head_") {
            "_head_"
        } else {
            "_"
        };
        let line = format!("{symbol} {head}iscdesk_{number}{rest}\n");
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    lines.concat()
}

/// The random part of the folder's name, and what comes behind it.
fn of_import_part(symbol: &str) -> Option<(&str, &str)> {
    let (mark, length) = RANDOM;
    let is_part = symbol.ends_with(PART) || symbol.ends_with(&format!("{PART}_iname"));
    let (_, behind) = symbol.rsplit_once(mark).filter(|_| is_part)?;
    let (random, rest) = behind.split_at_checked(length)?;
    let is_random = random.bytes().all(|byte| byte.is_ascii_alphanumeric());
    (is_random && rest.starts_with('_')).then_some((random, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn import_parts_lose_the_folder_they_were_made_in() {
        let built_in = |folder: &str, one: &str, two: &str| {
            let symbols = [
                format!("_head_{folder}_rustc{one}_kernel32_dll_imports_lib"),
                format!("__{folder}_rustc{one}_kernel32_dll_imports_lib_iname"),
                format!("_head_{folder}_rustc{one}_kernel32_dll_imports_lib"),
                "isc_init".to_owned(),
                format!("__head_{folder}_rustc{two}_kernel32_dll_imports_lib"),
                format!("_head_{folder}_rustc{one}_ntdll_dll_imports_lib"),
            ];
            let renamed = renamed(symbols.iter().map(String::as_str));
            let pairs = renamed.lines().map(|line| line.split_once(' ').unwrap());
            pairs.map(|(_, new)| new.to_owned()).collect::<Vec<_>>()
        };
        let here = built_in("_home_me_deps", "Ab3dEf", "000000");
        assert_eq!(
            here,
            [
                "_head_iscdesk_0_kernel32_dll_imports_lib",
                "_iscdesk_0_kernel32_dll_imports_lib_iname",
                "_head_iscdesk_1_kernel32_dll_imports_lib",
                "_head_iscdesk_0_ntdll_dll_imports_lib",
            ]
        );
        assert_eq!(here, built_in("C__build_rustc", "zzzzzz", "Ab3dEf"));
    }

    #[test]
    fn other_symbols_keep_their_names() {
        for symbol in [
            "isc_init",
            "_RNvCsfLfy6EI15iL_7___rustc10rust_panic",
            "_head_libkernel32_a",
            "_head_x_rustcAb3d_f_kernel32_dll_imports_lib",
            "_head_x_rustcAb3dEfg_kernel32_dll_imports_lib",
            "_head_x_rustcé3dEf_kernel32_dll_imports_lib",
        ] {
            assert_eq!(of_import_part(symbol), None, "{symbol}");
        }
    }
}
