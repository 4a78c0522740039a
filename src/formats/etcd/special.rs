//! Messages whose JSON is not an object of their fields: times, quantities, embedded JSON, alternatives of a schema.
//!
//! Each is written as the `MarshalJSON` of its Go type writes it (k8s.io/apimachinery `meta/v1`, `api/resource`,
//! `util/intstr`, `runtime`; k8s.io/apiextensions-apiserver `apiextensions/v1`).

use serde_json::value::RawValue;

use super::fields::{Field, Kind, Message};
use super::object::{Unreadable, Why, Writer, next};
use super::wire::{Fields, Wire};
use super::written;

/// 0001-01-01T00:00:00Z, the zero of Go's time, which is null in JSON.
const NO_TIME: i64 = -62_135_596_800;

/// What a schema may be: field 1, its pieces joined, or every field 2.
#[derive(Default)]
struct Either<'a> {
    schema: Option<Vec<u8>>,
    list: Vec<&'a [u8]>,
}

impl Writer<'_> {
    pub(super) fn special(
        &mut self,
        kind: Kind,
        message: &Message,
        field: &Field,
        bytes: &[u8],
    ) -> Result<(), Unreadable> {
        match kind {
            Kind::Time | Kind::MicroTime => self.time(kind, bytes),
            Kind::Quantity => self.quantity(message, field, bytes),
            Kind::IntOrString => self.int_or_string(message, field, bytes),
            Kind::Json => self.json(message, field, bytes),
            Kind::Texts => self.texts(message, field, bytes),
            Kind::SchemaOrList => self.schema_or_list(bytes),
            Kind::SchemaOrBool => self.schema_or_bool(bytes),
            Kind::SchemaOrTexts => self.schema_or_texts(message, field, bytes),
            // The others have no bytes of their own form.
            _ => {
                self.out.push_str("null");
                Ok(())
            }
        }
    }

    /// `Timestamp{1 seconds, 2 nanos}`; the zero time is stored as no bytes at all.
    fn time(&mut self, kind: Kind, bytes: &[u8]) -> Result<(), Unreadable> {
        let (mut seconds, mut nanos) = (0, 0);
        let mut fields = Fields::new(bytes);
        while let Some((number, wire)) = next(&mut fields, "Timestamp")? {
            match (number, wire) {
                (1, Wire::Varint(n)) => seconds = n as i64,
                (2, Wire::Varint(n)) => nanos = n as i64,
                _ => self.odd("Timestamp", number, Why::Unknown),
            }
        }
        if bytes.is_empty() || (seconds == NO_TIME && nanos == 0) {
            self.out.push_str("null");
            return Ok(());
        }
        match kind {
            Kind::MicroTime => written::time(self.out, seconds, Some(nanos)),
            _ => {
                // `Time` has no fraction in JSON, and Kubernetes has long stopped to store one.
                if nanos != 0 {
                    self.odd("Timestamp", 2, Why::Fraction);
                }
                written::time(self.out, seconds, None);
            }
        }
        Ok(())
    }

    /// `Quantity{1 string}`.
    fn quantity(&mut self, message: &Message, field: &Field, bytes: &[u8]) -> Result<(), Unreadable> {
        let mut text = None;
        let mut fields = Fields::new(bytes);
        while let Some((number, wire)) = next(&mut fields, "Quantity")? {
            match (number, wire) {
                (1, Wire::Bytes(bytes)) => text = Some(bytes),
                _ => self.odd("Quantity", number, Why::Unknown),
            }
        }
        match text {
            Some(text) => self.text(message, field, text),
            None => self.out.push_str("null"),
        }
        Ok(())
    }

    /// `IntOrString{1 type: 0 is a number and 1 text, 2 intVal, 3 strVal}`; all three are always stored.
    fn int_or_string(&mut self, message: &Message, field: &Field, bytes: &[u8]) -> Result<(), Unreadable> {
        let (mut kind, mut number, mut text) = (0, 0, &[][..]);
        let mut fields = Fields::new(bytes);
        while let Some((field, wire)) = next(&mut fields, "IntOrString")? {
            match (field, wire) {
                (1, Wire::Varint(n)) => kind = n,
                (2, Wire::Varint(n)) => number = n as i64,
                (3, Wire::Bytes(bytes)) => text = bytes,
                _ => self.odd("IntOrString", field, Why::Unknown),
            }
        }
        match kind {
            0 => self.out.push_str(&number.to_string()),
            _ => self.text(message, field, text),
        }
        Ok(())
    }

    /// `{1 raw}`: JSON text, copied as it is.
    fn json(&mut self, message: &Message, field: &Field, bytes: &[u8]) -> Result<(), Unreadable> {
        let mut raw = &[][..];
        let mut fields = Fields::new(bytes);
        while let Some((number, wire)) = next(&mut fields, "Json")? {
            match (number, wire) {
                (1, Wire::Bytes(bytes)) => raw = bytes,
                _ => self.odd("Json", number, Why::Unknown),
            }
        }
        if raw.is_empty() {
            self.out.push_str("null");
            return Ok(());
        }
        match serde_json::from_slice::<&RawValue>(raw) {
            Ok(json) => self.out.push_str(json.get()),
            Err(_) => {
                self.odd(message.name, field.number, Why::NotJson);
                written::base64(self.out, raw);
            }
        }
        Ok(())
    }

    /// `{1 items}`.
    fn texts(&mut self, message: &Message, field: &Field, bytes: &[u8]) -> Result<(), Unreadable> {
        self.out.push('[');
        let mut fields = Fields::new(bytes);
        while let Some((number, wire)) = next(&mut fields, "Texts")? {
            match (number, wire) {
                (1, Wire::Bytes(text)) => self.item(|writer| {
                    writer.text(message, field, text);
                    Ok(())
                })?,
                _ => self.odd("Texts", number, Why::Unknown),
            }
        }
        self.out.push(']');
        Ok(())
    }

    /// `JSONSchemaPropsOrArray{1 schema, 2 jSONSchemas}`: the list, if there is one.
    fn schema_or_list(&mut self, bytes: &[u8]) -> Result<(), Unreadable> {
        let Either { schema, list } = self.either("JSONSchemaPropsOrArray", bytes)?;
        if list.is_empty() {
            return self.schema(schema.as_deref());
        }
        self.out.push('[');
        for bytes in list {
            self.item(|writer| writer.message(writer.tables.schema, bytes))?;
        }
        self.out.push(']');
        Ok(())
    }

    /// `JSONSchemaPropsOrStringArray{1 schema, 2 property}`: the texts, if there are any.
    fn schema_or_texts(&mut self, message: &Message, field: &Field, bytes: &[u8]) -> Result<(), Unreadable> {
        let Either { schema, list } = self.either("JSONSchemaPropsOrStringArray", bytes)?;
        if list.is_empty() {
            return self.schema(schema.as_deref());
        }
        self.out.push('[');
        for bytes in list {
            self.item(|writer| {
                writer.text(message, field, bytes);
                Ok(())
            })?;
        }
        self.out.push(']');
        Ok(())
    }

    /// `JSONSchemaPropsOrBool{1 allows, 2 schema}`: the schema, if there is one.
    fn schema_or_bool(&mut self, bytes: &[u8]) -> Result<(), Unreadable> {
        let (mut allows, mut schema) = (false, None::<Vec<u8>>);
        let mut fields = Fields::new(bytes);
        while let Some((number, wire)) = next(&mut fields, "JSONSchemaPropsOrBool")? {
            match (number, wire) {
                (1, Wire::Varint(n)) => allows = n != 0,
                (2, Wire::Bytes(bytes)) => schema.get_or_insert_default().extend_from_slice(bytes),
                _ => self.odd("JSONSchemaPropsOrBool", number, Why::Unknown),
            }
        }
        match (schema, allows) {
            (Some(schema), _) => return self.message(self.tables.schema, &schema),
            (None, true) => self.out.push_str("true"),
            (None, false) => self.out.push_str("false"),
        }
        Ok(())
    }

    /// Reads a message of two fields.
    fn either<'a>(&mut self, message: &'static str, bytes: &'a [u8]) -> Result<Either<'a>, Unreadable> {
        let mut either = Either::default();
        let mut fields = Fields::new(bytes);
        while let Some((number, wire)) = next(&mut fields, message)? {
            match (number, wire) {
                (1, Wire::Bytes(bytes)) => either.schema.get_or_insert_default().extend_from_slice(bytes),
                (2, Wire::Bytes(bytes)) => either.list.push(bytes),
                _ => self.odd(message, number, Why::Unknown),
            }
        }
        Ok(either)
    }

    fn schema(&mut self, bytes: Option<&[u8]>) -> Result<(), Unreadable> {
        match bytes {
            Some(bytes) => self.message(self.tables.schema, bytes),
            None => {
                self.out.push_str("null");
                Ok(())
            }
        }
    }

    fn item(&mut self, write: impl FnOnce(&mut Self) -> Result<(), Unreadable>) -> Result<(), Unreadable> {
        if !self.out.ends_with('[') {
            self.out.push(',');
        }
        write(self)
    }
}
