//! `sandbox`: the local Bot API server alone, for trying things out.

use std::net::SocketAddr;

use clap::Args;
use tokio::net::TcpListener;

use super::out::{self, Ended, line};
use super::serve::shutdown_signal;
use super::session::Setup;
use crate::sandbox::{Options, Time};

/// 启动本机的试用平台：不连任何外网，浏览器里就能看到群和私聊
///
/// 让服务连到它：把TELOXIDE_API_URL设成它的地址，TELOXIDE_TOKEN设成它的令牌。
#[derive(Debug, Args)]
#[command(after_help = "例子\n  qingfeng sandbox\n  qingfeng sandbox --addr 127.0.0.1:9001 --token 7000001:try-out")]
pub struct Sandbox {
    /// 监听的地址
    #[arg(long, value_name = "地址", default_value = "127.0.0.1:8081")]
    addr: SocketAddr,
    /// 机器人的令牌，写成“数字:字母数字”
    #[arg(long, value_name = "令牌", default_value = "7000001:sandbox")]
    token: String,
}

/// What the bot of the sandbox is called.
const USERNAME: &str = "qingfeng_bot";

impl Sandbox {
    /// Carries the command out.
    pub fn run(self, setup: &Setup) -> Ended {
        setup.block_on(async {
            let shutdown = shutdown_signal()?;
            let listener = TcpListener::bind(self.addr).await;
            let listener =
                listener.map_err(|error| line(format!("{}不能监听（{error}）。请换一个--addr", self.addr)))?;
            out::print(&format!("试用平台已启动：http://{}/\n令牌：{}\n按Ctrl-C停止。", self.addr, self.token))?;
            let options = Options { token: self.token, username: USERNAME.to_owned(), time: Time::System };
            let served = crate::sandbox::Sandbox::new(options).serve(listener, shutdown).await;
            served.map_err(|error| line(format!("试用平台停止了（{error}）")))
        })
    }
}
