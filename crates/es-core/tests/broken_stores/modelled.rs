//! Broken stores that random histories find.

use es_core::testing::model;

use crate::mutation::{BrokenFixture, Mutation};
use crate::{appending, fixtures, reading, repeating, restarting};

fn assert_found<M: Mutation>(in_words: &str) {
    let report = model::find_failure::<BrokenFixture<M>>(256).expect_err("a broken store passes");
    assert!(
        report.contains(in_words),
        "the report does not say {in_words:?}: {report}"
    );
}

#[test]
fn histories_find_two_winners() {
    assert_found::<appending::LetsTwoWritersWin>("the answer to an append is wrong");
}

#[test]
fn histories_find_torn_appends() {
    assert_found::<appending::AppendsStreamByStream>("after");
}

#[test]
fn histories_find_repeats_that_conflict() {
    // A repeat finds it, or a reused id.
    assert_found::<repeating::RepeatsMayConflict>("the answer to an append is wrong");
}

#[test]
fn histories_find_contents_that_are_not_compared() {
    assert_found::<repeating::ComparesOnlyEventIds>("Reuse");
}

#[test]
fn histories_find_a_wrong_end_of_ranges() {
    assert_found::<reading::TakesTheEndForExclusive>("ReadStream");
}

#[test]
fn histories_find_ignored_filters() {
    assert_found::<reading::IgnoresTheFilter>("ReadAll");
}

#[test]
fn histories_find_forgotten_ids() {
    assert_found::<restarting::ForgetsAppendIds>("Restart");
}

#[test]
fn the_smallest_history_is_shown() {
    let report = model::find_failure::<BrokenFixture<reading::NamesNoRest>>(1);
    // Histories are too short for pages that end before their range.
    assert_eq!(report, Ok(()));
    let report = model::find_failure::<BrokenFixture<restarting::ForgetsEverything>>(64);
    let report = report.expect_err("a broken store passes");
    assert_eq!(
        report.matches("Restart").count(),
        1,
        "not the smallest history: {report}"
    );
}

#[test]
fn histories_with_restarts_pass_on_a_healthy_store() {
    model::run::<BrokenFixture<restarting::Healthy>>(32);
    model::run::<fixtures::MemoryFixture>(4);
}
