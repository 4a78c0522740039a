//! The chain: every way to change a journal is named by its line.

use std::path::Path;

use proptest::prelude::*;

use super::journal;
use crate::case::act::{Act, Who};
use crate::case::chain::{Broken, Chain, Why, ZEROS};
use crate::case::custody::{Action, Entry, Journal};

/// Changes the lines of a good journal and says what is found.
fn after(change: impl FnOnce(&mut Vec<String>)) -> Option<Broken> {
    let folder = tempfile::tempdir().unwrap();
    let path = journal(folder.path());
    let mut lines: Vec<String> = std::fs::read_to_string(&path).unwrap().lines().map(str::to_owned).collect();
    change(&mut lines);
    std::fs::write(&path, lines.iter().map(|line| format!("{line}\n")).collect::<String>()).unwrap();
    agreed(&path)
}

/// What is found, which the journal's own reading has to agree with.
fn agreed(path: &Path) -> Option<Broken> {
    let found = Chain::read(path).unwrap().first_broken();
    let read = Journal::read(path);
    match &found {
        Some(broken) if !broken.is_torn() => {
            assert!(read.unwrap_err().to_string().ends_with(&broken.to_string()));
        }
        _ => assert!(read.is_ok()),
    }
    found
}

#[track_caller]
fn finds(change: impl FnOnce(&mut Vec<String>), line: u64, why: Why) {
    assert_eq!(after(change), Some(Broken { line, why }));
}

fn line_of(broken: Option<Broken>) -> u64 {
    broken.unwrap().line
}

#[test]
fn a_journal_nobody_touched_is_whole() {
    assert_eq!(after(|_| {}), None);
    assert_eq!(Chain::read(Path::new("/nowhere/journal.jsonl")).unwrap().first_broken(), None);
}

#[test]
fn a_changed_line_is_named_itself_when_a_later_line_vouches() {
    for place in 0..3 {
        let broken = after(|lines| lines[place] = lines[place].replace("2031", "2030")).unwrap();
        assert_eq!(broken.line, place as u64 + 1);
        assert!(matches!(broken.why, Why::Changed { .. }), "{broken}");
    }
}

#[test]
fn a_blank_more_is_a_change() {
    let broken = after(|lines| lines[1].push(' ')).unwrap();
    assert!(matches!(broken, Broken { line: 2, why: Why::Changed { .. } }), "{broken}");
}

#[test]
fn which_of_the_last_two_lines_was_changed_nothing_can_tell() {
    let broken = after(|lines| lines[3] = lines[3].replace("2031", "2030")).unwrap();
    assert!(matches!(broken, Broken { line: 5, why: Why::Either { .. } }), "{broken}");
    let broken = after(|lines| lines[4] = wrong_previous(&lines[4])).unwrap();
    assert!(matches!(broken, Broken { line: 5, why: Why::Either { .. } }), "{broken}");
}

fn wrong_previous(line: &str) -> String {
    format!("{}{}\"}}", &line[..line.len() - 66], "ab".repeat(32))
}

#[test]
fn a_changed_previous_hash_is_told_from_a_changed_line_before() {
    for place in 0..4 {
        let broken = after(|lines| lines[place] = wrong_previous(&lines[place])).unwrap();
        assert_eq!(broken.line, place as u64 + 1);
        assert!(matches!(broken.why, Why::Previous { .. }), "{broken}");
    }
}

#[test]
fn lines_taken_out_are_counted() {
    finds(|lines| drop(lines.remove(0)), 1, Why::Missing { lines: 1 });
    finds(|lines| drop(lines.remove(2)), 3, Why::Missing { lines: 1 });
    finds(|lines| drop(lines.drain(1..4)), 2, Why::Missing { lines: 3 });
}

#[test]
fn lines_that_changed_places_are_named_with_the_line_they_follow() {
    // Now old line 3 stands second and follows old line 2, which stands third.
    finds(|lines| lines.swap(1, 2), 2, Why::Moved { follows: Some(3) });
    finds(|lines| lines.swap(0, 1), 1, Why::Moved { follows: Some(2) });
    finds(|lines| lines.rotate_left(1), 1, Why::Moved { follows: Some(5) });
    // Old line 2 at the end: old line 3 is now second and follows the fifth.
    finds(
        |lines| {
            let line = lines.remove(1);
            lines.push(line);
        },
        2,
        Why::Moved { follows: Some(5) },
    );
}

#[test]
fn a_copied_line_is_named_with_its_model() {
    finds(|lines| lines.insert(3, lines[1].clone()), 4, Why::Copy { of: 2 });
    finds(|lines| lines.push(lines[0].clone()), 6, Why::Copy { of: 1 });
}

#[test]
fn a_line_put_in_with_a_right_hash_is_named_and_not_the_one_after_it() {
    // A second line that follows the first, beside the real one.
    finds(|lines| lines.insert(1, lines[1].replace("2031", "2030")), 2, Why::PutIn { lines: 1 });
}

#[test]
fn a_line_put_in_from_elsewhere_has_a_number_that_was_had() {
    let line = format!(r#"{{"seq":1,"at":"x","action":"repair","bytes":1,"previous":"{}"}}"#, "ab".repeat(32));
    finds(|lines| lines.insert(3, line), 4, Why::Foreign { found: 1, due: 3 });
}

#[test]
fn a_second_beginning_is_no_line_of_this_journal() {
    finds(|lines| lines.push(lines[0].replace("2031", "2030")), 6, Why::Moved { follows: None });
}

#[test]
fn a_wrong_number_is_told_with_the_due_one() {
    finds(|lines| lines[4] = lines[4].replace("\"seq\":4", "\"seq\":7"), 5, Why::Number { found: 7, due: 4 });
}

#[test]
fn what_is_no_entry_is_named() {
    for text in ["", "  ", "null", "[]", "{}", "{\"seq\":2}", "\u{0}", "{\"seq\":2,\"seq\":2}"] {
        let broken = after(|lines| lines[2] = text.into()).unwrap();
        assert!(matches!(broken, Broken { line: 3, why: Why::NoEntry(_) }), "{broken}");
    }
    assert_eq!(line_of(after(|lines| lines.insert(0, String::new()))), 1);
}

#[test]
fn ends_of_line_of_another_system_are_told_as_such() {
    finds(|lines| lines.iter_mut().for_each(|line| line.push('\r')), 1, Why::LineEnd);
    finds(|lines| lines[2].push('\r'), 3, Why::LineEnd);
}

/// What stands after the last end of line of a good journal.
fn tail(bytes: &[u8]) -> Option<Broken> {
    let folder = tempfile::tempdir().unwrap();
    let path = journal(folder.path());
    let mut text = std::fs::read(&path).unwrap();
    text.extend(bytes);
    std::fs::write(&path, text).unwrap();
    agreed(&path)
}

#[test]
fn a_torn_line_is_no_tampering() {
    for torn in
        ["{", "{\"seq\":5", "{\"seq\":5,\"at\":\"2031", "{\"seq\":5,\"at\":\"2031-04-05T06:07:08Z\",\"action\":\"rep"]
    {
        let bytes = torn.len() as u64;
        assert_eq!(tail(torn.as_bytes()), Some(Broken { line: 6, why: Why::Torn { bytes } }), "{torn}");
    }
}

#[test]
fn bytes_that_a_loss_of_power_left_as_zeros_are_a_torn_line() {
    assert_eq!(tail(b"{\"seq\":5,\"a\0\0\0\0").unwrap().why, Why::Torn { bytes: 15 });
    assert_eq!(tail(&[0; 512]).unwrap().why, Why::Torn { bytes: 512 });
}

#[test]
fn an_end_that_is_not_the_line_due_is_no_torn_line() {
    for wrong in ["x", "{\"seq\":4", "{\"seq\":50,\"at\":\"", "{ \"seq\":5", " ", "\0\0{"] {
        let bytes = wrong.len() as u64;
        assert_eq!(tail(wrong.as_bytes()), Some(Broken { line: 6, why: Why::Trailing { bytes } }), "{wrong}");
    }
    let whole = format!(r#"{{"seq":5,"at":"x","action":"repair","bytes":1,"previous":"{ZEROS}"}}"#);
    assert!(matches!(tail(whole.as_bytes()).unwrap().why, Why::Trailing { .. }));
}

#[test]
fn every_beginning_of_the_last_line_is_a_torn_line_and_the_rest_reads() {
    let folder = tempfile::tempdir().unwrap();
    let path = journal(folder.path());
    let text = std::fs::read(&path).unwrap();
    let last = text[..text.len() - 1].iter().rposition(|byte| *byte == b'\n').unwrap() + 1;
    for end in last + 1..text.len() {
        std::fs::write(&path, &text[..end]).unwrap();
        let bytes = (end - last) as u64;
        assert_eq!(agreed(&path), Some(Broken { line: 5, why: Why::Torn { bytes } }));
    }
    std::fs::write(&path, &text[..last]).unwrap();
    assert_eq!(agreed(&path), None);
}

/// Written by hand after the format of the first version, its hashes by another program.
const OLD: &str = include_str!("old/journal.jsonl");

#[test]
fn a_journal_of_the_first_version_reads_and_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.jsonl");
    std::fs::write(&path, OLD).unwrap();
    assert_eq!(agreed(&path), None);
    let mut journal = Journal::read(&path).unwrap();
    assert_eq!(journal.head, "ef6c34866a74a1237b8fba7bb263c132551c14a7409c653c7483b6cdc336c98c");
    assert_eq!(journal.entries[0].who, None);
    assert_eq!(journal.inputs().next().unwrap().blake3, None);
    let who = Who { investigator: Some("R. Example".into()), user: Some("rex".into()), host: Some("lab-7".into()) };
    let command = ["coldcase", "replay", "--case", "old"].map(std::ffi::OsString::from);
    let replay = Action::Replay { rules: 1, findings: 0, files: Vec::new(), replaced: Vec::new() };
    journal.append(Act::new("2031-04-05T06:07:12.000000Z", who, command), replay).unwrap();
    assert_eq!(agreed(&path), None);
    let text = std::fs::read_to_string(&path).unwrap();
    let line = text.strip_prefix(OLD).unwrap();
    let expected = concat!(
        r#"{"seq":4,"at":"2031-04-05T06:07:12.000000Z","#,
        r#""who":{"investigator":"R. Example","user":"rex","host":"lab-7"},"#,
        r#""command":["coldcase","replay","--case","old"],"tool":"coldcase 0.1.0","#,
        r#""action":"replay","rules":1,"findings":0,"files":[],"replaced":[],"#,
        r#""previous":"ef6c34866a74a1237b8fba7bb263c132551c14a7409c653c7483b6cdc336c98c"}"#,
        "\n"
    );
    assert_eq!(line, expected);
}

#[test]
fn an_old_line_written_again_is_byte_for_byte_the_same() {
    for line in OLD.lines() {
        let entry: Entry = serde_json::from_str(line).unwrap();
        assert_eq!(serde_json::to_string(&entry).unwrap(), line);
    }
}

#[test]
fn a_chain_with_an_action_of_a_newer_version_can_be_checked() {
    let head = Chain::of(&mut OLD.as_bytes()).unwrap().head().to_owned();
    let newer = format!(r#"{{"seq":4,"at":"x","action":"teleport","to":[1],"previous":"{head}"}}"#);
    let chain = Chain::of(&mut format!("{OLD}{newer}\n").as_bytes()).unwrap();
    assert_eq!((chain.first_broken(), chain.length()), (None, 5));
}

#[test]
fn files_replaced_later_are_known_with_the_line_that_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.jsonl");
    std::fs::write(&path, OLD).unwrap();
    let journal = Journal::read(&path).unwrap();
    // The fourth line comes right after the first three.
    for length in [0, 2, 3] {
        assert_eq!(journal.replaced_since(length).into_iter().collect::<Vec<_>>(), [("tables/audit/1-0.parquet", 4)]);
    }
    assert!(journal.replaced_since(4).is_empty());
}

proptest! {
    #[test]
    fn any_byte_changed_before_the_last_line_is_named_within_one_line(place: prop::sample::Index, byte: u8) {
        let text = OLD.as_bytes();
        let before_last = text[..text.len() - 1].iter().rposition(|byte| *byte == b'\n').unwrap() + 1;
        let place = place.index(before_last);
        prop_assume!(text[place] != byte);
        let line = text[..place].iter().filter(|byte| **byte == b'\n').count() as u64 + 1;
        let mut changed = text.to_vec();
        changed[place] = byte;
        let broken = Chain::of(&mut changed.as_slice()).unwrap().first_broken().unwrap();
        prop_assert!((line..=line + 1).contains(&broken.line), "{} is not line {}", broken, line);
        prop_assert!(!broken.is_torn());
    }

    #[test]
    fn no_bytes_make_it_panic(mut bytes: Vec<u8>, lines in 0..4_usize) {
        let good: String = OLD.split_inclusive('\n').take(lines).collect();
        bytes.splice(0..0, good.bytes());
        let chain = Chain::of(&mut bytes.as_slice()).unwrap();
        let _ = chain.first_broken().map(|broken| broken.to_string());
    }
}
