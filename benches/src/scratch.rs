//! Where the data of a benchmark lives: fresh directories on a real disk, removed at the end.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::Failure;

/// A directory for the data of a benchmark. Dropping it removes everything.
#[derive(Debug)]
pub struct Scratch {
    directory: TempDir,
}

impl Scratch {
    /// A new directory in `parent`; by default in `target/` of where the program was started, or
    /// else in the system's temporary directory.
    ///
    /// # Errors
    /// If it cannot be made.
    pub fn new(parent: Option<&Path>) -> Result<Self, Failure> {
        let parent = parent.map_or_else(default_parent, Path::to_owned);
        fs::create_dir_all(&parent).map_err(Failure::broken("make the directory"))?;
        let directory = tempfile::Builder::new()
            .prefix("es-bench-")
            .tempdir_in(&parent)
            .map_err(Failure::broken("make a directory for the data"))?;
        Ok(Self { directory })
    }

    /// A fresh directory in it, which goes when it is dropped.
    ///
    /// # Errors
    /// If it cannot be made.
    pub fn fresh(&self) -> Result<TempDir, Failure> {
        tempfile::tempdir_in(&self.directory)
            .map_err(Failure::broken("make a directory for the data"))
    }

    /// Says so if the directory is in memory, where nothing that is durable can be measured.
    #[must_use]
    pub fn warning(&self) -> Option<String> {
        let path = self.directory.path().canonicalize().ok()?;
        let mounts = fs::read_to_string("/proc/self/mounts").ok()?;
        let system = file_system(&mounts, &path)?;
        matches!(system, "tmpfs" | "ramfs").then(|| {
            format!(
                "{} is on {system}, in memory: durable figures from there mean nothing; \
                 name a directory on a disk with --dir",
                path.display()
            )
        })
    }
}

fn default_parent() -> PathBuf {
    let target = PathBuf::from("target");
    if target.is_dir() {
        target
    } else {
        std::env::temp_dir()
    }
}

/// The type of the file system that holds a path: that of the longest mount point above it.
fn file_system<'m>(mounts: &'m str, path: &Path) -> Option<&'m str> {
    let entries = mounts.lines().filter_map(|line| {
        let mut fields = line.split(' ').skip(1);
        Some((fields.next()?, fields.next()?))
    });
    entries
        .filter(|(point, _)| path.starts_with(point))
        .max_by_key(|(point, _)| point.len())
        .map(|(_, system)| system)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_mount_point_counts() {
        let mounts = "/dev/vda / ext4 rw 0 0\ntmpfs /run tmpfs rw 0 0\n";
        assert_eq!(file_system(mounts, Path::new("/home/bench")), Some("ext4"));
        assert_eq!(file_system(mounts, Path::new("/run/bench")), Some("tmpfs"));
        assert_eq!(file_system(mounts, Path::new("/runner")), Some("ext4"));
    }

    #[test]
    fn the_data_is_gone_afterwards() {
        let scratch = Scratch::new(Some(&std::env::temp_dir())).unwrap();
        let data = scratch.fresh().unwrap().keep();
        fs::write(data.join("file"), "data").unwrap();
        drop(scratch);
        assert!(!data.exists());
    }
}
