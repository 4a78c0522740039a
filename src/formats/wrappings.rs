//! JSON values that hold several records: each element is a record with its own bytes.

mod template;

use std::ops::Range;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::block::lines;
use super::cells::{Cells, column};
use super::classify::Keys;
use super::envelopes::Found;
use super::json::{self, Scan};
use super::text::Text;
use super::{Item, salvage};

/// One kind of value that holds records.
#[allow(private_interfaces, reason = "listed for the docs, opened only by this layer")]
pub trait Wrapping: Sync {
    fn name(&self) -> &'static str;
    /// One line for people.
    fn doc(&self) -> &'static str;
    fn fits(&self, keys: &Keys<'_>) -> bool;
    /// Finds the records; an error rejects the whole.
    fn open(&self, item: &Item<'_>, keys: &Keys<'_>, each: &mut dyn FnMut(Found<'_>)) -> Result<(), String>;
}

/// Every wrapping; a bare array needs no entry, since it has no keys.
pub static WRAPPINGS: &[&dyn Wrapping] =
    &[&Records, &Tables, &Explorer, &Frame, &Values, &Answer, &template::Template, &List];

/// Opens `item`, which is an array when it has no keys.
pub fn open(item: &Item<'_>, keys: Option<&Keys<'_>>, each: &mut dyn FnMut(Found<'_>)) -> Result<(), String> {
    let Some(keys) = keys else {
        return spread(item, item.text, None, each).ok_or_else(|| "no valid JSON array".to_owned());
    };
    let wrapping = WRAPPINGS.iter().find(|wrapping| wrapping.fits(keys));
    wrapping.map_or(Ok(()), |wrapping| wrapping.open(item, keys, each))
}

/// Returns the elements of a JSON array; None when it is none.
pub fn elements(raw: &str) -> Option<Vec<&RawValue>> {
    serde_json::from_str(raw).ok()
}

/// Returns the part of `item` at `range` of its text as an item of its own.
pub fn inner<'a>(item: &Item<'a>, range: Range<usize>, line: u64) -> Item<'a> {
    let (at, line) = match item.made {
        true => (item.at.clone(), item.line),
        false => (item.at.start + range.start as u64..item.at.start + range.end as u64, line),
    };
    Item { list: item.list, made: item.made, ..Item::new(at, line, &item.text[range]) }
}

/// Where `part`, a slice of the text of `item`, lies in it.
pub fn range(item: &Item<'_>, part: &str) -> Range<usize> {
    let start = part.as_ptr() as usize - item.text.as_ptr() as usize;
    start..start + part.len()
}

/// Returns the bytes of `part`, a slice of the text of `item`; those of the item when its text is not its bytes.
pub fn span(item: &Item<'_>, part: &str) -> Range<u64> {
    if item.at.end - item.at.start != item.text.len() as u64 {
        return item.at.clone();
    }
    let range = range(item, part);
    item.at.start + range.start as u64..item.at.start + range.end as u64
}

/// Gives every element of the array `raw`, a slice of the text of `item`.
fn spread<'a>(
    item: &Item<'a>,
    raw: &'a str,
    list: Option<(&str, &str)>,
    each: &mut dyn FnMut(Found<'_>),
) -> Option<()> {
    let (mut counted, mut line) = (0, item.line);
    for element in elements(raw)? {
        let range = range(item, element.get());
        line += lines(&item.text.as_bytes()[counted..range.start]);
        counted = range.start;
        each(Found::Item(Item { list, ..inner(item, range, line) }));
    }
    Some(())
}

/// Says whether this is the metadata of an object: a list has no name, whatever the kind of an object ends in.
pub fn is_named(metadata: &RawValue) -> bool {
    #[derive(Deserialize)]
    struct Metadata<'a> {
        #[serde(borrow)]
        name: Option<&'a RawValue>,
    }
    serde_json::from_str::<Metadata<'_>>(metadata.get()).is_ok_and(|metadata| metadata.name.is_some())
}

/// Finds the elements of a wrapping that is no valid JSON (cut short, or one element is broken), and where the rest
/// begins.
pub fn cut<'a>(item: &Item<'a>) -> Option<(Vec<Item<'a>>, usize)> {
    let bytes = item.text.as_bytes();
    if bytes.first() != Some(&b'{') {
        return whole_elements(item, 0);
    }
    let (mut at, mut kind, mut version) = (1, "", "");
    loop {
        at += salvage::blanks(&bytes[at..]);
        if let Some(start) = array(&bytes[at..]) {
            let list = kind.strip_suffix("List").filter(|kind| !kind.is_empty()).map(|kind| (kind, version));
            return whole_elements(&Item { list, ..item.clone() }, at + start);
        }
        let (key, end) = salvage::field(bytes, at)?;
        let value = item.text[..end].rsplit('"').nth(1).unwrap_or_default();
        match key {
            b"kind" => kind = value,
            b"apiVersion" => version = value,
            _ => {}
        }
        at = end + salvage::blanks(&bytes[end..]);
        at += usize::from(bytes.get(at) == Some(&b','));
    }
}

/// Says whether what follows byte `rest` of a wrapping, behind its last element, closes it properly.
pub fn closes(text: &str, rest: usize) -> bool {
    let open = if text.starts_with('{') { "{\"\":[" } else { "[" };
    let tail = &text[rest..];
    tail.starts_with(']') && serde_json::from_str::<serde::de::IgnoredAny>(&format!("{open}{tail}")).is_ok()
}

/// Where the array of `"records":[` or `"items":[` begins.
fn array(bytes: &[u8]) -> Option<usize> {
    let name = ["\"records\"", "\"items\""].into_iter().find(|name| bytes.starts_with(name.as_bytes()))?;
    let colon = name.len() + salvage::blanks(&bytes[name.len()..]);
    if bytes.get(colon) != Some(&b':') {
        return None;
    }
    let at = colon + 1 + salvage::blanks(&bytes[colon + 1..]);
    (bytes.get(at) == Some(&b'[')).then_some(at)
}

/// Finds the elements of the array that begins at `at` as far as they end.
fn whole_elements<'a>(item: &Item<'a>, at: usize) -> Option<(Vec<Item<'a>>, usize)> {
    let bytes = item.text.as_bytes();
    if bytes.get(at) != Some(&b'[') {
        return None;
    }
    let (mut found, mut at) = (Vec::new(), at + 1);
    let (mut counted, mut line) = (0, item.line);
    loop {
        at += salvage::blanks(&bytes[at..]);
        let Scan::Whole(end) = json::value_end(bytes, at) else { break };
        line += lines(&bytes[counted..at]);
        counted = at;
        found.push(inner(item, at..end, line));
        at = end + salvage::blanks(&bytes[end..]);
        if bytes.get(at) != Some(&b',') {
            break;
        }
        at += 1;
    }
    (!found.is_empty()).then_some((found, at))
}

/// `{"records":[…]}`
struct Records;

#[allow(private_interfaces, reason = "see the trait")]
impl Wrapping for Records {
    fn name(&self) -> &'static str {
        "records"
    }

    fn doc(&self) -> &'static str {
        "`{\"records\":[…]}`: an Event Hub message or an old storage blob"
    }

    fn fits(&self, keys: &Keys<'_>) -> bool {
        keys.records.is_some_and(|raw| raw.get().starts_with('['))
    }

    fn open(&self, item: &Item<'_>, keys: &Keys<'_>, each: &mut dyn FnMut(Found<'_>)) -> Result<(), String> {
        let raw = keys.records.map_or("[]", |raw| raw.get());
        spread(item, raw, None, each).ok_or_else(|| "records that are no valid array".to_owned())
    }
}

/// EventList, List, PodList …
struct List;

#[allow(private_interfaces, reason = "see the trait")]
impl Wrapping for List {
    fn name(&self) -> &'static str {
        "list"
    }

    fn doc(&self) -> &'static str {
        "Kubernetes list with `items`: audit EventList, `kubectl get -o json`, typed lists of the raw API"
    }

    fn fits(&self, keys: &Keys<'_>) -> bool {
        // A list without items is written as null, or not at all.
        let items = match keys.items {
            Some(raw) => raw.get().starts_with('['),
            None => keys.api_version.is_some(),
        };
        items && !keys.metadata.is_some_and(is_named) && keys.kind().is_some_and(|kind| kind.ends_with("List"))
    }

    fn open(&self, item: &Item<'_>, keys: &Keys<'_>, each: &mut dyn FnMut(Found<'_>)) -> Result<(), String> {
        let Some(raw) = keys.items else { return Ok(()) };
        let kind = keys.kind().unwrap_or_default();
        let version = keys.api_version.and_then(|raw| json::string(raw.get())).unwrap_or_default();
        // Items of a typed list have the list's kind without List; those of a plain List have their own.
        let list = kind.strip_suffix("List").filter(|kind| !kind.is_empty()).map(|kind| (kind, &*version));
        spread(item, raw.get(), list, each).ok_or_else(|| "items that are no valid array".to_owned())
    }
}

/// Log Analytics REST answer.
struct Tables;

#[derive(Deserialize)]
struct Table<'a> {
    #[serde(borrow, alias = "Columns")]
    columns: Vec<Name<'a>>,
    #[serde(alias = "Rows")]
    rows: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct Name<'a> {
    #[serde(borrow, alias = "ColumnName")]
    name: Text<'a>,
    #[serde(default, alias = "ColumnType")]
    r#type: Option<Text<'a>>,
}

impl Name<'_> {
    /// Says whether the values are no texts, though the service may write long numbers and others as such.
    fn is_loose(&self) -> bool {
        self.r#type.as_ref().is_some_and(|kind| !matches!(&**kind, "string" | "dynamic" | "guid"))
    }
}

#[allow(private_interfaces, reason = "see the trait")]
impl Wrapping for Tables {
    fn name(&self) -> &'static str {
        "tables"
    }

    fn doc(&self) -> &'static str {
        "`{\"tables\":[{\"columns\":…,\"rows\":…}]}`: answer of the Log Analytics query API"
    }

    fn fits(&self, keys: &Keys<'_>) -> bool {
        keys.tables.is_some_and(|raw| raw.get().starts_with('['))
    }

    fn open(&self, item: &Item<'_>, keys: &Keys<'_>, each: &mut dyn FnMut(Found<'_>)) -> Result<(), String> {
        let raw = keys.tables.map_or("[]", |raw| raw.get());
        let tables: Vec<Table<'_>> = serde_json::from_str(raw).map_err(|e| format!("query result: {e}"))?;
        rows(item, &tables, each);
        Ok(())
    }
}

/// Answer of Data Explorer, version 1: the first table is the result, the others are about it.
struct Explorer;

#[allow(private_interfaces, reason = "see the trait")]
impl Wrapping for Explorer {
    fn name(&self) -> &'static str {
        "explorer"
    }

    fn doc(&self) -> &'static str {
        "`{\"Tables\":[{\"Columns\":…,\"Rows\":…}]}`: answer of Data Explorer, version 1; its first table"
    }

    fn fits(&self, keys: &Keys<'_>) -> bool {
        keys.explorer.is_some_and(|raw| raw.get().starts_with('['))
    }

    fn open(&self, item: &Item<'_>, keys: &Keys<'_>, each: &mut dyn FnMut(Found<'_>)) -> Result<(), String> {
        let raw = keys.explorer.map_or("[]", |raw| raw.get());
        let tables: Vec<&RawValue> = serde_json::from_str(raw).map_err(|e| format!("query result: {e}"))?;
        let Some(first) = tables.first() else { return Ok(()) };
        let table = serde_json::from_str::<Table<'_>>(first.get()).map_err(|e| format!("query result: {e}"))?;
        rows(item, &[table], each);
        Ok(())
    }
}

/// One table of a Data Explorer answer, version 2, whose frames are the elements of an array.
struct Frame;

#[derive(Deserialize)]
struct Kind<'a> {
    #[serde(borrow, rename = "TableKind")]
    kind: Option<Text<'a>>,
    #[serde(default, rename = "HasErrors")]
    errors: bool,
}

#[allow(private_interfaces, reason = "see the trait")]
impl Wrapping for Frame {
    fn name(&self) -> &'static str {
        "explorer-frame"
    }

    fn doc(&self) -> &'static str {
        "`{\"FrameType\":…}`: one frame of an answer of Data Explorer, version 2; its primary result"
    }

    fn fits(&self, keys: &Keys<'_>) -> bool {
        keys.frame.is_some()
    }

    fn open(&self, item: &Item<'_>, _: &Keys<'_>, each: &mut dyn FnMut(Found<'_>)) -> Result<(), String> {
        let kind: Kind<'_> = serde_json::from_str(item.text).map_err(|e| format!("query result: {e}"))?;
        if kind.errors {
            return Err("the query ended with errors: rows are missing".to_owned());
        }
        // The other frames are about the query.
        if kind.kind.as_deref() == Some("PrimaryResult") {
            let table = serde_json::from_str::<Table<'_>>(item.text).map_err(|e| format!("query result: {e}"))?;
            rows(item, &[table], each);
        }
        Ok(())
    }
}

/// `{"value":[…]}`
struct Values;

#[allow(private_interfaces, reason = "see the trait")]
impl Wrapping for Values {
    fn name(&self) -> &'static str {
        "value"
    }

    fn doc(&self) -> &'static str {
        "`{\"value\":[…]}`: a page of a list of Azure Resource Manager (alerts, policy states, activity log, clusters)"
    }

    fn fits(&self, keys: &Keys<'_>) -> bool {
        keys.value.is_some_and(|raw| raw.get().starts_with('[')) && keys.kind.is_none()
    }

    fn open(&self, item: &Item<'_>, keys: &Keys<'_>, each: &mut dyn FnMut(Found<'_>)) -> Result<(), String> {
        let raw = keys.value.map_or("[]", |raw| raw.get());
        spread(item, raw, None, each).ok_or_else(|| "value that is no valid array".to_owned())
    }
}

/// An answer of the API server that was captured with its request (k8shark, `.kshrk`).
struct Answer;

#[allow(private_interfaces, reason = "see the trait")]
impl Wrapping for Answer {
    fn name(&self) -> &'static str {
        "captured-answer"
    }

    fn doc(&self) -> &'static str {
        "`{\"response_body\":…}`: an answer of the API server as k8shark captures it (`.kshrk`)"
    }

    fn fits(&self, keys: &Keys<'_>) -> bool {
        keys.response_body.is_some_and(|raw| raw.get().starts_with(['{', '"'])) && keys.audit_id.is_none()
    }

    fn open(&self, item: &Item<'_>, keys: &Keys<'_>, each: &mut dyn FnMut(Found<'_>)) -> Result<(), String> {
        let raw = keys.response_body.map_or("", |raw| raw.get());
        let range = range(item, raw);
        let line = item.line + lines(&item.text.as_bytes()[..range.start]);
        let inner = inner(item, range, line);
        match json::string(raw) {
            // The text of a string is not the bytes that stand there.
            Some(text) => each(Found::Item(Item { text: &text, made: true, ..inner })),
            None => each(Found::Item(inner)),
        }
        Ok(())
    }
}

/// Gives every row of `tables`, slices of the text of `item`.
fn rows<'a>(item: &Item<'a>, tables: &[Table<'a>], each: &mut dyn FnMut(Found<'_>)) {
    let (mut counted, mut line) = (0, item.line);
    for table in tables {
        for row in &table.rows {
            let range = range(item, row.get());
            line += lines(&item.text.as_bytes()[counted..range.start]);
            counted = range.start;
            let inner = inner(item, range, line);
            match cells(row, &table.columns) {
                Ok(cells) => each(Found::Item(Item { cells: Some(&cells), ..inner })),
                Err(reason) => {
                    let bytes = inner.text.as_bytes();
                    each(Found::Reject { at: inner.at, line, reason, bytes });
                }
            }
        }
    }
}

fn cells<'a>(row: &'a RawValue, columns: &'a [Name<'a>]) -> Result<Cells<'a>, String> {
    let values = elements(row.get()).ok_or("row that is no array")?;
    if values.len() != columns.len() {
        return Err(format!("row of {} values in a table of {} columns", values.len(), columns.len()));
    }
    let mut cells = Cells::default();
    for (name, value) in columns.iter().zip(values) {
        cells.set_json(column(&name.name), &name.name, value.get(), name.is_loose());
    }
    Ok(cells)
}
