//! Saving documents: compare and set.

use bytes::Bytes;
use es_core::{DocumentError, DocumentKind, DocumentName, Revision};

use super::State;
use crate::document::load;
use crate::engine::Table;
use crate::error::Refused;
use crate::keys;
use crate::queue::DocumentJob;

impl State {
    pub(super) fn document(&mut self, job: DocumentJob) {
        let DocumentJob {
            kind,
            name,
            expected,
            bytes,
            reply,
            room,
        } = job;
        let result = self.save_document(kind, name, expected, bytes);
        self.staged.answers.document(reply, room, result);
    }

    fn save_document(
        &mut self,
        kind: DocumentKind,
        name: DocumentName,
        expected: Revision,
        bytes: Bytes,
    ) -> Result<Revision, DocumentError> {
        if let Some(refused) = self.health.refusal() {
            return Err(DocumentError::Unavailable {
                source: refused.into(),
            });
        }
        let key = keys::document(&kind, &name);
        let actual = self.document_now(&kind, &name, &key)?;
        if actual != expected {
            return Err(DocumentError::Changed {
                kind,
                name,
                expected,
                actual,
            });
        }
        self.staged.bytes += bytes.len();
        self.staged.batch.put(Table::Documents, key.clone(), bytes);
        self.staged.documents.insert(key, expected.next());
        Ok(expected.next())
    }

    /// Where it stands, after what is staged.
    fn document_now(
        &self,
        kind: &DocumentKind,
        name: &DocumentName,
        key: &[u8],
    ) -> Result<Revision, DocumentError> {
        if let Some(staged) = self.staged.documents.get(key) {
            return Ok(*staged);
        }
        match self.shared.engine().as_deref() {
            Some(engine) => {
                let stored = load(engine, kind, name)?;
                Ok(stored.map_or(Revision::ABSENT, |stored| stored.revision))
            }
            None => {
                let refused = Refused::EngineDown("it is being opened again".into());
                Err(DocumentError::Unavailable {
                    source: refused.into(),
                })
            }
        }
    }
}
