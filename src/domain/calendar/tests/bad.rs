//! Files that are refused, each with what is wrong and where.

use rstest::rstest;

use super::super::ProblemKind as Kind;
use super::super::*;
use super::day;

const HEAD: &str = "year = 2027\nstatus = \"official\"\nsource = \"通知\"\ncovers_until = 2027-12-31\n";
const NATIONAL: &str = "[[holiday]]\nname = \"国庆\"\nfrom = 2027-10-01\nto = 2027-10-07\n";

/// What is wrong with a text: `(line or entry, kind)`; 0 is the file as a whole.
#[track_caller]
fn wrong(text: &str) -> Vec<(usize, Kind)> {
    let place = |place| match place {
        Place::File => 0,
        Place::Line(nth) | Place::Entry(nth) => nth,
    };
    read(text.as_bytes()).unwrap_err().into_iter().map(|problem| (place(problem.place), problem.kind)).collect()
}

#[rstest]
#[case::contradiction("makeup = [2027-10-02]\n", vec![(5, Kind::Contradiction(day("2027-10-02")))])]
#[case::weekday("makeup = [2027-10-11]\n", vec![(5, Kind::MakeupOnWeekday(day("2027-10-11")))])]
#[case::twice("makeup = [\n  2027-10-09,\n  2027-10-09,\n]\n", vec![(7, Kind::Repeated(day("2027-10-09")))])]
#[case::outside("makeup = [2028-01-08, 2026-11-29]\n",
    vec![(5, Kind::OutsideYear(day("2028-01-08"))), (5, Kind::OutsideYear(day("2026-11-29")))])]
#[case::quoted("makeup = [\"2027-10-09\"]\n", vec![(5, Kind::BadValue(Key::Makeup))])]
#[case::with_a_time("makeup = [2027-10-09T08:00:00]\n", vec![(5, Kind::BadValue(Key::Makeup))])]
#[case::no_list("makeup = 2027-10-09\n", vec![(5, Kind::BadValue(Key::Makeup))])]
#[case::slip("make_up = []\n", vec![(5, Kind::UnknownKey("make_up".to_owned()))])]
fn a_makeup_workday_is_refused(#[case] makeup: &str, #[case] expected: Vec<(usize, Kind)>) {
    assert_eq!(wrong(&format!("{HEAD}{makeup}{NATIONAL}")), expected);
}

#[rstest]
#[case::unknown("重阳", "2027-10-08", "2027-10-08", vec![Kind::UnknownFestival("重阳".to_owned())])]
#[case::nameless("", "2027-10-08", "2027-10-08", vec![Kind::UnknownFestival(String::new())])]
#[case::backwards("中秋", "2027-09-16", "2027-09-15", vec![Kind::Backwards])]
#[case::endless("中秋", "2027-08-15", "2027-09-15", vec![Kind::TooLong])]
#[case::overlap("中秋", "2027-09-15", "2027-10-02", vec![Kind::Overlap(day("2027-10-01"))])]
#[case::twice("国庆节", "2027-10-08", "2027-10-09",
    vec![Kind::FestivalTwice(Festival::National)])]
#[case::other_day("中秋", "2027-09-16", "2027-09-18",
    vec![Kind::FestivalElsewhere { festival: Festival::MidAutumn, day: day("2027-09-15") }])]
#[case::one_of_two("中秋、端午", "2027-09-15", "2027-09-17",
    vec![Kind::FestivalElsewhere { festival: Festival::DragonBoat, day: day("2027-06-09") }])]
#[case::outside("元旦", "2026-11-30", "2027-01-01",
    vec![Kind::OutsideYear(day("2026-11-30")), Kind::TooLong])]
fn a_block_is_refused(#[case] name: &str, #[case] from: &str, #[case] to: &str, #[case] expected: Vec<Kind>) {
    let second = format!("[[holiday]]\nname = \"{name}\"\nfrom = {from}\nto = {to}\n");
    let expected: Vec<_> = expected.into_iter().map(|kind| (9, kind)).collect();
    assert_eq!(wrong(&format!("{HEAD}{NATIONAL}{second}")), expected);
}

#[rstest]
#[case::nothing("", vec![
    (0, Kind::Missing(Key::Year)), (0, Kind::Missing(Key::Status)), (0, Kind::Missing(Key::CoversUntil)), (0, Kind::Empty),
])]
#[case::no_days("year = 2027\nstatus = \"official\"\ncovers_until = 2027-12-31\nmakeup = []\n", vec![(0, Kind::Empty)])]
#[case::missing_is_no_status("year = 2027\nstatus = \"missing\"\ncovers_until = 2027-12-31\n",
    vec![(2, Kind::BadValue(Key::Status)), (0, Kind::Empty)])]
#[case::no_source("year = 2027\nstatus = \"official\"\nsource = \" \"\ncovers_until = 2027-12-31\nmakeup = [2027-10-09]",
    vec![(0, Kind::NoSource)])]
#[case::year("year = 1999\nstatus = \"provisional\"\ncovers_until = 1999-12-31\nmakeup = [1999-10-09]\n",
    vec![(1, Kind::Year)])]
#[case::no_year("year = \"2027\"\nstatus = \"provisional\"\ncovers_until = 2027-12-31\nmakeup = [2027-10-11]\n",
    vec![(1, Kind::BadValue(Key::Year)), (4, Kind::MakeupOnWeekday(day("2027-10-11")))])]
#[case::covers("year = 2027\nstatus = \"provisional\"\ncovers_until = 2028-12-31\nmakeup = [2027-10-09]\n",
    vec![(3, Kind::CoversOtherYear)])]
#[case::not_covered("year = 2027\nstatus = \"provisional\"\ncovers_until = 2027-06-30\nmakeup = [2027-10-09]\n",
    vec![(4, Kind::NotCovered(day("2027-10-09")))])]
#[case::syntax("year = 2027\nstatus = official\n", vec![(2, Kind::Syntax(Form::Toml))])]
#[case::a_table("工号,姓名\n1,2\n", vec![(1, Kind::Syntax(Form::Toml))])]
#[case::no_such_day("year = 2027\ncovers_until = 2027-02-30\n", vec![(2, Kind::Syntax(Form::Toml))])]
fn a_head_is_refused(#[case] text: &str, #[case] expected: Vec<(usize, Kind)>) {
    assert_eq!(wrong(text), expected);
}

#[test]
fn parts_of_a_block_are_asked_for() {
    let text = format!("{HEAD}{NATIONAL}[[holiday]]\nname = 5\nuntil = 2027-01-01\n");
    let expected = [
        (11, Kind::UnknownKey("until".to_owned())),
        (9, Kind::Missing(Key::From)),
        (9, Kind::Missing(Key::To)),
        (10, Kind::BadValue(Key::Name)),
    ];
    assert_eq!(wrong(&text), expected);
}

fn json(days: &str) -> String {
    format!("{{\"year\": 2027, \"papers\": [\"https://www.gov.cn/\"], \"days\": [{days}]}}")
}

fn entry(name: &str, date: &str, off: bool) -> String {
    format!("{{\"name\": \"{name}\", \"date\": \"{date}\", \"isOffDay\": {off}}}")
}

#[test]
fn what_is_wrong_in_the_public_form_is_told_by_entry() {
    let repeated = [entry("国庆节", "2027-10-01", true), entry("国庆节", "2027-10-01", true)].join(",");
    assert_eq!(wrong(&json(&repeated)), [(2, Kind::Repeated(day("2027-10-01")))]);
    let both = [
        entry("国庆节", "2027-10-02", false),
        entry("国庆节", "2027-10-01", true),
        entry("国庆节", "2027-10-02", true),
    ];
    assert_eq!(wrong(&json(&both.join(","))), [(1, Kind::Contradiction(day("2027-10-02")))]);
    let gap = [entry("国庆节", "2027-10-01", true), entry("国庆节", "2027-10-03", true)].join(",");
    assert_eq!(wrong(&json(&gap)), [(2, Kind::FestivalTwice(Festival::National))]);
    assert_eq!(wrong(&json("5")), [(1, Kind::BadValue(Key::Days))]);
    let untyped = "{\"name\": \"国庆节\", \"date\": \"2027-10-1\", \"isOffDay\": 1}, {}";
    let expected = [
        (1, Kind::BadValue(Key::Date)),
        (1, Kind::BadValue(Key::IsOffDay)),
        (2, Kind::Missing(Key::Name)),
        (2, Kind::Missing(Key::Date)),
        (2, Kind::Missing(Key::IsOffDay)),
    ];
    assert_eq!(wrong(&json(untyped)), expected);
}

#[rstest]
#[case::not_announced(r#"{"year": 2027, "papers": [], "days": []}"#, vec![(0, Kind::Empty)])]
#[case::no_paper(r#"{"year": 2027, "papers": [], "days": [{"name": "国庆节", "date": "2027-10-01", "isOffDay": true}]}"#,
    vec![(0, Kind::NoSource)])]
#[case::another_json("{}", vec![(0, Kind::Missing(Key::Year)), (0, Kind::Missing(Key::Days)), (0, Kind::Empty)])]
#[case::cut("{\n\"year\": 2027", vec![(2, Kind::Syntax(Form::Json))])]
#[case::typed(r#"{"year": "2027", "papers": "x", "days": {}}"#, vec![
    (0, Kind::BadValue(Key::Year)), (0, Kind::BadValue(Key::Papers)), (0, Kind::BadValue(Key::Days)), (0, Kind::Empty),
])]
fn a_public_file_is_refused(#[case] text: &str, #[case] expected: Vec<(usize, Kind)>) {
    assert_eq!(wrong(text), expected);
}

#[test]
fn what_is_no_text_or_too_much_is_refused_in_one_word() {
    let kinds = |bytes: &[u8]| read(bytes).unwrap_err().into_iter().map(|problem| problem.kind).collect::<Vec<_>>();
    assert_eq!(kinds(&[0xb9, 0xa4, 0xba, 0xc5]), [Kind::NotUtf8]);
    assert_eq!(kinds(&vec![b' '; FILE_BYTES_MAX + 1]), [Kind::TooLarge]);
    assert_eq!(kinds(&b"[".repeat(FILE_BYTES_MAX)).len(), 1);
    let deep = format!("{{\"a\":{}", "[".repeat(100_000));
    assert_eq!(kinds(deep.as_bytes()), [Kind::Syntax(Form::Json)]);
}

#[test]
fn a_notice_may_reach_back_into_december() {
    let text = "year = 2028\nstatus = \"official\"\nsource = \"通知\"\ncovers_until = 2028-12-31\nmakeup = [2027-12-26]\n\
                [[holiday]]\nname = \"元旦\"\nfrom = 2027-12-30\nto = 2028-01-01\n";
    assert_eq!(read(text.as_bytes()).unwrap().makeup, [day("2027-12-26")]);
}
