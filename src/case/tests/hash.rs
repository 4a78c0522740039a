//! Both digests against known answers, on one thread and on two.

use std::io::{self, Read};

use proptest::prelude::*;

use crate::case::hash::{Digests, Hasher, LARGE, hash_file, hash_on_one_thread, hash_on_two_threads};

fn hashed(bytes: &[u8]) -> Digests {
    let mut hasher = Hasher::new();
    hasher.update(bytes);
    hasher.finish()
}

/// Bytes as the BLAKE3 test vectors have them.
fn pattern(length: usize) -> Vec<u8> {
    (0..length).map(|place| (place % 251) as u8).collect()
}

/// SHA-256 from FIPS 180-2 and sha256sum, BLAKE3 from its published test vectors.
#[test]
fn known_answers() {
    let known = [
        (
            Vec::new(),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262",
        ),
        (
            b"abc".to_vec(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
            "6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85",
        ),
        (
            pattern(1024),
            "2bce1ba628720664be4b9fdd77aae0678e5f0f3f02fc6ff641ec879094f6a404",
            "42214739f095a406f3fc83deb889744ac00df831c10daa55189b5d121c855af7",
        ),
    ];
    for (bytes, sha256, blake3) in known {
        let size = bytes.len() as u64;
        assert_eq!(hashed(&bytes), Digests { sha256: sha256.into(), blake3: blake3.into(), size });
    }
}

/// The SHA-256 is sha256sum's; forty times the pattern of 1 MiB and three bytes more.
#[test]
fn a_large_file_hashes_the_same_on_two_threads() {
    let mut bytes = pattern(1 << 20).repeat(40);
    bytes.extend(b"xyz");
    assert!(bytes.len() as u64 > LARGE);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("large");
    std::fs::write(&path, &bytes).unwrap();
    let found = hash_file(&path).unwrap();
    assert_eq!(found.sha256, "54bb36139732fe84e3ec5e1ad35d32e48bede00709436feb8409e0d2b94a2867");
    assert_eq!(found, hashed(&bytes));
}

#[test]
fn a_missing_file_is_told_by_name() {
    let error = hash_file(std::path::Path::new("/nowhere/at-all")).unwrap_err();
    assert_eq!(error.to_string(), "cannot open /nowhere/at-all");
}

/// Gives `left` bytes in pieces of odd sizes, is interrupted now and then, and fails at the end when told to.
struct Odd {
    left: usize,
    calls: usize,
    fails: bool,
}

impl Read for Odd {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.calls += 1;
        if self.calls.is_multiple_of(3) {
            return Err(io::ErrorKind::Interrupted.into());
        }
        if self.left == 0 && self.fails {
            return Err(io::Error::other("the disk is gone"));
        }
        let length = self.left.min(buffer.len()).min(self.calls * 977 % 70_000 + 1);
        buffer[..length].fill(7);
        self.left -= length;
        Ok(length)
    }
}

#[test]
fn a_failed_read_is_no_digest_on_either_way() {
    for left in [0, 5, 3_000_000] {
        for hash in [hash_on_one_thread, hash_on_two_threads] {
            let error = hash(&mut Odd { left, calls: 0, fails: true }).unwrap_err();
            assert_eq!(error.to_string(), "the disk is gone");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn pieces_and_threads_do_not_matter(left in 0..4_000_000_usize, calls in 0..90_usize) {
        let whole = hashed(&vec![7; left]);
        prop_assert_eq!(&hash_on_one_thread(&mut Odd { left, calls, fails: false }).unwrap(), &whole);
        prop_assert_eq!(&hash_on_two_threads(&mut Odd { left, calls, fails: false }).unwrap(), &whole);
    }
}
