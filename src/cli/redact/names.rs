//! Which names are those of secrets. A name is read without its separators and in lower case: `client_secret`,
//! `client-secret` and `clientSecret` are one. Names of secrets (`secretName`), of files (`--token-file`) and of ids
//! (`credential-id`) end in another word and are therefore no match.

/// What a name says about its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Named {
    Secret,
    /// Counters share this name with tokens: `"max-token": 12`.
    Token,
    /// Working directories share this name with passwords: `PWD=/root`.
    Pwd,
    /// Key files share this name with keys: `--private-key ~/.ssh/id`.
    Key,
}

/// Last words of a name whose value is a secret whatever stands before them.
const ENDS: &[&[u8]] = &[
    b"password",
    b"passwd",
    b"passphrase",
    b"passcode",
    b"clientsecret",
    b"sharedsecret",
    b"secretvalue",
    b"secretkey",
    b"secretaccesskey",
    b"accesskey",
    b"accountkey",
    b"sharedkey",
    b"masterkey",
    b"apikey",
    b"clientkeydata",
    b"connectionstring",
    b"dockerconfigjson",
    b"dockercfg",
];

/// Words before "token" that make it a mark of a place in a list, or a flag, and no credential. Legacy and stale
/// tokens are audit annotations whose value is a name (formats.md section a.2); elevated is a yes or no of Windows.
const HARMLESS_TOKENS: &[&[u8]] =
    &[b"continue", b"continuation", b"next", b"page", b"skip", b"sync", b"delta", b"legacy", b"stale", b"elevated"];

/// Tells what the value of a name is; none when the name is no secret's.
pub(super) fn named(name: &[u8]) -> Option<Named> {
    let mut buffer = [0u8; 64];
    let mut len = 0;
    for byte in name.iter().filter(|byte| byte.is_ascii_alphanumeric()) {
        // A longer name is no name anybody gave to a secret; its last words still count.
        if len == buffer.len() {
            buffer.copy_within(1.., 0);
            len -= 1;
        }
        buffer[len] = byte.to_ascii_lowercase();
        len += 1;
    }
    let plain = &buffer[..len];
    if ENDS.iter().any(|end| plain.ends_with(end)) {
        return Some(Named::Secret);
    }
    if plain.ends_with(b"privatekey") || plain.ends_with(b"privatekeydata") {
        return Some(Named::Key);
    }
    if plain.ends_with(b"pwd") {
        return Some(Named::Pwd);
    }
    if let Some(before) = plain.strip_suffix(b"token") {
        return (!HARMLESS_TOKENS.iter().any(|word| before.ends_with(word))).then_some(Named::Token);
    }
    // In environments and settings alone: elsewhere `tls-secret` is the name of a secret.
    (name.ends_with(b"_SECRET") && !name.iter().any(u8::is_ascii_lowercase)).then_some(Named::Secret)
}

/// Tells whether all of a column is secret by its name.
pub(super) fn secret_column(column: &str) -> bool {
    column.eq_ignore_ascii_case("secret")
        || matches!(named(column.as_bytes()), Some(Named::Secret | Named::Token | Named::Key))
}

/// Tells whether a name is one of the columns that hold a body whose kind may have been lost.
pub(super) fn body_column(column: &str) -> bool {
    const BODIES: [&str; 7] =
        ["request_object", "response_object", "request_cut", "RequestObject", "ResponseObject", "body", "patch"];
    BODIES.iter().any(|body| column.eq_ignore_ascii_case(body))
}

/// Tells whether a name is that of a list of environment variables.
pub(super) fn env_column(column: &str) -> bool {
    ["EnvironmentVar", "environment_var", "env", "envs", "environ"].iter().any(|env| column.eq_ignore_ascii_case(env))
}

/// Variables of a command line that are left as they are: an investigator needs them, and none is a credential.
pub(super) fn harmless_variable(name: &[u8]) -> bool {
    const HARMLESS: &[&[u8]] = &[
        b"PATH",
        b"HOME",
        b"TZ",
        b"LANG",
        b"LC_ALL",
        b"TERM",
        b"PWD",
        b"USER",
        b"LOGNAME",
        b"SHELL",
        b"HOSTNAME",
        b"LD_PRELOAD",
        b"LD_LIBRARY_PATH",
        b"DEBIAN_FRONTEND",
        b"KUBERNETES_SERVICE_HOST",
        b"KUBERNETES_SERVICE_PORT",
    ];
    HARMLESS.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_secrets_are_known_in_every_spelling() {
        for name in ["password", "DB_PASSWORD", "mysql-root-password", "clientSecret", "client_secret", "AccountKey"] {
            assert_eq!(named(name.as_bytes()), Some(Named::Secret), "{name}");
        }
        for name in ["client-key-data", "api_key", "APP_SECRET", "spring.datasource.password"] {
            assert_eq!(named(name.as_bytes()), Some(Named::Secret), "{name}");
        }
        for name in ["token", "accessToken", "VAULT_TOKEN", "id-token"] {
            assert_eq!(named(name.as_bytes()), Some(Named::Token), "{name}");
        }
    }

    #[test]
    fn names_about_secrets_are_left_alone() {
        for name in ["secretName", "secretKeyRef", "secrets", "secret", "tls-secret", "tokenExpirationSeconds"] {
            assert_eq!(named(name.as_bytes()), None, "{name}");
        }
        for name in ["continueToken", "authentication.k8s.io/legacy-token", "token-file", "passwordLastSet", "uid"] {
            assert_eq!(named(name.as_bytes()), None, "{name}");
        }
    }
}
