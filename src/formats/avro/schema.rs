//! The schema in an Avro file, which is all that says where a value ends.

use std::collections::HashMap;

use serde_json::Value as Json;

/// Types inside types; serde_json stops not much later by itself.
const DEEPEST: usize = 64;
/// Types in one schema; a capture has about twenty.
const MOST: usize = 10_000;

/// A type; records and the like refer to each other by their place in [`Schema::types`], so that they may be recursive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Type {
    Null,
    Boolean,
    /// Also of `int`: both are written alike.
    Long,
    Float,
    Double,
    Bytes,
    Text,
    Array(usize),
    Map(usize),
    Union(Vec<usize>),
    Record(Vec<(String, usize)>),
    Enum(Vec<String>),
    Fixed(usize),
}

#[derive(Debug)]
pub(super) struct Schema {
    pub types: Vec<Type>,
    pub root: usize,
}

impl Schema {
    pub fn parse(text: &[u8]) -> Result<Schema, String> {
        let json = serde_json::from_slice::<Json>(text).map_err(|error| format!("its schema is no JSON: {error}"))?;
        let mut reader = Reader { types: Vec::new(), names: HashMap::new() };
        let root = reader.read(&json, "", 0)?;
        Ok(Schema { types: reader.types, root })
    }
}

struct Reader {
    types: Vec<Type>,
    names: HashMap<String, usize>,
}

impl Reader {
    fn read(&mut self, json: &Json, space: &str, depth: usize) -> Result<usize, String> {
        if depth > DEEPEST || self.types.len() > MOST {
            return Err("its schema is too deep or too long".to_owned());
        }
        match json {
            Json::String(name) => self.named(name, space),
            Json::Array(branches) => {
                let branches = branches.iter().map(|branch| self.read(branch, space, depth + 1));
                let branches = branches.collect::<Result<Vec<_>, _>>()?;
                Ok(self.add(Type::Union(branches)))
            }
            Json::Object(object) => match object.get("type") {
                Some(Json::String(kind)) => self.defined(kind, json, space, depth),
                Some(inner) => self.read(inner, space, depth + 1),
                None => Err("its schema has a type without a kind".to_owned()),
            },
            _ => Err("its schema has a type that is none".to_owned()),
        }
    }

    fn add(&mut self, what: Type) -> usize {
        self.types.push(what);
        self.types.len() - 1
    }

    fn named(&mut self, name: &str, space: &str) -> Result<usize, String> {
        let what = match name {
            "null" => Type::Null,
            "boolean" => Type::Boolean,
            "int" | "long" => Type::Long,
            "float" => Type::Float,
            "double" => Type::Double,
            "bytes" => Type::Bytes,
            "string" => Type::Text,
            _ => {
                let known = self.names.get(&full(name, space)).or_else(|| self.names.get(name));
                return known.copied().ok_or_else(|| format!("its schema uses a type it does not define: {name:.100}"));
            }
        };
        Ok(self.add(what))
    }

    fn defined(&mut self, kind: &str, json: &Json, space: &str, depth: usize) -> Result<usize, String> {
        let missing = |what| format!("its schema has {kind:.100} without {what}");
        match kind {
            "array" => {
                let items = self.read(json.get("items").ok_or_else(|| missing("items"))?, space, depth + 1)?;
                Ok(self.add(Type::Array(items)))
            }
            "map" => {
                let values = self.read(json.get("values").ok_or_else(|| missing("values"))?, space, depth + 1)?;
                Ok(self.add(Type::Map(values)))
            }
            "record" | "error" => {
                let (at, space) = self.define(json, space, Type::Null)?;
                let fields = json.get("fields").and_then(Json::as_array).ok_or_else(|| missing("fields"))?;
                let mut all = Vec::with_capacity(fields.len());
                for field in fields {
                    let name = field.get("name").and_then(Json::as_str).ok_or_else(|| missing("a name of a field"))?;
                    let what = field.get("type").ok_or_else(|| missing("a type of a field"))?;
                    all.push((name.to_owned(), self.read(what, &space, depth + 1)?));
                }
                self.types[at] = Type::Record(all);
                Ok(at)
            }
            "enum" => {
                let symbols = json.get("symbols").and_then(Json::as_array).ok_or_else(|| missing("symbols"))?;
                let symbols = symbols.iter().map(|symbol| symbol.as_str().map(str::to_owned));
                let symbols = symbols.collect::<Option<Vec<_>>>().ok_or_else(|| missing("symbols"))?;
                Ok(self.define(json, space, Type::Enum(symbols))?.0)
            }
            "fixed" => {
                let size = json.get("size").and_then(Json::as_u64).and_then(|size| usize::try_from(size).ok());
                Ok(self.define(json, space, Type::Fixed(size.ok_or_else(|| missing("size"))?))?.0)
            }
            name => self.named(name, space),
        }
    }

    /// Adds a type with a name; returns it and the namespace for what is inside it.
    fn define(&mut self, json: &Json, space: &str, what: Type) -> Result<(usize, String), String> {
        let name = json.get("name").and_then(Json::as_str).ok_or("its schema has a type without its name")?;
        let own = json.get("namespace").and_then(Json::as_str).unwrap_or(space);
        let name = full(name, own);
        let inside = name.rsplit_once('.').map_or("", |(space, _)| space).to_owned();
        let at = self.add(what);
        self.names.insert(name, at);
        Ok((at, inside))
    }
}

fn full(name: &str, space: &str) -> String {
    if space.is_empty() || name.contains('.') { name.to_owned() } else { format!("{space}.{name}") }
}
