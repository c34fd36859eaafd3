//! Whether what people press can reach the program: by polling always, by webhook where the platform can call it.

use reqwest::Url;

use super::platform;
use crate::channel::telegram::WebhookInfo;
use crate::config::Config;
use crate::web::hook::PATH;

/// The ports that Telegram calls.
const PORTS: [u16; 4] = [443, 80, 88, 8443];

/// How updates come in, or why they cannot, and what the platform knows of it.
pub(super) async fn check(config: &Config) -> Result<String, String> {
    let way = way(config)?;
    let Some(token) = &config.token else { return Ok(way) };
    let Ok(telegram) = platform::connect(config, token) else { return Ok(way) };
    // A platform that does not answer is the next check's to complain of.
    let Ok(info) = telegram.webhook_info().await else { return Ok(way) };
    Ok(format!("{way}{}", stands(config, &info)))
}

/// How updates come in by the configuration alone.
pub(super) fn way(config: &Config) -> Result<String, String> {
    let Some(url) = &config.public_url else { return Ok("轮询，不需要公网地址".to_owned()) };
    let here = url.scheme() == "http";
    match url.port_or_known_default() {
        Some(port) if here || PORTS.contains(&port) => {
            Ok(format!("由Telegram送到{}，反向代理转到{}", address(url), config.http_addr))
        }
        port => Err(format!(
            "QINGFENG_PUBLIC_URL的端口是{}，Telegram只访问443、80、88、8443。请在反向代理上改用其中一个",
            port.unwrap_or_default()
        )),
    }
}

fn address(public: &Url) -> String {
    format!("{}{PATH}", public.as_str().trim_end_matches('/'))
}

/// What the platform says of it, as a note: starting the service sets it right.
fn stands(config: &Config, info: &WebhookInfo) -> String {
    let wanted = config.public_url.as_ref().map(address).unwrap_or_default();
    if info.url != wanted {
        return match (info.url.is_empty(), wanted.is_empty()) {
            (true, _) => "；还没有登记，启动服务时会自动登记".to_owned(),
            (false, true) => "；注意：现在登记着一个接收网址，启动服务时会取消它，未收的消息不丢".to_owned(),
            (false, false) => "；注意：现在登记的是另一个网址，启动服务时会改过来".to_owned(),
        };
    }
    match &info.last_error_message {
        Some(error) if info.pending_update_count > 0 => {
            format!("；注意：有{}条还没有送到（{error}）。请检查反向代理和证书", info.pending_update_count)
        }
        Some(_) | None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail loudly")]

    use super::*;
    use rstest::rstest;

    fn config(public: &str) -> Config {
        let public = public.to_owned();
        Config::from_env(|key| (key == crate::config::QINGFENG_PUBLIC_URL).then(|| public.clone())).unwrap()
    }

    fn info(url: &str, waiting: u64) -> WebhookInfo {
        WebhookInfo {
            url: url.to_owned(),
            pending_update_count: waiting,
            max_connections: None,
            allowed_updates: None,
            last_error_date: None,
            last_error_message: Some("Connection refused".to_owned()),
        }
    }

    #[rstest]
    #[case("", Ok("轮询，不需要公网地址"))]
    #[case(
        "https://bot.example.org",
        Ok("由Telegram送到https://bot.example.org/hook/telegram，反向代理转到127.0.0.1:8080")
    )]
    #[case(
        "https://bot.example.org:8443/qf/",
        Ok("由Telegram送到https://bot.example.org:8443/qf/hook/telegram，反向代理转到127.0.0.1:8080")
    )]
    #[case(
        "http://127.0.0.1:9000",
        Ok("由Telegram送到http://127.0.0.1:9000/hook/telegram，反向代理转到127.0.0.1:8080")
    )]
    #[case(
        "https://bot.example.org:9000",
        Err("QINGFENG_PUBLIC_URL的端口是9000，Telegram只访问443、80、88、8443。请在反向代理上改用其中一个")
    )]
    fn the_way_is_told(#[case] public: &str, #[case] told: Result<&str, &str>) {
        assert_eq!(way(&config(public)).as_deref().map_err(String::as_str), told);
    }

    #[rstest]
    #[case("https://a.example", "https://a.example/hook/telegram", 0, "")]
    #[case(
        "https://a.example",
        "https://a.example/hook/telegram",
        7,
        "；注意：有7条还没有送到（Connection refused）。请检查反向代理和证书"
    )]
    #[case("https://a.example", "", 0, "；还没有登记，启动服务时会自动登记")]
    #[case("https://a.example", "https://b.example/x", 0, "；注意：现在登记的是另一个网址，启动服务时会改过来")]
    #[case("", "https://b.example/x", 0, "；注意：现在登记着一个接收网址，启动服务时会取消它，未收的消息不丢")]
    #[case("", "", 0, "")]
    fn what_the_platform_knows_is_told(
        #[case] public: &str,
        #[case] url: &str,
        #[case] waiting: u64,
        #[case] told: &str,
    ) {
        assert_eq!(stands(&config(public), &info(url, waiting)), told);
    }
}
