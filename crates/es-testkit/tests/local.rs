//! `es-mongo`: a server that outlives the command that started it, and no command harms another's.

#![allow(
    clippy::unwrap_used,
    reason = "a panic with a message is how a test fails"
)]

use std::{
    net::TcpListener,
    path::Path,
    process::{Command, Output},
};

use es_testkit::skipped;
use mongodb::{
    Client,
    bson::{Document, doc},
};

/// A port and a directory of its own; whatever runs there ends with the test.
struct Place {
    port: u16,
    directory: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        Self {
            port: listener.local_addr().unwrap().port(),
            directory: tempfile::tempdir().unwrap(),
        }
    }

    fn call(&self, arguments: &[&str]) -> (Option<i32>, String) {
        let output = self.output(arguments);
        let said = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8(said).unwrap())
    }

    fn output(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_es-mongo"))
            .args(arguments)
            .args(["--port", &self.port.to_string()])
            .arg("--data")
            .arg(self.directory.path())
            .output()
            .unwrap()
    }

    fn uri(&self) -> String {
        format!("mongodb://127.0.0.1:{}/?replicaSet=rs0", self.port)
    }

    fn data(&self) -> std::path::PathBuf {
        self.directory.path().join(self.port.to_string())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.output(&["down", "--remove-data"]);
    }
}

async fn insert_and_count(uri: &str) -> u64 {
    let client = Client::with_uri_str(uri).await.unwrap();
    let things = client
        .database("local_test")
        .collection::<Document>("things");
    things.insert_one(doc! { "a": 1 }).await.unwrap();
    things.count_documents(doc! {}).await.unwrap()
}

#[tokio::test]
async fn it_goes_up_stays_goes_down_and_keeps_its_data() {
    if skipped("own-server") {
        return;
    }
    let place = Place::new();
    let (code, said) = place.call(&["status"]);
    assert!(code == Some(3) && said.contains("does not run"), "{said}");

    let (code, said) = place.call(&["up"]);
    assert!(code == Some(0) && said.contains(&place.uri()), "{said}");
    assert_eq!(insert_and_count(&place.uri()).await, 1);

    let (code, said) = place.call(&["up"]);
    assert!(code == Some(0) && said.contains("already"), "{said}");
    assert!(said.contains(&place.uri()), "{said}");
    let (code, said) = place.call(&["status"]);
    assert!(code == Some(0) && said.contains(&place.uri()), "{said}");

    let (code, said) = place.call(&["down"]);
    assert!(code == Some(0) && said.contains("has ended"), "{said}");
    assert_eq!(place.call(&["status"]).0, Some(3));
    assert!(Path::new(&place.data()).is_dir());

    place.call(&["up"]);
    assert_eq!(insert_and_count(&place.uri()).await, 2);
    let (code, said) = place.call(&["down", "--remove-data"]);
    assert!(code == Some(0) && said.contains("removed"), "{said}");
    assert!(!place.data().exists());
    let (code, said) = place.call(&["down"]);
    assert!(code == Some(0) && said.contains("does not run"), "{said}");
}

#[test]
fn a_port_of_another_program_is_left_alone() {
    let place = Place::new();
    let other = TcpListener::bind(("127.0.0.1", place.port)).unwrap();
    let (code, said) = place.call(&["up"]);
    assert!(
        code == Some(1) && said.contains("another program"),
        "{said}"
    );
    assert_eq!(place.call(&["status"]).0, Some(3));
    assert_eq!(place.call(&["down"]).0, Some(0));
    assert_eq!(other.local_addr().unwrap().port(), place.port);
}
