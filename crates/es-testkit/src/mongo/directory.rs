//! Data directories: in memory where there is room, and gone when the server is.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
    process::Command,
    sync::atomic::{AtomicU64, Ordering},
};

use crate::watchdog;

/// Names the directory in which servers keep their data.
const ROOT_VARIABLE: &str = "ES_TEST_MONGO_DIR";
const MEMORY: &str = "/dev/shm";
/// A server takes 300 MiB before any data.
const ROOM_IN_MEMORY_KIB: u64 = 2 * 1024 * 1024;

/// A directory of its own, removed with all it holds on drop, or when this process is gone.
#[derive(Debug)]
pub(crate) struct Directory {
    path: PathBuf,
}

impl Directory {
    /// Makes one in `root`, or where servers of tests keep their data by default.
    pub(crate) fn create(root: Option<&Path>) -> io::Result<Self> {
        let root = match root {
            Some(root) => root.to_owned(),
            None => default_root()?,
        };
        fs::create_dir_all(&root)?;
        let directory = Self {
            path: unique(&root.canonicalize()?)?,
        };
        watchdog::directory(&directory.path)?;
        Ok(directory)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.path);
        if !self.path.exists() {
            watchdog::removed(&self.path);
        }
    }
}

fn unique(root: &Path) -> io::Result<PathBuf> {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    loop {
        let n = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = root.join(format!("es-test-mongo-{}-{n}", std::process::id()));
        match fs::create_dir(&path) {
            Ok(()) => return Ok(path),
            // Of an earlier process with the same id; not ours to remove.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
}

fn default_root() -> io::Result<PathBuf> {
    if let Some(named) = env::var_os(ROOT_VARIABLE).filter(|named| !named.is_empty()) {
        return std::path::absolute(named);
    }
    let memory = Path::new(MEMORY);
    if free_kib(memory).is_some_and(|free| free > ROOM_IN_MEMORY_KIB) {
        return Ok(memory.to_owned());
    }
    let program = env::current_exe()?;
    let target = program
        .ancestors()
        .find(|directory| directory.join("CACHEDIR.TAG").is_file());
    Ok(target.map_or_else(env::temp_dir, |target| target.join("mongo-data")))
}

/// What is free on the disk of `path`, if that can be found out.
fn free_kib(path: &Path) -> Option<u64> {
    let output = Command::new("df").arg("-Pk").arg(path).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    text.lines().nth(1)?.split_whitespace().nth(3)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_is_new_and_goes_when_dropped() {
        let root = env::temp_dir();
        let (one, two) = (
            Directory::create(Some(&root)).unwrap(),
            Directory::create(Some(&root)).unwrap(),
        );
        assert_ne!(one.path(), two.path());
        let path = one.path().to_owned();
        fs::write(path.join("file"), "x").unwrap();
        drop(one);
        assert!(!path.exists() && two.path().is_dir());
    }

    #[test]
    fn the_free_space_of_a_disk_is_known() {
        assert!(free_kib(Path::new("/")).is_some());
        assert_eq!(free_kib(Path::new("/no/such/directory")), None);
    }
}
