use es_core::{Event, Personal};

#[derive(Event)]
enum WithoutSubject {
    Created {
        holder: u32,
        #[event(personal)]
        name: Personal<String>,
    },
    #[event(personal)]
    Closed { reason: String },
}

#[derive(Event)]
#[event(personal)]
struct StructWithoutSubject {
    reason: String,
}

#[derive(Event)]
#[event(subject = "holder")]
enum OtherThanTheEnum {
    Created {
        holder: u32,
        #[event(personal)]
        name: Personal<String>,
    },
    Witnessed {
        witness: u32,
        #[event(personal)]
        name: Personal<String>,
    },
    #[event(personal)]
    Rated(u8),
    Held {
        #[event(personal)]
        holder: Personal<String>,
    },
}

#[derive(Event)]
#[event(subject = "hodler", personal)]
enum NowhereFound {
    Created { holder: u32 },
}

#[derive(Event)]
enum NothingPersonal {
    Created {
        #[event(subject)]
        holder: u32,
    },
    #[event(subject = "holder")]
    Closed { holder: u32 },
    Rated(#[event(subject)] u8),
}

#[derive(Event)]
enum Twice {
    Created {
        #[event(subject)]
        holder: u32,
        #[event(subject)]
        witness: u32,
        #[event(personal)]
        name: Personal<String>,
    },
    #[event(subject = "holder", personal)]
    Closed {
        holder: u32,
        #[event(subject)]
        witness: u32,
    },
    #[event(personal)]
    Reopened {
        #[event(subject)]
        holder: u32,
        #[event(personal)]
        name: Personal<String>,
    },
    Held {
        #[event(subject, personal)]
        holder: Personal<String>,
    },
}

#[derive(Event)]
enum NotAField {
    #[event(subject = "hodler", personal)]
    Created { holder: u32 },
    #[event(subject = "0", personal)]
    Rated(u8),
    #[event(subject, personal)]
    Closed { holder: u32 },
    #[event(subject = "holder", personal = "name")]
    Reopened { holder: u32 },
}

#[derive(Event)]
struct Nameless(#[event(subject)] u32, #[event(personal)] Personal<String>);

fn main() {}
