//! What became of each piece of evidence: which logs it holds, in what state their bodies are, what was rejected.

use std::collections::BTreeMap;

use arrow::array::{Array, AsArray};
use arrow::datatypes::{Int64Type, UInt32Type};

use super::values::text;
use super::{Engine, views};
use crate::error::Result;
use crate::model::EvidenceId;

/// What one piece of evidence holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Holding {
    /// Records by log: diagnostic category of audit events, or table; doubles count, since the evidence holds them.
    pub logs: Vec<(String, u64)>,
    /// Audit events by what became of their bodies: recorded, cut, skipped, not recorded.
    pub bodies: Vec<(String, u64)>,
    /// Records that could not be read, by reason.
    pub rejects: Vec<(String, u64)>,
}

impl Engine {
    /// Says what each piece of evidence holds, by its number.
    ///
    /// # Errors
    /// When a file of the case cannot be read.
    pub fn holdings(&self) -> Result<BTreeMap<u32, Holding>> {
        let mut all: BTreeMap<u32, Holding> = BTreeMap::new();
        let mut logs = vec![
            "SELECT evidence, coalesce(CAST(category AS VARCHAR), 'audit log') AS log FROM audit".to_owned(),
            "SELECT evidence, CASE WHEN CAST(of_table AS VARCHAR) = 'audit' \
             THEN coalesce(CAST(category AS VARCHAR), 'audit log') ELSE CAST(of_table AS VARCHAR) END FROM duplicate"
                .to_owned(),
        ];
        for info in self.tables()? {
            let records = info.schema.column_with_name("evidence").is_some_and(|(_, f)| !f.data_type().is_nested());
            if records && info.rows > 0 && !matches!(info.name.as_str(), "audit" | "duplicate" | "reject" | "evidence")
            {
                let name = info.name.replace('"', "\"\"");
                logs.push(format!("SELECT evidence, '{}' FROM \"{name}\"", info.name.replace('\'', "''")));
            }
        }
        let sql = format!("SELECT evidence, log, count(*) FROM ({}) GROUP BY 1, 2", logs.join(" UNION ALL "));
        self.counted(&sql, &mut |evidence, log, count| all.entry(evidence).or_default().logs.push((log, count)))?;
        let sql = "SELECT evidence, CAST(body AS VARCHAR), count(*) FROM audit GROUP BY 1, 2";
        self.counted(sql, &mut |evidence, body, count| all.entry(evidence).or_default().bodies.push((body, count)))?;
        let sql = "SELECT evidence, CAST(reason AS VARCHAR), count(*) FROM reject GROUP BY 1, 2";
        self.counted(sql, &mut |evidence, why, count| all.entry(evidence).or_default().rejects.push((why, count)))?;
        for holding in all.values_mut() {
            for list in [&mut holding.logs, &mut holding.bodies, &mut holding.rejects] {
                list.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
            }
        }
        Ok(all)
    }

    /// The tables whose rows are records, each with its place in the evidence.
    pub fn placed(&self) -> Vec<String> {
        let records = |name: &String| !matches!(name.as_str(), "finding" | "evidence") && !views::is_view(name);
        self.names.tables().filter(records).map(|name| name.replace('"', "\"\"")).collect()
    }

    /// How long the row or reject is that begins at a byte of a piece of evidence; the longest, if there are several.
    ///
    /// # Errors
    /// When a file of the case cannot be read.
    pub fn length_at(&self, evidence: EvidenceId, offset: u64) -> Result<Option<u64>> {
        let part = |name: String| {
            format!(
                "SELECT CAST(length AS BIGINT) AS length FROM \"{name}\" WHERE evidence = {} AND \"offset\" = {offset}",
                evidence.0
            )
        };
        let parts: Vec<String> = self.placed().into_iter().map(part).collect();
        let answer = self.sql(&format!("SELECT max(length) FROM ({})", parts.join(" UNION ALL ")), &[])?;
        let longest = answer.one()?.column(0).as_primitive::<Int64Type>().clone();
        Ok((!longest.is_null(0)).then(|| longest.value(0) as u64))
    }

    /// Hands over every (evidence, word, count) of an answer.
    fn counted(&self, sql: &str, each: &mut dyn FnMut(u32, String, u64)) -> Result<()> {
        for batch in &self.sql(sql, &[])?.batches {
            for row in 0..batch.num_rows() {
                let evidence = batch.column(0).as_primitive::<UInt32Type>().value(row);
                let word = text(batch.column(1), row).unwrap_or("none").to_owned();
                each(evidence, word, batch.column(2).as_primitive::<Int64Type>().value(row) as u64);
            }
        }
        Ok(())
    }
}
