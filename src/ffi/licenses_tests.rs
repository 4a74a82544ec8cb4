//! The struct that goes out, and what counts as a report of usage.

use super::*;

#[test]
fn the_constants_are_the_numbers_of_the_library() {
    let verdicts = [
        (ISC_LICENSE_NONE, Verdict::None),
        (ISC_LICENSE_FOREIGN, Verdict::Foreign),
        (ISC_LICENSE_RELEASED, Verdict::Released),
        (ISC_LICENSE_EXPIRED, Verdict::Expired),
        (ISC_LICENSE_CLOCK, Verdict::Clock),
        (ISC_LICENSE_ALIVE, Verdict::Alive),
        (ISC_LICENSE_OFFLINE, Verdict::Offline),
        (ISC_LICENSE_STALE, Verdict::Stale),
    ];
    for (number, verdict) in verdicts {
        assert_eq!(number, verdict.code());
    }
    assert_eq!(ISC_SOURCE_NONE, Source::None as i32);
    assert_eq!(ISC_SOURCE_MARKETPLACE, Source::Marketplace as i32);
    assert_eq!(ISC_SOURCE_FILE, Source::File as i32);
}

fn info() -> Info {
    Info {
        license: "PL1".into(),
        verdict: Verdict::Offline,
        source: Source::Marketplace,
        expires_at: 1,
        checked_at: 2,
        offline_until: 3,
        activated_at: 4,
        amount: 5,
        product_id: "授".repeat(50),
        features: Vec::new(),
    }
}

/// Memory of a program: a struct of a size, and what lies behind it.
fn memory(size: u32) -> Vec<u8> {
    let mut memory = vec![0xaa; 5000];
    memory[..4].copy_from_slice(&size.to_ne_bytes());
    memory
}

fn fill(memory: &mut [u8]) -> Result<(), Error> {
    // SAFETY: the memory is longer than any size that is believed.
    let out = unsafe { InfoOut::emptied(memory.as_mut_ptr().cast()) }?;
    out.write(&shown(&info()));
    Ok(())
}

#[test]
fn a_struct_of_any_size_is_filled_so_far_and_no_further() {
    for size in [256, 264, 300, 4096] {
        let mut memory = memory(size);
        fill(&mut memory).unwrap();
        assert_eq!(memory[..4], size.to_ne_bytes());
        assert_eq!(memory[4..12], [6, 0, 0, 0, 1, 0, 0, 0]);
        assert!(memory[256..size as usize].iter().all(|&byte| byte == 0));
        assert!(memory[size as usize..].iter().all(|&byte| byte == 0xaa));
    }
}

#[test]
fn a_size_that_cannot_be_is_refused_and_nothing_written() {
    for size in [0, 4, 255, 4097, u32::MAX] {
        let mut memory = memory(size);
        assert_eq!(
            fill(&mut memory).unwrap_err().status,
            Status::InvalidArgument
        );
        assert!(memory[4..].iter().all(|&byte| byte == 0xaa));
    }
}

#[test]
fn long_texts_are_cut_between_characters_and_end_in_nul() {
    let shown = shown(&info());
    let bytes: Vec<u8> = shown.product_id.iter().map(|&c| c as u8).collect();
    assert_eq!(bytes[126..], [0, 0, 0], "42 characters of 3 bytes");
    assert!(std::str::from_utf8(&bytes[..126]).is_ok());
    assert_eq!(unknown().amount, -1);
}

#[test]
fn usage_is_a_user_or_a_number() {
    assert_eq!(clients(Some("u"), 0), Ok(Clients::Id("u".into())));
    assert_eq!(clients(None, 1), Ok(Clients::ActiveNum(1)));
    assert_eq!(
        clients(None, 999_999_999),
        Ok(Clients::ActiveNum(999_999_999))
    );
    for (id, number) in [
        (None, 0),
        (None, 1_000_000_000),
        (Some(""), 0),
        (Some("u"), 1),
    ] {
        let error = clients(id, number).unwrap_err();
        assert_eq!(error.status, Status::InvalidArgument);
    }
}
