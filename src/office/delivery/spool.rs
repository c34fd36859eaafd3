//! Results that the database cannot take: kept in a small file until it can, one JSON line each. The file is there, at its
//! full length, before it is needed, so that a disk that is full still takes them.

use std::fs::{File, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use crate::ctx::Ctx;
use crate::office::delivery::{Report, settle};
use crate::office::{Outcome, Refusal};

/// Room for the results of all calls that can be under way.
const LENGTH: usize = 64 * 1024;
/// Instances on one machine may share the place; each takes the first file that is free.
const FILES_MOST: u32 = 16;

/// The file of one sender. Nothing is opened until it is needed or prepared.
#[derive(Debug)]
pub struct Spool {
    place: PathBuf,
    file: Option<File>,
}

impl Spool {
    pub fn new(place: &Path) -> Self {
        Self { place: place.to_owned(), file: None }
    }

    /// Takes a file and gives it its full length.
    pub fn prepare(&mut self) -> io::Result<()> {
        self.file().map(drop)
    }

    /// Keeps a result. It is on the disk when this returns.
    pub fn keep(&mut self, report: &Report) -> io::Result<()> {
        let line = serde_json::to_string(report).map_err(io::Error::other)?;
        let file = self.file()?;
        writeln!(file, "{line}")?;
        file.sync_data()
    }

    /// What was kept is stored.
    pub fn clear(&mut self) -> io::Result<()> {
        match &mut self.file {
            Some(file) => blank(file),
            None => Ok(()),
        }
    }

    fn file(&mut self) -> io::Result<&mut File> {
        let file = match self.file.take() {
            Some(file) => file,
            None => take(&self.place)?,
        };
        Ok(self.file.insert(file))
    }
}

/// The first file that nobody holds and that keeps nothing, blank and at its full length.
fn take(place: &Path) -> io::Result<File> {
    for number in 1..=FILES_MOST {
        let mut options = File::options();
        let file = options.create(true).truncate(false).read(true).write(true).mode(0o600).open(name(place, number))?;
        let mut file = match file.try_lock() {
            Ok(()) => file,
            Err(TryLockError::WouldBlock) => continue,
            Err(TryLockError::Error(error)) => return Err(error),
        };
        if read(&mut file)?.is_empty() {
            blank(&mut file)?;
            return Ok(file);
        }
    }
    Err(io::Error::other("every file for results is taken"))
}

fn name(place: &Path, number: u32) -> PathBuf {
    if number == 1 { place.to_owned() } else { place.with_added_extension(number.to_string()) }
}

fn blank(file: &mut File) -> io::Result<()> {
    file.rewind()?;
    file.write_all(&vec![b'\n'; LENGTH])?;
    file.sync_data()?;
    file.seek(SeekFrom::Start(0)).map(drop)
}

/// The results in a file. A line that was cut off tells nothing: its call is found in doubt.
fn read(file: &mut File) -> io::Result<Vec<Report>> {
    let mut text = Vec::new();
    file.rewind()?;
    file.read_to_end(&mut text)?;
    let lines = text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let mut reports = Vec::new();
    for line in lines {
        match serde_json::from_slice(line) {
            Ok(report) => reports.push(report),
            Err(error) => tracing::error!(%error, "a kept result cannot be read"),
        }
    }
    Ok(reports)
}

/// Stores what earlier senders could not. A file that another sender holds is that sender's own.
pub async fn replay(ctx: &Ctx) -> Outcome<()> {
    for number in 1..=FILES_MOST {
        let path = name(&ctx.spool, number);
        if !path.exists() {
            break;
        }
        let failed = |source| Refusal::File { path: path.display().to_string(), source };
        let mut file = File::options().read(true).write(true).open(&path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => continue,
            Err(TryLockError::Error(source)) => return Err(failed(source)),
        }
        let reports = read(&mut file).map_err(failed)?;
        for report in &reports {
            match settle(ctx, report).await {
                Ok(_) => {}
                Err(Refusal::Store(error)) if error.is_trouble() => return Err(error.into()),
                Err(error) => tracing::error!(%error, "a kept result cannot be stored and is left in doubt"),
            }
        }
        if !reports.is_empty() {
            tracing::warn!(kept = reports.len(), "results that the database could not take before are stored");
            blank(&mut file).map_err(failed)?;
        }
    }
    Ok(())
}
