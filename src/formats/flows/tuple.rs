//! One tuple of an Azure flow log: fields with commas between them, in the layout of the log's version.
//!
//! Takes a tuple as a whole or refuses it: the unit of its time and the meaning of its fields come from the version
//! that the record says, never from how a number looks (formats.md h.5).

use std::borrow::Cow;
use std::net::IpAddr;

use crate::formats::rows::value::Value;
use crate::model::Micros;

/// How the fields of a tuple lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// Flow log of a network security group: epoch seconds, in 8 fields (version 1) or 13 (version 2).
    Nsg(Option<NsgVersion>),
    /// Flow log of a virtual network, version 4: epoch milliseconds, 13 fields.
    Vnet,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NsgVersion {
    One,
    Two,
}

/// What a tuple says. What it leaves empty, or has no field for, is None.
#[derive(Debug, PartialEq, Eq)]
pub struct Flow<'a> {
    pub time: Micros,
    pub source_ip: &'a str,
    pub destination_ip: &'a str,
    pub source_port: Option<u16>,
    pub destination_port: Option<u16>,
    pub protocol: Cow<'static, str>,
    pub direction: &'static str,
    pub decision: Option<&'static str>,
    pub state: Option<&'static str>,
    pub encryption: Option<&'a str>,
    /// Packets and bytes from source to destination, then packets and bytes back.
    pub counters: [Option<i64>; 4],
}

const MOST: usize = 13;

/// Reads a tuple, or says why not.
pub fn read(tuple: &str, layout: Layout) -> Result<Flow<'_>, String> {
    let mut fields = [""; MOST];
    let mut count = 0;
    for field in tuple.split(',') {
        if let Some(place) = fields.get_mut(count) {
            *place = field;
        }
        count += 1;
    }
    flow(fields, count, layout)
}

/// Reads the fields of a tuple, `count` of which are there.
pub fn flow<'a>(fields: [&'a str; MOST], count: usize, layout: Layout) -> Result<Flow<'a>, String> {
    let wanted: &[usize] = match layout {
        Layout::Nsg(Some(NsgVersion::One)) => &[8],
        Layout::Nsg(Some(NsgVersion::Two)) | Layout::Vnet => &[13],
        Layout::Nsg(None) => &[8, 13],
    };
    if !wanted.contains(&count) {
        let wanted = wanted.iter().map(ToString::to_string).collect::<Vec<_>>().join(" or ");
        return Err(format!("flow tuple of {count} fields, {} has {wanted}", layout.name()));
    }
    let [time, source, destination, source_port, destination_port, protocol, direction, ..] = fields;
    let direction = match direction {
        "I" => "inbound",
        "O" => "outbound",
        other => return Err(format!("flow tuple with direction {other:?}, neither I nor O")),
    };
    let (decision, state, encryption) = match layout {
        Layout::Nsg(_) => (Some(decision(fields[7])?), state(fields[8], false)?, None),
        // There is no field for the decision; state D says that it was to deny.
        Layout::Vnet => {
            let state = state(fields[7], true)?;
            (state.filter(|state| *state == "deny"), state, Some(fields[8]).filter(|text| !text.is_empty()))
        }
    };
    let mut counters = [None; 4];
    for (counter, field) in counters.iter_mut().zip(&fields[9..]) {
        *counter = number(field, "counter")?;
    }
    Ok(Flow {
        time: instant(time, layout)?,
        source_ip: address(source)?,
        destination_ip: address(destination)?,
        source_port: number(source_port, "port")?,
        destination_port: number(destination_port, "port")?,
        protocol: name_of(protocol, layout)?,
        direction,
        decision,
        state,
        encryption,
        counters,
    })
}

impl Layout {
    fn name(self) -> &'static str {
        match self {
            Layout::Nsg(Some(NsgVersion::One)) => "version 1",
            Layout::Nsg(Some(NsgVersion::Two)) => "version 2",
            Layout::Nsg(None) => "a flow log of a network security group",
            Layout::Vnet => "version 4",
        }
    }
}

fn instant(field: &str, layout: Layout) -> Result<Micros, String> {
    let count = field.parse::<u64>().ok().filter(|_| field.bytes().all(|b| b.is_ascii_digit()));
    let time = count.and_then(|count| match layout {
        Layout::Nsg(_) => Micros::from_seconds(count),
        Layout::Vnet => Micros::from_millis(count),
    });
    let unit = if layout == Layout::Vnet { "milliseconds" } else { "seconds" };
    time.ok_or_else(|| format!("flow tuple with time {field:?}, no epoch {unit}"))
}

fn address(field: &str) -> Result<&str, String> {
    match field.parse::<IpAddr>() {
        Ok(_) => Ok(field),
        Err(_) => Err(format!("flow tuple with address {field:?}, no IP address")),
    }
}

/// Reads a number that may be left out.
fn number<T: TryFrom<u64>>(field: &str, what: &str) -> Result<Option<T>, String> {
    if field.is_empty() {
        return Ok(None);
    }
    let digits = field.bytes().all(|b| b.is_ascii_digit());
    let number = field.parse::<u64>().ok().filter(|_| digits).and_then(|number| T::try_from(number).ok());
    number.map(Some).ok_or_else(|| format!("flow tuple with {what} {field:?}"))
}

fn decision(field: &str) -> Result<&'static str, String> {
    match field {
        "A" => Ok("allow"),
        "D" => Ok("deny"),
        other => Err(format!("flow tuple with decision {other:?}, neither A nor D")),
    }
}

fn state(field: &str, denies: bool) -> Result<Option<&'static str>, String> {
    match field {
        "" => Ok(None),
        "B" => Ok(Some("begin")),
        "C" => Ok(Some("continuing")),
        "E" => Ok(Some("end")),
        "D" if denies => Ok(Some("deny")),
        other => Err(format!("flow tuple with state {other:?}")),
    }
}

/// Returns the name of a protocol: a letter, or its IANA number, which stays one when it has no common name.
fn name_of(field: &str, layout: Layout) -> Result<Cow<'static, str>, String> {
    const NAMES: [(u8, &str); 9] = [
        (1, "ICMP"),
        (2, "IGMP"),
        (6, "TCP"),
        (17, "UDP"),
        (47, "GRE"),
        (50, "ESP"),
        (51, "AH"),
        (58, "ICMPv6"),
        (132, "SCTP"),
    ];
    match (layout, field) {
        (Layout::Nsg(_), "T") => return Ok(Cow::Borrowed("TCP")),
        (Layout::Nsg(_), "U") => return Ok(Cow::Borrowed("UDP")),
        (Layout::Nsg(_), other) => return Err(format!("flow tuple with protocol {other:?}, neither T nor U")),
        (Layout::Vnet, _) => {}
    }
    let number = number::<u8>(field, "protocol")?.ok_or("flow tuple without a protocol")?;
    let name = NAMES.iter().find(|(known, _)| *known == number);
    Ok(name.map_or_else(|| Cow::Owned(number.to_string()), |(_, name)| Cow::Borrowed(*name)))
}

impl<'a> Flow<'a> {
    /// The columns a tuple fills.
    pub fn values(&'a self) -> impl Iterator<Item = (&'a str, Value<'a>)> {
        let text = |text: &'a str| Some(Value::text(text));
        let int = |number: Option<i64>| number.map(Value::Int);
        let columns = [
            ("source_ip", text(self.source_ip)),
            ("destination_ip", text(self.destination_ip)),
            ("source_port", int(self.source_port.map(i64::from))),
            ("destination_port", int(self.destination_port.map(i64::from))),
            ("protocol", text(&self.protocol)),
            ("direction", text(self.direction)),
            ("decision", self.decision.and_then(text)),
            ("state", self.state.and_then(text)),
            ("encryption", self.encryption.and_then(text)),
            ("packets_sent", int(self.counters[0])),
            ("bytes_sent", int(self.counters[1])),
            ("packets_received", int(self.counters[2])),
            ("bytes_received", int(self.counters[3])),
        ];
        columns.into_iter().filter_map(|(name, value)| Some((name, value?)))
    }
}

#[cfg(test)]
#[path = "../tests/flow_tuple.rs"]
mod tests;
