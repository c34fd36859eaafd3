//! Networks that fail, on real sockets of this machine. What matters in each case: could the message have left?

use std::{
    io,
    sync::atomic::{AtomicUsize, Ordering},
};

use rstest::rstest;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

use super::*;
use crate::channel::{Fault, FaultKind};

/// What a server does with every connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Manner {
    /// Closes without reading.
    Close,
    /// Reads the whole request, then closes without a word.
    ReadAndClose,
    /// Reads and never answers.
    Hang,
    /// Promises more than it sends, then closes.
    Truncate,
    /// Sends the beginning of an answer and no more, without closing.
    Stall,
    /// Answers what no TLS or HTTP client expects.
    Babble,
    /// Answers a request for a tunnel, as a proxy, with a refusal.
    RefuseTunnel,
}

const PROMISED: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\n{\"ok\":true,\"result\":{\"message_id\":7";

async fn serve(mut stream: TcpStream, manner: Manner) -> io::Result<()> {
    let mut request = vec![0; 8192];
    if manner == Manner::Close || stream.read(&mut request).await? == 0 {
        return Ok(());
    }
    let answer: &[u8] = match manner {
        Manner::Close | Manner::ReadAndClose | Manner::Hang => b"",
        Manner::Truncate | Manner::Stall => PROMISED,
        Manner::Babble => b"SSH-2.0-OpenSSH_9.6\r\n",
        Manner::RefuseTunnel => b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n",
    };
    stream.write_all(answer).await?;
    if matches!(manner, Manner::Hang | Manner::Stall) {
        while stream.read(&mut request).await? > 0 {}
    }
    stream.shutdown().await
}

/// A server of that manner: its host and port, and how many connections it has seen.
pub(super) async fn server(manner: Manner) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let seen = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&seen);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            counter.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(serve(stream, manner));
        }
    });
    (address, seen)
}

/// A port on which nobody listens.
pub(super) async fn dead_port() -> String {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().to_string()
}

async fn send(settings: &Settings) -> SendError {
    let bot = Telegram::new(settings).unwrap();
    free_of_token(bot.send(&group(), &item(), Style::Styled).await.unwrap_err())
}

#[track_caller]
pub(super) fn assert_not_sent(error: &SendError, kind: FaultKind) {
    assert!(matches!(error, SendError::NotSent(Fault { kind: seen, .. }) if *seen == kind), "{error:?}");
}

#[track_caller]
pub(super) fn assert_in_doubt(error: &SendError, kind: FaultKind) {
    assert!(matches!(error, SendError::InDoubt(Fault { kind: seen, .. }) if *seen == kind), "{error:?}");
}

#[tokio::test]
async fn d1_a_refused_port_has_got_nothing() {
    let url = format!("http://{}", dead_port().await);
    assert_not_sent(&send(&settings(&url)).await, FaultKind::Connect);
}

/// A label longer than a name may have fails in the resolver without asking anyone.
#[tokio::test]
async fn d1_a_name_that_does_not_resolve_has_got_nothing() {
    let url = format!("http://{}.invalid", "a".repeat(64));
    assert_not_sent(&send(&settings(&url)).await, FaultKind::Dns);
}

#[rstest]
#[case(Manner::Babble, FaultKind::Tls)]
#[case(Manner::ReadAndClose, FaultKind::Tls)]
// The handshake has no end: the limit for connecting, not the one for the call, must strike.
#[case(Manner::Hang, FaultKind::Connect)]
#[tokio::test]
async fn d2_a_failed_handshake_has_sent_nothing(#[case] manner: Manner, #[case] kind: FaultKind) {
    let (address, _) = server(manner).await;
    assert_not_sent(&send(&settings(&format!("https://{address}"))).await, kind);
}

#[rstest]
#[case(Manner::Close, FaultKind::Broken)]
#[case(Manner::ReadAndClose, FaultKind::Broken)]
#[case(Manner::Truncate, FaultKind::Broken)]
#[case(Manner::Babble, FaultKind::Broken)]
#[case(Manner::Hang, FaultKind::Timeout)]
#[case(Manner::Stall, FaultKind::Timeout)]
#[tokio::test]
async fn d3_d4_a_connection_that_fails_later_leaves_doubt(#[case] manner: Manner, #[case] kind: FaultKind) {
    let (address, seen) = server(manner).await;
    assert_in_doubt(&send(&settings(&format!("http://{address}"))).await, kind);
    assert_eq!(seen.load(Ordering::SeqCst), 1, "what is in doubt must not be repeated by the client itself");
}

#[rstest]
#[case("http")]
#[case("socks5")]
#[tokio::test]
async fn d9_a_dead_proxy_has_passed_nothing_on(#[case] scheme: &str) {
    let proxy = Some(format!("{scheme}://{}", dead_port().await));
    let (address, _) = server(Manner::Hang).await;
    let error = send(&Settings { proxy, ..settings(&format!("https://{address}")) }).await;
    assert_not_sent(&error, FaultKind::Connect);
}

#[tokio::test]
async fn d9_a_proxy_that_refuses_the_tunnel_has_passed_nothing_on() {
    let (proxy, _) = server(Manner::RefuseTunnel).await;
    let settings = Settings { proxy: Some(format!("http://{proxy}")), ..settings("https://api.telegram.org") };
    assert_not_sent(&send(&settings).await, FaultKind::Connect);
}

#[rstest]
#[case(Manner::Close, FaultKind::Broken)]
#[case(Manner::Hang, FaultKind::Timeout)]
#[tokio::test]
async fn a_poll_that_fails_can_be_repeated(#[case] manner: Manner, #[case] kind: FaultKind) {
    let (address, _) = server(manner).await;
    let error = bot(&format!("http://{address}")).get_updates(None, Duration::ZERO, None).await.unwrap_err();
    assert!(matches!(free_of_token(error), PollError::Unreachable(fault) if fault.kind == kind));
}

/// A poll is allowed to take longer than any other call.
#[tokio::test]
async fn a_poll_waits_as_long_as_the_server_was_asked_to() {
    let (address, _) = server(Manner::Hang).await;
    let patient = Settings {
        timeouts: Timeouts { call: Duration::from_millis(200), ..settings("").timeouts },
        ..settings(&format!("http://{address}"))
    };
    let bot = Telegram::new(&patient).unwrap();
    let poll = tokio::spawn(async move { bot.get_updates(None, Duration::from_secs(50), None).await });
    // Two calls run out of time one after the other while the poll waits on.
    for _ in 0..2 {
        assert_in_doubt(&send(&patient).await, FaultKind::Timeout);
    }
    assert!(!poll.is_finished(), "the limit of a call must not end a poll");
    poll.abort();
}
