//! Tests that are left out because the user said so.

/// Whether `ES_TEST_SKIP`, a list with commas, names this; if so, it is printed.
///
/// A test that cannot run fails. Only a machine whose owner knows that it lacks something may leave
/// the tests out that need it, by name:
///
/// - `own-server`: a MongoDB server that the test starts, stops or reaches past its URI, where there
///   is only the one that `ES_TEST_MONGODB_URI` names;
/// - `fail-points`: a MongoDB server with test commands, where that one has none;
/// - `disk-full`: the right to mount a small disk;
/// - `download`: the network.
///
/// The message of a test that fails for lack of one of them says its name.
///
/// ```
/// assert!(!es_testkit::skipped("a-name-that-nobody-uses"));
/// ```
pub fn skipped(name: &str) -> bool {
    let list = std::env::var("ES_TEST_SKIP").unwrap_or_default();
    let skip = list.split(',').any(|word| word.trim() == name);
    if skip {
        println!("skipped, since ES_TEST_SKIP names {name}");
    }
    skip
}
