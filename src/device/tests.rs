use super::*;
use proptest::prelude::*;

fn parts() -> Parts {
    Parts {
        os_id: "3d1219c7c4c5404aaa1f6d2a48adfda4".into(),
        macs: vec!["04:7C:16:5E:E3:5D".into()],
        disks: vec!["001B_444A_488B_5CEC.".into()],
        board: String::new(),
        cpu: "BFEBFBFF00090672".into(),
    }
}

#[test]
fn the_documented_example() {
    assert_eq!(
        fingerprint(&parts()),
        "04:7C:16:5E:E3:5D|001B_444A_488B_5CEC.||BFEBFBFF00090672"
    );
}

#[test]
fn lists_are_joined_and_all_is_upper_cased() {
    let parts = Parts {
        macs: vec!["04:7c:16:5e:e3:5d".into(), "9c:b6:d0:01:02:03".into()],
        disks: vec!["vol0abc".into(), "eui.00".into()],
        board: "pf2abc".into(),
        cpu: "bfebfbff00090672".into(),
        os_id: "not part of it".into(),
    };
    assert_eq!(
        fingerprint(&parts),
        "04:7C:16:5E:E3:5D,9C:B6:D0:01:02:03|VOL0ABC,EUI.00|PF2ABC|BFEBFBFF00090672"
    );
}

#[test]
fn nothing_obtained_leaves_the_three_bars() {
    assert_eq!(fingerprint(&Parts::default()), "|||");
}

#[test]
fn the_longer_list_gives_way() {
    let parts = Parts {
        disks: (0..1000).map(|n| format!("DISK-{n:04}")).collect(),
        ..parts()
    };
    let text = fingerprint(&parts);
    assert!(text.len() <= MAX_FINGERPRINT && text.len() > MAX_FINGERPRINT - 10);
    assert!(text.starts_with("04:7C:16:5E:E3:5D|DISK-0000,DISK-0001,"));
    assert!(text.ends_with("||BFEBFBFF00090672"));
}

#[test]
fn this_machine_is_read_always_alike() {
    let first = ThisMachine.parts();
    assert_eq!(first.os_id, ThisMachine.os_id());
    for _ in 0..20 {
        assert_eq!(fingerprint(&ThisMachine.parts()), fingerprint(&first));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn whatever_the_parts_the_shape_holds(
        macs in proptest::collection::vec(".{0,40}", 0..200),
        disks in proptest::collection::vec(".{0,40}", 0..200),
        board in ".{0,3000}",
        cpu in ".{0,3000}",
    ) {
        let text = fingerprint(&Parts { os_id: String::new(), macs, disks, board, cpu });
        prop_assert!(text.len() <= MAX_FINGERPRINT);
        prop_assert_eq!(text.matches('|').count(), 3);
        prop_assert!(!text.contains(char::is_control));
    }
}
