//! A file of lines, plain or gzip, read one line at a time.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;
use indicatif::ProgressBar;

/// The longest line. An event near it still fits into one append.
pub const MAX_LINE_BYTES: usize = 8 * 1024 * 1024;

const GZIP: [u8; 2] = [0x1f, 0x8b];
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Lines of a file, with their numbers. One line at a time is in memory.
#[allow(missing_debug_implementations, reason = "a reader has nothing to show")]
pub struct LogFile {
    path: PathBuf,
    reader: Box<dyn BufRead + Send>,
    number: u64,
    line: Vec<u8>,
}

/// Why a log cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum LogFileError {
    /// The file is not there, or is no file.
    #[error("cannot open {}", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Reading broke off.
    #[error("cannot read {} after line {line}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The last line that was read.
        line: u64,
        /// Why.
        source: io::Error,
    },
    /// The file ends within its compressed data.
    #[error("{} is cut off: its gzip data end after line {line}", path.display())]
    CutOff {
        /// The file.
        path: PathBuf,
        /// The last line that was read.
        line: u64,
    },
    /// A line without an end, perhaps no text at all.
    #[error("{}, line {line}: longer than {} MiB", path.display(), MAX_LINE_BYTES >> 20)]
    TooLong {
        /// The file.
        path: PathBuf,
        /// The line.
        line: u64,
    },
}

impl LogFile {
    /// Opens a file, and looks at its first two bytes to see whether it is compressed.
    ///
    /// # Errors
    /// [`LogFileError::Open`].
    pub fn open(path: &Path, progress: &ProgressBar) -> Result<Self, LogFileError> {
        let open = |source| LogFileError::Open {
            path: path.to_owned(),
            source,
        };
        let file = File::open(path).map_err(open)?;
        let about = file.metadata().map_err(open)?;
        if about.is_dir() {
            return Err(open(io::ErrorKind::IsADirectory.into()));
        }
        progress.set_length(about.len());
        let reader = decompressed(progress.wrap_read(file)).map_err(open)?;
        Ok(Self {
            path: path.to_owned(),
            reader,
            number: 0,
            line: Vec::new(),
        })
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The next line that is not blank, without its end, and its number.
    ///
    /// # Errors
    /// See [`LogFileError`]. After one there is nothing more to read.
    pub fn next_line(&mut self) -> Result<Option<(u64, &[u8])>, LogFileError> {
        while self.fill()? {
            if !self.line.trim_ascii().is_empty() {
                return Ok(Some((self.number, self.line.trim_ascii())));
            }
        }
        Ok(None)
    }

    /// Reads one line; whether there was one.
    fn fill(&mut self) -> Result<bool, LogFileError> {
        self.line.clear();
        let mut bounded = self.reader.as_mut().take(MAX_LINE_BYTES as u64 + 1);
        if let Err(source) = bounded.read_until(b'\n', &mut self.line) {
            return Err(self.broken(source));
        }
        let some = !self.line.is_empty();
        self.number += u64::from(some);
        if self.line.len() > MAX_LINE_BYTES {
            return Err(LogFileError::TooLong {
                path: self.path.clone(),
                line: self.number,
            });
        }
        if self.number == 1 && self.line.starts_with(BYTE_ORDER_MARK) {
            self.line.drain(..BYTE_ORDER_MARK.len());
        }
        Ok(some)
    }

    fn broken(&self, source: io::Error) -> LogFileError {
        let (path, line) = (self.path.clone(), self.number);
        if source.kind() == io::ErrorKind::UnexpectedEof {
            LogFileError::CutOff { path, line }
        } else {
            LogFileError::Read { path, line, source }
        }
    }
}

fn decompressed(mut file: impl Read + Send + 'static) -> io::Result<Box<dyn BufRead + Send>> {
    let mut start = Vec::new();
    file.by_ref()
        .take(GZIP.len() as u64)
        .read_to_end(&mut start)?;
    let compressed = start == GZIP;
    let whole = BufReader::with_capacity(1 << 16, Cursor::new(start).chain(file));
    if compressed {
        Ok(Box::new(BufReader::with_capacity(
            1 << 16,
            MultiGzDecoder::new(whole),
        )))
    } else {
        Ok(Box::new(whole))
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn lines(content: &[u8]) -> Result<Vec<(u64, String)>, LogFileError> {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(content).unwrap();
        let mut log = LogFile::open(file.path(), &ProgressBar::hidden())?;
        let mut lines = Vec::new();
        while let Some((number, line)) = log.next_line()? {
            lines.push((number, String::from_utf8(line.to_vec()).unwrap()));
        }
        Ok(lines)
    }

    fn gzip(content: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(content).unwrap();
        encoder.finish().unwrap()
    }

    fn expected(lines: &[(u64, &str)]) -> Vec<(u64, String)> {
        lines
            .iter()
            .map(|(number, line)| (*number, (*line).to_owned()))
            .collect()
    }

    #[test]
    fn blank_lines_windows_ends_and_a_missing_last_end_are_taken() {
        let read = lines(b"\xef\xbb\xbf{1}\r\n\r\n  \n{2}\n{3}").unwrap();
        assert_eq!(read, expected(&[(1, "{1}"), (4, "{2}"), (5, "{3}")]));
        assert_eq!(lines(b"").unwrap(), []);
        assert_eq!(lines(b"x").unwrap(), expected(&[(1, "x")]));
    }

    #[test]
    fn gzip_is_known_by_its_first_bytes_and_may_have_several_members() {
        let two = [gzip(b"{1}\n{"), gzip(b"2}\n")].concat();
        assert_eq!(lines(&two).unwrap(), expected(&[(1, "{1}"), (2, "{2}")]));
    }

    #[test]
    fn a_cut_gzip_file_gives_its_whole_lines_and_then_an_error() {
        let content: String = (0..20_000)
            .map(|n| format!("{{\"n\":{}}}\n", n * 7_919))
            .collect();
        let whole = gzip(content.as_bytes());
        let error = lines(&whole[..whole.len() / 2]).unwrap_err().to_string();
        assert!(error.contains("cut off"), "{error}");
    }

    #[test]
    fn a_line_over_the_bound_is_refused_by_its_number() {
        let mut content = b"{1}\n".to_vec();
        content.resize(content.len() + MAX_LINE_BYTES + 1, b'x');
        let error = lines(&content).unwrap_err().to_string();
        assert!(error.contains("line 2: longer than 8 MiB"), "{error}");
    }
}
