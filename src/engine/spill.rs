//! Steps that are more than may be held: sorted runs of them in a file without a name, and the way back in order.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::sync::{Arc, Mutex, PoisonError};

use super::steps::Step;

/// Bytes of a step in a file: its numbers one after another, the least byte first.
const SIZE: usize = 48;

/// How many steps are read at once.
const READ: usize = if cfg!(test) { 3 } else { 4_096 };

/// How many steps of whole groups are looked at together; tests have few.
const PIECE: usize = if cfg!(test) { 3 } else { 1 << 20 };

/// Sorted steps of one correlation in a file.
#[derive(Debug, Clone)]
pub struct Run {
    file: Arc<Mutex<File>>,
    /// The byte it begins at.
    at: u64,
    count: usize,
}

/// The steps of one correlation: those that are held, in any order, and those in files.
#[derive(Debug, Default)]
pub struct Own {
    pub held: Vec<Vec<Step>>,
    pub runs: Vec<Run>,
}

/// Writes steps of several correlations to a file, and takes them out; returns a run for each.
///
/// # Errors
/// When no file can be made where temporary files are, or not be written.
pub fn write(all: &mut [Vec<Vec<Step>>]) -> io::Result<Vec<(usize, Run)>> {
    let file = tempfile::tempfile()?;
    let (mut to, mut at, mut places) = (BufWriter::with_capacity(1 << 20, &file), 0, Vec::new());
    for (correlation, own) in all.iter_mut().enumerate().filter(|(_, own)| !own.is_empty()) {
        let mut steps = std::mem::take(own).concat();
        steps.sort_unstable();
        for step in &steps {
            to.write_all(&bytes(step))?;
        }
        places.push((correlation, at, steps.len()));
        at += (steps.len() * SIZE) as u64;
    }
    to.flush()?;
    drop(to);
    let file = Arc::new(Mutex::new(file));
    let run = |(correlation, at, count)| (correlation, Run { file: Arc::clone(&file), at, count });
    Ok(places.into_iter().map(run).collect())
}

/// Steps in the order of time.
pub enum Timed {
    Held(Vec<Step>),
    /// In a file, and the time of each step at which a reading may begin.
    Filed(Run, Vec<i64>),
}

impl Timed {
    /// Sorts steps by time, and writes them to a file unless there is `room` for them.
    ///
    /// # Errors
    /// When no file can be made where temporary files are, or not be written.
    pub fn new(mut steps: Vec<Step>, room: bool) -> io::Result<Timed> {
        steps.sort_unstable_by_key(|step| step.time);
        if room {
            return Ok(Timed::Held(steps));
        }
        let file = tempfile::tempfile()?;
        let mut to = BufWriter::with_capacity(1 << 20, &file);
        for step in &steps {
            to.write_all(&bytes(step))?;
        }
        to.flush()?;
        drop(to);
        let run = Run { file: Arc::new(Mutex::new(file)), at: 0, count: steps.len() };
        Ok(Timed::Filed(run, steps.iter().step_by(READ).map(|step| step.time).collect()))
    }

    /// Adds the steps from one time to another, both included.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn between(&self, from: i64, to: i64, steps: &mut Vec<Step>) -> io::Result<()> {
        let (run, begins) = match self {
            Timed::Held(all) => {
                let place =
                    |time: i64, with: bool| all.partition_point(|step| step.time < time || with && step.time == time);
                steps.extend_from_slice(&all[place(from, false)..place(to, true).max(place(from, false))]);
                return Ok(());
            }
            Timed::Filed(run, begins) => (run, begins),
        };
        // Those of the time itself may begin in the piece before.
        let first = begins.partition_point(|time| *time < from).saturating_sub(1) * READ;
        let mut reader = Reader::new(Run {
            file: Arc::clone(&run.file),
            at: run.at + (first * SIZE) as u64,
            count: run.count.saturating_sub(first),
        });
        while let Some(step) = reader.next()?.filter(|step| step.time <= to) {
            if step.time >= from {
                steps.push(step);
            }
        }
        Ok(())
    }
}

/// Shows every step that is held or in files, in any order.
///
/// # Errors
/// When a file cannot be read.
pub fn each<'a>(
    held: &[Vec<Step>],
    runs: impl Iterator<Item = &'a Run>,
    mut show: impl FnMut(&Step),
) -> io::Result<()> {
    held.iter().flatten().for_each(&mut show);
    for run in runs {
        let mut reader = Reader::new(run.clone());
        while let Some(step) = reader.next()? {
            show(&step);
        }
    }
    Ok(())
}

impl Own {
    /// Shows every step, in any order.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn each(&self, show: impl FnMut(&Step)) -> io::Result<()> {
        each(&self.held, self.runs.iter(), show)
    }

    /// Gives the steps that are `asked` for in order, some whole groups at a time.
    ///
    /// # Errors
    /// When a file cannot be read, and those of `give`.
    pub fn pieces(
        self,
        asked: impl Fn(&Step) -> bool,
        mut give: impl FnMut(Vec<Step>) -> io::Result<()>,
    ) -> io::Result<()> {
        let mut held: Vec<Step> = self.held.into_iter().flatten().filter(&asked).collect();
        held.sort_unstable();
        if self.runs.is_empty() {
            return give(held);
        }
        let mut runs: Vec<Reader> = self.runs.into_iter().map(Reader::new).collect();
        let next_of = |run: &mut Reader| {
            loop {
                match run.next()? {
                    Some(step) if !asked(&step) => {}
                    next => return Ok::<_, io::Error>(next),
                }
            }
        };
        let (mut held, own) = (held.into_iter(), runs.len());
        let mut heads = BinaryHeap::new();
        for (place, run) in runs.iter_mut().enumerate() {
            heads.extend(next_of(run)?.map(|step| Reverse((step, place))));
        }
        heads.extend(held.next().map(|step| Reverse((step, own))));
        let mut piece: Vec<Step> = Vec::new();
        while let Some(Reverse((step, place))) = heads.pop() {
            if piece.len() >= PIECE && piece.last().is_some_and(|last| last.group != step.group) {
                give(std::mem::take(&mut piece))?;
            }
            piece.push(step);
            let next = if place == own { held.next() } else { next_of(&mut runs[place])? };
            heads.extend(next.map(|step| Reverse((step, place))));
        }
        give(piece)
    }
}

/// Reads a run step by step.
struct Reader {
    run: Run,
    steps: std::vec::IntoIter<Step>,
}

impl Reader {
    fn new(run: Run) -> Reader {
        Reader { run, steps: Vec::new().into_iter() }
    }

    fn next(&mut self) -> io::Result<Option<Step>> {
        if self.steps.as_slice().is_empty() && self.run.count > 0 {
            let count = self.run.count.min(READ);
            let mut buffer = vec![0; count * SIZE];
            {
                // Whoever failed while reading left nothing half done: each goes to its place first.
                let mut file = self.run.file.lock().unwrap_or_else(PoisonError::into_inner);
                file.seek(SeekFrom::Start(self.run.at))?;
                file.read_exact(&mut buffer)?;
            }
            (self.run.at, self.run.count) = (self.run.at + buffer.len() as u64, self.run.count - count);
            self.steps = buffer.as_chunks().0.iter().map(step).collect::<Vec<_>>().into_iter();
        }
        Ok(self.steps.next())
    }
}

fn bytes(step: &Step) -> [u8; SIZE] {
    let mut bytes = [0; SIZE];
    let parts: [&[u8]; 6] = [
        &step.group.to_le_bytes(),
        &step.time.to_le_bytes(),
        &step.part.to_le_bytes(),
        &step.evidence.to_le_bytes(),
        &step.offset.to_le_bytes(),
        &step.value.to_le_bytes(),
    ];
    let mut at = 0;
    for part in parts {
        bytes[at..at + part.len()].copy_from_slice(part);
        at += part.len();
    }
    bytes
}

fn step(bytes: &[u8; SIZE]) -> Step {
    fn take<const N: usize>(bytes: &mut &[u8]) -> [u8; N] {
        let (own, rest) = bytes.split_first_chunk().map_or(([0; N], &[][..]), |(own, rest)| (*own, rest));
        *bytes = rest;
        own
    }
    let mut bytes = &bytes[..];
    Step {
        group: u128::from_le_bytes(take(&mut bytes)),
        time: i64::from_le_bytes(take(&mut bytes)),
        part: u32::from_le_bytes(take(&mut bytes)),
        evidence: u32::from_le_bytes(take(&mut bytes)),
        offset: u64::from_le_bytes(take(&mut bytes)),
        value: u64::from_le_bytes(take(&mut bytes)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_comes_back_in_order_and_groups_stay_whole() {
        let of = |group: u128, time: i64| Step {
            group: group << 100 | group,
            time: -time,
            part: 7,
            evidence: u32::MAX - time as u32,
            offset: u64::MAX / 3 + time as u64,
            value: time as u64 * 11,
        };
        let mut all: Vec<Vec<Vec<Step>>> = vec![
            vec![(0..9_000).map(|n| of(n % 5, n as i64 * 7 % 1_000)).collect(), vec![of(9, 1)]],
            vec![],
            vec![vec![of(3, 3), of(1, 1)]],
        ];
        let mut wanted = all[0].concat();
        let runs = write(&mut all).unwrap();
        assert!(all.iter().all(Vec::is_empty));
        assert_eq!(runs.iter().map(|(place, run)| (*place, run.count)).collect::<Vec<_>>(), [(0, 9_001), (2, 2)]);
        let held = vec![vec![of(2, 2), of(0, 0)]];
        wanted.extend(held.concat());
        let own = || Own { held: held.clone(), runs: vec![runs[0].1.clone()] };
        let mut seen = Vec::new();
        own().each(|step| seen.push(*step)).unwrap();
        seen.sort();
        wanted.sort();
        assert_eq!(seen, wanted);
        let mut pieces = Vec::new();
        let give = |piece| {
            pieces.push(piece);
            Ok(())
        };
        own().pieces(|step| step.time != -14, give).unwrap();
        assert_eq!(pieces.len(), 6, "each group is larger than a piece");
        wanted.retain(|step| step.time != -14);
        assert_eq!(pieces.concat(), wanted);
    }
}
