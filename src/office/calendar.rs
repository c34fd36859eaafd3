//! The working calendar of the office: the years beside the items, and those that an admin took in, which win.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use chrono::{Datelike, NaiveDate, TimeDelta};
use serde_json::json;

use crate::ctx::Ctx;
use crate::domain::audit::{Action, Actor};
use crate::domain::calendar::{
    Calendar, Change, Day, FILE_BYTES_MAX, Place, Problem, ProblemKind, Warning, YearFile, YearStatus, diff, read,
    warning,
};
use crate::domain::policy::Act;
use crate::domain::wall;
use crate::office::roster::Mode;
use crate::office::{Outcome, Refusal, authorise, note};
use crate::store::{self, Tx};

/// Folder below the content folder with a file per year.
const FOLDER: &str = "calendar";
/// How far back slots are looked for after the calendar changed: a year is announced weeks before its days, and a slot
/// that an announcement moves into the past is found and put on record.
const LOOK_BACK: TimeDelta = TimeDelta::days(45);

/// Where a year was read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A file or folder beside the items, as it is shown.
    File(String),
    /// The database, where an admin's import stands.
    Imported(i64),
}

/// Why a year could not be read.
#[derive(Debug)]
pub enum Fault {
    Io(io::Error),
    /// At least one.
    Problems(Vec<Problem>),
}

/// What could be read, and what could not: a year that cannot is missing, and the others are as good as ever.
#[derive(Debug, Default)]
pub struct Loaded {
    /// Of two for one year the later one counts.
    pub files: Vec<YearFile>,
    pub broken: Vec<(Origin, Fault)>,
}

impl Loaded {
    /// The years as one calendar.
    pub fn calendar(&self) -> Calendar {
        Calendar::new(self.files.iter().cloned())
    }

    fn take(&mut self, origin: Origin, file: Result<YearFile, Fault>) {
        match file {
            Ok(file) => self.files.push(file),
            Err(fault) => self.broken.push((origin, fault)),
        }
    }
}

/// Every year that is known. What cannot be read is left out; [`check`] tells about it.
pub async fn load(tx: &mut Tx, ctx: &Ctx) -> Outcome<Calendar> {
    Ok(load_with_problems(tx, ctx).await?.calendar())
}

/// Has every rule planned anew when the calendar is not the one that was planned with.
pub(super) async fn replan(tx: &mut Tx, ctx: &Ctx, calendar: &Calendar) -> Outcome<()> {
    let fingerprint = calendar.fingerprint();
    if store::schedule::plan_calendar(tx).await? != fingerprint {
        store::schedule::replan(tx, ctx.now() - LOOK_BACK).await?;
        store::schedule::set_plan_calendar(tx, &fingerprint).await?;
    }
    Ok(())
}

/// The years beside the items and in the database, with what is wrong about any of them.
async fn load_with_problems(tx: &mut Tx, ctx: &Ctx) -> Outcome<Loaded> {
    let mut loaded = shipped(&ctx.content_dir);
    for (year, body) in store::calendar::all(tx).await? {
        loaded.take(Origin::Imported(year), read(body.as_bytes()).map_err(Fault::Problems));
    }
    Ok(loaded)
}

/// The years beside the items. A folder that is not there has none.
pub fn shipped(content_dir: &Path) -> Loaded {
    let folder = content_dir.join(FOLDER);
    let mut loaded = Loaded::default();
    match year_files(&folder) {
        Ok(paths) => {
            for path in paths {
                loaded.take(Origin::File(path.display().to_string()), year_file(&path));
            }
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => loaded.broken.push((Origin::File(folder.display().to_string()), Fault::Io(error))),
    }
    loaded
}

fn year_files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let paths: Vec<PathBuf> = fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>()?;
    let mut files: Vec<PathBuf> =
        paths.into_iter().filter(|path| path.extension().is_some_and(|ext| ext == "toml")).collect();
    files.sort();
    Ok(files)
}

/// A file is named after its year, so that no year has two.
fn year_file(path: &Path) -> Result<YearFile, Fault> {
    let file = read(&read_file(path).map_err(Fault::Io)?).map_err(Fault::Problems)?;
    if path.file_stem().is_some_and(|stem| stem.to_string_lossy() == file.year.to_string()) {
        return Ok(file);
    }
    let kind = ProblemKind::NotFileName { year: file.year };
    Err(Fault::Problems(vec![Problem { place: Place::File, kind }]))
}

/// Reads a file as far as it has to be read to be judged: one byte more than is allowed is too many.
pub fn read_file(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    // A length in memory always fits.
    let most = u64::try_from(FILE_BYTES_MAX + 1).unwrap_or(u64::MAX);
    File::open(path)?.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Everything that can be read, with what is wrong about the rest.
pub async fn check(ctx: &Ctx, actor: &Actor) -> Outcome<Loaded> {
    let mut tx = ctx.store.read().await?;
    authorise(&mut tx, actor, Act::CalendarRead).await?;
    load_with_problems(&mut tx, ctx).await
}

/// A year as it stands, day by day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Year {
    pub year: i32,
    pub status: YearStatus,
    /// Empty when the year is missing.
    pub source: String,
    pub covers_until: Option<NaiveDate>,
    /// Every day of the year. Those of a missing one are by their weekday alone.
    pub days: Vec<(NaiveDate, Day)>,
}

/// One year. One of which nothing is known is no refusal: its status says so.
pub async fn show(ctx: &Ctx, actor: &Actor, year: i32) -> Outcome<Year> {
    let calendar = check(ctx, actor).await?.calendar();
    let first = NaiveDate::from_ymd_opt(year, 1, 1).into_iter();
    let days = first.flat_map(|first| first.iter_days()).take_while(|day| day.year() == year);
    let file = calendar.year(year);
    Ok(Year {
        year,
        status: calendar.status(year),
        source: file.map(|file| file.source.clone()).unwrap_or_default(),
        covers_until: file.map(|file| file.covers_until),
        days: days.map(|day| (day, calendar.day(day))).collect(),
    })
}

/// What taking a year in changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    pub file: YearFile,
    /// How the year stood.
    pub before: YearStatus,
    pub changes: Vec<Change>,
}

/// Takes a year in, or only tells what it would change. It wins over the file beside the items and over the one taken in
/// before it, and every rule is planned anew.
pub async fn import(ctx: &Ctx, actor: &Actor, bytes: &[u8], mode: Mode) -> Outcome<Imported> {
    let file = read(bytes).map_err(Refusal::Calendar)?;
    let mut tx = match mode {
        Mode::DryRun => ctx.store.read().await?,
        Mode::Apply => ctx.store.write().await?,
    };
    authorise(&mut tx, actor, Act::CalendarWrite).await?;
    let Loaded { files, .. } = load_with_problems(&mut tx, ctx).await?;
    let before = Calendar::new(files.clone());
    let after = Calendar::new(files.into_iter().chain([file.clone()]));
    let imported = Imported { before: before.status(file.year), changes: diff(&before, &after), file };
    if mode == Mode::DryRun {
        return Ok(imported);
    }
    let file = &imported.file;
    // What was read is UTF-8.
    store::calendar::put(&mut tx, file.year, &String::from_utf8_lossy(bytes), ctx.now()).await?;
    replan(&mut tx, ctx, &after).await?;
    let detail = json!({
        "year": file.year, "status": file.status.as_str(), "covers_until": file.covers_until,
        "holidays": file.holidays.len(), "makeup": file.makeup.len(), "changed": imported.changes.len(),
        "first": imported.changes.first().map(|change| change.date),
        "last": imported.changes.last().map(|change| change.date),
    });
    note(&mut tx, ctx.now(), actor, (Action::CalendarImport, format!("calendar:{}", file.year), detail));
    tx.commit().await?;
    Ok(imported)
}

/// A workday that was counted to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Workday {
    pub date: NaiveDate,
    pub day: Day,
    /// Years between that no notice settles to their end.
    pub provisional: Vec<i32>,
}

/// The `n`th workday after a day, before it when negative. Refused when the count leads through a year of which nothing is
/// known.
pub async fn next_workday(ctx: &Ctx, actor: &Actor, from: NaiveDate, n: i32) -> Outcome<Workday> {
    let calendar = check(ctx, actor).await?.calendar();
    let date = calendar.workdays_from(from, n);
    let years = from.min(date).year()..=from.max(date).year();
    if let Some(year) = years.clone().find(|year| calendar.status(*year) == YearStatus::Missing) {
        return Err(Refusal::YearMissing(year));
    }
    let provisional = years.filter(|year| calendar.standing(*year) == YearStatus::Provisional).collect();
    Ok(Workday { date, day: calendar.day(date), provisional })
}

/// How the present year and the next one stand.
#[derive(Debug)]
pub struct Standing {
    pub years: Vec<(i32, YearStatus)>,
    pub warning: Option<Warning>,
    pub broken: Vec<(Origin, Fault)>,
}

/// How the calendar stands today, for somebody who asks.
pub async fn now(ctx: &Ctx, actor: &Actor) -> Outcome<Standing> {
    let mut tx = ctx.store.read().await?;
    authorise(&mut tx, actor, Act::CalendarRead).await?;
    standing(&mut tx, ctx).await
}

/// How the calendar stands today.
pub(super) async fn standing(tx: &mut Tx, ctx: &Ctx) -> Outcome<Standing> {
    let loaded = load_with_problems(tx, ctx).await?;
    let calendar = loaded.calendar();
    let today = wall::of(ctx.now(), ctx.zone).date();
    let years = [today.year(), today.year() + 1].map(|year| (year, calendar.standing(year)));
    Ok(Standing { years: years.into(), warning: warning(&calendar, today), broken: loaded.broken })
}
