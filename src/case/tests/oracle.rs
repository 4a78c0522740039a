//! openssl and ssh-keygen as judges: what they write reads, what is signed here they verify, and the other way round.

use std::path::Path;
use std::process::{Command, Stdio};

use ed25519_dalek::Signature;

use super::seal::facts;
use crate::case::key::{fingerprint, read_private, read_public};
use crate::case::seal::{Seal, seal};

/// Runs a program in `folder`; None when there is no such program.
fn run(folder: &Path, program: &str, arguments: &[&str]) -> Option<(bool, String)> {
    match Command::new(program).args(arguments).current_dir(folder).stdin(Stdio::null()).output() {
        Ok(output) => Some((output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned())),
        Err(_) => {
            // There is no such program here to compare with.
            None
        }
    }
}

/// Makes a key with openssl; None without openssl.
fn openssl_key(folder: &Path) -> Option<()> {
    let (made, _) = run(folder, "openssl", &["genpkey", "-algorithm", "ed25519", "-out", "seal.key"])?;
    assert!(made);
    assert!(run(folder, "openssl", &["pkey", "-in", "seal.key", "-pubout", "-out", "seal.pub"])?.0);
    Some(())
}

const VERIFY: &str = "openssl pkeyutl -verify -rawin -pubin -inkey seal.pub -in statement -sigfile signature";

#[test]
fn openssl_verifies_a_seal_by_the_words_of_its_documentation() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    if openssl_key(folder).is_none() {
        return;
    }
    let seal = seal(&facts(vec!["11".into()]), &read_private(&folder.join("seal.key")).unwrap());
    seal.write(folder, 0).unwrap();
    // The three lines at the head of seal.rs.
    let take = "sed -n 2p seal-1.json | tr -d '\\n' > statement\n\
                sed -n 3p seal-1.json | cut -d'\"' -f8 | openssl base64 -d -A > signature\n";
    let (good, said) = run(folder, "sh", &["-c", &format!("{take}{VERIFY}")]).unwrap();
    assert!(good, "{said}");
    let (good, _) = run(folder, "sh", &["-c", &format!("{take}printf x >> statement\n{VERIFY}")]).unwrap();
    assert!(!good);
    // The public key of the seal is the body of openssl's PEM.
    assert_eq!(std::fs::read_to_string(folder.join("seal.pub")).unwrap().lines().nth(1), Some(&*seal.public_key));
}

#[test]
fn a_signature_of_openssl_is_one_of_ours() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    if openssl_key(folder).is_none() {
        return;
    }
    let ours = seal(&facts(vec!["11".into()]), &read_private(&folder.join("seal.key")).unwrap());
    std::fs::write(folder.join("statement"), ours.statement.canonical()).unwrap();
    let sign = ["pkeyutl", "-sign", "-rawin", "-inkey", "seal.key", "-in", "statement", "-out", "signature"];
    assert!(run(folder, "openssl", &sign).unwrap().0);
    let bytes: [u8; 64] = std::fs::read(folder.join("signature")).unwrap().try_into().unwrap();
    let theirs = Seal { signature: crate::case::encoding::base64(&bytes), ..ours.clone() };
    let public = read_public(&folder.join("seal.pub")).unwrap();
    assert_eq!(theirs.key(), Some(public));
    assert!(public.verify_strict(b"other", &Signature::from_bytes(&bytes)).is_err());
    // Ed25519 has one signature for a key and a text (RFC 8032 section 5.1.6).
    assert_eq!(theirs, ours);
}

#[test]
fn keys_of_ssh_keygen_read_and_have_its_fingerprint() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let make = |kind: &str, phrase: &str, name: &str| {
        run(folder, "ssh-keygen", &["-q", "-t", kind, "-N", phrase, "-C", "rex@lab-7 and more", "-f", name])
    };
    let Some((made, _)) = make("ed25519", "", "plain") else { return };
    assert!(made);
    let public = read_public(&folder.join("plain.pub")).unwrap();
    assert_eq!(read_private(&folder.join("plain")).unwrap().verifying_key(), public);
    let (_, listed) = run(folder, "ssh-keygen", &["-l", "-f", "plain.pub"]).unwrap();
    assert_eq!(listed.split(' ').nth(1), Some(&*fingerprint(&public)));
    for (kind, phrase, name, why) in [
        ("ed25519", "a phrase", "locked", "encrypted"),
        ("rsa", "", "rsa", "another kind"),
        ("ecdsa", "", "ec", "another kind"),
    ] {
        assert!(make(kind, phrase, name).unwrap().0);
        let error = read_private(&folder.join(name)).unwrap_err().to_string();
        assert!(error.contains(why), "{error}");
    }
}

#[test]
fn other_keys_of_openssl_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    if openssl_key(folder).is_none() {
        return;
    }
    let genpkey =
        |more: &[&str]| run(folder, "openssl", &[&["genpkey", "-out", "other.key"], more].concat()).unwrap().0;
    for (more, why) in [
        (["-algorithm", "rsa"].as_slice(), "RSA"),
        (&["-algorithm", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"], "ECDSA"),
        (&["-algorithm", "x25519"], "X25519"),
        (&["-algorithm", "ed448"], "Ed448"),
        (&["-algorithm", "ed25519", "-aes256", "-pass", "pass:a phrase"], "encrypted"),
    ] {
        assert!(genpkey(more), "{why}");
        let error = read_private(&folder.join("other.key")).unwrap_err();
        assert!(error.to_string().contains(why), "{error}");
    }
    let error = read_private(&folder.join("seal.pub")).unwrap_err();
    assert!(error.to_string().contains("public key"), "{error}");
    assert!(read_public(&folder.join("seal.key")).unwrap_err().to_string().contains("private key"));
}
