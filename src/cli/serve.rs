//! `serve`: the service itself.

use clap::Args;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use super::out::{Ended, Failure, line};
use super::session::Setup;
use crate::app::{self, StartError};
use crate::channel::SetupError;
use crate::clock::Clock;
use crate::config::Config;

/// 启动服务：按计划推送、接收确认，直到按Ctrl-C或收到停止信号
///
/// 第一次启动会自动建立数据库和密钥；以后的版本升级也在启动时完成。同一个SQLite数据库只能有一个服务在运行，其他命令可以同时使用。
///
/// 平台暂时连不上也能启动，连上后自动继续。
#[derive(Debug, Args)]
#[command(after_help = "例子\n  qingfeng serve")]
pub struct Serve {}

impl Serve {
    /// Carries the command out.
    pub fn run(self, setup: &Setup) -> Ended {
        let config = setup.config()?;
        // One thread for what is many small steps: they wake each other, and to wake another processor costs more than a step.
        // SQLite works on threads of its own.
        // What the database's thread hands back is looked for after every other step, not after many: presses wait for it.
        let mut runtime = tokio::runtime::Builder::new_multi_thread();
        let runtime = runtime.worker_threads(1).global_queue_interval(2).enable_all().build();
        runtime.map_err(|error| line(format!("程序启动不了（{error}）")))?.block_on(serve(config))
    }
}

async fn serve(config: &Config) -> Ended {
    let shutdown = shutdown_signal()?;
    // Before the port: of two services on one database the second is told about the first, not about its port.
    let app = app::build(config, Clock::system()).await.map_err(failure)?;
    let listener = TcpListener::bind(config.http_addr).await;
    let listener = listener.map_err(|error| {
        line(format!("{}不能监听（{error}）。请换一个QINGFENG_HTTP_ADDR，或停掉占用它的程序", config.http_addr))
    })?;
    tracing::info!(database = %config.database, http = %config.http_addr, "started");
    app::run(app, listener, shutdown).await.map_err(failure)?;
    tracing::info!("stopped");
    Ok(())
}

/// Resolves when the program is asked to stop: Ctrl-C, a service manager's SIGTERM, or the terminal that was closed.
pub fn shutdown_signal() -> Ended<impl Future<Output = ()>> {
    let listen = |kind| signal(kind).map_err(|error| line(format!("程序启动不了（{error}）")));
    let (mut interrupt, mut terminate) = (listen(SignalKind::interrupt())?, listen(SignalKind::terminate())?);
    let mut hangup = listen(SignalKind::hangup())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
    })
}

/// Why the service did not start, in words.
pub fn failure(error: StartError) -> Failure {
    match error {
        StartError::Office(refusal) => Failure::Refused(refusal),
        StartError::NoToken => line("没有设置TELOXIDE_TOKEN。请向平台申请机器人令牌，写进.env的TELOXIDE_TOKEN一行"),
        StartError::TokenRefused => line("平台不认TELOXIDE_TOKEN里的令牌。请核对或向平台重新申请（这里不显示它的值）"),
        StartError::LoopEnded => line("程序内部有一部分意外停止，已全部停下。请查看上面的日志后重新启动"),
        StartError::Channel(SetupError::Token) => {
            line("TELOXIDE_TOKEN不是机器人令牌的样子。请核对后重写（这里不显示它的值）")
        }
        StartError::Channel(SetupError::ApiUrl) => line("TELOXIDE_API_URL不是http或https地址。请改正"),
        StartError::Channel(SetupError::Proxy) => {
            line("TELOXIDE_PROXY不是可用的代理地址。请写成http://、https://或socks5://开头的地址")
        }
        StartError::Channel(SetupError::Client) => line("网络组件启动不了。请检查系统后重试"),
    }
}
