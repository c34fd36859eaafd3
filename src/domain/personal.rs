//! Whether a text that goes out would tell of a person: by name, or by a phone that is one person's own.

use super::width::{half, plain};

/// What a text tells of a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Personal {
    /// The name of someone on the roster.
    Name,
    /// The number of a mobile phone.
    Mobile,
}

/// Shortest name that is looked for: a single character stands in too many words.
const NAME_CHARS_MIN: usize = 2;
/// Digits of a mobile number.
const MOBILE_DIGITS: usize = 11;
/// What may stand before one: the country, the line out.
const PREFIXES: [&str; 4] = ["", "86", "0086", "0"];
/// What people put between the groups of its digits.
const SEPARATORS: [char; 3] = [' ', '-', '.'];

/// Whether one of `names` stands in a text, spaces and full-width forms aside.
pub fn names_someone<'a>(text: &str, names: impl IntoIterator<Item = &'a str>) -> bool {
    let text = tight(text);
    names.into_iter().map(tight).any(|name| name.chars().count() >= NAME_CHARS_MIN && text.contains(&name))
}

fn tight(text: &str) -> String {
    text.chars().map(half).filter(|c| !c.is_whitespace()).collect()
}

/// Whether a mobile number stands in a text, however its digits are grouped. A desk's number is none.
pub fn has_mobile(text: &str) -> bool {
    groups(&plain(text)).iter().any(|group| {
        let joined = |from: usize| (from + 1..=group.len()).map(move |to| group[from..to].concat());
        (0..group.len()).flat_map(joined).any(|digits| is_mobile(&digits))
    })
}

/// Runs of digits, those together that only one separator keeps apart.
fn groups(text: &str) -> Vec<Vec<String>> {
    let mut groups: Vec<Vec<String>> = vec![vec![String::new()]];
    let mut apart = true;
    for c in text.chars() {
        let Some(group) = groups.last_mut() else { break };
        if c.is_ascii_digit() {
            if let Some(run) = group.last_mut() {
                run.push(c);
            }
            apart = false;
        } else if SEPARATORS.contains(&c) && !apart {
            group.push(String::new());
            apart = true;
        } else {
            groups.push(vec![String::new()]);
            apart = true;
        }
    }
    groups
}

fn is_mobile(digits: &str) -> bool {
    PREFIXES.iter().filter_map(|prefix| digits.strip_prefix(prefix)).any(|number| {
        let mut first = number.chars();
        number.len() == MOBILE_DIGITS
            && first.next() == Some('1')
            && first.next().is_some_and(|c| ('3'..='9').contains(&c))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("机关党委办公室　白 露", true)]
    #[case("联系白露", true)]
    #[case("联系白同志", false)]
    #[case("李", false)]
    #[case("", false)]
    fn a_name_is_found_in_a_text(#[case] text: &str, #[case] found: bool) {
        assert_eq!(names_someone(text, ["白露", "李", "赵霜降", ""]), found);
    }

    #[test]
    fn rare_characters_are_names_too() {
        assert!(names_someone("请找王㛃", ["王㛃"]));
        assert!(names_someone("请找王𬭊（内线8000）", ["王𬭊"]));
    }

    #[rstest]
    #[case("13800001111", true)]
    #[case("电话：138 0000 1111。", true)]
    #[case("138-0000-1111", true)]
    #[case("１３８００００１１１１", true)]
    #[case("+86 13800001111", true)]
    #[case("8000 13800001111", true)]
    #[case("内线8000", false)]
    #[case("010-88001111", false)]
    #[case("0571-88001111转8000", false)]
    #[case("12388", false)]
    #[case("12800001111", false)]
    #[case("138000011112", false)]
    #[case("2026-11-25", false)]
    fn a_mobile_number_is_told_from_a_desk_s(#[case] text: &str, #[case] mobile: bool) {
        assert_eq!(has_mobile(text), mobile);
    }
}
