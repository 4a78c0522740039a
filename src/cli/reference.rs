//! The pages of docs/reference, made from the code so that they cannot be wrong. A test compares them.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::tables::kind;
use super::{command, hunt, rules};
use crate::error::Result;
use crate::model::TABLES;
use crate::report::WRITERS;
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
        ("hunts.md", hunts()?),
        ("keys.md", keys()),
        ("output.md", output()),
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

fn tables() -> String {
    let mut page = "# Tables\n".to_owned();
    for table in TABLES {
        let _ = write!(page, "\n## {}\n\n{}.\n\n| column | type | meaning |\n|---|---|---|\n", table.name, table.doc);
        for column in table.columns.iter() {
            let _ = writeln!(page, "| {} | {} | {} |", column.name, kind(&column.kind), column.doc.replace('|', "\\|"));
        }
    }
    page.push_str("\n## timeline\n\nA view: every event of every source in one order.\n");
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
    let mut page = "# Output formats\n\n| format | what it is |\n|---|---|\n".to_owned();
    for writer in WRITERS {
        let _ = writeln!(page, "| {} | {} |", writer.name(), writer.doc());
    }
    page
}
