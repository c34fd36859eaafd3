#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests fail loudly")]

use proptest::prelude::*;

use super::*;

const READ_ALOUD: [&str; 71] = [
    "30 9 * * 1,3,5",
    "30 9 * * 1-5",
    "30 9 * * MON-FRI",
    "30 9 * * 1-3,6",
    "30 9 * * 1-3,5-7",
    "30 9 * * 1,2",
    "30 9 * * 0",
    "30 9 * * 6,0",
    "30 9 * * 0-6",
    "30 9 * * *",
    "30 9 */2 * *",
    "30 9 2-30/2 9 *",
    "30 9 1-29/2 2 *",
    "30 9 */1 * *",
    "30 9 */1 * 1",
    "0 10 1,15 * *",
    "0 10 1-7 * *",
    "0 10 31 * *",
    "0 10 25-31 * *",
    "0 10 28,29 * *",
    "0 10 29 2 *",
    "0 10 30 4,6 *",
    "0 10 31 4,5 *",
    "0 9 1 * 1",
    "0 9 1,15 * 1-5",
    "0 9 1 3 1",
    "0 9 1 3,9 1",
    "0,30 9-11 1 * 1",
    "0 9 1 3,9 *",
    "0 9 1,15 3,9 *",
    "0 9 4 12 *",
    "0 9 1,15 12 *",
    "0 9 * 9 *",
    "0 9 * 3-5,9 *",
    "0 9 * 9 1",
    "0 9 * 9,10 1-5",
    "0 9 * */3 *",
    "0 9 * */1 *",
    "* * * * *",
    "*/1 */1 * * *",
    "0 * * * *",
    "15 * * * *",
    "0,30 * * * *",
    "*/15 * * * *",
    "5-59/15 * * * *",
    "*/7 * * * *",
    "0-10 * * * *",
    "0,20 * * * *",
    "* * * * 1-5",
    "*/30 * 1 * *",
    "0 * 1 * 1",
    "*/15 9-11 * * 1-5",
    "5-59/15 9-11 * * 1-5",
    "* 9 * * *",
    "* 9,14 * * *",
    "*/15 9-11,14-17 * * 1-5",
    "30 9-17 * * *",
    "30 9,10,14 * * *",
    "0 9-11,14-17 * * *",
    "0 1,3,6,10,15 * * *",
    "0 */2 * * *",
    "0 9,15 * * *",
    "0 8-18/2 * * 1",
    "5,20,50 * * * *",
    "0-10 9,11 * * *",
    "0,30 9,15 * * *",
    "0,20 9-11,14 * * *",
    "*/7 9 * * *",
    "0-10 9 * * 1",
    "3,17 8-20 13 * 5",
    "59 23 31 12 *",
];

#[test]
fn expressions_read_as_people_say_them() {
    let line = |expr: &str| format!("{expr:24} {}", sentence(&CronExpr::parse(expr).unwrap()));
    insta::assert_snapshot!(READ_ALOUD.map(line).join("\n"));
}

/// A field as numbers, ranges and steps, with what lies outside turned into its ends.
fn field(least: u8, most: u8) -> impl Strategy<Value = String> {
    let number = least..=most;
    let range = (number.clone(), number.clone()).prop_map(|(a, b)| format!("{}-{}", a.min(b), a.max(b)));
    let step = (1..=most - least).prop_map(|step| format!("*/{step}"));
    let list = proptest::collection::vec(number.prop_map(|n| n.to_string()), 1..6).prop_map(|list| list.join(","));
    prop_oneof![Just("*".to_owned()), list, range, step]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]
    #[test]
    fn every_expression_has_its_words(
        minute in field(0, 59), hour in field(0, 23), day in field(1, 31), month in field(1, 12), weekday in field(0, 7),
    ) {
        let text = format!("{minute} {hour} {day} {month} {weekday}");
        if let Ok(expr) = CronExpr::parse(&text) {
            let said = sentence(&expr);
            prop_assert!(said.chars().count() >= 3, "{text}: {said}");
            for slip in ["  ", "，，", "、、", "每每", "的的", "、，", "至至", "日日"] {
                prop_assert!(!said.contains(slip), "{text}: {said}");
            }
            prop_assert!(!said.ends_with(['，', '、', '的', '至']), "{text}: {said}");
        }
    }
}
