//! Files by which build systems find the library: the templates of `cmake/` and `dist/conan/`, filled in for one
//! package.

use crate::archive::Files;
use crate::error::{Error, Result};

const TEMPLATES: [(&str, &str, &str); 5] = [
    (
        "iscdeskConfig.cmake.in",
        "lib/cmake/iscdesk/iscdeskConfig.cmake",
        include_str!("../../cmake/iscdeskConfig.cmake.in"),
    ),
    (
        "iscdeskConfigVersion.cmake.in",
        "lib/cmake/iscdesk/iscdeskConfigVersion.cmake",
        include_str!("../../cmake/iscdeskConfigVersion.cmake.in"),
    ),
    (
        "iscdesk.pc.in",
        "lib/pkgconfig/iscdesk.pc",
        include_str!("../../cmake/iscdesk.pc.in"),
    ),
    (
        "iscdesk-static.pc.in",
        "lib/pkgconfig/iscdesk-static.pc",
        include_str!("../../cmake/iscdesk-static.pc.in"),
    ),
    (
        "conanfile.py.in",
        "conan/conanfile.py",
        include_str!("../conan/conanfile.py.in"),
    ),
];

/// What the templates leave open.
pub struct Facts {
    pub version: String,
    pub target: &'static str,
    pub system: &'static str,
    pub pointer_bytes: u8,
    /// The shared library's path in the package.
    pub shared: String,
    /// What a static link needs, as linker options.
    pub native: Vec<String>,
}

pub fn add(facts: &Facts, files: &mut Files) -> Result<()> {
    for (name, path, template) in TEMPLATES {
        files.add(path, fill(name, template, facts)?)?;
    }
    Ok(())
}

fn fill(name: &'static str, template: &str, facts: &Facts) -> Result<String> {
    let mut filled = String::new();
    // Every second piece is a name between two signs.
    for (place, piece) in template.split('@').enumerate() {
        match place % 2 {
            0 => filled.push_str(piece),
            _ => filled.push_str(&facts.look_up(piece).ok_or_else(|| Error::Template {
                template: name,
                name: piece.to_owned(),
            })?),
        }
    }
    Ok(filled)
}

impl Facts {
    fn look_up(&self, name: &str) -> Option<String> {
        let mut numbers = self.version.split('.');
        Some(match name {
            "VERSION" => self.version.clone(),
            "VERSION_MAJOR" => numbers.next()?.to_owned(),
            "VERSION_MINOR" => numbers.nth(1)?.to_owned(),
            "TARGET" => self.target.to_owned(),
            "SYSTEM" => self.system.to_owned(),
            "POINTER_BYTES" => self.pointer_bytes.to_string(),
            "SHARED" => self.shared.clone(),
            "NATIVE" => self.native.join(" "),
            "NATIVE_LIST" => self.native.join(";"),
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts() -> Facts {
        Facts {
            version: "1.20.3".into(),
            target: "linux-x86_64",
            system: "Linux",
            pointer_bytes: 8,
            shared: "lib/libiscdesk.so".into(),
            native: vec!["-lpthread".into(), "-lc".into()],
        }
    }

    #[test]
    fn templates_are_filled_in_whole() {
        let mut files = Files::default();
        add(&facts(), &mut files).unwrap();
        let text = |wanted: &str| {
            let mut all = files.iter();
            let (_, bytes) = all.find(|(path, _)| *path == wanted).expect(wanted);
            String::from_utf8(bytes.to_vec()).unwrap()
        };
        assert!(files.iter().all(|(_, bytes)| !bytes.contains(&b'@')));
        let config = text("lib/cmake/iscdesk/iscdeskConfig.cmake");
        assert!(config.contains("\"-lpthread;-lc\""), "{config}");
        let pc = text("lib/pkgconfig/iscdesk.pc");
        assert!(pc.contains("Libs.private: -lpthread -lc\n"), "{pc}");
        let version = text("lib/cmake/iscdesk/iscdeskConfigVersion.cmake");
        assert!(version.contains("MAJOR EQUAL 1)") && version.contains("MINOR EQUAL 20)"));
    }

    #[test]
    fn an_unknown_name_is_an_error() {
        let refused = fill("t", "a @NOBODY@ b", &facts());
        assert!(matches!(refused, Err(Error::Template { name, .. }) if name == "NOBODY"));
    }
}
