//! What the bytes under a key are: a Kubernetes object in protobuf or JSON, something sealed, or something else.
//!
//! Facts: k8s.io/apimachinery `runtime/serializer/protobuf` (`k8s\0` and `runtime.Unknown{1 typeMeta{1 apiVersion,
//! 2 kind}, 2 raw, 3 contentEncoding, 4 contentType}`), k8s.io/apiserver `storage/value/encrypt` and
//! `server/options/encryptionconfig` (`k8s:enc:<provider>:<version>:<key or plugin name>:`).

use serde_json::value::RawValue;

use super::fields::TABLES;
use super::object::{Oddity, Why, Writer};
use super::wire::{Fault, Fields, Wire};

/// A value, as far as it can be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value<'a> {
    /// A built-in object, decoded: JSON text as the API server would answer, and how many fields it does not show.
    Object { json: &'a str, odd: u32 },
    /// JSON as it is stored: a custom resource.
    Json(&'a str),
    /// Encrypted at rest: the provider (`aescbc`, `aesgcm`, `secretbox`, `kms`), its version, and the name of the key
    /// or of the plug-in.
    Sealed { provider: &'a str, version: &'a str, key: &'a str },
    /// No value: a tombstone, or a key without bytes.
    None,
    /// Something else, and why it is not shown.
    Unreadable(&'a str),
}

/// Text that a value is decoded into; kept between values.
#[derive(Default)]
pub struct Scratch(String);

const PROTOBUF: &[u8] = b"k8s\0";
const SEALED: &[u8] = b"k8s:enc:";
/// The tag that CBOR data begins with where it says what it is (RFC 8949, 3.4.6).
const CBOR: &[u8] = &[0xd9, 0xd9, 0xf7];

/// Decodes a value. `note` is told what an object has that its JSON does not show, and of which kind it is.
pub fn decode<'a>(bytes: &'a [u8], scratch: &'a mut Scratch, note: &mut dyn FnMut(&str, Oddity)) -> Value<'a> {
    let text = &mut scratch.0;
    text.clear();
    if bytes.is_empty() {
        return Value::None;
    }
    if let Some(rest) = bytes.strip_prefix(SEALED) {
        return sealed(rest, text);
    }
    if let Some(rest) = bytes.strip_prefix(PROTOBUF) {
        return match object(rest, text, note) {
            Ok(odd) => Value::Object { json: text, odd },
            Err(why) => unreadable(text, &why),
        };
    }
    if bytes.starts_with(CBOR) {
        return unreadable(text, "CBOR, which this version does not read");
    }
    if bytes.trim_ascii_start().first() == Some(&b'{') {
        return match std::str::from_utf8(bytes) {
            Err(_) => unreadable(text, "JSON that is not UTF-8"),
            Ok(json) => match serde_json::from_str::<&RawValue>(json) {
                Ok(_) => Value::Json(json),
                Err(error) => unreadable(text, &format!("begins like JSON, but: {error}")),
            },
        };
    }
    unreadable(text, "neither a Kubernetes object, nor JSON, nor a sealed value")
}

fn unreadable<'a>(text: &'a mut String, why: &str) -> Value<'a> {
    text.clear();
    text.push_str(why);
    Value::Unreadable(text)
}

/// Reads `<provider>:<version>:<key>:` in front of the ciphertext.
fn sealed<'a>(rest: &'a [u8], text: &'a mut String) -> Value<'a> {
    let mut words = rest.splitn(4, |b| *b == b':').map(std::str::from_utf8);
    match (words.next(), words.next(), words.next(), words.next()) {
        (Some(Ok(provider)), Some(Ok(version)), Some(Ok(key)), Some(_)) => Value::Sealed { provider, version, key },
        _ => unreadable(text, "sealed, but its prefix is cut short"),
    }
}

/// Opens the envelope and writes the object in it; returns how many fields are not shown.
fn object(bytes: &[u8], out: &mut String, note: &mut dyn FnMut(&str, Oddity)) -> Result<u32, String> {
    let envelope = Envelope::read(bytes).map_err(|fault| format!("its envelope is damaged: {fault}"))?;
    let Envelope { api_version, kind, raw, encoding, content, odd: strange } = envelope;
    let (Ok(api_version), Ok(kind)) = (std::str::from_utf8(api_version), std::str::from_utf8(kind)) else {
        return Err("its kind is not UTF-8".into());
    };
    let name = format!("{api_version} {kind}");
    if !encoding.is_empty() || !matches!(content, b"" | b"application/vnd.kubernetes.protobuf") {
        let say = |bytes: &[u8]| super::revision::text(bytes);
        return Err(format!("{name} in encoding '{}' and type '{}'", say(encoding), say(content)));
    }
    let Some(index) = TABLES.kind(api_version, kind) else {
        return Err(format!("no table for {name}, {} bytes", raw.len()));
    };
    let mut odd = 0;
    let mut count = |oddity| {
        odd += 1;
        note(&name, oddity);
    };
    strange.into_iter().for_each(&mut count);
    let mut writer = Writer::new(&TABLES, out, &mut count);
    writer.object(index, api_version, kind, raw).map_err(|why| format!("{name}: {why}"))?;
    Ok(odd)
}

#[derive(Default)]
struct Envelope<'a> {
    api_version: &'a [u8],
    kind: &'a [u8],
    raw: &'a [u8],
    encoding: &'a [u8],
    content: &'a [u8],
    odd: Vec<Oddity>,
}

impl<'a> Envelope<'a> {
    fn read(bytes: &'a [u8]) -> Result<Self, Fault> {
        let mut envelope = Envelope::default();
        let odd = |message, field| Oddity { message, field, why: Why::Unknown };
        let mut fields = Fields::new(bytes);
        while let Some((number, wire)) = fields.next()? {
            match (number, wire) {
                (1, Wire::Bytes(bytes)) => {
                    let mut fields = Fields::new(bytes);
                    while let Some((number, wire)) = fields.next()? {
                        match (number, wire) {
                            (1, Wire::Bytes(text)) => envelope.api_version = text,
                            (2, Wire::Bytes(text)) => envelope.kind = text,
                            _ => envelope.odd.push(odd("TypeMeta", number)),
                        }
                    }
                }
                (2, Wire::Bytes(bytes)) => envelope.raw = bytes,
                (3, Wire::Bytes(bytes)) => envelope.encoding = bytes,
                (4, Wire::Bytes(bytes)) => envelope.content = bytes,
                _ => envelope.odd.push(odd("Unknown", number)),
            }
        }
        Ok(envelope)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(bytes: &[u8]) -> String {
        format!("{:?}", decode(bytes, &mut Scratch::default(), &mut |_, _| {}))
    }

    #[test]
    fn sealed_values_name_their_provider_and_key() {
        assert_eq!(
            decoded(b"k8s:enc:aescbc:v1:key1:\x00\xff\x10"),
            r#"Sealed { provider: "aescbc", version: "v1", key: "key1" }"#
        );
        assert_eq!(
            decoded(b"k8s:enc:kms:v2:vault:\x0a\x01:"),
            r#"Sealed { provider: "kms", version: "v2", key: "vault" }"#
        );
        assert_eq!(decoded(b"k8s:enc:kms:v2"), r#"Unreadable("sealed, but its prefix is cut short")"#);
    }

    #[test]
    fn json_passes_through_only_when_it_is_json() {
        assert_eq!(decoded(b"{\"kind\":\"Widget\"}\n"), "Json(\"{\\\"kind\\\":\\\"Widget\\\"}\\n\")");
        assert!(decoded(b"{\"kind\":").starts_with("Unreadable(\"begins like JSON, but: EOF"));
        assert_eq!(decoded(b"{\"\xff\":1}"), "Unreadable(\"JSON that is not UTF-8\")");
    }

    #[test]
    fn anything_else_has_a_reason() {
        assert_eq!(decoded(b""), "None");
        assert!(decoded(b"1234").starts_with("Unreadable(\"neither"));
        assert!(decoded(&[0xd9, 0xd9, 0xf7, 0xa0]).contains("CBOR"));
        assert!(decoded(b"k8s\0\x0a\x7f").contains("its envelope is damaged: a field runs past"));
        assert_eq!(
            decoded(b"k8s\0\x0a\x0a\x0a\x02v9\x12\x04Nope\x12\x02\x08\x01"),
            "Unreadable(\"no table for v9 Nope, 2 bytes\")"
        );
        assert_eq!(
            decoded(b"k8s\0\x0a\x09\x0a\x02v1\x12\x03Pod\x1a\x04gzip\x22\x00"),
            "Unreadable(\"v1 Pod in encoding 'gzip' and type ''\")"
        );
    }
}
