//! What an answer comes to, which question is next, and what counts.

use super::{Letters, Question};
use crate::domain::content::Basis;
use crate::domain::month::Month;
use crate::domain::word::words;

words! {
    /// Which of several answers counts.
    Score {
        /// The first.
        First = "first",
        /// A right one, where there is one.
        Best = "best",
    }
}

/// What a push fixes about its questions when it is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// How often one question may be answered.
    pub attempts: u8,
    pub score: Score,
}

/// One stored answer to one question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Try {
    pub chosen: Letters,
    pub right: bool,
}

/// What an answer comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answered {
    /// Stored: it is right.
    Right,
    /// Stored: it is wrong, and may be answered so many times more.
    Wrong { left: u8 },
    /// Not stored: it was answered as often as it may be.
    Spent,
    /// Not stored: the right answer was given before.
    Known,
    /// Not stored: there is no such option.
    NoOption,
}

impl Answered {
    /// Whether the answer is stored.
    pub const fn is_stored(self) -> bool {
        match self {
            Self::Right | Self::Wrong { .. } => true,
            Self::Spent | Self::Known | Self::NoOption => false,
        }
    }
}

/// What a press on an option came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pressed {
    /// An answer, with what it is told by.
    Answered { answered: Answered, question: Box<Question>, item_basis: Option<Basis> },
    /// The account is bound to nobody; nothing is kept.
    NotBound,
    /// The push was taken back.
    Recalled,
    /// The month of the push is closed.
    Closed(Option<Month>),
    /// The button belongs to another message.
    Foreign,
    /// Not a copy of ours that asks here.
    Unknown,
}

/// Judges an answer by the answers before it, in their order.
pub fn judge(question: &Question, before: &[Try], rules: Rules, chosen: Letters) -> Answered {
    let used = u8::try_from(before.len()).unwrap_or(u8::MAX);
    if !question.has(chosen) {
        Answered::NoOption
    } else if before.iter().any(|one| one.right) {
        Answered::Known
    } else if used >= rules.attempts {
        Answered::Spent
    } else if chosen == question.key {
        Answered::Right
    } else {
        Answered::Wrong { left: rules.attempts - used - 1 }
    }
}

/// Which question is asked next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// This one, counted from 0.
    Ask(usize),
    /// Each was asked in this round, and some may be answered again.
    Again { left: u8 },
    /// Nothing is left to answer.
    Done,
}

/// The question that comes next: each is asked once a round, and one that was answered rightly never again. `tries` holds
/// the answers to each question; `begins` opens a new round when one is complete.
pub fn next(tries: &[Vec<Try>], rules: Rules, begins: Begins) -> Next {
    let used = |place: usize| tries.get(place).map_or(0, Vec::len);
    let open = |place: &usize| {
        used(*place) < usize::from(rules.attempts)
            && !tries.get(*place).is_some_and(|all| all.iter().any(|one| one.right))
    };
    let opens: Vec<usize> = (0..tries.len()).filter(open).collect();
    let Some(least) = opens.iter().map(|place| used(*place)).min() else { return Next::Done };
    // Those behind the others were left out of the round under way.
    let most = tries.iter().map(Vec::len).max().unwrap_or_default();
    let round_is_over = most > 0 && opens.iter().all(|place| used(*place) == most);
    if round_is_over && begins == Begins::No {
        let left = usize::from(rules.attempts) - least;
        return Next::Again { left: u8::try_from(left).unwrap_or(u8::MAX) };
    }
    opens.into_iter().find(|place| used(*place) == least).map_or(Next::Done, Next::Ask)
}

/// Whether a person comes to answer, or goes on answering.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Begins {
    Yes,
    No,
}

/// The answer that counts of those to one question.
pub fn counted(tries: &[Try], score: Score) -> Option<&Try> {
    let first = tries.first();
    match score {
        Score::First => first,
        Score::Best => tries.iter().find(|one| one.right).or(first),
    }
}

/// How many questions were answered, and how many of the answers that count are right.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    pub answered: u32,
    pub right: u32,
}

/// Adds up what counts of the answers to several questions.
pub fn tally<'a>(tries: impl IntoIterator<Item = &'a Vec<Try>>, score: Score) -> Tally {
    let mut sum = Tally::default();
    for one in tries.into_iter().filter_map(|tries| counted(tries, score)) {
        sum.answered += 1;
        sum.right += u32::from(one.right);
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    fn letters(text: &str) -> Letters {
        Letters::parse(text).unwrap()
    }

    fn question(key: &str) -> Question {
        Question {
            text: "问？".to_owned(),
            options: ["甲", "乙", "丙"].map(str::to_owned).to_vec(),
            key: letters(key),
            explain: String::new(),
            basis: Basis::parse("《某法》（2020年7月1日起施行）第一条").unwrap(),
        }
    }

    const WRONG: Try = Try { chosen: Letters::ONLY_A, right: false };
    const RIGHT: Try = Try { chosen: Letters::ONLY_A, right: true };

    fn rules(attempts: u8) -> Rules {
        Rules { attempts, score: Score::First }
    }

    #[rstest]
    #[case::right("B", &[], 1, "B", Answered::Right)]
    #[case::wrong("B", &[], 1, "A", Answered::Wrong { left: 0 })]
    #[case::wrong_with_another_try("B", &[], 2, "A", Answered::Wrong { left: 1 })]
    #[case::right_at_last("B", &[WRONG], 2, "B", Answered::Right)]
    #[case::wrong_at_last("B", &[WRONG], 2, "C", Answered::Wrong { left: 0 })]
    #[case::limit("B", &[WRONG], 1, "B", Answered::Spent)]
    #[case::limit_of_three("B", &[WRONG, WRONG, WRONG], 3, "B", Answered::Spent)]
    #[case::known("B", &[RIGHT], 3, "A", Answered::Known)]
    #[case::no_option("B", &[], 1, "D", Answered::NoOption)]
    #[case::no_option_comes_first("B", &[RIGHT], 1, "F", Answered::NoOption)]
    #[case::several("AC", &[], 1, "CA", Answered::Right)]
    #[case::part_is_wrong("AC", &[], 1, "A", Answered::Wrong { left: 0 })]
    #[case::more_is_wrong("AC", &[], 1, "ABC", Answered::Wrong { left: 0 })]
    fn answers_are_judged(
        #[case] key: &str,
        #[case] before: &[Try],
        #[case] attempts: u8,
        #[case] chosen: &str,
        #[case] expected: Answered,
    ) {
        assert_eq!(judge(&question(key), before, rules(attempts), letters(chosen)), expected);
    }

    /// The answers to each question: `w` is a wrong one, `r` a right one.
    fn tries(written: &str) -> Vec<Vec<Try>> {
        let one = |letter| if letter == 'r' { RIGHT } else { WRONG };
        written.split('/').map(|question| question.chars().map(one).collect()).collect()
    }

    #[rstest]
    #[case::first("/", 1, Begins::Yes, Next::Ask(0))]
    #[case::second("w/", 1, Begins::No, Next::Ask(1))]
    #[case::taken_up_again("w/", 1, Begins::Yes, Next::Ask(1))]
    #[case::done("w/r", 1, Begins::No, Next::Done)]
    #[case::one_may_be_answered_again("w/r", 2, Begins::No, Next::Again { left: 1 })]
    #[case::and_is("w/r", 2, Begins::Yes, Next::Ask(0))]
    #[case::second_round("ww/w", 3, Begins::No, Next::Ask(1))]
    #[case::all_right("r/r", 3, Begins::Yes, Next::Done)]
    #[case::right_late("wr/r", 3, Begins::Yes, Next::Done)]
    fn questions_come_in_rounds(
        #[case] written: &str,
        #[case] attempts: u8,
        #[case] begins: Begins,
        #[case] expected: Next,
    ) {
        assert_eq!(next(&tries(written), rules(attempts), begins), expected);
    }

    #[test]
    fn the_first_answer_counts_or_the_best() {
        assert_eq!(counted(&[WRONG, RIGHT], Score::First), Some(&WRONG));
        assert_eq!(counted(&[WRONG, RIGHT], Score::Best), Some(&RIGHT));
        assert_eq!(counted(&[WRONG, WRONG], Score::Best), Some(&WRONG));
        assert_eq!(counted(&[], Score::Best), None);
        let tries = [vec![WRONG, RIGHT], vec![], vec![RIGHT]];
        assert_eq!(tally(&tries, Score::First), Tally { answered: 2, right: 1 });
        assert_eq!(tally(&tries, Score::Best), Tally { answered: 2, right: 2 });
    }

    proptest! {
        /// However a person answers, each question is answered at most as often as allowed, and it ends.
        #[test]
        fn it_ends(attempts in 1_u8..=3, rights in prop::collection::vec(any::<bool>(), 15), questions in 1_usize..=5) {
            let mut tries = vec![Vec::new(); questions];
            let mut rights = rights.into_iter();
            let mut given = 0;
            loop {
                match next(&tries, rules(attempts), Begins::Yes) {
                    Next::Ask(place) => {
                        prop_assert!(tries[place].len() < usize::from(attempts));
                        tries[place].push(if rights.next().unwrap_or(true) { RIGHT } else { WRONG });
                        given += 1;
                    }
                    Next::Again { .. } => prop_assert!(false, "a new round begins"),
                    Next::Done => break,
                }
                prop_assert!(given <= questions * usize::from(attempts));
            }
            prop_assert!(tries.iter().all(|all| !all.is_empty()));
        }
    }
}
