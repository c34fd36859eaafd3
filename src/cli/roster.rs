//! `roster`: the file of who works where.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::out::{self, Ended, NewFile, line};
use super::session::Setup;
use super::words;
use crate::domain::roster::{self as sheet, FileProblem, Person, Renumbered, Stated};
use crate::message::roster as say;
use crate::office::roster::{self, Mode};
use crate::render::sheet::{BYTES_MAX, WriteError, read, roster_csv, roster_xlsx, template};

/// 花名册：模板、导入、导出
///
/// 花名册是一张表，列名是工号、姓名、单位、支部、职务、类别、顺序，可用xlsx或UTF-8的csv。
#[derive(Debug, Args)]
pub struct Roster {
    #[command(subcommand)]
    pub verb: Verb,
}

#[derive(Debug, Subcommand)]
pub enum Verb {
    /// 生成一份带填写说明的空表
    #[command(after_help = "例子\n  qingfeng roster template 花名册.xlsx")]
    Template {
        /// 写到哪个文件，以.xlsx结尾；已有的文件不覆盖
        #[arg(value_name = "文件", value_parser = workbook)]
        file: PathBuf,
    },
    /// 导入花名册，整份替换现有的
    ///
    /// 有一处问题就都不导入，每个问题一行：文件、行、列、怎么改。不在表里的人视为调离，以后不再推送，过去的统计不变。
    /// 人按工号认，不按姓名。可能有两种意思的不猜：会停下来说明用下面哪一项讲清楚，平时用不着。
    #[command(
        after_help = "例子\n  qingfeng roster import 花名册.xlsx --dry-run\n  qingfeng roster import 花名册.xlsx\n  \
                      qingfeng roster import 花名册.xlsx --renumbered G2601=Z0101 --leaving 12"
    )]
    Import(Box<Import>),
    /// 把现有花名册写成文件，改好可再导入
    ///
    /// 文件里有姓名，只有本人能读；每次导出都记入审计记录。
    #[command(after_help = "例子\n  qingfeng roster export 花名册-备份.xlsx")]
    Export {
        /// 写到哪个文件，以.xlsx或.csv结尾；已有的文件不覆盖
        #[arg(value_name = "文件", value_parser = table_file)]
        file: PathBuf,
    },
}

#[derive(Debug, Args)]
pub struct Import {
    /// 花名册，xlsx或UTF-8的csv，不超过20兆、11万行
    #[arg(value_name = "文件")]
    file: PathBuf,
    /// 只看会有哪些变动，不改动数据库
    #[arg(long)]
    dry_run: bool,
    /// 同一人换了工号，写“旧工号=新工号”，可写多个；all：单位和姓名都对得上的全算
    #[arg(long, value_name = "旧=新", num_args = 1.., value_parser = renumbered)]
    renumbered: Vec<NewNumber>,
    /// 这些新工号是另外的人，与调离的人只是同名
    #[arg(long, value_name = "工号", num_args = 1.., value_parser = words::staff_no)]
    newcomer: Vec<String>,
    /// 这些工号还是同一人，只是改了名
    #[arg(long, value_name = "工号", num_args = 1.., value_parser = words::staff_no)]
    renamed: Vec<String>,
    /// 调离的正好是几人；调离的人很多时要写
    #[arg(long, value_name = "人数")]
    leaving: Option<usize>,
    /// 改名的正好是几人；改名的人很多时要写
    #[arg(long, value_name = "人数")]
    renaming: Option<usize>,
}

/// What `--renumbered` says once.
#[derive(Debug, Clone)]
pub enum NewNumber {
    All,
    Pair(String, String),
}

fn renumbered(text: &str) -> Result<NewNumber, &'static str> {
    const SHAPE: &str = "要写成“旧工号=新工号”，或写all";
    if text == "all" {
        return Ok(NewNumber::All);
    }
    let (was, now) = text.split_once(['=', '＝']).ok_or(SHAPE)?;
    let number = |text: &str| sheet::staff_no(text).map_err(|_| SHAPE);
    Ok(NewNumber::Pair(number(was)?, number(now)?))
}

impl Import {
    fn stated(&self) -> Stated {
        let pair = |one: &NewNumber| match one {
            NewNumber::All => None,
            NewNumber::Pair(was, now) => Some((was.clone(), now.clone())),
        };
        let pairs: Option<Vec<_>> = self.renumbered.iter().map(pair).collect();
        Stated {
            renumbered: pairs.map_or(Renumbered::All, Renumbered::Pairs),
            newcomers: self.newcomer.clone(),
            renamed: self.renamed.clone(),
            leaving: self.leaving,
            renaming: self.renaming,
        }
    }

    fn run(&self, setup: &Setup) -> Ended {
        let mode = if self.dry_run { Mode::DryRun } else { Mode::Apply };
        let shown = self.file.display().to_string();
        let too_large = || line(say::file_problem(&shown, &FileProblem::TooLarge { bytes_max: BYTES_MAX }));
        let bytes = out::read_at_most(&self.file, BYTES_MAX)?.ok_or_else(too_large)?;
        let rows = read(&bytes).map_err(|problem| line(say::file_problem(&shown, &problem)))?;
        let roster = sheet::parse(&rows).map_err(|problems| line(say::problems(&shown, &problems).join("\n")))?;
        let stated = self.stated();
        let imported = setup.open(async |session| {
            Ok(roster::import_stated(&session.ctx, &session.actor, (&roster, &stated), mode).await?)
        })?;
        let mut lines = say::diff_lines(&imported.diff());
        lines.extend(say::other_lines(&imported.renumbered, &imported.units));
        lines.push(match mode {
            Mode::DryRun if imported.doubts.is_empty() => "这是试运行，没有改动。去掉--dry-run就正式导入".to_owned(),
            Mode::DryRun => "这是试运行，没有改动".to_owned(),
            Mode::Apply => format!("已导入，现有{}人、{}个单位", roster.people.len(), roster.units.len()),
        });
        out::print(&lines.join("\n"))?;
        if imported.doubts.is_empty() { Ok(()) } else { Err(line(say::doubts(&imported.doubts).join("\n"))) }
    }
}

fn ends_in(text: &str, extensions: &[&str]) -> Option<PathBuf> {
    let path = PathBuf::from(text);
    let extension = path.extension()?.to_str()?.to_lowercase();
    extensions.contains(&extension.as_str()).then_some(path)
}

fn workbook(text: &str) -> Result<PathBuf, &'static str> {
    ends_in(text, &["xlsx"]).ok_or("文件名要以.xlsx结尾")
}

fn table_file(text: &str) -> Result<PathBuf, &'static str> {
    ends_in(text, &["xlsx", "csv"]).ok_or("文件名要以.xlsx或.csv结尾")
}

impl Verb {
    /// Carries the verb out.
    pub fn run(self, setup: &Setup) -> Ended {
        match self {
            Self::Template { file } => {
                let target = NewFile::create(&file)?;
                target.write(&template().map_err(|error| not_made(&error))?)?;
                out::print(&format!("已生成{}。填好后运行：qingfeng roster import {0}", file.display()))
            }
            Self::Import(import) => import.run(setup),
            Self::Export { file } => export(setup, &file),
        }
    }
}

fn export(setup: &Setup, file: &Path) -> Ended {
    let people = setup.open(async |session| {
        // Made first: an export that cannot be written is not looked at and not recorded.
        let target = NewFile::create(file)?;
        let people = roster::export(&session.ctx, &session.actor).await?;
        target.write(&written(file, &people).map_err(|error| not_made(&error))?)?;
        Ok(people.len())
    })?;
    out::print(&format!("已导出{people}人到{}。里面有姓名，请妥善保管", file.display()))
}

fn written(file: &Path, people: &[Person]) -> Result<Vec<u8>, WriteError> {
    if file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("csv")) {
        roster_csv(people)
    } else {
        roster_xlsx(people)
    }
}

fn not_made(error: &WriteError) -> out::Failure {
    line(format!("表格生成不了（{error}）"))
}
