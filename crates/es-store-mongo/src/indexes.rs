//! Which indexes a log has, beyond those that the store cannot do without.

use std::collections::BTreeSet;

use mongodb::bson::{Document, doc};

use crate::layout::STREAM_INDEX;

/// Something that can be looked up quickly if it has an index. Each costs space and time with
/// every append; without it the store refuses the look-up, or reads on and compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Index {
    /// Events by their id: [`read_event`](es_core::EventStore::read_event). The dearest one: about
    /// half of the throughput of appends, and 75 bytes an event.
    EventIds,
    /// Appends by their id, so that a repeat is recognised whatever it expects. About the price of
    /// a quarter of the throughput, and 35 bytes an append.
    AppendIds,
    /// Filters by event type.
    EventTypes,
    /// Filters by category.
    Categories,
    /// Filters by correlation id.
    Correlation,
}

impl Index {
    pub(crate) const ALL: [Self; 5] = [
        Self::EventIds,
        Self::AppendIds,
        Self::EventTypes,
        Self::Categories,
        Self::Correlation,
    ];

    /// What makes it up on the server.
    pub(crate) fn definitions(self) -> Vec<Definition> {
        match self {
            Self::EventIds => vec![Definition::plain("event_ids", doc! { "e.i": 1 })],
            Self::AppendIds => vec![Definition {
                unique: true,
                partial: Some(doc! { "a": { "$exists": true } }),
                ..Definition::plain("append_ids", doc! { "a": 1 })
            }],
            Self::EventTypes => {
                vec![Definition::plain(
                    "event_types",
                    doc! { "e.t": 1, "_id": 1 },
                )]
            }
            Self::Categories => vec![Definition::plain("categories", doc! { "c": 1, "_id": 1 })],
            Self::Correlation => vec![
                Definition::plain("correlation", doc! { "m.c": 1, "_id": 1 }),
                // Of events whose metadata differ from those of their append.
                Definition {
                    partial: Some(doc! { "e.x.c": { "$exists": true } }),
                    ..Definition::plain("correlation_own", doc! { "e.x.c": 1, "_id": 1 })
                },
            ],
        }
    }
}

/// Which indexes a store makes, besides those that the contract needs.
///
/// Whatever is chosen, an index that is there is used, and none is ever dropped: another process
/// may need it. `db.events.dropIndex(name)` drops one.
///
/// ```
/// use es_store_mongo::{Index, Indexes};
/// let by_type_and_id = Indexes::of([Index::EventTypes, Index::AppendIds]);
/// assert_ne!(by_type_and_id, Indexes::minimal());
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Indexes(Choice);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Choice {
    These(BTreeSet<Index>),
    Lazy,
}

impl Default for Choice {
    fn default() -> Self {
        Self::These(BTreeSet::new())
    }
}

impl Indexes {
    /// None.
    #[must_use]
    pub fn minimal() -> Self {
        Self::default()
    }

    /// Each one the first time that something looks for it: it is made in the background, and the
    /// log says so. Until it is there the store answers as without it.
    ///
    /// Not [`Index::AppendIds`]: appends before it are not in it, so it must be asked for by name.
    #[must_use]
    pub fn lazy() -> Self {
        Self(Choice::Lazy)
    }

    /// All of them, before the store is open.
    #[must_use]
    pub fn eager() -> Self {
        Self::of(Index::ALL)
    }

    /// These, before the store is open.
    #[must_use]
    pub fn of(indexes: impl IntoIterator<Item = Index>) -> Self {
        Self(Choice::These(indexes.into_iter().collect()))
    }

    /// Those that must be there once the store is open.
    pub(crate) fn wanted(&self) -> impl Iterator<Item = Index> {
        let these = match &self.0 {
            Choice::These(indexes) => Some(indexes),
            Choice::Lazy => None,
        };
        these.into_iter().flatten().copied()
    }

    pub(crate) fn is_lazy(&self) -> bool {
        self.0 == Choice::Lazy
    }
}

/// An index as the server knows it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Definition {
    pub(crate) name: &'static str,
    pub(crate) key: Document,
    pub(crate) unique: bool,
    /// Only documents that match this have entries.
    pub(crate) partial: Option<Document>,
}

impl Definition {
    fn plain(name: &'static str, key: Document) -> Self {
        Self {
            name,
            key,
            unique: false,
            partial: None,
        }
    }

    /// Stream and version: what refuses the second of two appends at one version.
    pub(crate) fn streams() -> Self {
        Self {
            unique: true,
            ..Self::plain(STREAM_INDEX, doc! { "s": 1, "v": 1 })
        }
    }

    /// Where the events were moved away. Costs nothing while there are none, and lets filtered
    /// reads notice them.
    pub(crate) fn archived() -> Self {
        Self {
            partial: Some(doc! { "z": true }),
            ..Self::plain("z", doc! { "z": 1, "_id": 1 })
        }
    }

    /// What `createIndexes` takes.
    pub(crate) fn document(&self) -> Document {
        let mut document = doc! { "name": self.name, "key": self.key.clone() };
        if self.unique {
            document.insert("unique", true);
        }
        if let Some(partial) = &self.partial {
            document.insert("partialFilterExpression", partial.clone());
        }
        document
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_made_that_nobody_asked_for() {
        assert_eq!(Indexes::default().wanted().count(), 0);
        assert_eq!(Indexes::lazy().wanted().count(), 0);
        assert_eq!(Indexes::eager().wanted().count(), Index::ALL.len());
        let some = Indexes::of([Index::Categories, Index::Categories]);
        assert_eq!(some.wanted().collect::<Vec<_>>(), [Index::Categories]);
    }

    #[test]
    fn names_of_indexes_are_their_own() {
        let all = Index::ALL.into_iter().flat_map(Index::definitions);
        let mut names: Vec<_> = all.map(|definition| definition.name).collect();
        names.extend([Definition::streams().name, Definition::archived().name]);
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
    }
}
