use es_core::Event;

#[derive(Event)]
#[event(naem = "ClaimEvent")]
enum Unknown {
    #[event(naem = "Created", version = "2.0")]
    Created,
    #[event(tenant)]
    Closed,
    #[event(renamed(from = "Opened"), version = "2.0")]
    Reopened,
}

#[derive(Event)]
#[event(naem = "ClaimPaid")]
struct UnknownOnStruct;

#[derive(Event)]
#[event(name = "ClaimEvent", version = "2.0")]
enum Misplaced {
    #[event(crate = "es_core")]
    Created,
}

#[derive(Event)]
enum Twice {
    #[event(name = "First", name = "Second")]
    Created,
    #[event(version = "1.0")]
    #[event(version = "2.0")]
    Closed,
}

#[derive(Event)]
enum NoList {
    #[event]
    Created,
    #[event = "Closed"]
    Closed,
    #[event("Reopened")]
    Reopened,
}

fn main() {}
