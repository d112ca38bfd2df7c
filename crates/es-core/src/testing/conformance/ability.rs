//! What a store may leave out, and must then refuse.

/// Something that a store supports or refuses.
///
/// Everything that is not listed here every store must do. A case that needs an ability which the
/// fixture does not declare checks that the store refuses it, in the words of each variant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Ability {
    /// One append may write to several streams.
    ///
    /// Refused with [`AppendError::Unsupported`](crate::AppendError::Unsupported).
    MultiStreamAppend,
    /// One append may check streams that it does not write to.
    ///
    /// Refused with [`AppendError::Unsupported`](crate::AppendError::Unsupported).
    CheckOnlyStreams,
    /// An append is found by its id whatever it expects and wherever it goes. Without this an
    /// append is recognised where it expects an exact version (or no stream), and comes again with
    /// that expectation to that stream.
    ///
    /// Refused with [`AppendError::Unsupported`](crate::AppendError::Unsupported) where an append
    /// that expects no exact version comes with an id of its own
    /// ([`Append::with_id`](crate::Append::with_id)).
    AppendIdsForAny,
    /// An event is found by its id.
    ///
    /// Refused with [`ReadError::Unsupported`](crate::ReadError::Unsupported).
    EventIdLookup,
    /// There is a snapshot store beside the events.
    ///
    /// Refused with [`None`] from the fixture.
    Snapshots,
    /// There is a checkpoint store beside the events.
    ///
    /// Refused with [`None`] from the fixture.
    Checkpoints,
    /// There is a store of documents beside the events.
    ///
    /// Refused with [`None`] from the fixture.
    Documents,
    /// The log may be made so that it is chained: the fixture makes such a store, too.
    ///
    /// Refused with [`None`] from the fixture.
    HashChain,
    /// The store outlives its process: everything acknowledged is there after a restart,
    /// snapshots too if the restart was an orderly one.
    ///
    /// Refused with `false` from the fixture.
    Restart,
    /// The store takes the time from a clock that the fixture hands out.
    ///
    /// Refused with [`None`] from the fixture.
    ManualClock,
}
