//! The words of Kubernetes and Azure by which an object says what it is and where its secrets are.

use super::names;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Key {
    Other,
    Kind,
    Data,
    StringData,
    Env,
    Value,
    Path,
    Resource,
    ObjectRef,
    Type,
    Kubeconfigs,
    Auths,
    Auth,
    Principal,
    Secret,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Unknown,
    Secret,
    Event,
    Other,
}

/// Where a JSON patch writes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Path {
    Elsewhere,
    Data,
    Env,
    Secret,
}

/// Tells whether a value is written as data of a Secret is: base64 with its padding, or the beginning of that.
pub(super) fn base64(text: &[u8], cut: bool) -> bool {
    let signs = text.iter().filter(|byte| **byte != b'\\').count();
    (signs % 4 == 0 || cut)
        && text.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=' | b'\\'))
}

pub(super) fn key(name: &[u8]) -> Key {
    match name {
        b"kind" => Key::Kind,
        b"data" => Key::Data,
        b"stringData" => Key::StringData,
        b"value" => Key::Value,
        b"path" => Key::Path,
        b"type" => Key::Type,
        b"resource" => Key::Resource,
        b"objectRef" | b"ObjectRef" | b"object_ref" => Key::ObjectRef,
        b"kubeconfigs" => Key::Kubeconfigs,
        b"auths" => Key::Auths,
        b"auth" => Key::Auth,
        b"servicePrincipalProfile" => Key::Principal,
        b"secret" => Key::Secret,
        _ if is_env(name) => Key::Env,
        _ => Key::Other,
    }
}

fn is_env(name: &[u8]) -> bool {
    const NAMES: [&[u8]; 4] = [b"env", b"EnvironmentVar", b"environmentVariables", b"envVars"];
    std::str::from_utf8(name).is_ok_and(names::env_column) || NAMES.iter().any(|env| name.eq_ignore_ascii_case(env))
}

pub(super) fn kind(text: &[u8]) -> Kind {
    match text {
        b"Secret" | b"SecretList" => Kind::Secret,
        b"Event" => Kind::Event,
        // Of lists the items say what they are.
        b"List" | b"" => Kind::Unknown,
        _ => Kind::Other,
    }
}

/// Types of Secrets that Kubernetes and Helm write; a Secret of which the kind was lost is known by them.
pub(super) fn secret_type(text: &[u8]) -> bool {
    const TYPES: [&[u8]; 9] = [
        b"Opaque",
        b"kubernetes.io/service-account-token",
        b"kubernetes.io/dockercfg",
        b"kubernetes.io/dockerconfigjson",
        b"kubernetes.io/basic-auth",
        b"kubernetes.io/ssh-auth",
        b"kubernetes.io/tls",
        b"bootstrap.kubernetes.io/token",
        b"helm.sh/release.v1",
    ];
    // Some writers of JSON escape the slash.
    let plain: Vec<u8> = text.iter().take(64).copied().filter(|byte| *byte != b'\\').collect();
    TYPES.contains(&plain.as_slice())
}

/// Reads the path of a JSON patch (RFC 6901).
pub(super) fn path(text: &[u8]) -> Path {
    let part = |part: &'_ [u8]| -> usize { part.len() - usize::from(part.ends_with(b"\\")) };
    let mut ends = text.rsplit(|byte| *byte == b'/').map(|name| &name[..part(name)]);
    let mut back = || ends.next().unwrap_or_default();
    let (last, before, middle) = (back(), back(), back());
    let first = text.split(|byte| *byte == b'/').nth(1).map(|name| &name[..part(name)]).unwrap_or_default();
    if last.ends_with(b"last-applied-configuration") || names::named(last).is_some() || first == b"stringData" {
        return Path::Secret;
    }
    if first == b"data" {
        return Path::Data;
    }
    let number = |part: &[u8]| part == b"-" || !part.is_empty() && part.iter().all(u8::is_ascii_digit);
    match (middle, before, last) {
        (_, _, b"env") => Path::Env,
        (_, b"env", item) if number(item) => Path::Env,
        (b"env", item, b"value") if number(item) => Path::Env,
        _ => Path::Elsewhere,
    }
}
