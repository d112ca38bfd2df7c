//! Keys: made once, rotated, wrapped anew, missing.

use std::time::Duration;

use es_core::memory::MemoryStore;
use es_core::testing::{Fault, FaultStore, Operation};
use es_core::{Clock, DocumentKind, DocumentStore, Privacy, SystemClock};
use es_serde::seal::{
    Erasure, KeyError, KeyOptions, LocalKeys, Opened, SealContext, SealError, Sealer, SubjectKeys,
};
use tempfile::tempdir;

use crate::material::{KEK, OTHER_KEK, keys};

const HERE: SealContext<'_> = SealContext::Other("here");

async fn seal(keys: &SubjectKeys, subject: &str) -> Vec<u8> {
    let sealer = Sealer::new(keys.clone());
    sealer
        .seal(&Privacy::of(subject), HERE, b"content")
        .await
        .unwrap()
}

async fn open(keys: &SubjectKeys, sealed: &[u8]) -> Result<Opened, SealError> {
    Sealer::new(keys.clone()).open(HERE, sealed).await
}

fn content() -> Opened {
    Opened::Content(b"content".into())
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_need_the_first_key_all_get_the_same() {
    let store = MemoryStore::new();
    let sealing = (0..16).map(|_| {
        let keys = keys(&store);
        tokio::spawn(async move { seal(&keys, "jane").await })
    });
    let sealed = futures_util::future::try_join_all(sealing).await.unwrap();
    assert!(sealed.windows(2).all(|pair| pair[0] == pair[1]));
    assert_eq!(open(&keys(&store), &sealed[0]).await.unwrap(), content());
}

#[tokio::test]
async fn a_rotated_key_opens_what_it_sealed_and_seals_no_more() {
    let store = MemoryStore::new();
    let keys = keys(&store);
    let before = seal(&keys, "jane").await;
    keys.rotate("jane").await.unwrap();
    let after = seal(&keys, "jane").await;
    assert_ne!(before, after);
    for sealed in [before, after] {
        assert_eq!(open(&keys, &sealed).await.unwrap(), content());
    }
}

#[tokio::test]
async fn another_process_learns_of_a_rotation_when_it_meets_the_new_key() {
    let store = MemoryStore::new();
    let (here, there) = (keys(&store), keys(&store));
    let sealed = seal(&here, "jane").await;
    assert_eq!(open(&there, &sealed).await.unwrap(), content());
    here.rotate("jane").await.unwrap();
    let sealed = seal(&here, "jane").await;
    assert_eq!(open(&there, &sealed).await.unwrap(), content());
}

#[tokio::test]
async fn rewrapping_makes_the_old_key_encryption_key_needless() {
    let store = MemoryStore::new();
    let first = keys(&store);
    let mut sealed = Vec::new();
    for n in 0..250 {
        sealed.push(seal(&first, &format!("subject {n}")).await);
    }
    first.erase("subject 7").await.unwrap();
    let both = LocalKeys::parse(&format!("{OTHER_KEK}\n{KEK}")).unwrap();
    let both = SubjectKeys::new(store.clone(), both);
    let mut seen = 0;
    assert_eq!(both.rewrap(|so_far| seen = so_far).await.unwrap(), 249);
    assert_eq!(seen, 250);
    assert_eq!(both.rewrap(|_| {}).await.unwrap(), 0);
    let second = SubjectKeys::new(store.clone(), LocalKeys::parse(OTHER_KEK).unwrap());
    for (n, sealed) in sealed.iter().enumerate() {
        let due = if n == 7 { Opened::Erased } else { content() };
        assert_eq!(open(&second, sealed).await.unwrap(), due);
    }
    let error = open(&keys(&store), &sealed[0]).await.unwrap_err();
    assert!(error.to_string().contains("second"), "{error}");
}

#[tokio::test]
async fn a_missing_key_is_no_erasure() {
    let sealed = seal(&keys(&MemoryStore::new()), "jane").await;
    let elsewhere = MemoryStore::new();
    let error = open(&keys(&elsewhere), &sealed).await.unwrap_err();
    assert!(
        matches!(error, SealError::Key(KeyError::Missing)),
        "{error:?}"
    );
    // Also where the subject has other keys, of another store.
    seal(&keys(&elsewhere), "jane").await;
    assert!(open(&keys(&elsewhere), &sealed).await.is_err());
}

#[tokio::test]
async fn another_key_of_the_same_id_does_not_unwrap() {
    let store = MemoryStore::new();
    let sealed = seal(&keys(&store), "jane").await;
    let other = OTHER_KEK.replace("second", "first");
    let other = SubjectKeys::new(store, LocalKeys::parse(&other).unwrap());
    let error = open(&other, &sealed).await.unwrap_err();
    assert!(
        matches!(error, SealError::Key(KeyError::Unwrap { .. })),
        "{error:?}"
    );
}

#[tokio::test]
async fn erasing_says_what_it_did() {
    let store = MemoryStore::new();
    let keys = keys(&store);
    assert_eq!(keys.erase("john").await.unwrap(), Erasure::NothingSealed);
    seal(&keys, "jane").await;
    keys.rotate("jane").await.unwrap();
    assert_eq!(
        keys.erase("jane").await.unwrap(),
        Erasure::Destroyed { keys: 2 }
    );
    let again = keys.erase("jane").await.unwrap();
    assert!(matches!(again, Erasure::AlreadyErased { .. }), "{again:?}");
}

#[tokio::test]
async fn nothing_is_sealed_for_an_erased_subject_until_it_is_readmitted() {
    let store = MemoryStore::new();
    let keys = keys(&store);
    let before = seal(&keys, "jane").await;
    keys.erase("jane").await.unwrap();
    let sealer = Sealer::new(keys.clone());
    let refused = sealer.seal(&Privacy::of("jane"), HERE, b"content").await;
    assert!(
        matches!(refused, Err(SealError::SubjectErased)),
        "{refused:?}"
    );
    assert!(keys.rotate("jane").await.is_err());
    keys.readmit("jane").await.unwrap();
    let after = seal(&keys, "jane").await;
    assert_eq!(open(&keys, &after).await.unwrap(), content());
    assert_eq!(open(&keys, &before).await.unwrap(), Opened::Erased);
}

#[tokio::test]
async fn another_process_forgets_within_the_time_it_keeps_keys() {
    let store = MemoryStore::new();
    let here = keys(&store);
    let mut options = KeyOptions::default();
    options.keep_for = Duration::from_millis(50);
    let provider = LocalKeys::parse(KEK).unwrap();
    let there = SubjectKeys::with_options(store, provider, options);
    let sealed = seal(&here, "jane").await;
    assert_eq!(open(&there, &sealed).await.unwrap(), content());
    here.erase("jane").await.unwrap();
    assert_eq!(open(&here, &sealed).await.unwrap(), Opened::Erased);
    let forgotten = async {
        while open(&there, &sealed).await.unwrap() != Opened::Erased {
            SystemClock.sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), forgotten)
        .await
        .unwrap();
}

#[tokio::test]
async fn an_erasure_whose_reply_is_lost_is_found_done_by_the_next_call() {
    let store = MemoryStore::new();
    let sealed = seal(&keys(&store), "jane").await;
    let faulty = FaultStore::new(store.clone()).inject(Fault::LostDocumentReply);
    let provider = LocalKeys::parse(KEK).unwrap();
    let keys = SubjectKeys::new(faulty, provider);
    assert_eq!(open(&keys, &sealed).await.unwrap(), content());
    let error = keys.erase("jane").await.unwrap_err();
    assert!(error.is_retryable(), "{error:?}");
    assert_eq!(open(&keys, &sealed).await.unwrap(), Opened::Erased);
    let again = keys.erase("jane").await.unwrap();
    assert!(matches!(again, Erasure::AlreadyErased { .. }), "{again:?}");
}

#[tokio::test]
async fn a_key_store_that_does_not_answer_is_no_erasure() {
    let store = MemoryStore::new();
    let sealed = seal(&keys(&store), "jane").await;
    let faulty = FaultStore::new(store).inject(Fault::Unavailable(Operation::LoadDocument));
    let keys = SubjectKeys::new(faulty, LocalKeys::parse(KEK).unwrap());
    let error = open(&keys, &sealed).await.unwrap_err();
    assert!(error.is_retryable(), "{error:?}");
    assert_eq!(open(&keys, &sealed).await.unwrap(), content());
}

#[tokio::test]
async fn neither_names_nor_keys_are_stored_in_the_clear() {
    let store = MemoryStore::new();
    let keys = keys(&store);
    seal(&keys, "jane.doe").await;
    let kind = DocumentKind::from_static("subject-keys");
    let documents = store.documents(&kind, None, 10).await.unwrap();
    let [document] = &documents[..] else {
        panic!("{documents:?}");
    };
    let shown = format!("{} {:?}", document.name, document.content);
    assert!(!shown.contains("jane"), "{shown}");
    let shown = format!("{keys:?}");
    assert!(!shown.contains("AAECAw"), "{shown}");
}

#[test]
fn local_keys_say_what_is_wrong_with_their_text() {
    let line = KEK.split_once(':').unwrap().1;
    for (text, reason) in [
        ("", "there is no key"),
        ("# only a comment\n\n", "there is no key"),
        ("no colon", "line 1 "),
        ("a:AAAA", "line 1 "),
        (
            &format!("{KEK}\n{KEK}") as &str,
            "line 2 of the keys has the id",
        ),
        (&format!("{KEK}\n:{line}"), "line 2 "),
    ] {
        let error = LocalKeys::parse(text).unwrap_err().to_string();
        assert!(error.contains(reason), "{text:?}: {error}");
        assert!(!error.contains("AAECAw"), "{error}");
    }
}

#[test]
fn a_file_of_keys_is_made_once_and_read_again() {
    let home = tempdir().unwrap();
    let path = home.path().join("keys");
    LocalKeys::create_file(&path, "2026").unwrap();
    let shown = format!("{:?}", LocalKeys::from_file(&path).unwrap());
    assert_eq!(shown, r#"LocalKeys(["2026"])"#);
    let error = LocalKeys::create_file(&path, "2027").unwrap_err();
    assert!(error.to_string().contains("keys"), "{error}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    assert!(LocalKeys::from_file(home.path().join("none")).is_err());
    assert!(LocalKeys::from_env("ES_SERDE_NO_SUCH_VARIABLE").is_err());
}
