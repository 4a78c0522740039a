//! A body with a value of another type, made to have the types of the shred columns.
//!
//! The API server writes none, but re-encoders do (numbers and booleans as text), and one odd value must not hide the
//! rest of an object. Texts are read as Sigma reads them; what cannot be read is left out.

use serde_json::{Map, Value};

/// What is expected at a place.
pub enum Shape {
    Text,
    Texts,
    Flag,
    Whole,
    Object(&'static [(&'static str, &'static Shape)]),
    Many(&'static Shape),
}

use Shape::{Flag, Many, Object, Text, Texts, Whole};

const CONTAINER: Shape = Object(&[
    ("name", &Text),
    ("image", &Text),
    ("command", &Texts),
    ("args", &Texts),
    (
        "securityContext",
        &Object(&[
            ("privileged", &Flag),
            ("allowPrivilegeEscalation", &Flag),
            ("runAsUser", &Whole),
            ("runAsNonRoot", &Flag),
            ("capabilities", &Object(&[("add", &Texts)])),
        ]),
    ),
]);

/// A pod spec, or a spec with a template of one: a spec holds both, and each is looked for where its kind has it.
macro_rules! spec {
    ($($template:expr),*) => {
        Object(&[
            ("containers", &Many(&CONTAINER)),
            ("initContainers", &Many(&CONTAINER)),
            ("ephemeralContainers", &Many(&CONTAINER)),
            ("hostPID", &Flag),
            ("hostIPC", &Flag),
            ("hostNetwork", &Flag),
            ("volumes", &Many(&Object(&[("hostPath", &Object(&[("path", &Text)]))]))),
            ("serviceAccountName", &Text),
            $($template),*
        ])
    };
}

const POD: Shape = Object(&[("spec", &spec!())]);
const TEMPLATE: Shape = Object(&[("spec", &spec!(("template", &POD)))]);
/// A pod, or anything with a pod template.
pub const WORKLOAD: Shape =
    Object(&[("spec", &spec!(("template", &POD), ("jobTemplate", &TEMPLATE))), ("template", &POD)]);

/// A role of either scope.
pub const ROLE: Shape = Object(&[(
    "rules",
    &Many(&Object(&[
        ("verbs", &Texts),
        ("apiGroups", &Texts),
        ("resources", &Texts),
        ("resourceNames", &Texts),
        ("nonResourceURLs", &Texts),
    ])),
)]);

const REFERENCE: Shape = Object(&[("kind", &Text), ("name", &Text), ("namespace", &Text)]);
/// A binding of either scope.
pub const BINDING: Shape = Object(&[("subjects", &Many(&REFERENCE)), ("roleRef", &REFERENCE)]);

/// Returns the parts of a body that have a shape, as JSON text; None when the text is no JSON.
pub fn fitted(body: &str, shape: &Shape) -> Option<String> {
    fit(&serde_json::from_str(body).ok()?, shape).map(|value| value.to_string())
}

fn fit(value: &Value, shape: &Shape) -> Option<Value> {
    match shape {
        Text => text(value).or_else(|| flat(value).into_iter().find_map(text)),
        Texts => Some(flat(value).into_iter().filter_map(text).collect()).filter(|_| !value.is_null()),
        Flag => flat(value).into_iter().find_map(flag),
        Whole => flat(value).into_iter().find_map(whole),
        Object(parts) => flat(value).into_iter().find_map(|value| {
            let fitted = |(name, shape): &(&str, &Shape)| Some(((*name).to_owned(), fit(value.get(*name)?, shape)?));
            value.is_object().then(|| parts.iter().filter_map(fitted).collect::<Map<_, _>>().into())
        }),
        Many(item) => {
            let items = flat(value).into_iter().filter_map(|value| fit(value, item)).collect();
            Some(items).filter(|_| !value.is_null())
        }
    }
}

/// The elements of an array, of arrays in it too; anything else is an array of one.
fn flat(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(items) => items.iter().flat_map(flat).collect(),
        other => vec![other],
    }
}

fn text(value: &Value) -> Option<Value> {
    match value {
        Value::String(_) => Some(value.clone()),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string().into()),
        _ => None,
    }
}

fn flag(value: &Value) -> Option<Value> {
    match value {
        Value::Bool(_) => Some(value.clone()),
        Value::String(text) => match text.to_lowercase().as_str() {
            "true" | "1" | "yes" => Some(true.into()),
            "false" | "0" | "no" => Some(false.into()),
            _ => None,
        },
        _ => None,
    }
}

fn whole(value: &Value) -> Option<Value> {
    let number = match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.parse::<f64>().ok(),
        _ => None,
    }?;
    (number.fract() == 0.0 && number.abs() < 9e15).then(|| (number as i64).into())
}
