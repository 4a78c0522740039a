//! The first screen of a large case, kept for the next time the same case is opened: counting ten million events takes
//! seconds. It is kept in the user's cache folder and not in the case, which stays as it is and may be read-only; it is found
//! by the head of the journal, so that anything done to the case since makes it unknown.

use std::fs;
use std::path::PathBuf;

use coldcase_tui::ask::{Bin, Blind, Level, Overview, Source, Window};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::answers::level;
use crate::case::{Case, FORMAT, user};

/// Cases with fewer events are counted faster than anybody looks.
const LARGE: u64 = 1_000_000;

/// As many are kept; the oldest go.
const MOST: usize = 64;

#[derive(Serialize, Deserialize)]
struct Kept {
    /// Of the case that it is about, whole: the name of the file has a part of it.
    head: String,
    case: String,
    evidence: String,
    window: (Option<i64>, Option<i64>),
    events: u64,
    sources: Vec<KeptSource>,
    findings: Vec<(String, u64)>,
    replayed: bool,
    blind: Vec<(String, String)>,
    notes: Vec<String>,
}

#[derive(Serialize, Deserialize)]
struct KeptSource {
    name: String,
    source: String,
    bins: Vec<(u64, u32, bool)>,
    rows: u64,
    note: String,
}

/// The screen as it was last time, if the case is the same.
pub fn find(case: &Case, bins: u16) -> Option<Overview> {
    let text = fs::read(file(case, bins)?).ok()?;
    let kept: Kept = serde_json::from_slice(&text).ok()?;
    if kept.head != case.head() {
        return None;
    }
    let source = |kept: KeptSource| Source {
        name: kept.name,
        source: kept.source,
        bins: kept.bins.into_iter().map(|(count, findings, gap)| Bin { count, findings, gap }).collect(),
        rows: kept.rows,
        note: kept.note,
    };
    Some(Overview {
        case: kept.case,
        evidence: kept.evidence,
        window: Window { from: kept.window.0, to: kept.window.1 },
        events: kept.events,
        sources: kept.sources.into_iter().map(source).collect(),
        findings: kept.findings.into_iter().map(|(word, count)| (level(Some(&word)), count)).collect(),
        replayed: kept.replayed,
        blind: kept.blind.into_iter().map(|(rule, reason)| Blind { rule, reason }).collect(),
        notes: kept.notes,
    })
}

/// Keeps it. Where it cannot be kept, it is counted again next time.
pub fn keep(case: &Case, bins: u16, overview: &Overview) {
    // All of it: a part that is not kept would be missing next time.
    let Overview { case: name, evidence, window, events, sources, findings, replayed, blind, notes } = overview;
    let (true, Some(path)) = (*events >= LARGE, file(case, bins)) else { return };
    let source = |source: &Source| {
        let Source { name, source, bins, rows, note } = source;
        let bins = bins.iter().map(|bin| (bin.count, bin.findings, bin.gap)).collect();
        KeptSource { name: name.clone(), source: source.clone(), bins, rows: *rows, note: note.clone() }
    };
    let word = |level: &Level| match level {
        // The case writes it out.
        Level::Informational => "informational".to_owned(),
        level => level.name().to_owned(),
    };
    let kept = Kept {
        head: case.head().to_owned(),
        case: name.clone(),
        evidence: evidence.clone(),
        window: (window.from, window.to),
        events: *events,
        sources: sources.iter().map(source).collect(),
        findings: findings.iter().map(|(level, count)| (word(level), *count)).collect(),
        replayed: *replayed,
        blind: blind.iter().map(|blind| (blind.rule.clone(), blind.reason.clone())).collect(),
        notes: notes.clone(),
    };
    let write = || -> std::io::Result<()> {
        let folder = path.parent().unwrap_or(&path);
        fs::create_dir_all(folder)?;
        let mut old: Vec<_> = fs::read_dir(folder)?
            .filter_map(|entry| {
                let entry = entry.ok()?;
                Some((entry.metadata().ok()?.modified().ok()?, entry.path()))
            })
            .collect();
        old.sort();
        for (_, path) in old.iter().rev().skip(MOST - 1) {
            fs::remove_file(path)?;
        }
        // Whoever reads it finds all of it or nothing.
        let new = path.with_extension(format!("{}.tmp", std::process::id()));
        fs::write(&new, serde_json::to_vec(&kept)?)?;
        fs::rename(new, &path)
    };
    let _ = write();
}

/// Where the screen of a case is kept, if the user has a folder for such things.
fn file(case: &Case, bins: u16) -> Option<PathBuf> {
    let of = format!("{} {FORMAT} {} {bins}", env!("CARGO_PKG_VERSION"), case.head());
    let name: String = Sha256::digest(of).iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    Some(user::Folder::Cache.path()?.join("screens").join(format!("{name}.json")))
}
