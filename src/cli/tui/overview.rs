//! The first screen: what evidence there is, what was found, what cannot be told.

use coldcase_tui::ask::{Bin, Blind, Overview, Source, Window};

use super::Ask;
use super::answers::{bin, level, width};
use super::rows::rows;
use crate::cli::print::grouped;
use crate::cli::rules;
use crate::error::Result;

impl Ask<'_> {
    pub fn overview(&self, bins: u16) -> Result<Overview> {
        let (from, to) = self.extent()?;
        let coverage = self.desk.engine.coverage()?;
        let (rules, _) = rules::load(&[])?;
        let blind = self.desk.engine.blind_to(&rules, &coverage)?;
        let levels = self.sql("SELECT CAST(level AS VARCHAR), count(*) FROM finding GROUP BY 1", &[])?;
        let mut findings: Vec<_> = rows(&levels).map(|row| (level(row.text(0).as_deref()), row.count(1))).collect();
        findings.sort_by_key(|(level, _)| std::cmp::Reverse(*level));
        let mut notes = Vec::new();
        if coverage.events() > 0 && !coverage.has_reads() {
            notes.push("no get or list was recorded: reads are invisible here".to_owned());
        }
        let cut: u64 = coverage.sources.iter().map(|source| source.cut).sum();
        let rejected = self.one("SELECT count(*) AS n FROM reject", &[])?;
        // Counted in one pass over the times.
        let counts = self.sql("SELECT count(*) AS n, count(time) AS timed FROM timeline", &[])?;
        let (events, timed) = rows(&counts).next().map_or((0, 0), |row| (row.count(0), row.count(1)));
        for (count, what) in [
            (cut, "events have a cut body: rules that look into it cannot tell"),
            (rejected, "records could not be read: table reject"),
            (events - timed, "events have no time and are on no axis"),
        ] {
            if count > 0 {
                notes.push(format!("{} {what}", grouped(count)));
            }
        }
        Ok(Overview {
            case: self.desk.case.name().to_owned(),
            evidence: "hashed at intake; coldcase verify checks it again".into(),
            window: Window { from, to },
            events,
            sources: self.sources(from, to, bins)?,
            findings,
            replayed: self.desk.case.is_replayed(),
            blind: blind.into_iter().map(|b| Blind { rule: b.rule, reason: b.reason }).collect(),
            notes,
        })
    }

    /// One line for each category of audit events, however many of its records another category brought too, and one
    /// for every other source.
    fn sources(&self, from: Option<i64>, to: Option<i64>, bins: u16) -> Result<Vec<Source>> {
        let (Some(from), Some(to)) = (from, to) else {
            return Ok(Vec::new());
        };
        let width = width(from, to, bins);
        let found = self.sql(
            &format!(
                "SELECT source, name, {} AS bin, count(*) \
                 FROM (SELECT 'audit' AS source, coalesce(CAST(category AS VARCHAR), 'audit log') AS name, time FROM audit \
                 UNION ALL SELECT 'audit', coalesce(CAST(category AS VARCHAR), 'audit log'), time FROM duplicate \
                 WHERE CAST(of_table AS VARCHAR) = 'audit' \
                 UNION ALL SELECT source, source AS name, time FROM timeline WHERE source <> 'audit') \
                 GROUP BY 1, 2, 3 ORDER BY 1, 2, 3",
                bin("time", from, width)
            ),
            &[],
        )?;
        let mut sources: Vec<Source> = Vec::new();
        for row in rows(&found) {
            let (source, name) = (row.text(0).unwrap_or_default(), row.text(1).unwrap_or_default());
            if sources.last().is_none_or(|last| (&last.source, &last.name) != (&source, &name)) {
                let note = if source == "object" { "by creation time" } else { "" };
                // Silence of an API server is a gap in what was recorded; objects are not made every minute.
                let empty = Bin { count: 0, findings: 0, gap: source == "audit" };
                let bins = vec![empty; usize::from(bins)];
                sources.push(Source { name, source, bins, rows: 0, note: note.to_owned() });
            }
            if let Some(last) = sources.last_mut() {
                last.rows += row.count(3);
                let bin = usize::try_from(row.number(2)).ok().filter(|_| !row.is_null(2));
                if let Some(bin) = bin.and_then(|bin| last.bins.get_mut(bin)) {
                    *bin = Bin { count: row.count(3), findings: 0, gap: false };
                }
            }
        }
        Ok(sources)
    }
}
