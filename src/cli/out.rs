//! To stdout and stderr, files, and how a command ends: exit 0 done, 1 failed, 2 usage. One that waits for `--yes` and shows what
//! it would do has done nothing and exits 1, so that a script which left it out does not take it for done; one that was called
//! to look (`push preview`, `--dry-run`) exits 0.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, IsTerminal, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use chrono::{DateTime, SecondsFormat, Utc};
use chrono_tz::Tz;
use serde::Serialize;
use tracing_subscriber::EnvFilter;

use super::refusal;
use super::usage::Stop;
use crate::domain::channel::Names;
use crate::office::Refusal;
use crate::render::table::{Align, Column, Table};

/// What is printed stays on the machine of the office.
pub const NAMES: Names = Names::Full;
/// Files may hold names: only their owner reads them.
const FILE_MODE: u32 = 0o600;

/// Why a command failed.
#[derive(Debug)]
pub enum Failure {
    /// A use case refused.
    Refused(Refusal),
    /// Anything else, worded already.
    Line(String),
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// How a command ended.
pub type Ended<T = ()> = Result<T, Failure>;

/// For whom a command prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// People.
    Text,
    /// Programs: `--json`.
    Json,
}

impl From<bool> for Form {
    fn from(json: bool) -> Self {
        if json { Self::Json } else { Self::Text }
    }
}

/// A failure worded by the command itself.
pub fn line(text: impl Into<String>) -> Failure {
    Failure::Line(text.into())
}

/// Log lines go to stderr, from warnings on unless told otherwise.
pub fn trace(filter: &str) {
    let filter = EnvFilter::try_new(filter).unwrap_or_else(|_| EnvFilter::new("warn"));
    // Colours are for a terminal; in a file they are noise.
    let colour = io::stderr().is_terminal();
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr).with_ansi(colour).init();
}

/// Says why it failed and turns it into an exit code.
pub fn end(ended: Ended) -> ExitCode {
    let text = match ended {
        Ok(()) => return ExitCode::SUCCESS,
        Err(Failure::Refused(refusal)) => refusal::words(&refusal),
        Err(Failure::Line(text)) => text,
    };
    warn(&text);
    ExitCode::FAILURE
}

/// Prints help to stdout, or a mistake of the command line to stderr.
pub fn stop(stop: &Stop) -> ExitCode {
    match stop {
        Stop::Page(page) => match print(page.trim_end()) {
            Ok(()) => ExitCode::from(stop.exit_code()),
            Err(failure) => end(Err(failure)),
        },
        Stop::Mistake(text) => {
            warn(text.trim_end());
            ExitCode::from(stop.exit_code())
        }
    }
}

/// A line (or several) to stdout. Nobody reading any more is no failure.
pub fn print(text: &str) -> Ended {
    let mut stdout = io::stdout().lock();
    match writeln!(stdout, "{text}").and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(line(format!("结果写不出来：{}", refusal::io_words(&error))))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

/// A line to stderr. There is nowhere to say that stderr itself is gone.
pub fn warn(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// A value as JSON to stdout.
pub fn json(value: &impl Serialize) -> Ended {
    match serde_json::to_string_pretty(value) {
        Ok(text) => print(&text),
        Err(error) => Err(line(format!("JSON写不出来（{error}）"))),
    }
}

/// A table to stdout; without rows, a sentence instead.
pub fn table(columns: &[Column], rows: Vec<Vec<String>>, empty: &str) -> Ended {
    if rows.is_empty() {
        return print(empty);
    }
    print(Table { columns, rows, total: None }.to_text().trim_end())
}

/// A column of words.
pub const fn left(heading: &'static str) -> Column {
    Column { heading, align: Align::Left }
}

/// A column of numbers.
pub const fn right(heading: &'static str) -> Column {
    Column { heading, align: Align::Right }
}

/// An instant for programs: RFC 3339 with the office's offset.
pub fn instant(at: DateTime<Utc>, zone: Tz) -> String {
    at.with_timezone(&zone).to_rfc3339_opts(SecondsFormat::Secs, false)
}

/// Reads a whole file.
pub fn read(path: &Path) -> Ended<Vec<u8>> {
    fs::read(path).map_err(|source| Refusal::File { path: path.display().to_string(), source }.into())
}

/// Reads a whole file of at most `most` bytes; `None` for a larger one, of which nothing is read when its size is known.
pub fn read_at_most(path: &Path, most: usize) -> Ended<Option<Vec<u8>>> {
    let read = || -> io::Result<Option<Vec<u8>>> {
        let file = File::open(path)?;
        if file.metadata()?.len() > most as u64 {
            return Ok(None);
        }
        let mut bytes = Vec::new();
        // What is no ordinary file tells no size, and may have no end.
        file.take(most as u64 + 1).read_to_end(&mut bytes)?;
        Ok(Some(bytes).filter(|bytes| bytes.len() <= most))
    };
    read().map_err(|source| Refusal::File { path: path.display().to_string(), source }.into())
}

/// Writes a file that may replace an older one.
pub fn replace(path: &Path, bytes: &[u8]) -> Ended {
    let write = || -> io::Result<()> {
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(FILE_MODE).open(path)?;
        file.write_all(bytes)?;
        file.sync_all()
    };
    write().map_err(|error| not_written(path, &error))
}

/// A file that did not exist, made before the work whose result it takes, so that a bad place is known first. It goes
/// away again unless it was written.
#[derive(Debug)]
pub struct NewFile {
    path: PathBuf,
    file: File,
    written: bool,
}

impl NewFile {
    /// Makes the file; one that is there already is not overwritten.
    pub fn create(path: &Path) -> Ended<Self> {
        match OpenOptions::new().write(true).create_new(true).mode(FILE_MODE).open(path) {
            Ok(file) => Ok(Self { path: path.to_owned(), file, written: false }),
            Err(error) => Err(not_written(path, &error)),
        }
    }

    /// Fills it.
    pub fn write(mut self, bytes: &[u8]) -> Ended {
        let done = self.file.write_all(bytes).and_then(|()| self.file.sync_all());
        self.written = done.is_ok();
        done.map_err(|error| not_written(&self.path, &error))
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        if !self.written {
            // It was made a moment ago and is empty; leaving it behind would be the only harm.
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn not_written(path: &Path, error: &io::Error) -> Failure {
    // What is not found when a file is made can only be its folder.
    let why = if error.kind() == ErrorKind::NotFound {
        "没有它所在的文件夹。请先建好，或换个位置".to_owned()
    } else {
        refusal::io_words(error)
    };
    line(format!("文件{}写不了：{why}", path.display()))
}
