//! What the derive refuses, word for word. What it accepts is compiled and run in `derive`.

#[test]
fn refused_definitions_say_where_and_what_to_do() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
