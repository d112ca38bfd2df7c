//! Pages of the events that a filter takes, found by the server.
//!
//! With an index that helps, the server looks up the documents in it, however far apart they are.
//! Without one it looks through a bounded part of the log for each page, which still saves
//! sending and decoding what the filter does not take. Either way the page is bounded by the end
//! of the log as it is known before, at a time that the reads are told to see: what is not found
//! below was not there.
//!
//! Documents whose events were archived no longer show what they held, so they are found too.

use bytes::Bytes;
use es_core::{AllPage, AllRange, EventFilter, Position, ReadError};
use futures_util::future::try_join_all;
use mongodb::bson::{RawArrayBuf, RawDocumentBuf, cstr, rawdoc};

use super::all::{self, signed, stored};
use super::fetch::{Found, Query, find};
use super::page::Page;
use super::stubs::Stubs;
use crate::database::Database;
use crate::indexes::Index;
use crate::layout::decode::Stored;
use crate::shared::Shared;

/// How many positions the server looks through for a page, without an index.
const WINDOW: u64 = 100_000;

/// How to find the documents that a filter may take.
#[derive(Debug)]
pub(super) struct Plan {
    /// Each finds some of them; together they find all.
    lookups: Vec<Lookup>,
    /// How many positions to look at.
    window: u64,
}

#[derive(Debug)]
struct Lookup {
    condition: RawDocumentBuf,
    hint: RawDocumentBuf,
}

/// A plan, unless the filter asks for nothing that the server can find.
pub(super) fn plan(database: &Database, filter: &EventFilter) -> Option<Plan> {
    let by_index = correlation(database, filter)
        .or_else(|| types(database, filter))
        .or_else(|| categories(database, filter));
    if let Some(lookups) = by_index {
        return Some(Plan {
            lookups,
            window: u64::MAX,
        });
    }
    let lookup = Lookup {
        condition: without_index(filter)?,
        hint: rawdoc! { "_id": 1 },
    };
    Some(Plan {
        lookups: vec![lookup],
        window: WINDOW,
    })
}

fn correlation(database: &Database, filter: &EventFilter) -> Option<Vec<Lookup>> {
    let id = filter.correlation.as_deref()?;
    let wanted = database.wants_index(Index::Correlation);
    wanted.then(|| {
        let shared = Lookup {
            condition: rawdoc! { "m.c": id },
            hint: rawdoc! { "m.c": 1, "_id": 1 },
        };
        let own = Lookup {
            condition: rawdoc! { "e.x.c": id },
            hint: rawdoc! { "e.x.c": 1, "_id": 1 },
        };
        vec![shared, own, archived()]
    })
}

fn types(database: &Database, filter: &EventFilter) -> Option<Vec<Lookup>> {
    let wanted = !filter.names.is_empty() && database.wants_index(Index::EventTypes);
    wanted.then(|| {
        let lookup = Lookup {
            condition: rawdoc! { "e.t": names(filter) },
            hint: rawdoc! { "e.t": 1, "_id": 1 },
        };
        vec![lookup, archived()]
    })
}

/// The category is kept when the events are archived.
fn categories(database: &Database, filter: &EventFilter) -> Option<Vec<Lookup>> {
    let wanted = !filter.categories.is_empty() && database.wants_index(Index::Categories);
    wanted.then(|| {
        vec![Lookup {
            condition: rawdoc! { "c": one_of(filter.categories.iter().map(String::as_str)) },
            hint: rawdoc! { "c": 1, "_id": 1 },
        }]
    })
}

fn archived() -> Lookup {
    Lookup {
        condition: rawdoc! { "z": true },
        hint: rawdoc! { "z": 1, "_id": 1 },
    }
}

/// What the server can compare document by document.
fn without_index(filter: &EventFilter) -> Option<RawDocumentBuf> {
    let mut events = RawDocumentBuf::new();
    if !filter.names.is_empty() {
        events.append(cstr!("e.t"), names(filter));
    }
    if let Some(id) = filter.correlation.as_deref() {
        let places = [rawdoc! { "m.c": id }, rawdoc! { "e.x.c": id }];
        events.append(cstr!("$or"), array(places));
    }
    let mut condition = RawDocumentBuf::new();
    if !filter.categories.is_empty() {
        let categories = filter.categories.iter().map(String::as_str);
        condition.append(cstr!("c"), one_of(categories));
    }
    if !events.is_empty() {
        condition.append(cstr!("$or"), array([events, rawdoc! { "z": true }]));
    }
    (!condition.is_empty()).then_some(condition)
}

fn names(filter: &EventFilter) -> RawDocumentBuf {
    one_of(filter.names.iter().map(es_core::TypeName::as_str))
}

fn one_of<'t>(texts: impl Iterator<Item = &'t str>) -> RawDocumentBuf {
    let mut array = RawArrayBuf::new();
    texts.for_each(|text| array.push(text));
    rawdoc! { "$in": array }
}

fn array(documents: impl IntoIterator<Item = RawDocumentBuf>) -> RawArrayBuf {
    let mut array = RawArrayBuf::new();
    documents
        .into_iter()
        .for_each(|document| array.push(document));
    array
}

/// A page by a plan.
pub(super) async fn read(
    shared: &Shared,
    range: &AllRange,
    plan: Plan,
) -> Result<AllPage, ReadError> {
    let database = &shared.database;
    let end = shared.hub.head().min(range.until);
    let mut page = Page::new(range);
    if end <= range.after {
        return Ok(page.finish());
    }
    let mut stubs = Stubs::new(shared);
    all::take_holder(shared, &mut page, &mut stubs).await?;
    let bound = end.min(page.scanned_to().plus(plan.window));
    let limit = database.reads().pace.documents(range.page_limit() as u64);
    let from = page.scanned_to();
    let lookups = plan.lookups.into_iter();
    let finds = lookups.map(|lookup| find(database, query(database, lookup, (from, bound), limit)));
    let found = try_join_all(finds).await?;
    let (documents, sure_to) = merged(&found, bound)?;
    let (documents, buffers): (Vec<_>, Vec<_>) = documents.into_iter().unzip();
    for (index, document) in documents.iter().enumerate() {
        if page.is_full() || document.first_position > sure_to {
            break;
        }
        page.skip_to(document.first_position.previous());
        all::take(&mut page, &mut stubs, &documents[index..], buffers[index]).await?;
    }
    if !page.is_full() {
        page.skip_to(sure_to);
    }
    Ok(page.finish())
}

fn query(
    database: &Database,
    lookup: Lookup,
    (from, to): (Position, Position),
    limit: usize,
) -> Query {
    let mut filter = lookup.condition;
    filter.append(
        cstr!("_id"),
        rawdoc! { "$gt": signed(from), "$lte": signed(to) },
    );
    Query {
        filter,
        hint: lookup.hint,
        ..all::by_position(database, RawDocumentBuf::new(), 1, limit)
    }
}

/// A document, and the reply that it lies in.
type Located<'f> = (Stored<'f>, &'f Bytes);

/// The documents that were found, in order and once each, and up to where there are no others.
fn merged(found: &[Found], bound: Position) -> Result<(Vec<Located<'_>>, Position), ReadError> {
    let mut sure_to = bound;
    let mut documents = Vec::new();
    for found in found {
        let some = stored(found, 0, Position::START)?;
        if let (true, Some(last)) = (found.more, some.last()) {
            sure_to = sure_to.min(last.first_position);
        }
        let buffer = found.batch.buffer();
        documents.extend(some.into_iter().map(|document| (document, buffer)));
    }
    documents.sort_by_key(|(document, _)| document.first_position);
    documents.dedup_by_key(|(document, _)| document.first_position);
    Ok((documents, sure_to))
}
