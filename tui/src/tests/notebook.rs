//! The notes of the desk for tests: written, taken back and looked up as a case would.

use super::Desk;
use crate::ask::*;

/// Writes a note. Its place is its id.
pub fn write(desk: &Desk, note: &Note) -> String {
    let mut notes = desk.notes.borrow_mut();
    match note {
        Note::Undo => match notes.pop() {
            Some(_) => desk.text("taken back"),
            None => "there is nothing to take back".to_string(),
        },
        Note::TakeBack(id) => {
            let at = id.parse::<usize>().unwrap();
            notes.remove(at);
            "taken back".to_string()
        }
        Note::Mark(_) if notes.contains(note) => {
            notes.retain(|other| other != note);
            "the mark is taken back".to_string()
        }
        note => {
            notes.push(note.clone());
            if matches!(note, Note::Mark(_)) { "marked".to_string() } else { desk.text("noted") }
        }
    }
}

pub fn noted(notes: &[Note], subject: &Subject) -> Noted {
    let mut noted = Noted::default();
    for note in notes {
        match note {
            Note::Mark(on) if on == subject => noted.marked = true,
            Note::Story(on, _) if on == subject => noted.story = true,
            Note::Tag(on, tag) if on == subject => noted.tags.push(tag.clone()),
            Note::Comment(on, _) if on == subject => noted.comments += 1,
            _ => {}
        }
    }
    noted
}

pub fn name(notes: &[Note], actor: &Cell) -> Cell {
    notes.iter().rev().find_map(|note| match note {
        Note::Name { of, is } if Some(of) == actor.as_ref() => Some(is.clone()),
        _ => None,
    })
}

pub fn case_file(desk: &Desk) -> CaseFile {
    let line = |(at, note): (usize, &Note)| {
        let (kind, on, text) = match note {
            Note::Mark(on) => ("mark", Some(on), ""),
            Note::Tag(on, tag) => ("tag", Some(on), tag.as_str()),
            Note::Comment(on, text) => ("comment", Some(on), text.as_str()),
            Note::Story(on, text) => ("story", Some(on), text.as_str()),
            Note::Name { is, .. } => ("name", None, is.as_str()),
            Note::Merge(path) => ("merge", None, path.as_str()),
            Note::Window { name, .. } => ("window", None, name.as_str()),
            Note::TakeBack(_) | Note::Undo => ("undo", None, ""),
        };
        let window = match note {
            Note::Window { from, to, .. } => Some(Window { from: Some(*from), to: Some(*to) }),
            _ => None,
        };
        let event = on.and_then(|on| match on {
            Subject::Event(id) => desk.events.iter().find(|event| event.id == *id),
            Subject::Finding(_) => None,
        });
        let what = match (event, note) {
            (Some(event), _) => {
                [&event.actor, &event.verb, &event.object].map(|c| c.clone().unwrap_or_default()).join(" ")
            }
            (None, Note::Name { of, .. }) => of.clone(),
            (None, _) => "finding exec-from-outside".to_string(),
        };
        NoteLine {
            id: at.to_string(),
            kind: kind.to_string(),
            time: window.and_then(|window| window.from).or(event.map(|event| event.time)),
            window,
            on: on.cloned(),
            what: desk.text(&what),
            text: desk.text(text),
            by: desk.text("ana"),
            at: "2026-03-13T09:00:00.000000Z".to_string(),
            place: event.map_or(String::new(), |event| format!("kube-03.gz:{}", event.id.offset)),
        }
    };
    let some = !desk.events.is_empty();
    let held = Held {
        number: 0,
        path: desk.text("exports/kube-03.gz"),
        sha256: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad".to_string(),
        format: "kube-audit".to_string(),
        size: 9_120,
        read: 40,
        stored: 38,
        duplicate: 1,
        rejected: 1,
        first: desk.events.first().map(|event| event.time),
        last: desk.events.last().map(|event| event.time),
        remark: desk.text("one record is cut"),
    };
    let entry = JournalLine {
        number: 1,
        at: "2026-03-13T08:00:00.000000Z".to_string(),
        who: desk.text("ana"),
        what: "case made".to_string(),
        command: desk.text("coldcase ingest exports"),
    };
    CaseFile {
        evidence: some.then_some(held).into_iter().collect(),
        notes: desk.notes.borrow().iter().enumerate().map(line).collect(),
        journal: vec![entry],
        head: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08".to_string(),
    }
}

/// The case of another: a step of the story, and one note taken back.
pub fn coming(desk: &Desk, path: &str) -> Coming {
    let note = |id: &str, kind: &str, what: &str, text: &str| NoteLine {
        id: id.into(),
        kind: kind.into(),
        what: desk.text(what),
        text: desk.text(text),
        by: "ben".into(),
        ..NoteLine::default()
    };
    let notes =
        vec![note("a1", "story", "ci create pods/exec", "he comes in"), note("b2", "undo", "takes back a note", "c3")];
    let notes = if path == "same" { Vec::new() } else { notes };
    Coming { path: path.into(), case: desk.text("bens"), notes, known: 2, elsewhere: 1 }
}
