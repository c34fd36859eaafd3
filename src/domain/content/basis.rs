//! The rule an item rests on, as editors write it and as it is printed after 依据.

/// The rule an item rests on, written as it is printed: `《title》（version）article`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Basis {
    /// Full name without 《》.
    pub title: String,
    /// Which text of the rule, with its date: 2020年7月1日起施行. Article numbers move between versions.
    pub version: String,
    /// 第三十四条第一款
    pub article: String,
}

impl Basis {
    /// Reads the printed form; `None` when a part is absent, the version has no year or the article no 第.
    pub fn parse(text: &str) -> Option<Self> {
        let (title, rest) = text.trim().strip_prefix('《')?.split_once("》（")?;
        let (version, article) = rest.split_once('）')?;
        let article = article.trim();
        let (before_year, _) = version.split_once('年')?;
        let has_year = before_year.len() >= 4 && before_year.bytes().rev().take(4).all(|b| b.is_ascii_digit());
        let whole = !title.is_empty() && has_year && article.starts_with('第') && article.chars().nth(1).is_some();
        whole.then(|| Self { title: title.to_owned(), version: version.to_owned(), article: article.to_owned() })
    }

    /// As printed after 依据.
    pub fn label(&self) -> String {
        format!("《{}》（{}）{}", self.title, self.version, self.article)
    }
}

/// All bases in one line, as printed after 依据: articles of one rule are joined by 、 and rules by ；.
pub fn basis_label(all: &[Basis]) -> String {
    let mut label = String::new();
    let mut last: Option<&Basis> = None;
    for basis in all {
        match last {
            Some(last) if last.title == basis.title && last.version == basis.version => {
                label.push('、');
                label.push_str(&basis.article);
            }
            Some(_) => {
                label.push('；');
                label.push_str(&basis.label());
            }
            None => label.push_str(&basis.label()),
        }
        last = Some(basis);
    }
    label
}
