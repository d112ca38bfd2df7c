//! Ends the servers of this process and removes their directories, also when this process is killed.
//!
//! A static is never dropped, and nothing is dropped in a process that gets SIGKILL. So there is one
//! shell beside this process that holds the other end of a pipe: the system closes the pipe when
//! this process ends, and the shell does then what is left to do. It knows processes by their id,
//! and no id is used again while the process, our child, is registered.

use std::{
    io::{self, Write},
    os::unix::process::CommandExt,
    path::Path,
    process::{Child, Command, Stdio},
    sync::{Mutex, MutexGuard, PoisonError},
};

const SCRIPT: &str = include_str!("watchdog.sh");

/// The shell, once it is needed.
static WATCHDOG: Mutex<Option<Child>> = Mutex::new(None);

/// Has a process killed when this one is gone.
pub(crate) fn process(id: u32) -> io::Result<()> {
    tell(&format!("process {id}"))
}

/// Forgets a process that has ended.
pub(crate) fn ended(id: u32) {
    // If the shell is gone, there is nothing to forget.
    let _ = tell(&format!("ended {id}"));
}

/// Has a directory unmounted, if it is a disk of its own, and removed with all it holds when this
/// process is gone.
pub(crate) fn directory(path: &Path) -> io::Result<()> {
    tell(&format!("directory {}", line(path)?))
}

/// Forgets a directory that is removed.
pub(crate) fn removed(path: &Path) {
    if let Ok(path) = line(path) {
        let _ = tell(&format!("removed {path}"));
    }
}

fn line(path: &Path) -> io::Result<&str> {
    path.to_str()
        .filter(|path| path.starts_with('/') && !path.contains('\n'))
        .ok_or_else(|| io::Error::other("the directory is not absolute, or no plain text"))
}

fn tell(what: &str) -> io::Result<()> {
    let mut watchdog = lock();
    if watchdog.is_none() {
        *watchdog = Some(start()?);
    }
    let pipe = watchdog.as_mut().and_then(|shell| shell.stdin.as_mut());
    let pipe = pipe.ok_or(io::ErrorKind::BrokenPipe)?;
    // One write, so that no line is ever cut.
    pipe.write_all(format!("{what}\n").as_bytes())
}

fn start() -> io::Result<Child> {
    Command::new("sh")
        .args(["-c", SCRIPT, "watchdog"])
        // A group of its own: what ends the tests by the group must not end the watchdog.
        .process_group(0)
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
}

fn lock() -> MutexGuard<'static, Option<Child>> {
    WATCHDOG.lock().unwrap_or_else(PoisonError::into_inner)
}
