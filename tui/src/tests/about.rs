//! The page about somebody or something: whom a cell leads to, what it says, and the ways out of it and back.

use super::*;
use crate::ask::*;

/// As the worker does, of the few kinds of this case.
fn thing(whom: &Whom) -> Option<Thing> {
    let (column, value, actor, object) = match whom {
        Whom::Thing(thing) => return Some(thing.clone()),
        Whom::Cell { column, value, actor, object } => (column, value, actor, object),
    };
    let of = |kind: &str, name: &str| Some(Thing { kind: kind.to_string(), name: name.to_string() });
    let user = |name: &str| match name.strip_prefix("system:serviceaccount:") {
        Some(rest) => of("service account", &rest.replace(':', "/")),
        None => of("user", name),
    };
    match (column, value) {
        (Column::Actor, Some(name)) => user(name),
        (Column::Address, Some(name)) => of("address", name),
        (Column::Namespace, Some(name)) => of("namespace", name),
        (Column::Object, Some(name)) if name.starts_with("pods") => of("pod", name.split(' ').next_back()?),
        _ => actor.as_ref().map_or_else(|| of("object", object.as_ref()?), |actor| user(actor)),
    }
}

/// The event concerns it.
pub fn concerns(event: &EventRow, thing: &Thing) -> bool {
    let is = |cell: &Cell, name: &str| cell.as_deref() == Some(name);
    match thing.kind.as_str() {
        "service account" => {
            let user = format!("system:serviceaccount:{}", thing.name.replace('/', ":"));
            let target = event.object.as_ref().is_some_and(|object| object.ends_with(&format!(" {}", thing.name)));
            is(&event.actor, &user) || target
        }
        "pod" => event.object.as_ref().is_some_and(|object| object.ends_with(&format!(" {}", thing.name))),
        "address" => is(&event.address, &thing.name),
        "namespace" => is(&event.namespace, &thing.name),
        _ => is(&event.actor, &thing.name),
    }
}

pub fn entity(desk: &Desk, whom: &Whom, bins: u16) -> Option<Entity> {
    let thing = thing(whom)?;
    let filter = Filter { about: Some(thing.clone()), ..Filter::default() };
    let histogram = desk.histogram(&filter, bins);
    let events: Vec<&EventRow> = desk.under(&filter).collect();
    let tally = |name: &str, column: Column| {
        let values = desk.values(&filter, column, bins, 12);
        let counted = |value: ValueCount| {
            let chips = vec![Chip { column, op: Op::Is, value: value.value.clone() }];
            let filter = Filter { chips, ..filter.clone() };
            let at: Vec<i64> = desk.under(&filter).map(|event| event.time).collect();
            let (first, last) = (at.first().copied().unwrap_or(0), at.last().copied().unwrap_or(0));
            Counted { value: value.value, count: value.count, first, last, bins: value.bins }
        };
        let rows = values.rows.into_iter().map(counted).collect();
        Tally { name: name.to_string(), column: Some(column), rows, distinct: values.distinct }
    };
    // What it is in its events: nothing a column of the timeline has.
    let part = Tally {
        name: "its part in them".to_string(),
        column: None,
        rows: vec![Counted {
            value: Some(desk.text("acted")),
            count: events.len() as u64,
            first: events.first().map_or(0, |event| event.time),
            last: events.last().map_or(0, |event| event.time),
            bins: histogram.bins.clone(),
        }],
        distinct: 1,
    };
    let found = desk.findings();
    let acted = thing.kind == "service account" && thing.name == "web/ci";
    let rows: Vec<FindingRow> = if acted { found.rows } else { Vec::new() };
    let state = Standing {
        id: RecordId { evidence: 1, offset: 843_118, len: 700 },
        time: Some(events.first().map_or(0, |event| event.time)),
        what: desk.text("Pod web/api-7d9 in snapshot.yaml:4096"),
    };
    let change = Change {
        time: None,
        actor: Some(desk.text("system:serviceaccount:web:ci")),
        what: desk.text("patch → 200"),
        changes: vec![desk.text("spec.replicas: 1 → 3")],
    };
    let pod = thing.kind == "pod";
    Some(Entity {
        called: if acted { vec![desk.text("the pipeline")] } else { Vec::new() },
        events: events.len() as u64,
        hits: events.iter().filter(|event| event.finding.is_some()).count() as u64,
        first: events.first().map(|event| event.time),
        last: events.last().map(|event| event.time),
        from: histogram.from,
        to: histogram.to,
        bins: histogram.bins,
        tallies: vec![part, tally("verb", Column::Verb), tally("address", Column::Address)],
        objects: tally("object", Column::Object),
        findings_in_all: rows.len() as u64,
        findings: rows,
        states: if pod { vec![state] } else { Vec::new() },
        history: if pod { vec![change] } else { Vec::new() },
        related: vec![Thing { kind: "pod".to_string(), name: "web/api-7d9".to_string() }],
        remarks: vec![desk.text("no get or list was recorded: what it read is invisible here")],
        thing,
    })
}

fn about(width: u16, height: u16, keys: &str) -> (Stage, Desk) {
    let (mut stage, desk) = open(width, height);
    stage.play(&desk, "2").play(&desk, keys);
    (stage, desk)
}

#[test]
fn the_page_of_an_account_at_80_by_24() {
    let (stage, _) = about(80, 24, "e *");
    insta::assert_snapshot!(framed(&stage.screen()), @r###"
    | 1 Overview  2 Timeline  3 Findings  4 SQL  5 Snapshot  6 Rules  7 Case [About]
    | service account web/ci                                 3 events, 3 in findings
    | seen Mar 12 02:09:11 – 02:21:07 UTC   11m56s   also called the pipeline
    |                ███      ███            ███      ┄┄┄┄┄┄
    |                ▲▲▲      ▲▲▲            ▲▲▲
    | no get or list was recorded: what it read is invisible here
    | its part in them
    |>      3       █  █    █  ┄┄        acted                              02:09:11
    |
    | findings on it  2
    | critical Token minted then cluster-admin                       Mar 12 02:14:03
    | high     Exec into a pod from outside                          Mar 12 02:14:03
    |
    | verb
    |       2          █    █  ┄┄        create                             02:14:03
    |       1       █          ┄┄        list                               02:09:11
    |
    | object
    |       1          █       ┄┄        pods/exec web/api-7d9              02:14:03
    |       1       █          ┄┄        secrets                            02:09:11
    |       1               █  ┄┄        serviceaccounts/token …/deployer   02:21:07
    |                                                                               ▾
    | 1 of 10   Mar 12 02:09:11 – Mar 12 02:21:07                               idle
    | > events  Tab next part  F5 reload  Esc back  ? keys
    "###);
}

#[test]
fn the_page_of_a_pod_at_120_by_40() {
    let (stage, _) = about(120, 40, "e e l l l *");
    insta::assert_snapshot!(framed(&stage.screen()), @r###"
    | 1 Overview  2 Timeline  3 Findings  4 SQL  5 Snapshot  6 Rules  7 Case [About]                         coldcase breach
    | pod web/api-7d9                                                                                 1 event, 1 in findings
    | seen Mar 12 02:14:03 – 02:14:03 UTC   0µs
    |                                 ████                            ┄┄┄┄┄┄┄┄
    |                                 ▲▲▲▲
    | no get or list was recorded: what it read is invisible here
    | its part in them
    |>      1          █       ┄┄        acted                                             Mar 12 02:14:03 – Mar 12 02:14:03
    |
    | findings on it  none
    |
    | verb
    |       1          █       ┄┄        create                                            Mar 12 02:14:03 – Mar 12 02:14:03
    |
    | object
    |       1          █       ┄┄        pods/exec web/api-7d9                             Mar 12 02:14:03 – Mar 12 02:14:03
    |
    | address
    |       1          █       ┄┄        203.0.113.7                                       Mar 12 02:14:03 – Mar 12 02:14:03
    |
    | named with it
    | pod             web/api-7d9
    |
    | in snapshots
    | Mar 12 02:14:03  Pod web/api-7d9 in snapshot.yaml:4096
    |
    | what became of it
    | no time          system:serviceaccount:web:ci  patch → 200
    |     spec.replicas: 1 → 3
    |
    |
    |
    |
    |
    |
    |
    |
    |
    | 1 of 6   Mar 12 02:14:03 – Mar 12 02:14:03                                                                        idle
    | > events  Tab next part  F5 reload  Esc back  ? keys
    "###);
}

#[test]
fn a_page_shows_what_is_known_while_the_rest_is_read() {
    for (width, height) in [(80, 24), (120, 40), (200, 60)] {
        let (mut stage, desk) = open(width, height);
        stage.play(&desk, "2 e").press("*").settle_some(&desk, 1);
        let screen = stage.screen();
        assert!(screen.contains("3 events, … in findings") && screen.contains("acted"), "{screen}");
        assert!(screen.contains("findings on it  …") && screen.contains("  list "), "{screen}");
        match width {
            80 => insta::assert_snapshot!(framed(&screen), @r###"
            | 1 Overview  2 Timeline  3 Findings  4 SQL  5 Snapshot  6 Rules  7 Case [About]
            | service account web/ci                                 3 events, … in findings
            | seen Mar 12 02:09:11 – 02:21:07 UTC   11m56s   also called the pipeline
            |                ███      ███            ███      ┄┄┄┄┄┄
            |                ▲▲▲      ▲▲▲            ▲▲▲
            | no get or list was recorded: what it read is invisible here
            | its part in them
            |>      3       █  █    █  ┄┄        acted                              02:09:11
            |
            | findings on it  …
            |
            | verb
            |       2          █    █  ┄┄        create                             02:14:03
            |       1       █          ┄┄        list                               02:09:11
            |
            | object  …
            |
            | address
            |       3       █  █    █  ┄┄        203.0.113.7                        02:09:11
            |
            | in snapshots, and what became of it  …
            |
            | 1 of 4   Mar 12 02:09:11 – Mar 12 02:21:07                loading, Esc stops |
            | > events  Tab next part  F5 reload  Esc back  ? keys
            "###),
            120 => insta::assert_snapshot!(framed(&screen), @r###"
            | 1 Overview  2 Timeline  3 Findings  4 SQL  5 Snapshot  6 Rules  7 Case [About]                         coldcase breach
            | service account web/ci                                                                         3 events, … in findings
            | seen Mar 12 02:09:11 – 02:21:07 UTC   11m56s   also called the pipeline
            |                     ████        ████                ████        ┄┄┄┄┄┄┄┄
            |                     ▲▲▲▲        ▲▲▲▲                ▲▲▲▲
            | no get or list was recorded: what it read is invisible here
            | its part in them
            |>      3       █  █    █  ┄┄        acted                                             Mar 12 02:09:11 – Mar 12 02:21:07
            |
            | findings on it  …
            |
            | verb
            |       2          █    █  ┄┄        create                                            Mar 12 02:14:03 – Mar 12 02:21:07
            |       1       █          ┄┄        list                                              Mar 12 02:09:11 – Mar 12 02:09:11
            |
            | object  …
            |
            | address
            |       3       █  █    █  ┄┄        203.0.113.7                                       Mar 12 02:09:11 – Mar 12 02:21:07
            |
            | in snapshots, and what became of it  …
            |
            |
            |
            |
            |
            |
            |
            |
            |
            |
            |
            |
            |
            |
            |
            |
            |
            | 1 of 4   Mar 12 02:09:11 – Mar 12 02:21:07                                                        loading, Esc stops |
            | > events  Tab next part  F5 reload  Esc back  ? keys
            "###),
            _ => insta::assert_snapshot!(framed(&screen), @r###"
            | 1 Overview  2 Timeline  3 Findings  4 SQL  5 Snapshot  6 Rules  7 Case [About]                                                                                                         coldcase breach
            | service account web/ci                                                                                                                                                         3 events, … in findings
            | seen Mar 12 02:09:11 – 02:21:07 UTC   11m56s   also called the pipeline
            |                                         ████████                ████████                                ████████                ┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄
            |                                         ▲▲▲▲▲▲▲▲                ▲▲▲▲▲▲▲▲                                ▲▲▲▲▲▲▲▲
            | no get or list was recorded: what it read is invisible here                                         findings on it  …
            | its part in them
            |>      3       █  █    █  ┄┄        acted                                                 02:09:11   in snapshots, and what became of it  …
            |
            | verb
            |       2          █    █  ┄┄        create                                                02:14:03
            |       1       █          ┄┄        list                                                  02:09:11
            |
            | object  …
            |
            | address
            |       3       █  █    █  ┄┄        203.0.113.7                                           02:09:11
            |
            |
            |
            |
            |
            |
            |
            |
            |
            |
            |
            |
            |
            |
            |
            |
            |
            |
            |
            |
            |
            |
            |
            |
            |
            |
            |
            |
            |
            |
            |
            |
            |
            |
            |
            |
            |
            |
            |
            |
            |
            | 1 of 4   Mar 12 02:09:11 – Mar 12 02:21:07                                                                                                                                        loading, Esc stops |
            | > events  Tab next part  F5 reload  Esc back  ? keys
            "###),
        }
        // The cursor stays on its line, whatever comes before it.
        stage.press("j");
        let here = |stage: &Stage| cursor_line(stage).chars().take(78).collect::<String>();
        let before = here(&stage);
        stage.settle(&desk);
        let screen = stage.screen();
        assert_eq!(here(&stage), before, "{screen}");
        assert!(screen.contains("3 events, 3 in findings") && screen.contains("findings on it  2"), "{screen}");
    }
}

#[test]
fn reading_the_rest_of_a_page_stops_at_esc_and_goes_on_when_asked() {
    let (mut stage, desk) = open(80, 24);
    stage.play(&desk, "2 e").press("*").settle_some(&desk, 1).press("Esc");
    let screen = stage.screen();
    assert!(screen.contains("[About]") && screen.contains("findings on it  not read: ^r asks for it"), "{screen}");
    stage.asked.clear();
    stage.press("F5");
    let (ticket, request) = stage.asked.remove(0);
    assert!(matches!(request, Request::Entity { piece: Piece::Findings, .. }), "{request:?}");
    stage.send(Msg::Failed(ticket, "the disk is gone".to_string()));
    let screen = stage.screen();
    assert!(
        screen.contains("The rest of the page could not be made:") && screen.contains("the disk is gone"),
        "{screen}"
    );
    stage.play(&desk, "F5");
    assert!(stage.screen().contains("findings on it  2"), "{}", stage.screen());
}

#[test]
fn on_a_wide_screen_what_is_known_besides_stands_at_the_right() {
    let (stage, _) = about(200, 60, "e *");
    let screen = stage.screen();
    let line = screen.lines().find(|line| line.contains("findings on it")).unwrap_or("");
    assert!(line.find("findings on it") > Some(90), "{screen}");
    assert!(screen.contains("named with it") && screen.contains("secrets"), "{screen}");
}

#[test]
fn a_cell_that_names_nobody_leads_to_the_actor() {
    for keys in ["e *", "e l *", "e l l *"] {
        let (stage, _) = about(80, 24, keys);
        assert!(stage.screen().contains("service account web/ci"), "{keys}: {}", stage.screen());
    }
}

#[test]
fn its_events_are_a_filter_and_every_way_leads_back_to_the_same_place() {
    let (mut stage, desk) = about(80, 24, "e e *");
    let page = stage.screen();
    stage.play(&desk, ">");
    let screen = stage.screen();
    assert!(screen.contains("[2 Timeline]") && screen.contains("about=service account web/ci"), "{screen}");
    assert!(screen.contains("of 3, 44 in all") || screen.contains("of 3, 38 in all"), "{screen}");
    stage.play(&desk, "Esc");
    assert_eq!(stage.screen(), page);
    let (mut stage, desk) = about(80, 24, "e e");
    let timeline = stage.screen();
    stage.play(&desk, "* j j Esc");
    assert_eq!(stage.screen(), timeline);
}

#[test]
fn one_page_leads_to_another_and_back_to_its_line() {
    let (mut stage, desk) = about(80, 24, "e * G");
    let page = stage.screen();
    assert!(cursor_line(&stage).contains("web/api-7d9"), "{page}");
    stage.play(&desk, "Enter");
    assert!(stage.screen().contains(" pod web/api-7d9"), "{}", stage.screen());
    stage.play(&desk, "Esc");
    assert_eq!(stage.screen(), page);
    stage.play(&desk, "Esc");
    assert!(stage.screen().contains("[2 Timeline]"));
}

#[test]
fn a_value_of_the_page_leads_to_its_events_and_a_finding_to_itself() {
    let (mut stage, desk) = about(80, 24, "e *");
    stage.play(&desk, "Enter");
    assert!(stage.screen().contains("this leads nowhere"), "{}", stage.screen());
    stage.play(&desk, "Tab");
    assert!(cursor_line(&stage).contains("Token minted"), "{}", stage.screen());
    stage.play(&desk, "Enter");
    assert!(stage.screen().contains("[3 Findings]") && cursor_line(&stage).contains("Token minted"));
    stage.play(&desk, "Esc j j Enter");
    let screen = stage.screen();
    assert!(screen.contains("[2 Timeline]") && screen.contains("verb=create"), "{screen}");
}

#[test]
fn who_acted_in_a_finding_has_a_page_and_so_has_an_object_and_a_value() {
    let (mut stage, desk) = open(80, 24);
    stage.play(&desk, "3 *");
    assert!(stage.screen().contains("service account web/ci"), "{}", stage.screen());
    stage.play(&desk, "Esc");
    assert!(stage.screen().contains("[3 Findings]"));
    stage.play(&desk, "2 l v j *");
    assert!(stage.screen().contains("service account web/ci"), "{}", stage.screen());
    stage.play(&desk, "Esc");
    assert!(stage.screen().contains("of actor"), "the values are still open: {}", stage.screen());
}

#[test]
fn a_page_that_fails_says_why_and_is_asked_for_again() {
    let (mut stage, desk) = about(80, 24, "e");
    stage.press("*");
    let (ticket, _) = stage.asked.pop().expect("the page");
    stage.send(Msg::Failed(ticket, "the disk is gone".to_string()));
    assert!(stage.screen().contains("the disk is gone") && stage.screen().contains("^r tries again"));
    stage.play(&desk, "^r");
    assert!(stage.screen().contains("service account web/ci"), "{}", stage.screen());
}
