#![allow(clippy::unwrap_used, reason = "tests fail loudly")]

use super::*;
use proptest::prelude::*;
use rstest::rstest;

proptest! {
    #[test]
    fn a_choice_reads_back(dialogue in 1..i64::from(u32::MAX), step in 0..STEPS_MOST, option in 0..OPTIONS_MOST) {
        let choice = Choice { dialogue: DialogueId(dialogue), step, option };
        prop_assert_eq!(choice.pack().and_then(Choice::unpack), Some(choice));
    }

    #[test]
    fn any_number_is_survived(number in any::<i64>()) {
        if let Some(choice) = Choice::unpack(number) {
            prop_assert_eq!(choice.pack(), Some(number));
        }
    }
}

#[test]
fn what_is_out_of_bounds_has_no_number() {
    let choice = Choice { dialogue: DialogueId(1), step: STEPS_MOST, option: 0 };
    assert_eq!(choice.pack(), None);
    assert_eq!(Choice { step: 0, option: OPTIONS_MOST, ..choice }.pack(), None);
    assert_eq!(Choice { dialogue: DialogueId(i64::MAX), step: 0, option: 0 }.pack(), None);
}

const NOW: i64 = 1_788_226_200;

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(NOW + seconds, 0).unwrap()
}

fn standing(step: u16, option: u8, (account, update, seconds): (i64, i64, i64)) -> Standing {
    let state = State::new(Talk::People(people::People::Menu), vec![Pick::Confirm, Pick::Cancel], InboxId(7));
    let kept = Kept { account: AccountId(1), step: 3, state: &state, expires_at: at(60) };
    let choice = Choice { dialogue: DialogueId(5), step, option };
    judge(&kept, &Pressed { account: AccountId(account), choice, update: InboxId(update) }, at(seconds))
}

#[rstest]
#[case::answers(3, 1, (1, 8, 0), Standing::Answers(Pick::Cancel))]
#[case::no_such_option(3, 2, (1, 8, 0), Standing::Past)]
#[case::earlier_step(2, 0, (1, 8, 0), Standing::Past)]
#[case::step_to_come(4, 0, (1, 8, 0), Standing::Past)]
#[case::delivered_again(2, 0, (1, 7, 0), Standing::Repeated)]
#[case::another_person_s(3, 1, (2, 8, 0), Standing::Foreign)]
#[case::another_person_s_and_late(3, 1, (2, 8, 99), Standing::Foreign)]
#[case::late(3, 1, (1, 8, 60), Standing::Expired)]
#[case::just_in_time(3, 1, (1, 8, 59), Standing::Answers(Pick::Cancel))]
fn a_press_is_judged(#[case] step: u16, #[case] option: u8, #[case] by: (i64, i64, i64), #[case] expected: Standing) {
    assert_eq!(standing(step, option, by), expected);
}

#[test]
fn a_stored_conversation_reads_back_and_another_version_does_not() {
    let away = people::Absence {
        category: people::Kept(LeaveCategory::Parental),
        from: NaiveDate::from_ymd_opt(2026, 9, 1).unwrap(),
        to: None,
    };
    let talk = Talk::People(people::People::Away { who: StaffId(4), away, seen: None });
    let picks = vec![Pick::Category(LeaveCategory::Other), Pick::Task(people::Task::Join), Pick::Unit(UnitId(2))];
    let state = State::new(talk, picks, InboxId(9));
    let text = state.encode();
    insta::assert_snapshot!(text, @r#"{"v":1,"talk":{"people":{"away":{"who":4,"away":{"category":"parental","from":"2026-09-01","to":null},"seen":null}}},"picks":[{"category":"other"},{"task":"join"},{"unit":2}],"by":9}"#);
    assert_eq!(State::decode(&text), Some(state));
    for other in
        [text.replace("\"v\":1", "\"v\":2"), text.replace("parental", "unheard"), String::new(), "{}".to_owned()]
    {
        assert_eq!(State::decode(&other), None, "{other}");
    }
}

#[rstest]
#[case(0, 0, (0, 1), 0, 0)]
#[case(8, 0, (0, 1), 8, 0)]
#[case(9, 0, (0, 2), 8, 1)]
#[case(9, 1, (1, 2), 1, 1)]
#[case(9, 7, (1, 2), 1, 1)]
#[case(20, 1, (1, 3), 8, 2)]
fn a_list_is_shown_page_by_page(
    #[case] length: usize,
    #[case] asked: u16,
    #[case] (at, of): (u16, u16),
    #[case] shown: usize,
    #[case] turns: usize,
) {
    let list: Vec<usize> = (0..length).collect();
    let page = Page::of(length, asked);
    assert_eq!((page, page.part(&list).len(), page.turns().count()), (Page { at, of }, shown, turns));
    let picks = page.picks(&list, |id| Pick::Person(StaffId(i64::try_from(*id).unwrap())), &[]);
    assert_eq!(picks.len(), shown + turns + 1);
    assert_eq!(picks.last(), Some(&Pick::Cancel));
}
