//! What is wrong with the environment, and what to do about it: one line for each key.

use crate::config::{self, ConfigProblem, ProblemKind};

/// All problems, one line each, with where to mend them.
pub fn problems(problems: &[ConfigProblem]) -> String {
    let lines: Vec<String> = problems.iter().map(problem).collect();
    format!("配置有{}处要改（在.env或环境变量里）：\n{}", problems.len(), lines.join("\n"))
}

/// One line naming the key, the fault and what to write instead. Never a secret.
pub fn problem(problem: &ConfigProblem) -> String {
    let text = match &problem.kind {
        ProblemKind::Token => {
            "格式不对，应像“123456:字母和数字”。请到@BotFather重新复制整行令牌（这里不显示它的内容）".to_owned()
        }
        ProblemKind::Address { schemes } => {
            format!("不是完整的网址，应以{}开头，如{}", any_of(schemes), example(problem.key))
        }
        ProblemKind::PublicNotHttps => {
            "要以https://开头：Telegram只向加密的网址推送。不用推送就删掉这一行，改为轮询".to_owned()
        }
        ProblemKind::DatabaseScheme => "要以sqlite://或postgres://开头，如sqlite://data/qingfeng.db".to_owned(),
        ProblemKind::DatabasePath => {
            "sqlite://后面要写一个文件，且不能以.key结尾，如sqlite://data/qingfeng.db".to_owned()
        }
        ProblemKind::DatabaseInMemory => "内存数据库关机就没了，请写一个文件，如sqlite://data/qingfeng.db".to_owned(),
        ProblemKind::DatabaseOptions => "文件名后面不要带“?”和选项，如sqlite://data/qingfeng.db".to_owned(),
        ProblemKind::DatabaseAddress => {
            "写法不对，应像postgres://用户:密码@主机:5432/库名；密码里的特殊字符要写成%加两位十六进制".to_owned()
        }
        ProblemKind::Zone { value } => format!("没有“{value}”这个时区，应像Asia/Shanghai"),
        ProblemKind::Listen { value } => format!("“{value}”不是监听地址，应是IP加端口，如127.0.0.1:8080"),
        ProblemKind::LogFilter { value } => format!("“{value}”不是日志级别，应像info或qingfeng=debug"),
    };
    format!("{}：{text}", problem.key)
}

/// `http://、https://或socks5://`
fn any_of(schemes: &[&str]) -> String {
    let mut all: Vec<String> = schemes.iter().map(|scheme| format!("{scheme}://")).collect();
    match (all.pop(), all.is_empty()) {
        (Some(last), false) => format!("{}或{last}", all.join("、")),
        (last, _) => last.unwrap_or_default(),
    }
}

fn example(key: &str) -> &'static str {
    match key {
        config::TELOXIDE_PROXY => "socks5://127.0.0.1:1080",
        config::QINGFENG_PUBLIC_URL => "https://bot.example.org",
        _ => "https://api.telegram.org",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_problem_says_what_to_write() {
        let value = "上海".to_owned();
        let all = [
            ("TELOXIDE_TOKEN", ProblemKind::Token),
            ("TELOXIDE_API_URL", ProblemKind::Address { schemes: &["http", "https"] }),
            ("TELOXIDE_PROXY", ProblemKind::Address { schemes: &["http", "https", "socks5", "socks5h"] }),
            ("DATABASE_URL", ProblemKind::DatabaseScheme),
            ("DATABASE_URL", ProblemKind::DatabasePath),
            ("DATABASE_URL", ProblemKind::DatabaseInMemory),
            ("DATABASE_URL", ProblemKind::DatabaseOptions),
            ("DATABASE_URL", ProblemKind::DatabaseAddress),
            ("QINGFENG_TZ", ProblemKind::Zone { value: value.clone() }),
            ("QINGFENG_HTTP_ADDR", ProblemKind::Listen { value: "8080".to_owned() }),
            ("QINGFENG_PUBLIC_URL", ProblemKind::PublicNotHttps),
            ("RUST_LOG", ProblemKind::LogFilter { value }),
        ]
        .map(|(key, kind)| ConfigProblem { key, kind });
        insta::assert_snapshot!(problems(&all), @"
        配置有12处要改（在.env或环境变量里）：
        TELOXIDE_TOKEN：格式不对，应像“123456:字母和数字”。请到@BotFather重新复制整行令牌（这里不显示它的内容）
        TELOXIDE_API_URL：不是完整的网址，应以http://或https://开头，如https://api.telegram.org
        TELOXIDE_PROXY：不是完整的网址，应以http://、https://、socks5://或socks5h://开头，如socks5://127.0.0.1:1080
        DATABASE_URL：要以sqlite://或postgres://开头，如sqlite://data/qingfeng.db
        DATABASE_URL：sqlite://后面要写一个文件，且不能以.key结尾，如sqlite://data/qingfeng.db
        DATABASE_URL：内存数据库关机就没了，请写一个文件，如sqlite://data/qingfeng.db
        DATABASE_URL：文件名后面不要带“?”和选项，如sqlite://data/qingfeng.db
        DATABASE_URL：写法不对，应像postgres://用户:密码@主机:5432/库名；密码里的特殊字符要写成%加两位十六进制
        QINGFENG_TZ：没有“上海”这个时区，应像Asia/Shanghai
        QINGFENG_HTTP_ADDR：“8080”不是监听地址，应是IP加端口，如127.0.0.1:8080
        QINGFENG_PUBLIC_URL：要以https://开头：Telegram只向加密的网址推送。不用推送就删掉这一行，改为轮询
        RUST_LOG：“上海”不是日志级别，应像info或qingfeng=debug
        ");
    }
}
