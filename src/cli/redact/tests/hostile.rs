//! Time must be linear in the text, whatever the text is. Each trap is eight million bytes, for which a rule that
//! looks back to the start or ahead to the end at every word would take hours.

use std::time::{Duration, Instant};

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
        "ghp_",
        "xoxb-",
        "npm_",
    ] {
        traps.push((unit.to_owned(), unit.repeat(SIZE / unit.len())));
    }
    // Something to look for in front, and then nothing but one sign.
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

#[test]
fn eight_million_hostile_bytes_take_moments() {
    let mut worst = (Duration::ZERO, String::new());
    for (name, text) in traps() {
        let start = Instant::now();
        let out = redact(&text);
        drop(out);
        drop(redact_column(None, "EnvironmentVar", &text));
        let took = start.elapsed();
        if std::env::var_os("SHOW_TIMES").is_some() {
            eprintln!("{took:?} {name:?}");
        }
        // A debug build on a busy machine needs some room; quadratic time would need a thousand times as much.
        assert!(took < Duration::from_secs(30), "{name} took {took:?}");
        worst = worst.max((took, name));
    }
    println!("slowest: {} in {:?}", worst.1, worst.0);
}

#[test]
fn twice_the_text_takes_about_twice_the_time() {
    let time = |text: &str| {
        (0..3)
            .map(|_| {
                let start = Instant::now();
                drop(redact(text));
                start.elapsed()
            })
            .min()
            .unwrap()
    };
    for unit in [
        "{\"a\":{\"value\":\"x\"},\"data\":{\"a\":\"QUJD\"},\"b\":",
        "\"password\":\"x\" eyJa. -e A=b docker --env=A=b ",
        "password: \"a\n  data:\n",
    ] {
        let text = unit.repeat((4 << 20) / unit.len());
        let (half, whole) = (time(&text[..text.len() / 2]), time(&text));
        assert!(whole < half * 4 + Duration::from_millis(100), "{unit}: {half:?} and {whole:?}");
    }
}
