#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests fail loudly")]

use super::*;
use chrono::NaiveDateTime;
use rstest::rstest;

use crate::domain::calendar::{Holiday, YearFile, YearStatus};

const TZ: Tz = Tz::Asia__Shanghai;
const STUDY: &[GroupId] = &[GroupId(1)];
const FIRMS: &[GroupId] = &[GroupId(2)];
const BOTH: &[GroupId] = &[GroupId(1), GroupId(2)];
const SENT: Verdict = Verdict::Go;
const LATE: Verdict = Verdict::Skip(OccurrenceState::SkippedLate, None);

fn at(wall: &str) -> DateTime<Utc> {
    wall::instant(NaiveDateTime::parse_from_str(wall, "%Y-%m-%d %H:%M").unwrap(), TZ)
}

fn slot(wall: &str) -> Slot {
    Slot::at(at(wall))
}

fn runner<'a>(schedule: i64, (right, groups): (RightOfWay, &'a [GroupId]), pending: &[&str]) -> Runner<'a> {
    Runner {
        schedule: ScheduleId(schedule),
        right,
        groups,
        paused: false,
        stopped: false,
        missed: Missed::Late,
        max_late: TimeDelta::minutes(240),
        pending: pending.iter().map(|wall| slot(wall)).collect(),
        ahead: Vec::new(),
        moved: Vec::new(),
    }
}

fn autumn() -> Calendar {
    let day = |text: &str| text.parse().unwrap();
    Calendar::new([YearFile {
        year: 2026,
        status: YearStatus::Official,
        source: String::new(),
        covers_until: day("2026-12-31"),
        holidays: vec![Holiday { festivals: Vec::new(), from: day("2026-09-25"), to: day("2026-09-27") }],
        makeup: vec![day("2026-09-20")],
    }])
}

fn judged(runners: &[Runner<'_>], taken: &[Taken], now: &str) -> Vec<Verdicts> {
    let (calendar, hours) = (autumn(), AllowedHours::standard(TZ));
    let ground = Ground { calendar: &calendar, hours: &hours, caps: Caps { per_day: 1, per_week: 3 } };
    judge(runners, taken, at(now), &ground)
}

fn taken(group: i64, day: &str, late: bool) -> Taken {
    Taken { group: GroupId(group), day: day.parse().unwrap(), late }
}

const KNOWLEDGE: (RightOfWay, &[GroupId]) = (RightOfWay::Knowledge, STUDY);

#[test]
fn after_three_days_a_chat_gets_one_message_and_the_rest_are_rows() {
    let days = ["2026-09-07 09:30", "2026-09-08 09:30", "2026-09-09 09:30"];
    let runners = [
        runner(1, KNOWLEDGE, &days),
        runner(2, (RightOfWay::Reminder, BOTH), &["2026-09-08 09:00", "2026-09-09 09:00"]),
        runner(3, (RightOfWay::Knowledge, FIRMS), &["2026-09-09 10:15"]),
        runner(4, (RightOfWay::Notice, &[GroupId(3)]), &["2026-09-09 09:00"]),
    ];
    let verdicts: Vec<_> = judged(&runners, &[], "2026-09-09 10:30").into_iter().map(|v| v.pending).collect();
    // The reminder has most right and takes both chats; chat 3 has its own message.
    assert_eq!(verdicts, [vec![LATE, LATE, COLLAPSED], vec![LATE, SENT], vec![COLLAPSED], vec![SENT]]);
}

#[test]
fn of_equals_the_newest_late_one_goes() {
    let runners = [runner(1, KNOWLEDGE, &["2026-09-09 09:00"]), runner(2, KNOWLEDGE, &["2026-09-09 09:30"])];
    let verdicts = judged(&runners, &[], "2026-09-09 10:30");
    assert_eq!((&verdicts[0].pending, &verdicts[1].pending), (&vec![COLLAPSED], &vec![SENT]));
}

#[test]
fn a_chat_that_had_a_late_message_today_gets_no_other() {
    let runners = [runner(1, KNOWLEDGE, &["2026-09-09 09:30"])];
    assert_eq!(judged(&runners, &[taken(1, "2026-09-09", true)], "2026-09-09 10:30")[0].pending, [COLLAPSED]);
    assert_eq!(judged(&runners, &[taken(2, "2026-09-09", true)], "2026-09-09 10:30")[0].pending, [SENT]);
    assert_eq!(judged(&runners, &[taken(1, "2026-09-08", true)], "2026-09-09 10:30")[0].pending, [SENT]);
}

#[test]
fn a_punctual_loser_moves_and_a_late_one_does_not() {
    let runners = [runner(1, KNOWLEDGE, &["2026-09-09 09:30"])];
    let day = [taken(1, "2026-09-09", false)];
    assert_eq!(judged(&runners, &day, "2026-09-09 09:30")[0].pending, [Verdict::Move(at("2026-09-10 09:30"))]);
    assert_eq!(judged(&runners, &day, "2026-09-09 09:41")[0].pending, [COLLAPSED]);
    let week = [day[0], taken(1, "2026-09-07", false), taken(1, "2026-09-08", false)];
    let full = Verdict::Skip(OccurrenceState::SkippedCap, None);
    assert_eq!(judged(&runners, &week, "2026-09-09 09:30")[0].pending, [full]);
}

#[test]
fn what_is_to_come_with_more_right_is_given_way_to() {
    let mut reminder = runner(2, (RightOfWay::Reminder, STUDY), &[]);
    reminder.ahead = vec![slot("2026-09-09 15:00")];
    let runners = [runner(1, KNOWLEDGE, &["2026-09-09 09:30"]), reminder];
    let verdicts = judged(&runners, &[], "2026-09-09 09:30");
    assert_eq!(verdicts[0].pending, [Verdict::Move(at("2026-09-10 09:30"))]);
    assert_eq!(verdicts[1].ahead, [SENT]);
}

#[test]
fn a_moved_slot_goes_out_at_its_new_time_or_moves_on() {
    let mut moved = runner(1, KNOWLEDGE, &[]);
    moved.moved = vec![MovedSlot { due: at("2026-09-08 09:30"), any_day: false }];
    let alone = [moved.clone()];
    assert_eq!(judged(&alone, &[], "2026-09-08 09:30")[0].moved, [SENT]);
    let by_hand = [taken(1, "2026-09-08", false)];
    assert_eq!(judged(&alone, &by_hand, "2026-09-08 09:30")[0].moved, [Verdict::Move(at("2026-09-09 09:30"))]);
    assert_eq!(judged(&alone, &[], "2026-09-11 09:30")[0].moved, [LATE]);
    // Its day has become a day off, and the week has no workday left.
    moved.moved = vec![MovedSlot { due: at("2026-09-25 09:30"), any_day: false }];
    let full = Verdict::Skip(OccurrenceState::SkippedCap, None);
    assert_eq!(judged(&[moved.clone()], &[], "2026-09-25 09:30")[0].moved, [full]);
    moved.moved = vec![MovedSlot { due: at("2026-09-25 09:30"), any_day: true }];
    assert_eq!(judged(&[moved], &[], "2026-09-25 09:30")[0].moved, [SENT]);
}

#[test]
fn paused_slots_become_rows_and_take_no_place() {
    let mut paused = runner(1, KNOWLEDGE, &["2026-09-09 09:30"]);
    paused.paused = true;
    let runners = [paused, runner(2, KNOWLEDGE, &["2026-09-09 09:30"])];
    let verdicts = judged(&runners, &[], "2026-09-09 09:30");
    assert_eq!(verdicts[0].pending, [Verdict::Skip(OccurrenceState::SkippedPaused, None)]);
    assert_eq!(verdicts[1].pending, [SENT]);
}

#[rstest]
#[case::in_time("2027-03-01 09:30", Verdict::Hold)]
#[case::late("2027-03-01 13:30", Verdict::Hold)]
#[case::over("2027-03-01 13:31", Verdict::Skip(OccurrenceState::SkippedLate, Some(MissReason::NoCalendar)))]
fn b10_a_slot_of_an_unknown_year_holds_while_it_could_go_out(#[case] now: &str, #[case] expected: Verdict) {
    let mut runner = runner(1, KNOWLEDGE, &["2027-03-01 09:30"]);
    runner.pending[0].known = false;
    assert_eq!(judged(&[runner], &[], now)[0].pending, [expected]);
}

#[test]
fn of_slots_that_holidays_moved_to_one_time_one_goes() {
    let mut runner = runner(1, KNOWLEDGE, &[]);
    let moved = |from: &str| Slot { key: at(from), moved_from: Some(at(from)), ..slot("2026-09-28 09:30") };
    runner.ahead = vec![moved("2026-09-25 09:30"), moved("2026-09-26 09:30"), slot("2026-09-28 09:30")];
    assert_eq!(judged(&[runner], &[], "2026-09-24 12:00")[0].ahead, [COLLAPSED, COLLAPSED, SENT]);
}
