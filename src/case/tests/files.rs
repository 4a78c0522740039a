//! Many files at once: which is which, what is a copy of what, and the same case whatever the threads did.

use std::fs;
use std::io::{Cursor, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use arrow::array::AsArray;
use arrow::datatypes::UInt32Type;

use super::{AT, event, events, spans, tar_of, tree, whole};
use crate::case::pipeline::{self, Origin, Piece};
use crate::case::{Case, Intaking};
use crate::error::Error;
use crate::formats::Rows;
use crate::model::EvidenceId;

/// Events of an ordinary file here.
const EVENTS: u32 = 20;

fn gzip(text: &str) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(text.as_bytes()).unwrap();
    packed.finish().unwrap()
}

/// Ninety files of all kinds in one folder, and for each what the ledger must say of it: how many events it has that are
/// stored, and of which other it is a copy.
fn folder(dir: &Path) -> Vec<(PathBuf, u64, Option<usize>)> {
    let text = |number: usize| {
        // Five figures, so that files of one kind have one size: each could be a copy of another.
        let first = 10_000 + number as u32 * EVENTS;
        (first..first + EVENTS).map(event).collect::<String>()
    };
    let mut files = Vec::new();
    for number in 0..90_usize {
        let name = format!("{number:02}");
        let (name, bytes, events, copy) = match number % 9 {
            1 => (format!("{name}.gz"), gzip(&text(number)), u64::from(EVENTS), None),
            2 => (name, Vec::new(), 0, (number > 2).then_some(2)),
            // The file four before it.
            4 => (name, text(number - 4).into_bytes(), 0, Some(number - 4)),
            // The file two before it again, packed: other bytes, the same events.
            5 => (format!("{name}.gz"), gzip(&text(number - 2)), 0, None),
            6 => (format!("{name}.tar"), tar_of(&[("a", &text(number)), ("b", &text(number - 3))]), 0, None),
            7 => (name, text(number).repeat(30).into_bytes(), u64::from(EVENTS), None),
            _ => (name, text(number).into_bytes(), u64::from(EVENTS), None),
        };
        let path = dir.join(name);
        fs::write(&path, bytes).unwrap();
        files.push((path, events, copy));
    }
    files
}

#[test]
fn many_files_are_numbered_in_their_order_and_copies_are_known() {
    let dir = tempfile::tempdir().unwrap();
    let inputs = dir.path().join("inputs");
    fs::create_dir(&inputs).unwrap();
    let files = folder(&inputs);
    let mut case = Case::create(&dir.path().join("case"), AT).unwrap();
    let receipt = whole(case.ingest(std::slice::from_ref(&inputs), AT, &mut |_| {}).unwrap());
    // Members of archives come behind the archive; the second is the file three before it.
    let told = receipt.inputs.iter().filter(|input| !input.path.contains('!')).collect::<Vec<_>>();
    assert_eq!(told.len(), files.len());
    for (input, (path, stored, copy)) in told.iter().zip(&files) {
        assert_eq!(Path::new(&input.path), path);
        assert_eq!(input.known, copy.is_some(), "{}", input.path);
        match copy {
            Some(other) => assert_eq!(input.sha256, told[*other].sha256, "{}", input.path),
            None => {
                assert_eq!((input.stored, input.read - input.stored - input.duplicate), (*stored, 0), "{}", input.path)
            }
        }
    }
    let members = receipt.inputs.iter().filter(|input| input.path.contains('!'));
    assert!(members.clone().all(|input| input.known == input.path.ends_with("!b")));
    assert_eq!(members.count(), 20);
    // Every row says which file it is of: its bytes are there, and they are of an event of that file.
    let (ledger, mut looked) = (case.evidence(), 0);
    for span in spans(&case) {
        let path = Path::new(&ledger[span.evidence.0 as usize].path);
        let Some(number) = path.file_name().and_then(|name| name.to_str()?.parse::<u32>().ok()) else { continue };
        let bytes = fs::read(path).unwrap();
        let line = std::str::from_utf8(&bytes[span.offset as usize..(span.offset + span.length) as usize]).unwrap();
        let id = line.split("id-").nth(1).and_then(|rest| rest.split('"').next()?.parse().ok()).unwrap();
        assert!((10_000 + number * EVENTS..10_000 + (number + 1) * EVENTS).contains(&id), "{path:?} {id}");
        looked += 1;
    }
    assert_eq!(looked, 40 * EVENTS);
}

#[test]
fn the_case_is_the_same_whatever_thread_was_first() {
    let dir = tempfile::tempdir().unwrap();
    let inputs = dir.path().join("inputs");
    fs::create_dir(&inputs).unwrap();
    folder(&inputs);
    let taken = |name: &str, slow: bool| {
        let mut case = Case::create(&dir.path().join(name), AT).unwrap();
        let how = Intaking { embed: true, ..Intaking::from(AT) };
        whole(
            case.ingest(std::slice::from_ref(&inputs), how, &mut |_| {
                // Who takes the batches is late, so that all that can be read before is.
                if slow {
                    std::thread::sleep(Duration::from_millis(2));
                }
            })
            .unwrap(),
        );
        let files = tree(case.dir()).into_iter();
        let files = files.map(|(path, bytes)| (path.strip_prefix(case.dir()).unwrap().to_owned(), bytes));
        // The first line has the name of the case, and the others its hash.
        let files = files.filter(|(path, _)| path.starts_with("tables") || path.starts_with("evidence"));
        (files.collect::<Vec<_>>(), format!("{:?}", case.evidence()))
    };
    let calm = taken("calm", false);
    for round in 0..4 {
        assert!(taken(&format!("again-{round}"), round % 2 == 0) == calm, "{round}");
    }
}

#[test]
fn a_folder_without_its_first_file_has_the_other_numbers() {
    let dir = tempfile::tempdir().unwrap();
    let inputs: Vec<PathBuf> =
        (0..8).map(|n| events(&dir.path().join(format!("{n}.jsonl")), n * 10 + 100..n * 10 + 110)).collect();
    let mut named = inputs.clone();
    named.insert(3, dir.path().join("missing.jsonl"));
    let mut case = Case::create(&dir.path().join("case"), AT).unwrap();
    let receipt = case.ingest(&named, AT, &mut |_| {}).unwrap();
    assert!(matches!(&receipt.problems[..], [Error::Io { .. }]), "{:?}", receipt.problems);
    assert_eq!(receipt.inputs.len(), inputs.len());
    let brought: Vec<_> = receipt.brought.iter().map(ExactSizeIterator::len).collect();
    assert_eq!(brought, [1, 1, 1, 0, 1, 1, 1, 1, 1]);
    assert_eq!(receipt.brought[8], 7..8);
}

/// Counts what is read of it.
struct Counted<'a>(std::io::Cursor<Vec<u8>>, &'a AtomicUsize);

impl Read for Counted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.0.read(buffer)?;
        self.1.fetch_add(read, Ordering::Relaxed);
        Ok(read)
    }
}

#[test]
fn what_is_read_ahead_is_bounded_and_the_first_input_gets_on() {
    static AHEAD: AtomicUsize = AtomicUsize::new(0);
    // An event in each MB.
    let text = [event(1), " ".repeat(1 << 20) + "\n"].concat().repeat(60).into_bytes();
    let at_first = AtomicUsize::new(0);
    let origin = Arc::new(Origin { evidence: EvidenceId(0), path: String::new() });
    let (mut events, mut sizes) = ([0; 3], Vec::new());
    pipeline::run(
        3,
        &|out| {
            let mut bytes: Box<dyn Read + Send> = Box::new(Cursor::new(text.clone()));
            if out.input == 0 {
                // The others go as far as they can before the first begins.
                std::thread::sleep(Duration::from_millis(500));
                at_first.store(AHEAD.load(Ordering::Relaxed), Ordering::Relaxed);
            } else {
                bytes = Box::new(Counted(Cursor::new(text.clone()), &AHEAD));
            }
            let done = out.stream(bytes, false, &origin).unwrap();
            out.tell(done.content.size);
        },
        &|origin, used| used.unwrap_or_else(|| Rows::new(origin.evidence, "input")),
        &mut |input, piece| {
            match piece {
                Piece::Batch(batch) => events[input] += batch.read,
                Piece::News(size) => sizes.push(size),
            }
            assert!(events[input + 1..].iter().all(|later| *later == 0), "inputs are in order");
            Ok(())
        },
    )
    .unwrap();
    assert_eq!((events, sizes), ([60; 3], vec![text.len() as u64; 3]));
    // 12 MB wait, and each reader holds what it gathers and a block or two more.
    let read = at_first.into_inner() >> 20;
    assert!(read < 60, "{read} MB were read ahead");
}

#[test]
fn small_files_that_are_read_together_are_one_batch_and_each_has_its_own_rows() {
    let origin = |file: u32| Arc::new(Origin { evidence: EvidenceId(7 + file), path: format!("{file}.jsonl") });
    // The second has none, and one line of the third is no event.
    let texts = [event(1) + &event(2), String::new(), event(3) + "nothing\n" + &event(4), event(5)];
    let (mut found, mut order) = (Vec::new(), Vec::new());
    pipeline::run(
        1,
        &|out| {
            for (file, text) in texts.iter().enumerate() {
                out.file = file;
                out.tell(None);
                let done = out.whole(text.clone().into_bytes(), &origin(file as u32)).unwrap();
                out.tell(Some(done.content.size));
            }
        },
        &|origin, used| match used {
            Some(mut rows) => {
                rows.turn_to(origin.evidence, &origin.path);
                rows
            }
            None => Rows::new(origin.evidence, &origin.path),
        },
        &mut |file, piece| {
            match piece {
                Piece::News(news) => order.push((file, news)),
                Piece::Batch(batch) => found.push((file, batch)),
            }
            Ok(())
        },
    )
    .unwrap();
    let sizes = texts.iter().map(|text| text.len() as u64).enumerate();
    assert_eq!(order, sizes.flat_map(|(file, size)| [(file, None), (file, Some(size))]).collect::<Vec<_>>());
    let books = |(file, batch): &(usize, Box<crate::formats::Batch>)| {
        (*file, batch.audit_rows.clone(), batch.audit_keys.len(), batch.rejects.len(), batch.audit.num_rows())
    };
    let found_books: Vec<_> = found.iter().map(books).collect();
    assert_eq!(found_books, [(0, 0..2, 2, 0, 5), (2, 2..4, 2, 1, 5), (3, 4..5, 1, 0, 5)]);
    for (file, batch) in &found {
        let evidence = batch.audit["evidence"].as_primitive::<UInt32Type>();
        assert!(batch.audit_rows.clone().all(|row| evidence.value(row) == 7 + *file as u32));
    }
}
