use es_core::Event;

#[derive(Event)]
enum ClaimEvent {
    #[event(version = "")]
    Empty,
    #[event(version = "2")]
    NoMinor,
    #[event(version = "2.0.0")]
    ThreeNumbers,
    #[event(version = "+2.0")]
    Signed,
    #[event(version = "1.65536")]
    TooLarge,
    #[event(version = "v2.0")]
    Letter,
    #[event(version = 2.0)]
    Float,
}

#[derive(Event)]
#[event(version = "2")]
struct ClaimPaid;

fn main() {}
