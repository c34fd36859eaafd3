//! Words for faults of item files: one line each, naming the file, the place and what to do.

use crate::domain::calendar::Festival;
use crate::domain::content::{
    BodyFault, ContentProblem, ContentProblemKind as Kind, FrontFault, Markup, QuizFault, Theme,
};

/// One line: file, line, key, fault and remedy.
pub fn problem(file: &str, problem: &ContentProblem) -> String {
    let line = problem.line.map(|line| format!(" 第{line}行")).unwrap_or_default();
    let field = problem.field.map(|field| format!(" {field}")).unwrap_or_default();
    format!("{file}{line}{field}：{}", fault(&problem.kind))
}

fn fault(kind: &Kind) -> String {
    match kind {
        Kind::NotUtf8 => "不是UTF-8编码的文本，请用记事本打开，另存为时编码选UTF-8。".to_owned(),
        Kind::Front(fault) => front(fault),
        Kind::Body(fault) => body(fault),
        Kind::Missing => "没有填写，请补上。".to_owned(),
        Kind::LineBreak => "只能写一行，请去掉换行。".to_owned(),
        Kind::TooLong { len, max } => format!("{len}字，超过上限{max}字，请删去{}字。", len - max),
        Kind::AlertTooLong { len, max } => {
            format!("连同条号共{len}字，“看原文”最多显示{max}字，请删去{}字（在句末截取，不改字）。", len - max)
        }
        Kind::PlaceholderOutsideBody => "待填项〔…〕只能写在正文里，请移到正文。".to_owned(),
        Kind::BadSlug { found } => {
            format!("“{found}”不能用作名称，请只用小写英文字母、数字和连字符，不超过64个字符。")
        }
        Kind::SlugNotFileName { found, stem } => {
            format!("“{found}”与文件名“{stem}”不同，请改成一样。")
        }
        Kind::UnknownTheme { found } => format!("没有“{found}”这个主题，请用：{}。", themes()),
        Kind::ThemeNotFolder { found, folder } => {
            format!("“{found}”与所在文件夹“{folder}”不同，请改成一样，或把文件移到“{found}”文件夹。")
        }
        Kind::BadAudience { found } => {
            format!("不认识“{found}”，请写“全体”，或党员、公职人员、聘用中的一类或几类，几类之间用顿号。")
        }
        Kind::BadBasis { found } => {
            format!("“{found}”写法不对，请写成《法规全称》（2020年7月1日起施行）第三十四条第一款，年份和条号都要有。")
        }
        Kind::BadDate { found } => format!("“{found}”不是日期，请写成2026-11-20的样子。"),
        Kind::ExpiresTooEarly => "失效日期不晚于核对日期，请核对两个日期。".to_owned(),
        Kind::BadConfirm { found } => {
            format!("“{found}”写法不对，请写required（需知悉）、voluntary（自愿）或none（不统计）。")
        }
        Kind::BadCode { found } => format!("编号“{found}”写法不对，请写成ZW-017或JQ-2027-01的样子。"),
        Kind::BadTag { found } => {
            format!("标签“{found}”写法不对，请只用汉字、小写英文字母、数字和连字符，不超过20个字。")
        }
        Kind::TooManyTags { len, max } => format!("有{len}个标签，最多{max}个，请删去{}个。", len - max),
        Kind::UnknownFestival { found } => {
            format!("没有“{found}”这个节日，请用：{}。", festivals())
        }
        Kind::FestivalsElsewhere => "只有节前提醒（theme: festival）写节日，请删去这一行。".to_owned(),
        Kind::Twice { found } => format!("“{found}”写了两次，请删去一个。"),
        Kind::Quiz { nth, fault } => {
            let nth = if *nth == 0 { String::new() } else { format!("第{nth}题") };
            format!("{nth}{}", quiz(fault))
        }
        Kind::DuplicateSlug { slug, other } => {
            format!("“{slug}”已用于{other}，请给其中一个改名（文件名同时改）。")
        }
        Kind::DuplicateCode { code, other } => format!("编号“{code}”已用于{other}，请换一个没有用过的编号。"),
    }
}

fn quiz(fault: &QuizFault) -> String {
    match fault {
        QuizFault::NoQuestion => "没有题目，请写上，或删去quiz这一行。".to_owned(),
        QuizFault::TooManyQuestions { len, max } => format!("有{len}道题，最多{max}道，请删去{}道。", len - max),
        QuizFault::UnknownKey { key } => format!("里没有“{key}”这个键，请核对拼写，或删去这一行。"),
        QuizFault::Missing { key } => format!("没有写{key}，请补上。"),
        QuizFault::NotPlain { key } => format!("的{key}只能写一行，也不能有待填项〔…〕。"),
        QuizFault::QuestionTooLong { len, max } => format!("题目{len}字，超过上限{max}字，请删去{}字。", len - max),
        QuizFault::OptionTooLong { len, max } => format!("有一个选项{len}字，超过上限{max}字，请删去{}字。", len - max),
        QuizFault::ExplainTooLong { len, max } => format!("解析{len}字，超过上限{max}字，请删去{}字。", len - max),
        QuizFault::AlertTooLong { len, max } => {
            format!("的答案、解析和依据合起来{len}字，群里的提示最多显示{max}字，请把解析删去{}字。", len - max)
        }
        QuizFault::OptionCount { len, least, most } => format!("有{len}个选项，请写{least}至{most}个。"),
        QuizFault::OptionEmpty => "有一个选项是空的，请写上，或者删去这一行。".to_owned(),
        QuizFault::OptionTwice { found } => format!("的选项“{found}”写了两次，请改掉一个。"),
        QuizFault::OptionLettered { found } => format!("的选项“{found}”请删去前面的字母，程序会自动加上。"),
        QuizFault::NoKey => "没有写正确答案，请写answer: B（单选）或answers: AC（多选）。".to_owned(),
        QuizFault::BothKeys => "同时写了answer和answers，请只留一个：单选写answer，多选写answers。".to_owned(),
        QuizFault::BadKey { found } => format!("的答案“{found}”写法不对，请写选项的大写字母，例如B。"),
        QuizFault::SeveralKeys { found } => {
            format!("是单选，却写了{}个答案“{found}”，请只留一个；多选请改写answers: {found}。", found.chars().count())
        }
        QuizFault::OneKey { found } => format!("是多选，却只有1个答案“{found}”，单选请改写answer: {found}。"),
        QuizFault::KeyOutOfRange { found, options } => {
            format!("的答案“{found}”不在选项里，只有{options}个选项，请核对。")
        }
        QuizFault::BadBasis { found } => {
            format!(
                "的依据“{found}”写法不对，请写成《法规全称》（2020年7月1日起施行）第三十四条第一款，年份和条号都要有。"
            )
        }
    }
}

fn front(fault: &FrontFault) -> String {
    match fault {
        FrontFault::Missing => "开头缺少资料栏，请在第1行写---，逐行填写资料，再写一行---，然后是正文。".to_owned(),
        FrontFault::Unclosed => "资料栏没有结束，请在资料和正文之间补一行---。".to_owned(),
        FrontFault::FullWidthColon { key } => format!("{key}后面是全角冒号，请改成半角冒号加一个空格。"),
        FrontFault::Syntax => {
            "资料栏写法不对，请检查这一行和上一行：每行是“键: 值”，值里有半角冒号或引号时整个值加半角双引号。"
                .to_owned()
        }
        FrontFault::DuplicateKey { key } => format!("{key}写了两次，请删去一个。"),
        FrontFault::UnknownKey { key } => format!("没有“{key}”这个键，请核对拼写，或删去这一行。"),
    }
}

fn body(fault: &BodyFault) -> String {
    match fault {
        BodyFault::Empty => "没有正文，请在第二个---下面写正文。".to_owned(),
        BodyFault::Unsupported(markup) => unsupported(*markup).to_owned(),
        BodyFault::MarkupUnclosed => {
            "强调或链接的标记没有成对，请补上另一半，两头不留空格；要显示星号本身请写\\*。".to_owned()
        }
        BodyFault::BadLink { url } => format!("链接“{url}”打不开，请写以https://开头的完整网址。"),
        BodyFault::TooLong { len, max } => {
            format!("全文连同标题、依据等共{len}字，最多{max}字，请删去{}字或分成两条。", len - max)
        }
        BodyFault::BracketCut => {
            "〔和〕没有成对，或中间夹了加粗、斜体、链接，请补全，并把标记移到括号外面。".to_owned()
        }
        BodyFault::UnknownPlaceholder { found } => {
            format!("〔{found}〕没有对应的设置，请用qingfeng setting list查看可用的名称。")
        }
    }
}

fn unsupported(markup: Markup) -> &'static str {
    match markup {
        Markup::Html => "正文里不能用HTML标签或注释，请删去，只留文字。",
        Markup::Image => "正文里不能放图片，请删去。",
        Markup::Table => "正文里不能用表格，请改成几行文字或列表。",
        Markup::Code => "聊天里不显示代码格式，请去掉反引号；段首也不要空四格。",
        Markup::Quote => "正文里不能用引用（行首的>），请删去这个符号。",
        Markup::Rule => "正文里不能用分隔线（---、***或===），请删去，段落之间空一行即可。",
        Markup::NestedList => "列表里不能再套列表，请改成一层。",
        Markup::Strikethrough => "正文里不能用删除线，请去掉~符号。",
        Markup::Other => "这种格式在聊天里显示不出来，请改成普通文字。",
    }
}

fn themes() -> String {
    let names: Vec<String> =
        Theme::ALL.iter().map(|theme| format!("{}（{}）", theme.as_str(), theme.label())).collect();
    names.join("、")
}

fn festivals() -> String {
    Festival::ALL.iter().map(|festival| festival.label()).collect::<Vec<_>>().join("、")
}

#[cfg(test)]
mod tests;
