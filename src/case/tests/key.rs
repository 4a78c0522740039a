//! Keys of RFC 8032 and RFC 8410, and whatever is none.

use ed25519_dalek::SigningKey;
use proptest::prelude::*;

use crate::case::encoding::{base64, from_base64, from_hex, hex};
use crate::case::key::{fingerprint, from_public_text, private, public, public_text, read_private};

/// RFC 8410 section 10.3, without and with attributes and public key; section 10.1 its public key.
const PKCS8: &str = "MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC";
const PKCS8_V2: &str = "MHICAQEwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n\
    oB8wHQYKKoZIhvcNAQkJFDEPDA1DdXJkbGUgQ2hhaXJzgSEAGb9ECWmEzf6FQbrB\nZ9w7lshQhqowtrbLDFw4rXAxZuE=";
const SPKI: &str = "MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=";

/// RFC 8032 section 7.1, test 1.
const SEED: &str = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
const SEED_PUBLIC: &str = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";

fn pem(label: &str, body: &str) -> String {
    format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n")
}

#[track_caller]
fn refused(text: &str, why: &str) {
    let error = private(text).unwrap_err();
    assert!(error.contains(why), "{error}");
}

#[test]
fn the_keys_of_the_rfc_read() {
    for text in
        [pem("PRIVATE KEY", PKCS8), pem("PRIVATE KEY", PKCS8_V2), pem("PRIVATE KEY", PKCS8).replace('\n', "\r\n")]
    {
        let key = private(&text).unwrap();
        assert_eq!(public_text(&key.verifying_key()), SPKI);
        assert_eq!(public(&pem("PUBLIC KEY", SPKI)).unwrap(), key.verifying_key());
        assert_eq!(from_public_text(SPKI), Some(key.verifying_key()));
    }
}

#[test]
fn bare_seeds_read_in_hex_and_base64() {
    let bytes = from_hex(SEED).unwrap();
    for text in
        [SEED.to_owned(), SEED.to_uppercase(), format!("  {SEED}\n"), base64(&bytes), base64(&bytes).replace('=', "")]
    {
        assert_eq!(hex(private(&text).unwrap().verifying_key().as_bytes()), SEED_PUBLIC);
    }
    for text in [SEED_PUBLIC.to_owned(), base64(&from_hex(SEED_PUBLIC).unwrap())] {
        assert_eq!(hex(public(&text).unwrap().as_bytes()), SEED_PUBLIC);
    }
}

fn text(bytes: &[u8]) -> Vec<u8> {
    [&(bytes.len() as u32).to_be_bytes(), bytes].concat()
}

/// An OpenSSH key file laid out by hand after PROTOCOL.key; `change` may alter the private part.
fn openssh(cipher: &[u8], change: impl FnOnce(&mut Vec<u8>)) -> String {
    let key = SigningKey::from_bytes(&from_hex(SEED).unwrap().try_into().unwrap());
    let own = key.verifying_key();
    let public = [text(b"ssh-ed25519"), text(own.as_bytes())].concat();
    let mut inner = [&[1, 2, 3, 4, 1, 2, 3, 4], public.as_slice()].concat();
    inner.extend(text(&[key.to_bytes(), own.to_bytes()].concat()));
    inner.extend(text(b"rex@lab-7"));
    inner.extend((1..=8).take((8 - inner.len() % 8) % 8));
    change(&mut inner);
    let count = 1_u32.to_be_bytes();
    let mut outer = b"openssh-key-v1\0".to_vec();
    for part in [text(cipher), text(b"none"), text(b""), count.to_vec(), text(&public), text(&inner)] {
        outer.extend(part);
    }
    pem("OPENSSH PRIVATE KEY", &base64(&outer))
}

#[test]
fn an_openssh_key_reads_and_its_damage_is_told() {
    assert_eq!(hex(private(&openssh(b"none", |_| {})).unwrap().verifying_key().as_bytes()), SEED_PUBLIC);
    refused(&openssh(b"aes256-ctr", |_| {}), "encrypted");
    refused(&openssh(b"none", |inner| inner[0] ^= 1), "damaged");
    refused(&openssh(b"none", |inner| inner.push(9)), "damaged");
    // After two numbers (8) and the kind (15): the public half (4 + 32), then seed and public half again (4 + 32 + 32).
    for place in [8 + 15 + 4, 8 + 15 + 36 + 4, 8 + 15 + 36 + 4 + 32] {
        refused(&openssh(b"none", |inner| inner[place] ^= 1), "belongs to another");
    }
}

#[test]
fn a_public_half_of_another_key_is_not_signed_with() {
    let swapped = PKCS8_V2.replace("gSEAGb9E", "gSEAGb9F");
    refused(&pem("PRIVATE KEY", &swapped), "belongs to another");
}

#[test]
fn other_keys_are_named() {
    refused(&pem("ENCRYPTED PRIVATE KEY", "MAA="), "encrypted");
    refused(&pem("RSA PRIVATE KEY", "MAA="), "RSA");
    refused(&pem("EC PRIVATE KEY", "MAA="), "ECDSA");
    refused(&pem("PUBLIC KEY", SPKI), "public key");
    refused("ssh-ed25519 AAAA x", "public key");
    refused(&pem("CERTIFICATE", "MAA="), "something else");
    refused(&pem("PRIVATE KEY", PKCS8).repeat(2), "more than one");
    // X25519: the last arc is 110 in place of 112.
    refused(&pem("PRIVATE KEY", &PKCS8.replace("BQYDK2Vw", "BQYDK2Vu")), "X25519");
    for (text, why) in [("", "32 bytes"), ("abc", "32 bytes"), (&SEED[1..], "32 bytes")] {
        refused(text, why);
    }
    let error = public(&pem("PRIVATE KEY", PKCS8)).unwrap_err();
    assert!(error.contains("private key"), "{error}");
    assert!(public("ssh-rsa AAAA x").unwrap_err().contains("another kind"));
    assert!(public("ssh-ed25519 AAAA x\nssh-ed25519 AAAA y").unwrap_err().contains("more than one"));
}

#[test]
fn a_point_of_small_order_is_no_key() {
    // The neutral element of the curve: y = 1 (RFC 8032 section 5.1).
    let weak = format!("01{}", "00".repeat(31));
    assert!(public(&weak).unwrap_err().contains("relied on"));
}

#[test]
fn the_message_names_the_way_out_and_nothing_of_the_key() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("seal.key");
    std::fs::write(&path, &SEED[..63]).unwrap();
    let error = read_private(&path).unwrap_err();
    assert!(error.hint().unwrap().contains("openssl genpkey -algorithm ed25519"));
    assert!(!format!("{error:?}").contains(&SEED[..8]));
    for bytes in [vec![0xff; 32], vec![b'a'; 70_000]] {
        std::fs::write(&path, bytes).unwrap();
        assert!(read_private(&path).unwrap_err().to_string().contains("no text of a key's size"));
    }
}

#[test]
fn the_fingerprint_is_a_hash_of_the_openssh_blob() {
    let key = public(SEED_PUBLIC).unwrap();
    assert_eq!(fingerprint(&key).len(), "SHA256:".len() + 43);
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "(-----BEGIN )?(OPENSSH |RSA )?(PRIVATE|PUBLIC)? ?(KEY-----)?[A-Za-z0-9+/= \n-]{0,120}") {
        let _ = (private(&text), public(&text));
    }

    #[test]
    fn a_changed_byte_makes_no_panic_and_no_other_public_half(place: prop::sample::Index, byte: u8, kind in 0..4) {
        let whole = match kind {
            0 => pem("PRIVATE KEY", PKCS8),
            1 => pem("PRIVATE KEY", PKCS8_V2),
            2 => openssh(b"none", |_| {}),
            _ => pem("PUBLIC KEY", SPKI),
        };
        let body: String = whole.lines().filter(|line| !line.starts_with('-')).collect();
        let mut bytes = from_base64(&body).unwrap();
        let place = place.index(bytes.len());
        bytes[place] = byte;
        let label = whole.split("-----").nth(1).unwrap().strip_prefix("BEGIN ").unwrap();
        let changed = pem(label, &base64(&bytes));
        let _ = public(&changed);
        if let Ok(key) = private(&changed) {
            // Only a seed without its public half can change and stay a key.
            prop_assert!(kind == 0 || key == private(&whole).unwrap());
        }
    }
}
