//! Rates in exact integer arithmetic, printed as the office prints them.

use std::fmt;

/// A rate as a fraction of counts, printed with one decimal. Keeps the fraction, because texts print `97.4%（38/39）`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate(Option<(u32, u32)>);

impl Rate {
    /// No rate: the denominator is 0, or the figures mix what no rate may mix. Prints `—`.
    pub const NONE: Self = Self(None);

    /// `part` of `whole`; `part` is never more than `whole`. A `whole` of 0 gives [`Rate::NONE`], neither 0% nor 100%.
    pub const fn of(part: u32, whole: u32) -> Self {
        if whole == 0 { Self::NONE } else { Self(Some((part, whole))) }
    }

    /// Numerator and denominator; `None` where there is no rate.
    pub const fn fraction(self) -> Option<(u32, u32)> {
        self.0
    }
}

impl fmt::Display for Rate {
    /// One decimal, half up; `100.0%` only when all did (1999/2000 prints `99.9%`); `—` where there is no rate.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some((part, whole)) = self.0 else { return f.pad("—") };
        let (part, whole) = (u64::from(part), u64::from(whole));
        let rounded = (part * 2000 + whole) / (whole * 2);
        let tenths = if part < whole { rounded.min(999) } else { rounded };
        f.pad(&format!("{}.{}%", tenths / 10, tenths % 10))
    }
}
