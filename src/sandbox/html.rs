//! The HTML parse mode. Error texts and byte offsets are those of the real server.

use serde_json::json;

use super::entities::{Formatted, utf16};

struct Open {
    tag: String,
    argument: String,
    /// Where the tag's words begin, in UTF-16 units.
    offset: usize,
}

/// Turns HTML into words and entities; the error is the part after "can't parse entities: ".
pub(super) fn parse(source: &str) -> Result<Formatted, String> {
    let mut reader = Reader { source, at: 0, out: Formatted::default(), units: 0, open: Vec::new() };
    while let Some(next) = reader.peek() {
        match next {
            '&' => {
                let decoded = reader.entity();
                reader.put(decoded);
            }
            '<' if source[reader.at..].starts_with("</") => reader.close()?,
            '<' => reader.start()?,
            other => {
                reader.at += other.len_utf8();
                reader.put(other);
            }
        }
    }
    match reader.open.last() {
        Some(open) => Err(format!("Can't find end tag corresponding to start tag \"{}\"", open.tag)),
        None => Ok(reader.out),
    }
}

struct Reader<'a> {
    source: &'a str,
    /// Byte offset of the next character.
    at: usize,
    out: Formatted,
    /// UTF-16 length of the words so far.
    units: usize,
    open: Vec<Open>,
}

impl Reader<'_> {
    fn peek(&self) -> Option<char> {
        self.source[self.at..].chars().next()
    }

    fn put(&mut self, c: char) {
        self.out.text.push(c);
        self.units += c.len_utf16();
    }

    /// Takes characters while they satisfy the test.
    fn take(&mut self, test: impl Fn(char) -> bool) -> String {
        let taken: String = self.source[self.at..].chars().take_while(|c| test(*c)).collect();
        self.at += taken.len();
        taken
    }

    /// Decodes `&lt;` and the like; an unknown one stays as it is written.
    fn entity(&mut self) -> char {
        let rest = &self.source[self.at + 1..];
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '#').unwrap_or(rest.len());
        let name = &rest[..end];
        let decoded = match name {
            "lt" => Some('<'),
            "gt" => Some('>'),
            "amp" => Some('&'),
            "quot" => Some('"'),
            _ => name.strip_prefix('#').and_then(|number| {
                let code = match number.strip_prefix('x') {
                    Some(hex) => u32::from_str_radix(hex, 16).ok(),
                    None => number.parse().ok(),
                };
                code.and_then(char::from_u32).filter(|c| *c != '\0')
            }),
        };
        self.at += 1;
        if decoded.is_some() {
            self.at += end + usize::from(rest[end..].starts_with(';'));
        }
        decoded.unwrap_or('&')
    }

    fn start(&mut self) -> Result<(), String> {
        let begin = self.at;
        self.at += 1;
        let tag = self.take(|c| !c.is_whitespace() && c != '>').to_lowercase();
        if self.peek().is_none() {
            return Err(format!("Unclosed start tag at byte offset {begin}"));
        }
        if kind_of(&tag).is_none() {
            return Err(format!("Unsupported start tag \"{tag}\" at byte offset {begin}"));
        }
        let argument = self.attributes(&tag, begin)?;
        if tag == "span" && argument != "tg-spoiler" {
            return Err(format!("Tag \"span\" must have class \"tg-spoiler\" at byte offset {begin}"));
        }
        self.open.push(Open { tag, argument, offset: self.units });
        Ok(())
    }

    /// Reads attributes up to the closing bracket; gives back the one that the tag knows.
    fn attributes(&mut self, tag: &str, begin: usize) -> Result<String, String> {
        let mut argument = String::new();
        loop {
            self.take(char::is_whitespace);
            if self.peek() == Some('>') {
                self.at += 1;
                return Ok(argument);
            }
            let name = self.take(|c| !c.is_whitespace() && c != '=' && c != '>').to_lowercase();
            if name.is_empty() && self.peek().is_some() {
                return Err(format!("Empty attribute name in the tag \"{tag}\" at byte offset {begin}"));
            }
            self.take(char::is_whitespace);
            let value = if self.peek() == Some('=') { self.value(begin)? } else { String::new() };
            if self.peek().is_none() {
                return Err(format!("Unclosed start tag at byte offset {begin}"));
            }
            let known = matches!((tag, name.as_str()), ("a", "href") | ("span", "class") | ("tg-emoji", "emoji-id"));
            if known {
                argument = value;
            } else if (tag, name.as_str()) == ("blockquote", "expandable") {
                argument = name;
            }
        }
    }

    fn value(&mut self, begin: usize) -> Result<String, String> {
        self.at += 1;
        self.take(char::is_whitespace);
        let Some(quote @ ('"' | '\'')) = self.peek() else {
            return Ok(self.take(|c| c.is_ascii_alphanumeric() || c == '.' || c == '-').to_lowercase());
        };
        self.at += 1;
        let mut value = String::new();
        while let Some(c) = self.peek() {
            if c == quote {
                self.at += 1;
                return Ok(value);
            }
            if c == '&' {
                value.push(self.entity());
            } else {
                self.at += c.len_utf8();
                value.push(c);
            }
        }
        Err(format!("Unclosed start tag at byte offset {begin}"))
    }

    fn close(&mut self) -> Result<(), String> {
        let begin = self.at;
        let Some(open) = self.open.pop() else {
            return Err(format!("Unexpected end tag at byte offset {begin}"));
        };
        self.at += 2;
        let found = self.take(|c| !c.is_whitespace() && c != '>').to_lowercase();
        self.take(char::is_whitespace);
        if self.peek() != Some('>') {
            return Err(format!("Unclosed end tag at byte offset {begin}"));
        }
        self.at += 1;
        if !found.is_empty() && found != open.tag {
            let expected = open.tag;
            return Err(format!(
                "Unmatched end tag at byte offset {begin}, expected \"</{expected}>\", found \"</{found}>\""
            ));
        }
        self.add(&open);
        Ok(())
    }

    fn add(&mut self, open: &Open) {
        let length = self.units - open.offset;
        let Some(kind) = kind_of(&open.tag).filter(|_| length > 0) else { return };
        let mut entity = json!({"type": kind, "offset": open.offset, "length": length});
        match kind {
            "text_link" => {
                let words = self.out.text.encode_utf16().skip(open.offset);
                let href = if open.argument.is_empty() {
                    String::from_utf16_lossy(&words.collect::<Vec<_>>())
                } else {
                    open.argument.clone()
                };
                match address(&href) {
                    Some(url) => entity["url"] = json!(url),
                    None => return,
                }
            }
            "custom_emoji" => entity["custom_emoji_id"] = json!(open.argument),
            "blockquote" if open.argument == "expandable" => entity["type"] = json!("expandable_blockquote"),
            _ => {}
        }
        debug_assert!(utf16(&self.out.text) == self.units, "units follow the words");
        self.out.entities.push(entity);
    }
}

/// The address of a link as the server keeps it; `None` when it is none, and then the words stay plain.
pub(super) fn address(href: &str) -> Option<String> {
    let known = ["http://", "https://", "tg://", "mailto:"].iter().any(|scheme| href.starts_with(scheme));
    let bare_host = !href.contains("://") && href.split('/').next().is_some_and(|host| host.contains('.'));
    let valid = !href.contains(char::is_whitespace) && (known || bare_host) && href.len() > 3;
    valid.then(|| if known { href.to_owned() } else { format!("http://{href}") })
}

fn kind_of(tag: &str) -> Option<&'static str> {
    Some(match tag {
        "b" | "strong" => "bold",
        "i" | "em" => "italic",
        "u" | "ins" => "underline",
        "s" | "strike" | "del" => "strikethrough",
        "tg-spoiler" | "span" => "spoiler",
        "a" => "text_link",
        "code" => "code",
        "pre" => "pre",
        "blockquote" => "blockquote",
        "tg-emoji" => "custom_emoji",
        _ => return None,
    })
}
