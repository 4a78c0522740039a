//! What a certificate request (PKCS#10, RFC 2986) asks for, read out of `spec.request` of a CertificateSigningRequest.
//!
//! A walker over DER that goes forward only and never beyond what it was given: lengths are checked against the bytes that
//! are there, and nothing is allocated by what a length says. What is no request is None, never a part of one.

use crate::case::from_base64;

/// As many names as a request of sense has; more are left out.
const MOST: usize = 1_000;

const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const OID: u8 = 0x06;
const OCTETS: u8 = 0x04;
/// Context 0, constructed: the attributes of a request.
const ATTRIBUTES: u8 = 0xa0;

/// X.520: id-at-commonName and id-at-organizationName.
const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];
const ORGANIZATION: &[u8] = &[0x55, 0x04, 0x0a];
/// PKCS#9: extensionRequest, 1.2.840.113549.1.9.14.
const EXTENSIONS: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x0e];
/// RFC 5280: id-ce-subjectAltName.
const ALTERNATIVE_NAME: &[u8] = &[0x55, 0x1d, 0x11];

/// Who a request wants a certificate for.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Request {
    /// The user name the API server takes from it.
    pub common_name: Vec<String>,
    /// The groups.
    pub organizations: Vec<String>,
    pub dns_names: Vec<String>,
    pub ip_addresses: Vec<String>,
    pub emails: Vec<String>,
    pub uris: Vec<String>,
}

impl Request {
    /// The part a field is named by.
    pub fn part(&self, name: &str) -> &[String] {
        match name {
            "commonName" => &self.common_name,
            "organizations" => &self.organizations,
            "dnsNames" => &self.dns_names,
            "ipAddresses" => &self.ip_addresses,
            "emailAddresses" => &self.emails,
            "uris" => &self.uris,
            _ => &[],
        }
    }
}

/// Reads `spec.request`: base64 of PEM.
pub fn read(request: &str) -> Option<Request> {
    let pem = String::from_utf8(from_base64(&without_blanks(request))?).ok()?;
    let (_, rest) = pem.split_once("-----BEGIN ")?;
    let (label, rest) = rest.split_once("-----")?;
    if !matches!(label, "CERTIFICATE REQUEST" | "NEW CERTIFICATE REQUEST") {
        return None;
    }
    let (body, _) = rest.split_once("-----END ")?;
    of_der(&from_base64(&without_blanks(body))?)
}

fn without_blanks(text: &str) -> String {
    text.split_ascii_whitespace().collect()
}

/// Reads the DER of a request.
pub fn of_der(der: &[u8]) -> Option<Request> {
    let mut whole = Der(der);
    let mut info = Der(Der(whole.expect(SEQUENCE)?).expect(SEQUENCE)?);
    let _version = info.next()?;
    let mut subject = Der(info.expect(SEQUENCE)?);
    let _key = info.next()?;
    let mut request = Request::default();
    while let Some((SET, names)) = subject.next() {
        let mut names = Der(names);
        while let Some((SEQUENCE, pair)) = names.next() {
            let mut pair = Der(pair);
            let oid = pair.expect(OID)?;
            let (tag, value) = pair.next()?;
            let list = match oid {
                COMMON_NAME => &mut request.common_name,
                ORGANIZATION => &mut request.organizations,
                _ => continue,
            };
            push(list, string(tag, value)?);
        }
        names.end()?;
    }
    subject.end()?;
    let Some((ATTRIBUTES, attributes)) = info.next() else { return Some(request) };
    let mut attributes = Der(attributes);
    while let Some((SEQUENCE, attribute)) = attributes.next() {
        let mut attribute = Der(attribute);
        if attribute.expect(OID)? != EXTENSIONS {
            continue;
        }
        let mut extensions = Der(Der(attribute.expect(SET)?).expect(SEQUENCE)?);
        while let Some((SEQUENCE, extension)) = extensions.next() {
            let mut extension = Der(extension);
            if extension.expect(OID)? != ALTERNATIVE_NAME {
                continue;
            }
            // Between the two may stand whether it is critical.
            let (tag, value) = extension.next()?;
            let value = if tag == OCTETS { value } else { extension.expect(OCTETS)? };
            names(&mut request, Der(Der(value).expect(SEQUENCE)?))?;
        }
        extensions.end()?;
    }
    attributes.end()?;
    Some(request)
}

/// GeneralNames of RFC 5280, section 4.2.1.6.
fn names(request: &mut Request, mut names: Der<'_>) -> Option<()> {
    while let Some((tag, value)) = names.next() {
        let ascii = || String::from_utf8_lossy(value).into_owned();
        match tag {
            0x81 => push(&mut request.emails, ascii()),
            0x82 => push(&mut request.dns_names, ascii()),
            0x86 => push(&mut request.uris, ascii()),
            0x87 => {
                let v4 = <[u8; 4]>::try_from(value).ok().map(|bytes| std::net::IpAddr::from(bytes).to_string());
                let v6 = || <[u8; 16]>::try_from(value).ok().map(|bytes| std::net::IpAddr::from(bytes).to_string());
                push(&mut request.ip_addresses, v4.or_else(v6)?);
            }
            _ => {}
        }
    }
    names.end()
}

fn push(list: &mut Vec<String>, text: String) {
    if list.len() < MOST {
        list.push(text);
    }
}

/// The strings of ASN.1 that names are written in.
fn string(tag: u8, value: &[u8]) -> Option<String> {
    match tag {
        // UTF8String, PrintableString, IA5String, VisibleString, NumericString
        0x0c | 0x13 | 0x16 | 0x1a | 0x12 => Some(String::from_utf8_lossy(value).into_owned()),
        // TeletexString: read as Latin-1, as everybody does.
        0x14 => Some(value.iter().map(|byte| char::from(*byte)).collect()),
        // BMPString and UniversalString
        0x1e if value.len().is_multiple_of(2) => {
            let units = value.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
            Some(char::decode_utf16(units).map(|letter| letter.unwrap_or(char::REPLACEMENT_CHARACTER)).collect())
        }
        0x1c if value.len().is_multiple_of(4) => {
            let letters = value.chunks_exact(4).map(|four| u32::from_be_bytes([four[0], four[1], four[2], four[3]]));
            Some(letters.map(|code| char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)).collect())
        }
        _ => None,
    }
}

/// What is left of a run of DER values.
struct Der<'a>(&'a [u8]);

impl<'a> Der<'a> {
    /// Takes the next value: its tag and content. None at the end, and where a value does not fit; [`Der::end`] tells them
    /// apart.
    fn next(&mut self) -> Option<(u8, &'a [u8])> {
        let (&tag, rest) = self.0.split_first()?;
        // Tags of several bytes are in nothing that is read here.
        if tag & 0x1f == 0x1f {
            return None;
        }
        let (&first, rest) = rest.split_first()?;
        let (length, rest) = match first {
            0..=0x7f => (usize::from(first), rest),
            0x81..=0x84 => {
                let (digits, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
                (digits.iter().fold(0_usize, |sum, digit| sum << 8 | usize::from(*digit)), rest)
            }
            _ => return None,
        };
        let (value, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some((tag, value))
    }

    fn expect(&mut self, wanted: u8) -> Option<&'a [u8]> {
        self.next().filter(|(tag, _)| *tag == wanted).map(|(_, value)| value)
    }

    fn end(&self) -> Option<()> {
        self.0.is_empty().then_some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made by `openssl req -new` with P-256, subject `/O=system:masters/O=ops/CN=kubernetes-admin`, and subjectAltName
    /// `DNS:api.example,IP:10.0.0.1,IP:2001:db8::1,email:a@b.example,URI:spiffe://x/y`.
    const MADE: &str = include_str!("certificate/admin.csr.txt");

    #[test]
    fn who_it_is_for_is_read_as_openssl_wrote_it() {
        let request = read(MADE).unwrap();
        assert_eq!(request.common_name, ["kubernetes-admin"]);
        assert_eq!(request.organizations, ["system:masters", "ops"]);
        assert_eq!(request.dns_names, ["api.example"]);
        assert_eq!(request.ip_addresses, ["10.0.0.1", "2001:db8::1"]);
        assert_eq!((request.emails, request.uris), (vec!["a@b.example".into()], vec!["spiffe://x/y".into()]));
    }

    #[test]
    fn what_is_no_request_is_none_and_never_a_part_of_one() {
        assert_eq!(read("LS0t"), None);
        assert_eq!(read(""), None);
        let pem = String::from_utf8(from_base64(&without_blanks(MADE)).unwrap()).unwrap();
        let body: String = pem.lines().filter(|line| !line.starts_with("--")).collect();
        let der = from_base64(&body).unwrap();
        assert!(of_der(&der).is_some());
        for cut in 0..der.len() {
            assert_eq!(of_der(&der[..cut]), None, "cut at {cut}");
        }
        // No byte changed makes it read beyond its end.
        for place in 0..der.len() {
            for bits in [0x01, 0x80, 0xff] {
                let mut changed = der.clone();
                changed[place] ^= bits;
                let _ = of_der(&changed);
            }
        }
    }
}
