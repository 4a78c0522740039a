//! Intakes that are killed, run out of room, or read what changes under their hands: a case is whole or as it was.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use walkdir::WalkDir;

use crate::support::{AT, project, run, text};
use coldcase::case::Case;

/// How often an intake is killed.
const KILLS: u64 = 50;

/// The Parquet of a case, byte for byte, by path.
fn tables(case: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let files = WalkDir::new(case.join("tables")).into_iter().map(|entry| entry.unwrap());
    let files = files.filter(|entry| entry.file_type().is_file()).map(|entry| entry.into_path());
    files.map(|path| (path.strip_prefix(case).unwrap().to_owned(), fs::read(&path).unwrap())).collect()
}

/// The journal without what differs from one run to the next: when it was, and the hashes that follow from that.
fn journal(case: &Path) -> Vec<serde_json::Value> {
    let text = fs::read_to_string(case.join("journal.jsonl")).unwrap();
    let entries = text.lines().map(|line| {
        let mut entry: serde_json::Value = serde_json::from_str(line).unwrap();
        ["at", "previous", "command", "who"].iter().for_each(|key| drop(entry.as_object_mut().unwrap().remove(*key)));
        entry
    });
    entries.collect()
}

#[test]
fn an_intake_killed_fifty_times_ends_as_one_that_never_was() {
    let folder = tempfile::tempdir().unwrap();
    let samples = project("sample-data/incidents/quiet-hour").to_string_lossy().into_owned();
    let intake = |case: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_coldcase"));
        command.args(["ingest", "--quiet", "--case", case, &samples]).current_dir(folder.path());
        command.stdout(Stdio::null()).stderr(Stdio::null());
        command
    };
    let begun = std::time::Instant::now();
    assert!(intake("calm").status().unwrap().success());
    // Kills are spread over the time that an undisturbed intake takes, by a fixed sequence of fractions.
    let whole = u64::try_from(begun.elapsed().as_micros()).unwrap().max(1_000);
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut killed = 0;
    for _ in 0..KILLS {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let mut child = intake("torn").spawn().unwrap();
        std::thread::sleep(Duration::from_micros(state % whole));
        child.kill().unwrap();
        killed += u64::from(!child.wait().unwrap().success());
        // However far it came, what is there is a case or nothing.
        let case = folder.path().join("torn");
        if case.join("case.toml").exists() {
            Case::open(&case).unwrap();
        }
    }
    assert!(killed > 0, "no intake was ever killed while it ran");
    assert!(intake("torn").status().unwrap().success());
    let [calm, torn] = ["calm", "torn"].map(|name| folder.path().join(name));
    let seq = |case: &Path| journal(case).iter().filter(|entry| entry["action"] == "ingest").count();
    assert_eq!((seq(&calm), seq(&torn)), (1, 1), "one intake counts");
    // A torn last line that was taken away is told, and is all that may differ.
    let told = |case: &Path| journal(case).into_iter().filter(|entry| entry["action"] != "repair").collect::<Vec<_>>();
    let rows = |entries: &[serde_json::Value]| {
        let inputs = entries.iter().flat_map(|entry| entry["inputs"].as_array().cloned().unwrap_or_default());
        inputs.collect::<Vec<_>>()
    };
    assert_eq!(rows(&told(&calm)), rows(&told(&torn)), "the ledger is the same");
    let plain = |tables: BTreeMap<PathBuf, Vec<u8>>| tables.into_values().collect::<Vec<_>>();
    assert!(plain(tables(&calm)) == plain(tables(&torn)), "the tables are not the same bytes");
    let (out, error) = text(&run(folder.path(), &["verify", "--case", "torn"]));
    assert!(out.contains("everything matches"), "{out}{error}");
}

#[test]
fn a_disk_without_room_leaves_the_case_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let first = project("sample-data/formats/json-lines/bom.jsonl");
    let intake = |limit: &str, input: &str| {
        // A file may have so many blocks and no more; the shell's trap makes it an error and not a signal.
        let script = format!("trap '' XFSZ; ulimit -f {limit}; exec \"$0\" ingest --case case \"$1\"");
        let mut command = Command::new("sh");
        command.args(["-c", &script, env!("CARGO_BIN_EXE_coldcase"), input]).current_dir(folder.path());
        command.output().unwrap()
    };
    assert!(intake("unlimited", &first.to_string_lossy()).status.success());
    let case = folder.path().join("case");
    let before = (tables(&case), fs::read(case.join("journal.jsonl")).unwrap());
    let output = intake("8", &project("sample-data/incidents").to_string_lossy());
    let (_, error) = text(&output);
    assert_eq!(output.status.code(), Some(3), "{error}");
    assert!(error.contains("File too large") || error.contains("write"), "{error}");
    assert_eq!(fs::read(case.join("journal.jsonl")).unwrap(), before.1, "the journal is as it was");
    Case::open(&case).unwrap();
    assert!(intake("unlimited", &project("sample-data/incidents").to_string_lossy()).status.success());
    let kept = tables(&case);
    assert!(before.0.iter().all(|(path, bytes)| kept.get(path).is_none_or(|now| now == bytes)));
    let (out, error) = text(&run(folder.path(), &["verify", "--case", "case"]));
    assert!(out.contains("everything matches"), "{out}{error}");
}

#[test]
fn a_case_that_cannot_be_written_says_so_and_stays_readable() {
    let folder = tempfile::tempdir().unwrap();
    let event = project("sample-data/formats/json-lines/bom.jsonl").to_string_lossy().into_owned();
    assert!(run(folder.path(), &["ingest", "--case", "case", &event]).status.success());
    // A folder in the place of a file cannot be written by anybody, root included.
    let lock = folder.path().join("case/lock");
    fs::remove_file(&lock).unwrap();
    fs::create_dir(&lock).unwrap();
    let other = project("sample-data/formats/json-lines/crlf.jsonl").to_string_lossy().into_owned();
    let output = run(folder.path(), &["ingest", "--case", "case", &other]);
    let (_, error) = text(&output);
    assert_eq!(output.status.code(), Some(3), "{error}");
    assert!(error.contains("lock"), "names the place: {error}");
    let (out, error) = text(&run(folder.path(), &["query", "--case", "case", "select count(*) as n from audit"]));
    assert!(out.contains('1'), "{out}{error}");
    let (out, error) = text(&run(folder.path(), &["verify", "--case", "case"]));
    assert!(out.contains("everything matches"), "{out}{error}");
}

#[test]
fn evidence_that_changes_while_it_is_read_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("growing.jsonl");
    let line = fs::read_to_string(project("sample-data/formats/json-lines/crlf.jsonl")).unwrap();
    fs::write(&path, line.repeat(2_000)).unwrap();
    let stop = AtomicBool::new(false);
    let receipt = std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut file = fs::OpenOptions::new().append(true).open(&path).unwrap();
            while !stop.load(Ordering::Relaxed) {
                file.write_all(line.as_bytes()).unwrap();
                std::thread::sleep(Duration::from_millis(1));
            }
        });
        let mut case = Case::create(&folder.path().join("case"), AT).unwrap();
        let receipt = case.ingest(std::slice::from_ref(&path), AT, &mut |_| {}).unwrap();
        stop.store(true, Ordering::Relaxed);
        receipt
    });
    let input = &receipt.inputs[0];
    assert_eq!(input.read, input.stored + input.duplicate + input.rejected);
    assert!(input.notes.iter().any(|note| note.contains("CHANGED while it was read")), "{:?}", input.notes);
    let case = Case::open(&folder.path().join("case")).unwrap();
    let mismatches = case.verify(None).unwrap().mismatches;
    assert_eq!(mismatches.len(), 1, "what lies there now is not what was read: {mismatches:?}");
}

#[test]
fn evidence_that_is_taken_away_is_told_and_the_rest_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let [gone, stays] = ["a-gone.jsonl", "b-stays.jsonl"].map(|name| folder.path().join(name));
    for (path, specimen) in [(&gone, "bom.jsonl"), (&stays, "crlf.jsonl")] {
        fs::copy(project("sample-data/formats/json-lines").join(specimen), path).unwrap();
    }
    let mut case = Case::create(&folder.path().join("case"), AT).unwrap();
    // The list is made before anything is read. More bytes than may be read ahead: progress is told while the first is read.
    let mut file = fs::OpenOptions::new().append(true).open(&gone).unwrap();
    let blank = [" ".repeat(1 << 20), "\n".to_owned()].concat();
    (0..64).for_each(|_| file.write_all(blank.as_bytes()).unwrap());
    drop(file);
    let receipt = case.ingest(&[gone.clone(), stays], AT, &mut |_| drop(fs::remove_file(&gone))).unwrap();
    let notes = receipt.inputs[0].notes.join(" ");
    assert!(notes.contains("TAKEN AWAY while it was read"), "{notes}");
    assert_eq!(receipt.inputs.len(), 2);
    assert!(receipt.inputs[1].read > 0);
}
