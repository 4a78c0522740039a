//! Where the rows of the timeline are under a filter: how many events there are before each of many small stretches of time.
//!
//! A page deep in ten million events is then a question about a few stretches, which Parquet finds by its page index, and not
//! a sort of all that comes before. Rows are in the order of (time, evidence, offset), as everywhere.

use std::sync::{Arc, PoisonError};

use coldcase_tui::ask::{Direction, Filter, RecordId};

use super::Ask;
use super::answers::bin;
use super::notes::Known;
use super::rows::{Condition, rows};
use crate::engine::Parameter;
use crate::error::Result;
use crate::model::Micros;

/// As many stretches: each of ten million events has some hundreds.
const STRETCHES: i64 = 16_384;

/// More rows than this before a page within a stretch, and the stretch is cut up too.
const DEEP: u64 = 50_000;

/// As many filters are remembered.
const KEPT: usize = 8;

/// How many events of a filter are before each stretch.
pub struct Index {
    from: i64,
    width: i64,
    /// Of each stretch how many are before it; then how many there are.
    before: Vec<u64>,
}

/// The index of a filter that was asked for.
pub struct Kept {
    filter: Filter,
    /// The notes as they were, if the filter hangs on them.
    noted: Option<Arc<Known>>,
    index: Arc<Index>,
}

/// Writes a further test as SQL, its values bound to the condition.
type Test<'a> = &'a dyn Fn(&mut Condition) -> Result<String>;

/// A place in the order of the timeline.
type Key = (i64, u32, u64);

/// The rows of a page as a stretch of time, and how many of that stretch are before the page.
pub struct Stretch {
    pub from: i64,
    /// Excluded.
    pub to: i64,
    pub skip: u64,
}

impl Index {
    fn new(from: i64, width: i64, counts: impl Iterator<Item = (i64, u64)>) -> Index {
        let mut before = vec![0; STRETCHES as usize + 1];
        for (at, count) in counts {
            if let Some(after) = usize::try_from(at).ok().and_then(|at| before.get_mut(at + 1)) {
                *after += count;
            }
        }
        for at in 1..before.len() {
            before[at] += before[at - 1];
        }
        Index { from, width, before }
    }

    /// How many events there are under the filter.
    pub fn total(&self) -> u64 {
        self.before.last().copied().unwrap_or_default()
    }

    /// The stretch that has the rows from `offset` on, `limit` of them or as many as there are.
    pub fn stretch(&self, offset: u64, limit: u64) -> Stretch {
        let first = self.before.partition_point(|before| *before <= offset).saturating_sub(1);
        let last = self.before.partition_point(|before| *before < offset.saturating_add(limit)).max(first + 1);
        let at = |place: usize| self.from + self.width * place as i64;
        Stretch { from: at(first), to: at(last), skip: offset - self.before.get(first).copied().unwrap_or_default() }
    }

    /// The start of the stretch that a time lies in, and how many events are before it.
    fn start(&self, time: i64) -> (i64, u64) {
        let place = (time - self.from).div_euclid(self.width).clamp(0, STRETCHES) as usize;
        (self.from + self.width * place as i64, self.before[place])
    }
}

impl Ask<'_> {
    /// The index of a filter, made when it is asked for the first time.
    pub fn index(&self, filter: &Filter) -> Result<Arc<Index>> {
        // Notes and the names people give change while the screens are open; what hangs on them is counted anew then.
        let noted = if filter.noted || filter.about.is_some() { Some(self.known()?) } else { None };
        let same = |kept: &Kept| {
            let known = match (&kept.noted, &noted) {
                (Some(then), Some(now)) => Arc::ptr_eq(then, now),
                (then, now) => then.is_none() && now.is_none(),
            };
            known && kept.filter == *filter
        };
        let mut all = self.desk.indexes.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(at) = all.iter().position(same) {
            let found = all.remove(at);
            let index = Arc::clone(&found.index);
            all.push(found);
            return Ok(index);
        }
        drop(all);
        let extent = self.extent()?;
        let from = filter.window.from.or(extent.0).unwrap_or_default();
        let to = filter.window.to.or(extent.1).unwrap_or_default();
        let index = Arc::new(self.index_of(&self.condition(filter)?, from, to)?);
        all = self.desk.indexes.lock().unwrap_or_else(PoisonError::into_inner);
        all.push(Kept { filter: filter.clone(), noted, index: Arc::clone(&index) });
        let more = all.len().saturating_sub(KEPT);
        all.drain(..more);
        Ok(index)
    }

    fn index_of(&self, condition: &Condition, from: i64, to: i64) -> Result<Index> {
        let width = ((to - from).max(1) + STRETCHES - 1) / STRETCHES;
        let counts = self.sql(
            &format!(
                "SELECT {} AS stretch, count(*) AS n FROM timeline WHERE {} GROUP BY 1",
                bin("time", from, width),
                condition.sql
            ),
            &condition.parameters,
        )?;
        Ok(Index::new(from, width, rows(&counts).map(|row| (row.number(0), row.count(1)))))
    }

    /// Where a page is. A stretch with very many events, as a burst is, is cut up until the page is near its start.
    pub fn stretch(&self, filter: &Filter, index: &Index, offset: u64, limit: u64) -> Result<Stretch> {
        let mut found = index.stretch(offset, limit);
        while found.skip > DEEP && found.to - found.from > 1 {
            let mut condition = self.condition(filter)?;
            within(&mut condition, found.from, found.to);
            let part = self.index_of(&condition, found.from, found.to)?;
            let next = part.stretch(found.skip, limit);
            if (next.from, next.to) == (found.from, found.to) {
                break;
            }
            found = Stretch { to: next.to.min(found.to), ..next };
        }
        Ok(found)
    }

    /// How many rows are before a place, and whether a row is there.
    pub fn rank(&self, filter: &Filter, record: RecordId, time: i64) -> Result<(u64, bool)> {
        let (start, known) = self.index(filter)?.start(time);
        let mut before = self.condition(filter)?;
        within(&mut before, start, time.saturating_add(1));
        let mut here = Condition { sql: before.sql.clone(), parameters: before.parameters.clone() };
        let key = (time, record.evidence, record.offset);
        side(&mut before, key, Direction::Back);
        here.and(&format!("evidence = {} AND \"offset\" = {}", key.1, key.2));
        let at = here.bind(Parameter::Time(Micros(time)));
        here.and(&format!("time = {at}"));
        let count = |condition: &Condition| {
            self.one(&format!("SELECT count(*) AS n FROM timeline WHERE {}", condition.sql), &condition.parameters)
        };
        Ok((known + count(&before)?, count(&here)? > 0))
    }

    /// The place of a row.
    fn key(&self, filter: &Filter, row: u64) -> Result<Option<Key>> {
        let index = self.index(filter)?;
        if row >= index.total() {
            return Ok(None);
        }
        let stretch = self.stretch(filter, &index, row, 1)?;
        let mut condition = self.condition(filter)?;
        within(&mut condition, stretch.from, stretch.to);
        self.first(&condition, "timeline t", (Direction::Forward, stretch.skip))
    }

    /// The nearest row strictly on one side of another that passes a further test; `of` says what is read.
    pub fn nearest(
        &self,
        filter: &Filter,
        (of, test): (&str, Test<'_>),
        from: u64,
        direction: Direction,
    ) -> Result<Option<u64>> {
        let Some(key) = self.key(filter, from)? else { return Ok(None) };
        let index = self.index(filter)?;
        let span = index.width.saturating_mul(STRETCHES);
        // Near first: most of what is looked for is, and far is all of the case.
        for share in [256, 16, 1] {
            let reach = (span / share).max(1);
            let mut condition = self.condition(filter)?;
            match direction {
                _ if share == 1 => {}
                Direction::Forward => within(&mut condition, key.0, key.0.saturating_add(reach)),
                Direction::Back => within(&mut condition, key.0.saturating_sub(reach), key.0.saturating_add(1)),
            }
            side(&mut condition, key, direction);
            let test = test(&mut condition)?;
            condition.and(&test);
            if let Some((time, evidence, offset)) = self.first(&condition, of, (direction, 0))? {
                let (row, _) = self.rank(filter, RecordId { evidence, offset, len: 0 }, time)?;
                return Ok(Some(row));
            }
        }
        Ok(None)
    }

    fn first(&self, condition: &Condition, of: &str, (direction, skip): (Direction, u64)) -> Result<Option<Key>> {
        let order = match direction {
            Direction::Forward => "ASC",
            Direction::Back => "DESC",
        };
        let found = self.sql(
            &format!(
                "SELECT t.time, t.evidence, t.\"offset\" FROM {of} WHERE {} \
                 ORDER BY t.time {order}, t.evidence {order}, t.\"offset\" {order} LIMIT 1 OFFSET {skip}",
                condition.sql
            ),
            &condition.parameters,
        )?;
        let key = |row: super::rows::Row<'_>| (row.number(0), u32::try_from(row.number(1)).unwrap_or(0), row.count(2));
        Ok(rows(&found).next().map(key))
    }
}

/// Only what lies in a stretch of time.
pub fn within(condition: &mut Condition, from: i64, to: i64) {
    let (from, to) = (condition.bind(Parameter::Time(Micros(from))), condition.bind(Parameter::Time(Micros(to))));
    condition.and(&format!("time >= {from} AND time < {to}"));
}

/// Only what is strictly before or after a place.
fn side(condition: &mut Condition, (time, evidence, offset): Key, direction: Direction) {
    let at = condition.bind(Parameter::Time(Micros(time)));
    let (less, or) = match direction {
        Direction::Forward => (">", ">="),
        Direction::Back => ("<", "<="),
    };
    // The first part is one that Parquet knows without reading rows.
    condition.and(&format!(
        "time {or} {at} AND (time {less} {at} OR evidence {less} {evidence} OR \
         (evidence = {evidence} AND \"offset\" {less} {offset}))"
    ));
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What an index must say is what sorting everything says.
    #[test]
    fn a_page_is_in_its_stretch_and_so_many_rows_before_it() {
        let times: Vec<i64> = (0..1000).map(|n: i64| 5_000 + (n * n * 7919) % 99_991).collect();
        let mut sorted = times.clone();
        sorted.sort_unstable();
        let (from, width) = (5_000, 7);
        let index = Index::new(from, width, times.iter().map(|time| ((time - from) / width, 1)));
        assert_eq!(index.total(), 1000);
        for offset in [0, 1, 499, 960, 998, 999] {
            for limit in [1, 40] {
                let stretch = index.stretch(offset, limit);
                let inside: Vec<i64> =
                    sorted.iter().copied().filter(|t| (stretch.from..stretch.to).contains(t)).collect();
                let page: Vec<i64> = inside.into_iter().skip(stretch.skip as usize).take(limit as usize).collect();
                let wanted: Vec<i64> = sorted.iter().copied().skip(offset as usize).take(limit as usize).collect();
                assert_eq!(page, wanted, "{offset} {limit}");
            }
        }
        assert_eq!(
            index.start(sorted[500]).1,
            sorted.iter().filter(|t| **t < index.start(sorted[500]).0).count() as u64
        );
    }
}
