//! All hunts at once: how many rows each gives, since when, and whether the evidence could have shown them.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;

use arrow::array::{Array, AsArray};
use arrow::datatypes::{DataType, SchemaRef, TimestampMicrosecondType};

use super::Engine;
use super::hunts::Hunt;
use crate::error::Result;
use crate::model::Micros;

/// What became of one hunt.
pub struct Swept<'a> {
    pub hunt: &'a Hunt,
    /// Rows of its answer.
    pub hits: usize,
    /// When the rows begin, in order; a row without a time has none.
    pub times: Vec<Micros>,
    /// The lines `present:` of its header for which the case has no row.
    pub missing: Vec<&'a str>,
}

/// Whether a hunt's answer means something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Data {
    /// All it depends on is there: no hit means that there was nothing to see.
    Present,
    /// Some is not: what it shows is there, and there may be more.
    Part,
    /// Nothing is: no hit says nothing.
    Absent,
}

impl Data {
    /// Returns the word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Data::Present => "yes",
            Data::Part => "part",
            Data::Absent => "no",
        }
    }
}

impl Swept<'_> {
    /// Says what its evidence is worth.
    pub fn data(&self) -> Data {
        match self.missing.len() {
            0 => Data::Present,
            some if some < self.hunt.present.len() => Data::Part,
            _ => Data::Absent,
        }
    }
}

impl Engine {
    /// Runs every hunt that says which evidence it depends on; `given` goes to those that have such a parameter. The others
    /// need a value that only the asker knows. Gives up soon after `stop` is set.
    ///
    /// # Errors
    /// As [`Engine::hunt`], and [`Error::Stopped`](crate::error::Error::Stopped).
    pub fn sweep<'a>(
        &self,
        hunts: &'a [Hunt],
        given: &[(String, String)],
        stop: &AtomicBool,
    ) -> Result<Vec<Swept<'a>>> {
        let mut known: BTreeMap<&str, bool> = BTreeMap::new();
        let mut all = Vec::new();
        for hunt in hunts.iter().filter(|hunt| !hunt.present.is_empty()) {
            let mut missing = Vec::new();
            for rows in &hunt.present {
                let there = match known.get(rows.as_str()) {
                    Some(there) => *there,
                    None => self.gathered(&format!("SELECT 1 FROM {rows} LIMIT 1"), &[], stop)?.rows() > 0,
                };
                known.insert(rows, there);
                if !there {
                    missing.push(rows.as_str());
                }
            }
            let takes = |name: &str| hunt.parameters.iter().any(|parameter| parameter.name == name);
            let own: Vec<(String, String)> = given.iter().filter(|(name, _)| takes(name)).cloned().collect();
            let answer = self.gathered(&hunt.sql, &hunt.bind(&own)?, stop)?;
            let mut times = Vec::new();
            if let Some(column) = begin(&answer.schema) {
                for batch in &answer.batches {
                    let array = batch.column(column).as_primitive::<TimestampMicrosecondType>();
                    times.extend(array.iter().flatten().map(Micros));
                }
            }
            times.sort_unstable();
            all.push(Swept { hunt, hits: answer.rows(), times, missing });
        }
        Ok(all)
    }

    /// Earliest and latest time of the audit events.
    ///
    /// # Errors
    /// When a file of the case cannot be read.
    pub fn audit_span(&self) -> Result<Option<(Micros, Micros)>> {
        let answer = self.sql("SELECT min(time), max(time) FROM audit", &[])?;
        let batch = answer.one()?;
        let time = |column: usize| {
            let array = batch.column(column).as_primitive::<TimestampMicrosecondType>();
            (!array.is_null(0)).then(|| Micros(array.value(0)))
        };
        Ok(time(0).zip(time(1)))
    }
}

/// The column that says when a row begins: the first that is a time.
fn begin(schema: &SchemaRef) -> Option<usize> {
    let is_time = |kind: &DataType| matches!(kind, DataType::Timestamp(arrow::datatypes::TimeUnit::Microsecond, _));
    schema.fields().iter().position(|field| is_time(field.data_type()))
}
