//! Formatted text as the Bot API has it: plain text plus entities counted in UTF-16 units. HTML is parsed with the real
//! server's error texts; commands, mentions and links are found in the words as the real server finds them.

use serde_json::{Value, json};

use super::html;
use super::params::Params;
use super::refusal::Refusal;

/// Words with their formatting.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Formatted {
    pub(super) text: String,
    /// Bot API `MessageEntity` objects.
    pub(super) entities: Vec<Value>,
}

/// Length as the Bot API counts it.
pub(super) fn utf16(text: &str) -> usize {
    text.encode_utf16().count()
}

impl Formatted {
    /// A person's words, with the entities a client would find in them.
    pub(super) fn found_in(text: &str) -> Self {
        let mut formatted = Self { text: text.to_owned(), entities: Vec::new() };
        formatted.find();
        formatted
    }

    /// Reads `field` with its `parse_mode` or its entities parameter.
    pub(super) fn from_params(params: &Params, field: &str, entities: &str) -> Result<Self, Refusal> {
        let text = params.text(field);
        let mut formatted = match params.text("parse_mode").to_lowercase().as_str() {
            "" => {
                let given = params.json(entities).and_then(|v| v.as_array().cloned()).unwrap_or_default();
                Self { text: text.to_owned(), entities: given }
            }
            "html" => html::parse(text).map_err(|why| Refusal::bad(&format!("can't parse entities: {why}")))?,
            "markdown" | "markdownv2" => return Err(Refusal::bad("the sandbox reads parse_mode HTML only")),
            _ => return Err(Refusal::bad("unsupported parse_mode")),
        };
        formatted.trim();
        formatted.find();
        Ok(formatted)
    }

    /// Takes white space off both ends and moves the entities with the words.
    fn trim(&mut self) {
        let cut = self.text.len() - self.text.trim_start().len();
        let cut_units = utf16(&self.text[..cut]);
        let kept = self.text.trim().to_owned();
        let total = utf16(&kept);
        self.text = kept;
        self.entities.retain_mut(|entity| {
            let begin = unit(entity, "offset").saturating_sub(cut_units);
            let end = (unit(entity, "offset") + unit(entity, "length")).saturating_sub(cut_units).min(total);
            entity["offset"] = json!(begin);
            entity["length"] = json!(end.saturating_sub(begin));
            end > begin
        });
    }

    /// Adds commands, mentions and links that stand in the words and are not inside another link or code.
    fn find(&mut self) {
        let mut offset = 0;
        let mut found = Vec::new();
        for word in self.text.split_inclusive(char::is_whitespace) {
            if let Some((kind, length)) = kind_of(word.trim_end()) {
                let covered = self.entities.iter().any(|e| {
                    unit(e, "offset") <= offset && offset < unit(e, "offset") + unit(e, "length") && is_literal(e)
                });
                if !covered {
                    found.push(json!({"type": kind, "offset": offset, "length": length}));
                }
            }
            offset += utf16(word);
        }
        self.entities.extend(found);
        self.entities.sort_by_key(|e| (unit(e, "offset"), std::cmp::Reverse(unit(e, "length"))));
    }
}

fn unit(entity: &Value, field: &str) -> usize {
    entity[field].as_u64().and_then(|n| usize::try_from(n).ok()).unwrap_or(0)
}

fn is_literal(entity: &Value) -> bool {
    matches!(entity["type"].as_str(), Some("text_link" | "code" | "pre" | "url" | "bot_command" | "mention"))
}

/// What one word is, with the length of that part in UTF-16 units.
fn kind_of(word: &str) -> Option<(&'static str, usize)> {
    let name = |text: &str| text.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').count();
    if let Some(rest) = word.strip_prefix('/') {
        let command = name(rest);
        let addressed = rest[command..].strip_prefix('@').map_or(0, |bot| name(bot) + 1);
        return (command > 0).then_some(("bot_command", 1 + command + if addressed > 1 { addressed } else { 0 }));
    }
    if let Some(rest) = word.strip_prefix('@') {
        return (name(rest) >= 4).then_some(("mention", 1 + name(rest)));
    }
    if word.starts_with("http://") || word.starts_with("https://") {
        let length = word.chars().take_while(char::is_ascii_graphic).count();
        return (length > 8).then_some(("url", length));
    }
    None
}
