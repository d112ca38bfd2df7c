use es_core::Event;

#[derive(Event)]
enum NothingHappens {}

#[derive(Event)]
union Either {
    left: u8,
    right: i8,
}

#[derive(Event)]
enum Borrowed<'a> {
    Created(&'a str),
}

fn main() {}
