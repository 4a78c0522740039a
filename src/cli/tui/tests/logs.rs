//! Entities as other logs name them: sign-ins, flows, hosts and alerts of the samples, counted by hand in those files.

use std::path::Path;
use std::sync::atomic::AtomicBool;

use super::{AT, ByArg, Case, Desk, counts, page, some};
use crate::cli::tui::Ask;
use crate::cli::tui::rows::rows;

/// One line of Falco and one of Tetragon about pod shop/cart-0 on node n1; a flow to that pod from 203.0.113.9, four from
/// 10.0.0.4 to 10.224.0.5, all seen on n1; a flow of the network from 10.0.0.4 to 203.0.113.9; an event of auditd on each of
/// two nodes; a person's two sign-ins and an application's from 203.0.113.7, and one without an address; two alerts, of which
/// one names the pod.
const FILES: [&str; 8] = [
    "falco/syscall.jsonl",
    "tetragon/exec.jsonl",
    "hubble/bare.jsonl",
    "hubble/world.jsonl",
    "network-flow/flattened-vnet.jsonl",
    "auditd/node.log",
    "entra/sign-ins.jsonl",
    "defender/table.jsonl",
];

#[test]
fn sign_ins_flows_hosts_and_alerts_count_for_whom_they_name() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("case");
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("sample-data/formats");
    let mut case = Case::create(&dir, AT).unwrap();
    case.ingest(&FILES.map(|file| samples.join(file)), AT, &mut |_| {}).unwrap();
    let desk = Desk::open(Case::open(&dir).unwrap(), ByArg::unknown(), None).unwrap();
    let stop = AtomicBool::new(false);
    let ask = Ask { desk: &desk, stop: &stop };
    // Each table has a part of the time; where it begins and ends was another answer each time it was asked, because rows were
    // left out that the bounds of other tables made look needless.
    for _ in 0..8 {
        let times = ask.sql("SELECT time FROM timeline ORDER BY time", &[]).unwrap();
        let times: Vec<i64> = rows(&times).map(|row| row.number(0)).collect();
        let extent = ask.sql("SELECT min(time), max(time) FROM timeline", &[]).unwrap();
        let extent = rows(&extent).next().map(|row| (row.number(0), row.number(1)));
        assert_eq!((times.len(), extent), (16, Some((times[0], times[15]))));
    }
    let parts = |kind: &str, name: &str| counts(&page(&ask, kind, name), "its part in them");
    assert_eq!(parts("user", "lena@contoso.example"), some(&[("acted", 2)]));
    assert_eq!(parts("address", "203.0.113.7"), some(&[("requests came from it", 3)]));
    assert_eq!(
        parts("address", "203.0.113.9"),
        some(&[("requests came from it", 1), ("was spoken to", 1)]),
        "a source in one log, a destination in another"
    );
    assert_eq!(parts("address", "10.0.0.4"), some(&[("requests came from it", 5), ("was spoken to", 1)]));
    assert_eq!(parts("address", "10.224.0.5"), some(&[("was spoken to", 4)]));
    assert_eq!(
        parts("pod", "shop/cart-0"),
        some(&[("seen on the host", 2), ("in a flow", 1), ("named in an alert", 1)])
    );
    assert_eq!(parts("node", "n1"), some(&[("in a flow", 5), ("seen on the host", 2)]));
    assert_eq!(parts("node", "aks-pool-1"), some(&[("seen on the host", 1)]));
    assert_eq!(parts("image", "registry.example.test/cart:1.2"), some(&[("seen on the host", 2)]));
}
