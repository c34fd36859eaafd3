//! What stands inside a button: a verb, an id and a seal. It names a thing, never a person and never a right.
//!
//! The person who pressed comes from the platform; the seal only keeps forged data from reaching the database.

/// What a button does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// 已阅, on the copy made by an attempt.
    Ack,
    /// 看原文, on the copy made by an attempt.
    Basis,
    /// 是我，绑定: accept an invite.
    Accept,
    /// 不是我: leave an invite unused.
    Decline,
    /// 已看到: the copy made by an attempt in doubt is in the chat.
    Seen,
    /// 重发: the delivery of an attempt in doubt is sent once more.
    Resend,
    /// 放弃: the delivery of an attempt in doubt is given up.
    Abandon,
    /// 已转发: a delivery was passed on by hand.
    Relayed,
    /// 今天不发: a delivery is not passed on.
    NotToday,
    /// An option of a conversation.
    Choose,
    /// 是我们的群: a chat belongs to the office.
    Ours,
    /// 退出: the bot leaves a chat.
    Leave,
    /// 看最近一条: the newest push for whoever presses.
    Latest,
    /// 我的记录: what is stored about whoever presses.
    Record,
    /// 我在休假或出差, on the reminder made by an attempt.
    Away,
    /// 不再私聊提醒, on the reminder made by an attempt.
    Mute,
    /// An option of the question under the copy made by an attempt.
    Answer,
    /// 答题: the questions of the push whose copy an attempt made, in private.
    Quiz,
}

impl Verb {
    const ALL: [Self; 18] = [
        Self::Ack,
        Self::Basis,
        Self::Accept,
        Self::Decline,
        Self::Seen,
        Self::Resend,
        Self::Abandon,
        Self::Relayed,
        Self::NotToday,
        Self::Choose,
        Self::Ours,
        Self::Leave,
        Self::Latest,
        Self::Record,
        Self::Away,
        Self::Mute,
        Self::Answer,
        Self::Quiz,
    ];

    const fn letter(self) -> char {
        match self {
            Self::Ack => 'a',
            Self::Basis => 'b',
            Self::Accept => 'y',
            Self::Decline => 'n',
            Self::Seen => 's',
            Self::Resend => 'r',
            Self::Abandon => 'x',
            Self::Relayed => 'p',
            Self::NotToday => 'd',
            Self::Choose => 'c',
            Self::Ours => 'o',
            Self::Leave => 'l',
            Self::Latest => 'v',
            Self::Record => 'm',
            Self::Away => 'w',
            Self::Mute => 'q',
            Self::Answer => 'k',
            Self::Quiz => 'z',
        }
    }
}

/// The meaning of a button: `verb` on row `id`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tag {
    pub verb: Verb,
    pub id: i64,
}

/// Bytes of the seal that travel; 48 bits make guessing pointless at a chat platform's pace.
const SEAL_BYTES: usize = 6;
/// Version of the layout, so that buttons of an older program stay readable.
const VERSION: char = '1';
/// What a link that confirms starts with.
const LINK: &str = "ack_";
/// What a link that leads to questions starts with.
const QUIZ_LINK: &str = "quiz_";

impl Tag {
    /// The text inside the button: at most 30 of the 64 bytes that Telegram allows. `seal` is a keyed MAC.
    pub fn encode(self, seal: impl Fn(&[u8]) -> [u8; 32]) -> String {
        let body = format!("{VERSION}{}{}", self.verb.letter(), self.id);
        let mac = seal(body.as_bytes());
        format!("{body}.{}", hex::encode(&mac[..SEAL_BYTES]))
    }

    /// Reads a button's text back; `None` for foreign, altered or forged data.
    pub fn decode(data: &str, seal: impl Fn(&[u8]) -> [u8; 32]) -> Option<Self> {
        let (body, mac) = data.split_once('.')?;
        let mut chars = body.strip_prefix(VERSION)?.chars();
        let letter = chars.next()?;
        let verb = Verb::ALL.into_iter().find(|verb| verb.letter() == letter)?;
        let id: i64 = chars.as_str().parse().ok().filter(|id| *id > 0)?;
        let tag = Self { verb, id };
        let expected = tag.encode(seal);
        let same: bool = subtle::ConstantTimeEq::ct_eq(expected.as_bytes(), data.as_bytes()).into();
        (same && !mac.is_empty()).then_some(tag)
    }

    /// The code inside a link into the private chat: at most 64 of A–Z, a–z, 0–9, _ and -.
    pub fn link(self, seal: impl Fn(&[u8]) -> [u8; 32]) -> String {
        let kind = if self.verb == Verb::Quiz { QUIZ_LINK } else { LINK };
        format!("{kind}{}", self.encode(seal).replace('.', "-"))
    }

    /// Whether a link's code is meant to confirm something, rightly sealed or not.
    pub fn is_link(code: &str) -> bool {
        code.starts_with(LINK)
    }

    /// Whether a link's code is meant to lead to questions, rightly sealed or not.
    pub fn is_quiz_link(code: &str) -> bool {
        code.starts_with(QUIZ_LINK)
    }

    /// Reads a link's code back; `None` for foreign, altered or forged ones.
    pub fn decode_link(code: &str, seal: impl Fn(&[u8]) -> [u8; 32]) -> Option<Self> {
        let rest = code.strip_prefix(LINK).or_else(|| code.strip_prefix(QUIZ_LINK))?;
        let (body, mac) = rest.split_once('-')?;
        Self::decode(&format!("{body}.{mac}"), seal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn seal(bytes: &[u8]) -> [u8; 32] {
        let mut out = [7; 32];
        for (i, byte) in bytes.iter().enumerate() {
            out[i % 6] ^= byte.wrapping_mul(31).wrapping_add(u8::try_from(i).unwrap_or(0));
        }
        out
    }

    #[test]
    fn a_tag_reads_back_and_fits_the_platform() {
        let tag = Tag { verb: Verb::Ack, id: i64::MAX };
        let data = tag.encode(seal);
        assert!(data.len() <= 64);
        assert_eq!(Tag::decode(&data, seal), Some(tag));
    }

    #[test]
    fn a_link_reads_back_and_keeps_to_the_letters_of_links() {
        let tag = Tag { verb: Verb::Ack, id: i64::MAX };
        let code = tag.link(seal);
        assert!(
            code.len() <= 64 && code.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-')),
            "{code}"
        );
        assert_eq!(Tag::decode_link(&code, seal), Some(tag));
        assert!(Tag::is_link(&code) && !Tag::is_link(&tag.encode(seal)));
        for forged in ["ack_", "ack_1a7", "ack_1a7-", "ack_1a7-000000000000", "ack_1a7.000000000000"] {
            assert_eq!(Tag::decode_link(forged, seal), None, "{forged}");
        }
    }

    #[test]
    fn a_link_to_questions_is_told_from_one_that_confirms() {
        let tag = Tag { verb: Verb::Quiz, id: i64::MAX };
        let code = tag.link(seal);
        assert!(code.len() <= 64 && Tag::is_quiz_link(&code) && !Tag::is_link(&code), "{code}");
        assert_eq!(Tag::decode_link(&code, seal), Some(tag));
        assert_eq!(Tag::decode_link(&code.replacen("1z", "1a", 1), seal), None);
    }

    proptest! {
        #[test]
        fn altered_data_is_refused(id in 1..i64::MAX, at in 0usize..30, with in any::<char>()) {
            let data = Tag { verb: Verb::Ack, id }.encode(seal);
            let altered: String =
                data.chars().enumerate().map(|(i, c)| if i == at { with } else { c }).collect();
            if altered != data {
                prop_assert_eq!(Tag::decode(&altered, seal), None);
            }
        }

        #[test]
        fn any_text_is_survived(text in ".{0,80}") {
            prop_assert_eq!(Tag::decode(&text, seal), None);
        }
    }
}
