//! Chinese help pages and usage errors. clap speaks English only and many of its words cannot be replaced one by one,
//! so every page is written here from clap's own description of the command, and every error is worded from its kind
//! and context. What commands and arguments are called and do stands where they are defined.

use std::ffi::OsString;

use clap::{Arg, ArgAction, Command, Parser};

/// Usage errors in one line each.
mod mistake;
/// One command as a manual page.
mod page;

pub use mistake::explain;

/// Why a command line leads to no command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stop {
    /// Help or the version was asked for: to stdout, exit code 0.
    Page(String),
    /// The command line is wrong: to stderr, exit code 2.
    Mistake(String),
}

impl Stop {
    /// The exit code of the contract: 0 done, 2 usage.
    pub const fn exit_code(&self) -> u8 {
        match self {
            Self::Page(_) => 0,
            Self::Mistake(_) => 2,
        }
    }
}

/// Reads a command line, the program's name first. Help pages and errors come back in Chinese.
pub fn parse<T: Parser>(args: impl IntoIterator<Item = impl Into<OsString>>) -> Result<T, Stop> {
    let mut command = localise(T::command());
    let args = help_as_flag(&command, args.into_iter().map(Into::into).collect());
    let called = called(&command, &args);
    command
        .try_get_matches_from_mut(args)
        .and_then(|mut matches| T::from_arg_matches_mut(&mut matches))
        .map_err(|error| stop(&error, &called))
}

fn stop(error: &clap::Error, called: &str) -> Stop {
    let text = explain(error, called);
    if error.use_stderr() { Stop::Mistake(text) } else { Stop::Page(text) }
}

/// Gives a command and all below it Chinese help pages, `-h, --help`, and (where it has a version) `-V, --version`.
pub fn localise(command: Command) -> Command {
    let command = with_flags(command);
    let mut built = command.clone();
    built.build();
    with_pages(command, &built)
}

/// Replaces clap's own flags, whose help is English, by ours.
fn with_flags(command: Command) -> Command {
    let has_version = command.get_version().is_some();
    let help = Arg::new("help").short('h').long("help").action(ArgAction::Help).help("显示本说明");
    // A command's own headings end before it.
    let help = help.help_heading(None::<&'static str>);
    let version = Arg::new("version").short('V').long("version").action(ArgAction::Version).help("显示版本");
    let command = command.disable_help_flag(true).disable_help_subcommand(true).disable_version_flag(true).arg(help);
    let command = if has_version { command.arg(version) } else { command };
    command.mut_subcommands(with_flags)
}

/// `built` is the same command after clap has worked out names, global arguments and usage.
fn with_pages(command: Command, built: &Command) -> Command {
    let command = command.override_help(page::page(built));
    command.mut_subcommands(|sub| match built.find_subcommand(sub.get_name()) {
        Some(built) => with_pages(sub, built),
        None => sub,
    })
}

/// `qingfeng help push now` and `qingfeng push help now` mean `qingfeng push now --help`. clap's own `help` would bring
/// its English with it.
fn help_as_flag(command: &Command, mut args: Vec<OsString>) -> Vec<OsString> {
    let Some(at) = args.iter().position(|word| word == "help") else { return args };
    let before = path(command, args.get(..at).unwrap_or_default());
    if before.len() == at && before.last().is_some_and(|last| last.has_subcommands()) {
        args.remove(at);
        args.push("--help".into());
    }
    args
}

/// The words by which the command was called, such as `qingfeng push now`.
fn called(command: &Command, args: &[OsString]) -> String {
    path(command, args).into_iter().map(Command::get_name).collect::<Vec<_>>().join(" ")
}

/// The commands named by the first words, the program itself first. Flags between them are passed over.
fn path<'a>(command: &'a Command, args: &[OsString]) -> Vec<&'a Command> {
    let mut path: Vec<&Command> = Vec::new();
    for word in args.iter().filter(|word| !word.as_encoded_bytes().starts_with(b"-")) {
        match path.last().map_or(Some(command), |last| last.find_subcommand(word)) {
            Some(next) => path.push(next),
            None => break,
        }
    }
    path
}

#[cfg(test)]
mod tests;
