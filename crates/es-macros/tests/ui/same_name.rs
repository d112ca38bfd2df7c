use es_core::Event;

#[derive(Event)]
enum ClaimEvent {
    Created,
    #[event(name = "Closed")]
    Paid,
    #[event(name = "Created", version = "2.0")]
    CreatedAgain,
    Closed,
}

fn main() {}
