//! Hot loops by themselves: `cargo bench --bench hot`. Whole processes beside their peers are measured by docs/performance.sh.

use std::io::Cursor;
use std::path::{Path, PathBuf};

use coldcase::case::Case;
use coldcase::engine::Engine;
use coldcase::formats::{Reader, Rows, block, content, key};
use coldcase::model::{EvidenceId, Micros};
use coldcase::sigma::{RuleFile, load};
use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};

fn main() {
    divan::main();
}

const INCIDENT: &str = "sample-data/incidents/aks-intrusion/evidence";

fn evidence(path: &str) -> Vec<u8> {
    let file = std::fs::File::open(project(&format!("{INCIDENT}/{path}"))).expect("a bundled sample");
    let mut bytes = Vec::new();
    std::io::copy(&mut content(Box::new(file)).expect("gzip"), &mut bytes).expect("a whole sample");
    bytes
}

fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Cutting and decoding on one thread: bytes to Arrow columns and keys.
#[divan::bench(args = ["audit-log/audit.log.gz", "event-hub/kube-audit.json.gz", "workspace-csv/AKSAudit.csv.gz"])]
fn decode(bencher: Bencher, path: &str) {
    let bytes = evidence(path);
    bencher.counter(BytesCount::of_slice(&bytes)).bench(|| {
        let mut reader = Reader::open(Box::new(Cursor::new(bytes.clone()))).expect("memory can be read");
        let mut rows = Rows::new(EvidenceId(0), "input");
        while let Some(block) = reader.next_block().expect("memory can be read") {
            block::decode(&block, &mut rows);
        }
        rows.finish().read
    });
}

/// The whole intake into a case on disk, all threads.
#[divan::bench(sample_count = 10)]
fn intake(bencher: Bencher) {
    let bytes = evidence("audit-log/audit.log.gz");
    let folder = tempfile::tempdir().expect("a folder");
    let input = folder.path().join("audit.log");
    std::fs::write(&input, &bytes).expect("a file");
    bencher.counter(BytesCount::of_slice(&bytes)).with_inputs(|| tempfile::tempdir().expect("a folder")).bench_refs(
        |folder| {
            let mut case = Case::create(&folder.path().join("case"), "2031-04-05T06:07:08Z").expect("an empty folder");
            case.ingest(std::slice::from_ref(&input), "2031-04-05T06:07:08Z", &mut |_| {}).expect("a case").inputs.len()
        },
    );
}

/// The bundled rules over the recorded intrusion, plan and all.
#[divan::bench(sample_count = 20)]
fn replay(bencher: Bencher) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut case = Case::create(&folder.path().join("case"), "2031-04-05T06:07:08Z").expect("an empty folder");
    case.ingest(&[project(INCIDENT)], "2031-04-05T06:07:08Z", &mut |_| {}).expect("a case");
    let files = coldcase::pack::DETECTIONS.iter();
    let files: Vec<RuleFile> =
        files.map(|(path, text)| RuleFile { path: (*path).into(), text: (*text).into() }).collect();
    let (rules, _) = load(&files);
    let engine = Engine::open(&case).expect("a case");
    let events = case.evidence().iter().map(|input| input.stored).sum::<u64>();
    bencher.counter(ItemsCount::new(events)).bench(|| engine.replay(&rules).expect("rules").findings.len());
}

#[divan::bench(args = ["2031-04-05T06:07:08.034001Z", "2031-04-05 06:07:08.034", "4/5/2031, 6:07:08.034 AM"])]
fn time(text: &str) -> Option<Micros> {
    Micros::parse(black_box(text))
}

/// The hash by which two spellings of one body are found to be one.
#[divan::bench]
fn body_key(bencher: Bencher) {
    let body =
        format!(r#"{{"kind":"Pod","spec":{{"containers":[{{"command":["sh","-c","{}"]}}]}}}}"#, "a b ".repeat(500));
    bencher.counter(BytesCount::of_str(&body)).bench(|| key::body(black_box(&body)));
}
