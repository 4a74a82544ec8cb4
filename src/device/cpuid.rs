//! The processor in the style of `Win32_Processor.ProcessorId`: EDX, then EAX, of CPUID leaf 1 as 16 hex digits.
//!
//! That is its model and stepping, not a serial number: processors for desktops have none. Where there is no CPUID it is
//! empty.

#[cfg(any(target_arch = "x86_64", target_arch = "x86"))]
pub(super) fn processor_id() -> String {
    #[cfg(target_arch = "x86")]
    use core::arch::x86::__cpuid;
    #[cfg(target_arch = "x86_64")]
    use core::arch::x86_64::__cpuid;

    let leaf = __cpuid(1);
    format!("{:08X}{:08X}", leaf.edx, leaf.eax)
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "x86")))]
pub(super) fn processor_id() -> String {
    String::new()
}

#[cfg(all(test, target_arch = "x86_64"))]
mod tests {
    #[test]
    fn it_is_sixteen_hex_digits_and_always_the_same() {
        let id = super::processor_id();
        assert_eq!(id.len(), 16);
        assert!(id.bytes().all(|b| b.is_ascii_hexdigit()));
        assert_ne!(id, "0000000000000000");
        assert_eq!(id, super::processor_id());
    }
}
