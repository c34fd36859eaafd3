//! What an option of a conversation carries. A conversation is a row with a step; its buttons name the row, the step and
//! the option, so that a button of an earlier step, or of a conversation that is over, is told from one that stands.

use crate::ids::DialogueId;

/// Options of one step at most: what stands in the lowest bits.
pub const OPTIONS_MOST: u8 = 200;
/// Steps of one conversation at most.
const STEPS_MOST: u16 = 4_096;

/// An option of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Choice {
    pub dialogue: DialogueId,
    pub step: u16,
    /// Counted from 0 in the order of the step's options.
    pub option: u8,
}

impl Choice {
    /// As one number, for the tag of a button; `None` when a part is out of its bounds.
    pub fn pack(self) -> Option<i64> {
        let fits = self.step < STEPS_MOST && self.option < OPTIONS_MOST;
        let id = self.dialogue.0.checked_mul(i64::from(STEPS_MOST))?.checked_add(i64::from(self.step))?;
        fits.then(|| id.checked_mul(256)?.checked_add(i64::from(self.option)))?
    }

    /// Reads the number back; `None` for one that no option has.
    pub fn unpack(number: i64) -> Option<Self> {
        let option = u8::try_from(number % 256).ok().filter(|option| *option < OPTIONS_MOST)?;
        let rest = number / 256;
        let step = u16::try_from(rest % i64::from(STEPS_MOST)).ok()?;
        let dialogue = rest / i64::from(STEPS_MOST);
        (dialogue > 0).then_some(Self { dialogue: DialogueId(dialogue), step, option })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

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
}
