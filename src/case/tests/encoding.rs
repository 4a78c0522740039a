//! Hex and base64 against RFC 4648.

use proptest::prelude::*;

use crate::case::encoding::{base64, from_base64, from_hex, hex};

/// RFC 4648 section 10.
const VECTORS: [(&str, &str); 7] = [
    ("", ""),
    ("f", "Zg=="),
    ("fo", "Zm8="),
    ("foo", "Zm9v"),
    ("foob", "Zm9vYg=="),
    ("fooba", "Zm9vYmE="),
    ("foobar", "Zm9vYmFy"),
];

#[test]
fn base64_is_that_of_the_rfc() {
    for (plain, text) in VECTORS {
        assert_eq!(base64(plain.as_bytes()), text);
        assert_eq!(from_base64(text).unwrap(), plain.as_bytes());
        assert_eq!(from_base64(text.trim_end_matches('=')).unwrap(), plain.as_bytes());
    }
}

#[test]
fn base64_has_one_spelling() {
    for wrong in
        ["Z", "Zg=", "Zg===", "=", "====", "Zm9v====", "Zh==", "Zm9=", "Zm 9v", "Zm9v\n", "Zm-_", "Zg==Zg==", "é"]
    {
        assert_eq!(from_base64(wrong), None, "{wrong}");
    }
}

#[test]
fn hex_takes_pairs_of_digits_only() {
    assert_eq!(from_hex("00ffA0").unwrap(), [0, 255, 160]);
    for wrong in ["0", "0g", " 00", "+1", "0x00"] {
        assert_eq!(from_hex(wrong), None, "{wrong}");
    }
}

proptest! {
    #[test]
    fn what_was_written_reads_the_same(bytes: Vec<u8>) {
        prop_assert_eq!(from_base64(&base64(&bytes)), Some(bytes.clone()));
        prop_assert_eq!(from_hex(&hex(&bytes)), Some(bytes));
    }

    #[test]
    fn what_reads_is_written_the_same(text in "[A-D/+]{0,9}={0,3}") {
        if let Some(bytes) = from_base64(&text) {
            let written = base64(&bytes);
            prop_assert_eq!(written.trim_end_matches('='), text.trim_end_matches('='));
        }
    }
}
