//! Text with the little formatting that every chat platform has. Channels turn it into their own markup.

/// A run of text in one style. The text may hold line breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Span {
    Plain(String),
    Bold(String),
    Italic(String),
    /// Text that opens an address.
    Link {
        text: String,
        url: String,
    },
}

impl Span {
    /// The words of the span without its style.
    pub fn text(&self) -> &str {
        match self {
            Self::Plain(text) | Self::Bold(text) | Self::Italic(text) | Self::Link { text, .. } => text,
        }
    }
}

/// One paragraph: spans in reading order.
pub type Paragraph = Vec<Span>;

/// A whole message: paragraphs, shown with an empty line between them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rich(pub Vec<Paragraph>);

impl Rich {
    /// A message of one unformatted paragraph.
    pub fn plain(text: impl Into<String>) -> Self {
        Self(vec![vec![Span::Plain(text.into())]])
    }

    /// Adds a paragraph at the end.
    pub fn push(&mut self, paragraph: Paragraph) {
        self.0.push(paragraph);
    }

    /// The words alone, paragraphs parted by an empty line.
    pub fn to_plain(&self) -> String {
        let paragraphs: Vec<String> = self.0.iter().map(|p| p.iter().map(Span::text).collect()).collect();
        paragraphs.join("\n\n")
    }

    /// Length as chat platforms count it: UTF-16 code units of the words, markup left out.
    pub fn utf16_len(&self) -> usize {
        self.to_plain().encode_utf16().count()
    }
}
