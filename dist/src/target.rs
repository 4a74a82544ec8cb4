//! The machines that packages are made for, and what files are called there.

use clap::ValueEnum;

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Target {
    #[value(name = "linux-x86_64")]
    LinuxX64,
    #[value(name = "windows-x86_64")]
    WindowsX64,
    #[value(name = "windows-i686")]
    WindowsX86,
}

impl Target {
    /// As in the name of the archive.
    pub fn name(self) -> &'static str {
        match self {
            Target::LinuxX64 => "linux-x86_64",
            Target::WindowsX64 => "windows-x86_64",
            Target::WindowsX86 => "windows-i686",
        }
    }

    /// As rustc and cargo call it.
    pub fn triple(self) -> &'static str {
        match self {
            Target::LinuxX64 => "x86_64-unknown-linux-gnu",
            Target::WindowsX64 => "x86_64-pc-windows-gnu",
            Target::WindowsX86 => "i686-pc-windows-gnu",
        }
    }

    pub fn is_windows(self) -> bool {
        self != Target::LinuxX64
    }

    pub fn pointer_bytes(self) -> u8 {
        match self {
            Target::LinuxX64 | Target::WindowsX64 => 8,
            Target::WindowsX86 => 4,
        }
    }

    /// As CMake calls the system.
    pub fn cmake_system(self) -> &'static str {
        match self.is_windows() {
            true => "Windows",
            false => "Linux",
        }
    }

    /// A tool for object files of this target.
    pub fn binutils(self, tool: &str) -> String {
        match self {
            Target::LinuxX64 => tool.to_owned(),
            Target::WindowsX64 => format!("x86_64-w64-mingw32-{tool}"),
            Target::WindowsX86 => format!("i686-w64-mingw32-{tool}"),
        }
    }

    pub fn executable(self) -> &'static str {
        match self.is_windows() {
            true => "iscdesk.exe",
            false => "iscdesk",
        }
    }

    /// The shared library's file; `documented` asks for the name that the SDK's pages give it.
    pub fn shared(self, documented: bool) -> &'static str {
        match (self, documented) {
            (Target::LinuxX64, _) => "libiscdesk.so",
            (Target::WindowsX64 | Target::WindowsX86, false) => "iscdesk.dll",
            (Target::WindowsX64, true) => "IscdeskApi64.dll",
            (Target::WindowsX86, true) => "IscdeskApi.dll",
        }
    }
}
