#![allow(clippy::unwrap_used, reason = "tests fail loudly")]

use super::*;
use crate::domain::roster::diff;
use crate::domain::word::Kind;
use rstest::rstest;

fn person(staff_no: &str, name: &str, unit: &str) -> Person {
    Person {
        staff_no: staff_no.into(),
        name: name.into(),
        unit: unit.into(),
        branch: None,
        post: None,
        kinds: vec![Kind::Contract],
        order: None,
    }
}

/// People of one unit, `1甲` being number 1 with the name 甲.
fn people(of: &[&str]) -> Vec<Person> {
    let split = |one: &&str| {
        let at = one.find(|c: char| !c.is_ascii()).unwrap();
        person(&one[..at], &one[at..], "综合科")
    };
    of.iter().map(split).collect()
}

fn found(current: &[Person], incoming: &[Person], stated: &Stated, known: Known<'_>) -> Vec<Doubt> {
    let (pairs, mut found) = renumbered(current, incoming, stated, known.former);
    let mut before = current.to_vec();
    for (was, is) in pairs {
        before.iter_mut().find(|person| person.staff_no == was).unwrap().staff_no = is;
    }
    found.extend(doubts(&diff(&before, incoming), &before, stated, known));
    found
}

fn plain(current: &[&str], incoming: &[&str]) -> Vec<Doubt> {
    found(&people(current), &people(incoming), &Stated::default(), Known::default())
}

#[rstest]
#[case::nothing(&["1甲", "2乙"], &["1甲", "2乙"])]
#[case::joined_and_left(&["1甲", "2乙"], &["1甲", "3丙"])]
#[case::one_name_twice(&["1甲"], &["1甲", "2甲"])]
#[case::one_of_two_leaves(&["1甲", "2甲"], &["1甲"])]
#[case::another_name(&["1甲"], &["1甲木"])]
#[case::a_few_leave(&["1甲", "2乙", "3丙", "4丁", "5戊", "6己"], &["6己"])]
fn an_ordinary_sheet_is_clear(#[case] current: &[&str], #[case] incoming: &[&str]) {
    assert_eq!(plain(current, incoming), []);
}

fn is_renumbered(olds: &[&str], new: &str, name: &str) -> Doubt {
    let olds = olds.iter().map(|old| (*old).to_owned()).collect();
    Doubt::Renumbered { olds, new: new.into(), name: name.into(), unit: "综合科".into() }
}

#[test]
fn a_known_name_under_a_new_number_may_be_two_people() {
    assert_eq!(plain(&["1甲", "2乙"], &["3甲", "2乙"]), [is_renumbered(&["1"], "3", "甲")]);
    assert_eq!(plain(&["1甲", "2甲"], &["3甲"]), [is_renumbered(&["1", "2"], "3", "甲")]);
    let elsewhere = [person("3", "甲", "财务科")];
    assert_eq!(found(&people(&["1甲"]), &elsewhere, &Stated::default(), Known::default()), []);
}

#[test]
fn what_is_stated_is_clear() {
    let (current, incoming) = (people(&["1甲", "2乙"]), people(&["3甲", "2乙"]));
    let pairs = |was: &str, is: &str| Stated {
        renumbered: Renumbered::Pairs(vec![(was.into(), is.into())]),
        ..Stated::default()
    };
    let all = Stated { renumbered: Renumbered::All, ..Stated::default() };
    let newcomer = Stated { newcomers: vec!["3".into()], ..Stated::default() };
    for stated in [&pairs("1", "3"), &all, &newcomer] {
        assert_eq!(found(&current, &incoming, stated, Known::default()), []);
    }
    let misstated = Doubt::Misstated { staff_no: "2".into() };
    let both = found(&current, &incoming, &pairs("2", "3"), Known::default());
    assert_eq!(both, [misstated.clone(), is_renumbered(&["1"], "3", "甲")]);
    let idle = Stated { newcomers: vec!["3".into(), "2".into()], renamed: vec!["2".into()], ..newcomer };
    assert_eq!(found(&current, &incoming, &idle, Known::default()), [misstated.clone(), misstated]);
}

#[test]
fn all_means_only_pairs_of_one_and_one() {
    let all = Stated { renumbered: Renumbered::All, ..Stated::default() };
    let (current, incoming) = (people(&["1甲", "2甲", "5乙"]), people(&["3甲", "4甲", "6乙"]));
    let doubts = found(&current, &incoming, &all, Known::default());
    assert_eq!(doubts, [is_renumbered(&["1", "2"], "3", "甲"), is_renumbered(&["1", "2"], "4", "甲")]);
}

#[test]
fn numbers_that_differ_in_case_alone_are_one_slip() {
    assert_eq!(plain(&["g1甲"], &["G1乙"]), [Doubt::CaseOnly { known: "g1".into(), given: "G1".into() }]);
}

#[test]
fn a_number_is_not_handed_on() {
    let (current, incoming) = (people(&["1甲"]), [person("1", "乙", "财务科")]);
    let other = Doubt::OtherPerson { staff_no: "1".into(), name: "乙".into() };
    assert_eq!(found(&current, &incoming, &Stated::default(), Known::default()), std::slice::from_ref(&other));
    let same = Stated { renamed: vec!["1".into()], ..Stated::default() };
    assert_eq!(found(&current, &incoming, &same, Known::default()), []);

    let was = |name: Option<&str>| [Former { staff_no: "1".into(), name: name.map(str::to_owned), merged_into: None }];
    let back = |former: &[Former], stated: &Stated| {
        found(&[], &people(&["1乙"]), stated, Known { former, ..Known::default() })
    };
    assert_eq!(back(&was(Some("甲")), &Stated::default()), [other]);
    assert_eq!(back(&was(Some("甲")), &same), []);
    assert_eq!(back(&was(Some("乙")), &Stated::default()), [], "back again");
    assert_eq!(back(&was(None), &Stated::default()), [], "nobody knows whose it was");
    let merged = [Former { merged_into: Some("9".into()), ..was(Some("乙"))[0].clone() }];
    assert_eq!(back(&merged, &same), [Doubt::Merged { staff_no: "1".into(), into: "9".into() }]);
}

#[test]
fn many_are_counted() {
    let numbers: Vec<String> = (0..60).map(|n| format!("{n}甲")).collect();
    let numbers: Vec<&str> = numbers.iter().map(String::as_str).collect();
    assert_eq!(plain(&numbers, &numbers[6..]), [], "a tenth");
    assert_eq!(plain(&numbers, &numbers[7..]), [Doubt::ManyLeave { left: 7, of: 60, stated: None }]);
    let stated = |leaving| Stated { leaving: Some(leaving), ..Stated::default() };
    let some = |stated: &Stated| found(&people(&numbers), &people(&numbers[7..]), stated, Known::default());
    assert_eq!(some(&stated(7)), []);
    assert_eq!(some(&stated(8)), [Doubt::ManyLeave { left: 7, of: 60, stated: Some(8) }]);
    let renamed: Vec<Person> =
        people(&numbers).into_iter().map(|p| Person { name: format!("{}乙", p.name), ..p }).collect();
    let doubt = |stated| Doubt::ManyRenamed { renamed: 60, of: 60, stated };
    assert_eq!(found(&people(&numbers), &renamed, &Stated::default(), Known::default()), [doubt(None)]);
    let counted = |n| Stated { renaming: Some(n), ..Stated::default() };
    assert_eq!(found(&people(&numbers), &renamed, &counted(60), Known::default()), []);
    assert_eq!(found(&people(&numbers), &renamed, &counted(6), Known::default()), [doubt(Some(6))]);
}

#[test]
fn someone_keeps_an_admins_rights() {
    let (current, incoming) = (people(&["1甲", "2乙"]), people(&["2乙"]));
    let with = |admins: &[&str]| {
        let admins: Vec<String> = admins.iter().map(|no| (*no).to_owned()).collect();
        found(&current, &incoming, &Stated::default(), Known { admins: &admins, ..Known::default() })
    };
    assert_eq!(with(&["1"]), [Doubt::LastAdmin { staff_no: "1".into() }]);
    assert_eq!(with(&["1", "2"]), []);
    assert_eq!(with(&[]), []);
}

#[test]
fn a_unit_is_called_by_its_present_name() {
    let renamed = [("综合科".to_owned(), "党政办".to_owned())];
    let known = Known { renamed_units: &renamed, ..Known::default() };
    let paths = |of: &[&str]| of.iter().map(|path| (*path).to_owned()).collect::<Vec<_>>();
    let active = paths(&["党政办", "财务科"]);
    let doubt = Doubt::OldUnit { was: "综合科".into(), now: "党政办".into() };
    assert_eq!(old_units(&paths(&["综合科", "财务科"]), &active, known), [doubt]);
    assert_eq!(old_units(&paths(&["综合科", "党政办"]), &active, known), [], "two units");
    assert_eq!(old_units(&paths(&["财务科"]), &active, known), []);
}
