//! Showing what was expected beside what came.

use std::fmt::{Debug, Write};

/// One line for each event: those expected and missing with `-`, those that came with `+`.
pub(super) fn difference<E: Debug>(expected: &[E], actual: &[E]) -> String {
    let [expected, actual] = [expected, actual].map(shown);
    let mut text = String::new();
    for index in 0..expected.len().max(actual.len()) {
        let number = index + 1;
        // Writing to a string does not fail.
        let _ = match (expected.get(index), actual.get(index)) {
            (Some(e), Some(a)) if e == a => writeln!(text, "    {number} {e}"),
            (e, a) => {
                let missing = e
                    .iter()
                    .try_for_each(|e| writeln!(text, "  - {number} {e}"));
                missing.and_then(|()| {
                    a.iter()
                        .try_for_each(|a| writeln!(text, "  + {number} {a}"))
                })
            }
        };
    }
    let (due, came) = (expected.len(), actual.len());
    text + &format!("  ({due} expected with -, {came} actual with +)")
}

fn shown<E: Debug>(events: &[E]) -> Vec<String> {
    events.iter().map(|event| format!("{event:?}")).collect()
}
