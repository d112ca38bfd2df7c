//! Places in the one sequence of all events of a store.

use crate::counter::counter;

counter! {
    /// The place of an event in its store (one namespace): 1, 2, 3 and so on, without a hole, in
    /// the order of commits.
    ///
    /// Who has read up to a position never later finds a new event at or below it (I3).
    Position,
    /// Before the first event: the head of an empty store, and where a new reader starts.
    START
}
