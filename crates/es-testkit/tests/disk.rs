//! A small disk, and that it is full when it is said to be.

#![allow(
    clippy::unwrap_used,
    reason = "a panic with a message is how a test fails"
)]

use std::{fs, io::ErrorKind};

use es_testkit::{SmallDisk, skipped};

#[test]
fn a_full_disk_takes_nothing_until_there_is_room_and_is_gone_when_dropped() {
    if skipped("disk-full") {
        return;
    }
    let disk = SmallDisk::mount(8).unwrap();
    let file = disk.path().join("file");
    fs::write(&file, vec![0; 1024 * 1024]).unwrap();
    let filler = disk.fill_up().unwrap();
    let full = fs::write(disk.path().join("more"), vec![0; 8192]).unwrap_err();
    assert_eq!(full.kind(), ErrorKind::StorageFull);

    fs::remove_file(filler).unwrap();
    fs::write(disk.path().join("more"), vec![0; 8192]).unwrap();
    disk.fill_up().unwrap();
    disk.resize(16).unwrap();
    fs::write(disk.path().join("yet more"), vec![0; 1024 * 1024]).unwrap();

    let path = disk.path().to_owned();
    drop(disk);
    assert!(!path.exists());
}
