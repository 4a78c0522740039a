//! Every preset question at once, as the overview asks for it.

use std::sync::{Arc, PoisonError};

use coldcase_tui::ask::{Bin, Data, Sweep, Swept, Unasked, Window};

use super::Ask;
use super::answers::width;
use crate::engine::sweep::Data as There;
use crate::error::Result;

/// A hit after this part of the case's time, and none before it, is one that began in the case.
const QUARTER: i64 = 4;

/// A sweep as it is kept.
pub struct Kept {
    lines: Vec<Line>,
    unasked: Vec<Unasked>,
}

/// What became of one question: its bars are made for whatever width they are asked for.
struct Line {
    title: String,
    hunt: String,
    question: String,
    needs: String,
    hits: u64,
    times: Vec<i64>,
    data: Data,
    missing: Vec<String>,
}

impl Ask<'_> {
    pub fn sweep(&self, bins: u16) -> Result<Sweep> {
        let kept = self.swept()?;
        let (from, to) = self.extent()?;
        let line = |kept: &Line| {
            let mut bars = vec![Bin::default(); usize::from(bins)];
            if let (Some(from), Some(to)) = (from, to) {
                let width = width(from, to, bins);
                for time in &kept.times {
                    let bin = usize::try_from((time - from).div_euclid(width)).ok();
                    if let Some(bin) = bin.and_then(|bin| bars.get_mut(bin)) {
                        bin.count += 1;
                    }
                }
            }
            let first = kept.times.first().copied();
            Swept {
                hunt: kept.hunt.clone(),
                title: kept.title.clone(),
                question: kept.question.clone(),
                needs: kept.needs.clone(),
                hits: kept.hits,
                first,
                bins: bars,
                data: kept.data,
                missing: kept.missing.clone(),
                new: is_new(first, from, to),
            }
        };
        let lines = kept.lines.iter().map(line).collect();
        Ok(Sweep { window: Window { from, to }, lines, unasked: kept.unasked.clone() })
    }

    /// Asks every question once; whoever asks meanwhile waits for the same.
    fn swept(&self) -> Result<Arc<Kept>> {
        let mut all = self.desk.swept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(all) = all.as_ref() {
            return Ok(Arc::clone(all));
        }
        let (hunts, _) = self.desk.engine.hunts();
        let lines = self.desk.engine.sweep(&hunts, &[], self.stop)?.into_iter().map(|swept| Line {
            title: swept.hunt.title.clone(),
            hunt: swept.hunt.name.clone(),
            question: swept.hunt.question.clone(),
            needs: swept.hunt.needs.clone(),
            hits: swept.hits as u64,
            times: swept.times.iter().map(|time| time.0).collect(),
            data: match swept.data() {
                There::Present => Data::Present,
                There::Part => Data::Part,
                There::Absent => Data::Absent,
            },
            missing: swept.missing.iter().map(|missing| (*missing).to_owned()).collect(),
        });
        let lines: Vec<Line> = lines.collect();
        let others = hunts.iter().filter(|hunt| !lines.iter().any(|line| line.hunt == hunt.name));
        let unasked = others.map(|hunt| Unasked {
            hunt: hunt.name.clone(),
            title: hunt.title.clone(),
            question: hunt.question.clone(),
            asks: hunt.parameters.iter().map(|asked| format!("{}: {}", asked.name, asked.doc)).collect(),
        });
        let kept = Arc::new(Kept { unasked: unasked.collect(), lines });
        *all = Some(Arc::clone(&kept));
        Ok(kept)
    }
}

fn is_new(first: Option<i64>, from: Option<i64>, to: Option<i64>) -> bool {
    let (Some(first), Some(from), Some(to)) = (first, from, to) else { return false };
    first - from >= (to - from) / QUARTER
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_there_in_the_first_quarter_is_new() {
        let new = |first| is_new(first, Some(0), Some(400));
        assert_eq!(
            [new(None), new(Some(0)), new(Some(99)), new(Some(100)), new(Some(399))],
            [false, false, false, true, true]
        );
        assert!(!is_new(Some(5), None, None));
    }
}
