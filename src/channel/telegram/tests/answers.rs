//! Answers to presses, which go over connections of our own.

use std::sync::atomic::{AtomicUsize, Ordering};

use hyper_rustls::HttpsConnectorBuilder;
use reqwest::Url;
use rstest::rstest;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::PrivatePkcs8KeyDer;
use tokio_rustls::rustls::{ClientConfig, RootCertStore, ServerConfig};

use super::direct::Direct;

use super::faults::{Manner, assert_in_doubt, assert_not_sent, dead_port, server};
use super::*;
use crate::channel::FaultKind;

const SHOWN: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 25\r\n\r\n{\"ok\":true,\"result\":true}";

/// A server that closes each connection after so many answers: its address, and how many connections it has seen.
async fn answers(each: usize) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let seen = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&seen);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            counter.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(async move {
                let mut request = vec![0; 8192];
                for _ in 0..each {
                    if stream.read(&mut request).await.unwrap_or(0) == 0 {
                        return;
                    }
                    stream.write_all(SHOWN).await.unwrap();
                }
            });
        }
    });
    (address, seen)
}

async fn answer(settings: &Settings) -> SendError {
    let bot = Telegram::new(settings).unwrap();
    free_of_token(bot.answer("cb", &toast()).await.unwrap_err())
}

#[tokio::test]
async fn one_after_the_other_they_share_a_connection() {
    let (address, seen) = answers(100).await;
    let bot = patient_bot(&format!("http://{address}"));
    for _ in 0..20 {
        assert_eq!(bot.answer("cb", &toast()).await, Ok(Answered::Shown));
    }
    assert_eq!(seen.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn side_by_side_they_have_as_many_as_they_need_and_keep_them() {
    let (address, seen) = answers(100).await;
    let bot = patient_bot(&format!("http://{address}"));
    for _ in 0..3 {
        let mut all = JoinSet::new();
        for _ in 0..8 {
            let bot = bot.clone();
            all.spawn(async move { bot.answer("cb", &toast()).await });
        }
        assert!(all.join_all().await.into_iter().all(|shown| shown == Ok(Answered::Shown)));
    }
    assert!(seen.load(Ordering::SeqCst) <= 8, "{seen:?}");
}

#[tokio::test]
async fn a_connection_that_the_server_closed_meanwhile_costs_no_answer() {
    let (address, seen) = answers(1).await;
    let bot = patient_bot(&format!("http://{address}"));
    for _ in 0..20 {
        assert_eq!(bot.answer("cb", &toast()).await, Ok(Answered::Shown));
    }
    assert_eq!(seen.load(Ordering::SeqCst), 20);
}

#[rstest]
#[case(Manner::Close, FaultKind::Broken)]
#[case(Manner::ReadAndClose, FaultKind::Broken)]
#[case(Manner::Truncate, FaultKind::Broken)]
#[case(Manner::Babble, FaultKind::Broken)]
#[case(Manner::Hang, FaultKind::Timeout)]
#[case(Manner::Stall, FaultKind::Timeout)]
#[tokio::test]
async fn one_whose_connection_fails_is_not_repeated(#[case] manner: Manner, #[case] kind: FaultKind) {
    let (address, seen) = server(manner).await;
    assert_in_doubt(&answer(&settings(&format!("http://{address}"))).await, kind);
    assert_eq!(seen.load(Ordering::SeqCst), 1);
}

#[rstest]
#[case("http")]
#[case("https")]
#[tokio::test]
async fn without_a_connection_nothing_was_sent(#[case] scheme: &str) {
    let url = format!("{scheme}://{}", dead_port().await);
    assert_not_sent(&answer(&settings(&url)).await, FaultKind::Connect);
    let (address, _) = server(Manner::Babble).await;
    if scheme == "https" {
        assert_not_sent(&answer(&settings(&format!("https://{address}"))).await, FaultKind::Tls);
    }
}

/// A server with a certificate of its own for `localhost`, and who trusts it.
async fn sealed(each: usize) -> (String, ClientConfig) {
    let own = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = PrivatePkcs8KeyDer::from(own.signing_key.serialize_der()).into();
    let server = ServerConfig::builder().with_no_client_auth().with_single_cert(vec![own.cert.der().clone()], key);
    let acceptor = TlsAcceptor::from(Arc::new(server.unwrap()));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let mut request = vec![0; 8192];
            for _ in 0..each {
                assert!(stream.read(&mut request).await.unwrap() > 0);
                stream.write_all(SHOWN).await.unwrap();
            }
        }
    });
    let mut roots = RootCertStore::empty();
    roots.add(own.cert.der().clone()).unwrap();
    (format!("https://localhost:{port}"), ClientConfig::builder().with_root_certificates(roots).with_no_client_auth())
}

#[tokio::test]
async fn they_go_out_sealed_to_who_is_trusted_and_to_nobody_else() {
    let (address, trusting) = sealed(2).await;
    let url = Url::parse(&format!("{address}/bot1:a/answerCallbackQuery")).unwrap();
    let tls = HttpsConnectorBuilder::new().with_tls_config(trusting);
    let direct = Direct::trusting(tls, &url, Timeouts::default()).unwrap();
    for _ in 0..2 {
        let reply = direct.post(b"{}".to_vec()).await.unwrap();
        assert_eq!((reply.status.as_u16(), &*reply.body), (200, &b"{\"ok\":true,\"result\":true}"[..]));
    }
    assert_not_sent(&answer(&settings(&address)).await, FaultKind::Tls);
}

#[tokio::test]
async fn a_proxy_that_is_set_is_not_passed_by() {
    let proxy = Some(format!("http://{}", dead_port().await));
    let (address, seen) = answers(1).await;
    let error = answer(&Settings { proxy, ..settings(&format!("http://{address}")) }).await;
    assert_not_sent(&error, FaultKind::Connect);
    assert_eq!(seen.load(Ordering::SeqCst), 0);
}
