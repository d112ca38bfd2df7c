//! The one list of cases, and what is made of it: a table, and tests.

use super::case::Definition;
use super::{Ability, suites};

/// Hands the list of cases to a macro: `suite { case [what it needs]; }`.
#[doc(hidden)]
#[macro_export]
macro_rules! __conformance_cases {
    ([$($then:tt)*]) => {
        $($then)*! {
            versions {
                count_from_one_without_a_hole [];
                are_counted_for_each_stream_alone [];
                expecting_any_appends_after_whatever_is_there [];
                expecting_no_stream_needs_an_empty_one [];
                expecting_an_existing_stream_needs_an_event [];
                expecting_an_exact_version_needs_that_version [];
                expecting_exactly_the_empty_version_needs_an_empty_stream [];
                a_version_that_is_not_reached_yet_conflicts [];
                a_conflict_says_the_actual_version_and_writes_nothing [];
                a_conflict_leaves_the_stream_open_for_the_next_append [];
            }
            races {
                of_64_writers_expecting_one_version_exactly_one_wins [];
                of_64_creators_of_a_stream_exactly_one_wins [];
                of_64_writers_expecting_any_version_all_win [];
                writers_of_different_streams_all_win [];
                the_first_appends_ever_may_race [];
                load_decide_append_with_retries_loses_no_update [];
                every_loser_learns_a_version_that_was_reached [];
            }
            several_streams {
                are_appended_together_in_the_order_of_writes [MultiStreamAppend];
                go_on_from_their_own_versions [MultiStreamAppend];
                a_conflict_in_the_second_writes_nothing [MultiStreamAppend];
                a_conflict_in_the_last_writes_nothing [MultiStreamAppend];
                as_many_as_the_limit_allows_are_appended [MultiStreamAppend];
                of_racing_appends_over_the_same_two_exactly_one_wins [MultiStreamAppend];
                racing_transfers_lose_nothing [MultiStreamAppend];
            }
            checks {
                a_checked_stream_is_not_written_to [CheckOnlyStreams];
                each_expectation_is_checked [CheckOnlyStreams];
                a_failed_check_says_the_actual_version_and_writes_nothing [CheckOnlyStreams];
                a_failed_check_stops_all_writes [CheckOnlyStreams MultiStreamAppend];
                of_two_appends_that_check_each_other_at_most_one_wins [CheckOnlyStreams];
                a_check_sees_every_append_before_it [CheckOnlyStreams];
            }
            repeats {
                give_the_first_result_and_write_nothing [];
                are_known_after_the_stream_moved_on [];
                do_not_look_at_expected_versions [AppendIdsForAny];
                are_known_by_an_id_of_the_callers [];
                of_a_large_append_are_known [];
                are_known_whatever_was_expected [AppendIdsForAny];
                are_known_by_an_id_of_the_callers_whatever_was_expected [AppendIdsForAny];
                over_several_streams_are_known [MultiStreamAppend];
                with_a_check_that_fails_now_are_known [CheckOnlyStreams];
                from_16_tasks_at_once_store_one [];
                from_16_tasks_at_once_store_one_whatever_was_expected [AppendIdsForAny];
                over_several_streams_from_16_tasks_store_one [MultiStreamAppend];
            }
            reused_ids {
                with_another_payload_are_refused [];
                with_another_name_are_refused [];
                with_other_metadata_are_refused [];
                with_fewer_events_are_refused [];
                with_more_events_are_refused [];
                with_events_in_another_order_are_refused [];
                with_other_event_ids_are_refused [];
                with_another_stream_are_refused [AppendIdsForAny];
                with_another_distribution_over_streams_are_refused [MultiStreamAppend];
                leave_the_first_append_as_it_was [];
                from_racing_tasks_store_one_content [];
                are_not_those_of_an_append_that_conflicted [];
                are_not_those_of_events_in_other_appends [];
                are_not_those_of_first_events_of_appends_with_another_id [];
            }
            positions {
                count_from_one_over_all_streams [];
                an_empty_store_has_its_head_at_the_start [];
                the_head_is_the_position_of_the_last_event [];
                one_append_has_consecutive_positions_while_others_append [];
                a_failed_append_takes_none [];
            }
            recorded_events {
                keep_everything_they_were_given [];
                keep_each_payload_flag_codec_and_version [];
                keep_an_empty_payload [];
                keep_a_payload_of_one_mebibyte [];
                keep_every_byte_value [];
                keep_the_longest_and_strangest_names [];
                keep_metadata_of_their_own_within_one_append [];
                of_an_append_of_4096_are_all_there [];
                of_an_append_as_large_as_allowed_are_all_there [];
                have_times_that_never_go_back [];
                have_times_that_never_go_back_when_the_clock_does [ManualClock];
                have_the_time_of_the_clock [ManualClock];
            }
            event_ids {
                find_each_event [EventIdLookup];
                find_nothing_where_there_is_nothing [EventIdLookup];
                find_the_first_of_several_with_one_id [EventIdLookup];
                find_nothing_of_an_append_that_conflicted [EventIdLookup];
                find_events_of_several_streams [EventIdLookup MultiStreamAppend];
            }
            reading_streams {
                one_never_written_to_has_no_events [];
                every_range_holds_what_it_says [];
                backwards_is_newest_first [];
                the_rest_goes_on_where_the_page_ended [];
                a_limit_of_nothing_reads_nothing [];
                a_range_that_ends_before_it_starts_is_empty [];
                a_range_past_the_end_is_empty [];
                extreme_numbers_are_ranges_too [];
                a_page_is_bounded_in_events [];
                a_page_is_bounded_in_bytes [];
                names_that_share_a_beginning_do_not_mix [];
                names_are_compared_byte_by_byte [];
                readers_see_whole_appends_only [];
                readers_see_only_what_stays [];
            }
            reading_all {
                gives_every_event_in_the_order_of_positions [];
                pages_of_any_size_give_the_same [];
                a_page_holds_at_most_the_limit_and_at_least_one [];
                a_page_is_bounded_in_events [];
                a_page_is_bounded_in_bytes [];
                until_is_the_last_position_read [];
                after_the_head_there_is_nothing [];
                extreme_positions_are_ranges_too [];
                an_empty_store_ends_at_the_start [];
            }
            filters {
                by_category_take_what_matches [];
                by_name_take_what_matches [];
                by_correlation_take_what_matches [];
                by_header_take_what_matches [];
                by_time_take_what_matches [];
                together_take_what_matches_all [];
                that_match_nothing_reach_the_end [];
                few_matches_among_many_events_are_found [];
                move_on_over_events_that_do_not_match [];
                work_within_a_range [];
                over_large_appends_stop_in_the_middle [];
            }
            reading_while_writing {
                readers_see_dense_prefixes_of_whole_appends [];
                readers_of_several_streams_see_whole_appends [MultiStreamAppend];
                filtered_readers_miss_nothing [];
                the_head_never_goes_back_and_is_readable [];
                an_acknowledged_append_is_readable_by_version_and_position [];
                an_acknowledged_append_is_readable_by_id [EventIdLookup];
                an_acknowledged_append_is_seen_by_every_handle [];
            }
            waiting {
                ends_at_once_where_there_is_an_event [];
                ends_with_the_next_append [];
                ends_for_every_waiter [];
                ends_with_an_append_that_comes_between_reading_and_waiting [];
                for_a_far_position_lasts_until_it_is_passed [];
                does_not_spin [];
                may_be_dropped_and_begun_again [];
            }
            dropped_futures {
                leave_an_append_done_or_not_done [];
                leave_an_append_over_several_streams_done_or_not_done [MultiStreamAppend];
                are_resolved_by_a_repeat [];
                of_reads_leave_the_store_as_it_was [];
            }
            subscriptions {
                catch_up_and_then_go_live [];
                wait_for_the_first_event_ever [];
                lose_nothing_while_writers_write_at_full_speed [];
                start_in_the_middle [];
                start_after_the_head [];
                deliver_what_the_filter_takes [];
                keep_their_place_over_events_that_do_not_match [];
                wait_for_a_slow_consumer [];
                of_several_consumers_deliver_the_same [];
                lose_nothing_when_next_is_dropped [];
                deliver_in_batches [];
                go_on_from_a_checkpoint [];
            }
            snapshots {
                there_is_none_at_first [Snapshots];
                keep_everything_they_were_given [Snapshots];
                the_newest_at_or_below_a_version_is_loaded [Snapshots];
                of_one_version_the_last_saved_is_kept [Snapshots];
                beyond_the_number_to_keep_the_oldest_go [Snapshots];
                the_newest_stays_whatever_is_to_be_kept [Snapshots];
                of_other_streams_are_left_alone [Snapshots];
                are_deleted_by_stream [Snapshots];
                of_one_mebibyte_are_kept [Snapshots];
                saved_by_racing_tasks_are_whole [Snapshots];
                need_no_events [Snapshots];
            }
            checkpoints {
                start_at_the_start [Checkpoints];
                move_from_where_they_stand [Checkpoints];
                do_not_move_from_elsewhere_and_say_where_they_stand [Checkpoints];
                move_backwards [Checkpoints];
                may_stay_where_they_are [Checkpoints];
                of_16_racing_consumers_one_moves_it [Checkpoints];
                moved_by_many_lose_no_step [Checkpoints];
                of_other_names_are_left_alone [Checkpoints];
                are_listed_by_name [Checkpoints];
                back_at_the_start_are_not_listed [Checkpoints];
                hold_any_position [Checkpoints];
            }
            documents {
                are_absent_at_first [Documents];
                are_new_where_there_is_none [Documents];
                are_saved_from_the_revision_where_they_stand [Documents];
                are_not_saved_from_elsewhere_and_say_where_they_stand [Documents];
                are_created_once [Documents];
                of_16_racing_savers_one_wins [Documents];
                of_16_racing_creators_one_wins [Documents];
                changed_by_many_lose_no_update [Documents];
                of_other_names_are_left_alone [Documents];
                of_other_kinds_are_left_alone [Documents];
                are_listed_in_the_order_of_their_names [Documents];
                are_listed_page_by_page [Documents];
                of_many_mebibytes_are_listed [Documents];
                may_be_empty [Documents];
                keep_every_byte_value [Documents];
                of_one_mebibyte_are_kept [Documents];
                of_more_are_refused [Documents];
            }
            hash_chain {
                of_an_empty_log_is_at_its_start [HashChain];
                has_a_link_at_the_end_of_each_append [HashChain];
                covers_everything_of_an_event [HashChain];
                covers_appends_over_several_streams [HashChain MultiStreamAppend];
                does_not_grow_by_what_was_not_appended [HashChain];
                does_not_grow_by_repeats [HashChain];
                holds_while_many_write_at_once [HashChain];
                holds_while_many_write_to_several_streams_at_once [HashChain MultiStreamAppend];
                is_read_in_pages_of_any_size [HashChain];
                is_there_as_soon_as_the_append_is_acknowledged [HashChain];
                goes_on_after_a_restart [HashChain Restart];
            }
            restart {
                an_empty_store_stays_empty [Restart];
                keeps_every_event [Restart];
                keeps_large_events [Restart];
                goes_on_with_the_next_position_and_version [Restart];
                knows_versions_for_conflicts [Restart];
                knows_repeats [Restart];
                knows_repeats_whatever_was_expected [Restart AppendIdsForAny];
                knows_repeats_over_several_streams [Restart MultiStreamAppend];
                refuses_reused_ids [Restart];
                finds_events_by_id [Restart EventIdLookup];
                keeps_snapshots [Restart Snapshots];
                keeps_checkpoints [Restart Checkpoints];
                keeps_documents [Restart Documents];
                never_goes_back_in_time [Restart ManualClock];
                lets_subscriptions_go_on [Restart];
                may_happen_many_times [Restart];
                right_after_a_race_loses_nothing [Restart];
            }
        }
    };
}

macro_rules! table {
    ($($suite:ident { $($case:ident [$($need:ident)*];)* })*) => {
        /// All cases, in the order of the list.
        pub(super) static CASES: &[Definition] = &[$($(
            Definition {
                suite: stringify!($suite),
                name: stringify!($case),
                needs: &[$(Ability::$need),*],
                body: |subject| Box::pin(suites::$suite::$case(subject)),
            },
        )*)*];
    };
}

crate::__conformance_cases! { [table] }

/// Makes a module with one test for each case of the conformance suites.
///
/// The module takes the name given, and holds a module for each suite. A test runs on a runtime
/// and a store of its own, and fails by its name if the store hangs.
///
/// ```
/// # use std::sync::Arc;
/// # use es_core::{EventStore, memory::MemoryStore};
/// # use es_core::testing::conformance::{Ability, StoreFixture};
/// # struct MemoryFixture(MemoryStore);
/// # #[async_trait::async_trait]
/// # impl StoreFixture for MemoryFixture {
/// #     const SUPPORTS: &'static [Ability] = &[];
/// #     async fn fresh() -> Self { Self(MemoryStore::new()) }
/// #     fn events(&self) -> Arc<dyn EventStore> { Arc::new(self.0.clone()) }
/// # }
/// es_core::conformance! { name: memory, fixture: MemoryFixture }
/// # fn main() {}
/// ```
#[macro_export]
macro_rules! conformance {
    (name: $name:ident, fixture: $fixture:ty $(,)?) => {
        mod $name {
            #[allow(
                unused_imports,
                clippy::wildcard_imports,
                reason = "the fixture is named as the surrounding module knows it"
            )]
            use super::*;

            pub(crate) type FixtureUnderTest = $fixture;

            $crate::__conformance_cases! { [$crate::__conformance_tests] }
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __conformance_tests {
    ($($suite:ident { $($case:ident [$($need:ident)*];)* })*) => {
        $(
            mod $suite {
                $(
                    #[test]
                    fn $case() {
                        $crate::testing::conformance::check::<super::FixtureUnderTest>(
                            stringify!($suite),
                            stringify!($case),
                        );
                    }
                )*
            }
        )*
    };
}
