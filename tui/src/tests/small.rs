//! Every screen at 80x24, the size that must always work.

use super::*;

fn played(keys: &str) -> String {
    let (mut stage, desk) = open(80, 24);
    stage.play(&desk, keys);
    framed(&stage.screen())
}

#[test]
fn overview() {
    insta::assert_snapshot!(played("g"), @r###"
    |[1 Overview] 2 Timeline  3 Findings  4 SQL  5 Snapshot  6 Rules  7 Case
    | 38 events   1 source   Mar 12 2026 02:00:00 – 02:39:00 UTC   39m00s
    | Evidence: verified
    |
    | Coverage      Mar 12 02:00            Mar 12 02:39  UTC   ┄ nothing recorded
    |>kube-audit    ▅▂▂▂▂▂▂▂▅▂▂▂█▂▂▂▂▂▂▅▂▂▅ ┄┄┄ ▂▂▂▂▂▂▂▅        38  3 cut short
    | ! kube-audit: nothing recorded for at least 3m15s, from about Mar 12 02:26:00
    | ! no get or list was recorded: reads are invisible here
    |
    | 4 findings
    | critical      2
    | high          1
    | medium        1
    | low           0
    | info          0
    |
    | 2 blind rules: silence proves nothing here
    | it looks for reads, and none was recorded
    |   ca-secret-burst  ca-secret-list-ns
    |
    |
    |
    | Enter shows 38 events of kube-audit                                       idle
    | Enter open  s sweep  F5 reload  q quit  ? keys
    "###);
}

#[test]
fn timeline() {
    insta::assert_snapshot!(played("2 e e"), @r###"
    | 1 Overview [2 Timeline] 3 Findings  4 SQL  5 Snapshot  6 Rules  7 Case
    | no filter: all events
    | Mar 12 02:00:00   bin 30.0s   ▲ finding  ┄ no evidence         Mar 12 02:39:00
    | ▄ ▄ ▄ ▄ ▄ ▄ ▄ ▄ ▄ █ ▄ ▄ ▄ ▄ █ ▄ ▄ ▄ ▄ ▄ ▄ █ ▄ ▄ ▄▄┄┄┄┄┄┄┄┄┄┄  ▄ ▄ ▄ ▄ ▄ ▄ ▄ ▄▄
    |                   ▲         ▲             ▲      ▲
    | Mar 12 UTC    ACTOR            VERB    OBJECT                  CODE NAMESPACE
    | 02:10:00.000  alice@example.o… get     configmaps …/leader-10  200  kube-system
    | 02:11:00.000  alice@example.o… get     configmaps …/leader-11  200  kube-system
    | 02:12:00.000  alice@example.o… get     configmaps …/leader-12  200  kube-system
    | 02:13:00.000  alice@example.o… get     configmaps …/leader-13  200  kube-system
    | 02:14:00.000  alice@example.o… get     configmaps …/leader-14  200  kube-system
    |>02:14:03.118▲ …:web:ci         create  pods/exec web/api-7d9   101  web
    | 02:15:00.000  alice@example.o… get     configmaps …/leader-15  200  kube-system
    | 02:16:00.000  alice@example.o… get     configmaps …/leader-16  200  kube-system
    | 02:17:00.000  alice@example.o… get     configmaps …/leader-17  200  kube-system
    | 02:18:00.000  alice@example.o… get     configmaps …/leader-18  200  kube-system
    | 02:19:00.000  alice@example.o… get     configmaps …/leader-19  200  kube-system
    | 02:20:00.000  alice@example.o… get     configmaps …/leader-20  200  kube-system
    | 02:21:00.000  alice@example.o… get     configmaps …/leader-21  200  kube-system
    | 02:21:07.664▲ …:web:ci         create  serviceacco…em/deployer 201  kube-system
    | 02:22:00.000  alice@example.o… get     configmaps …/leader-22  200  kube-system
    | 02:23:00.000  alice@example.o… get     configmaps …/leader-23  200  kube-system
    | 17 of 38   Mar 12 2026 UTC   in a high finding   12% without evidence     idle
    | Enter open  h l column  + - filter  = only  / find  o O same actor  ? keys
    "###);
}

#[test]
fn timeline_with_a_filter() {
    insta::assert_snapshot!(played("2 e f z"), @r###"
    | 1 Overview [2 Timeline] 3 Findings  4 SQL  5 Snapshot  6 Rules  7 Case
    | actor=system:serviceaccount:web:ci   Mar 12 01:59:26 – 02:18:56    x shows all
    | Mar 12 01:59:26   bin 15.0s   ▲ finding  ┄ no evidence         Mar 12 02:18:56
    |                                        █                  █
    |                                        ▲                  ▲
    | Mar 12 UTC    ACTOR            VERB    OBJECT                  CODE NAMESPACE
    |>02:09:11.402▲ …:web:ci         list    secrets                 403
    | 02:14:03.118▲ …:web:ci         create  pods/exec web/api-7d9   101  web
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
    | filtered: 1 of 2, 38 in all   Mar 12 2026 UTC   in a medium finding       idle
    | Enter open  h l column  + - filter  = only  a undo  / find  ? keys
    "###);
}

#[test]
fn detail_takes_the_place_of_the_table() {
    insta::assert_snapshot!(played("2 e Enter"), @r###"
    | 1 Overview [2 Timeline] 3 Findings  4 SQL  5 Snapshot  6 Rules  7 Case
    | no filter: all events
    |▸Record: decoded fields                                             p raw bytes
    | kube-03.gz:551402   59 bytes
    | hash checked: same as at intake
    | verb                   list
    | user_name              system:serviceaccount:web:ci
    | object                 secrets
    | null                   impersonated_user_name
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
    | 11 of 38   Mar 12 2026 UTC   in a medium finding   12% without evidence   idle
    | p raw  / find  o O same actor  f follow  v values  c context  Esc back  ? keys
    "###);
}

#[test]
fn raw_bytes_of_an_event() {
    insta::assert_snapshot!(played("2 e Enter p"), @r###"
    | 1 Overview [2 Timeline] 3 Findings  4 SQL  5 Snapshot  6 Rules  7 Case
    | no filter: all events
    |▸Record: raw bytes                                                   p indented
    | kube-03.gz:551402   59 bytes
    | hash checked: same as at intake
    |{"kind":"Event","level":"Metadata","verb":"list","note":""}
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
    | 11 of 38   Mar 12 2026 UTC   in a medium finding   12% without evidence   idle
    | p raw  / find  o O same actor  f follow  v values  c context  Esc back  ? keys
    "###);
}

#[test]
fn findings_with_the_chain_entered() {
    insta::assert_snapshot!(played("3 Enter j"), @r###"
    | 1 Overview  2 Timeline [3 Findings] 4 SQL  5 Snapshot  6 Rules  7 Case
    | LEVEL FINDING                          ACTOR          Mar 12 UTC    EV ATT&CK
    |>crit  Token minted then cluster-admin  …:web:ci       02:14:03       3 T1528 +1
    | high  Exec into a pod from outside     …:web:ci       02:14:03       1 T1528 +1
    |
    |▸token-then-admin critical ─────────────────────────────────────── T1528, T1098
    | Token minted then cluster-admin
    | system:serviceaccount:web:ci → clusterrolebindings x   3 events over 10m26s
    | ① 02:14:03           …:web:ci    create pods/exec web/api-7d9 → 101  …z:843118
    |>② 02:21:07   +7m04s  …:web:ci    ! create servicea…m/deployer → 201  …:1267664
    |   ! body cut at 16 KiB
    | ③ 02:24:30   +3m22s  …:deployer  create clusterrolebindings x → 201  …:1470090
    |
    | Fired because a token was minted by an actor that never did so, then bound to
    | cluster-admin within 30 minutes.
    |
    |
    |
    |
    |
    |
    |
    | 1 of 2   worst first   event 2 of 3                                       idle
    | Enter open  Tab list/chain  f follow  e explain  s sort  Esc back  ? keys
    "###);
}

#[test]
fn sql_with_a_result() {
    let (mut stage, desk) = open(80, 24);
    stage.play(&desk, "4").write("select actor, count(*) n").play(&desk, "Enter").write("from timeline group by 1");
    stage.play(&desk, "^j Esc");
    insta::assert_snapshot!(framed(&stage.screen()), @r###"
    | 1 Overview  2 Timeline  3 Findings [4 SQL] 5 Snapshot  6 Rules  7 Case
    |select actor, count(*) n
    |from timeline group by 1
    |
    |
    |─ the first 2 of at least 2 rows   0.41 s   3 rows body cut ────────────────────
    | actor                         n
    |>system:serviceaccount:web:ci  3
    | null                         12
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
    | row 1 of at least 2   column 1 of 2: actor                                idle
    | i edit  Enter open  Tab next pane  ^j run  ^t timeline  h l column  ? keys
    "###);
}

#[test]
fn help_of_the_timeline() {
    insta::assert_snapshot!(played("2 ?"), @r###"
    | 1 Overview [2 Timeline] 3 Findings  4 SQL  5 Snapshot  6 Rules  7 Case
    | Keys of Timeline                                              lines 1–20 of 81
    | Enter          the event in full, beside the table on a wide terminal
    | p              in the detail: decoded fields, raw bytes, raw bytes indented
    | Tab            move between table and detail when both are seen
    | h or ←         the column to the left
    | l or →         the column to the right
    | +              keep rows with this cell's value; on a time: from here on
    | -              drop rows with this cell's value; on a time: up to here
    | =              only this value, no other condition; on a time: a minute around
    | a              undo the last filter or zoom
    | x              show all: no filter, no window (a brings them back)
    | /              find text in any column; other rows stay
    | n              the next match
    | N              the match before
    | &              keep only rows with the text that was searched for
    | o              the next event of the same actor
    | O              the event before of the same actor
    | f              follow the actor: all its events, in every source
    | v              the values of this column: how often, and when
    | c              what everybody did two minutes before and after this event
    | e              the next event that belongs to a finding
    | 1 of 38   Mar 12 2026 UTC   12% without evidence                          idle
    | Esc close  j k move
    "###);
}
