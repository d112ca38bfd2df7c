//! Ctrl-C: the first one asks to finish what is begun, the second one ends the program at once.

use std::future;
use std::io::{self, Write};
use std::process;

use tokio::signal;
use tokio::sync::watch;

/// The exit code of a program that was interrupted, by convention: 128 + SIGINT.
pub const INTERRUPTED: u8 = 130;

/// Whether somebody asked the program to stop. Clones hear of the same request.
#[derive(Debug, Clone)]
pub struct Stop {
    asked: watch::Receiver<bool>,
}

impl Stop {
    /// Listens for Ctrl-C from now on.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    #[must_use]
    pub fn on_ctrl_c() -> Self {
        let (ask, asked) = watch::channel(false);
        tokio::spawn(async move {
            if signal::ctrl_c().await.is_ok() {
                ask.send_replace(true);
                let _ = writeln!(io::stderr(), "\nstopping; Ctrl-C again stops at once");
                if signal::ctrl_c().await.is_ok() {
                    process::exit(INTERRUPTED.into());
                }
            }
        });
        Self { asked }
    }

    /// Whether it was asked for.
    #[must_use]
    pub fn is_asked(&self) -> bool {
        *self.asked.borrow()
    }

    /// Returns once it is asked for.
    pub async fn asked(mut self) {
        if self.asked.wait_for(|asked| *asked).await.is_err() {
            // Nobody listens any more, so nobody will ask.
            future::pending().await
        }
    }
}
