//! Calls that are about the same append.

use std::collections::HashMap;

use es_core::{AppendId, Appended};

use crate::history::{
    call::Call,
    entry::{Answer, AppendCall, Operation},
};

/// All appends, in the order in which they were first asked for.
pub(super) struct Groups<'a> {
    pub(super) groups: Vec<Group<'a>>,
}

/// An append with all calls that asked for it.
pub(super) struct Group<'a> {
    pub(super) append: &'a AppendCall,
    pub(super) calls: Vec<Call<'a>>,
}

impl<'a> Groups<'a> {
    pub(super) fn of(calls: &[Call<'a>]) -> Self {
        let mut groups: Vec<Group<'a>> = Vec::new();
        let mut by_id: HashMap<AppendId, usize> = HashMap::new();
        for call in calls {
            let Operation::Append(append) = call.operation else {
                continue;
            };
            let at = *by_id.entry(append.id).or_insert(groups.len());
            if at == groups.len() {
                let calls = Vec::new();
                groups.push(Group { append, calls });
            }
            groups[at].calls.push(*call);
        }
        Self { groups }
    }
}

impl<'a> Group<'a> {
    pub(super) fn acknowledgements(&self) -> impl Iterator<Item = (&Call<'a>, &'a Appended)> {
        self.calls.iter().filter_map(|call| match call.answer() {
            Some(Answer::Appended(appended)) => Some((call, appended)),
            _ => None,
        })
    }

    pub(super) fn is_acknowledged(&self) -> bool {
        self.acknowledgements().next().is_some()
    }

    /// Whether a call was told of a conflict.
    pub(super) fn has_conflict(&self) -> bool {
        let conflict = |answer| matches!(answer, Some(&Answer::Conflict { .. }));
        self.calls.iter().map(Call::answer).any(conflict)
    }

    /// Whether a call was told for certain that the append is not, and will not be, there.
    pub(super) fn is_refused(&self) -> bool {
        let refused = |answer| {
            matches!(
                answer,
                Some(&(Answer::Conflict { .. } | Answer::Refused { .. }))
            )
        };
        self.calls.iter().map(Call::answer).any(refused)
    }

    /// Whether a call ended without a certain answer.
    pub(super) fn is_uncertain(&self) -> bool {
        let uncertain = |answer| matches!(answer, None | Some(&Answer::Unknown { .. }));
        self.calls.iter().map(Call::answer).any(uncertain)
    }

    /// Since when it can be in the store, in a process: known only if no other asked for it.
    pub(super) fn begin(&self) -> Option<(usize, u64)> {
        let process = self.calls.first()?.process;
        let here = self.calls.iter().all(|call| call.process == process);
        let begin = self.calls.iter().map(Call::begin).min()?;
        here.then_some((process, begin))
    }
}
