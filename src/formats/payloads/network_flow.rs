//! Flow logs of Azure: of network security groups, versions 1 and 2, and of virtual networks, version 4.
//!
//! One row per tuple with the tuple's own bytes, also when a forwarder made a record of each. A version whose tuples
//! are not known is refused: seconds and milliseconds are not told apart by looking at them (formats.md h.5).

use std::borrow::Cow;
use std::ops::Range;

use serde_json::value::RawValue;

use super::{Miss, Payload};
use crate::formats::block::lines;
use crate::formats::classify::Keys;
use crate::formats::flows::tuple::{self, Flow, Layout, NsgVersion};
use crate::formats::members::Object;
use crate::formats::rows::Rows;
use crate::formats::rows::value::Value;
use crate::formats::{Item, json, wrappings};
use crate::model::tables::network_flow::TABLE;

/// See the module's description.
pub struct NetworkFlow;

/// What the two kinds of flow log call themselves in `category`, with an s more or less in `operationName`.
const NSG: &str = "NetworkSecurityGroupFlowEvent";
const VNET: &str = "FlowLogFlowEvent";

/// Columns of members that all tuples of a record share, by the member's name; flattened records say some otherwise.
const SHARED: [(&str, &str); 16] = [
    ("time", "record_time"),
    ("category", "category"),
    ("operationName", "operation"),
    ("systemId", "system_id"),
    ("flowLogGUID", "flow_log_guid"),
    ("flowLogResourceID", "flow_log_id"),
    ("aclID", "acl_id"),
    ("rule", "rule"),
    ("nsgRuleName", "rule"),
    ("mac", "mac"),
    ("macAddress", "mac"),
    ("resourceId", "resource_id"),
    ("targetResourceID", "resource_id"),
    ("Version", "version"),
    ("version", "version"),
    ("flowLogVersion", "version"),
];

/// The members of the connector for NSG flow logs, one for each field of a tuple.
const FIELDS: [&str; 13] = [
    "startTime",
    "sourceAddress",
    "destinationAddress",
    "sourcePort",
    "destinationPort",
    "transportProtocol",
    "deviceDirection",
    "deviceAction",
    "flowState",
    "packetsStoD",
    "bytesStoD",
    "packetsDtoS",
    "bytesDtoS",
];

type Values<'v> = Vec<(&'v str, Value<'v>)>;

#[allow(private_interfaces, reason = "see the trait")]
impl Payload for NetworkFlow {
    fn name(&self) -> &'static str {
        "network-flow"
    }

    fn doc(&self) -> &'static str {
        "Azure flow log: network security group (versions 1 and 2) or virtual network (4), one row per flow tuple"
    }

    fn fits(&self, _: &Item<'_>, keys: Option<&Keys<'_>>) -> bool {
        let named = |raw: &RawValue| json::string(raw.get()).is_some_and(|name| is_nsg(&name).is_some());
        keys.is_some_and(|k| k.category.is_some_and(named) || k.operation_name.is_some_and(named))
    }

    fn decode(&self, item: &Item<'_>, rows: &mut Rows) -> Result<(), Miss> {
        if item.cells.is_some() {
            return Err(Miss::NotMine);
        }
        let record = Object::of(item.text)?;
        let name = |member: &str| record.text(member).and_then(|name| is_nsg(&name));
        let nsg = name("category").or_else(|| name("operationName")).filter(|_| !record.is_row());
        let nsg = nsg.ok_or(Miss::NotMine)?;
        let layout = layout(&record, nsg).map_err(Miss::Broken)?;
        let mut log = Log { item, layout, rows, counted: 0, line: item.line, tuples: 0 };
        let mut shared = Vec::with_capacity(24);
        let numbered = |key: &str| key.strip_prefix("flow.").is_some_and(|n| n.bytes().all(|b| b.is_ascii_digit()));
        let (names, tuples): (Vec<&str>, Vec<&str>) = record.members().filter(|(key, _)| numbered(key)).unzip();
        if !tuples.is_empty() {
            add(&mut shared, &record, &names);
            if let [only] = tuples[..] {
                return log.alone(only, &shared);
            }
            tuples.iter().for_each(|raw| log.tuple(raw, &shared));
            return Ok(());
        }
        if record.has(FIELDS[0]) && record.has(FIELDS[1]) {
            add(&mut shared, &record, &FIELDS);
            return log.apart(&record, &shared);
        }
        let inside = if nsg { "properties" } else { "flowRecords" };
        add(&mut shared, &record, &[inside]);
        let inside = record.object(inside);
        let flows = inside.as_ref().and_then(|inside| inside.raw("flows")).and_then(wrappings::elements);
        let (Some(inside), Some(flows)) = (&inside, flows) else {
            return Err(Miss::Broken("flow log record without a list of flows".to_owned()));
        };
        add(&mut shared, inside, &["flows"]);
        for group in flows {
            log.group(group.get(), &shared, if nsg { "flows" } else { "flowGroups" });
        }
        if log.tuples == 0 {
            rows.note(
                "flow log records without any flow in them: nothing was seen, or the log was just begun".to_owned(),
            );
        }
        Ok(())
    }
}

/// Says whether a category or an operation is that of a security group's log or of a network's; None when of neither.
fn is_nsg(name: &str) -> Option<bool> {
    let name = name.strip_suffix('s').unwrap_or(name);
    if name.eq_ignore_ascii_case(NSG) {
        return Some(true);
    }
    name.eq_ignore_ascii_case(VNET).then_some(false)
}

fn layout(record: &Object<'_>, nsg: bool) -> Result<Layout, String> {
    let said = if nsg {
        let inside = record.object("properties").and_then(|properties| properties.json("Version"));
        inside.or_else(|| record.json("version")).or_else(|| record.json("Version"))
    } else {
        record.json("flowLogVersion")
    };
    let Some(said) = said else {
        // Both versions of a security group's log count seconds, and their tuples differ in length.
        return if nsg { Ok(Layout::Nsg(None)) } else { Err("flow log record without a version".to_owned()) };
    };
    match (nsg, said.int()) {
        (true, Some(1)) => Ok(Layout::Nsg(Some(NsgVersion::One))),
        (true, Some(2)) => Ok(Layout::Nsg(Some(NsgVersion::Two))),
        (false, Some(4)) => Ok(Layout::Vnet),
        _ => Err(format!("flow log of version {}, whose tuples are not known", said.as_text())),
    }
}

/// Adds the members of `object` but those `taken`, under the columns they have; an inner one takes the place of an
/// outer one that says the same.
fn add<'v>(values: &mut Values<'v>, object: &'v Object<'v>, taken: &[&str]) {
    for (key, raw) in object.rest(taken) {
        let column = SHARED.iter().find(|(name, _)| *name == key).map_or(key, |(_, column)| *column);
        // Upper and lower case of the same id: see formats.md b.1.
        let id = if column == "resource_id" { json::string(raw) } else { None };
        let value = id.map_or(Value::Json(raw), |id| Value::Text(Cow::Owned(id.to_lowercase())));
        match values.iter_mut().find(|(name, _)| *name == column) {
            Some((_, old)) => {
                let outer = std::mem::replace(old, value);
                if !outer.is_nothing() && !outer.as_text().eq_ignore_ascii_case(&old.as_text()) {
                    values.push((if column == "mac" { "record_mac" } else { column }, outer));
                }
            }
            None => values.push((column, value)),
        }
    }
}

/// A record whose tuples are being read.
struct Log<'r, 'i> {
    item: &'r Item<'i>,
    layout: Layout,
    rows: &'r mut Rows,
    /// Byte of the record up to which its lines are counted, and the line there.
    counted: usize,
    line: u64,
    tuples: u64,
}

impl Log<'_, '_> {
    /// Reads the flows of one rule, or of one list of rules.
    fn group(&mut self, raw: &str, shared: &Values<'_>, below: &'static str) {
        let members = Object::maybe(raw);
        let inner = members.as_ref().and_then(|group| group.raw(below)).and_then(wrappings::elements);
        let (Some(group), Some(inner)) = (&members, inner) else {
            return self.reject(raw, format!("part of a flow log without a list of {below}"));
        };
        let mut values = shared.clone();
        add(&mut values, group, &[below]);
        for part in inner {
            let members = Object::maybe(part.get());
            let tuples = members.as_ref().and_then(|part| part.raw("flowTuples")).and_then(wrappings::elements);
            let (Some(members), Some(tuples)) = (&members, tuples) else {
                self.reject(part.get(), "part of a flow log without a list of flowTuples".to_owned());
                continue;
            };
            let mut values = values.clone();
            add(&mut values, members, &["flowTuples"]);
            tuples.iter().for_each(|raw| self.tuple(raw.get(), &values));
        }
    }

    /// Reads one of several tuples of a record.
    fn tuple(&mut self, raw: &str, shared: &Values<'_>) {
        self.tuples += 1;
        let Some(text) = json::string(raw) else {
            return self.reject(raw, "flow tuple that is no text".to_owned());
        };
        match tuple::read(&text, self.layout) {
            Ok(flow) => {
                let (at, _) = self.place(raw);
                self.keep(&flow, &at, shared);
            }
            Err(reason) => self.reject(raw, reason),
        }
    }

    /// Reads the only tuple of a record: the record is the row.
    fn alone(&mut self, raw: &str, shared: &Values<'_>) -> Result<(), Miss> {
        let text = json::string(raw).ok_or_else(|| Miss::Broken("flow tuple that is no text".to_owned()))?;
        let flow = tuple::read(&text, self.layout).map_err(Miss::Broken)?;
        self.keep(&flow, &self.item.at, shared);
        Ok(())
    }

    /// Reads a record in which every field of its tuple is a member of its own.
    fn apart(&mut self, record: &Object<'_>, shared: &Values<'_>) -> Result<(), Miss> {
        let texts = FIELDS.map(|name| record.json(name).map(|value| value.as_text().into_owned()).unwrap_or_default());
        let fields = std::array::from_fn(|place| texts[place].as_str());
        let count = if self.layout == Layout::Nsg(Some(NsgVersion::One)) { 8 } else { 13 };
        let flow = tuple::flow(fields, count, self.layout).map_err(Miss::Broken)?;
        self.keep(&flow, &self.item.at, shared);
        Ok(())
    }

    fn keep<'v>(&mut self, flow: &'v Flow<'v>, at: &Range<u64>, shared: &Values<'v>) {
        let shared = shared.iter().map(|(name, value)| (*name, value.clone()));
        self.rows.row(&TABLE, at, Some(flow.time), flow.values().chain(shared));
    }

    fn reject(&mut self, raw: &str, reason: String) {
        self.tuples += 1;
        let (at, line) = self.place(raw);
        let length = usize::try_from(at.end - at.start).unwrap_or_default();
        self.rows.reject(at, line, reason, &raw.as_bytes()[..length.min(raw.len())]);
    }

    /// Where a part of the record is, and on which line. A text that was made from the evidence has no parts in it.
    fn place(&mut self, raw: &str) -> (Range<u64>, u64) {
        if self.item.made {
            return (self.item.at.clone(), self.item.line);
        }
        let range = wrappings::range(self.item, raw);
        let bytes = self.item.text.as_bytes();
        self.line += lines(bytes.get(self.counted..range.start).unwrap_or_default());
        self.counted = range.start;
        let start = self.item.at.start;
        // Of a record that was cut, what is behind its end is ours and not the evidence's.
        let end = (start + range.end as u64).min(self.item.at.end);
        (start + range.start as u64..end, self.line)
    }
}
