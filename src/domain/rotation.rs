//! Which item goes out next: the one that rested longest. The same state always gives the same choice.

use chrono::{DateTime, NaiveDate, Utc};

use super::word::Confirm;

/// An approved item that may be chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    pub slug: String,
    /// 编号; breaks ties.
    pub code: String,
    pub theme: String,
    pub confirm: Confirm,
    /// First day on which it may no longer go out.
    pub expires_on: Option<NaiveDate>,
    /// Slot of its latest push.
    pub last: Option<DateTime<Utc>>,
}

/// What a schedule chooses from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pool {
    /// Always this item.
    Item(String),
    /// The items of one theme.
    Theme(String),
    /// The items with a tag.
    Tag(String),
    /// All voluntary items. What must be confirmed goes out only where it was asked for.
    Voluntary,
}

impl Pool {
    fn has(&self, choice: &Choice) -> bool {
        match self {
            Self::Item(slug) => choice.slug == *slug,
            Self::Theme(theme) => choice.theme == *theme,
            Self::Tag(_) => false,
            Self::Voluntary => choice.confirm == Confirm::Voluntary,
        }
    }
}

/// The place of the next item among `choices`: never pushed before pushed, then the longest rest, then by 编号.
pub fn next(choices: &[Choice], pool: &Pool, day: NaiveDate) -> Option<usize> {
    let fits = |choice: &Choice| pool.has(choice) && choice.expires_on.is_none_or(|end| day < end);
    let fitting = choices.iter().enumerate().filter(|(_, choice)| fits(choice));
    fitting.min_by_key(|(_, choice)| (choice.last, choice.code.as_str())).map(|(place, _)| place)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choice(code: &str, last: Option<i64>) -> Choice {
        Choice {
            slug: code.to_lowercase(),
            code: code.to_owned(),
            theme: "gifts".to_owned(),
            confirm: Confirm::Voluntary,
            expires_on: None,
            last: last.map(|s| DateTime::UNIX_EPOCH + chrono::TimeDelta::seconds(s)),
        }
    }

    #[test]
    fn the_longest_rest_goes_first_and_all_take_turns() {
        let day = NaiveDate::default();
        let mut choices = [choice("B", None), choice("A", None), choice("C", Some(5))];
        let mut order = Vec::new();
        for turn in 10..16 {
            let place = next(&choices, &Pool::Voluntary, day).unwrap_or(usize::MAX);
            choices[place].last = Some(DateTime::UNIX_EPOCH + chrono::TimeDelta::seconds(turn));
            order.push(choices[place].code.clone());
        }
        assert_eq!(order.concat(), "ABCABC");
    }

    #[test]
    fn what_does_not_fit_is_never_chosen() {
        let day = NaiveDate::from_ymd_opt(2026, 9, 2).unwrap_or_default();
        let mut required = choice("R", None);
        required.confirm = Confirm::Required;
        let mut over = choice("X", None);
        over.expires_on = Some(day);
        let choices = [required, over];
        assert_eq!(next(&choices, &Pool::Voluntary, day), None);
        assert_eq!(next(&choices, &Pool::Item("r".to_owned()), day), Some(0));
        assert_eq!(next(&choices, &Pool::Item("x".to_owned()), day), None);
        assert_eq!(next(&choices, &Pool::Theme("gifts".to_owned()), day), Some(0));
        assert_eq!(next(&choices, &Pool::Theme("law".to_owned()), day), None);
    }
}
