use es_core::Event;

#[derive(Event)]
enum ClaimEvent {
    Created {
        #[event(name = "holder")]
        holder: String,
    },
    Closed(u8, #[event(erased)] String),
    Reopened {
        #[event(subject = "holder")]
        holder: String,
        #[event]
        by: String,
    },
    Paid {
        #[event(subject, subject)]
        holder: String,
        #[event(personal(name))]
        by: String,
    },
}

#[derive(Event)]
struct ClaimPaid {
    #[event(presonal)]
    r#to: String,
}

fn main() {}
