//! What an event still says after AKS or Log Analytics cut it in its middle.
//!
//! Takes the fields that are whole and names the ones that are gone. Half a value is never taken: half a name is a
//! wrong name.

use super::json::{self, Scan};
use crate::model::Recorded;

/// The fields in the order the API server writes them; what has no bit is no column either.
const ORDER: &[(&str, Recorded)] = &[
    ("level", Recorded::LEVEL),
    ("auditID", Recorded::ALL),
    ("stage", Recorded::ALL),
    ("requestURI", Recorded::REQUEST_URI),
    ("verb", Recorded::VERB),
    ("user", Recorded::USER),
    ("impersonatedUser", Recorded::IMPERSONATED),
    ("sourceIPs", Recorded::SOURCE_IPS),
    ("userAgent", Recorded::USER_AGENT),
    ("objectRef", Recorded::OBJECT_REF),
    ("responseStatus", Recorded::STATUS),
    ("requestObject", Recorded::REQUEST),
    ("responseObject", Recorded::RESPONSE),
    ("requestReceivedTimestamp", Recorded::RECEIVED_TIME),
    ("stageTimestamp", Recorded::STAGE_TIME),
    ("annotations", Recorded::ANNOTATIONS),
];

/// What is left of a cut event.
#[derive(Debug, PartialEq, Eq)]
pub struct Salvaged<'a> {
    /// The whole fields, as a JSON object.
    pub whole: String,
    /// The fields of an event that are gone.
    pub lost: Recorded,
    /// The first part of requestObject when the cut fell into it; no JSON by itself.
    pub request: Option<&'a str>,
}

/// Returns the whole fields of a cut object as an object, and which fields of an event are lost.
pub fn salvage(text: &str) -> Option<Salvaged<'_>> {
    let text = text.trim_ascii_start();
    let bytes = text.as_bytes();
    if bytes.first() != Some(&b'{') {
        return None;
    }
    let mut seen = Vec::new();
    let (mut at, mut end) = (1, 1);
    while let Some((key, next)) = field(bytes, at) {
        seen.push(key);
        end = next;
        at = next + blanks(&bytes[next..]);
        if bytes.get(at) != Some(&b',') {
            break;
        }
        at += 1;
    }
    if seen.is_empty() {
        return None;
    }
    let mut whole = std::str::from_utf8(&bytes[..end]).ok()?.to_owned();
    // Who acted is worth more than which groups they were in: the name counts, the user as a whole is missing.
    if let Some(name) = half_user(&bytes[end..]) {
        whole.push_str(",\"user\":{");
        whole.push_str(std::str::from_utf8(name).ok()?);
        whole.push('}');
    }
    whole.push('}');
    Some(Salvaged { whole, lost: lost(&seen), request: half_request(&text[end..]) })
}

/// Returns what is there of a requestObject that does not end.
fn half_request(rest: &str) -> Option<&str> {
    let value = rest.trim_ascii_start().strip_prefix(',')?.trim_ascii_start().strip_prefix("\"requestObject\"")?;
    let value = value.trim_ascii_start().strip_prefix(':')?.trim_ascii_start();
    (!value.is_empty()).then_some(value)
}

/// Returns the field `username` of a user that does not end.
fn half_user(rest: &[u8]) -> Option<&[u8]> {
    let rest = rest.strip_prefix(b",")?.strip_prefix(b"\"user\":{")?;
    let (key, end) = field(rest, 0)?;
    (key == b"username").then_some(&rest[..end])
}

/// Reads `"key": value` at `at`: the key and where the value ends, if all of it is there.
pub fn field(bytes: &[u8], at: usize) -> Option<(&[u8], usize)> {
    let at = at + blanks(&bytes[at..]);
    let (Some(b'"'), Scan::Whole(end)) = (bytes.get(at), json::value_end(bytes, at)) else { return None };
    let colon = end + blanks(&bytes[end..]);
    if bytes.get(colon) != Some(&b':') {
        return None;
    }
    let value = colon + 1 + blanks(&bytes[colon + 1..]);
    match json::value_end(bytes, value) {
        Scan::Whole(next) if value < bytes.len() => Some((&bytes[at + 1..end - 1], next)),
        _ => None,
    }
}

pub fn blanks(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|b| json::blank(**b)).count()
}

/// What comes after the last whole field is lost. Only when the fields keep the server's order is a field that is
/// missing before it known to be absent.
fn lost(seen: &[&[u8]]) -> Recorded {
    let places = seen.iter().filter_map(|key| ORDER.iter().position(|(name, _)| name.as_bytes() == *key));
    let places = places.collect::<Vec<_>>();
    let after = if places.is_sorted() { places.last().map_or(0, |last| last + 1) } else { 0 };
    let gone = (after..ORDER.len()).filter(|place| !places.contains(place));
    gone.fold(Recorded::ALL, |mask, place| mask.without(ORDER[place].1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_fields_are_kept_and_what_follows_is_named() {
        let Salvaged { whole, lost, request } =
            salvage(r#"{"level":"Request","auditID":"a","stage":"S","requestURI":"/x","verb":"ge"#).unwrap();
        assert_eq!(request, None);
        assert_eq!(whole, r#"{"level":"Request","auditID":"a","stage":"S","requestURI":"/x"}"#);
        assert!(
            lost.misses(Recorded::VERB) && lost.misses(Recorded::STAGE_TIME) && !lost.misses(Recorded::REQUEST_URI)
        );
    }

    #[test]
    fn a_whole_request_before_a_cut_response_is_kept() {
        let text = r#"{"auditID":"a","verb":"create","requestObject":{"a":[1,{}]},"responseObject":{"a":[1,{"#;
        let Salvaged { whole, lost, request } = salvage(text).unwrap();
        assert!(whole.ends_with(r#""requestObject":{"a":[1,{}]}}"#));
        assert_eq!(request, None, "only the response was cut");
        assert!(lost.misses(Recorded::RESPONSE) && !lost.misses(Recorded::REQUEST));
    }

    #[test]
    fn no_impersonation_before_the_cut_is_known_only_in_the_servers_order() {
        let lost = salvage(r#"{"auditID":"a","user":{},"userAgent":"x","object"#).unwrap().lost;
        assert!(!lost.misses(Recorded::IMPERSONATED));
        let lost = salvage(r#"{"auditID":"a","userAgent":"x","user":{},"object"#).unwrap().lost;
        assert!(lost.misses(Recorded::IMPERSONATED));
    }

    #[test]
    fn what_is_left_of_a_cut_request_is_kept() {
        let text = r#"{"auditID":"a","verb":"create","requestObject": {"kind":"Pod","na"#;
        let Salvaged { whole, request, .. } = salvage(text).unwrap();
        assert_eq!(whole, r#"{"auditID":"a","verb":"create"}"#);
        assert_eq!(request, Some(r#"{"kind":"Pod","na"#));
    }

    #[test]
    fn nothing_whole_is_nothing() {
        assert_eq!(salvage(r#"{"level":"Req"#), None);
        assert_eq!(salvage(""), None);
    }
}
