//! Events changed at random, the same way for the same seed: what an event may look like that nobody wrote a case for.

use serde_json::{Map, Value, json};

/// SplitMix64 (Steele, Lea, Flood 2014): few lines, and the same numbers on every machine.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Dice {
        Dice(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound.max(1) as u64).unwrap()
    }

    fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }
}

/// A kind of change: its name, and what it does. False when the event has nothing it could change.
type Mutation = (&'static str, fn(&mut Value, &mut Dice) -> bool);

pub const MUTATIONS: &[Mutation] = &[
    ("removed", removed),
    ("type", retyped),
    ("letter case", recased),
    ("wildcards", |event, dice| {
        put_in(event, dice, &["*", "?", "\\", ".", ".*", "[a", "(", "^", "$", "|", "\n", "%2F"])
    }),
    ("unicode", |event, dice| put_in(event, dice, &["é", "ß", "İ", "K", "\u{301}", "😀", "\u{202e}", "\u{0}", "Σ"])),
    ("empty", |event, dice| {
        let empty = dice.pick(&[json!(""), json!([]), json!({}), json!([null]), json!([[]])]).clone();
        replace(event, dice, |_| Some(empty))
    }),
    ("element", relisted),
    ("moved", moved),
    ("number as text", renumbered),
    ("containers", recontained),
    ("key", rekeyed),
    ("subresource", |event, dice| {
        let words = ["exec", "attach", "log", "status", "portforward", "token", "ephemeralcontainers", "scale", "Exec"];
        set(event, dice, "/objectRef", "subresource", &words)
    }),
    ("resource", |event, dice| {
        let words = ["pods", "deployments", "cronjobs", "clusterroles", "rolebindings", "secrets", "nodes", "jobs"];
        set(event, dice, "/objectRef", "resource", &words)
    }),
    ("verb", |event, dice| {
        let words = ["create", "update", "patch", "delete", "get", "list", "deletecollection", "watch"];
        set(event, dice, "", "verb", &words)
    }),
    ("level", |event, dice| set(event, dice, "", "level", &["None", "Metadata", "Request", "RequestResponse"])),
    ("stage", |event, dice| {
        set(event, dice, "", "stage", &["RequestReceived", "ResponseStarted", "ResponseComplete", "Panic"])
    }),
];

/// Changes an event once or up to three times, and returns what was done.
pub fn mutate(event: &mut Value, dice: &mut Dice) -> Vec<&'static str> {
    let mut done = Vec::new();
    for _ in 0..=dice.below(3) {
        let (name, change) = dice.pick(MUTATIONS);
        if change(event, dice) {
            done.push(*name);
        }
    }
    done
}

fn below(at: &str, value: &Value, found: &mut Vec<String>) {
    found.push(at.to_owned());
    match value {
        Value::Object(parts) => parts.iter().for_each(|(key, part)| {
            below(&format!("{at}/{}", key.replace('~', "~0").replace('/', "~1")), part, found);
        }),
        Value::Array(items) => items.iter().enumerate().for_each(|(n, item)| below(&format!("{at}/{n}"), item, found)),
        _ => {}
    }
}

/// A place that passes, as a JSON pointer. Each field of the event is as likely as another, however large it is. The id
/// stays, by which events are told apart.
fn place(event: &Value, dice: &mut Dice, passes: fn(&Value) -> bool) -> Option<String> {
    let fields: Vec<(&String, &Value)> = event.as_object()?.iter().filter(|(key, _)| *key != "auditID").collect();
    // A field may hold nothing that passes.
    (0..8).find_map(|_| {
        let (key, value) = dice.pick(&fields);
        let mut places = Vec::new();
        below(&format!("/{key}"), value, &mut places);
        places.retain(|at| event.pointer(at).is_some_and(passes));
        (!places.is_empty()).then(|| dice.pick(&places).clone())
    })
}

fn change(
    event: &mut Value,
    dice: &mut Dice,
    passes: fn(&Value) -> bool,
    to: impl FnOnce(&Value) -> Option<Value>,
) -> bool {
    let Some(place) = place(event, dice, passes) else { return false };
    let value = event.pointer_mut(&place).unwrap();
    let Some(new) = to(value).filter(|new| new != value) else { return false };
    *value = new;
    true
}

fn replace(event: &mut Value, dice: &mut Dice, to: impl FnOnce(&Value) -> Option<Value>) -> bool {
    change(event, dice, |_| true, to)
}

fn set(event: &mut Value, dice: &mut Dice, object: &str, key: &str, words: &[&str]) -> bool {
    let to: &str = dice.pick::<&str>(words);
    let Some(Value::Object(parts)) = event.pointer_mut(object) else { return false };
    parts.insert(key.to_owned(), to.into()).is_none_or(|before| before != to)
}

/// Takes what is at a place out of the object or list around it.
fn take(event: &mut Value, place: &str) -> Option<(String, Value)> {
    let (around, key) = place.rsplit_once('/')?;
    let key = key.replace("~1", "/").replace("~0", "~");
    let value = match event.pointer_mut(around)? {
        Value::Object(parts) => parts.remove(&key)?,
        Value::Array(items) => items.remove(key.parse().ok()?),
        _ => return None,
    };
    Some((key, value))
}

fn removed(event: &mut Value, dice: &mut Dice) -> bool {
    place(event, dice, |_| true).is_some_and(|place| take(event, &place).is_some())
}

fn moved(event: &mut Value, dice: &mut Dice) -> bool {
    let Some((key, value)) = place(event, dice, |_| true).and_then(|place| take(event, &place)) else { return false };
    let Some(target) = place(event, dice, |value| value.is_object() || value.is_array()) else { return false };
    match event.pointer_mut(&target).unwrap() {
        Value::Object(parts) => drop(parts.insert(key, value)),
        Value::Array(items) => items.push(value),
        _ => return false,
    }
    true
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn retyped(event: &mut Value, dice: &mut Dice) -> bool {
    let kind = dice.below(7);
    replace(event, dice, |value| {
        Some(match kind {
            0 => text(value).into(),
            1 => text(value).parse::<i64>().unwrap_or(1).into(),
            2 => Value::Bool(!matches!(text(value).as_str(), "false" | "0" | "")),
            3 => Value::Array(vec![value.clone()]),
            4 => Value::Null,
            5 => json!({"key": value}),
            _ => value.get(0)?.clone(),
        })
    })
}

fn recased(event: &mut Value, dice: &mut Dice) -> bool {
    let kind = dice.below(3);
    change(event, dice, Value::is_string, |value| {
        let text = value.as_str()?;
        let other =
            |c: char| if c.is_uppercase() { c.to_lowercase().to_string() } else { c.to_uppercase().to_string() };
        Some(Value::String(match kind {
            0 => text.to_uppercase(),
            1 => text.to_lowercase(),
            _ => text.chars().map(other).collect(),
        }))
    })
}

fn put_in(event: &mut Value, dice: &mut Dice, words: &[&str]) -> bool {
    let (word, at) = (*dice.pick(words), dice.below(1 << 16));
    change(event, dice, Value::is_string, |value| {
        let text: Vec<char> = value.as_str()?.chars().collect();
        // Mostly at an end: there prefixes, suffixes and equality are decided.
        let at = match at % 4 {
            0 => 0,
            1 => text.len(),
            _ => at % (text.len() + 1),
        };
        let (front, back) = text.split_at(at);
        Some(Value::String(front.iter().collect::<String>() + word + &back.iter().collect::<String>()))
    })
}

fn relisted(event: &mut Value, dice: &mut Dice) -> bool {
    let (kind, at) = (dice.below(4), dice.below(1 << 16));
    change(event, dice, Value::is_array, |value| {
        let mut items = value.as_array()?.clone();
        let at = at % items.len().max(1);
        match kind {
            0 if !items.is_empty() => drop(items.remove(at)),
            1 if !items.is_empty() => items.insert(at, items[at].clone()),
            2 => items.reverse(),
            _ => items.push(if kind == 1 { Value::Null } else { "added".into() }),
        }
        Some(items.into())
    })
}

fn renumbered(event: &mut Value, dice: &mut Dice) -> bool {
    let kind = dice.below(6);
    change(
        event,
        dice,
        |value| value.is_number() || value.is_boolean(),
        |value| {
            let text = text(value);
            Some(match kind {
                0 => text.into(),
                1 => format!("{text}.0").into(),
                2 => format!(" {text}").into(),
                3 => format!("0{text}").into(),
                4 => json!(text.parse::<f64>().ok()? + 0.5),
                _ => json!(-text.parse::<i64>().ok()?),
            })
        },
    )
}

/// The pod specs of both bodies, wherever they are.
fn recontained(event: &mut Value, dice: &mut Dice) -> bool {
    let mut places = Vec::new();
    below("", event, &mut places);
    places.retain(|at| at.ends_with("/containers") && event.pointer(at).is_some_and(Value::is_array));
    if places.is_empty() {
        return false;
    }
    let place = dice.pick(&places);
    let around = place.rsplit_once('/').unwrap().0;
    let Some(Value::Object(spec)) = event.pointer_mut(around) else { return false };
    let Some(Value::Array(containers)) = spec.get("containers").cloned() else { return false };
    let other = *dice.pick(&["initContainers", "ephemeralContainers"]);
    match dice.below(3) {
        0 => drop(spec.insert("containers".into(), [containers.clone(), containers].concat().into())),
        1 => drop(spec.insert(other.into(), containers.into())),
        _ => {
            spec.remove("containers");
            spec.insert(other.into(), containers.into());
        }
    }
    true
}

fn rekeyed(event: &mut Value, dice: &mut Dice) -> bool {
    let upper = dice.below(2) == 0;
    change(
        event,
        dice,
        |value| value.as_object().is_some_and(|parts| !parts.is_empty()),
        |value| {
            let mut parts: Map<String, Value> = value.as_object()?.clone();
            let key = parts.keys().next_back()?.clone();
            let value = parts.remove(&key)?;
            parts.insert(if upper { key.to_uppercase() } else { format!("{key}.x") }, value);
            Some(parts.into())
        },
    )
}
