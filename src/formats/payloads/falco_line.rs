//! Lines of Falco's text output.

use super::{Miss, Payload};
use crate::formats::Item;
use crate::formats::classify::Keys;
use crate::formats::host::framing::falco_text;
use crate::formats::rows::Rows;
use crate::formats::rows::lacks::Lack;
use crate::formats::rows::value::Value;
use crate::model::TABLES;

/// The table that Falco's events have, in whatever form they came.
const TABLE: &str = "falco";

/// See the module's description.
pub struct FalcoLine;

#[allow(private_interfaces, reason = "see the trait")]
impl Payload for FalcoLine {
    fn name(&self) -> &'static str {
        "falco-line"
    }

    fn doc(&self) -> &'static str {
        "Line of Falco's text output; it has a time of day and mostly no date, and does not name its rule"
    }

    fn fits(&self, _: &Item<'_>, _: Option<&Keys<'_>>) -> bool {
        false
    }

    fn decode(&self, item: &Item<'_>, rows: &mut Rows) -> Result<(), Miss> {
        let said = falco_text(item.text).map_err(Miss::Broken)?;
        if said.time.is_none() {
            rows.lack(Lack::Date);
        }
        // As in Falco's JSON, the output is the whole line.
        let mut values = vec![
            ("priority", Value::text(said.priority.to_string())),
            ("output", Value::text(item.text)),
            ("message", Value::text(said.message)),
        ];
        values.extend(said.time.is_none().then(|| ("TimeText", Value::text(said.time_written))));
        match TABLES.iter().find(|table| table.name == TABLE) {
            Some(table) => rows.row(table, &item.at, said.time, values),
            None => rows.named_row(Some(TABLE), &item.at, said.time, values),
        }
        Ok(())
    }
}
