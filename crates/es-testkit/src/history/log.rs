//! Histories of several processes, read back.

use std::{
    collections::HashMap,
    fs, io,
    path::{Path, PathBuf},
};

use super::{
    call::Call,
    entry::{Entry, Line},
};

/// What the processes did and were told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct History {
    /// One after the other; nothing says which of two lines of different processes came first.
    pub processes: Vec<Process>,
}

/// What one process did and was told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Process {
    /// For people.
    pub name: String,
    /// In the order in which they were written.
    pub lines: Vec<Line>,
}

/// Why a history could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HistoryError {
    /// The file system refused.
    #[error("could not read {path}")]
    Read {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A line, other than an unfinished last one, is no line of a history.
    #[error("line {line} of {path} is no line of a history")]
    Line {
        /// Which file.
        path: PathBuf,
        /// Which line, from 1.
        line: usize,
        /// Why not.
        source: serde_json::Error,
    },
}

impl History {
    /// Reads all files of a directory whose names end in `.jsonl`, in the order of their names.
    ///
    /// # Errors
    /// See [`HistoryError`].
    pub fn read_directory(directory: &Path) -> Result<Self, HistoryError> {
        let read = |source| HistoryError::Read {
            path: directory.to_owned(),
            source,
        };
        let entries = fs::read_dir(directory).map_err(read)?;
        let paths = entries.map(|entry| entry.map(|entry| entry.path()));
        let mut paths = paths.collect::<Result<Vec<_>, _>>().map_err(read)?;
        paths.retain(|path| path.extension().is_some_and(|end| end == "jsonl"));
        paths.sort();
        let processes = paths.iter().map(|path| Process::read(path));
        Ok(Self {
            processes: processes.collect::<Result<_, _>>()?,
        })
    }

    /// All calls with their answers, process by process.
    pub fn calls(&self) -> Vec<Call<'_>> {
        let processes = self.processes.iter().enumerate();
        processes
            .flat_map(|(n, process)| process.calls(n))
            .collect()
    }
}

impl Process {
    /// Reads the file of one process. Its last line may be cut off, where the process was killed.
    ///
    /// # Errors
    /// See [`HistoryError`].
    pub fn read(path: &Path) -> Result<Self, HistoryError> {
        let text = fs::read(path).map_err(|source| HistoryError::Read {
            path: path.to_owned(),
            source,
        })?;
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        let whole = text.split_inclusive(|&byte| byte == b'\n');
        let whole = whole.filter(|line| line.ends_with(b"\n"));
        let lines = whole.enumerate().map(|(n, line)| {
            serde_json::from_slice(line).map_err(|source| HistoryError::Line {
                path: path.to_owned(),
                line: n + 1,
                source,
            })
        });
        Ok(Self {
            name: name.into_owned(),
            lines: lines.collect::<Result<_, _>>()?,
        })
    }

    fn calls(&self, process: usize) -> Vec<Call<'_>> {
        let mut calls: Vec<Call<'_>> = Vec::new();
        let mut open: HashMap<u64, usize> = HashMap::new();
        for line in &self.lines {
            match &line.entry {
                Entry::Called {
                    call,
                    store,
                    client,
                    operation,
                } => {
                    open.insert(*call, calls.len());
                    calls.push(Call {
                        process,
                        store,
                        client,
                        operation,
                        called: (line.stamp, line.micros),
                        answered: None,
                    });
                }
                Entry::Answered { call, answer } => {
                    if let Some(at) = open.remove(call) {
                        calls[at].answered = Some((line.stamp, line.micros, answer));
                    }
                }
                Entry::Subscribed { .. } | Entry::Delivered { .. } => {}
            }
        }
        calls
    }
}
