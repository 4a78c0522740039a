//! Pairs of texts as a JSON object, in their order.

use std::collections::HashMap;

use serde::ser::{Serialize, SerializeMap, Serializer};

/// Values by key; a key that comes twice has a list.
struct Pairs<'a>(Vec<(&'a str, Vec<&'a str>)>);

impl Serialize for Pairs<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (key, values) in &self.0 {
            match values.as_slice() {
                [value] => map.serialize_entry(key, value)?,
                values => map.serialize_entry(key, values)?,
            }
        }
        map.end()
    }
}

/// Returns a JSON object of texts; the values of a key that comes twice are a list. None when there are no pairs.
pub fn object<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Option<String> {
    let mut places: HashMap<&str, usize> = HashMap::new();
    let mut all = Pairs(Vec::new());
    for (key, value) in pairs {
        match places.get(key) {
            Some(place) => all.0[*place].1.push(value),
            None => {
                places.insert(key, all.0.len());
                all.0.push((key, vec![value]));
            }
        }
    }
    if all.0.is_empty() { None } else { serde_json::to_string(&all).ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_is_kept_and_a_key_that_comes_twice_has_a_list() {
        let json = object([("b", "1"), ("a", "x\"y"), ("b", "2")]);
        assert_eq!(json.as_deref(), Some(r#"{"b":["1","2"],"a":"x\"y"}"#));
        assert_eq!(object([]), None);
    }
}
