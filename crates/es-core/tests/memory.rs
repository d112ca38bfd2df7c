//! The memory store keeps the contract of every store (I1 to I5).

mod fixtures;

use fixtures::MemoryFixture;

es_core::conformance! { name: memory, fixture: MemoryFixture }

es_core::model_test! {
    name: any_history_in_memory_reads_as_the_model_does,
    fixture: MemoryFixture,
    cases: 64,
}
