//! Import libraries: by them a linker knows what a DLL holds. Made from what the DLL itself exports, with the name that
//! the file will have, for MinGW and for MSVC.

use crate::error::{Error, Result};
use crate::target::Target;
use implib::{Flavor, ImportLibrary, MachineType};
use object::{Object, read::pe};
use std::io::Cursor;
use std::path::Path;

/// The export list in the form that linkers of all makers take.
pub fn definition(dll_name: &str, exports: &[String]) -> String {
    let mut text = format!("LIBRARY {dll_name}\nEXPORTS\n");
    for name in exports {
        text.push_str(&format!("    {name}\n"));
    }
    text
}

/// Names that a DLL exports, sorted.
pub fn exports(dll: &Path, bytes: &[u8]) -> Result<Vec<String>> {
    let listed = match object::FileKind::parse(bytes) {
        Ok(object::FileKind::Pe64) => pe::PeFile64::parse(bytes).and_then(|file| names(&file)),
        Ok(object::FileKind::Pe32) => pe::PeFile32::parse(bytes).and_then(|file| names(&file)),
        Ok(_) | Err(_) => Ok(Vec::new()),
    };
    let refuse = |reason: String| Error::Format {
        path: dll.to_owned(),
        what: "DLL",
        reason,
    };
    match listed {
        Ok(names) if names.is_empty() => Err(refuse("it exports nothing".into())),
        Ok(names) => Ok(names),
        Err(error) => Err(refuse(error.to_string())),
    }
}

fn names<'data>(file: &impl Object<'data>) -> object::Result<Vec<String>> {
    let exports = file.exports()?;
    let name = |export: &object::Export| String::from_utf8_lossy(export.name()).into_owned();
    let mut names: Vec<String> = exports.iter().map(name).collect();
    names.sort();
    Ok(names)
}

/// The import library for linkers of the GNU kind, or for those of Microsoft's.
pub fn library(target: Target, flavor: Flavor, definition: &str) -> Result<Vec<u8>> {
    let machine = match target.pointer_bytes() {
        8 => MachineType::AMD64,
        _ => MachineType::I386,
    };
    let refuse = |reason: String| Error::Format {
        path: "iscdesk.def".into(),
        what: "export list",
        reason,
    };
    let parsed = implib::def::ModuleDef::parse(definition, machine);
    let parsed = parsed.map_err(|error| refuse(error.to_string()))?;
    let library = ImportLibrary::from_def(parsed, machine, flavor);
    let mut bytes = Cursor::new(Vec::new());
    library
        .write_to(&mut bytes)
        .map_err(|error| refuse(error.to_string()))?;
    Ok(bytes.into_inner())
}
