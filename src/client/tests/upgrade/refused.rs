//! A download that ends without a package: wrong bytes, no room, nobody to install it. Nothing is left that could be run.

use super::*;

#[test]
fn bytes_that_are_not_the_announced_ones_are_refused_and_removed() {
    let release = Release::of("2.0.0");
    let corrupt: Vec<u8> = release.bytes.iter().map(|byte| !byte).collect();
    let larger = [&release.bytes[..], b"x"].concat();
    type Spoil<'a> = &'a dyn Fn(&Shop);
    let spoils: [(Spoil, Status); 5] = [
        (
            &|shop| shop.files().put(PACKAGE, corrupt.clone(), None),
            Status::UpgradeSignature,
        ),
        (
            &|shop| shop.files().put(PACKAGE, larger.clone(), None),
            Status::UpgradeDownload,
        ),
        (
            &|shop| shop.files().put(PACKAGE, &release.bytes[..9], None),
            Status::UpgradeDownload,
        ),
        (
            &|shop| shop.files().spoil(PACKAGE, Fault::Longer(1)),
            Status::UpgradeDownload,
        ),
        (
            &|shop| shop.files().remove(PACKAGE),
            Status::UpgradeDownload,
        ),
    ];
    for (number, (spoil, status)) in spoils.into_iter().enumerate() {
        let shop = Shop::new();
        shop.publish(&release);
        spoil(&shop);
        let (client, events) = accepted(&shop);
        let told = stage(&events, "failed");
        assert_eq!(told["ErrorCode"], code(status), "{number}: {told}");
        assert_eq!(bytes(&told), (0, SIZE, 0), "{number}: nothing is kept");
        assert_nothing_staged(&shop, &client);
        assert_eq!(part_bytes(&shop, &client), b"", "{number}");
        // It may be accepted again, once the vendor has put it right.
        shop.publish(&release);
        assert_eq!(client.upgrade_notify(true), Ok(Status::Ok));
        stage(&events, "staged");
    }
}

#[test]
fn a_redirect_of_the_package_is_not_followed() {
    let shop = Shop::new();
    shop.publish(&Release::of("2.0.0"));
    shop.files().spoil(PACKAGE, Fault::Status(302));
    let (client, events) = accepted(&shop);
    let told = stage(&events, "failed");
    assert!(
        told["ErrorMsg"].as_str().unwrap().contains("redirects"),
        "{told}"
    );
    assert_nothing_staged(&shop, &client);
}

/// For the package, the copy of it that the helper runs, and 16 MiB for everybody else.
#[test]
fn without_room_on_the_disk_nothing_is_fetched() {
    const ENOUGH: u64 = 2 * SIZE as u64 + 16 * 1024 * 1024;
    let shop = Shop {
        room: ENOUGH,
        ..Shop::new()
    };
    shop.publish(&Release::of("2.0.0"));
    let (_client, events) = accepted(&shop);
    stage(&events, "staged");
    let shop = Shop {
        room: ENOUGH - 1,
        ..Shop::new()
    };
    shop.publish(&Release::of("2.0.0"));
    let (client, events) = accepted(&shop);
    let told = stage(&events, "failed");
    assert_eq!(told["ErrorCode"], code(Status::Storage));
    assert!(
        told["ErrorMsg"].as_str().unwrap().contains("bytes left"),
        "{told}"
    );
    assert_eq!(shop.files().count(PACKAGE), 0);
    assert_nothing_staged(&shop, &client);
}

#[test]
fn a_helper_that_is_missing_or_fails_is_told() {
    let shop = Shop::new();
    shop.publish(&Release::of("2.0.0"));
    std::fs::remove_file(shop.world.folder.path().join("helper")).unwrap();
    let (_client, events) = accepted(&shop);
    let told = stage(&events, "failed");
    assert!(
        told["ErrorMsg"].as_str().unwrap().contains("is missing"),
        "{told}"
    );
    assert_eq!(shop.helpers(), 0);

    let shop = Shop {
        helper_code: 3,
        ..Shop::new()
    };
    shop.publish(&Release::of("2.0.0"));
    let (_client, events) = accepted(&shop);
    let told = stage(&events, "failed");
    assert!(
        told["ErrorMsg"].as_str().unwrap().contains("ended with 3"),
        "{told}"
    );
    assert_eq!(bytes(&told), (SIZE, SIZE, 100), "only the helper lacks");
}

#[test]
fn a_folder_that_is_a_link_is_not_used() {
    let shop = Shop::new();
    shop.publish(&Release::of("2.0.0"));
    let (client, events) = shop.told();
    let elsewhere = TempDir::new().unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink(elsewhere.path(), shop.staging(&client).dir()).unwrap();
    #[cfg(windows)]
    std::fs::write(shop.staging(&client).dir(), "in the way").unwrap();
    client.upgrade_notify(true).unwrap();
    stage(&events, "failed");
    assert_eq!(std::fs::read_dir(elsewhere.path()).unwrap().count(), 0);
}

/// Only the administrator can make such a world.
#[cfg(unix)]
#[test]
fn in_scope_machine_a_folder_that_is_not_the_administrators_asks_for_him() {
    use std::os::unix::fs::PermissionsExt;
    if !crate::platform::process::may_be_administrator() {
        println!("skipped: scope machine takes an administrator");
        return;
    }
    let shop = Shop::on(World::new().with_text(21, "machine"));
    shop.publish(&Release::of("2.0.0"));
    let (client, events) = shop.told();
    let staging = shop.staging(&client);
    std::fs::create_dir(staging.dir()).unwrap();
    std::fs::set_permissions(staging.dir(), std::fs::Permissions::from_mode(0o777)).unwrap();
    client.upgrade_notify(true).unwrap();
    let told = stage(&events, "needs_admin");
    assert_eq!(told["ErrorCode"], code(Status::StorageDenied));
    assert_eq!((shop.files().count(PACKAGE), shop.helpers()), (0, 0));
}
