//! Whether each append found its streams as it expected them.

use super::{appends::Placed, stored::Stored};
use crate::history::report::{Kind, Report};

/// Of appends in one order, each sees all before it; so each condition can be looked up. This also
/// shows that of two appends that expect the same version one at most is there.
pub(super) fn check(placed: &[Placed<'_, '_>], stored: &Stored<'_>, report: &mut Report) {
    for append in placed {
        for (stream, expected) in append.group.append.conditions() {
            let actual = stored.version_before(stream, append.first);
            if !expected.allows(actual) {
                let (id, first) = (append.group.append.id, append.first);
                let text = format!(
                    "append {id} at position {first} expected {expected} of {stream}, which was at {actual}"
                );
                report.find(Kind::BrokenCondition, text);
            }
        }
    }
}
