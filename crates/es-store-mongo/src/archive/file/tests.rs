//! The file, whole and damaged.

use mongodb::bson::rawdoc;

use super::*;

fn document(position: i64) -> Stored {
    let text = "x".repeat(usize::try_from(position).unwrap_or_default() * 10);
    let document = rawdoc! { "_id": position, "v": 1_i64, "at": 5_i64, "n": 1, "s": text };
    Stored::new(Bytes::from(document.into_bytes()), Position::START).unwrap()
}

fn documents(positions: &[i64]) -> Vec<Stored> {
    positions.iter().copied().map(document).collect()
}

fn positions(positions: &[u64]) -> impl Iterator<Item = Position> + Clone {
    positions.iter().copied().map(Position::new)
}

fn found(file: &mut ArchiveFile, wanted: &[u64]) -> Vec<Bytes> {
    file.get(positions(wanted)).unwrap()
}

fn bytes(of: &[i64]) -> Vec<Bytes> {
    documents(of)
        .into_iter()
        .map(|stored| stored.bytes)
        .collect()
}

#[test]
fn what_was_put_is_found_by_position_now_and_later() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("events.bson");
    let mut file = ArchiveFile::open_for_writing(&path).unwrap();
    file.put(&documents(&[7, 9])).unwrap();
    file.put(&documents(&[1, 4])).unwrap();
    let mut later = ArchiveFile::open(&path).unwrap();
    for file in [&mut file, &mut later] {
        assert_eq!(found(file, &[1, 4, 7, 9]), bytes(&[1, 4, 7, 9]));
        assert_eq!(found(file, &[2, 7, 8]), bytes(&[7]));
    }
}

#[test]
fn the_file_is_a_row_of_documents_and_none_is_in_it_twice() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("events.bson");
    for _ in 0..2 {
        let mut file = ArchiveFile::open_for_writing(&path).unwrap();
        file.put(&documents(&[1, 2])).unwrap();
        file.put(&documents(&[1, 2, 3])).unwrap();
    }
    assert_eq!(std::fs::read(&path).unwrap(), bytes(&[1, 2, 3]).concat());
}

#[test]
fn a_reader_sees_what_is_put_after_it_opened() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("events.bson");
    let mut writer = ArchiveFile::open_for_writing(&path).unwrap();
    let mut reader = ArchiveFile::open(&path).unwrap();
    assert!(found(&mut reader, &[1]).is_empty());
    writer.put(&documents(&[1])).unwrap();
    assert_eq!(found(&mut reader, &[1]), bytes(&[1]));
}

#[test]
fn two_runs_do_not_write_to_one_file() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("events.bson");
    let first = ArchiveFile::open_for_writing(&path).unwrap();
    let second = ArchiveFile::open_for_writing(&path);
    assert!(matches!(second, Err(ArchiveError::FileLocked { .. })));
    assert!(ArchiveFile::open(&path).is_ok(), "reading is free");
    drop(first);
    assert!(ArchiveFile::open_for_writing(&path).is_ok());
}

#[test]
fn a_document_cut_anywhere_at_the_end_is_cut_off_by_the_next_run() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("events.bson");
    let whole = bytes(&[1, 2]).concat();
    let third = bytes(&[3]).concat();
    for cut in 0..third.len() {
        let torn = [&whole[..], &third[..cut]].concat();
        std::fs::write(&path, &torn).unwrap();
        let mut reader = ArchiveFile::open(&path).unwrap();
        assert_eq!(
            found(&mut reader, &[1, 2, 3]),
            bytes(&[1, 2]),
            "cut at {cut}"
        );
        assert_eq!(
            std::fs::read(&path).unwrap(),
            torn,
            "reading changes nothing"
        );
        let mut writer = ArchiveFile::open_for_writing(&path).unwrap();
        writer.put(&documents(&[3])).unwrap();
        assert_eq!(found(&mut writer, &[1, 2, 3]), bytes(&[1, 2, 3]));
    }
}

/// After a power cut the file may be as long as it was to be, or as its file system makes it, with
/// zeros in the place of what did not reach the disk.
#[test]
fn zeros_in_the_place_of_what_was_not_synced_are_an_unfinished_write() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("events.bson");
    // So that the position itself may be cut.
    let [third, fourth] = [0x0102_0304_i64, 0x0102_0305].map(|position| {
        let text = "with some text";
        let inner = rawdoc! { "i": 1_i64, "q": true };
        let document = rawdoc! { "_id": position, "at": 5_i64, "n": 1, "w": inner, "s": text };
        Stored::new(Bytes::from(document.into_bytes()), Position::START).unwrap()
    });
    let whole = bytes(&[1, 2]).concat();
    let batch = [&third.bytes[..], &fourth.bytes[..]].concat();
    let positions = [1, 2, third.extent.first.get(), fourth.extent.first.get()];
    let all = [
        &bytes(&[1, 2])[..],
        &[third.bytes.clone(), fourth.bytes.clone()],
    ]
    .concat();
    for cut in 0..batch.len() {
        for length in [batch.len(), batch.len() + 1, batch.len() + 200_000] {
            let mut torn = [&whole[..], &batch[..cut]].concat();
            torn.resize(whole.len() + length, 0);
            std::fs::write(&path, &torn).unwrap();
            let mut reader = ArchiveFile::open(&path).unwrap();
            assert_eq!(found(&mut reader, &[1, 2]), bytes(&[1, 2]), "cut at {cut}");
            let mut writer = ArchiveFile::open_for_writing(&path).unwrap();
            writer.put(&[third.clone(), fourth.clone()]).unwrap();
            for file in [
                &mut writer,
                &mut reader,
                &mut ArchiveFile::open(&path).unwrap(),
            ] {
                assert_eq!(found(file, &positions), all, "cut at {cut} of {length}");
            }
            assert_eq!(std::fs::read(&path).unwrap(), all.concat(), "cut at {cut}");
        }
    }
}

#[test]
fn what_is_no_unfinished_copy_of_the_original_is_left_as_it_is() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("events.bson");
    let mut file = ArchiveFile::open_for_writing(&path).unwrap();
    let other = rawdoc! { "_id": 1_i64, "v": 1_i64, "at": 5_i64, "n": 1, "s": "y".repeat(10) };
    let other = Stored::new(Bytes::from(other.into_bytes()), Position::START).unwrap();
    file.put(std::slice::from_ref(&other)).unwrap();
    file.put(&documents(&[1, 2])).unwrap();
    let two = [other.bytes, document(2).bytes];
    assert_eq!(found(&mut file, &[1, 2]), two);
}

#[test]
fn a_file_of_something_else_is_refused_and_left_as_it_is() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("events.bson");
    let other = rawdoc! { "name": "a document of somebody else", "n": 1 }.into_bytes();
    let begin_of_other = [&20_u32.to_le_bytes()[..], b"\x02_i", &[0; 64]].concat();
    let text = b"position,stream,version\n1,Claim/42,1\n".to_vec();
    for content in [other, begin_of_other, text] {
        let content = [&bytes(&[1]).concat()[..], &content].concat();
        std::fs::write(&path, &content).unwrap();
        for opened in [
            ArchiveFile::open(&path),
            ArchiveFile::open_for_writing(&path),
        ] {
            let error = opened.unwrap_err();
            assert!(matches!(error, ArchiveError::Damaged { .. }), "{error}");
        }
        assert_eq!(std::fs::read(&path).unwrap(), content);
    }
}

#[test]
fn an_answer_is_bounded_and_holds_at_least_one_document() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("events.bson");
    let mut file = ArchiveFile::open_for_writing(&path).unwrap();
    let large = |position: i64| {
        let text = "x".repeat(9 * 1024 * 1024);
        let document = rawdoc! { "_id": position, "at": 5_i64, "n": 1, "s": text };
        Stored::new(Bytes::from(document.into_bytes()), Position::START).unwrap()
    };
    for position in 1..=3 {
        file.put(&[large(position)]).unwrap();
    }
    assert_eq!(found(&mut file, &[1, 2, 3]).len(), 2);
    assert_eq!(found(&mut file, &[3]).len(), 1);
}
