//! The first screen: what evidence there is, what was found, what cannot be told.

use coldcase_tui::ask::{Bin, Blind, Overview, Source, Window};

use super::Ask;
use super::answers::{level, width};
use super::rows::{Condition, rows};
use crate::cli::print::grouped;
use crate::cli::rules;
use crate::error::Result;

impl Ask<'_> {
    pub fn overview(&self, bins: u16) -> Result<Overview> {
        let (from, to) = self.extent()?;
        let coverage = self.desk.engine.coverage()?;
        let (rules, _) = rules::load(&[])?;
        let blind = self.desk.engine.blind(&rules)?;
        let levels = self.sql("SELECT CAST(level AS VARCHAR), count(*) FROM finding GROUP BY 1", &[])?;
        let mut findings: Vec<_> = rows(&levels).map(|row| (level(row.text(0).as_deref()), row.count(1))).collect();
        findings.sort_by_key(|(level, _)| std::cmp::Reverse(*level));
        let mut notes = Vec::new();
        if coverage.events() > 0 && !coverage.has_reads() {
            notes.push("no get or list was recorded: reads are invisible here".to_owned());
        }
        for (sql, what) in [
            (
                "SELECT count(*) FROM audit WHERE body = 'cut'",
                "events have a cut body: rules that look into it cannot tell",
            ),
            ("SELECT count(*) FROM reject", "records could not be read: table reject"),
            ("SELECT count(*) FROM timeline WHERE time IS NULL", "events have no time and are on no axis"),
        ] {
            let count = self.one(sql, &[])?;
            if count > 0 {
                notes.push(format!("{} {what}", grouped(count)));
            }
        }
        Ok(Overview {
            case: self.desk.case.name().to_owned(),
            evidence: "hashed at intake; coldcase verify checks it again".into(),
            window: Window { from, to },
            events: self.one("SELECT count(*) FROM timeline", &[])?,
            sources: self.sources(from, to, bins)?,
            findings,
            replayed: self.desk.case.is_replayed(),
            blind: blind.into_iter().map(|b| Blind { rule: b.rule, reason: b.reason }).collect(),
            notes,
        })
    }

    fn sources(&self, from: Option<i64>, to: Option<i64>, bins: u16) -> Result<Vec<Source>> {
        let (Some(from), Some(to)) = (from, to) else {
            return Ok(Vec::new());
        };
        let width = width(from, to, bins);
        let mut sources = Vec::new();
        let names = self.sql("SELECT source, count(*) FROM timeline GROUP BY 1 ORDER BY 1", &[])?;
        for row in rows(&names) {
            let name = row.text(0).unwrap_or_default();
            let mut condition = Condition { sql: "time IS NOT NULL".into(), parameters: Vec::new() };
            let test = condition.is("source", Some(&name));
            condition.and(&test);
            let counts = self.bins(&condition, from, width)?;
            let bin = |bin: i64| Bin {
                count: counts.get(&bin).copied().unwrap_or(0),
                findings: 0,
                gap: name == "audit" && !counts.contains_key(&bin),
            };
            let note = match name.as_str() {
                "object" => "by creation time".to_owned(),
                _ => String::new(),
            };
            sources.push(Source { bins: (0..i64::from(bins)).map(bin).collect(), rows: row.count(1), name, note });
        }
        Ok(sources)
    }
}
