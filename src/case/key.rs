//! Ed25519 keys from the files that openssl and OpenSSH write.
//!
//! Reads PKCS#8 PEM (RFC 8410), unencrypted OpenSSH keys (PROTOCOL.key of OpenSSH) and bare seeds; for public keys
//! SubjectPublicKeyInfo PEM, OpenSSH lines and bare bytes. It makes no keys, asks for no passphrases, and no message
//! shows anything of a private key.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use ed25519_dalek::{SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::encoding::{base64, from_base64, from_hex};
use crate::error::{Error, Result};

/// No key file of this kind comes near.
const LARGEST: u64 = 64 << 10;

/// SubjectPublicKeyInfo of an Ed25519 key up to the key itself (RFC 8410 section 4).
const PUBLIC_PREFIX: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

/// 1.3.101.112.
const ED25519: &[u8] = &[0x2b, 0x65, 0x70];

/// Other algorithms that key files are often of, so that the message can name them.
const OTHERS: &[(&[u8], &str)] = &[
    (&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01], "an RSA key"),
    (&[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01], "an elliptic curve key (ECDSA)"),
    (&[0x2b, 0x65, 0x6e], "an X25519 key"),
    (&[0x2b, 0x65, 0x71], "an Ed448 key"),
];

const OPENSSH_MAGIC: &[u8] = b"openssh-key-v1\0";
const OPENSSH_TYPE: &[u8] = b"ssh-ed25519";

const MAKE: &str = "make a key with: openssl genpkey -algorithm ed25519 -out seal.key";
const MAKE_PUBLIC: &str = "write the public half with: openssl pkey -in seal.key -pubout -out seal.pub";

/// Reads a private key to sign with.
///
/// # Errors
/// When the file cannot be read or holds anything but one unencrypted Ed25519 private key.
pub fn read_private(path: &Path) -> Result<SigningKey> {
    let wrong =
        |why: String| Error::Usage { what: format!("{} cannot sign: {why}", path.display()), hint: Some(MAKE.into()) };
    private(&text(path).map_err(|error| error.unwrap_or_else(|| wrong("it is no text of a key's size".into())))?)
        .map_err(wrong)
}

/// Reads the public key that a seal is expected to be of.
///
/// # Errors
/// When the file cannot be read or holds anything but one Ed25519 public key.
pub fn read_public(path: &Path) -> Result<VerifyingKey> {
    let wrong = |why: String| Error::Usage {
        what: format!("{} is no public key: {why}", path.display()),
        hint: Some(MAKE_PUBLIC.into()),
    };
    public(&text(path).map_err(|error| error.unwrap_or_else(|| wrong("it is no text of a key's size".into())))?)
        .map_err(wrong)
}

/// The public key as the line between the marks of its PEM file, which is how a seal names it.
pub fn public_text(key: &VerifyingKey) -> String {
    base64(&[&PUBLIC_PREFIX, key.as_bytes().as_slice()].concat())
}

/// Reads what [`public_text`] writes.
pub fn from_public_text(text: &str) -> Option<VerifyingKey> {
    spki(&from_base64(text)?).ok()
}

/// The fingerprint that `ssh-keygen -l` shows of this key.
pub fn fingerprint(key: &VerifyingKey) -> String {
    let mut blob = Vec::new();
    for part in [OPENSSH_TYPE, key.as_bytes()] {
        blob.extend((part.len() as u32).to_be_bytes());
        blob.extend(part);
    }
    format!("SHA256:{}", base64(&Sha256::digest(&blob)).trim_end_matches('='))
}

/// The text of a small file, which is not left in memory; None as error when it is neither text nor small.
fn text(path: &Path) -> Result<Zeroizing<String>, Option<Error>> {
    let file = File::open(path).map_err(|source| Some(Error::io("open", path)(source)))?;
    let mut bytes = Zeroizing::new(Vec::new());
    file.take(LARGEST + 1).read_to_end(&mut bytes).map_err(|source| Some(Error::io("read", path)(source)))?;
    if bytes.len() as u64 > LARGEST {
        return Err(None);
    }
    // The bytes move into the text: no copy stays behind.
    String::from_utf8(std::mem::take(&mut *bytes)).map(Zeroizing::new).map_err(|_| None)
}

/// Reads a private key from the text of its file.
pub(super) fn private(text: &str) -> Result<SigningKey, String> {
    let text = text.trim();
    if text.starts_with("ssh-") {
        return Err("it is a public key, the private one signs".into());
    }
    let Some((label, body)) = pem(text)? else {
        let seed = bare(text).ok_or("it is no PEM, no OpenSSH key and no 32 bytes in hex or base64")?;
        return Ok(SigningKey::from_bytes(&seed));
    };
    match label {
        "PRIVATE KEY" => pkcs8(&body),
        "OPENSSH PRIVATE KEY" => openssh_private(&body),
        "ENCRYPTED PRIVATE KEY" => Err("it is encrypted, and coldcase asks for no passphrase".into()),
        "RSA PRIVATE KEY" => Err("it is an RSA key, a seal takes Ed25519".into()),
        "EC PRIVATE KEY" => Err("it is an elliptic curve key (ECDSA), a seal takes Ed25519".into()),
        "PUBLIC KEY" => Err("it is a public key, the private one signs".into()),
        // The mark is text of the file: only what is surely no key material is shown.
        _ => Err("it is PEM of something else, a seal takes PRIVATE KEY or OPENSSH PRIVATE KEY".into()),
    }
}

/// Reads a public key from the text of its file.
pub(super) fn public(text: &str) -> Result<VerifyingKey, String> {
    let text = text.trim();
    if text.lines().filter(|line| line.starts_with("ssh-")).count() > 1 {
        return Err("it holds more than one key".into());
    }
    if let Some(rest) = text.strip_prefix("ssh-ed25519 ") {
        let blob = rest.split_ascii_whitespace().next().and_then(from_base64);
        return openssh_public(&blob.ok_or("its base64 is wrong")?);
    }
    if text.starts_with("ssh-") || text.starts_with("ecdsa-") {
        return Err("it is an OpenSSH key of another kind, a seal takes ssh-ed25519".into());
    }
    match pem(text)? {
        Some(("PUBLIC KEY", body)) => spki(&body),
        Some((label, _)) if label.ends_with("PRIVATE KEY") => Err("it is a private key".into()),
        Some(_) => Err("it is PEM of something else, PUBLIC KEY is needed".into()),
        None => match (bare(text), from_public_text(text)) {
            (Some(bytes), _) => point(&bytes),
            (None, Some(key)) => Ok(key),
            (None, None) => Err("it is no PEM, no OpenSSH key and no 32 bytes in hex or base64".into()),
        },
    }
}

/// Splits PEM into its mark and its bytes (RFC 7468); None when it is no PEM.
fn pem(text: &str) -> Result<Option<(&str, Vec<u8>)>, String> {
    let Some(rest) = text.strip_prefix("-----BEGIN ") else { return Ok(None) };
    let broken = || "its PEM is cut or damaged".to_owned();
    let (label, rest) = rest.split_once("-----").ok_or_else(broken)?;
    let (body, end) = rest.split_once("-----END ").ok_or_else(broken)?;
    let end = end.strip_prefix(label).and_then(|end| end.strip_prefix("-----")).ok_or_else(broken)?;
    if end.contains("-----BEGIN ") {
        return Err("it holds more than one key".into());
    }
    // Old encrypted PEM has headers with a colon before its base64 (RFC 1421).
    if body.contains("ENCRYPTED") && body.contains(':') {
        return Err("it is encrypted, and coldcase asks for no passphrase".into());
    }
    let digits: String = body.split_ascii_whitespace().collect();
    Ok(Some((label, from_base64(&digits).ok_or_else(broken)?)))
}

/// 32 bytes in hex or base64.
fn bare(text: &str) -> Option<[u8; 32]> {
    let bytes = if text.len() == 64 { from_hex(text) } else { from_base64(text) };
    bytes?.try_into().ok()
}

/// A PrivateKeyInfo or OneAsymmetricKey of Ed25519 (RFC 8410 section 7, RFC 5958).
fn pkcs8(bytes: &[u8]) -> Result<SigningKey, String> {
    let damaged = || "its PKCS#8 is damaged".to_owned();
    let mut outer = Der(bytes);
    let mut info = Der(outer.last(SEQUENCE).ok_or_else(damaged)?);
    let version = info.next(INTEGER).ok_or_else(damaged)?;
    if !matches!(version, [0] | [1]) {
        return Err("it is a PKCS#8 key of an unknown version".into());
    }
    algorithm(info.next(SEQUENCE).ok_or_else(damaged)?)?;
    let seed = Der(info.next(OCTETS).ok_or_else(damaged)?).last(OCTETS).ok_or_else(damaged)?;
    let key = SigningKey::from_bytes(seed.try_into().map_err(|_| damaged())?);
    // Attributes tell nothing of the key; a public key that comes with it has to be its own.
    let _attributes = info.next(ATTRIBUTES);
    if let Some(public) = info.next(PUBLIC) {
        // A bit string begins with the number of bits that do not count.
        if public.split_first() != Some((&0, key.verifying_key().as_bytes().as_slice())) {
            return Err("its public half belongs to another private key".into());
        }
    }
    if info.0.is_empty() { Ok(key) } else { Err(damaged()) }
}

/// A SubjectPublicKeyInfo of Ed25519 (RFC 8410 section 4).
fn spki(bytes: &[u8]) -> Result<VerifyingKey, String> {
    let damaged = || "its SubjectPublicKeyInfo is damaged".to_owned();
    let mut info = Der(Der(bytes).last(SEQUENCE).ok_or_else(damaged)?);
    algorithm(info.next(SEQUENCE).ok_or_else(damaged)?)?;
    match info.last(BITS).and_then(<[u8]>::split_first) {
        Some((0, key)) => point(key.try_into().map_err(|_| damaged())?),
        _ => Err(damaged()),
    }
}

fn algorithm(bytes: &[u8]) -> Result<(), String> {
    let mut inner = Der(bytes);
    let id = inner.next(OID).ok_or("its algorithm cannot be read")?;
    if let Some((_, name)) = OTHERS.iter().find(|(other, _)| *other == id) {
        return Err(format!("it is {name}, a seal takes Ed25519"));
    }
    match (id == ED25519, inner.0) {
        (true, []) => Ok(()),
        (true, _) => Err("its algorithm has parameters, Ed25519 has none".into()),
        _ => Err("it is a key of another algorithm, a seal takes Ed25519".into()),
    }
}

fn openssh_private(bytes: &[u8]) -> Result<SigningKey, String> {
    let damaged = || "its OpenSSH format is damaged".to_owned();
    let mut outer = Ssh(bytes.strip_prefix(OPENSSH_MAGIC).ok_or_else(damaged)?);
    let (cipher, kdf) = (outer.text().ok_or_else(damaged)?, outer.text().ok_or_else(damaged)?);
    if cipher != b"none" || kdf != b"none" {
        return Err("it is encrypted, and coldcase asks for no passphrase".into());
    }
    let _options = outer.text().ok_or_else(damaged)?;
    if outer.number() != Some(1) {
        return Err("it does not hold exactly one key".into());
    }
    let (public, private) = (outer.text().ok_or_else(damaged)?, outer.text().ok_or_else(damaged)?);
    let mut inner = Ssh(private);
    // Twice the same number shows that the decryption was right; without one it shows damage.
    if inner.number().is_none_or(|first| inner.number() != Some(first)) || !outer.0.is_empty() {
        return Err(damaged());
    }
    if inner.text().ok_or_else(damaged)? != OPENSSH_TYPE {
        return Err("it is an OpenSSH key of another kind, a seal takes ssh-ed25519".into());
    }
    let own = inner.text().ok_or_else(damaged)?;
    let (seed, half) = inner.text().ok_or_else(damaged)?.split_first_chunk::<32>().ok_or_else(damaged)?;
    let _comment = inner.text().ok_or_else(damaged)?;
    if !inner.0.iter().copied().eq(1..=inner.0.len().min(255) as u8) {
        return Err(damaged());
    }
    let key = SigningKey::from_bytes(seed);
    let verifying = key.verifying_key();
    if own != verifying.as_bytes() || half != verifying.as_bytes() || openssh_public(public) != Ok(verifying) {
        return Err("its public half belongs to another private key".into());
    }
    Ok(key)
}

/// The blob of an OpenSSH public key (RFC 8709 section 4).
fn openssh_public(bytes: &[u8]) -> Result<VerifyingKey, String> {
    let mut blob = Ssh(bytes);
    match (blob.text(), blob.text(), blob.0) {
        (Some(OPENSSH_TYPE), Some(key), []) => {
            point(key.try_into().map_err(|_| "its OpenSSH format is damaged".to_owned())?)
        }
        _ => Err("its OpenSSH format is damaged".into()),
    }
}

/// A weak key would accept one signature for many texts.
fn point(bytes: &[u8; 32]) -> Result<VerifyingKey, String> {
    match VerifyingKey::from_bytes(bytes) {
        Ok(key) if !key.is_weak() => Ok(key),
        _ => Err("these 32 bytes are no Ed25519 key that can be relied on".into()),
    }
}

/// Tags of DER (X.690) as these keys use them.
const INTEGER: u8 = 0x02;
const BITS: u8 = 0x03;
const OCTETS: u8 = 0x04;
const OID: u8 = 0x06;
const SEQUENCE: u8 = 0x30;
const ATTRIBUTES: u8 = 0xa0;
const PUBLIC: u8 = 0x81;

/// What is left of some DER.
struct Der<'a>(&'a [u8]);

impl<'a> Der<'a> {
    /// Takes the next value when it has this tag; lengths of up to two bytes, each written the shortest way.
    fn next(&mut self, tag: u8) -> Option<&'a [u8]> {
        let (length, rest) = match self.0 {
            [first, length @ 0..=0x7f, rest @ ..] if *first == tag => (usize::from(*length), rest),
            [first, 0x81, length @ 0x80..=0xff, rest @ ..] if *first == tag => (usize::from(*length), rest),
            [first, 0x82, high @ 1..=0xff, low, rest @ ..] if *first == tag => {
                (usize::from(*high) << 8 | usize::from(*low), rest)
            }
            _ => return None,
        };
        let (value, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some(value)
    }

    /// The same when nothing comes after it.
    fn last(&mut self, tag: u8) -> Option<&'a [u8]> {
        self.next(tag).filter(|_| self.0.is_empty())
    }
}

/// What is left of some text in the encoding of RFC 4251 section 5.
struct Ssh<'a>(&'a [u8]);

impl<'a> Ssh<'a> {
    fn number(&mut self) -> Option<u32> {
        let (number, rest) = self.0.split_first_chunk::<4>()?;
        self.0 = rest;
        Some(u32::from_be_bytes(*number))
    }

    fn text(&mut self) -> Option<&'a [u8]> {
        let length = self.number()? as usize;
        let (text, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(text)
    }
}
