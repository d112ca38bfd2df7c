//! What ties the model and a store together for the generator of histories.

use std::marker::PhantomData;

use proptest::prelude::*;
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest};

use super::reference::Model;
use super::step::Step;
use super::under_test::UnderTest;
use crate::testing::conformance::StoreFixture;

pub(super) struct Machine<F>(PhantomData<F>);

impl<F: StoreFixture> ReferenceStateMachine for Machine<F> {
    type State = Model;
    type Transition = Step;

    fn init_state() -> BoxedStrategy<Model> {
        Just(Model::new(F::SUPPORTS)).boxed()
    }

    fn transitions(model: &Model) -> BoxedStrategy<Step> {
        Step::any(model.supports())
    }

    fn apply(model: Model, step: &Step) -> Model {
        model.after(step)
    }
}

impl<F: StoreFixture> StateMachineTest for Machine<F> {
    type SystemUnderTest = UnderTest;
    type Reference = Self;

    fn init_test(_: &Model) -> UnderTest {
        UnderTest::fresh::<F>()
    }

    fn apply(mut store: UnderTest, model: &Model, _: Step) -> UnderTest {
        store.call(&model.call);
        store
    }

    fn check_invariants(store: &UnderTest, model: &Model) {
        store.assert_head(model.head());
    }

    fn teardown(store: UnderTest, model: Model) {
        store.assert_holds(&model.events);
    }
}
