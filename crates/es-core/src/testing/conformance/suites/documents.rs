//! Documents: compare and set, by kind and name.

use bytes::Bytes;

use super::super::concurrency::together;
use super::super::subject::Subject;
use crate::{
    Document, DocumentError, DocumentKind, DocumentName, DocumentStore, MAX_DOCUMENT_BYTES,
    Revision,
};

/// More than anybody saves here.
const ALL: usize = 1_000;

pub(crate) async fn are_absent_at_first(subject: Subject) {
    let store = subject.documents();
    assert_eq!(load(&*store, "rules", "a").await, None);
    assert_eq!(list(&*store, "rules").await, []);
}

pub(crate) async fn are_new_where_there_is_none(subject: Subject) {
    let store = subject.documents();
    for expected in [1, 2] {
        let answer = save(&*store, "rules", "a", expected, "one").await;
        assert_changed(answer, ("rules", "a"), expected, 0);
        assert_eq!(
            list(&*store, "rules").await,
            [],
            "a refused save wrote something"
        );
    }
    saved(&*store, "rules", "a", 0, "one").await;
    let due = document("a", 1, "one");
    assert_eq!(load(&*store, "rules", "a").await, Some(due.clone()));
    assert_eq!(list(&*store, "rules").await, [due]);
}

pub(crate) async fn are_saved_from_the_revision_where_they_stand(subject: Subject) {
    let store = subject.documents();
    for (expected, text) in (0..).zip(["one", "two", "two", "a longer text", "1"]) {
        saved(&*store, "rules", "a", expected, text).await;
        let due = document("a", expected + 1, text);
        assert_eq!(load(&*store, "rules", "a").await, Some(due.clone()));
        assert_eq!(list(&*store, "rules").await, [due]);
    }
}

pub(crate) async fn are_not_saved_from_elsewhere_and_say_where_they_stand(subject: Subject) {
    let store = subject.documents();
    for (expected, text) in (0..).zip(["one", "two", "three"]) {
        saved(&*store, "rules", "a", expected, text).await;
    }
    for expected in [0, 1, 2, 4, 1 << 40] {
        // The one that is there, too: what is the same is refused like anything else.
        for text in ["four", "three"] {
            let answer = save(&*store, "rules", "a", expected, text).await;
            assert_changed(answer, ("rules", "a"), expected, 3);
            let due = document("a", 3, "three");
            assert_eq!(load(&*store, "rules", "a").await, Some(due.clone()));
            assert_eq!(list(&*store, "rules").await, [due]);
        }
    }
    saved(&*store, "rules", "a", 3, "four").await;
}

pub(crate) async fn are_created_once(subject: Subject) {
    let store = subject.documents();
    saved(&*store, "rules", "a", 0, "first").await;
    let again = save(&*store, "rules", "a", 0, "second").await;
    assert_changed(again, ("rules", "a"), 0, 1);
    assert_eq!(
        load(&*store, "rules", "a").await,
        Some(document("a", 1, "first"))
    );
}

pub(crate) async fn of_16_racing_savers_one_wins(subject: Subject) {
    let store = subject.documents();
    saved(&*store, "rules", "a", 0, "ground").await;
    for revision in 1..=5 {
        one_of_16_wins(&subject, "a", revision).await;
    }
}

pub(crate) async fn of_16_racing_creators_one_wins(subject: Subject) {
    for name in ["a", "b", "c", "d", "e"] {
        one_of_16_wins(&subject, name, 0).await;
    }
}

pub(crate) async fn changed_by_many_lose_no_update(subject: Subject) {
    let store = subject.documents();
    together(6, |_| {
        let store = store.clone();
        async move {
            for _ in 0..8 {
                count_on(&*store).await;
            }
        }
    })
    .await;
    assert_eq!(
        load(&*store, "counters", "a").await,
        Some(document("a", 48, "48"))
    );
}

pub(crate) async fn of_other_names_are_left_alone(subject: Subject) {
    let store = subject.documents();
    let names = strange_names();
    for (index, name) in names.iter().enumerate() {
        saved(&*store, "rules", name, 0, &index.to_string()).await;
    }
    // The first of them once more: the others stay at their first revision.
    saved(&*store, "rules", &names[0], 1, "changed").await;
    for (index, name) in names.iter().enumerate().skip(1) {
        let due = document(name, 1, &index.to_string());
        assert_eq!(load(&*store, "rules", name).await, Some(due), "of {name}");
    }
    assert_eq!(load(&*store, "rules", "a/c").await, None);
}

pub(crate) async fn of_other_kinds_are_left_alone(subject: Subject) {
    let store = subject.documents();
    let mut pairs = vec![("a", "b/c"), ("a/b", "c"), ("ab", "c"), ("a", "bc")];
    let kinds = strange_names();
    pairs.extend(kinds.iter().map(|kind| (&**kind, "x")));
    for (kind, name) in &pairs {
        saved(&*store, kind, name, 0, &format!("{name} of {kind}")).await;
    }
    for (kind, name) in &pairs {
        let mut due: Vec<_> = pairs
            .iter()
            .filter(|(other, _)| other == kind)
            .map(|(kind, name)| document(name, 1, &format!("{name} of {kind}")))
            .collect();
        due.sort_by(|a, b| a.name.cmp(&b.name));
        assert_eq!(list(&*store, kind).await, due, "of {kind}");
        let found = load(&*store, kind, name).await;
        assert_eq!(
            found,
            Some(document(name, 1, &format!("{name} of {kind}"))),
            "{name} of {kind}"
        );
    }
    assert_eq!(list(&*store, "a/b/").await, []);
    assert_eq!(load(&*store, "a/b", "b/c").await, None);
}

pub(crate) async fn are_listed_in_the_order_of_their_names(subject: Subject) {
    let store = subject.documents();
    let names = unsorted_names();
    for name in &names {
        saved(&*store, "rules", name, 0, name).await;
    }
    assert_eq!(list(&*store, "rules").await, sorted_documents(&names));
}

pub(crate) async fn are_listed_page_by_page(subject: Subject) {
    let store = subject.documents();
    let names = unsorted_names();
    for name in &names {
        saved(&*store, "rules", name, 0, name).await;
    }
    // What lies around them belongs to no page of theirs.
    for kind in ["rule", "rules/", "rulesa", "Rules", "rulet"] {
        saved(&*store, kind, "m", 0, "of another kind").await;
    }
    let all = sorted_documents(&names);
    for limit in [1, 2, 3, all.len() - 1, all.len(), ALL, usize::MAX] {
        assert_eq!(
            pages(&*store, "rules", limit).await,
            all,
            "pages of {limit}"
        );
    }
    assert_eq!(page(&*store, "rules", None, 0).await, []);
    assert_eq!(page(&*store, "rules", Some("\u{10ffff}"), ALL).await, []);
    // A page goes on after a name, whether there is a document of it or not.
    for after in ["0", "a!", "a/", "a/c", "zz", "zzz"] {
        let due: Vec<_> = all
            .iter()
            .filter(|document| document.name.as_str() > after)
            .cloned()
            .collect();
        assert_eq!(
            page(&*store, "rules", Some(after), ALL).await,
            due,
            "after {after}"
        );
    }
}

/// As many bytes as no reply of a server holds, and as no page of events may have.
pub(crate) async fn of_many_mebibytes_are_listed(subject: Subject) {
    let store = subject.documents();
    let names: Vec<String> = (10..30).map(|number| format!("a{number}")).collect();
    for (name, byte) in names.iter().zip(0..) {
        saved_bytes(&*store, "rules", name, 0, vec![byte; MAX_DOCUMENT_BYTES]).await;
    }
    for limit in [19, 20, ALL] {
        let listed = page(&*store, "rules", None, limit).await;
        assert_eq!(listed.len(), limit.min(20), "with a limit of {limit}");
        for (document, (name, byte)) in listed.iter().zip(names.iter().zip(0..)) {
            let content = vec![byte; MAX_DOCUMENT_BYTES];
            let same = document.name.as_str() == name && document.content == content;
            assert!(same, "{name} has changed: {document:?}");
        }
    }
}

pub(crate) async fn may_be_empty(subject: Subject) {
    let store = subject.documents();
    for (expected, text) in [(0, ""), (1, "two"), (2, ""), (3, "")] {
        saved(&*store, "rules", "a", expected, text).await;
        let due = document("a", expected + 1, text);
        assert_eq!(load(&*store, "rules", "a").await, Some(due.clone()));
        assert_eq!(list(&*store, "rules").await, [due]);
    }
    let again = save(&*store, "rules", "a", 0, "one").await;
    assert_changed(again, ("rules", "a"), 0, 4);
}

pub(crate) async fn keep_every_byte_value(subject: Subject) {
    let store = subject.documents();
    let bytes: Vec<u8> = (0..=u8::MAX).chain((0..=u8::MAX).rev()).collect();
    saved_bytes(&*store, "rules", "a", 0, bytes.clone()).await;
    for byte in 0..=u8::MAX {
        let name = format!("one {byte:03}");
        saved_bytes(&*store, "rules", &name, 0, vec![byte]).await;
    }
    let found = load(&*store, "rules", "a").await.expect("it was saved");
    assert_eq!(found.content, bytes);
    let listed = list(&*store, "rules").await;
    let singles = listed.iter().skip(1).map(|document| &document.content[..]);
    assert!(
        singles.eq((0..=u8::MAX).map(|byte| [byte])),
        "a single byte has changed"
    );
}

pub(crate) async fn of_one_mebibyte_are_kept(subject: Subject) {
    let store = subject.documents();
    for (expected, byte) in [(0, 7), (1, 8)] {
        let large = vec![byte; MAX_DOCUMENT_BYTES];
        saved_bytes(&*store, "rules", "a", expected, large.clone()).await;
        let found = load(&*store, "rules", "a").await.expect("it was saved");
        assert!(
            found.content == large,
            "a large document has changed: {found:?}"
        );
    }
}

pub(crate) async fn of_more_are_refused(subject: Subject) {
    let store = subject.documents();
    for (before, expected) in [(None, 0), (Some(document("a", 1, "one")), 1)] {
        for bytes in [MAX_DOCUMENT_BYTES + 1, 3 * MAX_DOCUMENT_BYTES] {
            let answer = save_bytes(&*store, "rules", "a", expected, vec![7; bytes]).await;
            match answer {
                Err(DocumentError::TooLarge {
                    kind,
                    name,
                    bytes: said,
                }) => {
                    assert_eq!((kind.as_str(), name.as_str(), said), ("rules", "a", bytes));
                }
                other => panic!("{bytes} bytes were to be refused, and it answered {other:?}"),
            }
            assert_eq!(load(&*store, "rules", "a").await, before);
        }
        if before.is_none() {
            saved(&*store, "rules", "a", 0, "one").await;
        }
    }
}

/// Names that a store may take for one another, or for something else.
fn strange_names() -> Vec<String> {
    let long = "n".repeat(crate::MAX_NAME_BYTES);
    let nearly = format!("{}o", "n".repeat(crate::MAX_NAME_BYTES - 1));
    let short = [
        "a", "a/b", "ab", "A", "a/", "/a", "a b", "ä", "a\u{308}", "$x.y", "$x", ".", "%00", "\\0",
    ];
    let mut names: Vec<_> = short.map(str::to_owned).into();
    names.extend([long, nearly]);
    names
}

fn unsorted_names() -> Vec<String> {
    let mut names = strange_names();
    // In UTF-16 the last two stand the other way round.
    let more = [
        "m",
        "zz",
        "z",
        "a1",
        "a-1",
        "10",
        "9",
        "\u{ffee}",
        "\u{1f600}",
    ];
    names.extend(more.map(str::to_owned));
    names
}

fn sorted_documents(names: &[String]) -> Vec<Document> {
    let mut names: Vec<_> = names.iter().collect();
    names.sort_by(|a, b| a.as_bytes().cmp(b.as_bytes()));
    names
        .into_iter()
        .map(|name| document(name, 1, name))
        .collect()
}

/// Lets 16 tasks save it from one revision.
async fn one_of_16_wins(subject: &Subject, name: &'static str, revision: u64) {
    let store = subject.documents();
    let answers = together(16, |task| {
        let store = store.clone();
        async move {
            let text = format!("of task {task}");
            let answer = save(&*store, "rules", name, revision, &text).await;
            answer.map(|reached| (reached, text))
        }
    })
    .await;
    let won: Vec<_> = answers.iter().flatten().cloned().collect();
    let [(reached, text)] = &won[..] else {
        panic!("{} of 16 saved it from revision {revision}", won.len())
    };
    assert_eq!(reached.get(), revision + 1);
    let due = document(name, revision + 1, text);
    for answer in answers.into_iter().filter(Result::is_err) {
        let answer = answer.map(|(reached, _)| reached);
        assert_changed(answer, ("rules", name), revision, revision + 1);
    }
    assert_eq!(load(&*store, "rules", name).await, Some(due));
}

/// Adds one to the number in it, wherever it stands.
async fn count_on(store: &dyn DocumentStore) {
    loop {
        let found = load(store, "counters", "a").await;
        let (at, number) = found.map_or((0, 0), |found| {
            let text = std::str::from_utf8(&found.content).expect("a text");
            (found.revision.get(), text.parse::<u64>().expect("a number"))
        });
        match save(store, "counters", "a", at, &(number + 1).to_string()).await {
            Ok(reached) => return assert_eq!(reached.get(), at + 1),
            Err(DocumentError::Changed { actual, .. }) => assert!(actual.get() > at),
            Err(error) => panic!("neither saved nor refused: {error:?}"),
        }
    }
}

pub(super) fn document(name: &str, revision: u64, text: &str) -> Document {
    Document {
        name: named(name),
        revision: Revision::new(revision),
        content: text.as_bytes().to_vec().into(),
    }
}

async fn load(store: &dyn DocumentStore, kind: &str, name: &str) -> Option<Document> {
    store
        .load_document(&of_kind(kind), &named(name))
        .await
        .expect("a document is looked for")
}

/// All of a kind.
pub(super) async fn list(store: &dyn DocumentStore, kind: &str) -> Vec<Document> {
    page(store, kind, None, ALL).await
}

async fn page(
    store: &dyn DocumentStore,
    kind: &str,
    after: Option<&str>,
    limit: usize,
) -> Vec<Document> {
    let after = after.map(named);
    store
        .documents(&of_kind(kind), after.as_ref(), limit)
        .await
        .expect("a page of documents")
}

/// All of a kind, so many at a time.
async fn pages(store: &dyn DocumentStore, kind: &str, limit: usize) -> Vec<Document> {
    let mut all: Vec<Document> = Vec::new();
    loop {
        let after = all.last().map(|last| last.name.as_str().to_owned());
        let page = page(store, kind, after.as_deref(), limit).await;
        assert!(page.len() <= limit, "{} on a page of {limit}", page.len());
        let full = page.len() == limit;
        all.extend(page);
        if !full {
            return all;
        }
        assert!(all.len() < ALL, "the pages do not end");
    }
}

pub(super) async fn save(
    store: &dyn DocumentStore,
    kind: &str,
    name: &str,
    expected: u64,
    text: &str,
) -> Result<Revision, DocumentError> {
    save_bytes(store, kind, name, expected, text.as_bytes().to_vec()).await
}

/// Saves, and insists.
async fn saved(store: &dyn DocumentStore, kind: &str, name: &str, expected: u64, text: &str) {
    saved_bytes(store, kind, name, expected, text.as_bytes().to_vec()).await;
}

async fn saved_bytes(
    store: &dyn DocumentStore,
    kind: &str,
    name: &str,
    expected: u64,
    content: Vec<u8>,
) {
    match save_bytes(store, kind, name, expected, content).await {
        Ok(reached) => assert_eq!(reached.get(), expected + 1, "the revision after a save"),
        Err(error) => panic!("{name} of {kind} stands at {expected} and was refused: {error:?}"),
    }
}

async fn save_bytes(
    store: &dyn DocumentStore,
    kind: &str,
    name: &str,
    expected: u64,
    content: Vec<u8>,
) -> Result<Revision, DocumentError> {
    let (kind, name) = (of_kind(kind), named(name));
    store
        .save_document(&kind, &name, Revision::new(expected), Bytes::from(content))
        .await
}

fn of_kind(kind: &str) -> DocumentKind {
    DocumentKind::new(kind).expect("a valid kind")
}

fn named(name: &str) -> DocumentName {
    DocumentName::new(name).expect("a valid name")
}

pub(super) fn assert_changed(
    answer: Result<Revision, DocumentError>,
    of: (&str, &str),
    was_expected: u64,
    stands: u64,
) {
    match answer {
        Err(DocumentError::Changed {
            kind,
            name,
            expected,
            actual,
        }) => {
            assert_eq!((kind.as_str(), name.as_str()), of);
            assert_eq!(
                (expected.get(), actual.get()),
                (was_expected, stands),
                "expected and actual"
            );
        }
        other => {
            panic!("it stands at {stands}, was saved from {was_expected}, and answered {other:?}")
        }
    }
}
