//! The end of a report: how sure all this is. Gaps, evidence with its hashes, what was done to the case, and the queries.

use super::{Story, length, read, shown};
use crate::case::InputRecord;
use crate::cli::case;
use crate::cli::print::{count, grouped};
use crate::engine::Rhythm;
use crate::model::Micros;
use crate::report::{Document, Part, Step};

impl Story<'_> {
    /// The silences of each log that are long for it.
    pub fn gaps(&self, document: &mut Document) {
        document.heading("Gaps");
        let silent = self.rhythms.iter().filter(|rhythm| rhythm.count > 0);
        let rows: Vec<Vec<String>> = silent
            .flat_map(|rhythm| {
                let row = |(before, after): &(_, _)| gap(rhythm, *before, *after);
                let more = rhythm.count - rhythm.silences.len() as u64;
                let rest = (more > 0).then(|| vec![rhythm.log.clone(), format!("{} shorter ones", grouped(more))]);
                let pad = |mut row: Vec<String>| {
                    row.resize(5, String::new());
                    row
                };
                rhythm.silences.iter().map(row).chain(rest.map(pad)).collect::<Vec<_>>()
            })
            .collect();
        match rows.is_empty() {
            true => document.paragraph("No log is silent for longer than is usual for it."),
            false => {
                document.paragraph(
                    "Nothing was written there, by whatever cause: that nothing is seen in a gap proves nothing.",
                );
                let head = vec!["Log", "Silent for", "From", "To", "99 of 100 pauses within"];
                document.parts.push(Part::Table { head, rows });
            }
        }
    }

    pub fn ledger(&self, document: &mut Document) {
        document.heading("Evidence");
        document.paragraph("Records read are stored, brought again by another route, or rejected; the three add up.");
        let one = |(number, input): (usize, InputRecord)| {
            let mut facts = vec![("SHA-256", input.sha256)];
            facts.extend(input.blake3.map(|hash| ("BLAKE3", hash)));
            facts.push(("bytes", grouped(input.size)));
            let books = [input.read, input.stored, input.duplicate, input.rejected].map(grouped);
            facts.push((
                "records",
                format!("{} read = {} stored + {} again + {} rejected", books[0], books[1], books[2], books[3]),
            ));
            facts.extend(input.notes.into_iter().map(|note| ("to know", note)));
            Step { time: format!("evidence {number}"), what: input.path, facts, ..Step::default() }
        };
        document.parts.push(Part::Steps(self.case.evidence().into_iter().enumerate().map(one).collect()));
    }

    pub fn custody(&self, document: &mut Document) {
        document.heading("Custody");
        let entries = self.case.entries();
        document.paragraph(format!(
            "{} in the journal, each with the SHA-256 of the one before; the last has {}. coldcase verify checks them, \
             the evidence and the case's files.",
            count(entries.len() as u64, "line", "lines"),
            self.case.head()
        ));
        let row = |entry: &crate::case::Entry| {
            let command = shown(&entry.command.join(" "));
            vec![(entry.seq + 1).to_string(), entry.at.clone(), case::who(entry), case::done(&entry.action), command]
        };
        let head = vec!["Line", "At", "By", "Done", "Command"];
        document.parts.push(Part::Table { head, rows: entries.iter().map(row).collect() });
    }

    /// What was asked of the case for this document, so that anybody can ask it again.
    pub fn queries(&self, document: &mut Document) {
        document.heading("Queries used");
        document.paragraph(
            "coldcase query --case DIR asks each of these again; each step of the story has its own above. Gaps and missing \
             logs are those of coldcase evidence gaps, rules whose silence proves nothing those of coldcase rules blind.",
        );
        let lost = read::LOST.map(|(sql, what)| (what, sql));
        let all = [
            ("how many events there are, and when", read::EXTENT),
            ("findings, and the attack chain by their techniques", read::FINDINGS),
            ("the events that belong to findings", read::EVENTS),
        ];
        let one = |(what, sql): (&str, &str)| Step {
            what: what.to_owned(),
            facts: vec![("SQL", sql.to_owned())],
            ..Step::default()
        };
        document.parts.push(Part::Steps(all.into_iter().chain(lost).map(one).collect()));
    }
}

/// A silence as a row.
fn gap(rhythm: &Rhythm, before: Micros, after: Micros) -> Vec<String> {
    let lasted = length(after.0 - before.0);
    vec![rhythm.log.clone(), lasted, before.to_string(), after.to_string(), length(rhythm.usual)]
}
