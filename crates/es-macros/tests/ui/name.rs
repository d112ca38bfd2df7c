use es_core::Event;

#[derive(Event)]
enum ClaimEvent {
    #[event(name = "")]
    Empty,
    #[event(name = "line\nbreak")]
    ControlCharacter,
    #[event(name = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx")]
    LongerThan256Bytes,
    #[event(name = Created)]
    NotText,
    #[event(name)]
    NoValue,
    #[event(name("Called"))]
    Called,
    #[event(name = )]
    NothingAfterEquals,
}

#[derive(Event)]
#[event(name = "")]
struct ClaimPaid;

fn main() {}
