//! Every payload by itself, whether or not it would be asked about the record.

use super::{Target, apart, books, records, spans};
use crate::formats::cells::{Cells, column};
use crate::formats::classify::Keys;
use crate::formats::host::Gathered;
use crate::formats::members::Members;
use crate::formats::{Item, PAYLOADS, Rows};
use crate::model::EvidenceId;

pub const TARGET: Target = Target {
    name: "payload",
    doc: "first byte: a payload; second: how the record came. It appends rows inside of the record, or nothing",
    run,
    seeds: |specimen| {
        let records = records(specimen);
        let with = |number: usize| {
            records
                .iter()
                .flat_map(move |record| [0, CELLS].map(|flags| [&[number as u8, flags], &record[..]].concat()))
        };
        (0..PAYLOADS.len()).flat_map(with).collect()
    },
};

/// The members of the record are the cells of a table row.
const CELLS: u8 = 1;
/// As of a CSV.
const TEXTS: u8 = 2;
/// The text is not the bytes.
const MADE: u8 = 4;
/// It came in a typed list.
const LISTED: u8 = 8;
/// It is a line of the log of a container that the envelope names.
const OF_POD: u8 = 16;
/// It is a line below another.
const BELOW: u8 = 32;

fn run(bytes: &[u8]) {
    let [number, flags, text @ ..] = bytes else { return };
    let payload = PAYLOADS[usize::from(*number) % PAYLOADS.len()];
    let is = |flag: u8| flags & flag != 0;
    let Ok(text) = std::str::from_utf8(text) else { return };
    let text = text.trim();
    if text.is_empty() {
        return;
    }
    let members = serde_json::from_str::<Members<'_>>(text).ok().filter(|_| is(CELLS)).map(|Members(members)| members);
    let mut cells = Cells::default();
    for (name, raw) in members.iter().flatten() {
        if is(TEXTS) {
            cells.set_text(column(name), name, raw.get());
        } else {
            cells.set_json(column(name), name, raw.get(), is(MADE));
        }
    }
    let at = if is(MADE) { 1000..1007 } else { 1000..1000 + text.len() as u64 };
    let pod = Gathered::Pod { namespace: "shop", pod: "cart-0", container: "cart" };
    let above = Gathered::Below("I0405 06:07:08.123456       1 server.go:12] started");
    let gathered = if is(OF_POD) { Some(pod) } else { is(BELOW).then_some(above) };
    let item = Item {
        gathered,
        cells: members.is_some().then_some(&cells),
        list: is(LISTED).then_some(("Pod", "v1")),
        made: is(MADE),
        ..Item::new(at.clone(), 5, text)
    };
    payload.fits(&item, Keys::of(text).ok().as_ref().filter(|_| members.is_none()));
    let mut rows = Rows::new(EvidenceId(7), "input");
    let result = payload.decode(&item, &mut rows);
    let batch = rows.finish();
    books(&batch);
    match result {
        Ok(()) => {
            assert!(spans(&batch).iter().all(|(offset, length)| *offset >= at.start && offset + length <= at.end));
            apart(&batch, at.end, is(MADE) || members.is_some());
        }
        Err(miss) => assert!(batch.read == 0 && batch.sheets.is_empty(), "{} and rows: {miss:?}", payload.name()),
    }
}
