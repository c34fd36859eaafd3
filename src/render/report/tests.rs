#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests fail loudly")]

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, NaiveDate, TimeZone, Utc};
use proptest::prelude::*;

use super::{csv, json, text};
use crate::domain::hearing::{Gap, Silence};
use crate::domain::month::Month;
use crate::domain::push::MemberStatus;
use crate::domain::report::{
    Coverage, DaysOff, Extent, Fate, Member, MonthInput, MonthReport, PushFacts, UnitRef, Withheld, month_report,
};
use crate::domain::word::Confirm;
use crate::ids::{PushId, StaffId, UnitId};

const UNITS: [(&str, i64); 5] = [("综合科", 9), ("规划建设科", 8), ("招商服务科", 8), ("企业服务科", 9), ("财政所", 8)];

fn at(month: u32, day: u32, hour: u32, minute: u32) -> DateTime<Utc> {
    let zone = chrono_tz::Asia::Shanghai;
    zone.with_ymd_and_hms(2026, month, day, hour, minute, 0).unwrap().with_timezone(&Utc)
}

/// 42 people in 5 units; the last of the first three units is exempt.
fn members() -> Vec<Member> {
    let mut members = Vec::new();
    for (unit, (_, people)) in (1..).zip(UNITS) {
        for place in 1..=people {
            let exempt = unit <= 3 && place == people;
            members.push(Member {
                staff: StaffId(unit * 100 + place),
                unit: UnitId(unit),
                status: if exempt { MemberStatus::Exempt } else { MemberStatus::Expected },
                deadline: None,
            });
        }
    }
    members
}

/// A delivered voluntary push; everyone expected pressed at ten.
fn knowledge(id: i64, day: u32, title: &str) -> PushFacts {
    let expected = members().into_iter().filter(|member| member.status == MemberStatus::Expected);
    PushFacts {
        id: PushId(id),
        slug: format!("item-{id}"),
        title: title.to_owned(),
        label: "廉政小知识".to_owned(),
        confirm: Confirm::Voluntary,
        slot: at(9, day, 9, 30),
        deadline: None,
        members: members(),
        acks: expected.map(|member| (member.staff, at(9, day, 10, 0))).collect(),
        coverage: Coverage::Groups((1..=5).map(|unit| (UnitId(unit), Fate::Sent)).collect()),
        unbound: HashSet::new(),
        relayed: 0,
        waited: HashMap::new(),
        quiz: None,
    }
}

fn reminder(id: i64, day: u32, title: &str) -> PushFacts {
    PushFacts {
        slug: "mid-autumn".to_owned(),
        label: "节前提醒".to_owned(),
        confirm: Confirm::Required,
        deadline: Some(at(9, day + 2, 17, 30)),
        ..knowledge(id, day, title)
    }
}

fn without_acks(mut push: PushFacts, people: &[i64]) -> PushFacts {
    for staff in people {
        push.acks.remove(&StaffId(*staff));
    }
    push
}

fn set_fate(push: &mut PushFacts, unit: i64, fate: Fate) {
    let Coverage::Groups(fates) = &mut push.coverage else { panic!("a group push") };
    fates.retain(|(covered, _)| *covered != UnitId(unit));
    fates.push((UnitId(unit), fate));
}

fn report(pushes: Vec<PushFacts>) -> MonthReport {
    let units = (1..).zip(UNITS);
    let units = units.map(|(id, (name, _))| UnitRef { id: UnitId(id), name: name.to_owned() }).collect();
    let month = Month::new(2026, 9).unwrap();
    let zone = chrono_tz::Asia::Shanghai;
    month_report(&MonthInput {
        month,
        zone,
        as_of: at(10, 10, 18, 0),
        extent: Extent::Office,
        units,
        withheld: Withheld::of(&pushes, at(10, 10, 18, 0)),
        pushes,
        off: Vec::new(),
        silent: Vec::new(),
    })
    .unwrap()
}

/// A month in which something of everything went wrong.
fn rough_month() -> MonthReport {
    let mut gift = without_acks(knowledge(1, 2, "收礼多少算违规？法条没有“起点金额”"), &[101, 205, 401]);
    gift.acks.insert(StaffId(108), at(9, 2, 11, 0));
    gift.acks.insert(StaffId(109), at(9, 2, 11, 0));
    let mut meals = without_acks(knowledge(2, 9, "无公函的公务活动，一律不予接待"), &[301, 302, 303, 504]);
    set_fate(&mut meals, 3, Fate::InDoubt);
    let car = without_acks(knowledge(3, 16, "公务用车，这几种用法不行"), &[102, 103, 204]);
    let mut festival = without_acks(reminder(4, 22, "2026年中秋国庆廉洁提醒"), &[103, 501, 508, 401]);
    set_fate(&mut festival, 4, Fate::Failed);
    festival.unbound.insert(StaffId(508));
    festival.acks.insert(StaffId(201), at(9, 25, 9, 0));
    festival.acks.insert(StaffId(9999), at(9, 23, 9, 0));
    report(vec![festival, car, meals, gift])
}

#[test]
fn the_text_of_a_rough_month() {
    insta::assert_snapshot!(text(&rough_month()));
}

#[test]
fn the_csv_of_a_rough_month() {
    insta::assert_snapshot!(csv(&rough_month()).replace('\r', "␍").replace('\u{feff}', "[BOM]"));
}

#[test]
fn the_json_of_a_rough_month() {
    insta::assert_snapshot!(serde_json::to_string_pretty(&json(&rough_month())).unwrap());
}

/// The month the wording was specified with: five items, one reminder, 39 expected, one of them not reached.
#[test]
fn the_summary_reads_as_specified() {
    let mut pushes: Vec<_> = (1..=5).map(|id| knowledge(id, u32::try_from(id).unwrap() * 3, "小知识")).collect();
    for push in &mut pushes {
        *push = without_acks(push.clone(), &[105, 205, 305, 405, 505]);
    }
    *pushes.last_mut().unwrap() = without_acks(pushes[4].clone(), &[106, 206]);
    let mut festival = without_acks(reminder(6, 22, "中秋国庆廉洁提醒"), &[405]);
    set_fate(&mut festival, 4, Fate::Failed);
    pushes.push(festival);
    insta::assert_snapshot!(crate::message::report::summary(&report(pushes)), @r"
    9月，共推送廉政小知识5条、中秋国庆廉洁提醒1次，涉及5个单位39人，其中38人至少阅读或确认1条。小知识为自愿阅读，已阅168人次，参与率86.2%（168/195）。节前提醒应知39人，已确认38人，知悉率97.4%（38/39），另1人系统未能送达，按已送达计为100.0%（38/38）。数据截至10月10日18:00，供了解情况、改进内容使用，不作为对单位和个人考核评价的依据。
    ");
}

#[test]
fn a_smooth_month_says_so_and_prints_one_rate() {
    let text = text(&report(vec![knowledge(1, 2, "小知识"), reminder(2, 22, "中秋国庆廉洁提醒")]));
    let sentences: Vec<_> = text.lines().filter(|line| line.starts_with('　')).collect();
    insta::assert_snapshot!(sentences.join("\n"), @r"
    　　9月，共推送廉政小知识1条、中秋国庆廉洁提醒1次，涉及5个单位39人，其中39人至少阅读或确认1条。小知识为自愿阅读，已阅39人次，参与率100.0%（39/39）。节前提醒应知39人，已确认39人，知悉率100.0%（39/39）。数据截至10月10日18:00，供了解情况、改进内容使用，不作为对单位和个人考核评价的依据。
    　　本月推送、送达、记录正常，无需要说明的事项。
    ");
}

#[test]
fn several_required_pushes_are_counted_by_what_they_are_called() {
    let mut notice = reminder(3, 22, "关于规范公务接待的通知");
    notice.label = "通知".to_owned();
    notice.slot = at(9, 22, 15, 0);
    let mut first = without_acks(reminder(1, 1, "节前廉洁提醒"), &[101]);
    set_fate(&mut first, 1, Fate::Waiting);
    let mut second = without_acks(reminder(2, 22, "中秋国庆廉洁提醒"), &[201, 301]);
    set_fate(&mut second, 2, Fate::InDoubt);
    if let Coverage::Groups(fates) = &mut second.coverage {
        fates.retain(|(unit, _)| *unit != UnitId(3));
    }
    let report = report(vec![first, second, notice]);
    let notes = crate::message::report::notes(&report).join("\n");
    insta::assert_snapshot!(format!("{}\n{notes}", crate::message::report::summary(&report)), @r"
    9月，共推送节前提醒2次、通知1次，涉及5个单位39人，其中39人至少阅读或确认1条。节前提醒、通知应知117人次，已确认114人次，知悉率97.4%（114/117），另2人次系统未能送达、1人次送达情况存疑，按已送达计为100.0%（114/114）。数据截至10月10日18:00，供了解情况、改进内容使用，不作为对单位和个人考核评价的依据。
    9月1日推送有1人次截至统计时尚未发出，不作未确认统计。
    9月22日09:30推送有1人次送达情况存疑，不作未确认统计。
    有1次推送共1人次所在单位没有关联群，未能送达，不作未确认统计。
    ");
}

#[test]
fn days_off_have_a_sentence() {
    let mut report = report(Vec::new());
    let day = |day| NaiveDate::from_ymd_opt(2026, 9, day).unwrap();
    let off = |name: &str, from, to| DaysOff { name: name.to_owned(), from: day(from), to: day(to) };
    report.days_off = vec![off("国庆", 1, 7), off("中秋", 25, 25)];
    insta::assert_snapshot!(crate::message::report::notes(&report).join("\n"), @r"
    9月1日至7日遇国庆放假，期间未安排推送。
    9月25日遇中秋放假，当日未安排推送。
    ");
    assert_eq!(serde_json::to_value(json(&report)).unwrap()["days_off"][1]["from"], "2026-09-25");
}

#[test]
fn a_month_without_pushes_has_a_report() {
    insta::assert_snapshot!(text(&report(Vec::new())));
}

#[test]
fn no_text_mixes_required_and_voluntary_in_one_rate() {
    let report = rough_month();
    let mixed = report.totals.counts;
    assert_eq!(report.totals.rate().to_string(), "—");
    for form in [text(&report), csv(&report)] {
        assert!(!form.contains(&format!("{}/{}", mixed.acked, mixed.expected)), "{form}");
    }
}

fn named(name: &str) -> MonthReport {
    let mut report = rough_month();
    name.clone_into(&mut report.units[0].name);
    report
}

proptest! {
    /// Whatever a unit is called, a reader gets the same cells back and a spreadsheet finds nothing to run.
    #[test]
    fn any_unit_name_survives_the_csv(name in r#"[=+@\t＝-]?[科a",\r\n]{0,6}"#) {
        let written = csv(&named(&name));
        let bytes = written.trim_start_matches('\u{feff}').as_bytes();
        let rows: Vec<_> = ::csv::Reader::from_reader(bytes).into_records().collect::<Result<_, _>>().unwrap();
        prop_assert_eq!(rows.len(), UNITS.len() + 1 + crate::message::report::DEFINITIONS.len() + 2);
        let cell = rows[0].get(1).unwrap();
        prop_assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r', '＝']), "{cell:?}");
        prop_assert_eq!(cell.trim_start_matches('\''), name.as_str());
    }
}

#[test]
fn every_table_line_is_as_wide_as_its_rule() {
    let text = text(&rough_month());
    let rule = text.lines().find(|line| line.starts_with("---")).unwrap();
    let table = text.lines().skip_while(|line| !line.starts_with("---")).take_while(|line| !line.starts_with("表注"));
    for line in table {
        assert_eq!(crate::render::table::display_width(line), rule.len(), "{line}");
    }
}

/// Keys of the contract, in its order; further keys may stand between them.
#[test]
fn d8_interruptions_stand_in_every_format() {
    let mut report = rough_month();
    let gap = Gap { from: at(9, 16, 9, 10), to: at(9, 16, 9, 24), settled: at(9, 16, 9, 24) };
    let night = Gap { from: at(9, 29, 23, 50), to: at(9, 30, 0, 5), settled: at(9, 30, 0, 5) };
    report.silent = vec![Silence { gap, told: true }, Silence { gap: night, told: false }];
    report.excused = 2;
    let sentences = [
        "9月16日09:10至09:24采集中断14分钟，恢复后已在群内提示可补点一次。",
        "9月29日23:50至9月30日00:05采集中断15分钟。",
        "有2人次的确认在采集中断后收到，中断始于截止之前，计为按期。",
    ];
    let (words, sheet) = (text(&report), csv(&report));
    for sentence in sentences {
        assert!(words.contains(sentence) && sheet.contains(sentence), "{words}");
    }
    let value = serde_json::to_value(json(&report)).unwrap();
    let first = serde_json::json!({
        "from": "2026-09-16T09:10:00+08:00", "to": "2026-09-16T09:24:00+08:00", "told": true
    });
    assert_eq!((&value["interruptions"][0], &value["excused"]), (&first, &serde_json::json!(2)));
}

#[test]
fn the_json_keeps_the_contracts_keys() {
    let value = serde_json::to_value(json(&rough_month())).unwrap();
    let figures = [
        "expected",
        "exempt",
        "acked",
        "on_time",
        "late",
        "missing",
        "undelivered",
        "in_doubt",
        "others",
        "rate",
        "on_time_rate",
        "rate_delivered",
    ];
    let has = |value: &serde_json::Value, keys: &[&str]| keys.iter().all(|key| value.get(key).is_some());
    let top = ["month", "definitions", "as_of", "closed", "revision", "people", "units", "pushes", "checks"];
    assert!(has(&value, &top));
    for part in ["totals", "required", "voluntary"] {
        assert!(has(&value[part], &figures), "{part}");
    }
    assert!(has(&value["units"][0], &figures) && has(&value["units"][0], &["unit", "required", "voluntary"]));
    assert!(has(&value["pushes"][0], &figures) && has(&value["pushes"][0], &["id", "at", "slug", "title", "confirm"]));
    assert_eq!(value["people"], serde_json::json!({"expected": 39, "took_part": 39, "all_done": 27}));
}
