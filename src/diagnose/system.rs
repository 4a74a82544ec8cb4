//! Which system this is, and whether it is a container or a virtual machine: the two that change a machine's identity
//! without anybody touching it.
//!
//! On Linux everything is a file below a root folder, so that tests run on fabricated trees. A firmware's own words for
//! the machine are looked at where the processor says nothing (ARM, or a hypervisor that hides).

use super::hypervisor;
use super::report::SystemFacts;
use std::io::Read;
use std::path::Path;

/// Longest file looked at.
const MOST: u64 = 64 * 1024;
/// Longest text passed on, in characters.
const TEXT_MAX: usize = 120;

/// Words in a maker's or model's name that only virtual machines have.
const VIRTUAL: [(&str, &str); 11] = [
    ("qemu", "QEMU"),
    ("kvm", "KVM"),
    ("vmware", "VMware"),
    ("virtualbox", "VirtualBox"),
    ("innotek", "VirtualBox"),
    ("xen", "Xen"),
    ("parallels", "Parallels"),
    ("bochs", "Bochs"),
    ("openstack", "OpenStack"),
    ("amazon ec2", "Amazon EC2"),
    ("virtual machine", "Hyper-V"),
];

/// Words in the path of a control group that only containers have.
const CONTAINERS: [(&str, &str); 6] = [
    ("kubepods", "kubernetes"),
    ("docker", "docker"),
    ("libpod", "podman"),
    ("containerd", "containerd"),
    ("lxc", "lxc"),
    ("garden", "garden"),
];

pub fn look() -> SystemFacts {
    look_below(Path::new("/"), hypervisor::name(&hypervisor::leaves()))
}

fn look_below(root: &Path, by_processor: Option<String>) -> SystemFacts {
    let hypervisor = by_processor.or_else(|| by_firmware(root));
    SystemFacts {
        os: std::env::consts::OS,
        arch: std::env::consts::ARCH,
        version: version(root),
        container: container(root),
        virtual_machine: hypervisor.is_some(),
        hypervisor,
    }
}

fn by_firmware(root: &Path) -> Option<String> {
    let files = ["sys_vendor", "product_name"];
    let words = files.map(|file| text(root, &format!("sys/class/dmi/id/{file}")));
    let words = words.concat().to_lowercase();
    let found = VIRTUAL.iter().find(|(word, _)| words.contains(word));
    found.map(|(_, name)| (*name).to_owned())
}

fn container(root: &Path) -> Option<String> {
    // systemd tells all users what only root could find out.
    let told = text(root, "run/systemd/container");
    if !told.is_empty() {
        return Some(told);
    }
    let marks = [(".dockerenv", "docker"), ("run/.containerenv", "podman")];
    let mark = marks.iter().find(|(file, _)| root.join(file).exists());
    if let Some((_, name)) = mark {
        return Some((*name).to_owned());
    }
    let groups = text(root, "proc/1/cgroup");
    let found = CONTAINERS.iter().find(|(word, _)| groups.contains(word));
    if let Some((_, name)) = found {
        return Some((*name).to_owned());
    }
    let kernel = text(root, "proc/sys/kernel/osrelease").to_lowercase();
    kernel.contains("microsoft").then(|| "wsl".to_owned())
}

/// The distribution's name for itself, and the kernel.
fn version(root: &Path) -> Option<String> {
    let release = text(root, "etc/os-release");
    let pretty = release
        .lines()
        .find_map(|line| line.strip_prefix("PRETTY_NAME="));
    let kernel = text(root, "proc/sys/kernel/osrelease");
    let parts = [pretty.unwrap_or_default().trim_matches('"'), &kernel];
    let known: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    let joined: String = known.join(", ").chars().take(TEXT_MAX).collect();
    (!joined.is_empty()).then_some(joined)
}

/// Empty where there is no such file, as on every system but Linux.
fn text(root: &Path, file: &str) -> String {
    let mut bytes = Vec::new();
    if let Ok(file) = std::fs::File::open(root.join(file)) {
        // What was read before an error is as good as nothing, and does no harm.
        let _ = file.take(MOST).read_to_end(&mut bytes);
    }
    let text = String::from_utf8_lossy(&bytes);
    text.trim_matches(|c: char| c.is_whitespace() || c == '\0')
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tempfile::TempDir;

    fn tree(files: &[(&str, &str)]) -> TempDir {
        let root = TempDir::new().unwrap();
        for (file, content) in files {
            let path = root.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, content).unwrap();
        }
        root
    }

    fn look_at(files: &[(&str, &str)]) -> SystemFacts {
        look_below(tree(files).path(), None)
    }

    #[test]
    fn a_plain_machine_is_neither_container_nor_virtual() {
        let facts = look_at(&[
            ("etc/os-release", "ID=x\nPRETTY_NAME=\"openEuler 24.03\"\n"),
            ("proc/sys/kernel/osrelease", "6.6.0-72\n"),
            ("proc/1/cgroup", "0::/init.scope\n"),
            ("sys/class/dmi/id/sys_vendor", "HUAWEI\n"),
        ]);
        assert_eq!(facts.version.as_deref(), Some("openEuler 24.03, 6.6.0-72"));
        assert_eq!((facts.container, facts.hypervisor), (None, None));
        assert!(!facts.virtual_machine);
        assert_eq!(look_at(&[]).version, None);
    }

    #[test]
    fn containers_are_known_by_what_they_leave() {
        let table: [(&str, &str, &str); 6] = [
            (
                "run/systemd/container",
                "systemd-nspawn\n",
                "systemd-nspawn",
            ),
            (".dockerenv", "", "docker"),
            ("run/.containerenv", "engine=podman", "podman"),
            (
                "proc/1/cgroup",
                "3:pids:/kubepods/besteffort/pod7",
                "kubernetes",
            ),
            ("proc/1/cgroup", "9:name=systemd:/docker/0af3", "docker"),
            (
                "proc/sys/kernel/osrelease",
                "5.15-microsoft-standard-WSL2",
                "wsl",
            ),
        ];
        for (file, content, expected) in table {
            let container = look_at(&[(file, content)]).container;
            assert_eq!(container.as_deref(), Some(expected), "{file}");
        }
    }

    #[test]
    fn firmware_tells_where_the_processor_does_not() {
        let dmi = [
            ("sys/class/dmi/id/sys_vendor", "Microsoft Corporation\n"),
            ("sys/class/dmi/id/product_name", "Virtual Machine\n"),
        ];
        assert_eq!(look_at(&dmi).hypervisor.as_deref(), Some("Hyper-V"));
        let both = look_below(tree(&dmi).path(), Some("Xen".into()));
        assert_eq!(both.hypervisor.as_deref(), Some("Xen"));
        let surface = [("sys/class/dmi/id/sys_vendor", "Microsoft Corporation\n")];
        assert!(!look_at(&surface).virtual_machine);
    }
}
