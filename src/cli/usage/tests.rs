#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail loudly")]

use std::collections::BTreeSet;
use std::os::unix::ffi::OsStringExt;

use clap::CommandFactory;
use rstest::rstest;

use super::*;

mod sample;

use sample::{Noun, Push, Sample};

fn run(line: &str) -> Stop {
    parse::<Sample>(line.split(' ').filter(|word| !word.is_empty())).unwrap_err()
}

fn page_of(line: &str) -> String {
    match run(line) {
        Stop::Page(page) => page,
        Stop::Mistake(line) => panic!("not a page: {line}"),
    }
}

fn mistake_of(line: &str) -> String {
    match run(line) {
        Stop::Mistake(line) => line,
        Stop::Page(page) => panic!("not a mistake: {page}"),
    }
}

/// One wrong line for every kind of error clap has.
const WRONG: [&str; 34] = [
    "qingfeng pusj",
    "qingfeng zzz",
    "qingfeng push nwo",
    "qingfeng db",
    "qingfeng db --as 7",
    "qingfeng push now",
    "qingfeng push now --item a",
    "qingfeng push now --item a --group 1 --private b",
    "qingfeng push now --item a --item b --group 1",
    "qingfeng push now --itm a",
    "qingfeng push now --item a --group x",
    "qingfeng push now --item a --group 1 --confirm requird",
    "qingfeng push now --item a --group 1 --confirm",
    "qingfeng push now --item",
    "qingfeng push list extra",
    "qingfeng push list -9",
    "qingfeng push --once",
    "qingfeng demo --once=yes",
    "qingfeng --json push list",
    "qingfeng probe",
    "qingfeng probe 9",
    "qingfeng probe 2026-09 --count 29",
    "qingfeng probe 2026-09 --count x",
    "qingfeng probe 2026-09 --count 99999999999999999999",
    "qingfeng probe 2026-09 --least 1",
    "qingfeng probe 2026-09 note --format csv",
    "qingfeng probe 2026-09 --format pdf",
    "qingfeng probe 2026-09 --between 2026-09-01",
    "qingfeng probe 2026-09 --between 2026-09-01 yesterday",
    "qingfeng probe 2026-09 --many 1",
    "qingfeng probe 2026-09 --equals 1",
    "qingfeng probe 2026-09 --addr local --rate 1",
    "qingfeng probe 2026-09 --rate one",
    "qingfeng probe 2026-09 -- x -y",
];

fn answers(lines: &[&str]) -> String {
    let answers: Vec<String> = lines.iter().map(|line| format!("$ {line}\n{}", mistake_of(line))).collect();
    answers.join("\n")
}

#[test]
fn a_wrong_line_is_answered_in_one_chinese_line() {
    insta::assert_snapshot!(answers(&WRONG[..17]), @"
    $ qingfeng pusj
    没有“pusj”这个命令，是不是“push”？用法见：qingfeng --help
    $ qingfeng zzz
    没有“zzz”这个命令。用法见：qingfeng --help
    $ qingfeng push nwo
    没有“nwo”这个命令。用法见：qingfeng push --help
    $ qingfeng db
    “qingfeng db”后面还要写一个命令，可选：migrate。用法见：qingfeng db --help
    $ qingfeng db --as 7
    “qingfeng db”后面还要写一个命令，可选：migrate。用法见：qingfeng db --help
    $ qingfeng push now
    缺少“--item <短名>”，还要“--group <群>...”或“--private <单位或工号>”，请补上。用法见：qingfeng push now --help
    $ qingfeng push now --item a
    缺少“--group <群>...”或“--private <单位或工号>”，请补上。用法见：qingfeng push now --help
    $ qingfeng push now --item a --group 1 --private b
    “--group <群>...”不能和“--private <单位或工号>”一起用，请只留一个。用法见：qingfeng push now --help
    $ qingfeng push now --item a --item b --group 1
    “--item <短名>”只能写一次。用法见：qingfeng push now --help
    $ qingfeng push now --itm a
    没有“--itm”这个选项，是不是“--item”？用法见：qingfeng push now --help
    $ qingfeng push now --item a --group x
    “--group <群>...”的值“x”不对：要写整数。用法见：qingfeng push now --help
    $ qingfeng push now --item a --group 1 --confirm requird
    “--confirm <方式>”不能是“requird”，可选：required、voluntary、none，是不是“required”？用法见：qingfeng push now --help
    $ qingfeng push now --item a --group 1 --confirm
    “--confirm <方式>”后面要写值，可选：required、voluntary、none。用法见：qingfeng push now --help
    $ qingfeng push now --item
    “--item <短名>”后面要写值。用法见：qingfeng push now --help
    $ qingfeng push list extra
    多写了“extra”，这里不要它。用法见：qingfeng push list --help
    $ qingfeng push list -9
    没有“-9”这个选项。用法见：qingfeng push list --help
    $ qingfeng push --once
    没有“--once”这个选项。用法见：qingfeng push --help
    ");
}

#[test]
fn a_wrong_value_is_answered_in_one_chinese_line() {
    insta::assert_snapshot!(answers(&WRONG[17..]), @"
    $ qingfeng demo --once=yes
    “--once”多写了“yes”，请去掉。用法见：qingfeng demo --help
    $ qingfeng --json push list
    没有“--json”这个选项。用法见：qingfeng push list --help
    $ qingfeng probe
    缺少“<月份>”，请补上。用法见：qingfeng probe --help
    $ qingfeng probe 9
    “<月份>”的值“9”不对：月份要写成2026-09。用法见：qingfeng probe --help
    $ qingfeng probe 2026-09 --count 29
    “--count <个数>”的值“29”不对：要在1到28之间。用法见：qingfeng probe --help
    $ qingfeng probe 2026-09 --count x
    “--count <个数>”的值“x”不对：要写整数。用法见：qingfeng probe --help
    $ qingfeng probe 2026-09 --count 99999999999999999999
    “--count <个数>”的值“99999999999999999999”不对：数字太大。用法见：qingfeng probe --help
    $ qingfeng probe 2026-09 --least 1
    “--least <数>”的值“1”不对：不能小于3。用法见：qingfeng probe --help
    $ qingfeng probe 2026-09 note --format csv
    “[备注]”不能和“--format <格式>”一起用，请只留一个。用法见：qingfeng probe --help
    $ qingfeng probe 2026-09 --format pdf
    “--format <格式>”不能是“pdf”，可选：text、json、csv。用法见：qingfeng probe --help
    $ qingfeng probe 2026-09 --between 2026-09-01
    “--between <起> <止>”要2个值，写了1个。用法见：qingfeng probe --help
    $ qingfeng probe 2026-09 --between 2026-09-01 yesterday
    “--between <起> <止>”的值“yesterday”不对：日期要写成2026-09-01，时间要写成09:30。用法见：qingfeng probe --help
    $ qingfeng probe 2026-09 --many 1
    “--many <号> <号>...”至少要2个值，只写了1个。用法见：qingfeng probe --help
    $ qingfeng probe 2026-09 --equals 1
    “--equals=<值>”的值要用等号连着写，中间不留空格。用法见：qingfeng probe --help
    $ qingfeng probe 2026-09 --addr local --rate 1
    “--addr <地址>”的值“local”不对：要写IP地址，带端口时如127.0.0.1:8080。用法见：qingfeng probe --help
    $ qingfeng probe 2026-09 --rate one
    “--rate <比例>”的值“one”不对：要写数字。用法见：qingfeng probe --help
    $ qingfeng probe 2026-09 -- x -y
    没有“-y”这个选项。用法见：qingfeng probe --help
    ");
}

#[test]
fn every_answer_is_one_line() {
    for line in WRONG {
        assert_eq!(mistake_of(line).lines().count(), 1, "{line}");
    }
}

#[test]
fn bytes_that_are_no_text_are_refused() {
    let args = ["qingfeng".into(), "demo".into(), OsString::from_vec(vec![b'-', b'-', 0xff])];
    let stop = parse::<Sample>(args).unwrap_err();
    assert_eq!(stop.exit_code(), 2);
    insta::assert_debug_snapshot!(stop, @r#"
    Mistake(
        "没有“--�”这个选项。用法见：qingfeng demo --help",
    )
    "#);
    let args = ["qingfeng".into(), "probe".into(), OsString::from_vec(vec![0xff])];
    insta::assert_debug_snapshot!(parse::<Sample>(args).unwrap_err(), @r#"
    Mistake(
        "命令里有不是UTF-8编码的字。请在UTF-8终端里重打。用法见：qingfeng probe --help",
    )
    "#);
}

#[test]
fn the_programs_own_page() {
    insta::assert_snapshot!(page_of("qingfeng --help"), @"
    用途
      把廉政小知识按时推送到各科室的群里，记录谁已知悉，到月底出参学情况报表。

    用法
      qingfeng [选项] <命令>

    命令
      demo   试用：在临时数据库上走完整个流程〔也作 try〕
      push   推送
      db     数据库
      probe  检查
      help   显示某个命令的说明，如qingfeng help demo

    选项
          --as <工号>  以哪个工号的身份操作
      -h, --help       显示本说明
      -V, --version    显示版本

    退出码
      0  办成了
      1  没办成，原因和下一步写在标准错误里
      2  命令写错了

    例子
      qingfeng demo --once
    ");
}

#[test]
fn a_commands_page() {
    insta::assert_snapshot!(page_of("qingfeng push now --help"), @"
    用途
      立刻发送一条内容

      先显示会发给哪些人，写了--yes才真正发送。默认只在允许的时段发送；时段之外要加
      --outside-hours，这样休息日也会发，请想清楚再用。

    用法
      qingfeng push now [选项] --item <短名> <--group <群>...|--private
          <单位或工号>>

    选项
          --item <短名>           内容的短名〔必填〕
          --group <群>...         发到哪些群，群号或平台的会话号〔可写多次〕
          --private <单位或工号>  私聊发给哪些科室或工号〔可写多次〕
          --confirm <方式>        要读者做什么〔默认 voluntary〕
                                  required：有期限，计入知悉率
                                  voluntary：自愿，计入参与率
                                  none：没有按钮，不计入
          --yes                   确认发送
          --as <工号>             以哪个工号的身份操作
      -h, --help                  显示本说明

    时间
          --outside-hours  允许的时段之外也发送〔也作 --any-time〕

    例子
      qingfeng push now --item gift-limits --group 1 --yes
    ");
}

#[test]
fn a_page_with_arguments() {
    insta::assert_snapshot!(page_of("qingfeng probe -h"), @"
    用途
      检查

    用法
      qingfeng probe [选项] <月份> [备注]

    参数
      <月份>  月份
      [备注]  备注

    选项
      -n, --count <个数>       多少个〔默认 8〕
          --least <数>         至少
          --format <格式>      格式〔可选 text、json、csv〕
          --between <起> <止>  两个日期〔可写多次〕
          --many <号> <号>...  至少两个〔可写多次〕
          --equals=<值>        等号
          --addr <地址>        地址
          --rate <比例>        比例
          --fixed <值>         固定一个值
          --as <工号>          以哪个工号的身份操作
      -h, --help               显示本说明
    ");
}

#[rstest]
#[case("qingfeng help")]
#[case("qingfeng -h")]
fn help_of_the_program(#[case] line: &str) {
    assert_eq!(page_of(line), page_of("qingfeng --help"));
}

#[rstest]
#[case("qingfeng help push now")]
#[case("qingfeng push help now")]
#[case("qingfeng push now -h")]
fn help_of_a_command(#[case] line: &str) {
    assert_eq!(page_of(line), page_of("qingfeng push now --help"));
}

#[test]
fn help_as_a_value_is_a_value() {
    let Ok(Sample { noun: Noun::Push(Push::Now(now)), .. }) =
        parse::<Sample>(["qingfeng", "push", "now", "--item", "help", "--group", "-100123"])
    else {
        panic!("refused")
    };
    assert_eq!((now.item.as_str(), now.target.group.as_slice()), ("help", [-100_123].as_slice()));
}

#[test]
fn help_as_the_value_of_a_flag_is_a_value() {
    let read = parse::<Sample>(["qingfeng", "--as", "help", "push", "list"]).map(|sample| sample.acting_as);
    assert_eq!(read, Ok(Some("help".to_owned())));
}

#[test]
fn help_on_an_unknown_command_names_it() {
    insta::assert_snapshot!(mistake_of("qingfeng help pusj"), @"没有“pusj”这个命令，是不是“push”？用法见：qingfeng --help");
}

#[test]
fn a_noun_alone_shows_its_page_as_a_mistake() {
    assert_eq!(run("qingfeng push"), Stop::Mistake(page_of("qingfeng push --help")));
    assert_eq!(run("qingfeng"), Stop::Mistake(page_of("qingfeng --help")));
}

#[test]
fn the_version_is_a_page() {
    assert_eq!(run("qingfeng --version"), Stop::Page("qingfeng 0.1.0\n".to_owned()));
    assert_eq!(run("qingfeng -V").exit_code(), 0);
}

#[test]
fn errors_of_our_own_code_keep_their_sentence() {
    let own = localise(Sample::command()).error(clap::error::ErrorKind::ValueValidation, "月份要写成2026-09。");
    assert_eq!(explain(&own, "qingfeng report"), "月份要写成2026-09。用法见：qingfeng report --help");
    let foreign = localise(Sample::command()).error(clap::error::ErrorKind::ValueValidation, "bad thing");
    assert_eq!(explain(&foreign, "qingfeng"), "命令的写法不对。用法见：qingfeng --help");
}

#[test]
fn the_localised_tree_is_sound() {
    localise(Sample::command()).debug_assert();
}

/// Runs of two or more ASCII letters.
fn ascii_words(text: &str) -> BTreeSet<String> {
    text.split(|c: char| !c.is_ascii_alphabetic()).filter(|word| word.len() > 1).map(str::to_owned).collect()
}

fn pages(command: &Command, line: &str, found: &mut Vec<(String, String)>) {
    found.push((line.to_owned(), page_of(&format!("{line} --help"))));
    for sub in command.get_subcommands() {
        pages(sub, &format!("{line} {}", sub.get_name()), found);
    }
}

/// Words that come from the definitions of commands, not from clap.
fn defined(command: &Command, words: &mut BTreeSet<String>) {
    words.extend(ascii_words(command.get_name()));
    words.extend(command.get_visible_aliases().flat_map(ascii_words));
    words.extend(command.get_after_help().map(|help| ascii_words(&help.to_string())).unwrap_or_default());
    for arg in command.get_arguments() {
        words.extend(arg.get_long_and_visible_aliases().unwrap_or_default().into_iter().flat_map(ascii_words));
        words.extend(arg.get_possible_values().iter().flat_map(|value| ascii_words(value.get_name())));
    }
    command.get_subcommands().for_each(|sub| defined(sub, words));
}

#[test]
fn no_word_of_clap_leaks() {
    let mut allowed: BTreeSet<String> = ["help", "version", "JSON", "IP"].map(str::to_owned).into();
    defined(&Sample::command(), &mut allowed);
    let mut seen = Vec::new();
    pages(&Sample::command(), "qingfeng", &mut seen);
    assert_eq!(seen.len(), 9);
    seen.extend(WRONG.map(|line| (line.to_owned(), mistake_of(line))));
    for (line, text) in seen {
        let typed = ascii_words(&line);
        let leaked: Vec<String> =
            ascii_words(&text).into_iter().filter(|word| !allowed.contains(word) && !typed.contains(word)).collect();
        assert_eq!(leaked, Vec::<String>::new(), "{line}\n{text}");
    }
}

#[test]
fn no_line_of_a_page_is_wider_than_a_terminal() {
    let mut seen = Vec::new();
    pages(&Sample::command(), "qingfeng", &mut seen);
    for (line, page) in seen {
        for row in page.lines().filter(|row| !row.contains("qingfeng ")) {
            let width: usize = row.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum();
            assert!(width <= 80, "{line}: {row}");
        }
    }
}
