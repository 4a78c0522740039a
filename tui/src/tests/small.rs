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
    |[1 Overview] 2 Timeline  3 Findings  4 SQL                      coldcase breach
    | breach   38 events   evidence: verified
    | UTC             Mar 12 02:00               Mar 12 02:39
    |>Coverage
    |   kube-audit    ▄▄▄▄▄▄▄▄▄█▄▄▄▄█▄▄▄▄▄▄█▄▄█┄┄┄┄┄ ▄▄▄▄▄▄▄█  38  3 cut short
    | Findings
    |   critical      2
    |   high          1
    |   medium        1
    | Look first
    |   ! no evidence from 02:25 to 02:31 (6 min)
    | Cannot tell: 1 blind rules
    |   cr-secret-read             reads are not in this evidence
    |
    |
    |
    |
    |
    |
    |
    |
    |
    | case breach                                                               idle
    | ? keys
    "###);
}

#[test]
fn timeline() {
    insta::assert_snapshot!(played("2 e e"), @r###"
    | 1 Overview [2 Timeline] 3 Findings  4 SQL                      coldcase breach
    | no filter: all events
    | Mar 12 02:00:00   bin 30.0s   ▲ finding  ┄ no evidence         Mar 12 02:39:00
    | ▄ ▄ ▄ ▄ ▄ ▄ ▄ ▄ ▄ █ ▄ ▄ ▄ ▄ █ ▄ ▄ ▄ ▄ ▄ ▄ █ ▄ ▄ ▄▄┄┄┄┄┄┄┄┄┄┄  ▄ ▄ ▄ ▄ ▄ ▄ ▄ ▄▄
    |                   ▲         ▲             ▲      ▲
    | TIME UTC      ACTOR           VERB    OBJECT                 STATUS NAMESPACE
    | 02:01:00.000  …ce@example.org get     configmaps…em/leader-1 200    kube-system
    | 02:02:00.000  …ce@example.org get     configmaps…em/leader-2 200    kube-system
    | 02:03:00.000  …ce@example.org get     configmaps…em/leader-3 200    kube-system
    | 02:04:00.000  …ce@example.org get     configmaps…em/leader-4 200    kube-system
    | 02:05:00.000  …ce@example.org get     configmaps…em/leader-5 200    kube-system
    | 02:06:00.000  …ce@example.org get     configmaps…em/leader-6 200    kube-system
    | 02:07:00.000  …ce@example.org get     configmaps…em/leader-7 200    kube-system
    | 02:08:00.000  …ce@example.org get     configmaps…em/leader-8 200    kube-system
    | 02:09:00.000  …ce@example.org get     configmaps…em/leader-9 200    kube-system
    | 02:09:11.402▲ …account:web:ci list    secrets                403
    | 02:10:00.000  …ce@example.org get     configmaps…m/leader-10 200    kube-system
    | 02:11:00.000  …ce@example.org get     configmaps…m/leader-11 200    kube-system
    | 02:12:00.000  …ce@example.org get     configmaps…m/leader-12 200    kube-system
    | 02:13:00.000  …ce@example.org get     configmaps…m/leader-13 200    kube-system
    | 02:14:00.000  …ce@example.org get     configmaps…m/leader-14 200    kube-system
    |>02:14:03.118▲ …account:web:ci create  pods/exec/web/api-7d9  101    web
    | 17 of 38  UTC Mar 12 2026                                                 idle
    | Enter detail  + keep  - drop  = only  / find  o same actor  f follow  ? keys
    "###);
}

#[test]
fn timeline_with_a_filter() {
    insta::assert_snapshot!(played("2 e f z"), @r###"
    | 1 Overview [2 Timeline] 3 Findings  4 SQL                      coldcase breach
    | actor=system:serviceaccount:web:ci   Mar 12 01:59:26 – Mar 12 02:18:56
    | Mar 12 01:59:26   bin 15.0s   ▲ finding  ┄ no evidence         Mar 12 02:18:56
    |                                        █                  █
    |                                        ▲                  ▲
    | TIME UTC      ACTOR           VERB    OBJECT                 STATUS NAMESPACE
    |>02:09:11.402▲ …account:web:ci list    secrets                403
    | 02:14:03.118▲ …account:web:ci create  pods/exec/web/api-7d9  101    web
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
    | 1 of 2 shown of 38 [filtered]  UTC Mar 12 2026                            idle
    | Enter detail  + keep  - drop  = only  / find  o same actor  f follow  ? keys
    "###);
}

#[test]
fn detail_takes_the_place_of_the_table() {
    insta::assert_snapshot!(played("2 e Enter"), @r###"
    | 1 Overview [2 Timeline] 3 Findings  4 SQL                      coldcase breach
    | no filter: all events
    |▸Record: decoded fields                                                  p turns
    | kube-03.gz:551402  59 bytes
    | hash checked: same as at intake
    | verb                   list
    | user_name              system:serviceaccount:web:ci
    | object                 secrets
    | impersonated_user_name null
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
    | 11 of 38  UTC Mar 12 2026                                                 idle
    | p raw  + keep  - drop  = only  / find  o same actor  f follow  ? keys
    "###);
}

#[test]
fn raw_bytes_of_an_event() {
    insta::assert_snapshot!(played("2 e Enter p"), @r###"
    | 1 Overview [2 Timeline] 3 Findings  4 SQL                      coldcase breach
    | no filter: all events
    |▸Record: raw bytes                                                       p turns
    | kube-03.gz:551402  59 bytes
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
    | 11 of 38  UTC Mar 12 2026                                                 idle
    | p raw  + keep  - drop  = only  / find  o same actor  f follow  ? keys
    "###);
}

#[test]
fn findings_with_the_chain_entered() {
    insta::assert_snapshot!(played("3 Enter j"), @r###"
    | 1 Overview  2 Timeline [3 Findings] 4 SQL                      coldcase breach
    | LEVEL    TITLE                         ACTOR              FIRST UTC          EV
    |>critical Token minted then cluster-ad… …iceaccount:web:ci Mar 12 02:14:03     3
    | high     Exec into a pod from outside  …iceaccount:web:ci Mar 12 02:14:03     1
    |
    |
    |
    |
    |
    |▸token-then-admin critical ─────────────────────────────────────────────────────
    | Token minted then cluster-admin
    | system:serviceaccount:web:ci → clusterrolebindings/x   over 10m26s
    | ① 02:14:03  …ccount:web:ci  create pods/exec/web/api-7d9      kube-03.gz:843118
    | │  +7m04s
    |>② 02:21:07  …ccount:web:ci  create serviceaccounts/token/kube-system/deployer
    | │  kube-03.gz:1267664
    | │  ! body cut at 16 KiB
    | │  +3m22s
    | ③ 02:24:30  …stem:deployer  create clusterrolebindings/x     kube-03.gz:1470090
    | Fired because a token was minted by an actor that never did so, then bound to
    | cluster-admin within 30 minutes.
    |
    | 1 of 2   event 2 of 3                                                     idle
    | Enter open  Tab list/chain  ? keys
    "###);
}

#[test]
fn sql_with_a_result() {
    let (mut stage, desk) = open(80, 24);
    stage.play(&desk, "4").write("select actor, count(*) n").play(&desk, "Enter").write("from timeline group by 1");
    stage.play(&desk, "^j Esc");
    insta::assert_snapshot!(framed(&stage.screen()), @r###"
    | 1 Overview  2 Timeline  3 Findings [4 SQL]                     coldcase breach
    |select actor, count(*) n
    |from timeline group by 1
    |
    |
    |─ 2 of at least 2 rows   0.41 s   3 rows body cut ──────────────────────────────
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
    | row 1 of at least 2                                                       idle
    | i edit  Tab next pane  ^j run  ? keys
    "###);
}

#[test]
fn help_of_the_timeline() {
    insta::assert_snapshot!(played("2 ?"), @r###"
    | 1 Overview [2 Timeline] 3 Findings  4 SQL                      coldcase breach
    | Keys of Timeline    (Esc closes, j k move)
    | Enter         the event in full, beside the table on a wide terminal
    | p             in the detail: decoded fields, raw bytes, raw bytes indented
    | Tab           move between table and detail when both are seen
    | h or ←        the column to the left
    | l or →        the column to the right
    | +             keep rows with this cell's value; on a time: from here on
    | -             drop rows with this cell's value; on a time: up to here
    | =             only this value, no other condition; on a time: a minute around
    | /             find text in any column; other rows stay
    | n             the next match
    | N             the match before
    | &             keep only rows with the text that was searched for
    | o             the next event of the same actor
    | O             the event before of the same actor
    | f             follow the actor: all its events, in every source
    | e             the next event that belongs to a finding
    | E             the event before that belongs to a finding
    | z             half the time, around this event
    | Z             twice the time
    | [             the window half its length earlier
    | 1 of 38  UTC Mar 12 2026                                                  idle
    | Esc closes
    "###);
}
