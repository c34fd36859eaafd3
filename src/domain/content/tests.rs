#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests fail loudly")]

use chrono::NaiveDate;
use proptest::prelude::*;
use rstest::rstest;

use super::{
    Addressed, Basis, BodyFault, ContentProblemKind, ItemSource, KnownSetting, MESSAGE_MAX_UNITS,
    MESSAGE_RESERVE_UNITS, Placeholder, Theme, basis_label, fill, parse, placeholders,
};
use crate::domain::calendar::Festival;
use crate::domain::rich::{Paragraph, Rich, Span};
use crate::domain::word::{Confirm, Kind};

mod quiz;

const FRONT: &str = "---
slug: mid-autumn
theme: festival
title: 中秋提醒
audience: 公职人员、党员
basis:
  - 《中华人民共和国公职人员政务处分法》（2020年7月1日起施行）第三十四条第一款
  - 《某某规定》（国务院令第20号，1988年12月1日发布施行）第九条
article_text: 对接收的礼品必须在一个月内交出并上交国库。
takeaway: 拿不准的先问。
verified_on: 2026-09-10
checked_by: 机关党委办公室
expires_on: 2026-10-09
code: JQ-2026-03
---
";

fn read(body: &str) -> ItemSource {
    parse("festival", "mid-autumn", &format!("{FRONT}{body}")).unwrap()
}

fn kinds(body: &str) -> Vec<(Option<u32>, ContentProblemKind)> {
    let problems = parse("festival", "mid-autumn", &format!("{FRONT}{body}")).unwrap_err();
    problems.into_iter().map(|problem| (problem.line, problem.kind)).collect()
}

fn plain(text: &str) -> Span {
    Span::Plain(text.to_owned())
}

fn bold(text: &str) -> Span {
    Span::Bold(text.to_owned())
}

#[test]
fn every_key_is_read() {
    let item = read("正文。\n");
    assert_eq!(item.slug, "mid-autumn");
    assert_eq!(item.theme, Theme::Festival);
    assert_eq!(item.title, "中秋提醒");
    assert_eq!(item.audience, Addressed::Kinds(vec![Kind::PartyMember, Kind::PublicOfficial]));
    assert_eq!(item.basis.len(), 2);
    assert_eq!(item.basis[1].version, "国务院令第20号，1988年12月1日发布施行");
    assert_eq!(item.alert_text(), "第三十四条第一款　对接收的礼品必须在一个月内交出并上交国库。");
    assert_eq!(item.verified_on, NaiveDate::from_ymd_opt(2026, 9, 10).unwrap());
    assert_eq!(item.expires_on, NaiveDate::from_ymd_opt(2026, 10, 9));
    assert_eq!(item.confirm, Confirm::Required);
    assert_eq!(item.body, Rich::plain("正文。"));
}

#[test]
fn byte_order_mark_and_windows_line_ends_change_nothing() {
    let unix = format!("{FRONT}第一行\n第二行\n\n**末段**\n");
    let windows = format!("\u{feff}{}", unix.replace('\n', "\r\n"));
    let (unix, windows) = (parse("festival", "mid-autumn", &unix), parse("festival", "mid-autumn", &windows));
    assert_eq!(unix, windows);
    assert_eq!(unix.unwrap().content_hash(), windows.unwrap().content_hash());
}

#[test]
fn problem_lines_count_from_the_top_of_the_file_with_windows_line_ends_too() {
    let text = format!("\u{feff}{FRONT}好\n\n**坏\n").replace('\n', "\r\n");
    let problems = parse("festival", "mid-autumn", &text).unwrap_err();
    let front_lines = u32::try_from(FRONT.lines().count()).unwrap();
    assert_eq!(problems[0].line, Some(front_lines + 3));
}

#[rstest]
#[case::bold_beside_quotes("**“严禁”**收受", vec![vec![bold("“严禁”"), plain("收受")]])]
#[case::bold_before_colon("**注意：**以下", vec![vec![bold("注意："), plain("以下")]])]
#[case::line_stays("一、甲；\n二、乙。", vec![vec![plain("一、甲；\n二、乙。")]])]
#[case::heading("# 标题\n正文", vec![vec![bold("标题")], vec![plain("正文")]])]
#[case::bullets("- 甲\n- **乙**", vec![vec![plain("• 甲\n• "), bold("乙")]])]
#[case::numbers("3. 甲\n4. 乙", vec![vec![plain("3. 甲\n4. 乙")]])]
#[case::italic_in_bold("**甲*乙*丙**", vec![vec![bold("甲乙丙")]])]
#[case::bold_in_italic("*甲**乙***", vec![vec![Span::Italic("甲".into()), bold("乙")]])]
#[case::link("见[**全文**](https://example.org/a)。", vec![vec![
    plain("见"),
    Span::Link { text: "全文".into(), url: "https://example.org/a".into() },
    plain("。"),
]])]
#[case::star_meant(r"张\*和\_\_", vec![vec![plain("张*和__")]])]
#[case::indent_of_two_full_width_spaces("　　开头", vec![vec![plain("　　开头")]])]
#[case::entity("甲&amp;乙", vec![vec![plain("甲&乙")]])]
fn markdown_becomes_rich(#[case] body: &str, #[case] expected: Vec<Paragraph>) {
    assert_eq!(read(body).body, Rich(expected));
}

#[test]
fn a_body_may_fill_the_message_up_to_the_reserve_and_no_further() {
    let own = read("字").own_units() - 1;
    let room = MESSAGE_MAX_UNITS - MESSAGE_RESERVE_UNITS - own;
    assert_eq!(read(&"字".repeat(room)).body.utf16_len(), room);
    let max = MESSAGE_MAX_UNITS - MESSAGE_RESERVE_UNITS;
    let too_long = ContentProblemKind::Body(BodyFault::TooLong { len: max + 1, max });
    assert_eq!(kinds(&"字".repeat(room + 1)), [(None, too_long)]);
    // One character of two UTF-16 units counts as two.
    assert!(!kinds(&"𠀀".repeat(room / 2 + 1)).is_empty());
}

/// YAML would make numbers, truth values and nothing of these words.
#[rstest]
#[case("2026", Some("2026"))]
#[case("yes", Some("yes"))]
#[case("\"关于: 冒号\"", Some("关于: 冒号"))]
#[case("null", None)]
#[case("", None)]
fn a_title_is_the_words_as_written(#[case] written: &str, #[case] title: Option<&str>) {
    let text = format!("{FRONT}正文。\n").replace("中秋提醒", written);
    let parsed = parse("festival", "mid-autumn", &text).map_err(|problems| problems[0].kind.clone());
    assert_eq!(parsed.map(|item| item.title), title.map(str::to_owned).ok_or(ContentProblemKind::Missing));
}

/// Deep nesting must be refused by its size, not by running out of stack.
#[rstest]
#[case::emphasis("*甲 ", "甲* ")]
#[case::bold("**甲 ", "甲** ")]
#[case::link("[", "](https://example.org)")]
#[case::quote("> ", "甲")]
#[case::list("- ", "甲")]
fn a_hostile_body_is_a_problem_and_no_crash(#[case] opening: &str, #[case] closing: &str) {
    for depth in [100, 2_000, 100_000] {
        let body = format!("{}{}", opening.repeat(depth), closing.repeat(depth));
        assert!(parse("festival", "mid-autumn", &format!("{FRONT}{body}")).is_err());
    }
}

#[rstest]
#[case("全体", Ok(Addressed::Everyone))]
#[case("聘用、党员", Ok(Addressed::Kinds(vec![Kind::PartyMember, Kind::Contract])))]
#[case("党员、党员", Ok(Addressed::Kinds(vec![Kind::PartyMember])))]
#[case("党员,聘用", Err("党员,聘用".to_owned()))]
#[case("党员、", Err(String::new()))]
fn audience_is_read(#[case] text: &str, #[case] expected: Result<Addressed, String>) {
    assert_eq!(Addressed::parse(text), expected);
}

#[test]
fn an_item_addresses_people_of_any_of_its_kinds() {
    let addressed = Addressed::parse("党员、聘用").unwrap();
    assert_eq!(addressed.label(), "党员、聘用");
    assert!(addressed.includes(&[Kind::PublicOfficial, Kind::PartyMember]));
    assert!(!addressed.includes(&[Kind::PublicOfficial]));
    assert!(Addressed::Everyone.includes(&[]));
}

#[rstest]
#[case("《甲法》（2020年7月1日起施行）第一条", true)]
#[case("《甲法》(2020年7月1日起施行)第一条", false)]
#[case("《甲法》（起施行）第一条", false)]
#[case("《甲法》（2020年7月1日起施行）", false)]
#[case("《甲法》第一条", false)]
#[case("《》（2020年）第一条", false)]
#[case("甲法（2020年）第一条", false)]
fn basis_needs_title_version_and_article(#[case] text: &str, #[case] good: bool) {
    assert_eq!(Basis::parse(text).is_some(), good);
    assert!(Basis::parse(text).is_none_or(|basis| basis.label() == text));
}

#[test]
fn bases_are_printed_with_each_rule_named_once() {
    let all: Vec<Basis> =
        ["《甲》（2020年）第一条", "《甲》（2020年）第二条", "《乙》（2021年）第三条", "《甲》（2022年）第四条"]
            .map(|text| Basis::parse(text).unwrap())
            .to_vec();
    assert_eq!(basis_label(&all), "《甲》（2020年）第一条、第二条；《乙》（2021年）第三条；《甲》（2022年）第四条");
    assert_eq!(basis_label(&[]), "");
}

const KNOWN: [KnownSetting<'static>; 2] = [
    KnownSetting { key: "office.hotline", label: "本单位监督电话" },
    KnownSetting { key: "office.contact", label: "联系方式" },
];

#[rstest]
#[case("office.hotline", Some("office.hotline"))]
#[case("本单位监督电话", Some("office.hotline"))]
#[case("本单位监督电话，启用前必填", Some("office.hotline"))]
#[case("联系方式，可不填，写内线", Some("office.contact"))]
#[case("值班电话", None)]
fn a_blank_is_named_by_key_or_label(#[case] blank: &str, #[case] key: Option<&str>) {
    assert_eq!(Placeholder(blank.to_owned()).key(&KNOWN), key);
}

#[test]
fn blanks_are_found_once_and_document_numbers_are_not_blanks() {
    let item = read("国办函〔2026〕12号。打〔office.hotline〕或**〔office.hotline〕**，找〔联系方式〕。\n");
    let blanks: Vec<String> = placeholders(&item).into_iter().map(|blank| blank.0).collect();
    assert_eq!(blanks, ["office.hotline", "联系方式"]);
}

#[test]
fn filling_needs_a_value_for_every_blank() {
    let item = read("国办函〔2026〕12号。打〔office.hotline〕或**〔联系方式〕**，再打〔office.hotline〕。\n");
    let full = |blank: &Placeholder| Some(format!("<{}>", blank.key(&KNOWN)?));
    let filled = fill(&item.body, full).unwrap();
    assert_eq!(filled.to_plain(), "国办函〔2026〕12号。打<office.hotline>或<office.contact>，再打<office.hotline>。");
    assert_eq!(filled.0[0][1], bold("<office.contact>"));
    let unfilled = fill(&item.body, |_| None).unwrap_err();
    assert_eq!(unfilled, [Placeholder("office.hotline".into()), Placeholder("联系方式".into())]);
}

#[test]
fn the_hash_follows_the_meaning_and_not_the_spelling() {
    let text = format!("{FRONT}正文。\n");
    let hash = |text: &str| parse("festival", "mid-autumn", text).unwrap().content_hash();
    let first = hash(&text);
    assert_eq!(first.len(), 64);
    let reordered = text.replace("title: 中秋提醒\n", "").replace("code: ", "# 备注\ntitle: \"中秋提醒\"\ncode:   ");
    assert_eq!(hash(&reordered), first);
    for (from, to) in [
        ("中秋提醒", "中秋提示"),
        ("公职人员、党员", "公职人员"),
        ("第九条", "第八条"),
        ("必须在一个月内", "应当在一个月内"),
        ("拿不准的先问。", "拿不准，先问。"),
        ("2026-09-10", "2026-09-11"),
        ("机关党委办公室", "机关党委"),
        ("expires_on: 2026-10-09\n", ""),
        ("JQ-2026-03", "JQ-2026-04"),
        ("code: ", "confirm: voluntary\ncode: "),
        ("正文。", "**正文。**"),
        ("正文。", "正文。\n\n又一段。"),
    ] {
        assert_ne!(hash(&text.replace(from, to)), first, "{from} → {to}");
    }
}

fn with(keys: &str) -> Result<ItemSource, Vec<ContentProblemKind>> {
    let text = format!("{FRONT}正文。\n").replace("code: ", &format!("{keys}\ncode: "));
    let problems = |found: Vec<super::ContentProblem>| found.into_iter().map(|problem| problem.kind).collect();
    parse("festival", "mid-autumn", &text).map_err(problems)
}

#[test]
fn tags_and_festivals_are_read_in_one_order() {
    let item = with("tags: [新人, law-2, 日常]\nfestivals: [国庆节, mid-autumn]").unwrap();
    assert_eq!(item.tags, ["law-2", "新人", "日常"]);
    assert_eq!(item.festivals, [Festival::MidAutumn, Festival::National]);
    let other = with("festivals:\n  - 中秋\n  - 国庆\ntags: [日常, 新人, law-2]").unwrap();
    assert_eq!(item.content_hash(), other.content_hash());
    assert_eq!(with("tags: 日常").unwrap().tags, ["日常"]);
    assert_eq!(with("tags: [2026]").unwrap().tags, ["2026"]);
}

/// Databases hold the hashes of items that were taken in before these keys could be written.
#[test]
fn an_item_without_tags_and_festivals_keeps_its_hash() {
    let plain = read("正文。\n").content_hash();
    assert_eq!(plain, "93275d4fc04de3a71fdd96916f019dfdec22ddf592459ca3147b20fb5d25ad41");
    assert_eq!(with("tags: []\nfestivals:").unwrap().content_hash(), plain);
    let hashes = ["tags: [日常]", "tags: [中秋]", "festivals: [中秋]", "festivals: [中秋, 国庆]", "tags: [日, 常]"];
    let hashes: Vec<String> = hashes.iter().map(|keys| with(keys).unwrap().content_hash()).chain([plain]).collect();
    assert_eq!(hashes.iter().collect::<std::collections::BTreeSet<_>>().len(), hashes.len());
}

#[rstest]
#[case("tags: [Law]", ContentProblemKind::BadTag { found: "Law".into() })]
#[case("tags: [一、二]", ContentProblemKind::BadTag { found: "一、二".into() })]
#[case("tags: [\"a,b\"]", ContentProblemKind::BadTag { found: "a,b".into() })]
#[case("tags: [\"\"]", ContentProblemKind::BadTag { found: String::new() })]
#[case("tags: [二十一个字的标签二十一个字的标签二十一个字]", ContentProblemKind::BadTag { found: "二十一个字的标签二十一个字的标签二十一个字".into() })]
#[case("tags: [a, b, a]", ContentProblemKind::Twice { found: "a".into() })]
#[case("tags: [a, b, c, d, e, f, g, h, i]", ContentProblemKind::TooManyTags { len: 9, max: 8 })]
#[case("festivals: [中秋, 重阳]", ContentProblemKind::UnknownFestival { found: "重阳".into() })]
#[case("festivals: [中秋, 中秋节]", ContentProblemKind::Twice { found: "中秋节".into() })]
fn a_bad_tag_or_festival_is_named(#[case] keys: &str, #[case] problem: ContentProblemKind) {
    assert_eq!(with(keys).unwrap_err(), [problem]);
}

#[test]
fn only_reminders_name_festivals() {
    let text = format!("{FRONT}正文。\n").replace("theme: festival", "theme: law\nfestivals: [中秋]");
    let problems = parse("law", "mid-autumn", &text).unwrap_err();
    assert_eq!(problems.iter().map(|p| &p.kind).collect::<Vec<_>>(), [&ContentProblemKind::FestivalsElsewhere]);
}

/// Pieces that are likelier than random characters to meet a parser's corner.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        prop::sample::select(vec![
            "---\n",
            "\n",
            "\r\n",
            "\u{feff}",
            "**",
            "*",
            "__",
            "[",
            "](",
            ")",
            "〔",
            "〕",
            "|",
            "- ",
            "1. ",
            "> ",
            "`",
            "<b>",
            "<!--",
            "    ",
            "title: ",
            "basis:\n  - ",
            "code：",
            "&amp;",
            "\\",
            "~~",
            "# ",
            "!",
            "&a",
            "*a",
            "\t",
            "正文",
            "《甲》（2020年）第一条",
            "𠀀",
            "{",
            "[1, 2",
            "\"",
            "'",
            "? ",
            ": ",
        ])
        .prop_map(str::to_owned),
        any::<String>(),
    ];
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn reading_never_panics_and_never_fails_without_a_reason(noise in pieces(), cut in 0_usize..400) {
        let front: String = FRONT.chars().take(cut).collect();
        for text in [noise.clone(), format!("---\n{noise}"), format!("{FRONT}{noise}"), format!("{front}{noise}")] {
            if let Err(problems) = parse("festival", "mid-autumn", &text) {
                prop_assert!(!problems.is_empty());
                let lines = u32::try_from(text.matches(['\n', '\r']).count()).unwrap() + 2;
                prop_assert!(problems.iter().all(|p| p.line.is_none_or(|line| (1..=lines).contains(&line))));
            }
        }
    }

    #[test]
    fn plain_words_come_through_unchanged(words in "[一-龥，。“”《》、；：]{1,200}") {
        prop_assert_eq!(read(&words).body.to_plain(), words);
    }

    #[test]
    fn filling_leaves_no_blank(noise in pieces(), value in "[0-9-]{1,12}") {
        if let Ok(item) = parse("festival", "mid-autumn", &format!("{FRONT}{noise}〔甲〕")) {
            let filled = ItemSource { body: fill(&item.body, |_| Some(value.clone())).unwrap(), ..item };
            prop_assert!(placeholders(&filled).is_empty());
        }
    }
}
