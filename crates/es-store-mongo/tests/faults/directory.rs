//! Where histories and logs of a run are kept.

use std::{
    fs, io,
    path::{Path, PathBuf},
    process,
};

/// The directory of a run: gone when all went well, kept for those who look into a failure.
#[derive(Debug)]
pub(crate) struct RunDirectory {
    path: PathBuf,
}

impl RunDirectory {
    pub(crate) fn create(seed: u64) -> io::Result<Self> {
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent();
        let faults = target.ok_or(io::ErrorKind::NotFound)?.join("faults");
        let path = faults.join(format!("{seed}-{}", process::id()));
        // Of an earlier process with the same number, at most.
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path)?;
        Ok(Self { path })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// A new directory in it.
    pub(crate) fn of(&self, fault: &str) -> io::Result<PathBuf> {
        let path = self.path.join(fault);
        fs::create_dir(&path)?;
        Ok(path)
    }

    pub(crate) fn remove(self) -> io::Result<()> {
        fs::remove_dir_all(self.path)
    }
}
