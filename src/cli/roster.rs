//! `roster`: the file of who works where.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::out::{self, Ended, NewFile, line};
use super::session::Setup;
use crate::domain::roster::{self as sheet, Person, diff};
use crate::message::roster as say;
use crate::office::roster::{self, Mode};
use crate::render::sheet::{WriteError, read, roster_csv, roster_xlsx, template};

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
    #[command(
        after_help = "例子\n  qingfeng roster import 花名册.xlsx --dry-run\n  qingfeng roster import 花名册.xlsx"
    )]
    Import {
        /// 花名册，xlsx或UTF-8的csv
        #[arg(value_name = "文件")]
        file: PathBuf,
        /// 只看会有哪些变动，不改动数据库
        #[arg(long)]
        dry_run: bool,
    },
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
            Self::Import { file, dry_run } => import(setup, &file, if dry_run { Mode::DryRun } else { Mode::Apply }),
            Self::Export { file } => export(setup, &file),
        }
    }
}

fn import(setup: &Setup, file: &Path, mode: Mode) -> Ended {
    let shown = file.display().to_string();
    let rows = read(&out::read(file)?).map_err(|problem| line(say::file_problem(&shown, &problem)))?;
    let roster = sheet::parse(&rows).map_err(|problems| line(say::problems(&shown, &problems).join("\n")))?;
    let before = setup.open(async |session| Ok(roster::import(&session.ctx, &session.actor, &roster, mode).await?))?;
    let mut lines = say::diff_lines(&diff(&before, &roster.people));
    lines.push(match mode {
        Mode::DryRun => "这是试运行，没有改动。去掉--dry-run就正式导入".to_owned(),
        Mode::Apply => format!("已导入，现有{}人、{}个单位", roster.people.len(), roster.units.len()),
    });
    out::print(&lines.join("\n"))
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
