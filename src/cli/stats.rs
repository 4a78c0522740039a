//! `coldcase stats`: what happens over time, measured.

use clap::Args;

use super::print::{line, output};
use super::{CaseArg, End};
use crate::error::{Error, Result};
use crate::report::columns_fit;
use crate::stats::{LENSES, look};

/// Measures the audit events of a case over time; without a name it lists the measures.
#[derive(Args)]
pub struct Stats {
    /// Which measure
    name: Option<String>,
    #[command(flatten)]
    case: CaseArg,
    /// Length of a window: a number and s, m, h or d
    #[arg(long, default_value = "1m", value_parser = length)]
    every: i64,
}

impl Stats {
    pub(super) fn run(self) -> Result<End> {
        let mut out = output(None, None)?;
        let Some(name) = &self.name else {
            for lens in LENSES {
                line(&mut out, &format!("{:<12} {}", lens.name(), lens.doc()))?;
            }
            return Ok(End::Done);
        };
        let lens = LENSES.iter().find(|lens| lens.name() == name).ok_or_else(|| Error::Usage {
            what: format!("there is no measure `{name}`"),
            hint: Some("coldcase stats lists them".into()),
        })?;
        let sheet = look(&self.case.open()?, *lens, self.every)?;
        let heads: Vec<String> = sheet.heads.iter().map(ToString::to_string).collect();
        let safe = |row: &Vec<String>| row.iter().map(|cell| coldcase_tui::visible(cell).into_owned()).collect();
        let rows: Vec<Vec<String>> = sheet.rows.iter().map(safe).collect();
        for text in columns_fit(&heads, &rows, &sheet.numbers).lines() {
            line(&mut out, text)?;
        }
        Ok(End::Done)
    }
}

/// Reads `5m` as microseconds.
fn length(text: &str) -> Result<i64, String> {
    let wrong = || format!("`{text}` is no length of time: write 30s, 5m, 2h or 1d");
    let unit = text.chars().last().ok_or_else(wrong)?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        _ => return Err(wrong()),
    };
    let number: i64 = text[..text.len() - unit.len_utf8()].parse().map_err(|_| wrong())?;
    number.checked_mul(seconds * 1_000_000).filter(|micros| *micros > 0).ok_or_else(wrong)
}
