//! Whether each append is in the store as its callers were told.

use std::collections::HashSet;

use es_core::{Appended, RecordedEvent};

use super::{
    groups::{Group, Groups},
    stored::Stored,
};
use crate::history::{
    digest,
    entry::AppendCall,
    report::{Kind, Report},
};

/// An append that is in the store, in one piece.
pub(super) struct Placed<'g, 'a> {
    pub(super) group: &'g Group<'a>,
    /// The position of its first event.
    pub(super) first: u64,
    /// The position of its last event.
    pub(super) last: u64,
}

/// Checks them all, and returns those that are there by position.
pub(super) fn check<'g, 'a>(
    groups: &'g Groups<'a>,
    stored: &Stored<'_>,
    report: &mut Report,
) -> Vec<Placed<'g, 'a>> {
    check_nothing_else(groups, stored, report);
    let mut placed = Vec::new();
    for group in &groups.groups {
        count(group, report);
        check_answers(group, report);
        let found = found(group.append, stored);
        check_presence(group, &found, report);
        if let Some((first, last)) = place(group.append, &found, report) {
            check_places(group, first, stored, report);
            placed.push(Placed { group, first, last });
        }
    }
    placed.sort_by_key(|append| append.first);
    placed
}

fn check_nothing_else(groups: &Groups<'_>, stored: &Stored<'_>, report: &mut Report) {
    let asked = groups.groups.iter().flat_map(|group| group.append.events());
    let asked: HashSet<_> = asked.map(|(_, id, _)| id).collect();
    for (id, position) in stored.ids().filter(|(id, _)| !asked.contains(id)) {
        let text = format!("nobody asked for event {id} at position {position}");
        report.find(Kind::Unasked, text);
    }
}

fn count(group: &Group<'_>, report: &mut Report) {
    let certain = group.is_acknowledged() || group.is_refused();
    report.acknowledged += u64::from(group.is_acknowledged());
    report.conflicts += u64::from(group.has_conflict());
    report.unknown += u64::from(group.is_uncertain());
    report.unknown_resolved += u64::from(group.is_uncertain() && certain);
    report.unavailable += u64::from(!group.is_uncertain() && !certain);
}

/// The answers by themselves: they agree, and fit what was asked for.
fn check_answers(group: &Group<'_>, report: &mut Report) {
    let id = group.append.id;
    let mut wrong = |text: &str| report.find(Kind::WrongAnswer, format!("append {id} {text}"));
    let answers: Vec<_> = group.acknowledgements().collect();
    if let Some((_, first)) = answers.first() {
        if !has_shape(group.append, first) {
            wrong("was acknowledged with other streams or counts than it has");
        }
        if answers.iter().any(|(_, other)| !same_place(first, other)) {
            wrong("was acknowledged at two places");
        }
        if group.is_refused() {
            wrong("was both acknowledged and refused");
        }
    }
    let wrote = |&&(_, appended): &&(_, &Appended)| !appended.repeated;
    if answers.iter().filter(wrote).count() > 1 {
        wrong("was written anew by two calls, as they were told");
    }
    if group.calls.len() == 1 && answers.iter().any(|(_, appended)| appended.repeated) {
        wrong("was called a repeat, and was none");
    }
}

fn same_place(one: &Appended, other: &Appended) -> bool {
    one.first_position == other.first_position
        && one.last_position == other.last_position
        && one.streams == other.streams
}

fn has_shape(append: &AppendCall, appended: &Appended) -> bool {
    let count = |first: u64, last: u64| (last + 1).saturating_sub(first);
    let (first, last) = (appended.first_position, appended.last_position);
    let streams = append.writes.iter().zip(&appended.streams);
    append.writes.len() == appended.streams.len()
        && count(first.get(), last.get()) == append.events().count() as u64
        && streams.into_iter().all(|(asked, told)| {
            let (first, last) = (told.first_version.get(), told.last_version.get());
            asked.stream == told.stream && count(first, last) == asked.events.len() as u64
        })
}

/// Each event of an append, if it is there.
fn found<'s>(append: &AppendCall, stored: &Stored<'s>) -> Vec<Option<&'s RecordedEvent>> {
    let events = append.events();
    events.map(|(_, id, _)| stored.event(id)).collect()
}

fn check_presence(group: &Group<'_>, found: &[Option<&RecordedEvent>], report: &mut Report) {
    let id = group.append.id;
    let (there, all) = (found.iter().flatten().count(), found.len());
    if group.is_acknowledged() && there < all {
        let text = format!("append {id} was acknowledged, and {there} of {all} events are there");
        report.find(Kind::Lost, text);
    } else if there > 0 && there < all {
        let text = format!("of append {id} {there} of {all} events are there");
        report.find(Kind::Torn, text);
    }
    let refused = group.is_refused() || !group.is_uncertain();
    if there > 0 && refused && !group.is_acknowledged() {
        let text = format!("append {id} was refused, and {there} of {all} events are there");
        report.find(Kind::Unasked, text);
    }
}

/// Where an append is, if it is wholly there and in one piece.
fn place(
    append: &AppendCall,
    found: &[Option<&RecordedEvent>],
    report: &mut Report,
) -> Option<(u64, u64)> {
    let found: Vec<_> = found.iter().copied().collect::<Option<_>>()?;
    let first = found.first()?.position.get();
    let last = first + found.len() as u64 - 1;
    let in_a_row = |(event, position): (&&RecordedEvent, u64)| event.position.get() == position;
    if !found.iter().zip(first..).all(in_a_row) {
        let text = format!("append {} is not in one piece", append.id);
        report.find(Kind::Torn, text);
        return None;
    }
    for (event, (stream, _, content)) in found.iter().zip(append.events()) {
        if event.stream != *stream || digest::of_recorded(event) != content {
            let text = format!("the event at position {} is not as given", event.position);
            report.find(Kind::Changed, text);
        }
    }
    Some((first, last))
}

/// The acknowledgement says where the append is.
fn check_places(group: &Group<'_>, first: u64, stored: &Stored<'_>, report: &mut Report) {
    let Some((_, appended)) = group.acknowledgements().next() else {
        return;
    };
    let id = group.append.id;
    let told = appended.first_position.get();
    if told != first {
        let text = format!("append {id} was acknowledged at position {told} and is at {first}");
        report.find(Kind::WrongAnswer, text);
    }
    for told in &appended.streams {
        let (stream, version) = (&told.stream, told.first_version);
        let there = stored.version(stream, version.get());
        let write = group.append.writes.iter().find(|w| w.stream == *stream);
        let first_id = write.and_then(|write| write.events.first());
        let same = there.zip(first_id).is_some_and(|(e, (id, _))| e.id == *id);
        if !same {
            let text = format!("append {id} is not at version {version} of {stream}, as was told");
            report.find(Kind::WrongAnswer, text);
        }
    }
}
