//! Where values come from: the process environment, then the file `.env` of the present folder. The file never changes
//! the environment itself, so that nothing depends on when it was read.

use std::collections::HashMap;
use std::path::Path;

/// The file beside which the program is started.
const FILE: &str = ".env";

/// What is wrong with `.env`. Lines may hold secrets, so only the word before the `=` is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EnvFileFault {
    /// A line is not `KEY=value`; holds its key as far as there is one.
    Line { key: String },
    /// The file is there and cannot be read.
    Unreadable,
}

/// Values by key; the process environment wins.
#[derive(Debug, Clone, Default)]
pub struct Environment {
    file: HashMap<String, String>,
}

impl Environment {
    /// Reads `.env` where there is one.
    pub fn read() -> Result<Self, EnvFileFault> {
        Self::of_file(Path::new(FILE))
    }

    fn of_file(path: &Path) -> Result<Self, EnvFileFault> {
        if !path.exists() {
            return Ok(Self::default());
        }
        let lines = dotenvy::from_path_iter(path).map_err(|error| fault(&error))?;
        let file = lines.collect::<Result<_, _>>().map_err(|error| fault(&error))?;
        Ok(Self { file })
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<String> {
        std::env::var(key).ok().or_else(|| self.file.get(key).cloned())
    }
}

fn fault(error: &dotenvy::Error) -> EnvFileFault {
    let dotenvy::Error::LineParse(line, _) = error else { return EnvFileFault::Unreadable };
    let key = line.split_once('=').map(|(key, _)| key.trim().to_owned());
    EnvFileFault::Line { key: key.unwrap_or_default() }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail loudly")]
    use super::*;

    fn of(text: &str) -> Result<Environment, EnvFileFault> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(".env");
        std::fs::write(&path, text).unwrap();
        Environment::of_file(&path)
    }

    #[test]
    fn values_of_the_file_are_found() {
        let environment = of("# note\nQF_TEST_ONLY=\"a b\"\n").unwrap();
        assert_eq!(environment.get("QF_TEST_ONLY").as_deref(), Some("a b"));
        assert_eq!(environment.get("QF_TEST_OTHER"), None);
    }

    #[test]
    fn a_broken_line_is_named_by_its_key_alone() {
        assert_eq!(of("QF_KEY='x y\n").unwrap_err(), EnvFileFault::Line { key: "QF_KEY".to_owned() });
        assert_eq!(of("no equals sign\n").unwrap_err(), EnvFileFault::Line { key: String::new() });
    }

    #[test]
    fn no_file_is_fine() {
        let folder = tempfile::tempdir().unwrap();
        assert!(Environment::of_file(&folder.path().join(".env")).is_ok());
    }
}
