//! Every way a command line can be wrong, in one line that names the argument and says what to do.

use std::error::Error as StdError;
use std::net::AddrParseError;
use std::num::{IntErrorKind, ParseFloatError, ParseIntError};
use std::str::ParseBoolError;

use clap::Error;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::page::is_wide;

/// Words an error of the command called as `called` (such as `qingfeng push now`). Help and version come back as they
/// are, already in Chinese.
pub fn explain(error: &Error, called: &str) -> String {
    #[expect(clippy::wildcard_enum_match_arm, reason = "all other kinds are worded one by one in `sentence`")]
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            error.to_string()
        }
        ErrorKind::Io | ErrorKind::Format => "说明写不出来：请检查输出的去处".to_owned(),
        ErrorKind::InvalidUtf8 => with_help("命令里有不是UTF-8编码的字。请在UTF-8终端里重打", called),
        ErrorKind::MissingSubcommand => missing_subcommand(error, called),
        kind => with_help(&sentence(error, kind).unwrap_or_else(|| own_words(error)), called),
    }
}

fn with_help(sentence: &str, called: &str) -> String {
    let stop = if sentence.ends_with('？') { "" } else { "。" };
    format!("{sentence}{stop}用法见：{called} --help")
}

/// `None` when clap gave no context, as for errors made by our own code.
fn sentence(error: &Error, kind: ErrorKind) -> Option<String> {
    #[expect(clippy::wildcard_enum_match_arm, reason = "clap may add kinds")]
    match kind {
        ErrorKind::UnknownArgument => unknown_argument(error),
        ErrorKind::InvalidSubcommand => {
            let name = text(error, ContextKind::InvalidSubcommand)?;
            Some(format!("没有“{name}”这个命令{}", suggestion(error, ContextKind::SuggestedSubcommand)))
        }
        ErrorKind::MissingRequiredArgument => {
            Some(format!("缺少{}，请补上", missing(&list(error, ContextKind::InvalidArg)?)))
        }
        ErrorKind::InvalidValue => invalid_value(error),
        ErrorKind::ValueValidation => {
            let (arg, value) = (text(error, ContextKind::InvalidArg)?, text(error, ContextKind::InvalidValue)?);
            Some(format!("“{arg}”的值“{value}”不对：{}", reason(error.source())))
        }
        ErrorKind::ArgumentConflict => conflict(error),
        ErrorKind::NoEquals => {
            let arg = text(error, ContextKind::InvalidArg)?;
            Some(format!("“{arg}”的值要用等号连着写，中间不留空格"))
        }
        ErrorKind::TooManyValues => {
            let (arg, value) = (text(error, ContextKind::InvalidArg)?, text(error, ContextKind::InvalidValue)?);
            Some(format!("“{arg}”多写了“{value}”，请去掉"))
        }
        ErrorKind::TooFewValues => {
            let (arg, found) = (text(error, ContextKind::InvalidArg)?, number(error, ContextKind::ActualNumValues)?);
            Some(format!("“{arg}”至少要{}个值，只写了{found}个", number(error, ContextKind::MinValues)?))
        }
        ErrorKind::WrongNumberOfValues => {
            let (arg, found) = (text(error, ContextKind::InvalidArg)?, number(error, ContextKind::ActualNumValues)?);
            Some(format!("“{arg}”要{}个值，写了{found}个", number(error, ContextKind::ExpectedNumValues)?))
        }
        _ => None,
    }
}

fn missing_subcommand(error: &Error, called: &str) -> String {
    let known: Vec<&str> = list(error, ContextKind::ValidSubcommand).unwrap_or_default();
    with_help(&format!("“{called}”后面还要写一个命令{}", choices(&known)), called)
}

fn unknown_argument(error: &Error) -> Option<String> {
    let arg = text(error, ContextKind::InvalidArg)?;
    let fault = if arg.starts_with('-') {
        format!("没有“{arg}”这个选项")
    } else {
        format!("多写了“{arg}”，这里不要它")
    };
    let similar = suggestion(error, ContextKind::SuggestedArg);
    let similar = if similar.is_empty() { hint(error).unwrap_or_default() } else { similar };
    Some(fault + &similar)
}

/// clap's ready-made English tips; what stands in quotes is all that is needed of them.
fn hint(error: &Error) -> Option<String> {
    let Some(ContextValue::StyledStrs(tips)) = error.get(ContextKind::Suggested) else { return None };
    let tip = tips.first()?.to_string();
    let quoted: Vec<&str> = tip.split('\'').skip(1).step_by(2).collect();
    match *quoted.as_slice() {
        [place] => Some(format!("，“{place}”才有")),
        [arg, as_value] if as_value.starts_with("--") && as_value.ends_with(arg) => {
            Some(format!("；它若是一个值，请写成“{as_value}”"))
        }
        [sub, dashes] => Some(format!("；“{sub}”是命令，请去掉前面的“{dashes}”")),
        _ => None,
    }
}

fn invalid_value(error: &Error) -> Option<String> {
    let (arg, value) = (text(error, ContextKind::InvalidArg)?, text(error, ContextKind::InvalidValue)?);
    let known = choices(&list(error, ContextKind::ValidValue).unwrap_or_default());
    if value.is_empty() {
        return Some(format!("“{arg}”后面要写值{known}"));
    }
    Some(format!("“{arg}”不能是“{value}”{known}{}", suggestion(error, ContextKind::SuggestedValue)))
}

fn conflict(error: &Error) -> Option<String> {
    let arg = text(error, ContextKind::InvalidArg).or_else(|| text(error, ContextKind::InvalidSubcommand))?;
    let others: Vec<&str> = match error.get(ContextKind::PriorArg) {
        Some(ContextValue::String(other)) => vec![other],
        Some(ContextValue::Strings(others)) => others.iter().map(String::as_str).collect(),
        Some(_) | None => Vec::new(),
    };
    if others == [arg] {
        return Some(format!("“{arg}”只能写一次"));
    }
    let others: Vec<String> = others.iter().map(|other| format!("“{other}”")).collect();
    let others = if others.is_empty() { "前面的参数".to_owned() } else { others.join("、") };
    Some(format!("“{arg}”不能和{others}一起用，请只留一个"))
}

/// What is missing: arguments by themselves, then those of which one will do.
fn missing(args: &[&str]) -> String {
    let quoted = |args: &[&str]| args.iter().map(|arg| format!("“{arg}”")).collect::<Vec<_>>();
    let (one_of, plain): (Vec<&str>, Vec<&str>) =
        args.iter().partition(|arg| arg.starts_with('<') && arg.contains('|'));
    let mut parts = Vec::new();
    if !plain.is_empty() {
        parts.push(quoted(&plain).join("、"));
    }
    parts.extend(one_of.into_iter().map(|group| quoted(&alternatives(group)).join("或")));
    parts.join("，还要")
}

/// clap writes one of several as `<--a <A>|--b <B>>`.
fn alternatives(group: &str) -> Vec<&str> {
    group.strip_prefix('<').and_then(|group| group.strip_suffix('>')).unwrap_or(group).split('|').collect()
}

/// Why a value was refused: our own parsers say so in Chinese, those of libraries are told apart by type.
fn reason(source: Option<&(dyn StdError + 'static)>) -> String {
    let Some(source) = source else { return "写法不对".to_owned() };
    let said = source.to_string();
    if said.chars().any(is_wide) {
        return said;
    }
    if let Some((_, range)) = said.split_once(" is not in ") {
        return range_words(range);
    }
    known_reason(source).to_owned()
}

fn known_reason(source: &(dyn StdError + 'static)) -> &'static str {
    if let Some(error) = source.downcast_ref::<ParseIntError>() {
        let too_big = matches!(error.kind(), IntErrorKind::PosOverflow | IntErrorKind::NegOverflow);
        return if too_big { "数字太大" } else { "要写整数" };
    }
    if source.is::<ParseFloatError>() {
        return "要写数字";
    }
    if source.is::<ParseBoolError>() {
        return "要写true或false";
    }
    if source.is::<AddrParseError>() {
        return "要写IP地址，带端口时如127.0.0.1:8080";
    }
    if source.is::<chrono::ParseError>() {
        return "日期要写成2026-09-01，时间要写成09:30";
    }
    "写法不对"
}

/// `1..=28`, `1..` or `..=28`. A bound of the number's type is no bound to a person.
fn range_words(range: &str) -> String {
    let endless = |bound: &str| bound.is_empty() || bound.trim_start_matches('-').len() >= i64::MAX.to_string().len();
    match range.split_once("..").map(|(low, high)| (low, high.trim_start_matches('='))) {
        Some((low, high)) if endless(high) => format!("不能小于{low}"),
        Some((low, high)) if endless(low) => format!("不能大于{high}"),
        Some((low, high)) => format!("要在{low}到{high}之间"),
        None => "超出了范围".to_owned(),
    }
}

/// An error made by our own code carries its sentence itself.
fn own_words(error: &Error) -> String {
    let said = error.to_string();
    let first = said.lines().next().unwrap_or_default().trim_start_matches("error:").trim();
    if first.chars().any(is_wide) {
        first.trim_end_matches('。').to_owned()
    } else {
        "命令的写法不对".to_owned()
    }
}

fn suggestion(error: &Error, kind: ContextKind) -> String {
    let known = text(error, kind).map(|one| vec![one]).or_else(|| list(error, kind)).unwrap_or_default();
    let known: Vec<String> = known.iter().map(|word| format!("“{word}”")).collect();
    if known.is_empty() { String::new() } else { format!("，是不是{}？", known.join("或")) }
}

fn choices(known: &[&str]) -> String {
    if known.is_empty() { String::new() } else { format!("，可选：{}", known.join("、")) }
}

fn text(error: &Error, kind: ContextKind) -> Option<&str> {
    match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text),
        Some(_) | None => None,
    }
}

fn list(error: &Error, kind: ContextKind) -> Option<Vec<&str>> {
    match error.get(kind) {
        Some(ContextValue::Strings(texts)) => Some(texts.iter().map(String::as_str).collect()),
        Some(_) | None => None,
    }
}

fn number(error: &Error, kind: ContextKind) -> Option<isize> {
    match error.get(kind) {
        Some(ContextValue::Number(number)) => Some(*number),
        Some(_) | None => None,
    }
}
