//! Rust's `{:?}` of any value, read back as a tree: what makes every field of prost's structs comparable.

#[derive(Debug, Clone, PartialEq)]
pub enum Debugged {
    None,
    Text(String),
    Number(f64),
    Bool(bool),
    List(Vec<Debugged>),
    Map(Vec<(String, Debugged)>),
    Struct(String, Vec<(String, Debugged)>),
}

pub fn parse(text: &str) -> Debugged {
    let mut rest = text;
    let value = value(&mut rest);
    assert_eq!(rest, "", "in {text}");
    value
}

fn eat(rest: &mut &str, what: &str) -> bool {
    match rest.strip_prefix(what) {
        Some(after) => {
            *rest = after;
            true
        }
        None => false,
    }
}

fn value(rest: &mut &str) -> Debugged {
    if eat(rest, "[") {
        let mut list = Vec::new();
        while !eat(rest, "]") {
            list.push(value(rest));
            eat(rest, ", ");
        }
        return Debugged::List(list);
    }
    if eat(rest, "{") {
        let mut map = Vec::new();
        while !eat(rest, "}") {
            let Debugged::Text(key) = value(rest) else { panic!("a key that is no text: {rest}") };
            assert!(eat(rest, ": "));
            map.push((key, value(rest)));
            eat(rest, ", ");
        }
        return Debugged::Map(map);
    }
    if rest.starts_with('"') {
        return Debugged::Text(text(rest));
    }
    let end = rest.find([' ', ',', ')', ']', '}', '(']).unwrap_or(rest.len());
    let (word, after) = rest.split_at(end);
    *rest = after;
    match word {
        "None" => return Debugged::None,
        "true" => return Debugged::Bool(true),
        "false" => return Debugged::Bool(false),
        "Some" => {
            assert!(eat(rest, "("));
            let inner = value(rest);
            assert!(eat(rest, ")"));
            return inner;
        }
        _ => {}
    }
    if let Ok(number) = word.parse() {
        return Debugged::Number(number);
    }
    let mut fields = Vec::new();
    if eat(rest, " { ") {
        while !eat(rest, " }") {
            let (name, after) = rest.split_once(": ").unwrap();
            *rest = after;
            fields.push((name.to_string(), value(rest)));
            eat(rest, ", ");
        }
    }
    Debugged::Struct(word.into(), fields)
}

fn text(rest: &mut &str) -> String {
    let mut text = String::new();
    let mut letters = rest[1..].char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => {
                *rest = &rest[1 + at + 1..];
                return text;
            }
            '\\' => match letters.next().unwrap().1 {
                'n' => text.push('\n'),
                'r' => text.push('\r'),
                't' => text.push('\t'),
                '0' => text.push('\0'),
                'u' => {
                    let code: String = letters.by_ref().skip(1).map(|(_, c)| c).take_while(|c| *c != '}').collect();
                    text.push(char::from_u32(u32::from_str_radix(&code, 16).unwrap()).unwrap());
                }
                other => text.push(other),
            },
            other => text.push(other),
        }
    }
    panic!("text without an end");
}

#[test]
fn debug_text_is_read_back() {
    #[derive(Debug)]
    #[allow(dead_code, reason = "read through Debug")]
    struct A {
        b: Option<String>,
        c: Vec<Option<i32>>,
        d: std::collections::BTreeMap<String, bool>,
        e: B,
    }
    #[derive(Debug)]
    struct B {}
    let a =
        A { b: Some("x\"\\\n\u{1}é".into()), c: vec![Some(-1), None], d: [("k".to_string(), true)].into(), e: B {} };
    let field = |name: &str, value| (name.to_string(), value);
    let expected = Debugged::Struct(
        "A".into(),
        vec![
            field("b", Debugged::Text("x\"\\\n\u{1}é".into())),
            field("c", Debugged::List(vec![Debugged::Number(-1.0), Debugged::None])),
            field("d", Debugged::Map(vec![field("k", Debugged::Bool(true))])),
            field("e", Debugged::Struct("B".into(), vec![])),
        ],
    );
    assert_eq!(parse(&format!("{a:?}")), expected);
}
