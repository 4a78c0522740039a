//! Lines of text of which nothing is known but what they say.

use super::{Miss, Payload};
use crate::formats::Item;
use crate::formats::classify::Keys;
use crate::formats::rows::Rows;
use crate::formats::rows::value::Value;
use crate::model::tables::text_line::TABLE;

/// See the module's description.
pub struct TextLine;

#[allow(private_interfaces, reason = "see the trait")]
impl Payload for TextLine {
    fn name(&self) -> &'static str {
        "text-line"
    }

    fn doc(&self) -> &'static str {
        "Line of text, as it stands in its file; no time, name or address is read out of it"
    }

    fn fits(&self, _: &Item<'_>, _: Option<&Keys<'_>>) -> bool {
        false
    }

    fn decode(&self, item: &Item<'_>, rows: &mut Rows) -> Result<(), Miss> {
        let file = rows.file().to_owned();
        let line = Value::Int(i64::try_from(item.line).unwrap_or(i64::MAX));
        let values = [("file", Value::text(file)), ("line", line), ("text", Value::text(item.text))];
        rows.row(&TABLE, &item.at, None, values);
        Ok(())
    }
}
