//! Body of an item: the part of Markdown that every chat platform can show. Whatever else Markdown has is refused with
//! its line, because silently dropping it would publish something the editor did not write.

use comrak::nodes::{ListType, NodeList, NodeValue};
use comrak::{Arena, Node, Options, parse_document};

use super::placeholder;
use super::problem::{BodyFault, ContentProblem, Markup};
use crate::domain::rich::{Paragraph, Rich, Span};

/// A body as far as it could be read, and what was wrong with it.
pub(super) struct Body {
    pub rich: Rich,
    pub problems: Vec<ContentProblem>,
}

/// Reads a body whose first line is line `first_line` of the file.
pub(super) fn read(markdown: &str, first_line: u32) -> Body {
    let arena = Arena::new();
    let root = parse_document(&arena, markdown, &options());
    let mut reader = Reader { first_line, depth: 0, problems: Vec::new() };
    let mut rich = Rich::default();
    for block in root.children() {
        let paragraph = reader.block(block);
        if !paragraph.is_empty() {
            rich.push(paragraph);
        }
    }
    if rich.to_plain().trim().is_empty() {
        reader.problems.push(ContentProblem::body(Some(first_line), BodyFault::Empty));
    }
    Body { rich, problems: reader.problems }
}

fn options() -> Options<'static> {
    let mut options = Options::default();
    // Without it `**注意：**以下` stays literal.
    options.extension.cjk_friendly_emphasis = true;
    // Recognised in order to be refused; otherwise their marks would reach readers.
    options.extension.table = true;
    options.extension.strikethrough = true;
    // Tells a star that was meant (`\*`) from emphasis left open.
    options.parse.escaped_char_spans = true;
    options
}

/// How a run of text looks. Chat platforms differ in nesting, so the outermost style wins over italics inside it.
#[derive(Clone, Copy)]
enum Style<'a> {
    Plain,
    Bold,
    Italic,
    Link(&'a str),
}

/// Levels of style inside style. A person needs two; an endless one would run out of stack.
const NESTING_MAX: usize = 8;

struct Reader {
    first_line: u32,
    depth: usize,
    problems: Vec<ContentProblem>,
}

impl Reader {
    fn line(&self, node: Node<'_>) -> u32 {
        let line = u32::try_from(node.data().sourcepos.start.line).unwrap_or(u32::MAX);
        line.saturating_add(self.first_line).saturating_sub(1)
    }

    fn refuse(&mut self, node: Node<'_>, fault: BodyFault) {
        let line = self.line(node);
        self.problems.push(ContentProblem::body(Some(line), fault));
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "not our enum: whatever it grows is refused")]
    fn block(&mut self, node: Node<'_>) -> Paragraph {
        let mut out = Paragraph::new();
        match &node.data().value {
            NodeValue::Paragraph => self.paragraph(node, Style::Plain, &mut out),
            NodeValue::Heading(heading) if heading.setext => self.refuse(node, BodyFault::Unsupported(Markup::Rule)),
            NodeValue::Heading(_) => self.paragraph(node, Style::Bold, &mut out),
            NodeValue::List(list) => self.list(node, list, &mut out),
            other => self.refuse(node, BodyFault::Unsupported(markup(other))),
        }
        out
    }

    fn list(&mut self, node: Node<'_>, list: &NodeList, out: &mut Paragraph) {
        for (number, item) in (list.start..).zip(node.children()) {
            let mark = match list.list_type {
                ListType::Bullet => "• ".to_owned(),
                ListType::Ordered => format!("{number}. "),
            };
            let lead = if out.is_empty() { mark } else { format!("\n{mark}") };
            add(out, Style::Plain, &lead);
            self.list_item(item, out);
        }
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "not our enum: whatever it grows is refused")]
    fn list_item(&mut self, item: Node<'_>, out: &mut Paragraph) {
        for (index, block) in item.children().enumerate() {
            if index > 0 {
                add(out, Style::Plain, "\n");
            }
            match &block.data().value {
                NodeValue::Paragraph => self.paragraph(block, Style::Plain, out),
                NodeValue::List(_) => self.refuse(block, BodyFault::Unsupported(Markup::NestedList)),
                other => self.refuse(block, BodyFault::Unsupported(markup(other))),
            }
        }
    }

    fn paragraph(&mut self, node: Node<'_>, style: Style<'_>, out: &mut Paragraph) {
        let mut spans = Paragraph::new();
        self.inlines(node, style, &mut spans);
        self.left_open(node, &spans);
        for span in spans {
            append(out, span);
        }
    }

    /// What can only be seen in the finished text: `[words](address` without its end, and a blank cut by markup. A line
    /// of the paragraph is a line of the file.
    fn left_open(&mut self, node: Node<'_>, spans: &[Span]) {
        let mut line = self.line(node);
        for text in spans.iter().flat_map(|span| span.text().split_inclusive('\n')) {
            if text.contains("](") {
                self.problems.push(ContentProblem::body(Some(line), BodyFault::MarkupUnclosed));
            }
            if placeholder::is_cut(text) {
                self.problems.push(ContentProblem::body(Some(line), BodyFault::BracketCut));
            }
            line = line.saturating_add(u32::from(text.ends_with('\n')));
        }
    }

    fn inlines(&mut self, node: Node<'_>, style: Style<'_>, out: &mut Paragraph) {
        if self.depth == NESTING_MAX {
            self.refuse(node, BodyFault::Unsupported(Markup::Other));
            return;
        }
        self.depth += 1;
        for child in node.children() {
            self.inline(child, style, out);
        }
        self.depth -= 1;
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "not our enum: whatever it grows is refused")]
    fn inline(&mut self, node: Node<'_>, style: Style<'_>, out: &mut Paragraph) {
        match &node.data().value {
            NodeValue::Text(text) => {
                if text.contains('*') || text.contains("__") {
                    self.refuse(node, BodyFault::MarkupUnclosed);
                }
                add(out, style, text);
            }
            NodeValue::Escaped => escaped(node, style, out),
            NodeValue::SoftBreak | NodeValue::LineBreak => add(out, style, "\n"),
            NodeValue::Strong => self.inlines(node, bolder(style), out),
            NodeValue::Emph => self.inlines(node, slanted(style), out),
            NodeValue::Link(link) => self.link(node, &link.url, out),
            other => self.refuse(node, BodyFault::Unsupported(markup(other))),
        }
    }

    fn link(&mut self, node: Node<'_>, url: &str, out: &mut Paragraph) {
        if !url.starts_with("https://") && !url.starts_with("http://") {
            self.refuse(node, BodyFault::BadLink { url: url.to_owned() });
        }
        self.inlines(node, Style::Link(url), out);
    }
}

/// A mark the editor wrote with a backslash: taken as it stands.
fn escaped(node: Node<'_>, style: Style<'_>, out: &mut Paragraph) {
    for child in node.children() {
        if let NodeValue::Text(text) = &child.data().value {
            add(out, style, text);
        }
    }
}

fn bolder(style: Style<'_>) -> Style<'_> {
    match style {
        Style::Plain | Style::Italic | Style::Bold => Style::Bold,
        Style::Link(url) => Style::Link(url),
    }
}

fn slanted(style: Style<'_>) -> Style<'_> {
    match style {
        Style::Plain | Style::Italic => Style::Italic,
        Style::Bold => Style::Bold,
        Style::Link(url) => Style::Link(url),
    }
}

fn add(out: &mut Paragraph, style: Style<'_>, text: &str) {
    let text = text.to_owned();
    append(
        out,
        match style {
            Style::Plain => Span::Plain(text),
            Style::Bold => Span::Bold(text),
            Style::Italic => Span::Italic(text),
            Style::Link(url) => Span::Link { text, url: url.to_owned() },
        },
    );
}

/// Adds a span, joined to the one before when both look the same.
fn append(out: &mut Paragraph, span: Span) {
    match (out.last_mut(), &span) {
        (Some(Span::Plain(last)), Span::Plain(more))
        | (Some(Span::Bold(last)), Span::Bold(more))
        | (Some(Span::Italic(last)), Span::Italic(more)) => last.push_str(more),
        (Some(Span::Link { text: last, url }), Span::Link { text: more, url: same }) if url == same => {
            last.push_str(more);
        }
        _ => out.push(span),
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "not our enum: whatever it grows is refused")]
fn markup(value: &NodeValue) -> Markup {
    match value {
        NodeValue::HtmlBlock(_) | NodeValue::HtmlInline(_) => Markup::Html,
        NodeValue::Image(_) => Markup::Image,
        NodeValue::Table(_) => Markup::Table,
        NodeValue::Code(_) | NodeValue::CodeBlock(_) => Markup::Code,
        NodeValue::BlockQuote => Markup::Quote,
        NodeValue::ThematicBreak => Markup::Rule,
        NodeValue::Strikethrough => Markup::Strikethrough,
        _ => Markup::Other,
    }
}
