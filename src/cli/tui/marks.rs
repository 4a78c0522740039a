//! Which events belong to findings, and how bad the worst of these is: read once, then looked up for every page. Findings do
//! not change while the screens are open.

use std::sync::{Arc, PoisonError};

use coldcase_tui::ask::{Level, RecordId};

use super::Ask;
use super::answers::level;
use super::rows::rows;
use crate::error::Result;

/// See the module's description. In the order of the places, each once.
pub struct Marks(Vec<(u32, u64, Level)>);

impl Marks {
    /// Says whether no event belongs to a finding.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The worst level of the findings that an event belongs to.
    pub fn on(&self, id: &RecordId) -> Option<Level> {
        let key = (id.evidence, id.offset);
        let found = self.0.binary_search_by_key(&key, |(evidence, offset, _)| (*evidence, *offset));
        found.ok().map(|at| self.0[at].2)
    }
}

impl Ask<'_> {
    /// The marks of the case.
    pub fn marks(&self) -> Result<Arc<Marks>> {
        let mut known = self.desk.marks.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known.as_ref() {
            return Ok(Arc::clone(known));
        }
        let found = self.sql(
            "SELECT CAST(unnest(evidence) AS BIGINT) AS e, CAST(unnest(\"offset\") AS BIGINT) AS o, \
             CAST(level AS VARCHAR) AS word FROM finding",
            &[],
        )?;
        let mark = |row: super::rows::Row<'_>| {
            (u32::try_from(row.number(0)).unwrap_or_default(), row.count(1), level(row.text(2).as_deref()))
        };
        let mut all: Vec<_> = rows(&found).map(mark).collect();
        // The worst comes first, and is the one that stays.
        all.sort_unstable_by_key(|(evidence, offset, level)| (*evidence, *offset, std::cmp::Reverse(*level)));
        all.dedup_by_key(|(evidence, offset, _)| (*evidence, *offset));
        all.shrink_to_fit();
        let new = Arc::new(Marks(all));
        *known = Some(Arc::clone(&new));
        Ok(new)
    }
}
