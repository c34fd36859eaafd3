//! The items that are shipped: each can go out as it is, apart from blanks that an office fills in.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests fail loudly")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use chrono::Datelike;
use qingfeng::domain::calendar::{Festival, festival_day};
use qingfeng::domain::content::{
    ALERT_MAX_UNITS, ARTICLE_TEXT_MAX_CHARS, ItemSource, KnownSetting, Theme, duplicates, parse, placeholders,
    unknown_placeholders,
};
use qingfeng::domain::word::{Confirm, Kind};
use qingfeng::message::content::problem;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("content/items")
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

fn name(path: &Path) -> String {
    path.file_stem().unwrap().to_str().unwrap().to_owned()
}

/// Every shipped item with its path from `content/items`; a faulty one fails with the lines an editor would see.
fn shipped() -> Vec<(String, ItemSource)> {
    let mut items = Vec::new();
    for path in entries(&folder()).iter().flat_map(|theme| entries(theme)) {
        let theme = name(path.parent().unwrap());
        let file = format!("{theme}/{}.md", name(&path));
        let parsed = parse(&theme, &name(&path), &std::fs::read_to_string(&path).unwrap());
        items.push((file.clone(), parsed.unwrap_or_else(|faults| panic!("{}", words(&file, &faults)))));
    }
    items
}

fn words(file: &str, faults: &[qingfeng::domain::content::ContentProblem]) -> String {
    faults.iter().map(|fault| problem(file, fault)).collect::<Vec<_>>().join("\n")
}

#[test]
fn every_item_parses_and_none_shares_a_slug_or_code() {
    let items = shipped();
    let twice: Vec<String> = duplicates(&items).iter().map(|(file, fault)| problem(file, fault)).collect();
    assert!(twice.is_empty(), "{}", twice.join("\n"));
    let hashes: BTreeSet<String> = items.iter().map(|(_, item)| item.content_hash()).collect();
    assert_eq!(hashes.len(), items.len());
}

#[test]
fn every_theme_in_use_has_its_own_folder_and_label() {
    let folders: Vec<String> = entries(&folder()).iter().map(|path| name(path)).collect();
    for folder in folders {
        let theme = Theme::parse(&folder).expect("a folder is named by a theme");
        assert!(theme.label().chars().all(|c| c > '\u{7f}'), "{folder}");
    }
    let labels: BTreeSet<&str> = Theme::ALL.iter().map(|theme| theme.label()).collect();
    assert_eq!(labels.len(), Theme::ALL.len());
}

#[test]
fn quotations_fit_the_alert_and_end_with_a_clause() {
    for (file, item) in shipped() {
        assert!(item.article_text.chars().count() <= ARTICLE_TEXT_MAX_CHARS, "{file}");
        assert!(item.alert_text().encode_utf16().count() <= ALERT_MAX_UNITS, "{file}");
        assert!(item.article_text.ends_with(['。', '；']), "{file}: {}", item.article_text);
    }
}

#[test]
fn bodies_are_short_and_in_full_width_punctuation() {
    for (file, item) in shipped() {
        let text = item.body.to_plain();
        let length = text.chars().filter(|c| !c.is_whitespace()).count();
        assert!((80..=260).contains(&length), "{file}: {length}");
        let half_width = |line: &str| line.contains([',', ';', ':', '?', '!', '(', ')', '"', '\'']);
        assert!(!half_width(&text) && !half_width(&item.title) && !half_width(&item.takeaway), "{file}");
        assert!(item.takeaway.ends_with('。'), "{file}");
    }
}

#[test]
fn only_reminders_are_required_and_enough_voluntary_items_reach_every_official() {
    let items = shipped();
    for (file, item) in &items {
        assert_eq!(item.confirm == Confirm::Required, item.theme == Theme::Festival, "{file}");
    }
    let voluntary = items.iter().filter(|(_, item)| item.confirm == Confirm::Voluntary);
    assert!(voluntary.filter(|(_, item)| item.audience.includes(&[Kind::PublicOfficial])).count() >= 14);
}

#[test]
fn rules_on_public_officials_are_addressed_to_them_alone() {
    for (file, item) in shipped() {
        let on_officials = ["政务处分法", "公务员法", "不得赠送和接受礼品", "机关事务管理条例"];
        if item.basis.iter().any(|basis| on_officials.iter().any(|title| basis.title.contains(title))) {
            assert_eq!(item.audience.label(), "公职人员", "{file}");
        }
    }
}

#[test]
fn reminders_expire_and_leave_only_the_hotline_open() {
    let known = [KnownSetting { key: "office.hotline", label: "本单位监督电话" }];
    for (file, item) in shipped() {
        assert!(unknown_placeholders(&item, &known).is_empty(), "{file}");
        let is_reminder = item.theme == Theme::Festival;
        assert_eq!(placeholders(&item).len(), usize::from(is_reminder), "{file}");
        assert_eq!(item.expires_on.is_some(), is_reminder, "{file}");
    }
}

/// Reminders name what they remind of, and expire within ten days of the last of their festivals.
#[test]
fn reminders_name_their_festivals() {
    let mut dated: BTreeSet<(i32, Festival)> = BTreeSet::new();
    for (file, item) in shipped().into_iter().filter(|(_, item)| item.theme == Theme::Festival) {
        let year: i32 = item.title.split('年').next().unwrap().parse().unwrap();
        let days = item.festivals.iter().map(|festival| festival_day(*festival, year).unwrap());
        let after = item.expires_on.unwrap() - days.max().expect("a reminder names a festival");
        assert!((1..=10).contains(&after.num_days()), "{file}");
        for festival in &item.festivals {
            let day = festival_day(*festival, year).unwrap();
            assert!(item.title.contains(&format!("{}月{}日", day.month(), day.day())), "{file}");
            assert!(item.title.contains(festival.label()), "{file}");
        }
        dated.extend(item.festivals.iter().map(|festival| (year, *festival)));
    }
    assert!(Festival::ALL.iter().all(|festival| dated.contains(&(2027, *festival))), "{dated:?}");
}

#[test]
fn a_reminder_reads_as_plain_text() {
    let (_, item) = shipped().into_iter().find(|(_, item)| item.slug == "mid-autumn-national-2026").unwrap();
    insta::assert_snapshot!(item.body.to_plain());
}

#[test]
fn an_item_with_a_list_reads_as_plain_text() {
    let (_, item) = shipped().into_iter().find(|(_, item)| item.slug == "hand-in-within-a-month").unwrap();
    insta::assert_snapshot!(item.body.to_plain());
}

#[test]
fn the_example_in_the_editors_guide_parses() {
    let guide = std::fs::read_to_string(folder().join("../README.md")).unwrap();
    let example = guide.split("```\n").nth(1).expect("the guide shows an example");
    let parsed = parse("archives", "hand-over-files", example);
    assert!(parsed.is_ok(), "{}", words("README.md", &parsed.unwrap_err()));
}

#[test]
fn the_editors_guide_names_every_theme() {
    let guide = std::fs::read_to_string(folder().join("../README.md")).unwrap();
    for theme in Theme::ALL {
        assert!(guide.contains(&format!("{}{}", theme.as_str(), theme.label())), "{}", theme.as_str());
    }
}
