//! Pages of all events, in the order of positions.

use bytes::Bytes;
use es_core::{AllPage, AllRange, Place, Position, ReadError};
use mongodb::bson::{RawDocumentBuf, rawdoc};

use super::fetch::{Found, Query, find};
use super::page::Page;
use super::stubs::Stubs;
use super::{Pace, corrupt, filtered};
use crate::database::Database;
use crate::layout::decode::Stored;
use crate::shared::Shared;

pub(super) async fn read(shared: &Shared, range: &AllRange) -> Result<AllPage, ReadError> {
    if range.until <= range.after {
        return Ok(AllPage::new(Vec::new(), range.after, true));
    }
    if let Some(page) = shared.hub.page(range) {
        return page;
    }
    if range.after >= shared.hub.head()
        && let Some(page) = at_the_end(shared, range).await?
    {
        return Ok(page);
    }
    let page = read_some(shared, range).await?;
    if page.scanned_to > range.after {
        return Ok(page);
    }
    // Whoever answered knows of nothing more: the log ends here, or does for an old primary only.
    if let Some(page) = at_the_end(shared, range).await? {
        return Ok(page);
    }
    let page = read_some(shared, range).await?;
    if page.scanned_to > range.after {
        return Ok(page);
    }
    Err(ReadError::Hole {
        expected: Place::Position(range.after.next()),
        found: Place::Position(shared.hub.head()),
    })
}

/// A page of what is in the collection.
async fn read_some(shared: &Shared, range: &AllRange) -> Result<AllPage, ReadError> {
    match filtered::plan(&shared.database, &range.filter) {
        Some(plan) => filtered::read(shared, range, plan).await,
        None => scan(shared, range).await,
    }
}

/// For who has read everything that this process knows of: what is committed meanwhile, or
/// nothing if the log ends here.
async fn at_the_end(shared: &Shared, range: &AllRange) -> Result<Option<AllPage>, ReadError> {
    tokio::select! {
        biased;
        page = shared.hub.page_soon(range) => page.map(Some),
        head = shared.hub.fresh_head() => {
            let ended = head? <= range.after;
            Ok(ended.then(|| AllPage::new(Vec::new(), range.after, true)))
        }
    }
}

/// One document after the other, and the filter here.
async fn scan(shared: &Shared, range: &AllRange) -> Result<AllPage, ReadError> {
    let mut page = Page::new(range);
    let mut stubs = Stubs::new(shared);
    let ahead = shared.database.ahead();
    let (found, from) = match ahead.take(range.after) {
        Some(held) => held,
        None => (start(shared, range, &mut page, &mut stubs).await?, 0),
    };
    let documents = stored(&found, from, range.after)?;
    let mut taken = 0;
    for document in &documents {
        let past_the_end = document.first_position > range.until;
        if page.is_full() || page.is_too_small_for(document.count) || past_the_end {
            break;
        }
        page.check_next(document)?;
        let coming = &documents[taken..];
        take(&mut page, &mut stubs, coming, found.batch.buffer()).await?;
        taken += 1;
    }
    let scanned_to = page.scanned_to();
    let events = scanned_to.get() - range.after.get();
    shared.database.pace().saw(taken, events);
    let known = documents.last().map(Stored::last_position);
    shared.hub.saw_head(known.unwrap_or_default());
    let next = documents.get(taken);
    if next.is_some_and(|next| next.first_position == scanned_to.next()) {
        ahead.keep(scanned_to, found, from + taken);
    } else {
        ahead.expect(scanned_to);
    }
    Ok(page.finish())
}

/// Takes the first of these documents into the page.
pub(super) async fn take(
    page: &mut Page<'_>,
    stubs: &mut Stubs<'_>,
    documents: &[Stored<'_>],
    buffer: &Bytes,
) -> Result<(), ReadError> {
    let Some(document) = documents.first() else {
        return Ok(());
    };
    if !page.may_want(document) {
        page.skip(document);
    } else if document.is_archived() {
        let bytes = stubs.document(document, documents).await?;
        let restored = Stored::read(&bytes).map_err(corrupt(document.first_position))?;
        page.take(&restored, &bytes)?;
    } else {
        page.take(document, buffer)?;
    }
    Ok(())
}

/// What lies behind the start of the range; if the start is inside a document, the page has taken
/// the rest of that one.
async fn start(
    shared: &Shared,
    range: &AllRange,
    page: &mut Page<'_>,
    stubs: &mut Stubs<'_>,
) -> Result<Found, ReadError> {
    let database = &shared.database;
    let scans = database.ahead().expects(range.after);
    let found = match database.ahead().fetched(range.after).await {
        Some(found) => found,
        None => {
            let limit = if scans {
                super::ahead::DOCUMENTS
            } else {
                database.pace().documents(range.page_limit() as u64)
            };
            find(database, behind(database, range.after, range.until, limit)).await?
        }
    };
    if scans && found.more {
        fetch_ahead(database, &found)?;
    }
    let first = found.batch.document(0).map(Stored::read).transpose();
    let first = first.map_err(corrupt(range.after.next()))?;
    let fits = first.is_some_and(|first| first.first_position == range.after.next());
    if !fits {
        take_holder(shared, page, stubs).await?;
    }
    Ok(found)
}

/// Asks for the reply behind one, which a scan will want.
fn fetch_ahead(database: &Database, found: &Found) -> Result<(), ReadError> {
    let Some(last) = found.batch.last() else {
        return Ok(());
    };
    let last = Stored::read(last).map_err(corrupt(Position::START))?;
    let after = last.last_position();
    let query = behind(database, after, Position::MAX, super::ahead::DOCUMENTS);
    let asking = database.clone();
    database
        .ahead()
        .fetch(after, async move { find(&asking, query).await });
    Ok(())
}

/// The documents that begin behind a position.
fn behind(database: &Database, after: Position, until: Position, limit: usize) -> Query {
    let filter = rawdoc! { "_id": { "$gt": signed(after), "$lte": signed(until) } };
    by_position(database, filter, 1, limit)
}

/// Takes the rest of the document that the page begins in the middle of, if it does.
pub(super) async fn take_holder(
    shared: &Shared,
    page: &mut Page<'_>,
    stubs: &mut Stubs<'_>,
) -> Result<(), ReadError> {
    let after = page.scanned_to();
    if after == Position::START {
        return Ok(());
    }
    let filter = rawdoc! { "_id": { "$lte": signed(after) } };
    let query = by_position(&shared.database, filter, -1, 1);
    let found = find(&shared.database, query).await?;
    let documents = stored(&found, 0, after)?;
    match documents.first() {
        Some(holder) if holder.last_position() > after => {
            take(page, stubs, &documents, found.batch.buffer()).await
        }
        _ => Ok(()),
    }
}

/// Documents in the order of positions, or against it.
pub(super) fn by_position(
    database: &Database,
    filter: RawDocumentBuf,
    direction: i32,
    limit: usize,
) -> Query {
    Query {
        collection: database.events().to_owned(),
        filter,
        sort: rawdoc! { "_id": direction },
        hint: rawdoc! { "_id": 1 },
        projection: None,
        limit,
    }
}

/// The documents of a reply, taken apart but for their events.
pub(super) fn stored(
    found: &Found,
    from: usize,
    after: Position,
) -> Result<Vec<Stored<'_>>, ReadError> {
    let mut last = after;
    let documents = found.batch.iter().skip(from).map(|document| {
        let stored = Stored::read(document).map_err(corrupt(last.next()))?;
        last = stored.last_position();
        Ok(stored)
    });
    documents.collect()
}

pub(super) fn signed(position: Position) -> i64 {
    position.get().cast_signed()
}

impl Database {
    fn pace(&self) -> &Pace {
        &self.reads().pace
    }

    fn ahead(&self) -> &super::Ahead {
        &self.reads().ahead
    }
}
