//! Options by their letters.

use std::fmt;

use super::OPTIONS_MOST;

/// A set of options: A, B, up to F.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Letters(u8);

impl Letters {
    #[cfg(test)]
    pub(super) const ONLY_A: Self = Self(1);

    /// The letter of one option, counted from 0; `None` beyond the last letter.
    pub fn one(option: u8) -> Option<Self> {
        (usize::from(option) < OPTIONS_MOST).then(|| Self(1 << option))
    }

    /// Reads capitals without anything between them, each once; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let mut all = Self::default();
        for letter in text.chars() {
            let option = u32::from(letter).checked_sub(u32::from('A')).and_then(|n| u8::try_from(n).ok())?;
            let one = Self::one(option)?;
            if all.0 & one.0 != 0 {
                return None;
            }
            all.0 |= one.0;
        }
        (all.0 != 0).then_some(all)
    }

    /// As one number, for tables.
    pub fn number(self) -> i64 {
        i64::from(self.0)
    }

    /// Reads the number back; `None` for one that no set has.
    pub fn from_number(number: i64) -> Option<Self> {
        u8::try_from(number).ok().filter(|set| *set > 0 && usize::from(*set) < 1 << OPTIONS_MOST).map(Self)
    }

    /// How many.
    pub const fn count(self) -> u32 {
        self.0.count_ones()
    }

    /// The last of them, counted from 0; `None` when there is none.
    pub fn last(self) -> Option<u8> {
        self.each().last()
    }

    /// With one more, or without it when it is there.
    #[must_use]
    pub fn toggled(self, option: u8) -> Self {
        Self(self.0 ^ Self::one(option).unwrap_or_default().0)
    }

    /// Whether an option is among them.
    pub fn contains(self, option: u8) -> bool {
        Self::one(option).is_some_and(|one| self.0 & one.0 != 0)
    }

    /// Them in order, counted from 0.
    pub fn each(self) -> impl Iterator<Item = u8> {
        (0_u8..8).filter(move |option| self.contains(*option))
    }

    /// The letters with something between them.
    pub fn joined(self, between: &str) -> String {
        self.each().map(|option| letter(option).to_string()).collect::<Vec<_>>().join(between)
    }
}

/// The letter of an option, counted from 0.
fn letter(option: u8) -> char {
    char::from(b'A'.saturating_add(option))
}

impl fmt::Display for Letters {
    /// `A、C`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.joined("、"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    #[rstest]
    #[case("B", Some("B"))]
    #[case("CA", Some("A、C"))]
    #[case("ABCDEF", Some("A、B、C、D、E、F"))]
    #[case("", None)]
    #[case("G", None)]
    #[case("b", None)]
    #[case("AA", None)]
    #[case("A、B", None)]
    #[case("Ａ", None)]
    fn letters_are_read(#[case] text: &str, #[case] shown: Option<&str>) {
        assert_eq!(Letters::parse(text).map(|letters| letters.to_string()), shown.map(str::to_owned));
    }

    proptest! {
        #[test]
        fn a_number_reads_back_or_is_refused(number in -3_i64..300) {
            match Letters::from_number(number) {
                Some(letters) => {
                    prop_assert_eq!(letters.number(), number);
                    prop_assert_eq!(Letters::parse(&letters.joined("")), Some(letters));
                }
                None => prop_assert!(!(1..64).contains(&number)),
            }
        }
    }
}
