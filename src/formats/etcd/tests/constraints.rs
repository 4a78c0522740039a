//! Constraints of Gatekeeper in a database: what the newest revision lists, as from a dump of the cluster.

use std::io::Cursor;

use arrow::array::AsArray;
use arrow::datatypes::{Int64Type, TimestampMicrosecondType, UInt64Type};

use super::built::{Built, at_page, put, tombstone};
use crate::formats::{Batch, Rows, snapshot};
use crate::model::{EvidenceId, Micros};

const KEY: &str = "/registry/constraints.gatekeeper.sh/k8sexamplehostpid/no-host-pid";
const GONE: &str = "/registry/constraints.gatekeeper.sh/k8sexamplehostpid/gone";

fn violation(name: &str) -> String {
    format!(
        r#"{{"group":"","version":"v1","kind":"Pod","namespace":"shop","name":"{name}","message":"host PID: {name}","enforcementAction":"dryrun"}}"#
    )
}

fn constraint(name: &str, at: &str, total: u64, violations: &[&str]) -> String {
    let violations = violations.iter().map(|name| violation(name)).collect::<Vec<_>>().join(",");
    format!(
        r#"{{"apiVersion":"constraints.gatekeeper.sh/v1beta1","kind":"K8sExampleHostPid","metadata":{{"name":"{name}","uid":"0d0d-{name}"}},"spec":{{"enforcementAction":"dryrun"}},"status":{{"auditTimestamp":"{at}","totalViolations":{total},"violations":[{violations}]}}}}"#
    )
}

fn database() -> Vec<u8> {
    let records = [
        put(2, 0, KEY, constraint("no-host-pid", "2031-04-05T05:00:00Z", 1, &["old-0"]).as_bytes()),
        put(3, 0, KEY, constraint("no-host-pid", "2031-04-05T06:00:00Z", 57, &["cart-0", "cart-1"]).as_bytes()),
        put(4, 0, GONE, constraint("gone", "2031-04-05T06:00:00Z", 1, &["cart-0"]).as_bytes()),
        tombstone(5, GONE),
    ];
    let built = Built::pages(8).meta(0, 6, 2).meta(1, 7, 2).buckets(2, &[("key", at_page(3))]);
    built.leaf(3, &records).tail().bytes
}

fn read(bytes: &[u8]) -> Batch {
    let mut rows = Rows::new(EvidenceId(0), "input");
    snapshot::read(&mut Cursor::new(bytes), &mut rows, &mut |_| {}).unwrap();
    rows.finish()
}

#[test]
fn the_violations_of_the_newest_revision_are_rows() {
    let bytes = database();
    let batch = read(&bytes);
    assert_eq!(
        (batch.read, batch.object.num_rows(), batch.rejects.len()),
        (4, 4, 0),
        "they are no records of their own"
    );
    let [sheet] = &batch.sheets[..] else { panic!("{}", batch.sheets.len()) };
    assert!(sheet.derived && sheet.table == "policy_violation");
    let text = |name: &str, row: usize| {
        let column = sheet.rows.column_by_name(name).unwrap();
        arrow::util::display::array_value_to_string(column, row).unwrap()
    };
    let number = |name: &str| sheet.rows.column_by_name(name).unwrap().as_primitive::<Int64Type>().values().to_vec();
    let names: Vec<_> = (0..2).map(|row| [text("constraint_name", row), text("resource_name", row)]).collect();
    assert_eq!(names, [["no-host-pid", "cart-0"], ["no-host-pid", "cart-1"]].map(|pair| pair.map(str::to_owned)));
    assert_eq!((number("n"), number("total")), (vec![1, 2], vec![57, 57]));
    let times = sheet.rows.column_by_name("time").unwrap().as_primitive::<TimestampMicrosecondType>();
    assert_eq!(Some(Micros(times.value(0))), Micros::parse("2031-04-05T06:00:00Z"));
    let place =
        |name: &str, row| sheet.rows.column_by_name(name).unwrap().as_primitive::<UInt64Type>().value(row) as usize;
    for (row, name) in ["cart-0", "cart-1"].into_iter().enumerate() {
        let (start, length) = (place("offset", row), place("length", row));
        assert_eq!(bytes[start..start + length], *violation(name).as_bytes(), "the row has its own bytes");
    }
    assert_eq!(batch.notes, ["constraint no-host-pid: 2 of 57 violations are listed; the rest is not in the snapshot"]);
}
