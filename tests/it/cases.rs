//! Every rule against the cases beside it: what fires, what stays quiet, what nearly fires, what cannot be told. Every
//! exception against its own: what it takes away, and what looks like it and stays. No exception takes away what fires.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use coldcase::case::Case;
use coldcase::engine::Replay;
use coldcase::regress::written_out;
use coldcase::sigma::lists::{Listed, Lists, site};
use coldcase::sigma::{RuleFile, RuleSet, load};
use serde_json::Value;
use tempfile::TempDir;

use self::crowd::{Found, One, can_share, case_by};
use self::envelope::{AZURE, PLAIN};
use crate::support::{case_of, pack, project, replay};

mod crowd;
mod envelope;

/// One line of a cases file.
struct Line {
    kind: String,
    why: String,
    /// Of an exception's case, the rule it is about.
    rule: String,
    events: Vec<Value>,
    /// Objects of a snapshot; `hits` then names those that are hit, such as `pods web/a`.
    objects: Vec<Value>,
    /// Records of other logs as they are exported: JSON, or the text of a line or several. `hits` gives their places.
    records: Vec<Value>,
    hits: BTreeSet<String>,
    /// What a site file would say of lists.
    lists: Lists,
}

/// The records of the cases in a case: number of the line and of the record, by file and offset.
type Places = BTreeMap<(String, u64), (usize, usize)>;

fn lines(path: &Path) -> Vec<Line> {
    let text = std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let read = |value: Value| {
        let hits = value["hits"].as_array().into_iter().flatten();
        Line {
            kind: value["case"].as_str().unwrap().to_owned(),
            why: value["why"].as_str().unwrap().to_owned(),
            rule: value["rule"].as_str().unwrap_or_default().to_owned(),
            events: value["events"].as_array().cloned().unwrap_or_default(),
            objects: value["objects"].as_array().cloned().unwrap_or_default(),
            records: value["records"].as_array().cloned().unwrap_or_default(),
            hits: hits.map(|id| id.as_str().map_or_else(|| id.to_string(), str::to_owned)).collect(),
            lists: lists_of(&value),
        }
    };
    let lines = written_out(path, &text).unwrap_or_else(|problem| panic!("{problem}"));
    lines.into_iter().map(read).collect()
}

fn lists_of(line: &Value) -> Lists {
    let mut lists = Lists::default();
    let Some(said) = line.get("lists") else { return lists };
    for (name, listed) in site(&serde_json::json!({ "lists": said }).to_string()).unwrap() {
        let Listed::Entries(entries) = listed else { panic!("{name} is a file") };
        lists.add(&name, entries);
    }
    lists
}

fn ids(events: &[Value]) -> BTreeSet<String> {
    events.iter().map(|event| event["auditID"].as_str().unwrap_or_default().to_owned()).collect()
}

/// A case of the events, objects and records of some lines, and where the records lie.
fn case_with(folder: &TempDir, lines: &[&Line]) -> (Case, Places) {
    let mut text = String::new();
    for event in lines.iter().flat_map(|line| &line.events) {
        writeln!(text, "{event}").unwrap();
    }
    for object in lines.iter().flat_map(|line| &line.objects) {
        writeln!(text, "{object}").unwrap();
    }
    let (mut places, mut files) = (Places::new(), [String::new(), String::new()]);
    for (number, line) in lines.iter().enumerate() {
        for (record, value) in line.records.iter().enumerate() {
            // Text and JSON are different formats, so they lie in different files.
            let (file, text) = match value.as_str() {
                Some(text) => (1, text.to_owned()),
                None => (0, value.to_string()),
            };
            places.insert((RECORDS[file].to_owned(), files[file].len() as u64), (number, record));
            writeln!(files[file], "{text}").unwrap();
        }
    }
    let mut inputs = vec![("events.jsonl", text)];
    inputs.extend(RECORDS.into_iter().zip(files));
    inputs.retain(|(_, text)| !text.is_empty());
    let write = |(name, text): (&str, String)| {
        let input = folder.path().join(name);
        std::fs::write(&input, text).unwrap();
        input
    };
    let inputs: Vec<_> = inputs.into_iter().map(write).collect();
    (case_of(folder, &inputs), places)
}

/// What an audit event has in it wherever it lies.
const AUDIT: &str = "audit.k8s.io/";

/// The files of records.
const RECORDS: [&str; 2] = ["records.jsonl", "records.log"];

/// The records of a line that the findings of a rule are of.
fn records_in(case: &Case, found: &Replay, rule: &str, places: &Places, line: usize) -> BTreeSet<String> {
    let events = found.findings.iter().filter(|f| f.rule == rule).flat_map(|f| &f.events);
    let spans = events.filter(|event| event.source.is_some()).map(|event| event.span);
    let record = |span: coldcase::model::Span| {
        let path = &case.input(span.evidence).unwrap().path;
        let name = path.rsplit('/').next().unwrap().to_owned();
        // A record may be several rows, each with the bytes of its own.
        let (found, place) = places.range(..=(name.clone(), span.offset)).next_back().unwrap();
        assert_eq!(found.0, name);
        (place.0 == line).then(|| place.1.to_string())
    };
    spans.filter_map(record).collect()
}

/// What a rule found in the events and objects of a line.
fn hits_in(found: &Replay, rule: &str, line: &Line) -> BTreeSet<String> {
    let (mine, records) = (ids(&line.events), line.records.iter().map(Value::to_string).collect::<String>());
    // An audit event may come in a record; a record of another log counts by its place.
    let audit = records.contains(AUDIT);
    let is_of = |id: &String| mine.contains(id) || (audit && records.contains(id));
    let mut hits: BTreeSet<String> = hits_of(found, rule).into_iter().filter(is_of).collect();
    if !line.objects.is_empty() {
        let events = found.findings.iter().filter(|f| f.rule == rule).flat_map(|f| &f.events);
        hits.extend(events.filter(|event| event.stands()).filter_map(|event| event.object()));
    }
    hits
}

/// The events that the findings of a rule are of.
fn hits_of(found: &Replay, rule: &str) -> BTreeSet<String> {
    found.findings.iter().filter(|f| f.rule == rule).flat_map(|f| f.audit_ids.clone()).collect()
}

fn check(rule: &str, with: &RuleSet, lines: &[&Line]) {
    let folder = tempfile::tempdir().unwrap();
    let (case, places) = case_with(&folder, lines);
    let mut with = with.clone();
    lines.iter().for_each(|line| with.lists.extend(&line.lists));
    let without = RuleSet { exceptions: Vec::new(), ..with.clone() };
    let found = replay(&case, &without);
    let with_exceptions = replay(&case, &with);
    let untold: BTreeSet<String> = found.untold.iter().flat_map(|u| u.audit_ids.clone()).collect();
    let is_of = |name: &str| name.strip_prefix(rule).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    for (number, line) in lines.iter().enumerate() {
        let mine = ids(&line.events);
        let all_in = |found: &Replay| {
            let mut hits = hits_in(found, rule, line);
            hits.extend(records_in(&case, found, rule, &places, number));
            hits
        };
        let hits = all_in(&found);
        let what = format!("{rule}, {}: {}", line.kind, line.why);
        match line.kind.as_str() {
            "fires" => {
                assert_eq!(hits, line.hits, "{what}");
                assert_eq!(all_in(&with_exceptions), line.hits, "an exception took it away: {what}");
            }
            "cannot tell" if !line.records.is_empty() => {
                assert!(hits.is_empty() && found.untold.iter().any(|untold| is_of(&untold.rule)), "{what}");
            }
            // Of a table that lacks a field: nothing can be told, and that is said.
            "blind" => assert!(hits.is_empty() && found.blind.iter().any(|blind| is_of(&blind.rule)), "{what}"),
            "cannot tell" => {
                assert!(hits.is_empty(), "{what}");
                assert!(!untold.is_disjoint(&mine), "{what}");
            }
            "quiet" | "near miss" => assert!(hits.is_empty(), "{what}: hit {hits:?}"),
            other => panic!("{rule}: a case cannot be `{other}`"),
        }
    }
}

/// Every rule's name, text and cases.
fn all_cases() -> Vec<(&'static str, &'static str, &'static str, Vec<Line>)> {
    let read = |(path, text): &(&'static str, &'static str)| {
        let rule = path.rsplit('/').next().unwrap().trim_end_matches(".yml");
        (rule, *path, *text, lines(&project(&path.replace(".yml", ".cases.jsonl"))))
    };
    coldcase::pack::DETECTIONS.iter().map(read).collect()
}

#[test]
fn every_rule_does_what_its_cases_say() {
    let (pack, all) = (pack(), all_cases());
    for (rule, path, text, lines) in &all {
        for kind in ["fires", "quiet", "near miss"] {
            assert!(lines.iter().any(|line| line.kind == kind), "{rule} has no case that is `{kind}`");
        }
        let set = pack.of_file(path);
        // `regress::the_pack_does_what_its_cases_say_…` asks all of them in memory, and the test below most of them by real
        // intakes, many at a time. Of those that cannot share a case a real intake and replay of each would take half an
        // hour: here one that fires, and the records of a rule together.
        let is_alone = |line: &&Line| {
            let counted = ["blind", "cannot tell"].contains(&line.kind.as_str());
            // Audit events of several lines have the same ids.
            let audit = line.records.iter().any(|record| record.to_string().contains(AUDIT));
            line.records.is_empty()
                || counted
                || audit
                || ["\ncorrelation:", "\nfirst:", "\nsql:"].iter().any(|key| text.contains(key))
        };
        let (alone, together): (Vec<_>, Vec<_>) =
            lines.iter().filter(|line| !can_share(text, line)).partition(|line| is_alone(line));
        alone.iter().find(|line| line.kind == "fires").iter().for_each(|line| check(rule, &set, &[line]));
        if !together.is_empty() {
            check(rule, &set, &together);
        }
    }
    assert!(all.len() >= 40, "the pack has only {} files", all.len());
}

#[test]
fn every_rule_says_the_same_by_every_route_azure_delivers_an_event() {
    let (pack, all) = (pack(), all_cases());
    let mut ones = Vec::new();
    for (rule, _, text, lines) in &all {
        lines
            .iter()
            .filter(|line| can_share(text, line))
            .for_each(|line| ones.push(One::new(rule, text, line, ones.len())));
    }
    let rules: BTreeSet<&str> = ones.iter().map(|one| one.rule).collect();
    assert!(ones.len() > 1_000 && rules.len() > 150, "only {} cases of {} rules", ones.len(), rules.len());
    let without = RuleSet { exceptions: Vec::new(), ..pack.clone() };
    let folder = tempfile::tempdir().unwrap();
    let case = case_by(&folder, ones.iter(), &PLAIN);
    let (plain, excepted) = (replay(&case, &without), replay(&case, &pack));
    let (plain, excepted) = (Found::of(&plain), Found::of(&excepted));
    let mut wrong = Vec::new();
    for one in &ones {
        let (hits, line) = (one.hits(&plain), one.line);
        let holds = match line.kind.as_str() {
            "fires" => hits == line.hits && one.hits(&excepted) == line.hits,
            "cannot tell" => hits.is_empty() && !one.untold(&plain).is_empty(),
            "quiet" | "near miss" => hits.is_empty(),
            other => panic!("{}: a case cannot be `{other}`", one.rule),
        };
        if !holds {
            wrong.push(format!("{}: hit {hits:?}, {:?} with exceptions", one.words(), one.hits(&excepted)));
        }
    }
    for envelope in AZURE {
        let folder = tempfile::tempdir().unwrap();
        let found = replay(&case_by(&folder, ones.iter(), &envelope), &without);
        let found = Found::of(&found);
        for one in &ones {
            let (hits, untold) = (one.hits(&found), one.untold(&found));
            let (hits_plain, untold_plain) = (one.hits(&plain), one.untold(&plain));
            let holds = match envelope.poorer {
                // What it lost it must admit; it must not find more.
                true => hits.is_subset(&hits_plain) && hits_plain.difference(&hits).all(|id| untold.contains(id)),
                false => hits == hits_plain && untold == untold_plain,
            };
            if !holds {
                wrong.push(format!("{} by {}: hit {hits:?}, not {hits_plain:?}", one.words(), envelope.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_exception_takes_away_what_its_cases_say_and_nothing_that_looks_like_it() {
    let (with, rules) = (pack(), all_cases());
    let without = RuleSet { exceptions: Vec::new(), ..with.clone() };
    let text_of = |rule: &str| rules.iter().find(|(name, ..)| *name == rule).map_or("first:", |(_, _, text, _)| text);
    let read = |(path, _): &(&'static str, &'static str)| {
        let name = path.rsplit('/').next().unwrap().trim_end_matches(".yml");
        (name, lines(&project(&path.replace(".yml", ".cases.jsonl"))))
    };
    let all: Vec<(&str, Vec<Line>)> = coldcase::pack::EXCEPTIONS.iter().map(read).collect();
    let mut ones: Vec<(&str, One<'_>)> = Vec::new();
    for (name, lines) in &all {
        for line in lines.iter().filter(|line| can_share(text_of(&line.rule), line)) {
            ones.push((name, One::new(&line.rule, text_of(&line.rule), line, ones.len())));
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let case = case_by(&folder, ones.iter().map(|(_, one)| one), &PLAIN);
    let before = replay(&case, &without);
    let before = Found::of(&before);
    for (name, lines) in &all {
        for kind in ["excepted", "reported"] {
            assert!(lines.iter().any(|line| line.kind == kind), "{name} has no case that is `{kind}`");
        }
        // By itself: what several exceptions hold for is counted by the first of them.
        let mut with = with.clone();
        with.exceptions.retain(|exception| exception.meta.name == *name);
        let after = replay(&case, &with);
        let after = Found::of(&after);
        for (_, one) in ones.iter().filter(|(of, _)| of == name) {
            judge(name, one.line, &one.hits(&before), &one.hits(&after));
        }
        for line in lines.iter().filter(|line| !can_share(text_of(&line.rule), line)) {
            let folder = tempfile::tempdir().unwrap();
            let (case, places) = case_with(&folder, &[line]);
            let (before, after) = (replay(&case, &without), replay(&case, &with));
            let hits = |found: &Replay| {
                let mut hits = hits_in(found, &line.rule, line);
                hits.extend(records_in(&case, found, &line.rule, &places, 0));
                hits
            };
            judge(name, line, &hits(&before), &hits(&after));
        }
    }
}

/// Holds what an exception does to the hits of a line's rule against what the line says.
fn judge(name: &str, line: &Line, before: &BTreeSet<String>, after: &BTreeSet<String>) {
    let what = format!("{name}, {}: {}", line.kind, line.why);
    assert!(!before.is_empty(), "{} does not see it at all: {what}", line.rule);
    match line.kind.as_str() {
        "excepted" => assert!(after.is_empty(), "{what}"),
        "reported" => assert_eq!(after, before, "{what}"),
        other => panic!("{name}: a case cannot be `{other}`"),
    }
}

#[test]
fn two_tests_can_ask_one_and_the_same_element_also_of_a_snapshot() {
    let text = "title: t\nname: t\nsigma-version: 3\nlogsource: {product: kubernetes, service: audit}\nsnapshot: true\n\
                detection:\n  new: {verb: create}\n  one:\n    containers[any]:\n      securityContext.privileged: true\n      \
                image|startswith: bad.example/\n  condition: new and one\n";
    let (set, problems) = load(&[RuleFile { path: "t.yml".into(), text: text.into() }]);
    assert!(problems.is_empty(), "{problems:?}");
    let pod = |name: &str, first: &str, second: &str| {
        format!(
            r#"{{"kind":"Pod","apiVersion":"v1","metadata":{{"name":"{name}","namespace":"web"}},"spec":{{"containers":[{{"name":"a","image":"{first}","securityContext":{{"privileged":true}}}}],"initContainers":[{{"name":"b","image":"{second}"}}]}}}}"#
        )
    };
    let event = |id: &str, level: &str, body: &str| {
        format!(
            r#"{{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"{level}","auditID":"{id}","stage":"ResponseComplete","requestURI":"/x","verb":"create","user":{{"username":"u"}},"objectRef":{{"resource":"pods","namespace":"web"}},"responseStatus":{{"code":201}}{body},"stageTimestamp":"2031-04-05T06:07:08.000000Z"}}"#
        )
    };
    let (same, other) =
        (pod("same", "bad.example/x", "good.example/y"), pod("other", "good.example/y", "bad.example/x"));
    let body = |pod: &str| format!(r#","requestObject":{pod}"#);
    let lines = [
        event("hit", "Request", &body(&same)),
        event("two-elements", "Request", &body(&other)),
        event("unknown", "Metadata", ""),
        same,
        other,
    ];
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("events.jsonl");
    std::fs::write(&input, lines.join("\n")).unwrap();
    let found = replay(&case_of(&folder, &[input]), &set);
    assert_eq!(hits_of(&found, "t"), BTreeSet::from(["hit".to_owned()]));
    let standing = found.findings.iter().flat_map(|f| &f.events).filter(|event| event.stands());
    let standing: Vec<String> = standing.filter_map(|event| event.object()).collect();
    assert_eq!(standing, ["pods web/same"]);
    assert_eq!(found.untold[0].audit_ids, ["unknown"]);
}
