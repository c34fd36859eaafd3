//! What the environment says, checked and typed. Every problem is reported at once, so that nobody mends one line of
//! `.env` only to learn of the next. Secrets are never in `Debug`, problems or logs: a problem names the key alone.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use chrono_tz::Tz;
use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};
use tracing_subscriber::EnvFilter;

mod environment;

pub use environment::{EnvFileFault, Environment};

/// Every key that is read. `.env.example` documents the same ones.
pub const KEYS: [&str; 11] = [
    TELOXIDE_TOKEN,
    TELOXIDE_API_URL,
    TELOXIDE_PROXY,
    DATABASE_URL,
    QINGFENG_TZ,
    QINGFENG_CONTENT_DIR,
    QINGFENG_HTTP_ADDR,
    QINGFENG_PUBLIC_URL,
    QINGFENG_SECRET_FILE,
    QINGFENG_OPERATOR,
    RUST_LOG,
];

/// The bot's token, from @BotFather.
pub const TELOXIDE_TOKEN: &str = "TELOXIDE_TOKEN";
/// Where the Bot API is; for a local Bot API server or the sandbox.
pub const TELOXIDE_API_URL: &str = "TELOXIDE_API_URL";
/// A proxy for calls to the Bot API.
pub const TELOXIDE_PROXY: &str = "TELOXIDE_PROXY";
/// The database.
pub const DATABASE_URL: &str = "DATABASE_URL";
/// The office's time zone.
pub const QINGFENG_TZ: &str = "QINGFENG_TZ";
/// The folder of content files.
pub const QINGFENG_CONTENT_DIR: &str = "QINGFENG_CONTENT_DIR";
/// Where the program itself listens.
pub const QINGFENG_HTTP_ADDR: &str = "QINGFENG_HTTP_ADDR";
/// Where Telegram reaches the program; set means webhook, unset means long polling.
pub const QINGFENG_PUBLIC_URL: &str = "QINGFENG_PUBLIC_URL";
/// The key file.
pub const QINGFENG_SECRET_FILE: &str = "QINGFENG_SECRET_FILE";
/// The staff number the command line acts as.
pub const QINGFENG_OPERATOR: &str = "QINGFENG_OPERATOR";
/// What is logged, in the syntax of `tracing`.
pub const RUST_LOG: &str = "RUST_LOG";

const DEFAULT_API_URL: &str = "https://api.telegram.org";
const DEFAULT_DATABASE: &str = "sqlite://data/qingfeng.db";
const DEFAULT_ZONE: &str = "Asia/Shanghai";
const DEFAULT_CONTENT_DIR: &str = "content";
const DEFAULT_HTTP_ADDR: &str = "127.0.0.1:8080";
const DEFAULT_LOG: &str = "info";
/// Beside which folder the key file stands when the database is not a file.
const DEFAULT_SECRET_FILE: &str = "data/qingfeng.key";

/// What the environment says.
#[derive(Debug, Clone)]
pub struct Config {
    /// Absent is fine for everything that does not speak to Telegram.
    pub token: Option<BotToken>,
    /// Where the Bot API is, `http` or `https`.
    pub api_url: Url,
    /// `http`, `https`, `socks5` or `socks5h`; may hold a password.
    pub proxy: Option<SecretString>,
    /// The database.
    pub database: DatabaseUrl,
    /// The office's time zone. The database remembers the first one and refuses another.
    pub zone: Tz,
    /// The folder of content files.
    pub content_dir: PathBuf,
    /// Where the program itself listens.
    pub http_addr: SocketAddr,
    /// `https` (plain `http` only for this machine); set means webhook.
    pub public_url: Option<Url>,
    /// The key file.
    pub secret_file: PathBuf,
    /// The staff number the command line acts as.
    pub operator: Option<String>,
    /// What is logged; a filter that is known to be valid.
    pub log: String,
}

/// The bot's token: `id:secret`.
#[derive(Clone)]
pub struct BotToken {
    id: i64,
    text: SecretString,
}

impl BotToken {
    /// `digits:letters`, as @BotFather gives it. `None` for anything else. The length of the second part is not
    /// checked: the sandbox's tokens are shorter than Telegram's.
    fn parse(text: &str) -> Option<Self> {
        let (id, secret) = text.split_once(':')?;
        let secret_ok =
            !secret.is_empty() && secret.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'));
        let id_ok = !id.is_empty() && id.bytes().all(|b| b.is_ascii_digit());
        let id = id.parse().ok().filter(|_| id_ok && secret_ok)?;
        Some(Self { id, text: text.into() })
    }

    /// The bot's own id, which is not secret: the database remembers it to refuse another bot's token.
    pub fn bot_id(&self) -> i64 {
        self.id
    }

    /// The whole token, for the address of a call. Never to be logged.
    pub fn expose(&self) -> &str {
        self.text.expose_secret()
    }
}

impl fmt::Debug for BotToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BotToken({}:…)", self.id)
    }
}

/// Where the database is.
#[derive(Debug, Clone)]
pub enum DatabaseUrl {
    /// A file on this machine.
    Sqlite {
        /// The file.
        path: PathBuf,
    },
    /// A PostgreSQL server.
    Postgres {
        /// The whole address, which may hold a password.
        url: SecretString,
        /// Host and database, to be shown.
        shown: String,
    },
}

impl DatabaseUrl {
    fn parse(text: &str) -> Result<Self, ProblemKind> {
        let (scheme, rest) = text.split_once(':').ok_or(ProblemKind::DatabaseScheme)?;
        match scheme {
            "sqlite" => sqlite(rest.strip_prefix("//").unwrap_or(rest)),
            "postgres" | "postgresql" => postgres(text),
            _ => Err(ProblemKind::DatabaseScheme),
        }
    }

    /// Where results are kept that the database cannot take: beside its file, or beside the key.
    fn spool_file(&self, secret_file: &Path) -> PathBuf {
        match self {
            Self::Sqlite { path } => path.with_added_extension("spool"),
            Self::Postgres { .. } => secret_file.with_added_extension("spool"),
        }
    }

    /// The key file's place unless told otherwise: beside the database's file, under its name.
    fn default_secret_file(&self) -> PathBuf {
        match self {
            Self::Sqlite { path } => path.with_extension("key"),
            Self::Postgres { .. } => PathBuf::from(DEFAULT_SECRET_FILE),
        }
    }
}

/// The address without user and password.
impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite { path } => write!(f, "sqlite://{}", path.display()),
            Self::Postgres { shown, .. } => write!(f, "postgres://{shown}"),
        }
    }
}

fn sqlite(path: &str) -> Result<DatabaseUrl, ProblemKind> {
    if path.contains(":memory:") {
        return Err(ProblemKind::DatabaseInMemory);
    }
    if path.contains('?') {
        return Err(ProblemKind::DatabaseOptions);
    }
    // A folder, or a name that is all extension, would put the key file in the database's own place.
    let named = Path::new(path).file_name().is_some() && !path.ends_with('/');
    if !named || Path::new(path).extension().is_some_and(|extension| extension == "key") {
        return Err(ProblemKind::DatabasePath);
    }
    Ok(DatabaseUrl::Sqlite { path: PathBuf::from(path) })
}

fn postgres(text: &str) -> Result<DatabaseUrl, ProblemKind> {
    let url = Url::parse(text).map_err(|_| ProblemKind::DatabaseAddress)?;
    let name = url.path().trim_start_matches('/');
    if name.is_empty() {
        return Err(ProblemKind::DatabaseAddress);
    }
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    let shown = format!("{}{port}/{name}", url.host_str().unwrap_or_default());
    Ok(DatabaseUrl::Postgres { url: text.into(), shown })
}

/// One key that cannot be used as it stands. `message::config` words it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{key}: {kind:?}")]
pub struct ConfigProblem {
    /// Which key.
    pub key: &'static str,
    /// What is wrong with its value.
    pub kind: ProblemKind,
}

/// What is wrong with a value. Values that may hold a secret are not repeated here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProblemKind {
    /// Not `digits:letters`.
    Token,
    /// Not an address, or not one of the schemes.
    Address {
        /// The schemes that would do.
        schemes: &'static [&'static str],
    },
    /// A webhook address that is neither `https` nor on this machine.
    PublicNotHttps,
    /// Neither `sqlite:` nor `postgres:`.
    DatabaseScheme,
    /// A SQLite address without the name of a file that can have a key file beside it.
    DatabasePath,
    /// A database that is gone when the program ends.
    DatabaseInMemory,
    /// `?…` after a SQLite path: how the file is opened is the program's own affair.
    DatabaseOptions,
    /// A PostgreSQL address that cannot be read or names no database.
    DatabaseAddress,
    /// Not a name of the time zone database.
    Zone {
        /// What was given.
        value: String,
    },
    /// Not `IP:port`.
    Listen {
        /// What was given.
        value: String,
    },
    /// Not a log filter.
    LogFilter {
        /// What was given.
        value: String,
    },
}

impl Config {
    /// Where the results of calls are kept that the database cannot take.
    pub fn spool_file(&self) -> PathBuf {
        self.database.spool_file(&self.secret_file)
    }

    /// Reads every key through `lookup`; blanks around a value are dropped and an empty value counts as unset.
    /// Returns every problem there is, in the order of [`KEYS`].
    pub fn from_env(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, Vec<ConfigProblem>> {
        let mut env = Env { lookup, problems: Vec::new() };
        let token = env.read(TELOXIDE_TOKEN, |text| BotToken::parse(text).ok_or(ProblemKind::Token));
        let api_url = env.read_or(TELOXIDE_API_URL, DEFAULT_API_URL, |text| address(text, &["http", "https"]));
        let proxy = env.read(TELOXIDE_PROXY, |text| {
            address(text, &["http", "https", "socks5", "socks5h"]).map(|_| SecretString::from(text))
        });
        let database = env.read_or(DATABASE_URL, DEFAULT_DATABASE, DatabaseUrl::parse);
        let zone = env.read_or(QINGFENG_TZ, DEFAULT_ZONE, zone);
        let content_dir = env.read_or(QINGFENG_CONTENT_DIR, DEFAULT_CONTENT_DIR, |text| Ok(PathBuf::from(text)));
        let http_addr = env.read_or(QINGFENG_HTTP_ADDR, DEFAULT_HTTP_ADDR, listen);
        let public_url = env.read(QINGFENG_PUBLIC_URL, public_url);
        let secret_file = env.read(QINGFENG_SECRET_FILE, |text| Ok(PathBuf::from(text)));
        let operator = env.read(QINGFENG_OPERATOR, |text| Ok(text.to_owned()));
        let log = env.read_or(RUST_LOG, DEFAULT_LOG, log_filter);
        match (api_url, database, zone, content_dir, http_addr, log) {
            (Some(api_url), Some(database), Some(zone), Some(content_dir), Some(http_addr), Some(log))
                if env.problems.is_empty() =>
            {
                let secret_file = secret_file.unwrap_or_else(|| database.default_secret_file());
                Ok(Self {
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
                })
            }
            _ => Err(env.problems),
        }
    }
}

/// Reads keys and gathers what is wrong with them.
struct Env<F> {
    lookup: F,
    problems: Vec<ConfigProblem>,
}

impl<F: Fn(&str) -> Option<String>> Env<F> {
    fn read<T>(&mut self, key: &'static str, parse: impl FnOnce(&str) -> Result<T, ProblemKind>) -> Option<T> {
        let value = (self.lookup)(key)?;
        let value = value.trim();
        if value.is_empty() { None } else { self.keep(key, parse(value)) }
    }

    /// `None` only together with a problem.
    fn read_or<T>(
        &mut self,
        key: &'static str,
        default: &str,
        parse: impl FnOnce(&str) -> Result<T, ProblemKind>,
    ) -> Option<T> {
        let value = (self.lookup)(key).unwrap_or_default();
        let value = value.trim();
        let parsed = parse(if value.is_empty() { default } else { value });
        self.keep(key, parsed)
    }

    fn keep<T>(&mut self, key: &'static str, parsed: Result<T, ProblemKind>) -> Option<T> {
        parsed.map_err(|kind| self.problems.push(ConfigProblem { key, kind })).ok()
    }
}

fn zone(text: &str) -> Result<Tz, ProblemKind> {
    text.parse().map_err(|_| ProblemKind::Zone { value: text.to_owned() })
}

fn listen(text: &str) -> Result<SocketAddr, ProblemKind> {
    text.parse().map_err(|_| ProblemKind::Listen { value: text.to_owned() })
}

fn log_filter(text: &str) -> Result<String, ProblemKind> {
    match EnvFilter::try_new(text) {
        Ok(_) => Ok(text.to_owned()),
        Err(_) => Err(ProblemKind::LogFilter { value: text.to_owned() }),
    }
}

fn address(text: &str, schemes: &'static [&'static str]) -> Result<Url, ProblemKind> {
    Url::parse(text)
        .ok()
        .filter(|url| schemes.contains(&url.scheme()) && url.has_host())
        .ok_or(ProblemKind::Address { schemes })
}

/// Telegram calls `https` alone; a server on this machine (the sandbox) may be called in the clear.
fn public_url(text: &str) -> Result<Url, ProblemKind> {
    let url = address(text, &["https", "http"])?;
    let here = url.host_str().is_some_and(|host| {
        host == "localhost" || host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
    });
    if url.scheme() == "https" || here { Ok(url) } else { Err(ProblemKind::PublicNotHttps) }
}

#[cfg(test)]
mod tests;
