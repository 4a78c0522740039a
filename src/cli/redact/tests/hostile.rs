//! Time must be linear in the text, whatever the text is. Each trap is eight million bytes, for which a rule that
//! looks back to the start or ahead to the end at every word would take hours.

use super::*;

const SIZE: usize = 8 << 20;

fn traps() -> Vec<(String, String)> {
    let mut traps = Vec::new();
    for unit in [
        "eyJ",
        "eyJa.",
        "eyJhbGciOiJIUzI1NiJ9.",
        "AKIA",
        "==",
        "A==",
        "://",
        "://a:",
        ":\\/\\/u:",
        "%2F%2F",
        "sig=",
        "sig%3D",
        "?sig=a",
        "-----BEGIN PRIVATE KEY-----",
        "-----BEG",
        "-----BEGIN PRIVATE KEY-----\\\\",
        "LS0tLS1C",
        "LS0tLS1CRUdJTi",
        "1Q~",
        "bearer ",
        "bearer+",
        "Bearer%20",
        "token ",
        "token=",
        "token:",
        "--token ",
        "--token=",
        "--password \"",
        "password='",
        "password=\"",
        "password=\\\"",
        "password\":\"",
        "\"password\":",
        "\"password\":\"",
        "\"password\":\\",
        "\\\"password\\\":\\\"",
        "\"--password\",\"",
        "password: ",
        "\npassword: ",
        "\n password: |\n",
        "\npassword: \"",
        "secret",
        "Secret\"",
        "bootstrap token ",
        "bootstrap.",
        "bootstrap abcdef.",
        " -e ",
        " -e A=b",
        "docker -e '",
        "docker -e \"A=",
        "mysql -p",
        "curl -u a:",
        " -a ",
        "redis-cli -a \"",
        "set env ",
        "set env A=b ",
        "set env 'A=",
        "kubectl set env \"A=",
        "&command=set&command=env",
        "--env ",
        "--env=A=",
        "--from-literal=",
        "--from-literal=a=\"",
        "proctitle=",
        "proctitle=61",
        "proctitle=70726F637469746C653D",
        "Authorization: ",
        "authorization:",
        "Authorization: Bearer ",
        "\"Authorization\":\"",
        "\"Authorization\":[\"",
        "last-applied-configuration",
        "last-applied-configuration\":\"",
        "last-applied-configuration:",
        "last-applied-configuration: |\n",
        "\nlast-applied-configuration: \n",
        "last-applied-configuration=",
        "{",
        "[",
        "{\"data\":",
        "{\"data\":{\"a\":\"QUJD\",",
        "{\"a\":{\"value\":\"x\"},\"data\":{\"a\":\"QUJD\"},\"b\":",
        "[[\"data\"]",
        "}",
        "]",
        "\"data\":{",
        "\"",
        "\"\"",
        "\\",
        "\\\"",
        "\"\\",
        "\" ",
        "\"data\" ",
        ",\"",
        "{\"stringData\":{\"a\":\"",
        "\\\\\\\"data\\\\\\\":",
        "env:\n- ",
        "- ",
        "data:\n ",
        "\ndata:\n a: |\n",
        "\n",
        " \n",
        " ",
        "\nstringData:",
        "a: ",
        ": secret",
        "\n- name: a\n  env:\n  - value: x",
        "\"env\":[\"",
        "\"env\":[",
        "‹redacted: 1 bytes›",
        "‹redacted: ",
        "password=‹redacted: 1 bytes›",
        "auths\"",
        "\"Secret\"\"",
        "a0=\"--password\" a1=\"",
        "'",
        "%3A%40",
        "pwd=/",
        "pwd:/",
        "docker =-e",
        "=-e",
        "curl =-u",
        "mysql\"-p",
        "LS0tLS1C+",
        "LS0tLS1C=",
        "AKIA.",
        "--env=--",
        "last-applied-configuration:‹redacted: 1 bytes›",
        "\"last-applied-configuration=",
        "{last-applied-configuration=\n",
        "{\"last-applied-configuration: ",
        "password:password-",
        "token:x\"",
        "authorization=",
        "authorization%3A",
        "bearer bearer+",
        "\\u0022",
        "\\u0022password\\u0022:\\u0022",
        "\\\\u0022",
        "\\u0022data\\u0022:{",
        "ghp_",
        "xoxb-",
        "npm_",
    ] {
        traps.push((unit.to_owned(), unit.repeat(SIZE / unit.len())));
    }
    // Something to look for in front, and then nothing but one sign.
    for program in ["docker ", "curl ", "mysql ", "redis-cli ", "sshpass "] {
        for unit in
            ["=-e", "=-u", "=-p", "=-a", " -e", " -u ", "\"-e", ",-p", "\"-u\",\"", "=-u:", "=-eA=", " -e '", "+-p"]
        {
            traps.push((format!("{program} and {unit}"), format!("{program}{}", unit.repeat(SIZE / unit.len()))));
        }
    }
    for start in [
        "\"password\":",
        "password='",
        "--token",
        "\"password\"",
        "{\"kind\":\"Secret\",\"data\":{\"a\":\"",
        "eyJa.a.",
        "sig=",
        "last-applied-configuration\":\"",
        "\"token\"   ,",
        "\n data:\n a: |\n",
        "proctitle=",
    ] {
        for fill in ["\\", " ", "\"", "a", "\n", "A=", "\\\"", "2d", "\\n"] {
            traps.push((format!("{start} and {fill}"), format!("{start}{}", fill.repeat(SIZE / fill.len()))));
        }
    }
    traps
}

/// Work that grows with the square of the text would not end here; how long it takes, a busy machine cannot say.
#[test]
fn hostile_shapes_are_read_to_their_end() {
    for (name, text) in traps() {
        let cut = text.floor_char_boundary(256 << 10);
        assert!(!redact(&text[..cut]).is_empty(), "{name}");
        assert!(!redact_column(None, "EnvironmentVar", &text[..cut]).is_empty(), "{name}");
    }
}
