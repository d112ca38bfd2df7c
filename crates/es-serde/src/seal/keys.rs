//! The data keys of all subjects: made, found, rotated, destroyed.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use es_core::{
    Clock, DocumentKind, DocumentPages, DocumentStore, Revision, SystemClock, Timestamp,
};
use moka::future::Cache;

use super::record::{Record, Stored};
use super::subject::{KeyRef, Pseudonym};
use super::{DataKey, KeyError, KeyProvider};

static KIND: DocumentKind = DocumentKind::from_static("subject-keys");
/// How often a change is tried again because somebody else came first.
const ATTEMPTS: u32 = 16;

/// How [`SubjectKeys`] keeps keys in memory.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct KeyOptions {
    /// For how long a key stays in memory after it was read: so long another process may go on
    /// reading what was erased. A minute.
    pub keep_for: Duration,
    /// Of how many subjects keys are in memory at most. 10,000.
    pub subjects: u64,
}

impl Default for KeyOptions {
    fn default() -> Self {
        Self {
            keep_for: Duration::from_secs(60),
            subjects: 10_000,
        }
    }
}

/// The data keys of subjects, in a [`DocumentStore`], wrapped by a [`KeyProvider`].
///
/// A key is made when something about its subject is sealed for the first time. Cloning is cheap,
/// and clones share what is in memory.
#[derive(Debug, Clone)]
pub struct SubjectKeys {
    documents: Arc<dyn DocumentStore>,
    provider: Arc<dyn KeyProvider>,
    clock: Arc<dyn Clock>,
    cache: Cache<Pseudonym, Arc<Known>>,
}

/// What an erasure did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Erasure {
    /// So many keys were destroyed.
    Destroyed {
        /// How many generations there were.
        keys: usize,
    },
    /// Nothing was ever sealed for the subject. From now on nothing will be.
    NothingSealed,
    /// It was erased before.
    AlreadyErased {
        /// When.
        at: Timestamp,
    },
}

/// What is known of a subject.
#[derive(Debug)]
struct Known {
    record: Record,
    keys: BTreeMap<u32, DataKey>,
}

/// What is to become of a subject's keys.
#[derive(Debug)]
enum Change {
    Erase(Timestamp),
    Readmit,
    /// Adds a key if there is none.
    FirstKey,
    AddKey,
    /// Wraps with the current key-encryption key what another one wraps.
    Rewrap(String),
}

/// What a reader finds.
#[derive(Debug, Clone)]
pub(super) enum Found {
    Key(DataKey),
    Erased,
}

impl SubjectKeys {
    /// Keys in this store, wrapped by this provider, kept in memory as
    /// [`KeyOptions::default`] says.
    pub fn new(
        documents: impl DocumentStore + 'static,
        provider: impl KeyProvider + 'static,
    ) -> Self {
        Self::with_options(documents, provider, KeyOptions::default())
    }

    /// As [`new`](Self::new), with other options.
    pub fn with_options(
        documents: impl DocumentStore + 'static,
        provider: impl KeyProvider + 'static,
        options: KeyOptions,
    ) -> Self {
        let cache = Cache::builder()
            .max_capacity(options.subjects)
            .time_to_live(options.keep_for)
            .build();
        Self {
            documents: Arc::new(documents),
            provider: Arc::new(provider),
            clock: Arc::new(SystemClock),
            cache,
        }
    }

    /// Takes the times of erasures from this clock.
    #[must_use]
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Destroys all keys of a subject: what was sealed with them can never be read again, here or in
    /// any copy. Durable once it returns; other processes notice within
    /// [`KeyOptions::keep_for`].
    ///
    /// A backup of the keys would bring them back: keep those apart from the backups of the events,
    /// for a shorter time, and erase again after a restore. What a disk holds under deleted entries
    /// is as safe as the key-encryption key; [rewrap](Self::rewrap) with a new one and destroy the
    /// old one to be rid of that too.
    ///
    /// # Errors
    /// See [`KeyError`]. After an error the keys may be destroyed or not: call it again.
    pub async fn erase(&self, subject: &str) -> Result<Erasure, KeyError> {
        let before = self
            .change_of(subject, Change::Erase(self.clock.now()))
            .await?;
        Ok(match (before.erased_at, before.keys.len()) {
            (Some(micros), _) => Erasure::AlreadyErased {
                at: Timestamp::from_micros(micros),
            },
            (None, 0) => Erasure::NothingSealed,
            (None, keys) => Erasure::Destroyed { keys },
        })
    }

    /// Lets new content about an erased subject be sealed, with new keys. What was erased stays so.
    ///
    /// # Errors
    /// See [`KeyError`].
    pub async fn readmit(&self, subject: &str) -> Result<(), KeyError> {
        self.change_of(subject, Change::Readmit).await.map(drop)
    }

    /// Gives a subject a new key for what is sealed from now on; the older ones go on opening what
    /// they sealed. Other processes notice within [`KeyOptions::keep_for`].
    ///
    /// An append whose outcome is unknown must be settled first: repeated under a new key it is
    /// another content.
    ///
    /// # Errors
    /// See [`KeyError`].
    pub async fn rotate(&self, subject: &str) -> Result<(), KeyError> {
        self.change_of(subject, Change::AddKey).await.map(drop)
    }

    /// Wraps all data keys with the provider's current key, and returns of how many subjects keys
    /// were wrapped anew. `progress` is told of each subject that was looked at.
    ///
    /// No event is touched. Once it is done, no data key needs an older key-encryption key. It can
    /// be stopped at any time and begun again.
    ///
    /// # Errors
    /// See [`KeyError`]. What was wrapped anew before stays so.
    pub async fn rewrap(&self, mut progress: impl FnMut(u64)) -> Result<u64, KeyError> {
        let current = self.provider.current().await?;
        let (mut seen, mut rewrapped) = (0, 0);
        let mut pages = DocumentPages::new(&*self.documents, &KIND);
        while let Some(page) = pages.next().await? {
            for document in &page {
                let subject = Pseudonym::of_document(&document.name)?;
                let change = Change::Rewrap(current.clone());
                let before = self.change(subject, &change).await?;
                rewrapped += u64::from(before.keys.iter().any(|key| key.kek != current));
                seen += 1;
                progress(seen);
            }
        }
        Ok(rewrapped)
    }

    /// The key that seals for a subject; made if there is none.
    pub(super) async fn for_sealing(&self, subject: &str) -> Result<(KeyRef, DataKey), KeyError> {
        let subject = Pseudonym::of(subject);
        let known = match self.known(subject).await? {
            Some(known) if known.record.erased_at.is_some() => return Err(KeyError::Erased),
            Some(known) if !known.keys.is_empty() => known,
            _ => {
                self.change(subject, &Change::FirstKey).await?;
                self.cache.invalidate(&subject).await;
                self.known(subject).await?.ok_or(KeyError::Missing)?
            }
        };
        let newest = known.keys.last_key_value();
        let (generation, key) = newest.ok_or(KeyError::Erased)?;
        let generation = *generation;
        Ok((
            KeyRef {
                subject,
                generation,
            },
            key.clone(),
        ))
    }

    /// The key that opens what names it.
    pub(super) async fn for_opening(&self, key: KeyRef) -> Result<Found, KeyError> {
        let mut known = self.known(key.subject).await?;
        let is_new = |known: &Arc<Known>| key.generation >= known.record.next;
        if known.as_ref().is_none_or(is_new) {
            // Another process made it since.
            self.cache.invalidate(&key.subject).await;
            known = self.known(key.subject).await?;
        }
        let known = known.ok_or(KeyError::Missing)?;
        match known.keys.get(&key.generation) {
            Some(found) => Ok(Found::Key(found.clone())),
            None if key.generation < known.record.next => Ok(Found::Erased),
            None => Err(KeyError::Missing),
        }
    }

    /// What is stored of a subject, with its keys unwrapped; not kept in memory if it is nothing.
    async fn known(&self, subject: Pseudonym) -> Result<Option<Arc<Known>>, KeyError> {
        if let Some(known) = self.cache.get(&subject).await {
            return Ok(Some(known));
        }
        let Some((record, _)) = self.load(subject).await? else {
            return Ok(None);
        };
        let mut keys = BTreeMap::new();
        for stored in &record.keys {
            keys.insert(stored.generation, self.unwrap(subject, stored).await?);
        }
        let known = Arc::new(Known { record, keys });
        self.cache.insert(subject, Arc::clone(&known)).await;
        Ok(Some(known))
    }

    async fn change_of(&self, subject: &str, change: Change) -> Result<Record, KeyError> {
        let subject = Pseudonym::of(subject);
        let before = self.change(subject, &change).await;
        self.cache.invalidate(&subject).await;
        before
    }

    /// Changes the record of a subject by compare-and-set, if there is something to change, and
    /// returns what it was before.
    async fn change(&self, subject: Pseudonym, change: &Change) -> Result<Record, KeyError> {
        let name = subject.document()?;
        for _ in 0..ATTEMPTS {
            let found = self.load(subject).await?;
            let (before, revision) = found.unwrap_or((Record::new(), Revision::ABSENT));
            let after = self.changed(subject, before.clone(), change).await?;
            if after == before {
                return Ok(before);
            }
            let content = after.bytes()?.into();
            let saved = self
                .documents
                .save_document(&KIND, &name, revision, content)
                .await;
            match saved {
                Ok(_) => return Ok(before),
                Err(error) if error.is_conflict() => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(KeyError::Busy)
    }

    async fn changed(
        &self,
        subject: Pseudonym,
        mut record: Record,
        change: &Change,
    ) -> Result<Record, KeyError> {
        match change {
            Change::Erase(at) if record.erased_at.is_none() => record.erase(*at),
            Change::Readmit => record.erased_at = None,
            Change::FirstKey | Change::AddKey if record.erased_at.is_some() => {
                return Err(KeyError::Erased);
            }
            Change::FirstKey if record.keys.is_empty() => {
                self.add_key(subject, &mut record).await?
            }
            Change::AddKey => self.add_key(subject, &mut record).await?,
            Change::Rewrap(current) => self.rewrap_keys(subject, &mut record, current).await?,
            Change::Erase(_) | Change::FirstKey => {}
        }
        Ok(record)
    }

    async fn add_key(&self, subject: Pseudonym, record: &mut Record) -> Result<(), KeyError> {
        let generation = record.next;
        let context = KeyRef {
            subject,
            generation,
        }
        .context();
        let key = DataKey::random()?;
        record.add(self.provider.wrap(&key, &context).await?);
        Ok(())
    }

    async fn rewrap_keys(
        &self,
        subject: Pseudonym,
        record: &mut Record,
        current: &str,
    ) -> Result<(), KeyError> {
        for stored in record.keys.iter_mut().filter(|key| key.kek != current) {
            let key = self.unwrap(subject, stored).await?;
            let context = stored.key_ref(subject).context();
            let wrapped = self.provider.wrap(&key, &context).await?;
            (stored.kek, stored.wrapped) = (wrapped.key_id, wrapped.bytes);
        }
        Ok(())
    }

    async fn unwrap(&self, subject: Pseudonym, stored: &Stored) -> Result<DataKey, KeyError> {
        let context = stored.key_ref(subject).context();
        self.provider.unwrap(&stored.wrapped_key(), &context).await
    }

    async fn load(&self, subject: Pseudonym) -> Result<Option<(Record, Revision)>, KeyError> {
        let name = subject.document()?;
        let found = self.documents.load_document(&KIND, &name).await?;
        let parse = |document: es_core::Document| {
            Ok((Record::parse(&document.content)?, document.revision))
        };
        found.map(parse).transpose()
    }
}
