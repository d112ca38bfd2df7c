//! Small documents: one each, `{ _id: { k: kind, n: name }, r: revision, c: content, w: save }`.
//!
//! | field | BSON type | what |
//! |---|---|---|
//! | `_id` | document | `k` string kind, `n` string name, in this order; compared byte by byte |
//! | `r` | int64 | how often it was saved, from 1 |
//! | `c` | binary 0 | the content |
//! | `w` | binary 4 | names the last save, so that one whose reply was lost can be told from another |

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;
use bytes::Bytes;
use es_core::{
    BoxError, Document, DocumentError, DocumentKind, DocumentName, DocumentStore, IdGenerator,
    ReadError, Revision, TimeOrderedIds,
};
use mongodb::bson::spec::BinarySubtype;
use mongodb::bson::{Binary, RawDocument, RawDocumentBuf, cstr, rawdoc};

use crate::MongoStore;
use crate::command;
use crate::database::Database;
use crate::reader::patience::patiently;

/// How many documents are asked for at once; a reply holds as many of them as fit 16 MiB.
const AT_ONCE: usize = 1_000;

#[async_trait]
impl DocumentStore for MongoStore {
    async fn load_document(
        &self,
        kind: &DocumentKind,
        name: &DocumentName,
    ) -> Result<Option<Document>, DocumentError> {
        self.shared.hub.check_open().map_err(unavailable)?;
        let stored = stored(&self.shared.database, kind, name).await?;
        Ok(stored.map(|stored| stored.document))
    }

    async fn save_document(
        &self,
        kind: &DocumentKind,
        name: &DocumentName,
        expected: Revision,
        content: Bytes,
    ) -> Result<Revision, DocumentError> {
        DocumentError::refuse_large(kind, name, &content)?;
        self.shared.hub.check_open().map_err(unavailable)?;
        let save = Save {
            database: &self.shared.database,
            kind,
            name,
            expected,
            this_save: uuid(),
        };
        save.run(&content).await
    }

    async fn documents(
        &self,
        kind: &DocumentKind,
        after: Option<&DocumentName>,
        limit: usize,
    ) -> Result<Vec<Document>, DocumentError> {
        self.shared.hub.check_open().map_err(unavailable)?;
        let mut documents: Vec<Document> = Vec::new();
        while documents.len() < limit {
            let after = documents.last().map(|last| &last.name).or(after);
            let at_once = AT_ONCE.min(limit - documents.len());
            let found = page(&self.shared.database, kind, after, at_once).await?;
            // A short page may be one of large documents: only an empty one is the end.
            if found.is_empty() {
                break;
            }
            documents.extend(found);
        }
        Ok(documents)
    }
}

/// One save under way.
struct Save<'s> {
    database: &'s Database,
    kind: &'s DocumentKind,
    name: &'s DocumentName,
    expected: Revision,
    this_save: Binary,
}

impl Save<'_> {
    async fn run(&self, content: &[u8]) -> Result<Revision, DocumentError> {
        let reached = self.expected.next();
        loop {
            let tries = match self.compare_and_set(content).await? {
                Compared::Saved => return Ok(reached),
                Compared::Elsewhere { tries } => tries,
            };
            // Refused, or repeated after its reply was lost.
            let stored = stored(self.database, self.kind, self.name).await?;
            if stored.as_ref().and_then(|stored| stored.last_save.as_ref()) == Some(&self.this_save)
            {
                return Ok(reached);
            }
            let actual = stored.map_or(Revision::ABSENT, |stored| stored.document.revision);
            if actual > reached && tries > 1 {
                let source = "the reply to a save was lost, and others have saved since".into();
                return Err(DocumentError::Unavailable { source });
            }
            // Otherwise it came to stand there just now.
            if actual != self.expected {
                return Err(self.changed(actual));
            }
        }
    }

    /// Saves it in one command, if it stands where it is expected to.
    async fn compare_and_set(&self, content: &[u8]) -> Result<Compared, DocumentError> {
        let bytes = Binary {
            subtype: BinarySubtype::Generic,
            bytes: content.to_vec(),
        };
        let set = rawdoc! {
            "r": number(self.expected.next()),
            "c": bytes,
            "w": self.this_save.clone(),
        };
        let statement = rawdoc! {
            "q": { "_id": id(self.kind, self.name), "r": number(self.expected) },
            "u": { "$set": set },
            // If there is one where none is expected, the insert is a duplicate.
            "upsert": self.expected == Revision::ABSENT,
        };
        let database = self.database;
        let command = rawdoc! { "update": database.documents(), "updates": [statement] };
        let tries = Arc::new(AtomicU32::new(0));
        let reply = patiently(database.read_timeout(), |_| {
            tries.fetch_add(1, Ordering::Relaxed);
            let (database, command) = (database.clone(), command.clone());
            async move { command::write(database.handle(), command).await }
        });
        let reply = reply.await.map_err(unavailable)?;
        if let Ok(time) = reply.get_timestamp("operationTime") {
            database.saw(time);
        }
        // A duplicate is counted nowhere.
        let saved = reply.get_i32("n").is_ok_and(|count| count == 1);
        Ok(match saved {
            true => Compared::Saved,
            false => Compared::Elsewhere {
                tries: tries.load(Ordering::Relaxed),
            },
        })
    }

    fn changed(&self, actual: Revision) -> DocumentError {
        DocumentError::Changed {
            kind: self.kind.clone(),
            name: self.name.clone(),
            expected: self.expected,
            actual,
        }
    }
}

/// What became of a save.
enum Compared {
    Saved,
    /// The document stands elsewhere now, be it by an earlier try.
    Elsewhere {
        tries: u32,
    },
}

/// A document, and which save it is of.
struct Stored {
    document: Document,
    last_save: Option<Binary>,
}

/// Reads one from the primary, also where the URI lets events be read elsewhere.
///
/// A majority confirms that it is the primary of now, so that no save is missed that was
/// acknowledged by its successor. In a set of one nobody else can be.
async fn stored(
    database: &Database,
    kind: &DocumentKind,
    name: &DocumentName,
) -> Result<Option<Stored>, DocumentError> {
    let facts = database.facts();
    let confirmed = facts.is_replica_set && !facts.has_one_member;
    let query = rawdoc! {
        "find": database.documents(),
        "filter": { "_id": id(kind, name) },
        "limit": 1,
    };
    let found = find(database, query, confirmed)
        .await
        .map_err(unavailable)?;
    let Some(found) = found.first() else {
        return Ok(None);
    };
    parse(name, found)
        .map(Some)
        .map_err(|source| corrupt(kind, name, source))
}

/// Those after a name, in one reply.
async fn page(
    database: &Database,
    kind: &DocumentKind,
    after: Option<&DocumentName>,
    at_once: usize,
) -> Result<Vec<Document>, DocumentError> {
    let after = after.map_or("", DocumentName::as_str);
    let limit = i64::try_from(at_once).unwrap_or(i64::MAX);
    let query = rawdoc! {
        "find": database.documents(),
        // In BSON every document is behind every string.
        "filter": { "_id": {
            "$gt": { "k": kind.as_str(), "n": after },
            "$lt": { "k": kind.as_str(), "n": {} },
        } },
        "sort": { "_id": 1 },
        "hint": { "_id": 1 },
        "limit": limit,
        "batchSize": limit,
    };
    let found = find(database, query, false).await.map_err(unavailable)?;
    found.iter().map(|found| named(kind, found)).collect()
}

async fn find(
    database: &Database,
    query: RawDocumentBuf,
    confirmed: bool,
) -> Result<Vec<Bytes>, ReadError> {
    patiently(database.read_timeout(), |left| {
        let (database, mut query) = (database.clone(), query.clone());
        let left = i64::try_from(left.as_millis()).unwrap_or(i64::MAX);
        query.append(cstr!("maxTimeMS"), left.clamp(1, i32::MAX.into()));
        async move {
            let concern = match confirmed {
                true => rawdoc! { "level": "linearizable" },
                false => database.read_concern(),
            };
            command::find_attached(&database, database.handle(), concern, query).await
        }
    })
    .await
}

fn named(kind: &DocumentKind, document: &[u8]) -> Result<Document, DocumentError> {
    let no_name = |source: BoxError| DocumentError::Unavailable { source };
    let name = RawDocument::from_bytes(document)
        .and_then(|document| document.get_document("_id")?.get_str("n"))
        .map_err(|error| no_name(error.into()))?;
    let name = DocumentName::new(name).map_err(|error| no_name(error.into()))?;
    let stored = parse(&name, document).map_err(|source| corrupt(kind, &name, source))?;
    Ok(stored.document)
}

fn parse(name: &DocumentName, document: &[u8]) -> Result<Stored, BoxError> {
    let document = RawDocument::from_bytes(document)?;
    let revision = u64::try_from(document.get_i64("r")?)?;
    let last_save = document.get_binary("w").ok();
    Ok(Stored {
        document: Document {
            name: name.clone(),
            revision: Revision::new(revision),
            content: Bytes::copy_from_slice(document.get_binary("c")?.bytes),
        },
        last_save: last_save.map(|binary| Binary {
            subtype: binary.subtype,
            bytes: binary.bytes.to_vec(),
        }),
    })
}

fn id(kind: &DocumentKind, name: &DocumentName) -> RawDocumentBuf {
    rawdoc! { "k": kind.as_str(), "n": name.as_str() }
}

fn number(revision: Revision) -> i64 {
    revision.get().cast_signed()
}

fn uuid() -> Binary {
    Binary {
        subtype: BinarySubtype::Uuid,
        bytes: TimeOrderedIds.next_id().as_bytes().to_vec(),
    }
}

fn corrupt(kind: &DocumentKind, name: &DocumentName, source: BoxError) -> DocumentError {
    DocumentError::Corrupt {
        kind: kind.clone(),
        name: name.clone(),
        source,
    }
}

fn unavailable(error: ReadError) -> DocumentError {
    DocumentError::Unavailable {
        source: error.into(),
    }
}
