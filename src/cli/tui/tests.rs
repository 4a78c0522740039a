//! The worker over a case of eight requests and two objects, whose answers are counted by hand.

mod logs;

use std::fs;
use std::sync::atomic::AtomicBool;

use coldcase_tui::ask::{
    Cell, Chip, Column, Direction, Entity, Filter, Note, Op, Piece, Subject, Thing, Want, Whom, Window,
};
use serde_json::{Value, json};

use super::{Ask, Desk};
use crate::case::Case;
use crate::cli::ByArg;

const AT: &str = "2031-04-05T06:07:08.000000Z";
const MINUTE: i64 = 60_000_000;
/// 2026-03-12T02:00:00Z.
const START: i64 = 1_773_280_800_000_000;
const CI: &str = "system:serviceaccount:web:ci";

fn request(minute: u32, who: &str, verb: &str, resource: &str, name: &str, more: Value) -> Value {
    let (resource, sub) = resource.split_once('/').map_or((resource, None), |(resource, sub)| (resource, Some(sub)));
    let mut event = json!({
        "kind": "Event", "apiVersion": "audit.k8s.io/v1", "level": "RequestResponse", "stage": "ResponseComplete",
        "auditID": format!("00000000-0000-0000-0000-0000000000{minute:02}"), "verb": verb,
        "requestURI": format!("/api/v1/namespaces/web/{resource}/{name}"), "user": {"username": who},
        "sourceIPs": ["203.0.113.7"], "userAgent": "curl/8",
        "objectRef": {"resource": resource, "namespace": "web", "name": name, "apiVersion": "v1", "subresource": sub},
        "responseStatus": {"code": 200},
        "requestReceivedTimestamp": format!("2026-03-12T02:{minute:02}:00.000000Z"),
        "stageTimestamp": format!("2026-03-12T02:{minute:02}:00.000000Z")
    });
    for (key, value) in more.as_object().into_iter().flatten() {
        event[key] = value.clone();
    }
    event
}

/// ci reads three secrets, opens a shell and mints a token; the pod's own token reads; bob acts as ci and writes a pod that
/// runs as it.
fn desk(folder: &std::path::Path) -> Desk {
    let bound = json!({"user": {"username": "system:serviceaccount:web:api",
        "extra": {"authentication.kubernetes.io/pod-name": ["api-0"]}}});
    let as_ci = json!({"impersonatedUser": {"username": CI}, "sourceIPs": ["10.0.0.4"]});
    let pod = |image: &str| {
        json!({"requestObject": {"kind": "Pod", "spec": {"serviceAccountName": "ci",
            "containers": [{"name": "c", "image": image}]}}, "responseStatus": {"code": 201}})
    };
    let events = [
        request(0, CI, "get", "secrets", "db", json!({})),
        request(1, CI, "get", "secrets", "tls", json!({})),
        request(2, "bob", "get", "secrets", "db", as_ci),
        request(3, CI, "get", "secrets", "db", json!({})),
        request(4, CI, "create", "pods/exec", "api-0", json!({"responseStatus": {"code": 101}})),
        request(5, CI, "create", "serviceaccounts/token", "ci", json!({"responseStatus": {"code": 201}})),
        request(6, "system:serviceaccount:web:api", "get", "configmaps", "x", bound),
        request(7, "bob", "create", "pods", "dbg", pod("alpine:3")),
        request(8, "bob", "create", "pods", "dbg2", pod("alpine:3.19")),
    ];
    let text: String = events.iter().map(|event| format!("{event}\n")).collect();
    let path = folder.join("audit.jsonl");
    fs::write(&path, text).unwrap();
    let object = |kind: &str, name: &str, spec: Value| {
        json!({"kind": kind, "apiVersion": "v1", "spec": spec,
            "metadata": {"name": name, "namespace": "web", "creationTimestamp": "2026-03-12T01:50:00Z", "uid": name}})
    };
    let spec =
        json!({"serviceAccountName": "api", "nodeName": "aks-1", "containers": [{"name": "c", "image": "api:1"}]});
    let items = [object("Pod", "api-0", spec), object("ServiceAccount", "ci", json!({}))];
    let list = json!({"kind": "List", "apiVersion": "v1", "items": items});
    let snapshot = folder.join("objects.json");
    fs::write(&snapshot, list.to_string()).unwrap();
    let dir = folder.join("case");
    let mut case = Case::create(&dir, AT).unwrap();
    case.ingest(&[path, snapshot], AT, &mut |_| {}).unwrap();
    Desk::open(Case::open(&dir).unwrap(), ByArg::unknown(), None).unwrap()
}

/// Lets a question be asked of a new desk.
fn ask<T>(question: impl FnOnce(&Ask<'_>) -> T) -> T {
    let folder = tempfile::tempdir().unwrap();
    let desk = desk(folder.path());
    let stop = AtomicBool::new(false);
    question(&Ask { desk: &desk, stop: &stop })
}

fn thing(kind: &str, name: &str) -> Thing {
    Thing { kind: kind.into(), name: name.into() }
}

/// The page, piece by piece as the screens ask for it.
fn whole(ask: &Ask<'_>, whom: &Whom, bins: u16) -> crate::error::Result<Entity> {
    let mut page = Entity::default();
    for piece in Piece::ALL {
        page.take(piece, ask.entity(whom, bins, piece)?);
    }
    Ok(page)
}

/// The page, after it was seen that the timeline of the entity has as many events.
fn page(ask: &Ask<'_>, kind: &str, name: &str) -> Entity {
    let page = whole(ask, &Whom::Thing(thing(kind, name)), 8).unwrap();
    let filter = Filter { about: Some(thing(kind, name)), ..Filter::default() };
    assert_eq!(ask.timeline(&filter, 0, 50).unwrap().total.known(), page.events, "{kind} {name}");
    assert_eq!(page.bins.iter().map(|bin| bin.count).sum::<u64>(), page.events, "{kind} {name}");
    page
}

fn counts(page: &Entity, tally: &str) -> Vec<(Cell, u64)> {
    let tally = page.tallies.iter().find(|one| one.name == tally);
    tally.map_or(Vec::new(), |tally| tally.rows.iter().map(|row| (row.value.clone(), row.count)).collect())
}

fn some(values: &[(&str, u64)]) -> Vec<(Cell, u64)> {
    values.iter().map(|(value, count)| (Some((*value).to_owned()), *count)).collect()
}

#[test]
fn an_account_is_known_by_what_it_did_what_was_done_to_it_and_what_stands() {
    ask(|ask| {
        let page = page(ask, "service account", "web/ci");
        // Five of its own, bob's as it, two pods that run as it, and the object. Minting its own token counts once.
        assert_eq!(
            counts(&page, "its part in them"),
            some(&[
                ("acted", 5),
                ("a written workload runs as it", 2),
                ("somebody acted as it", 1),
                ("stands in a snapshot", 1)
            ])
        );
        assert_eq!(page.events, 9);
        assert_eq!((page.first, page.last), (Some(START - 10 * MINUTE), Some(START + 8 * MINUTE)));
        assert_eq!(counts(&page, "verb"), some(&[("create", 4), ("get", 4), ("created", 1)]));
        assert_eq!(counts(&page, "address")[0], (Some("203.0.113.7".to_owned()), 7));
        assert_eq!(page.states.len(), 1);
        assert!(page.states[0].what.starts_with("ServiceAccount web/ci in objects.json:"), "{}", page.states[0].what);
    });
}

#[test]
fn a_pod_is_known_by_its_token_by_what_was_done_to_it_and_by_what_it_runs_as() {
    ask(|ask| {
        let page = page(ask, "pod", "web/api-0");
        assert_eq!(
            counts(&page, "its part in them"),
            some(&[("its token acted", 1), ("stands in a snapshot", 1), ("was acted on", 1)])
        );
        let related: Vec<String> = page.related.iter().map(|one| format!("{} {}", one.kind, one.name)).collect();
        assert_eq!(related, ["service account web/api", "node aks-1", "image api:1"]);
    });
}

#[test]
fn every_kind_of_entity_has_its_events_and_a_name_is_not_taken_for_another() {
    ask(|ask| {
        for (kind, name, events) in [
            ("user", "bob", 3),
            ("image", "alpine:3", 1),
            ("address", "203.0.113.7", 8),
            ("address", "10.0.0.4", 1),
            ("namespace", "web", 11),
            ("object", "secrets web/db", 3),
            ("pod", "web/dbg", 1),
        ] {
            assert_eq!(page(ask, kind, name).events, events, "{kind} {name}");
        }
        let private = page(ask, "address", "10.0.0.4").remarks;
        assert!(private.iter().any(|words| words.contains("it names nobody")), "{private:?}");
    });
}

#[test]
fn a_cell_leads_to_whom_it_names_else_to_the_actor_else_to_the_object() {
    ask(|ask| {
        let of = |column: Column, value: &str, actor: Option<&str>, object: Option<&str>| {
            let cell = |text: Option<&str>| text.map(str::to_owned);
            let whom = Whom::Cell { column, value: cell(Some(value)), actor: cell(actor), object: cell(object) };
            ask.entity(&whom, 4, Piece::Events).map(|page| format!("{} {}", page.thing.kind, page.thing.name))
        };
        assert_eq!(of(Column::Object, "pods/exec web/api-0", Some(CI), None).unwrap(), "pod web/api-0");
        assert_eq!(of(Column::Verb, "get", Some(CI), None).unwrap(), "service account web/ci");
        assert_eq!(of(Column::Verb, "created", None, Some("Pod web/api-0")).unwrap(), "pod web/api-0");
        assert!(of(Column::Verb, "get", None, None).unwrap_err().to_string().contains("names no user"));
        assert!(of(Column::Object, "hello world", None, None).is_err(), "two words of a log are no object");
    });
}

#[test]
fn identities_that_people_gave_one_name_are_one_entity() {
    ask(|ask| {
        ask.note(&Note::Name { of: "bob".into(), is: "Robert".into() }).unwrap();
        ask.note(&Note::Name { of: "7b1e4c52".into(), is: "Robert".into() }).unwrap();
        let page = page(ask, "user", "7b1e4c52");
        assert_eq!((page.events, page.called), (3, vec!["Robert".to_owned(), "bob".to_owned()]));
    });
}

#[test]
fn repeats_fold_and_what_is_folded_is_still_counted_found_and_shown() {
    ask(|ask| {
        let fold = |open: Vec<_>| Filter { fold: Some(open), ..Filter::default() };
        // The three reads of ci are one line though bob's stands between them; the two pods bob wrote are another.
        let folded = ask.timeline(&fold(vec![]), 0, 50).unwrap();
        assert_eq!((folded.total.known(), folded.events, folded.all), (8, 11, 11));
        let line = folded.rows.iter().find(|row| row.fold.is_some()).unwrap();
        let run = line.fold.unwrap();
        assert_eq!((run.events, run.objects, run.last), (3, 2, START + 3 * MINUTE));
        assert_eq!((line.actor.as_deref(), line.time), (Some(CI), START));
        // Its events are found on it, and stand by themselves once it is unfolded.
        let all = ask.timeline(&Filter::default(), 0, 50).unwrap();
        let third = all.rows.iter().find(|row| row.time == START + 3 * MINUTE).unwrap();
        let place = ask.locate(&fold(vec![]), third.id, third.time).unwrap();
        assert_eq!((folded.rows[place.row as usize].id, place.exact), (line.id, false));
        let open = fold(vec![line.id]);
        assert_eq!(ask.timeline(&open, 0, 50).unwrap().total.known(), 10);
        assert!(ask.locate(&open, third.id, third.time).unwrap().exact);
        // A note on one that is folded away is told on the line, and steps to notes stop there.
        ask.note(&Note::Mark(Subject::Event(third.id))).unwrap();
        let folded = ask.timeline(&fold(vec![]), 0, 50).unwrap();
        assert_eq!(folded.rows[place.row as usize].fold.unwrap().noted, 1);
        let back = ask.seek(&fold(vec![]), &Want::Noted, 7, Direction::Back).unwrap();
        assert_eq!(back, Some(place.row));
        let chip = Chip { column: Column::Actor, op: Op::Is, value: Some("bob".into()) };
        let bobs = Filter { chips: vec![chip], ..fold(vec![]) };
        assert_eq!(ask.timeline(&bobs, 0, 50).unwrap().total.known(), 2);
        assert_eq!(ask.seek(&fold(vec![]), &Want::Text("tls".into()), 7, Direction::Back).unwrap(), Some(place.row));
    });
}

#[test]
fn two_events_differ_where_they_do_and_two_windows_by_who_what_and_whence() {
    ask(|ask| {
        let all = ask.timeline(&Filter::default(), 0, 50).unwrap().rows;
        let at = |minute: i64| all.iter().find(|row| row.time == START + minute * MINUTE).unwrap().id;
        let compared = ask.compare(at(7), at(8)).unwrap();
        let different: Vec<&str> =
            compared.rows.iter().filter(|row| row.a != row.b).map(|row| row.path.as_str()).collect();
        assert!(different.contains(&"request_object.spec.containers[0].image"), "{different:?}");
        assert!(different.contains(&"name") && !different.contains(&"user_name"), "{different:?}");
        assert!(!different.contains(&"request_object.spec.serviceAccountName"), "{different:?}");
        let window = |from: i64, to: i64| Window { from: Some(START + from * MINUTE), to: Some(START + to * MINUTE) };
        let between = ask.between(window(0, 4), window(4, 9)).unwrap();
        assert_eq!((between.a, between.b), (4, 5));
        let part = |name: &str| {
            let part = between.parts.iter().find(|part| part.name == name).unwrap();
            let row = |row: &coldcase_tui::ask::InEach| (row.value.clone().unwrap_or_default(), row.a, row.b);
            part.rows.iter().map(row).collect::<Vec<_>>()
        };
        let text = str::to_owned;
        assert_eq!(part("who"), [(text("system:serviceaccount:web:api"), 0, 1), (text(CI), 3, 2), (text("bob"), 1, 2)]);
        assert_eq!(part("from where"), [(text("10.0.0.4"), 1, 0), (text("203.0.113.7"), 3, 5)]);
        assert_eq!(part("what")[..2], [(text("get secrets"), 4, 0), (text("create pods"), 0, 2)]);
    });
}

#[test]
fn a_window_that_is_named_is_listed_until_it_is_taken_back() {
    ask(|ask| {
        ask.note(&Note::Window { name: "later".into(), from: START + MINUTE, to: START + 2 * MINUTE }).unwrap();
        ask.note(&Note::Window { name: "first".into(), from: START, to: START + MINUTE }).unwrap();
        let named = ask.windows().unwrap();
        assert_eq!(named.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(), ["first", "later"]);
        assert_eq!(named[0].window, Window { from: Some(START), to: Some(START + MINUTE) });
        let line = ask.case_file().unwrap().notes.into_iter().find(|note| note.text == "first").unwrap();
        assert_eq!((line.kind.as_str(), line.window), ("window", Some(named[0].window)));
        ask.note(&Note::TakeBack(named[0].id.clone())).unwrap();
        assert_eq!(ask.windows().unwrap().len(), 1);
        assert!(ask.note(&Note::Window { name: String::new(), from: 1, to: 2 }).is_err());
    });
}

#[test]
fn a_query_that_is_saved_is_listed_asked_and_swept_and_one_that_cannot_be_asked_is_refused() {
    ask(|ask| {
        let given = vec![("who".to_owned(), "bob".to_owned()), ("least".to_owned(), "2".to_owned())];
        let text = "SELECT verb, count(*) AS n FROM audit WHERE user_name = $who GROUP BY 1 HAVING count(*) >= $least";
        let answer = ask.grid(text, &given, 10).unwrap();
        assert_eq!(answer.rows, [[Some("create".to_owned()), Some("2".to_owned())]]);
        let words = ask.save_hunt("mine", "What bob did", text, &given).unwrap();
        assert!(words.contains("hunt mine is in ") && words.ends_with("case.hunts/mine.sql"), "{words}");
        let tables = ask.tables().unwrap();
        let own = tables.iter().find(|table| table.name == "own hunt mine").unwrap();
        let call = own.call.as_ref().unwrap();
        let usual: Vec<(&str, &str)> = call.asks.iter().map(|a| (a.name.as_str(), a.usual.as_str())).collect();
        assert_eq!((call.title.as_str(), usual), ("What bob did", vec![("who", "bob"), ("least", "2")]));
        assert_eq!(ask.grid(&call.text(&[]), &[], 10).unwrap().rows, answer.rows);
        let of_ci = ask.grid(&call.text(&[CI.to_owned(), "3".to_owned()]), &[], 10).unwrap();
        assert_eq!(of_ci.rows, [[Some("get".to_owned()), Some("3".to_owned())]]);
        assert!(ask.save_hunt("other", "", "SELECT nothing FROM audit", &[]).is_err());
        assert!(ask.save_hunt("mine", "", "SELECT 1", &[]).unwrap_err().to_string().contains("already"));
        // What somebody writes there by hand and is no hunt is said to be none.
        std::fs::write(ask.desk.case.dir().with_file_name("case.hunts").join("bad.sql"), "SELECT 1").unwrap();
        assert!(ask.tables().unwrap().iter().any(|table| table.name.starts_with("no hunt: ")));
    });
}

#[test]
fn an_edited_rule_is_run_again_and_compared_and_one_that_is_broken_says_where() {
    ask(|ask| {
        let folder = ask.desk.case.dir().with_file_name("case.rules");
        fs::create_dir(&folder).unwrap();
        let rule = |verb: &str| {
            format!(
                "title: Mine\nname: mine\nlevel: low\nlogsource: {{product: kubernetes, service: audit}}\ndetection:\n  \
                 s: {{objectRef.resource: secrets, verb: {verb}}}\n  t: {{objectRef.name: db}}\n  condition: s and t\n"
            )
        };
        let path = folder.join("mine.yml");
        fs::write(&path, rule("get")).unwrap();
        assert!(ask.rules().unwrap().iter().any(|line| line.rule == "mine" && line.own));
        // Three reads of the secret db: two by ci, one by bob as ci.
        assert_eq!(ask.edit_rule("mine").unwrap(), path.to_string_lossy());
        fs::write(&path, rule("get").replace("objectRef.name: db", "objectRef.name: tls")).unwrap();
        let changed = ask.run_rule("mine").unwrap().changed.unwrap();
        assert_eq!((changed.gained, changed.lost, changed.same), (1, 3, 0));
        let told: Vec<(bool, &str)> = changed.events.iter().map(|(gained, e)| (*gained, e.what.as_str())).collect();
        assert_eq!(told[0], (true, "get secrets web/tls"));
        fs::write(&path, rule("get").replace("s and t", "s")).unwrap();
        let changed = ask.run_rule("mine").unwrap().changed.unwrap();
        assert_eq!((changed.gained, changed.lost, changed.same), (3, 0, 1));
        assert_eq!(ask.run_rule("mine").unwrap().changed.map(|changed| changed.same), Some(4));
        fs::write(&path, rule("get").replace("verb: get", "verb: [")).unwrap();
        let told = ask.run_rule("mine").unwrap_err().to_string();
        assert!(told.contains("mine.yml:"), "{told}");
        // A rule of the pack is edited in a copy, which is then the one that is run; the pack is text in the program.
        let copy = ask.edit_rule("ex-exec").unwrap();
        assert_eq!(copy, folder.join("ex-exec.yml").to_string_lossy());
        let before = ask.run_rule("ex-exec").unwrap();
        assert_eq!(before.changed.map(|changed| (changed.gained, changed.lost)), Some((0, 0)));
        let text = fs::read_to_string(&copy).unwrap();
        fs::write(&copy, text.replace("title:", "title: Another")).unwrap();
        let line = ask.rules().unwrap().into_iter().find(|line| line.rule == "ex-exec").unwrap();
        assert!(line.own && line.title.starts_with("Another"), "{line:?}");
        // The findings that are kept do not know it, and that is said; nor do they know a rule that was never replayed.
        let edited = ask.desk.rulebook.edited(&ask.desk.case);
        assert_eq!(edited.keys().collect::<Vec<_>>(), ["ex-exec", "mine"]);
        let remark = ask.desk.rulebook.remark(&ask.desk.case).unwrap();
        assert_eq!(
            remark,
            "2 rules of your own are not in these findings: ex-exec, mine. coldcase replay --edited replays with them"
        );
        fs::write(&copy, &text).unwrap();
        assert!(!ask.desk.rulebook.edited(&ask.desk.case).contains_key("ex-exec"), "it says what the pack says");
        fs::write(&copy, "nonsense: [").unwrap();
        let line = ask.rules().unwrap().into_iter().find(|line| line.rule == "ex-exec").unwrap();
        assert!(!line.own, "one that cannot be read does not take a rule away");
        assert!(ask.run_rule("ex-exec").unwrap_err().to_string().contains("ex-exec.yml:"));
    });
}

#[test]
fn what_a_merge_would_bring_is_told_before_and_taken_over_once() {
    ask(|ask| {
        let dir = ask.desk.case.dir();
        let other = dir.with_file_name("other");
        let mut bens = Case::create(&other, AT).unwrap();
        bens.ingest(&[dir.with_file_name("audit.jsonl")], AT, &mut |_| {}).unwrap();
        let on = crate::case::Subject::Finding("f".into());
        let name = crate::case::Deed::Window { name: "the night".into(), from: START, to: START + MINUTE };
        bens.note(vec![crate::case::Deed::Mark { on }, name], AT).unwrap();
        let path = other.to_string_lossy().into_owned();
        let coming = ask.coming(&path).unwrap();
        let told: Vec<(&str, &str)> = coming.notes.iter().map(|n| (n.kind.as_str(), n.text.as_str())).collect();
        assert_eq!((told, coming.known, coming.elsewhere), (vec![("mark", ""), ("window", "the night")], 0, 0));
        assert!(ask.case_file().unwrap().notes.is_empty(), "looking writes nothing");
        assert!(ask.note(&Note::Merge(path.clone())).unwrap().ends_with("from other: 2; here already: 0"));
        assert_eq!(ask.windows().unwrap().len(), 1);
        assert_eq!(ask.coming(&path).unwrap().known, 2);
        assert!(ask.coming("nowhere").is_err());
    });
}
