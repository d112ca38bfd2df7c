//! Stores that are broken on purpose: each must fail the suites, by the case named here.
//!
//! A suite that passes a broken store checks nothing. Who adds a promise to the contract adds a
//! case, and a store here that breaks the promise.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "what fails in a helper of a test fails the test"
)]

#[path = "../fixtures/mod.rs"]
mod fixtures;

mod appending;
mod beside_events;
mod catching;
mod chain;
mod chaining;
mod documents;
mod modelled;
mod mutation;
mod reading;
mod repeating;
mod restarting;
mod timing;
mod waiting;

use std::collections::BTreeSet;

use catching::{assert_caught, assert_passes, caught_by};
use es_core::testing::conformance::cases;

/// Makes a test for each broken store, with the cases that must catch it, and a list of them all.
macro_rules! broken_stores {
    ($($test:ident: $store:path => $cases:expr;)*) => {
        $(
            #[test]
            fn $test() {
                assert_caught::<$store>(&$cases);
            }
        )*

        const BROKEN: &[(&str, fn() -> BTreeSet<String>)] =
            &[$((stringify!($test), caught_by::<$store>)),*];
    };
}

/// A case that no broken store fails may be empty words. Takes minutes, so the slow tier runs it.
#[test]
fn every_case_catches_a_broken_store() {
    if std::env::var("ES_TEST_TIER").is_ok_and(|tier| tier == "slow") {
        let mut idle: BTreeSet<String> = all_cases();
        for (store, caught_by) in BROKEN {
            let failed = caught_by();
            println!("{store}: {} cases fail: {failed:?}", failed.len());
            idle.retain(|case| !failed.contains(case));
        }
        assert!(
            idle.is_empty(),
            "these cases catch no broken store: {idle:#?}"
        );
    }
}

fn all_cases() -> BTreeSet<String> {
    let cases = cases::<fixtures::MemoryFixture>();
    cases.iter().map(|case| format!("{case:?}")).collect()
}

#[test]
fn a_healthy_store_passes_every_case() {
    assert_passes::<fixtures::MemoryFixture>();
}

#[test]
fn a_healthy_store_that_restarts_passes_every_case() {
    assert_passes::<mutation::BrokenFixture<restarting::Healthy>>();
}

broken_stores! {
    drops_the_last_of_a_batch: appending::DropsTheLastOfABatch
        => ["versions::count_from_one_without_a_hole"];
    cuts_large_appends: appending::CutsLargeAppends
        => ["recorded_events::of_an_append_of_4096_are_all_there"];
    lets_two_writers_win: appending::LetsTwoWritersWin
        => ["races::of_64_writers_expecting_one_version_exactly_one_wins"];
    checks_versions_too_early: appending::ChecksVersionsTooEarly
        => ["races::of_64_creators_of_a_stream_exactly_one_wins"];
    conflicts_name_the_wrong_version: appending::ConflictsNameTheWrongVersion
        => ["versions::a_conflict_says_the_actual_version_and_writes_nothing"];
    takes_exactly_empty_for_any: appending::TakesExactlyEmptyForAny
        => ["versions::expecting_exactly_the_empty_version_needs_an_empty_stream"];
    ignores_checks: appending::IgnoresChecks
        => ["checks::each_expectation_is_checked"];
    appends_stream_by_stream: appending::AppendsStreamByStream
        => ["several_streams::a_conflict_in_the_second_writes_nothing"];
    appends_event_by_event: appending::AppendsEventByEvent
        => ["reading_streams::readers_see_whole_appends_only",
            "dropped_futures::leave_an_append_done_or_not_done"];
    answers_another_position: appending::AnswersAnotherPosition
        => ["positions::count_from_one_over_all_streams"];
    sorts_the_streams_of_an_append: appending::SortsTheStreamsOfAnAppend
        => ["several_streams::are_appended_together_in_the_order_of_writes"];

    ignores_append_ids: repeating::IgnoresAppendIds
        => ["repeats::are_known_whatever_was_expected"];
    forgets_appends_on_their_way: repeating::ForgetsAppendsOnTheirWay
        => ["repeats::from_16_tasks_at_once_store_one_whatever_was_expected"];
    repeats_may_conflict: repeating::RepeatsMayConflict
        => ["repeats::are_known_after_the_stream_moved_on"];
    repeats_get_other_positions: repeating::RepeatsGetOtherPositions
        => ["repeats::are_known_after_the_stream_moved_on"];
    repeats_look_new: repeating::RepeatsLookNew
        => ["repeats::give_the_first_result_and_write_nothing"];
    does_not_compare_contents: repeating::DoesNotCompareContents
        => ["reused_ids::with_fewer_events_are_refused"];
    compares_only_event_ids: repeating::ComparesOnlyEventIds
        => ["reused_ids::with_another_payload_are_refused"];
    conflicts_use_up_ids: repeating::ConflictsUseUpIds
        => ["reused_ids::are_not_those_of_an_append_that_conflicted"];
    takes_event_ids_for_append_ids: repeating::TakesEventIdsForAppendIds
        => ["reused_ids::are_not_those_of_events_in_other_appends"];

    fails_on_nothing: reading::FailsOnNothing
        => ["positions::an_empty_store_has_its_head_at_the_start",
            "reading_all::an_empty_store_ends_at_the_start",
            "reading_streams::one_never_written_to_has_no_events"];
    reuses_a_position: reading::ReusesAPosition
        => ["positions::count_from_one_over_all_streams"];
    leaves_a_hole: reading::LeavesAHole
        => ["positions::count_from_one_over_all_streams"];
    acknowledges_too_early: reading::AcknowledgesTooEarly
        => ["reading_while_writing::an_acknowledged_append_is_readable_by_version_and_position"];
    announces_the_head_too_early: reading::AnnouncesTheHeadTooEarly
        => ["reading_while_writing::the_head_never_goes_back_and_is_readable"];
    returns_unsorted: reading::ReturnsUnsorted
        => ["reading_all::gives_every_event_in_the_order_of_positions"];
    reads_forward_only: reading::ReadsForwardOnly
        => ["reading_streams::backwards_is_newest_first"];
    limits_backward_reads_from_the_front: reading::LimitsBackwardReadsFromTheFront
        => ["reading_streams::backwards_is_newest_first"];
    names_no_rest: reading::NamesNoRest
        => ["reading_streams::the_rest_goes_on_where_the_page_ended"];
    takes_the_end_for_exclusive: reading::TakesTheEndForExclusive
        => ["reading_streams::every_range_holds_what_it_says"];
    ignores_the_limit: reading::IgnoresTheLimit
        => ["reading_all::a_page_holds_at_most_the_limit_and_at_least_one"];
    ignores_the_limit_of_a_stream: reading::IgnoresTheLimitOfAStream
        => ["reading_streams::every_range_holds_what_it_says"];
    has_pages_without_bound: reading::HasPagesWithoutBound
        => ["reading_all::a_page_is_bounded_in_events"];
    counts_no_bytes: reading::CountsNoBytes
        => ["reading_streams::a_page_is_bounded_in_bytes"];
    ignores_until: reading::IgnoresUntil
        => ["reading_all::until_is_the_last_position_read"];
    sends_readers_back: reading::SendsReadersBack
        => ["reading_all::after_the_head_there_is_nothing"];
    ignores_the_filter: reading::IgnoresTheFilter
        => ["filters::by_category_take_what_matches", "filters::by_time_take_what_matches"];
    takes_any_facet: reading::TakesAnyFacet
        => ["filters::together_take_what_matches_all"];
    finds_categories_by_prefix: reading::FindsCategoriesByPrefix
        => ["filters::by_category_take_what_matches"];
    scans_past_what_it_returns: reading::ScansPastWhatItReturns
        => ["filters::move_on_over_events_that_do_not_match"];
    stands_still_without_matches: reading::StandsStillWithoutMatches
        => ["filters::that_match_nothing_reach_the_end"];
    mixes_streams_by_prefix: reading::MixesStreamsByPrefix
        => ["reading_streams::names_that_share_a_beginning_do_not_mix"];
    folds_case: reading::FoldsCase
        => ["reading_streams::names_are_compared_byte_by_byte"];
    finds_the_last_with_an_id: reading::FindsTheLastWithAnId
        => ["event_ids::find_the_first_of_several_with_one_id"];
    loses_headers: reading::LosesHeaders
        => ["recorded_events::keep_everything_they_were_given"];
    loses_payload_flags: reading::LosesPayloadFlags
        => ["recorded_events::keep_each_payload_flag_codec_and_version"];
    cuts_large_payloads: reading::CutsLargePayloads
        => ["recorded_events::keep_a_payload_of_one_mebibyte"];
    believes_the_clock: timing::BelievesTheClock
        => ["recorded_events::have_times_that_never_go_back_when_the_clock_does"];

    never_wakes: waiting::NeverWakes
        => ["waiting::ends_with_the_next_append", "subscriptions::wait_for_the_first_event_ever"];
    loses_a_wake_up: waiting::LosesAWakeUp
        => ["waiting::ends_with_an_append_that_comes_between_reading_and_waiting"];
    wakes_one: waiting::WakesOne
        => ["waiting::ends_for_every_waiter"];
    spins: waiting::Spins
        => ["waiting::does_not_spin"];

    loads_too_new_snapshots: beside_events::LoadsTooNewSnapshots
        => ["snapshots::the_newest_at_or_below_a_version_is_loaded"];
    loads_exact_snapshots_only: beside_events::LoadsExactSnapshotsOnly
        => ["snapshots::the_newest_at_or_below_a_version_is_loaded"];
    keeps_all_snapshots: beside_events::KeepsAllSnapshots
        => ["snapshots::beyond_the_number_to_keep_the_oldest_go"];
    does_not_replace_snapshots: beside_events::DoesNotReplaceSnapshots
        => ["snapshots::of_one_version_the_last_saved_is_kept"];
    deletes_no_snapshots: beside_events::DeletesNoSnapshots
        => ["snapshots::are_deleted_by_stream"];
    moves_without_comparing: beside_events::MovesWithoutComparing
        => ["checkpoints::do_not_move_from_elsewhere_and_say_where_they_stand"];
    compares_too_early: beside_events::ComparesTooEarly
        => ["checkpoints::of_16_racing_consumers_one_moves_it"];
    never_moves_back: beside_events::NeverMovesBack
        => ["checkpoints::move_backwards"];
    lists_checkpoints_as_they_came: beside_events::ListsCheckpointsAsTheyCame
        => ["checkpoints::are_listed_by_name", "checkpoints::back_at_the_start_are_not_listed"];

    invents_documents: documents::InventsDocuments
        => ["documents::are_absent_at_first"];
    answers_another_revision: documents::AnswersAnotherRevision
        => ["documents::are_new_where_there_is_none",
            "documents::are_saved_from_the_revision_where_they_stand"];
    saves_without_comparing: documents::SavesWithoutComparing
        => ["documents::are_new_where_there_is_none",
            "documents::are_not_saved_from_elsewhere_and_say_where_they_stand",
            "documents::are_created_once"];
    creates_again: documents::CreatesAgain
        => ["documents::are_created_once", "documents::of_16_racing_creators_one_wins"];
    saves_what_is_the_same: documents::SavesWhatIsTheSame
        => ["documents::are_not_saved_from_elsewhere_and_say_where_they_stand"];
    compares_documents_too_early: documents::ComparesDocumentsTooEarly
        => ["documents::of_16_racing_savers_one_wins",
            "documents::of_16_racing_creators_one_wins",
            "documents::changed_by_many_lose_no_update"];
    mixes_kinds: documents::MixesKinds
        => ["documents::of_other_kinds_are_left_alone"];
    joins_kinds_and_names: documents::JoinsKindsAndNames
        => ["documents::of_other_kinds_are_left_alone"];
    folds_the_case_of_documents: documents::FoldsTheCaseOfDocuments
        => ["documents::of_other_names_are_left_alone"];
    lists_by_prefix: documents::ListsByPrefix
        => ["documents::of_other_kinds_are_left_alone", "documents::are_listed_page_by_page"];
    lists_the_short_ones_first: documents::ListsTheShortOnesFirst
        => ["documents::are_listed_in_the_order_of_their_names"];
    lists_in_the_order_of_utf_16: documents::ListsInTheOrderOfUtf16
        => ["documents::are_listed_in_the_order_of_their_names",
            "documents::are_listed_page_by_page"];
    repeats_the_end_of_a_page: documents::RepeatsTheEndOfAPage
        => ["documents::are_listed_page_by_page"];
    ignores_the_limit_of_documents: documents::IgnoresTheLimitOfDocuments
        => ["documents::are_listed_page_by_page"];
    lists_as_much_as_a_reply_holds: documents::ListsAsMuchAsAReplyHolds
        => ["documents::of_many_mebibytes_are_listed"];
    takes_empty_for_absent: documents::TakesEmptyForAbsent
        => ["documents::may_be_empty"];
    keeps_text_only: documents::KeepsTextOnly
        => ["documents::keep_every_byte_value"];
    cuts_large_documents: documents::CutsLargeDocuments
        => ["documents::of_one_mebibyte_are_kept"];
    cuts_too_large_documents: documents::CutsTooLargeDocuments
        => ["documents::of_more_are_refused"];

    has_no_link_at_the_start: chain::HasNoLinkAtTheStart
        => ["hash_chain::of_an_empty_log_is_at_its_start"];
    starts_from_zeroes: chain::StartsFromZeroes
        => ["hash_chain::of_an_empty_log_is_at_its_start",
            "hash_chain::has_a_link_at_the_end_of_each_append"];
    leaves_out_metadata: chain::LeavesOutMetadata
        => ["hash_chain::covers_everything_of_an_event"];
    leaves_out_payload_flags: chain::LeavesOutPayloadFlags
        => ["hash_chain::covers_everything_of_an_event"];
    leaves_out_payloads: chain::LeavesOutPayloads
        => ["hash_chain::covers_everything_of_an_event",
            "hash_chain::has_a_link_at_the_end_of_each_append"];
    hashes_each_append_alone: chain::HashesEachAppendAlone
        => ["hash_chain::has_a_link_at_the_end_of_each_append",
            "hash_chain::holds_while_many_write_at_once"];
    takes_an_append_for_one_part: chain::TakesAnAppendForOnePart
        => ["hash_chain::covers_appends_over_several_streams",
            "hash_chain::holds_while_many_write_to_several_streams_at_once"];
    hashes_the_last_part_first: chain::HashesTheLastPartFirst
        => ["hash_chain::covers_appends_over_several_streams",
            "hash_chain::holds_while_many_write_to_several_streams_at_once"];
    shows_the_head_a_link_behind: chain::ShowsTheHeadALinkBehind
        => ["hash_chain::is_there_as_soon_as_the_append_is_acknowledged",
            "hash_chain::has_a_link_at_the_end_of_each_append"];
    forgets_every_second_link: chain::ForgetsEverySecondLink
        => ["hash_chain::has_a_link_at_the_end_of_each_append",
            "hash_chain::is_read_in_pages_of_any_size"];
    lists_the_newest_link_first: chain::ListsTheNewestLinkFirst
        => ["hash_chain::has_a_link_at_the_end_of_each_append",
            "hash_chain::is_read_in_pages_of_any_size"];
    skips_a_link_between_pages: chain::SkipsALinkBetweenPages
        => ["hash_chain::is_read_in_pages_of_any_size"];
    overlaps_pages: chain::OverlapsPages
        => ["hash_chain::is_read_in_pages_of_any_size"];
    ignores_the_limit_of_links: chain::IgnoresTheLimitOfLinks
        => ["hash_chain::is_read_in_pages_of_any_size"];
    links_with_the_next_append: chaining::LinksWithTheNextAppend
        => ["hash_chain::is_there_as_soon_as_the_append_is_acknowledged",
            "hash_chain::has_a_link_at_the_end_of_each_append"];
    links_conflicts: chaining::LinksConflicts
        => ["hash_chain::does_not_grow_by_what_was_not_appended"];
    links_repeats: chaining::LinksRepeats
        => ["hash_chain::does_not_grow_by_repeats"];
    links_to_a_stale_head: chaining::LinksToAStaleHead
        => ["hash_chain::holds_while_many_write_at_once",
            "hash_chain::holds_while_many_write_to_several_streams_at_once"];
    begins_anew_after_a_restart: chaining::BeginsAnewAfterARestart
        => ["hash_chain::goes_on_after_a_restart"];

    forgets_everything: restarting::ForgetsEverything
        => ["restart::keeps_every_event", "restart::keeps_checkpoints",
            "restart::keeps_documents", "hash_chain::goes_on_after_a_restart"];
    loses_the_last_event: restarting::LosesTheLastEvent
        => ["restart::keeps_every_event", "hash_chain::goes_on_after_a_restart"];
    forgets_append_ids: restarting::ForgetsAppendIds
        => ["restart::knows_repeats", "restart::keeps_snapshots"];
    restarts_undeclared: restarting::RestartsUndeclared
        => ["restart::keeps_every_event"];
    supports_more_than_it_says: restarting::SupportsMoreThanItSays
        => ["several_streams::go_on_from_their_own_versions",
            "event_ids::find_each_event",
            "snapshots::there_is_none_at_first",
            "documents::are_absent_at_first",
            "hash_chain::of_an_empty_log_is_at_its_start",
            "repeats::are_known_whatever_was_expected"];
}
