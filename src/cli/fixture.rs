//! Tests of rules that are made of a case, from the command line and from the screens: what they are made of, the journal
//! line that keeps the way back, and where they are written.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;

use sha2::{Digest, Sha256};

use super::print::count;
use super::tui::rows::rows;
use super::{ByArg, now, secrets};
use crate::case::Case;
use crate::engine::{Engine, Parameter};
use crate::error::{Error, Result};
use crate::model::{EvidenceId, Span};
use crate::regress::fixture::{self, Fixture, Made, Notation, Wish};
use crate::sigma::RuleSet;

/// What a test is asked for of.
pub struct Order<'a> {
    /// A finding by its id, or places of events (EVIDENCE:OFFSET).
    pub on: &'a [String],
    /// The rule; a finding knows its own.
    pub rule: Option<&'a str>,
    /// None: a finding fires, events do what they do.
    pub quiet: Option<bool>,
    pub neighbours: u32,
    pub why: Option<&'a str>,
    pub notation: Notation,
    /// A file it is added to.
    pub file: Option<&'a Path>,
}

/// A test that was written.
pub struct Written {
    pub text: String,
    /// What there is to say of it, a line each.
    pub words: Vec<String>,
}

/// The notation that a file's name asks for.
pub fn notation(path: &Path) -> Notation {
    match path.extension().and_then(|ending| ending.to_str()) {
        Some("yml" | "yaml") => Notation::Yaml,
        _ => Notation::Line,
    }
}

/// Makes a test, keeps its aliases in the journal, and adds it to its file if it has one.
///
/// # Errors
/// When there is nothing of that name, when the rule does on the test what it does not in the case (the words say which part
/// of it), and when the case or the file cannot be written.
pub fn write(case: &mut Case, engine: &Engine, set: &RuleSet, order: &Order<'_>, by: &ByArg) -> Result<Written> {
    let (rule, places) = subject(engine, order)?;
    let hide = |text: &str| secrets::body(text).into_owned();
    let at = now().to_string();
    let make = |quiet: bool| {
        let places = places.clone();
        let wish =
            Wish { case, engine, set, rule: &rule, places, quiet, neighbours: order.neighbours, hide: &hide, at: &at };
        fixture::make(&wish)
    };
    let made = match order.quiet {
        Some(quiet) => make(quiet)?,
        None => match make(false)? {
            Made::Not { .. } => make(true)?,
            made => made,
        },
    };
    let fixture = match made {
        Made::Fixture(fixture) => fixture,
        Made::Not { why, nearest } => {
            let part = nearest.map(|near| {
                let actual: Vec<String> =
                    near.actual.iter().map(|(field, values)| format!("{field} = {}", values.join(", "))).collect();
                let says = if near.fails { "fails" } else { "cannot be told" };
                format!("{} {says} there: {}; actual {}", near.rule, near.clause, actual.join("; "))
            });
            return Err(Error::Usage { what: format!("no test was written: {why}"), hint: part });
        }
    };
    let why = order.why.map_or_else(|| sentence(set, &fixture), str::to_owned);
    let name = name(&fixture, order.file)?;
    let hint = Some("the ending of -o FILE says which notation: .yml is YAML, any other a line of cases".to_owned());
    let text = fixture.text(order.notation, &name, &why).map_err(|what| Error::Usage { what, hint })?;
    let digest: String = Sha256::digest(&text).iter().map(|byte| format!("{byte:02x}")).collect();
    case.record_fixture(&fixture.rule, &digest, fixture.new.clone(), by.act())?;
    if let Some(path) = order.file {
        let io = Error::io("write", path);
        let add = || -> std::io::Result<()> {
            OpenOptions::new().create(true).append(true).open(path)?.write_all(text.as_bytes())
        };
        add().map_err(io)?;
    }
    Ok(Written { words: words(&fixture, order.file), text })
}

/// The rule and the events of what a test is asked for of.
fn subject(engine: &Engine, order: &Order<'_>) -> Result<(String, Vec<Span>)> {
    let usage = |what: String, hint: &str| Error::Usage { what, hint: Some(hint.to_owned()) };
    let mut spans = Vec::new();
    let mut rule = order.rule.map(str::to_owned);
    for on in order.on {
        let place = on.split_once(':').map(|(evidence, offset)| (evidence.parse::<u32>(), offset.parse::<u64>()));
        if let Some((Ok(evidence), Ok(offset))) = place {
            let sql = format!(
                "SELECT evidence, \"offset\", length FROM timeline WHERE evidence = {evidence} AND \"offset\" = {offset}"
            );
            let found = engine.spans(&sql, &[])?;
            spans.push(*found.first().ok_or_else(|| {
                usage(format!("no event begins at {on}"), "columns evidence and offset say where rows are")
            })?);
            continue;
        }
        let sql = "SELECT CAST(rule AS VARCHAR) AS slug, unnest(evidence) AS e, unnest(\"offset\") AS o, \
                   unnest(length) AS l FROM finding WHERE id = $id";
        let found = engine.sql(sql, &[("id".to_owned(), Parameter::Text(on.clone()))])?;
        let before = spans.len();
        for row in rows(&found) {
            rule = rule.or_else(|| row.text(0));
            let evidence = EvidenceId(u32::try_from(row.number(1)).unwrap_or_default());
            spans.push(Span { evidence, offset: row.count(2), length: row.count(3) });
        }
        if spans.len() == before {
            let hint = "coldcase query \"SELECT id, title FROM finding\" lists the findings";
            return Err(usage(format!("{on} is neither the place of an event nor the id of a finding"), hint));
        }
    }
    let rule = rule.ok_or_else(|| {
        usage("which rule is the test of?".to_owned(), "give it with --rule NAME: an event by itself is of no rule")
    })?;
    Ok((rule, spans))
}

/// What a test is for, when nobody said it.
fn sentence(set: &RuleSet, fixture: &Fixture) -> String {
    let title = set.reported().find(|(meta, _)| meta.name == fixture.rule).map(|(meta, _)| meta.title.clone());
    let title = title.unwrap_or_else(|| fixture.rule.clone());
    match fixture.case {
        "fires" => format!("Seen in a case, names changed: {title}."),
        _ => format!("Seen in a case, names changed: this is not \"{title}\"."),
    }
}

/// A name that no other test of the file has.
fn name(fixture: &Fixture, file: Option<&Path>) -> Result<String> {
    let known = match file.filter(|path| path.exists()) {
        Some(path) => std::fs::read_to_string(path).map_err(Error::io("read", path))?,
        None => String::new(),
    };
    let base = format!("{} {} in a case", fixture.rule, if fixture.case == "fires" { "fires" } else { "is quiet" });
    let mut names = std::iter::once(base.clone()).chain((2..).map(|number| format!("{base} ({number})")));
    Ok(names.find(|name| !known.contains(&format!("name: '{name}'"))).unwrap_or(base))
}

fn words(fixture: &Fixture, file: Option<&Path>) -> Vec<String> {
    let all = (fixture.events.len() + fixture.objects.len() + fixture.records.len()) as u64;
    let place = file.map_or_else(String::new, |path| format!(" to {}", path.display()));
    let does = match fixture.case {
        "fires" => "fires on it as in the case",
        _ if fixture.excepted => "is quiet on it, because of an exception",
        _ => "is quiet on it",
    };
    let mut words =
        vec![format!("{} written{place}: {} {does} ({})", count(all, "event", "events"), fixture.rule, fixture.case)];
    if fixture.beside > 0 {
        words.push(format!("{} there for what was before, or beside", count(fixture.beside as u64, "is", "are")));
    }
    let new = count(fixture.new.len() as u64, "new alias", "new aliases");
    words.push(format!("{new}; coldcase case aliases shows the way back, which stays in the case"));
    if !fixture.kept.is_empty() {
        words.push(format!("as they are, since the rule asks for them: {}", fixture.kept.join(", ")));
    }
    words.push(
        "look it through before it leaves: names in prose, that stand in no field, are not known as names".into(),
    );
    words
}
