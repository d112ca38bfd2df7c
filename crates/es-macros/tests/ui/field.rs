use es_core::Event;

#[derive(Event)]
enum ClaimEvent {
    Created {
        #[event(personal)]
        holder: String,
    },
    Closed(u8, #[event(name = "reason")] String),
}

#[derive(Event)]
struct ClaimPaid {
    #[event(personal)]
    r#to: String,
}

fn main() {}
