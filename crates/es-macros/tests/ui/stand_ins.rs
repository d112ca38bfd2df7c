use es_core::{Event, RecordedEvent};

#[derive(Event)]
enum Twice {
    #[event(erased)]
    Erased,
    #[event(erased)]
    Gone,
    #[event(unknown)]
    Unknown(RecordedEvent),
    #[event(unknown)]
    Other(Box<RecordedEvent>),
}

#[derive(Event)]
enum Both {
    #[event(erased, unknown)]
    Lost,
}

#[derive(Event)]
enum WrongFields {
    #[event(erased)]
    Erased { amount: u64 },
    #[event(unknown)]
    Unknown,
}

#[derive(Event)]
enum TooManyFields {
    #[event(erased)]
    Erased(),
    #[event(unknown)]
    Unknown(RecordedEvent, u8),
}

#[derive(Event)]
enum NamedField {
    #[event(unknown)]
    Unknown { event: RecordedEvent },
}

#[derive(Event)]
enum Stored {
    #[event(erased, version = "2.0", personal)]
    Erased,
    #[event(unknown, version = "2.0", subject = "stream")]
    Unknown(#[event(subject)] RecordedEvent),
}

#[derive(Event)]
enum WithValue {
    #[event(erased = "true")]
    Erased,
    #[event(unknown(RecordedEvent))]
    Unknown(RecordedEvent),
}

#[derive(Event)]
#[event(erased)]
struct Struct;

#[derive(Event)]
#[event(unknown)]
enum Enum {
    Unknown(RecordedEvent),
}

fn main() {}
