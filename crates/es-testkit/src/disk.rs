//! A small disk in memory, to see what happens when it is full.

use std::{
    env, fmt, fs, io,
    path::{Path, PathBuf},
    process::Command,
    sync::atomic::{AtomicU64, Ordering},
};

use crate::watchdog;

/// How full a disk is written at a time.
const PIECE: usize = 1024 * 1024;

/// A disk of its own, unmounted and gone when dropped, or when this process is gone.
///
/// It takes the right to mount: root has it, and so has anybody in a name space of their own
/// (`unshare -Urm cargo test`).
#[derive(Debug)]
pub struct SmallDisk {
    path: PathBuf,
}

/// Why there is no small disk. `Debug` says what to do as well, since tests unwrap it.
#[derive(thiserror::Error)]
#[error(
    "a small disk cannot be mounted here ({reason}); run this as root or in a name space of its \
     own (`unshare -Urm`), or leave out what needs it by ES_TEST_SKIP=disk-full"
)]
pub struct MountError {
    reason: String,
}

impl fmt::Debug for MountError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl SmallDisk {
    /// Mounts a disk of this size.
    ///
    /// # Errors
    /// [`MountError`] where that is not allowed, with what to do about it.
    pub fn mount(mebibytes: u32) -> Result<Self, MountError> {
        let disk = Self {
            path: mount_point().map_err(|error| MountError {
                reason: error.to_string(),
            })?,
        };
        disk.call("size", mebibytes)?;
        Ok(disk)
    }

    /// Where it is mounted.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Makes the disk larger or smaller; what is stored stays.
    ///
    /// # Errors
    /// [`MountError`] if more is stored than that.
    pub fn resize(&self, mebibytes: u32) -> Result<(), MountError> {
        self.call("remount,size", mebibytes)
    }

    /// Takes up the free space until no byte more can be written, and returns the file that takes it
    /// up: removing it makes room.
    ///
    /// # Errors
    /// Those of the file system, that of a full disk aside.
    pub fn fill_up(&self) -> io::Result<PathBuf> {
        let filler = self.path.join("filler");
        let mut file = fs::File::create(&filler)?;
        let mut size = PIECE;
        let piece = vec![1; PIECE];
        while size > 0 {
            match io::Write::write(&mut file, &piece[..size]) {
                Ok(0) => size /= 2,
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::StorageFull => size /= 2,
                Err(error) => return Err(error),
            }
        }
        Ok(filler)
    }

    fn call(&self, option: &str, mebibytes: u32) -> Result<(), MountError> {
        let options = format!("{option}={mebibytes}m");
        let output = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &options, "tmpfs"])
            .arg(&self.path)
            .output();
        let reason = match output {
            Ok(output) if output.status.success() => return Ok(()),
            Ok(output) => String::from_utf8_lossy(&output.stderr).trim().to_owned(),
            Err(error) => error.to_string(),
        };
        Err(MountError { reason })
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: who used the disk may let go of it a moment later.
        let _ = Command::new("umount").arg("-l").arg(&self.path).output();
        if fs::remove_dir(&self.path).is_ok() {
            watchdog::removed(&self.path);
        }
    }
}

/// A new, empty directory that the watchdog knows.
fn mount_point() -> io::Result<PathBuf> {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let root = env::temp_dir().canonicalize()?;
    loop {
        let n = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = root.join(format!("es-test-disk-{}-{n}", std::process::id()));
        match fs::create_dir(&path) {
            Ok(()) => {
                watchdog::directory(&path)?;
                return Ok(path);
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
}
