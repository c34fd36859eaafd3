//! Formatted text in Telegram's HTML, and in words alone. HTML rather than MarkdownV2, because official Chinese texts
//! are full of brackets and dots that MarkdownV2 wants escaped.

use crate::domain::rich::{Paragraph, Rich, Span};

/// The text in Telegram's HTML, paragraphs parted by an empty line.
pub fn styled(rich: &Rich) -> String {
    join(rich, |span, out| match span {
        Span::Plain(text) => escape(text, out),
        Span::Bold(text) => tagged("b", text, out),
        Span::Italic(text) => tagged("i", text, out),
        Span::Link { text, url } => {
            out.push_str("<a href=\"");
            escape(url, out);
            out.push_str("\">");
            escape(text, out);
            out.push_str("</a>");
        }
    })
}

/// The words alone. A link keeps its address, in full-width brackets after its words.
pub fn plain(rich: &Rich) -> String {
    join(rich, |span, out| {
        out.push_str(span.text());
        if let Span::Link { text, url } = span
            && text != url
        {
            out.push('（');
            out.push_str(url);
            out.push('）');
        }
    })
}

fn join(rich: &Rich, write: impl Fn(&Span, &mut String)) -> String {
    let mut out = String::new();
    for (n, paragraph) in rich.0.iter().enumerate() {
        if n > 0 {
            out.push_str("\n\n");
        }
        spans(paragraph, &mut out, &write);
    }
    out
}

fn spans(paragraph: &Paragraph, out: &mut String, write: &impl Fn(&Span, &mut String)) {
    for span in paragraph {
        write(span, out);
    }
}

fn tagged(tag: &str, text: &str, out: &mut String) {
    out.push('<');
    out.push_str(tag);
    out.push('>');
    escape(text, out);
    out.push_str("</");
    out.push_str(tag);
    out.push('>');
}

/// Escapes for text and for double-quoted attributes alike; Telegram reads `&quot;` in both.
fn escape(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            other => out.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests fail loudly")]

    use proptest::prelude::*;

    use super::*;

    fn item() -> Rich {
        Rich(vec![
            vec![Span::Bold("【廉政小知识】A<B & “C”".into())],
            vec![
                Span::Plain("记住：1 < 2\n依据 \"甲\"，".into()),
                Span::Italic("斜体".into()),
                Span::Link { text: "原文>".into(), url: "https://example.org/?a=1&b=\"2\"".into() },
            ],
        ])
    }

    #[test]
    fn styled_escapes_text_and_attributes() {
        insta::assert_snapshot!(styled(&item()), @r#"
        <b>【廉政小知识】A&lt;B &amp; “C”</b>

        记住：1 &lt; 2
        依据 &quot;甲&quot;，<i>斜体</i><a href="https://example.org/?a=1&amp;b=&quot;2&quot;">原文&gt;</a>
        "#);
    }

    #[test]
    fn plain_keeps_words_and_addresses() {
        insta::assert_snapshot!(plain(&item()), @r#"
        【廉政小知识】A<B & “C”

        记住：1 < 2
        依据 "甲"，斜体原文>（https://example.org/?a=1&b="2"）
        "#);
    }

    #[test]
    fn plain_does_not_repeat_an_address_shown_as_itself() {
        let url = "https://example.org".to_owned();
        assert_eq!(plain(&Rich(vec![vec![Span::Link { text: url.clone(), url: url.clone() }]])), url);
    }

    proptest! {
        #[test]
        fn no_text_can_open_a_tag_or_leave_an_attribute(text in ".*", url in ".*") {
            let html = styled(&Rich(vec![vec![Span::Link { text: text.clone(), url: url.clone() }]]));
            let inner = html.strip_prefix("<a href=\"").unwrap().strip_suffix("</a>").unwrap();
            let (href, words) = inner.split_once("\">").unwrap();
            prop_assert!(!href.contains(['<', '>', '"']) && !words.contains(['<', '>', '"']));
            prop_assert_eq!(unescape(href), url);
            prop_assert_eq!(unescape(words), text);
        }
    }

    fn unescape(html: &str) -> String {
        html.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&")
    }
}
