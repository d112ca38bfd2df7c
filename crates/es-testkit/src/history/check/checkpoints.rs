//! Whether checkpoints stand where they were saved.

use std::collections::{BTreeMap, HashMap, HashSet};

use es_core::Position;

use crate::history::{
    call::Call,
    entry::{Answer, Operation},
    report::{Kind, Report},
};

pub(super) fn check(calls: &[Call<'_>], report: &mut Report) {
    let mut by_name: BTreeMap<&str, Vec<&Call<'_>>> = BTreeMap::new();
    for call in calls {
        match call.operation {
            Operation::LoadCheckpoint { name } | Operation::SaveCheckpoint { name, .. } => {
                by_name.entry(name).or_default().push(call);
            }
            _ => {}
        }
    }
    for (name, calls) in by_name {
        check_one(name, &calls, report);
    }
}

fn check_one(name: &str, calls: &[&Call<'_>], report: &mut Report) {
    let mut wrong = |text: String| report.find(Kind::Checkpoint, format!("{name}: {text}"));
    let places = possible(calls);
    for place in calls.iter().filter_map(|call| seen(call)) {
        if !places.contains(&place) {
            wrong(format!("stands at {place}, where nobody put it"));
        }
    }
    // What follows holds only while it is never moved back.
    if saves(calls).any(|(_, from, to)| from >= to) {
        return;
    }
    for from in left_twice(calls) {
        wrong(format!("was moved from {from} by two"));
    }
    for (at, least) in gone_back(calls) {
        wrong(format!("stands at {at}, and was saved at {least} before"));
    }
}

fn saves<'c, 'a>(
    calls: &'c [&'c Call<'a>],
) -> impl Iterator<Item = (&'c Call<'a>, Position, Position)> {
    calls.iter().filter_map(|call| match call.operation {
        Operation::SaveCheckpoint { from, to, .. } => Some((*call, *from, *to)),
        _ => None,
    })
}

/// Where it stood, as an answer says.
fn seen(call: &Call<'_>) -> Option<Position> {
    match call.answer()? {
        Answer::Checkpoint(at) => Some(*at),
        Answer::Moved { actual } => Some(*actual),
        _ => None,
    }
}

fn possible(calls: &[&Call<'_>]) -> HashSet<Position> {
    let moved = |call: &Call<'_>| !matches!(call.answer(), Some(Answer::Moved { .. }));
    let saved = saves(calls).filter(|(call, ..)| moved(call));
    let places = saved.map(|(_, _, to)| to);
    places.chain([Position::START]).collect()
}

fn left_twice(calls: &[&Call<'_>]) -> Vec<Position> {
    let mut left = HashMap::new();
    for (_, from, _) in saves(calls).filter(|(call, ..)| call.answer() == Some(&Answer::Saved)) {
        *left.entry(from).or_insert(0) += 1;
    }
    let twice = left.into_iter().filter(|(_, times)| *times > 1);
    twice.map(|(from, _)| from).collect()
}

/// Places that were seen although a later one was saved before, in the same process.
fn gone_back(calls: &[&Call<'_>]) -> Vec<(Position, Position)> {
    let saved: Vec<_> = saves(calls)
        .filter(|(call, ..)| call.answer() == Some(&Answer::Saved))
        .map(|(call, _, to)| (call.process, call.end(), to))
        .collect();
    let reads = calls.iter().filter_map(|call| Some((call, seen(call)?)));
    let back = reads.filter_map(|(call, at)| {
        let before = |&&(process, end, _): &&(usize, u64, Position)| {
            process == call.process && end < call.begin()
        };
        let least = saved.iter().filter(before).map(|(.., to)| *to).max()?;
        (at < least).then_some((at, least))
    });
    back.collect()
}
