//! Whether this is a virtual machine, as the processor itself tells it.
//!
//! A hypervisor shows itself to its guests by one bit of CPUID and a signature of twelve letters. Windows with Hyper-V or
//! virtualization-based security runs under a hypervisor as well, as its root partition: that one may create partitions,
//! and is a real machine.

/// Signatures and who has them.
const KNOWN: [(&str, &str); 12] = [
    ("KVMKVMKVM", "KVM"),
    ("Linux KVM Hv", "KVM"),
    ("TCGTCGTCGTCG", "QEMU"),
    ("VMwareVMware", "VMware"),
    (HYPER_V, "Hyper-V"),
    ("XenVMMXenVMM", "Xen"),
    ("VBoxVBoxVBox", "VirtualBox"),
    ("prl hyperv", "Parallels"),
    ("lrpepyh vr", "Parallels"),
    ("bhyve bhyve", "bhyve"),
    ("ACRNACRNACRN", "ACRN"),
    ("QNXQVMBSQG", "QNX"),
];
const HYPER_V: &str = "Microsoft Hv";

/// What CPUID says.
#[derive(Clone, Copy, Debug, Default)]
pub struct Leaves {
    /// The bit that a processor without a hypervisor never sets.
    pub hypervisor_bit: bool,
    /// Leaf 0x40000000: EBX, ECX, EDX.
    pub signature: [u32; 3],
    /// Leaf 0x40000003: EBX, whose lowest bit is the right to create partitions.
    pub privileges: u32,
}

/// The hypervisor above this machine. None where it is a real one.
pub fn name(leaves: &Leaves) -> Option<String> {
    if !leaves.hypervisor_bit {
        return None;
    }
    let signature = signature(leaves.signature);
    if signature == HYPER_V && leaves.privileges & 1 == 1 {
        return None;
    }
    let known = KNOWN.iter().find(|(known, _)| *known == signature);
    Some(match known {
        Some((_, name)) => (*name).to_owned(),
        None if signature.is_empty() => "unknown".into(),
        None => signature,
    })
}

fn signature(registers: [u32; 3]) -> String {
    let bytes = registers.into_iter().flat_map(u32::to_le_bytes);
    let shown = bytes.filter(|byte| *byte == b' ' || byte.is_ascii_graphic());
    let text: String = shown.map(char::from).collect();
    text.trim().to_owned()
}

#[cfg(any(target_arch = "x86_64", target_arch = "x86"))]
pub fn leaves() -> Leaves {
    #[cfg(target_arch = "x86")]
    use core::arch::x86::__cpuid;
    #[cfg(target_arch = "x86_64")]
    use core::arch::x86_64::__cpuid;

    if __cpuid(1).ecx >> 31 & 1 == 0 {
        return Leaves::default();
    }
    let first = __cpuid(0x4000_0000);
    Leaves {
        hypervisor_bit: true,
        signature: [first.ebx, first.ecx, first.edx],
        privileges: match first.eax >= 0x4000_0003 {
            true => __cpuid(0x4000_0003).ebx,
            false => 0,
        },
    }
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "x86")))]
pub fn leaves() -> Leaves {
    Leaves::default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaves_of(signature: &[u8; 12], privileges: u32) -> Leaves {
        let register = |at: usize| u32::from_le_bytes(signature[at..at + 4].try_into().unwrap());
        Leaves {
            hypervisor_bit: true,
            signature: [register(0), register(4), register(8)],
            privileges,
        }
    }

    #[test]
    fn hypervisors_are_known_by_their_signature() {
        let table = [
            (b"KVMKVMKVM\0\0\0", 0, Some("KVM")),
            (b"VMwareVMware", 0, Some("VMware")),
            (b"Microsoft Hv", 0, Some("Hyper-V")),
            (b"Microsoft Hv", 1, None),
            (b"bhyve bhyve ", 0, Some("bhyve")),
            (b"SomethingNew", 0, Some("SomethingNew")),
            (b"\0\0\0\0\0\0\0\0\0\0\0\x1b", 0, Some("unknown")),
        ];
        for (signature, privileges, expected) in table {
            let found = name(&leaves_of(signature, privileges));
            assert_eq!(found.as_deref(), expected, "{signature:?}");
        }
        assert_eq!(name(&Leaves::default()), None);
    }
}
