//! The key file and what is derived from it. The keys stay outside the database, so that whoever can write the database
//! still cannot re-stamp the audit chain. One key serves several purposes; each gets its own key by HKDF-SHA256, so a
//! tag made for a button is worth nothing in the audit chain. Keys never appear in `Debug`, logs or errors.

use std::fmt;

use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretBox};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// Reading and creating the file.
mod file;
/// A new key for a file that has one.
mod grow;
/// What this machine knows of its databases.
pub mod installation;

pub use file::{LineFault, SecretFault, SecretFaultKind, open};
pub use grow::grow;

/// Length of a key and of every tag, in bytes (SHA-256).
pub const KEY_LEN: usize = 32;

/// Names a key without telling it: the first 8 hex digits of its SHA-256.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(String);

impl KeyId {
    /// Reads the spelling back; `None` unless it is 8 lower-case hex digits.
    pub fn parse(text: &str) -> Option<Self> {
        let ok = text.len() == 8 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        ok.then(|| Self(text.to_owned()))
    }

    /// The spelling in the key file and in the database.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a tag is for. Tags of one purpose never match those of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Links of the audit chain.
    Audit,
    /// The acks of one commit, named by their `ack_batch` entry.
    AckBatch,
    /// The tag inside a button.
    Button,
    /// Codes that bind an account to a person; only their tag is stored.
    Invite,
    /// The word by which the platform shows that an update is from it.
    Webhook,
    /// Ends of the audit chain that are noted outside the database.
    Checkpoint,
}

impl Purpose {
    /// The HKDF info. Changing one orphans every tag made with it, so each carries a version.
    const fn info(self) -> &'static [u8] {
        match self {
            Self::Audit => b"qingfeng/audit/1",
            Self::AckBatch => b"qingfeng/ack_batch/1",
            Self::Button => b"qingfeng/button/1",
            Self::Invite => b"qingfeng/invite/1",
            Self::Webhook => b"qingfeng/webhook/1",
            Self::Checkpoint => b"qingfeng/checkpoint/1",
        }
    }
}

/// One key. Its bytes are wiped from memory when it is dropped.
pub struct Key {
    id: KeyId,
    bytes: SecretBox<[u8; KEY_LEN]>,
    /// Of [`Purpose::Button`]: while an office presses, hundreds of buttons are read in a second.
    buttons: Sealer,
}

impl Key {
    fn new(bytes: SecretBox<[u8; KEY_LEN]>) -> Self {
        let digest = Sha256::digest(bytes.expose_secret());
        let id = KeyId(hex::encode(digest.iter().take(4).copied().collect::<Vec<u8>>()));
        let buttons = Sealer(hmac_under(&derive(&bytes, Purpose::Button)));
        Self { id, bytes, buttons }
    }

    /// Names the key.
    pub fn id(&self) -> &KeyId {
        &self.id
    }

    /// HMAC-SHA256 over `parts` under the key of `purpose`. Each part is preceded by its length (8 bytes, big endian),
    /// so `["ab", "c"]` and `["a", "bc"]` have different tags.
    pub fn mac(&self, purpose: Purpose, parts: &[&[u8]]) -> [u8; KEY_LEN] {
        match purpose {
            Purpose::Button => self.buttons.mac(parts),
            Purpose::Audit | Purpose::AckBatch | Purpose::Invite | Purpose::Webhook | Purpose::Checkpoint => {
                self.sealer(purpose).mac(parts)
            }
        }
    }

    /// The key of one purpose, for many tags: it is derived once.
    pub fn sealer(&self, purpose: Purpose) -> Sealer {
        Sealer(hmac_under(&derive(&self.bytes, purpose)))
    }

    /// Whether `tag` is the tag of `parts`; takes the same time wherever the two differ. A tag of another length than
    /// 32 bytes is never right.
    pub fn verify(&self, purpose: Purpose, parts: &[&[u8]], tag: &[u8]) -> bool {
        self.mac(purpose, parts).ct_eq(tag).into()
    }
}

#[expect(clippy::expect_used, reason = "HKDF-SHA256 refuses only outputs above 255 × 32 bytes; this one is 32")]
fn derive(bytes: &SecretBox<[u8; KEY_LEN]>, purpose: Purpose) -> SecretBox<[u8; KEY_LEN]> {
    SecretBox::init_with_mut(|okm: &mut [u8; KEY_LEN]| {
        Hkdf::<Sha256>::new(None, bytes.expose_secret())
            .expand(purpose.info(), okm)
            .expect("32 bytes are within HKDF's bound");
    })
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key").field("id", &self.id).finish_non_exhaustive()
    }
}

/// Makes tags of one key for one purpose.
#[derive(Clone)]
pub struct Sealer(Hmac<Sha256>);

impl Sealer {
    /// [`Key::mac`].
    pub fn mac(&self, parts: &[&[u8]]) -> [u8; KEY_LEN] {
        let mut mac = self.0.clone();
        for part in parts {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }
}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sealer").finish_non_exhaustive()
    }
}

/// HMAC pads a short key with zeros to its block of 64 bytes; doing so here avoids an error that cannot happen.
fn hmac_under(key: &SecretBox<[u8; KEY_LEN]>) -> Hmac<Sha256> {
    let mut block = Zeroizing::new([0; 64]);
    for (to, from) in block.iter_mut().zip(key.expose_secret()) {
        *to = *from;
    }
    Hmac::<Sha256>::new((&*block).into())
}

/// The keys of one installation, one of which is current. Never empty. What is made is made with the current one; what
/// was made with another is still known.
#[derive(Debug)]
pub struct Keys {
    /// As in the file, oldest first.
    before: Vec<Key>,
    current: Key,
    /// Newer than what the database names: a change of keys that did not get to its end, or a database that was put back.
    after: Vec<Key>,
}

impl Keys {
    /// The key new tags are made with.
    pub fn current(&self) -> &Key {
        &self.current
    }

    /// The key of that id, whichever of them it is.
    pub fn by_id(&self, id: &KeyId) -> Option<&Key> {
        self.every().find(|key| key.id == *id)
    }

    /// The key the office began with: what is named after it keeps its name.
    pub fn oldest(&self) -> &Key {
        self.before.first().unwrap_or(&self.current)
    }

    /// Every key: the current one, then the others from the newest to the oldest. In this order whatever carries a tag of
    /// an unknown key is tried.
    pub fn every(&self) -> impl Iterator<Item = &Key> {
        let others = self.after.iter().rev().chain(self.before.iter().rev());
        std::iter::once(&self.current).chain(others)
    }

    /// Keys of the file that are newer than the current one.
    pub fn waiting(&self) -> impl Iterator<Item = &KeyId> {
        self.after.iter().map(Key::id)
    }

    /// [`Key::mac`] with the current key.
    pub fn mac(&self, purpose: Purpose, parts: &[&[u8]]) -> [u8; KEY_LEN] {
        self.current.mac(purpose, parts)
    }

    /// [`Key::verify`] with any of the keys.
    pub fn verify(&self, purpose: Purpose, parts: &[&[u8]], tag: &[u8]) -> bool {
        self.every().any(|key| key.verify(purpose, parts, tag))
    }

    /// The keys of a file, oldest first; the newest is current. `None` when there are none.
    fn of(mut keys: Vec<Key>) -> Option<Self> {
        keys.pop().map(|current| Self { before: keys, current, after: Vec::new() })
    }

    /// From the oldest to the newest.
    fn in_order(self) -> Vec<Key> {
        self.before.into_iter().chain([self.current]).chain(self.after).collect()
    }

    /// Makes the key of `id` current. A file that has grown a newer key while the database still names the older one
    /// is right: the database decides.
    fn with_current(self, id: &KeyId) -> Result<Self, Vec<KeyId>> {
        let mut keys = self.in_order();
        let at = keys.iter().position(|key| key.id == *id);
        let Some(at) = at else { return Err(keys.into_iter().map(|key| key.id).collect()) };
        let after = keys.split_off(at + 1);
        let Some(keys) = Self::of(keys) else { return Err(Vec::new()) };
        Ok(Self { after, ..keys })
    }
}

#[cfg(test)]
mod tests;
