//! What can be wrong with an item file, as data; `message::content` words it. Every problem of a file is found in one go,
//! so that an editor corrects it once.

use crate::domain::word::words;

/// One thing an editor has to change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContentProblem {
    /// Line of the file, from 1; `None` when the fault is that something is absent or concerns the whole file.
    pub line: Option<u32>,
    /// Key of the front matter; `None` when the fault is in the body or in the file's shape.
    pub field: Option<&'static str>,
    pub kind: ContentProblemKind,
}

/// The kinds of fault. Lengths are in characters unless they say UTF-16.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ContentProblemKind {
    /// The file is not UTF-8 text.
    NotUtf8,
    /// The front matter cannot be read as keys and values.
    Front(FrontFault),
    /// The text under the front matter, or the message made of it.
    Body(BodyFault),
    /// A required key is absent or empty.
    Missing,
    /// A one-line field holds a line break.
    LineBreak,
    /// A field is longer than it may be.
    TooLong { len: usize, max: usize },
    /// Article number and `article_text` together pass what 看原文 can show (UTF-16 code units).
    AlertTooLong { len: usize, max: usize },
    /// 〔…〕 in a field that is never filled in.
    PlaceholderOutsideBody,
    /// Not lower-case ASCII letters, digits and hyphens, at most 64.
    BadSlug { found: String },
    /// The slug is not the file's name without `.md`.
    SlugNotFileName { found: String, stem: String },
    /// No such theme.
    UnknownTheme { found: String },
    /// The theme is not the folder's name.
    ThemeNotFolder { found: String, folder: String },
    /// A word that is no kind of staff, or 全体 beside kinds.
    BadAudience { found: String },
    /// Not `《title》（version with its date）第…条`.
    BadBasis { found: String },
    /// Not a date written `2026-11-20`.
    BadDate { found: String },
    /// The item would expire on or before the day it was verified.
    ExpiresTooEarly,
    /// Not required, voluntary or none.
    BadConfirm { found: String },
    /// Not like ZW-017 or JQ-2027-01.
    BadCode { found: String },
    /// Not a–z, 0–9, - or Chinese characters, at most 20 of them.
    BadTag { found: String },
    /// More tags than an item may have.
    TooManyTags { len: usize, max: usize },
    /// No festival of the calendar.
    UnknownFestival { found: String },
    /// Festivals on an item of another theme, which rotation would never look at.
    FestivalsElsewhere,
    /// A word of a list stands twice.
    Twice { found: String },
    /// A question, counted from 1; 0: all of them.
    Quiz { nth: usize, fault: QuizFault },
    /// Another file has the same slug.
    DuplicateSlug { slug: String, other: String },
    /// Another file has the same code.
    DuplicateCode { code: String, other: String },
}

/// Faults of questions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum QuizFault {
    /// The key stands without a question.
    NoQuestion,
    /// More questions than an item may have.
    TooManyQuestions { len: usize, max: usize },
    /// A key that no question has.
    UnknownKey { key: String },
    /// A key is absent or empty.
    Missing { key: &'static str },
    /// Several lines, or 〔…〕, where neither can be shown.
    NotPlain { key: &'static str },
    /// Longer than it may be, in characters.
    QuestionTooLong { len: usize, max: usize },
    /// Longer than it may be, in characters.
    OptionTooLong { len: usize, max: usize },
    /// Longer than it may be, in UTF-16 code units.
    ExplainTooLong { len: usize, max: usize },
    /// Verdict, explanation and basis together pass what an alert can show (UTF-16 code units).
    AlertTooLong { len: usize, max: usize },
    /// Too few options, or too many.
    OptionCount { len: usize, least: usize, most: usize },
    /// An option is empty.
    OptionEmpty,
    /// An option stands twice.
    OptionTwice { found: String },
    /// An option begins with the letter that the program puts before it.
    OptionLettered { found: String },
    /// It is not said which option is right.
    NoKey,
    /// Both `answer` and `answers` are written.
    BothKeys,
    /// Not letters from A to F, each once.
    BadKey { found: String },
    /// A single choice has several right options.
    SeveralKeys { found: String },
    /// A multiple choice has only one right option.
    OneKey { found: String },
    /// The right option is not among the options.
    KeyOutOfRange { found: String, options: usize },
    /// Not `《title》（version with its date）第…条`.
    BadBasis { found: String },
}

/// Faults of the front matter's shape.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FrontFault {
    /// The file does not begin with a `---` line.
    Missing,
    /// No second `---` line.
    Unclosed,
    /// `title：` in place of `title: `.
    FullWidthColon { key: String },
    /// Not YAML of the expected shape.
    Syntax,
    /// A key stands twice.
    DuplicateKey { key: String },
    /// A key that no item has.
    UnknownKey { key: String },
}

/// Faults of the body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BodyFault {
    /// Nothing to read under the front matter.
    Empty,
    /// Markdown that chat platforms cannot show.
    Unsupported(Markup),
    /// `*`, `**`, `__` or a link left open.
    MarkupUnclosed,
    /// A link that is not http or https.
    BadLink { url: String },
    /// The whole message passes the platform's limit less the reserve (UTF-16 code units).
    TooLong { len: usize, max: usize },
    /// 〔 without 〕 in the same run of text, so that a blank would never be filled.
    BracketCut,
    /// 〔…〕 names no setting.
    UnknownPlaceholder { found: String },
}

words! {
    /// Markdown that is refused because not every channel has it.
    Markup {
        /// Tags and comments.
        Html = "html",
        Image = "image",
        Table = "table",
        /// Back-ticks, fences, or lines indented by four spaces.
        Code = "code",
        /// Lines beginning with `>`.
        Quote = "quote",
        /// A `---` line in the body, which would also turn the line above into a heading.
        Rule = "rule",
        /// A list inside a list.
        NestedList = "nested_list",
        /// `~~text~~`.
        Strikethrough = "strikethrough",
        /// Anything else.
        Other = "other",
    }
}

impl ContentProblem {
    /// A problem of the front matter's shape.
    pub(super) fn front(line: Option<u32>, fault: FrontFault) -> Self {
        Self { line, field: None, kind: ContentProblemKind::Front(fault) }
    }

    /// A problem of the body; without a line it concerns the whole.
    pub(super) fn body(line: Option<u32>, fault: BodyFault) -> Self {
        Self { line, field: None, kind: ContentProblemKind::Body(fault) }
    }

    /// A problem of a front matter key.
    pub(super) fn of(field: &'static str, line: Option<u32>, kind: ContentProblemKind) -> Self {
        Self { line, field: Some(field), kind }
    }
}
