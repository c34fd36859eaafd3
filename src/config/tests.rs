#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests fail loudly")]

use rstest::rstest;

use super::*;

/// The sandbox's sort of token; its second part must never be seen anywhere.
const TOKEN: &str = "7001:Top-Secret_part";

fn read(pairs: &[(&str, &str)]) -> Result<Config, Vec<ConfigProblem>> {
    Config::from_env(|key| pairs.iter().find(|(name, _)| *name == key).map(|(_, value)| (*value).to_owned()))
}

fn problem(key: &'static str, value: &str) -> ProblemKind {
    let mut problems = read(&[(key, value)]).unwrap_err();
    assert_eq!(problems.len(), 1);
    let problem = problems.remove(0);
    assert_eq!(problem.key, key);
    problem.kind
}

/// The configuration as a person would list it; secrets through their `Debug`.
fn listed(config: &Config) -> String {
    let Config {
        token,
        api_url,
        proxy,
        database,
        zone,
        content_dir,
        http_addr,
        public_url,
        secret_file,
        operator,
        log,
    } = config;
    let public_url = public_url.as_ref().map(Url::as_str);
    format!(
        "token {token:?}\napi {api_url}\nproxy {proxy:?}\ndatabase {database}\nzone {zone}\ncontent {content_dir:?}\n\
         http {http_addr}\npublic {public_url:?}\nsecret {secret_file:?}\noperator {operator:?}\nlog {log}"
    )
}

#[test]
fn an_empty_environment_has_a_default_for_everything() {
    let unset = listed(&read(&[]).unwrap());
    assert_eq!(listed(&read(&KEYS.map(|key| (key, "  "))).unwrap()), unset, "a blank value counts as unset");
    insta::assert_snapshot!(unset, @r#"
    token None
    api https://api.telegram.org/
    proxy None
    database sqlite://data/qingfeng.db
    zone Asia/Shanghai
    content "content"
    http 127.0.0.1:8080
    public None
    secret "data/qingfeng.key"
    operator None
    log info
    "#);
}

#[test]
fn every_key_is_heeded() {
    let config = read(&[
        ("TELOXIDE_TOKEN", " 7001:Top-Secret_part\r\n"),
        ("TELOXIDE_API_URL", "http://127.0.0.1:8081"),
        ("TELOXIDE_PROXY", "socks5://me:Top-Secret_part@127.0.0.1:1080"),
        ("DATABASE_URL", "postgres://qf:Top-Secret_part@db.example:5433/qingfeng?sslmode=require"),
        ("QINGFENG_TZ", "Asia/Urumqi"),
        ("QINGFENG_CONTENT_DIR", "/srv/内容"),
        ("QINGFENG_HTTP_ADDR", "[::1]:9000"),
        ("QINGFENG_PUBLIC_URL", "https://bot.example.org/qf"),
        ("QINGFENG_SECRET_FILE", "/etc/qingfeng/k"),
        ("QINGFENG_OPERATOR", "G008"),
        ("RUST_LOG", "warn,qingfeng=debug"),
    ])
    .unwrap();
    assert_eq!(config.token.as_ref().map(BotToken::expose), Some(TOKEN));
    assert_eq!(config.token.as_ref().map(BotToken::bot_id), Some(7001));
    assert_eq!(config.database.to_string(), "postgres://db.example:5433/qingfeng");
    insta::assert_snapshot!(listed(&config), @r#"
    token Some(BotToken(7001:…))
    api http://127.0.0.1:8081/
    proxy Some(SecretBox<str>([REDACTED]))
    database postgres://db.example:5433/qingfeng
    zone Asia/Urumqi
    content "/srv/内容"
    http [::1]:9000
    public Some("https://bot.example.org/qf")
    secret "/etc/qingfeng/k"
    operator Some("G008")
    log warn,qingfeng=debug
    "#);
}

#[rstest]
#[case("sqlite://data/qingfeng.db", "data/qingfeng.db", "data/qingfeng.key")]
#[case("sqlite:qf.sqlite3", "qf.sqlite3", "qf.key")]
#[case("sqlite:///var/lib/qf/清风.db", "/var/lib/qf/清风.db", "/var/lib/qf/清风.key")]
#[case("sqlite://data/plain", "data/plain", "data/plain.key")]
fn the_key_file_stands_beside_the_database(#[case] url: &str, #[case] path: &str, #[case] key_file: &str) {
    let config = read(&[("DATABASE_URL", url)]).unwrap();
    assert!(matches!(config.database, DatabaseUrl::Sqlite { path: found } if found == Path::new(path)));
    assert_eq!(config.secret_file, Path::new(key_file));
}

#[test]
fn a_postgres_database_has_its_key_file_in_data() {
    let config = read(&[("DATABASE_URL", "postgresql:///qingfeng?host=/tmp/pg")]).unwrap();
    assert_eq!(config.secret_file, Path::new("data/qingfeng.key"));
    assert_eq!(config.database.to_string(), "postgres:///qingfeng");
}

#[test]
fn all_problems_are_reported_together_in_the_order_of_the_keys() {
    let problems = read(&[
        ("RUST_LOG", "qingfeng=loud"),
        ("QINGFENG_HTTP_ADDR", "localhost:80"),
        ("QINGFENG_TZ", "Beijing"),
        ("TELOXIDE_TOKEN", "nonsense"),
        ("QINGFENG_OPERATOR", "G008"),
    ])
    .unwrap_err();
    let keys: Vec<_> = problems.iter().map(|problem| problem.key).collect();
    assert_eq!(keys, ["TELOXIDE_TOKEN", "QINGFENG_TZ", "QINGFENG_HTTP_ADDR", "RUST_LOG"]);
}

#[rstest]
#[case("")]
#[case("7001")]
#[case(":abc")]
#[case("7001:")]
#[case("7001:ab c")]
#[case("7001:ab:c")]
#[case("70o1:abc")]
#[case("+7001:abc")]
#[case("99999999999999999999:abc")]
#[case("\"7001:abc\"")]
#[case("7001:密钥")]
fn other_texts_are_no_token(#[case] text: &str) {
    assert!(BotToken::parse(text).is_none());
}

#[rstest]
#[case("mysql://x/y", ProblemKind::DatabaseScheme)]
#[case("data/qingfeng.db", ProblemKind::DatabaseScheme)]
#[case("sqlite://", ProblemKind::DatabasePath)]
#[case("sqlite://data/", ProblemKind::DatabasePath)]
#[case("sqlite://data/x.key", ProblemKind::DatabasePath)]
#[case("sqlite::memory:", ProblemKind::DatabaseInMemory)]
#[case("sqlite://x.db?mode=ro", ProblemKind::DatabaseOptions)]
#[case("postgres://host", ProblemKind::DatabaseAddress)]
#[case("postgres://a:b/c@host/x", ProblemKind::DatabaseAddress)]
fn a_bad_database_is_named(#[case] url: &str, #[case] kind: ProblemKind) {
    assert_eq!(problem(DATABASE_URL, url), kind);
}

#[rstest]
#[case("https://bot.example.org", true)]
#[case("http://127.0.0.1:8080", true)]
#[case("http://[::1]:8080", true)]
#[case("http://localhost:8080", true)]
#[case("http://bot.example.org", false)]
#[case("http://127.0.0.1.example.org", false)]
fn a_webhook_address_is_https_or_this_machine(#[case] url: &str, #[case] ok: bool) {
    assert_eq!(read(&[(QINGFENG_PUBLIC_URL, url)]).is_ok(), ok);
}

#[rstest]
#[case(TELOXIDE_API_URL, "api.telegram.org")]
#[case(TELOXIDE_API_URL, "ftp://x")]
#[case(TELOXIDE_PROXY, "127.0.0.1:1080")]
#[case(QINGFENG_PUBLIC_URL, "bot.example.org")]
fn a_bad_address_is_named(#[case] key: &'static str, #[case] value: &str) {
    assert!(matches!(problem(key, value), ProblemKind::Address { .. }));
}

#[test]
fn no_secret_is_ever_shown() {
    let good = read(&[(TELOXIDE_TOKEN, TOKEN), (TELOXIDE_PROXY, "http://a:Top-Secret_part@h")]).unwrap();
    let bad = read(&[
        (TELOXIDE_TOKEN, "7001:Top-Secret_part!"),
        (TELOXIDE_PROXY, "x://a:Top-Secret_part@h"),
        (DATABASE_URL, "postgres://a:Top-Secret_part@h"),
    ])
    .unwrap_err();
    for text in [format!("{good:?}"), format!("{bad:?}"), crate::message::config::problems(&bad)] {
        assert!(!text.contains("Top-Secret"), "{text}");
    }
}

/// Keys of `.env.example`, whether set there or shown as a comment, with the value shown.
fn example() -> Vec<(&'static str, &'static str)> {
    include_str!("../../.env.example")
        .lines()
        .filter_map(|line| line.trim_start_matches('#').trim().split_once('='))
        .filter(|(key, _)| key.bytes().all(|b| b.is_ascii_uppercase() || b == b'_'))
        .collect()
}

#[test]
fn the_example_file_documents_every_key_and_no_other() {
    let keys: Vec<_> = example().into_iter().map(|(key, _)| key).collect();
    assert_eq!(keys, KEYS);
}

#[test]
fn the_example_file_shows_the_defaults() {
    let shown = |key: &str| example().into_iter().find(|(name, _)| *name == key).map(|(_, value)| value);
    let defaults = [
        (TELOXIDE_API_URL, DEFAULT_API_URL),
        (DATABASE_URL, DEFAULT_DATABASE),
        (QINGFENG_TZ, DEFAULT_ZONE),
        (QINGFENG_CONTENT_DIR, DEFAULT_CONTENT_DIR),
        (QINGFENG_HTTP_ADDR, DEFAULT_HTTP_ADDR),
        (QINGFENG_SECRET_FILE, DEFAULT_SECRET_FILE),
        (RUST_LOG, DEFAULT_LOG),
    ];
    for (key, default) in defaults {
        assert_eq!(shown(key), Some(default), "{key}");
    }
}

#[test]
fn the_example_file_is_valid_once_a_token_is_filled_in() {
    let pairs: Vec<(&str, &str)> = example()
        .into_iter()
        .map(|(key, value)| if key == TELOXIDE_TOKEN { (key, TOKEN) } else { (key, value) })
        .collect();
    assert!(read(&pairs).is_ok());
}
