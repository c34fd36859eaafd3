//! Full-width characters as Chinese keyboards type them, and those that nobody sees. Codes and expressions are compared in
//! half width.

/// Distance between a full-width ASCII twin (U+FF01–U+FF5E) and its half-width form (Unicode, Halfwidth and Fullwidth Forms).
const TWIN_DISTANCE: u32 = 0xFEE0;

/// The half-width equal of a full-width letter, digit, sign or space; any other character unchanged.
pub fn half(c: char) -> char {
    match c {
        '\u{3000}' => ' ',
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(c) - TWIN_DISTANCE).unwrap_or(c),
        _ => c,
    }
}

/// A text with each character in half width where it has one.
pub fn half_text(text: &str) -> String {
    text.chars().map(half).collect()
}

/// A typed text as ASCII spells it: in half width, the dashes of word processors as `-`, 、 as `,`, one space between words
/// and none around them.
pub fn plain(text: &str) -> String {
    let one = |c: char| match half(c) {
        '\u{2010}'..='\u{2014}' | '\u{2212}' => '-',
        '、' => ',',
        c => c,
    };
    let flat: String = text.chars().map(one).collect();
    flat.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether a text holds control characters, zero-width marks, direction marks or the byte order mark: two names that look
/// alike would differ by them, and a terminal would obey some.
pub fn has_unseen(text: &str) -> bool {
    text.chars().any(|c| c.is_control() || is_invisible(c))
}

fn is_invisible(c: char) -> bool {
    matches!(c, '\u{AD}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_twin_becomes_ascii() {
        assert_eq!(half_text("Ｇ２６０１－Ａ　＊，／＝＠"), "G2601-A *,/=@");
        assert!(('\u{FF01}'..='\u{FF5E}').all(|c| half(c).is_ascii_graphic()));
    }

    #[test]
    fn other_characters_stay() {
        assert_eq!(half_text("党员、公职人员 a1"), "党员、公职人员 a1");
    }

    #[test]
    fn unseen_characters_are_found() {
        for text in ["a\nb", "\u{1b}[31m红", "a\u{202e}b", "\u{feff}a", "a\u{200d}b"] {
            assert!(has_unseen(text), "{text:?}");
        }
        assert!(["每周 小知识", "🐉龙舟", "ｘ１", "a\u{301}"].iter().all(|text| !has_unseen(text)));
    }

    #[test]
    fn plain_text_has_ascii_signs_and_single_spaces() {
        assert_eq!(plain("　３０ \t９　＊、1–5 "), "30 9 *,1-5");
    }
}
