//! Where nothing was recorded, told from where nothing happened: a stretch without an event of any source is silent when
//! the events on both sides of it are far enough apart. The rule hangs on the events and not on the bins, so that a gap is
//! one at every zoom, and the pause between two requests never is.

use std::collections::HashMap;

use super::Ask;
use super::answers::bin;
use super::rows::rows;
use crate::engine::Parameter;
use crate::error::Result;
use crate::model::Micros;

/// A shorter pause is none: as in `coldcase evidence`, where a silence is at least so long whatever the rhythm.
const LEAST: i64 = 60_000_000;

impl Ask<'_> {
    /// Says of each of `bins` bins of `wide` microseconds from `from` whether it lies in a silence of all sources.
    pub fn silent(&self, from: i64, wide: i64, bins: u16) -> Result<Vec<bool>> {
        let to = from.saturating_add(wide.saturating_mul(i64::from(bins)));
        let edges = [("a", from), ("b", to)].map(|(name, time)| (name.to_owned(), Parameter::Time(Micros(time))));
        let found = self.sql(
            &format!(
                "SELECT {} AS bin, min(time) AS first, max(time) AS last FROM timeline WHERE time >= $a AND time < $b \
                 GROUP BY 1",
                bin("time", from, wide)
            ),
            &edges,
        )?;
        let found: HashMap<i64, (i64, i64)> =
            rows(&found).map(|row| (row.number(0), (row.number(1), row.number(2)))).collect();
        let one = |sql: &str, edge: usize| -> Result<Option<i64>> {
            let answer = self.sql(sql, &edges[edge..=edge])?;
            Ok(rows(&answer).next().filter(|row| !row.is_null(0)).map(|row| row.number(0)))
        };
        // What lies beyond the bins matters only to those at the edge.
        let (first, last) = (0, i64::from(bins) - 1);
        let before = match found.contains_key(&first) {
            true => None,
            false => one("SELECT max(time) AS at FROM timeline WHERE time < $a", 0)?,
        };
        let after = match found.contains_key(&last) {
            true => None,
            false => one("SELECT min(time) AS at FROM timeline WHERE time >= $b", 1)?,
        };
        Ok(silences(bins, &found, before, after))
    }
}

/// Says of each bin whether it lies in a silence, by the first and last event of each bin that has any, and the nearest
/// before and after all bins.
pub fn silences(bins: u16, found: &HashMap<i64, (i64, i64)>, before: Option<i64>, after: Option<i64>) -> Vec<bool> {
    let mut next = after;
    let mut right = vec![None; usize::from(bins)];
    for at in (0..usize::from(bins)).rev() {
        right[at] = next;
        next = found.get(&(at as i64)).map(|(first, _)| *first).or(next);
    }
    let mut last = before;
    let silent = right.into_iter().zip(0i64..).map(|(right, at)| match found.get(&at) {
        Some((_, end)) => {
            last = Some(*end);
            false
        }
        // Before the first event of the case and after its last there is no evidence at all.
        None => last.zip(right).is_none_or(|(left, right)| right.saturating_sub(left) >= LEAST),
    });
    silent.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_is_one_at_every_zoom_and_a_pause_between_requests_is_none() {
        let second = 1_000_000;
        // Events at 0 s, 10 s and 100 s. In bins of a minute the second bin has the last of them.
        let wide = HashMap::from([(0, (0, 10 * second)), (1, (100 * second, 100 * second))]);
        assert_eq!(silences(2, &wide, None, None), [false, false]);
        // In bins of five seconds the pause of ten is no gap, and the one of ninety is.
        let bins: HashMap<i64, (i64, i64)> = [0, 10, 100].map(|at| (at / 5, (at * second, at * second))).into();
        let fine = silences(22, &bins, None, None);
        assert!(!fine[1] && fine[3] && fine[19] && !fine[20], "{fine:?}");
        assert!(fine[21], "after the last event of the case nothing is known");
        // Within the gap, and within the pause, no bin has an event: what lies around them tells.
        assert_eq!(silences(3, &HashMap::new(), Some(10 * second), Some(100 * second)), [true; 3]);
        assert_eq!(silences(3, &HashMap::new(), Some(0), Some(10 * second)), [false; 3]);
    }
}
