use super::*;
use std::fs;
use std::os::unix::fs::symlink;
use tempfile::TempDir;

/// A fabricated tree of `/`.
struct Tree(TempDir);

impl Tree {
    fn new() -> Tree {
        Tree(TempDir::new().unwrap())
    }

    fn root(&self) -> &Path {
        self.0.path()
    }

    fn file(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.root().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    fn link(&self, path: &str, target: &str) {
        let path = self.root().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        symlink(self.root().join(target), path).unwrap();
    }

    /// A device below `bus` that shows itself as `class/name`.
    fn device(&self, class: &str, name: &str, bus: &str, attributes: &[(&str, &str)]) {
        let device = format!("sys/devices/{bus}");
        let own = format!("{device}/{class}/{name}");
        fs::create_dir_all(self.root().join(&own)).unwrap();
        self.link(&format!("{own}/device"), &device);
        self.shown(class, name, &own, attributes);
    }

    /// The same without a device behind it, like a bridge or a loop.
    fn virtual_device(&self, class: &str, name: &str, attributes: &[(&str, &str)]) {
        let own = format!("sys/devices/virtual/{class}/{name}");
        self.shown(class, name, &own, attributes);
    }

    fn shown(&self, class: &str, name: &str, own: &str, attributes: &[(&str, &str)]) {
        for (attribute, value) in attributes {
            self.file(&format!("{own}/{attribute}"), format!("{value}\n"));
        }
        let place = if class == "block" {
            "sys/block"
        } else {
            "sys/class/net"
        };
        self.link(&format!("{place}/{name}"), own);
    }

    fn adapter(&self, name: &str, bus: &str, address: &str, assigned: &str) {
        let attributes = [
            ("address", address),
            ("addr_assign_type", assigned),
            ("type", "1"),
        ];
        self.device("net", name, bus, &attributes);
    }
}

const NIC: &str = "pci0000:00/0000:00:1f.6";
const WIFI: &str = "pci0000:00/0000:00:14.3";
const NVME: &str = "pci0000:00/0000:00:1d.0/nvme/nvme0";
const DOCK: &str = "pci0000:00/0000:00:14.0/usb4/4-1/4-1:1.0";

fn laptop_with_dock() -> Tree {
    let tree = Tree::new();
    tree.file("etc/machine-id", "3d1219c7c4c5404aaa1f6d2a48adfda4\n");
    tree.adapter("enp0s31f6", NIC, "9c:b6:d0:01:02:03", "0");
    // A private address of the day, and the real one behind it.
    tree.adapter("wlp0s20f3", WIFI, "da:a1:19:01:02:03", "3");
    tree.file(
        "sys/devices/pci0000:00/0000:00:14.3/ieee80211/phy0/macaddress",
        "04:7c:16:5e:e3:5d\n",
    );
    tree.link(
        "sys/devices/pci0000:00/0000:00:14.3/net/wlp0s20f3/phy80211",
        "sys/devices/pci0000:00/0000:00:14.3/ieee80211/phy0",
    );
    tree.adapter("enx00e04c", DOCK, "00:e0:4c:36:00:7b", "0");
    tree.adapter("usb0", "platform/udc.0/gadget.0", "ba:9d:01:02:03:04", "3");
    tree.adapter(
        "bnep0",
        "pci0000:00/0000:00:14.0/usb3/bluetooth/hci0",
        "04:7c:16:5e:e3:61",
        "0",
    );
    for name in ["lo", "docker0", "veth1a2b3c", "br0", "tun0"] {
        tree.virtual_device(
            "net",
            name,
            &[
                ("address", "00:11:32:01:02:03"),
                ("addr_assign_type", "0"),
                ("type", "1"),
            ],
        );
    }
    tree.device(
        "block",
        "nvme0n1",
        NVME,
        &[("removable", "0"), ("wwid", "eui.001b444a488b5cec")],
    );
    tree.file(
        &format!("sys/devices/{NVME}/serial"),
        "S5GXNX0T123456      \n",
    );
    tree.device(
        "block",
        "sdb",
        "pci0000:00/0000:00:14.0/usb4/4-2/host1/target1:0:0/1:0:0:0",
        &[("removable", "0"), ("serial", "USB-STICK-1")],
    );
    tree.device(
        "block",
        "sr0",
        "pci0000:00/0000:00:17.0/ata1/host0",
        &[("removable", "1"), ("serial", "DVD-4711")],
    );
    for name in ["loop0", "zram0", "ram0", "dm-0"] {
        tree.virtual_device(
            "block",
            name,
            &[("removable", "0"), ("serial", "VIRTUAL-1")],
        );
    }
    tree.file("sys/class/dmi/id/board_serial", "L1HF12345678\n");
    tree.file(
        "sys/class/dmi/id/product_uuid",
        "4c4c4544-0042-3510-8052-b4c04f4e3132\n",
    );
    tree
}

#[test]
fn a_laptop_in_its_dock() {
    let tree = laptop_with_dock();
    let parts = parts_below(tree.root());
    assert_eq!(parts.os_id, "3d1219c7c4c5404aaa1f6d2a48adfda4");
    assert_eq!(
        parts.macs,
        [
            "00:E0:4C:36:00:7B",
            "04:7C:16:5E:E3:5D",
            "9C:B6:D0:01:02:03"
        ]
    );
    assert_eq!(parts.disks, ["S5GXNX0T123456"]);
    assert_eq!(parts.board, "L1HF12345678");
    assert_eq!(parts.cpu, cpuid::processor_id());
}

#[test]
fn an_ordinary_user_gets_all_but_the_board() {
    let tree = laptop_with_dock();
    fs::remove_dir_all(tree.root().join("sys/class/dmi")).unwrap();
    assert_eq!(board_below(tree.root()), "");
}

#[test]
fn a_virtual_machine_with_virtio() {
    let tree = Tree::new();
    tree.file("etc/machine-id", "uninitialized\n");
    tree.file(
        "var/lib/dbus/machine-id",
        "5d1219c7c4c5404aaa1f6d2a48adfda4\n",
    );
    tree.adapter(
        "eth0",
        "pci0000:00/0000:00:03.0/virtio2",
        "52:54:00:aa:bb:cc",
        "0",
    );
    tree.virtual_device(
        "net",
        "lo",
        &[("address", "00:00:00:00:00:00"), ("type", "772")],
    );
    tree.device(
        "block",
        "vda",
        "pci0000:00/0000:00:02.0/virtio1",
        &[("removable", "0"), ("serial", "vol-0123abcd")],
    );
    tree.device(
        "block",
        "sda",
        "pci0000:00/0000:00:05.0/ata1",
        &[("removable", "0"), ("serial", "QM00001")],
    );
    tree.file("sys/class/dmi/id/board_serial", "Not Specified\n");
    tree.file(
        "sys/class/dmi/id/product_uuid",
        "EC2F4BB6-2B4A-4A51-9E09-5D1C1E2B7A61\n",
    );
    let parts = parts_below(tree.root());
    assert_eq!(parts.os_id, "5d1219c7c4c5404aaa1f6d2a48adfda4");
    assert_eq!(parts.macs, ["52:54:00:AA:BB:CC"]);
    assert_eq!(parts.disks, ["vol-0123abcd"]);
    assert_eq!(parts.board, "EC2F4BB6-2B4A-4A51-9E09-5D1C1E2B7A61");
}

#[test]
fn a_container_without_anything() {
    let tree = Tree::new();
    tree.file("etc/machine-id", "");
    tree.virtual_device(
        "net",
        "eth0",
        &[("address", "02:42:ac:11:00:02"), ("type", "1")],
    );
    let parts = parts_below(tree.root());
    let nothing = Parts {
        cpu: parts.cpu.clone(),
        ..Parts::default()
    };
    assert_eq!(parts, nothing);
    assert_eq!(parts_below(&tree.root().join("missing")), nothing);
}

#[test]
fn a_small_board_on_a_usb_disk() {
    let tree = Tree::new();
    tree.adapter(
        "eth0",
        "platform/scb/fd580000.ethernet",
        "dc:a6:32:01:02:03",
        "0",
    );
    tree.device(
        "block",
        "sda",
        "platform/scb/usb2/2-1/2-1:1.0/host0",
        &[("removable", "0"), ("serial", "USB-DISK-1")],
    );
    tree.file(
        "sys/firmware/devicetree/base/serial-number",
        "10000000abcdef12\0",
    );
    tree.file(
        "proc/cpuinfo",
        "processor\t: 0\n\nRevision\t: c03111\nSerial\t\t: 10000000abcdef12\n",
    );
    let parts = parts_below(tree.root());
    assert_eq!(parts.disks, ["USB-DISK-1"]);
    assert_eq!(parts.board, "10000000abcdef12");
    assert_eq!(cpu_serial_below(tree.root()), "10000000abcdef12");
}

#[test]
fn serial_numbers_are_found_wherever_they_stand() {
    let tree = Tree::new();
    tree.device(
        "block",
        "sda",
        "pci0/ata1/host0",
        &[("removable", "0"), ("dev", "8:0")],
    );
    tree.file(
        "sys/devices/pci0/ata1/host0/vpd_pg80",
        b"\x00\x80\x00\x0c  S5GXNX0T99",
    );
    tree.device(
        "block",
        "sdb",
        "pci0/ata2/host1",
        &[("removable", "0"), ("dev", "8:16")],
    );
    tree.file(
        "run/udev/data/b8:16",
        "S:disk/by-id/ata-X\nE:ID_SERIAL=X_UDEV-77\nE:ID_SERIAL_SHORT=UDEV-77\n",
    );
    tree.file("sys/devices/pci0/ata2/host1/wwid", "naa.5002538e40000001\n");
    tree.device(
        "block",
        "sdc",
        "pci0/ata3/host2",
        &[("removable", "0"), ("dev", "8:32")],
    );
    tree.file("sys/devices/pci0/ata3/host2/wwid", "naa.5002538e40000002\n");
    let parts = parts_below(tree.root());
    assert_eq!(
        parts.disks,
        ["S5GXNX0T99", "UDEV-77", "naa.5002538e40000002"]
    );
}

#[test]
fn shared_storage_gives_way_to_a_built_in_disk() {
    let tree = Tree::new();
    tree.device(
        "block",
        "sda",
        "platform/host3/session1/target3:0:0",
        &[("removable", "0"), ("serial", "ISCSI-1")],
    );
    tree.device(
        "block",
        "sdb",
        "pci0/host4/rport-4:0-1/target4:0:0",
        &[("removable", "0"), ("serial", "FIBRE-1")],
    );
    assert_eq!(parts_below(tree.root()).disks, ["FIBRE-1", "ISCSI-1"]);
    tree.device(
        "block",
        "nvme0n1",
        "virtual/nvme-subsystem/nvme-subsys0",
        &[("removable", "0"), ("serial", "LOCAL-1")],
    );
    assert_eq!(parts_below(tree.root()).disks, ["LOCAL-1"]);
}

#[test]
fn a_bonded_card_keeps_its_own_address() {
    let tree = Tree::new();
    tree.adapter("eth0", "pci0/a", "00:1b:21:00:00:01", "0");
    tree.adapter("eth1", "pci0/b", "00:1b:21:00:00:01", "2");
    tree.file(
        "sys/devices/pci0/b/net/eth1/bonding_slave/perm_hwaddr",
        "00:1b:21:00:00:02\n",
    );
    tree.adapter("eth2", "pci0/c", "00:1b:21:00:00:09", "3");
    let parts = parts_below(tree.root());
    assert_eq!(parts.macs, ["00:1B:21:00:00:01", "00:1B:21:00:00:02"]);
}

#[test]
fn a_virtual_function_and_other_media_are_no_cards() {
    let tree = Tree::new();
    tree.adapter("vf0", "pci0/vf", "00:1b:21:00:00:01", "0");
    tree.link("sys/devices/pci0/vf/physfn", "sys/devices/pci0");
    let infiniband = [("address", "80:00:02:08:fe:80:00:00"), ("type", "32")];
    tree.device("net", "ib0", "pci0/ib", &infiniband);
    assert!(parts_below(tree.root()).macs.is_empty());
}

#[test]
fn a_file_that_is_not_utf8_or_a_folder_is_no_failure() {
    let tree = Tree::new();
    tree.file("etc/machine-id", b"\xff\xfe");
    fs::create_dir_all(tree.root().join("sys/class/dmi/id/board_serial")).unwrap();
    let parts = parts_below(tree.root());
    assert_eq!(parts.os_id, "");
    assert_eq!(parts.board, "");
}
