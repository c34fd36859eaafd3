//! Binding codes: eight characters that a person can read from paper and type on a phone.

use chrono::{NaiveDate, NaiveDateTime};

use super::calendar::Calendar;

/// Letters and digits without 0, O, 1 and I, which look alike on paper.
pub const ALPHABET: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
/// Characters of a code: 32^8 ≈ 10^12 codes against five tries in half an hour.
pub const CODE_LEN: usize = 8;
/// Wrong codes in a row before a pause.
pub const FAILURES_MOST: i64 = 5;
/// Accounts that wait at the same time after wrong codes before the admins are told.
pub const GUESSERS: i64 = 3;
/// Length of that pause, in minutes.
pub const PAUSE_MINUTES: i64 = 30;
/// Wall time at which a code runs out on its last day: the end of the allowed hours.
const ENDS: (u32, u32) = (17, 30);

/// When a code handed out on `today` runs out: 17:30 on the last of its workdays, of which the first is the next one. Days
/// of a year of which nothing is known are told by their weekday.
pub fn expiry(calendar: &Calendar, today: NaiveDate, workdays: u32) -> NaiveDateTime {
    let last = calendar.workdays_from(today, i32::try_from(workdays).unwrap_or(i32::MAX));
    last.and_hms_opt(ENDS.0, ENDS.1, 0).unwrap_or_default()
}

/// A code made of eight random bytes; each byte gives one character (256 is a multiple of 32, so none is favoured).
pub fn code_from(random: [u8; CODE_LEN]) -> String {
    random.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).collect()
}

/// As printed on paper: `K7QF-3M2P`.
pub fn printed(code: &str) -> String {
    let (head, tail) = code.split_at(code.len().min(CODE_LEN / 2));
    if tail.is_empty() { head.to_owned() } else { format!("{head}-{tail}") }
}

/// Reads what a person typed: case, blanks, hyphens and full-width letters do not matter. `None` when it is not a code.
pub fn normalise(typed: &str) -> Option<String> {
    let code: String = typed
        .chars()
        .map(half_width)
        .filter(|c| !c.is_whitespace() && !matches!(c, '-' | '—' | '–' | '_'))
        .map(|c| c.to_ascii_uppercase())
        .collect();
    let fits = code.len() == CODE_LEN && code.bytes().all(|byte| ALPHABET.contains(&byte));
    fits.then_some(code)
}

/// Whether a text was meant as a code though it is none: eight letters or digits with a look-alike among them.
pub fn looks_like_code(typed: &str) -> bool {
    let plain: String = typed.chars().map(half_width).filter(|c| !c.is_whitespace() && *c != '-').collect();
    plain.len() == CODE_LEN
        && plain.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && plain.bytes().any(|b| b.is_ascii_digit())
}

/// Full-width ASCII (U+FF01–U+FF5E) to ASCII.
fn half_width(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
        '\u{3000}' => ' ',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail loudly")]

    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("K7QF-3M2P", Some("K7QF3M2P"))]
    #[case(" k7qf 3m2p ", Some("K7QF3M2P"))]
    #[case("Ｋ７ＱＦ－３Ｍ２Ｐ", Some("K7QF3M2P"))]
    #[case("K7QF-3M2", None)]
    #[case("K7QF-3M20", None)]
    #[case("你好", None)]
    #[case("", None)]
    fn typed_codes_are_read_kindly(#[case] typed: &str, #[case] code: Option<&str>) {
        assert_eq!(normalise(typed).as_deref(), code);
    }

    #[rstest]
    #[case::two_weeks("2026-11-25", 10, "2026-12-09T17:30:00")]
    // 20 September is worked; 25 September and 1 to 7 October are days off.
    #[case::over_a_holiday("2026-09-18", 10, "2026-10-09T17:30:00")]
    #[case::one_day("2026-09-30", 1, "2026-10-08T17:30:00")]
    #[case::unknown_year("2031-10-01", 2, "2031-10-03T17:30:00")]
    fn a_code_is_good_for_workdays(#[case] today: &str, #[case] days: u32, #[case] end: &str) {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/content/calendar/2026.toml");
        let calendar = Calendar::new([super::super::calendar::read(&std::fs::read(file).unwrap()).unwrap()]);
        assert_eq!(expiry(&calendar, today.parse().unwrap(), days), end.parse().unwrap());
    }

    #[test]
    fn codes_have_no_look_alikes_and_print_in_two_halves() {
        let code = code_from([0, 31, 255, 7, 8, 9, 10, 11]);
        assert_eq!(normalise(&code).as_ref(), Some(&code));
        assert_eq!(printed("K7QF3M2P"), "K7QF-3M2P");
        assert!(looks_like_code("K7QF-3M20") && !looks_like_code("谢谢收到了啊啊"));
    }
}
