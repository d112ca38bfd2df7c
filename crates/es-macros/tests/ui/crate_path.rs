use es_core::Event;

#[derive(Event)]
#[event(crate = "no path")]
enum ClaimEvent {
    Created,
}

#[derive(Event)]
#[event(crate = event_sourcing::core)]
struct ClaimPaid;

fn main() {}
