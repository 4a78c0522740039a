//! The pages of docs/reference, made from the code so that they cannot be wrong. A test compares them.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::tables::kind;
use super::{command, hunt, rules};
use crate::engine::functions::{EXAMPLE_EVENTS, FUNCTIONS, TABLE_FUNCTIONS};
use crate::engine::views;
use crate::error::Result;
use crate::model::TABLES;
use crate::report::{CHARTS, WRITERS, Writer};
use crate::sigma::LOGSOURCES;
use crate::sigma::fields::FIELDS;
use crate::sigma::lists;

/// Every page: file name and text.
///
/// # Errors
/// When a rule or hunt of the pack cannot be used.
pub fn pages() -> Result<Vec<(&'static str, String)>> {
    Ok(vec![
        ("commands.md", commands()),
        ("coverage.md", super::coverage::page(&rules::load(&[])?.0)),
        ("detections.md", detections()?),
        ("fields.md", fields()?),
        ("formats.md", crate::formats::page()),
        ("functions.md", functions()),
        ("hunts.md", hunts()?),
        ("keys.md", keys()),
        ("logsources.md", logsources()),
        ("output.md", output()),
        #[cfg(feature = "stats")]
        ("statistics.md", statistics()),
        ("tables.md", tables()),
    ])
}

fn commands() -> String {
    let mut page = "# Commands\n".to_owned();
    let mut root = command().term_width(100);
    root.build();
    for sub in root.get_subcommands_mut() {
        if sub.get_name() != "help" {
            let help = sub.render_long_help().to_string();
            let help = help.lines().map(str::trim_end).collect::<Vec<_>>().join("\n");
            let _ = write!(page, "\n## coldcase {}\n\n```text\n{}\n```\n", sub.get_name(), help.trim_end());
        }
    }
    page
}

#[cfg(feature = "stats")]
fn statistics() -> String {
    let mut page = "# Statistics\n\nWhat `coldcase stats` measures, each by a method of its own. polars counts; every measure is held against \
                    a query of DuckDB over the same Parquet, kept with its answer in \
                    [tests/duckdb](../../tests/duckdb). Secrets are hidden in what is shown, as in every answer.\n"
        .to_owned();
    let mut root = command().term_width(100);
    root.build();
    let measures = root.find_subcommand_mut("stats").into_iter().flat_map(|stats| stats.get_subcommands_mut());
    for measure in measures.filter(|measure| measure.get_name() != "help") {
        let help = measure.render_long_help().to_string();
        let help = help.lines().map(str::trim_end).collect::<Vec<_>>().join("\n");
        let _ = write!(page, "\n## {}\n\n```text\n{}\n```\n", measure.get_name(), help.trim_end());
    }
    page
}

fn tables() -> String {
    let mut page = "# Tables\n".to_owned();
    for table in TABLES {
        let _ = write!(page, "\n## {}\n\n{}.\n\n| column | type | meaning |\n|---|---|---|\n", table.name, table.doc);
        for column in table.columns.iter() {
            let _ = writeln!(page, "| {} | {} | {} |", column.name, kind(&column.kind), column.doc.replace('|', "\\|"));
        }
    }
    page.push_str("\n## timeline\n\nA view: every event of every source in one order.\n");
    for (name, doc) in views::all() {
        let _ = write!(page, "\n## {name}\n\nA view. {doc}\n");
    }
    page
}

fn detections() -> Result<String> {
    let (set, _) = rules::load(&[])?;
    let mut page = "# Detections\n\n| rule | level | ATT&CK | Defender | sees |\n|---|---|---|---|---|\n".to_owned();
    for (meta, _) in set.reported() {
        let (techniques, defender) = (meta.techniques.join(" "), meta.defender.join(" "));
        let _ = writeln!(page, "| {} | {} | {techniques} | {defender} | {} |", meta.name, meta.level, meta.title);
    }
    Ok(page)
}

fn fields() -> Result<String> {
    let mut page =
        "# Fields in rules\n\nA path through an array means any element.\n\n| field | meaning |\n|---|---|\n"
            .to_owned();
    for field in FIELDS {
        let _ = writeln!(page, "| {} | {} |", field.name, field.doc);
    }
    page.push_str(
        "\n## Lists\n\nNamed in a value as `%name%` under modifier `expand`. What a case does not know comes from a site \
         file.\n\n| list | filled from |\n|---|---|\n",
    );
    for (name, doc) in lists::DERIVED {
        let _ = writeln!(page, "| {name} | {doc} |");
    }
    let (set, _) = rules::load(&[])?;
    let predicates = set.rules.iter().map(|rule| &rule.predicate).chain(set.exceptions.iter().map(|e| &e.predicate));
    let named: BTreeSet<&str> = predicates.flat_map(lists::unfilled).collect();
    for name in named.into_iter().filter(|name| lists::DERIVED.iter().all(|(derived, _)| derived != name)) {
        let users = set.rules.iter().filter(|rule| lists::unfilled(&rule.predicate).contains(name));
        let users: Vec<&str> = users.map(|rule| rule.meta.name.as_str()).collect();
        let _ = writeln!(page, "| {name} | a site file; asked by {} |", users.join(", "));
    }
    Ok(page)
}

fn logsources() -> String {
    let mut page = "# Log sources of rules\n\n\
        A rule without `logsource`, or with `product: kubernetes, service: audit`, is asked of audit events, one with \
        `service: snapshot` of objects; their fields are in [fields.md](fields.md). These are the others: which tables each \
        reads, and what each field is there. A table without an entry cannot tell: a test on the field is neither true nor \
        false, and a rule that cannot do without it is not asked of that table (`coldcase rules blind`). Where a field in \
        bold has no value it was not recorded, and cannot tell either.\n"
        .to_owned();
    for source in LOGSOURCES {
        let means: Vec<String> = source.means.iter().map(|means| format!("`{means}`")).collect();
        let doc = format!("{}{}", source.doc[..1].to_uppercase(), &source.doc[1..]);
        let _ = write!(page, "\n## {}\n\n{doc}: {}.\n\n", source.name, means.join(", "));
        for reading in source.readings.iter().filter(|reading| !reading.only.is_empty()) {
            let _ = writeln!(page, "- {}: rows where `{}`", reading.table, sql(reading.only));
        }
        let tables: Vec<&str> = source.readings.iter().map(|reading| reading.table).collect();
        let _ =
            writeln!(page, "\n| field | meaning | {} |\n|---|---|{}", tables.join(" | "), "---|".repeat(tables.len()));
        for field in source.fields {
            let bold = if field.always { "**" } else { "" };
            let cells = source.readings.iter().map(|reading| reading.answer(field.column).map_or(String::new(), sql));
            let cells: Vec<String> =
                cells.map(|cell| if cell.is_empty() { cell } else { format!("`{cell}`") }).collect();
            let _ = writeln!(page, "| {bold}{}{bold} | {} | {} |", field.name, field.doc, cells.join(" | "));
        }
    }
    page
}

fn functions() -> String {
    let mut page = "# Functions\n\nWhat SQL over a case has besides [DataFusion's functions](https://datafusion.apache.org/user-guide/sql/scalar_functions.html). \
                    Every example is a test.\n"
        .to_owned();
    for function in FUNCTIONS {
        let _ = write!(page, "\n## {}\n\n{}.\n\n```sql\n", function.usage(), function.doc());
        for (call, value) in function.examples() {
            let _ = writeln!(page, "{call} -- {value}");
        }
        page.push_str("```\n");
    }
    for function in TABLE_FUNCTIONS {
        let _ = write!(page, "\n## {}\n\n{}.\n\n```sql\n", function.usage, function.doc);
        for (query, rows) in function.examples {
            let _ = writeln!(page, "{query} -- {rows}");
        }
        page.push_str("```\n");
    }
    let _ = write!(
        page,
        "\n## Events of the examples\n\nThe functions that give tables are asked of these:\n\n```json\n{EXAMPLE_EVENTS}```\n"
    );
    page
}

/// SQL for a cell of a table: a column without its quotes and casts reads like a name.
fn sql(text: &str) -> String {
    text.replace("CAST(", "").replace(" AS VARCHAR)", "").replace('"', "").replace('|', "\\|")
}

fn hunts() -> Result<String> {
    let mut page = "# Hunts\n".to_owned();
    for hunt in hunt::all()? {
        let _ = write!(page, "\n## {}\n\n{}\n\nNeeds: {}\n", hunt.name, hunt.question, hunt.needs);
        for parameter in &hunt.parameters {
            let _ = write!(page, "\n- `{}`: {}", parameter.name, parameter.doc);
        }
        page.push('\n');
    }
    Ok(page)
}

fn keys() -> String {
    let mut page = "# Keys\n".to_owned();
    for (screen, tables) in coldcase_tui::screens() {
        let _ = write!(page, "\n## {screen}\n\n| key | does |\n|---|---|\n");
        for binding in tables.into_iter().flatten() {
            let _ = writeln!(page, "| {} | {} |", binding.key.replace('|', "\\|"), binding.doc);
        }
    }
    page
}

fn output() -> String {
    let mut page = "# Output formats\n\nOf the answers of `query`, `hunt`, `replay` and `incidents`: `--format` names one, else the \
                    ending of the file behind `-o` does, else it is a table.\n\n| format | files | what it is |\n|---|---|---|\n"
        .to_owned();
    let endings =
        |writer: &dyn Writer| writer.endings().iter().map(|end| format!(".{end}")).collect::<Vec<_>>().join(", ");
    for writer in WRITERS {
        let _ = writeln!(page, "| {} | {} | {} |", writer.name(), endings(*writer), writer.doc());
    }
    page.push_str(
        "\n## Charts\n\nBehind `--chart`; on the screen, in a file that ends in .txt, or as a picture in one that ends in .svg. Every column \
         of numbers after the first column is drawn; of an answer with one column, that one.\n\n| chart | what it is |\n|---|---|\n",
    );
    for chart in CHARTS.iter().filter(|chart| chart.follows()) {
        let _ = writeln!(page, "| {} | {} |", chart.name(), chart.doc());
    }
    page
}
