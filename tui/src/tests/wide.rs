//! Every screen at 120x40, where the detail, the chain and the tables stand beside.

use super::*;

fn played(keys: &str) -> String {
    let (mut stage, desk) = open(120, 40);
    stage.play(&desk, keys);
    framed(&stage.screen())
}

#[test]
fn overview() {
    insta::assert_snapshot!(played("g"), @r###"
    |[1 Overview] 2 Timeline  3 Findings  4 SQL                                                              coldcase breach
    | breach   38 events   evidence: verified
    | UTC             Mar 12 02:00                                                       Mar 12 02:39
    |>Coverage
    |   kube-audit    ▄ ▄ ▄ ▄ ▄ ▄ ▄ ▄ ▄ █ ▄ ▄ ▄ ▄ █ ▄ ▄ ▄ ▄ ▄ ▄ █ ▄ ▄ ▄▄ ┄┄┄┄┄┄┄┄┄  ▄ ▄ ▄ ▄ ▄ ▄ ▄ ▄ ▄  38  3 cut short
    | Findings
    |   critical      2
    |   high          1
    |   medium        1
    | Look first
    |   ! no evidence from 02:25 to 02:31 (6 min)
    | Cannot tell: 1 blind rules
    |   cr-secret-read                       reads are not in this evidence
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
    | case breach                                                                                                       idle
    | ? keys
    "###);
}

#[test]
fn timeline_with_a_tall_strip_and_the_detail_beside() {
    insta::assert_snapshot!(played("2 i e e Enter"), @r###"
    | 1 Overview [2 Timeline] 3 Findings  4 SQL                                                              coldcase breach
    | no filter: all events
    | Mar 12 02:00:00   bin 19.8s   ▲ finding  ┄ no evidence                                                 Mar 12 02:39:00
    |                            █              █                    █
    |                            █              █                    █
    | █  █  █  █  █  █  █  █  █  █  █  █  █  █  █  █  █  █  █  █  █  █  █  █  █ █                  █  █  █  █  █  █  █  █  █
    | █  █  █  █  █  █  █  █  █  █  █  █  █  █  █  █  █  █  █  █  █  █  █  █  █ █ ┄┄┄┄┄┄┄┄┄┄┄┄┄┄   █  █  █  █  █  █  █  █  █
    |                            ▲              ▲                    ▲          ▲
    | TIME UTC      ACTOR            VERB    OBJECT                   │ Record: decoded fields                        p turns
    | 02:00:00.000  …ice@example.org get     configmaps/k…tem/leader-0│ kube-03.gz:843118  61 bytes
    | 02:01:00.000  …ice@example.org get     configmaps/k…tem/leader-1│ hash checked: same as at intake
    | 02:02:00.000  …ice@example.org get     configmaps/k…tem/leader-2│ verb               create
    | 02:03:00.000  …ice@example.org get     configmaps/k…tem/leader-3│ user_name          system:serviceaccount:web:ci
    | 02:04:00.000  …ice@example.org get     configmaps/k…tem/leader-4│ object             pods/exec/web/api-7d9
    | 02:05:00.000  …ice@example.org get     configmaps/k…tem/leader-5│ impersonated_user… null
    | 02:06:00.000  …ice@example.org get     configmaps/k…tem/leader-6│
    | 02:07:00.000  …ice@example.org get     configmaps/k…tem/leader-7│
    | 02:08:00.000  …ice@example.org get     configmaps/k…tem/leader-8│
    | 02:09:00.000  …ice@example.org get     configmaps/k…tem/leader-9│
    | 02:09:11.402▲ …eaccount:web:ci list    secrets                  │
    | 02:10:00.000  …ice@example.org get     configmaps/k…em/leader-10│
    | 02:11:00.000  …ice@example.org get     configmaps/k…em/leader-11│
    | 02:12:00.000  …ice@example.org get     configmaps/k…em/leader-12│
    | 02:13:00.000  …ice@example.org get     configmaps/k…em/leader-13│
    | 02:14:00.000  …ice@example.org get     configmaps/k…em/leader-14│
    |>02:14:03.118▲ …eaccount:web:ci create  pods/exec/web/api-7d9    │
    | 02:15:00.000  …ice@example.org get     configmaps/k…em/leader-15│
    | 02:16:00.000  …ice@example.org get     configmaps/k…em/leader-16│
    | 02:17:00.000  …ice@example.org get     configmaps/k…em/leader-17│
    | 02:18:00.000  …ice@example.org get     configmaps/k…em/leader-18│
    | 02:19:00.000  …ice@example.org get     configmaps/k…em/leader-19│
    | 02:20:00.000  …ice@example.org get     configmaps/k…em/leader-20│
    | 02:21:00.000  …ice@example.org get     configmaps/k…em/leader-21│
    | 02:21:07.664▲ …eaccount:web:ci create  serviceaccou…tem/deployer│
    | 02:22:00.000  …ice@example.org get     configmaps/k…em/leader-22│
    | 02:23:00.000  …ice@example.org get     configmaps/k…em/leader-23│
    | 02:24:00.000  …ice@example.org get     configmaps/k…em/leader-24│
    | 02:24:30.090▲ …system:deployer create  clusterrolebindings/x    │
    | 17 of 38  UTC Mar 12 2026                                                                                         idle
    | p raw  + keep  - drop  = only  / find  o same actor  f follow  e finding  z zoom  ? keys
    "###);
}

#[test]
fn timeline_alone() {
    insta::assert_snapshot!(played("2 e"), @r###"
    | 1 Overview [2 Timeline] 3 Findings  4 SQL                                                              coldcase breach
    | no filter: all events
    | Mar 12 02:00:00   bin 19.8s   ▲ finding  ┄ no evidence                                                 Mar 12 02:39:00
    | ▄  ▄  ▄  ▄  ▄  ▄  ▄  ▄  ▄  █  ▄  ▄  ▄  ▄  █  ▄  ▄  ▄  ▄  ▄  ▄  █  ▄  ▄  ▄ ▄ ┄┄┄┄┄┄┄┄┄┄┄┄┄┄   ▄  ▄  ▄  ▄  ▄  ▄  ▄  ▄  ▄
    |                            ▲              ▲                    ▲          ▲
    | TIME UTC      SOURCE     ACTOR          VERB    OBJECT                STATUS NAMESPACE   AGENT          ADDRESS
    | 02:00:00.000  kube-audit …e@example.org get     configmaps…m/leader-0 200    kube-system kubectl/v1.31  203.0.113.7
    | 02:01:00.000  kube-audit …e@example.org get     configmaps…m/leader-1 200    kube-system kubectl/v1.31  203.0.113.7
    | 02:02:00.000  kube-audit …e@example.org get     configmaps…m/leader-2 200    kube-system kubectl/v1.31  203.0.113.7
    | 02:03:00.000  kube-audit …e@example.org get     configmaps…m/leader-3 200    kube-system kubectl/v1.31  203.0.113.7
    | 02:04:00.000  kube-audit …e@example.org get     configmaps…m/leader-4 200    kube-system kubectl/v1.31  203.0.113.7
    | 02:05:00.000  kube-audit …e@example.org get     configmaps…m/leader-5 200    kube-system kubectl/v1.31  203.0.113.7
    | 02:06:00.000  kube-audit …e@example.org get     configmaps…m/leader-6 200    kube-system kubectl/v1.31  203.0.113.7
    | 02:07:00.000  kube-audit …e@example.org get     configmaps…m/leader-7 200    kube-system kubectl/v1.31  203.0.113.7
    | 02:08:00.000  kube-audit …e@example.org get     configmaps…m/leader-8 200    kube-system kubectl/v1.31  203.0.113.7
    | 02:09:00.000  kube-audit …e@example.org get     configmaps…m/leader-9 200    kube-system kubectl/v1.31  203.0.113.7
    |>02:09:11.402▲ kube-audit …ccount:web:ci list    secrets               403                kubectl/v1.31  203.0.113.7
    | 02:10:00.000  kube-audit …e@example.org get     configmaps…/leader-10 200    kube-system kubectl/v1.31  203.0.113.7
    | 02:11:00.000  kube-audit …e@example.org get     configmaps…/leader-11 200    kube-system kubectl/v1.31  203.0.113.7
    | 02:12:00.000  kube-audit …e@example.org get     configmaps…/leader-12 200    kube-system kubectl/v1.31  203.0.113.7
    | 02:13:00.000  kube-audit …e@example.org get     configmaps…/leader-13 200    kube-system kubectl/v1.31  203.0.113.7
    | 02:14:00.000  kube-audit …e@example.org get     configmaps…/leader-14 200    kube-system kubectl/v1.31  203.0.113.7
    | 02:14:03.118▲ kube-audit …ccount:web:ci create  pods/exec/web/api-7d9 101    web         kubectl/v1.31  203.0.113.7
    | 02:15:00.000  kube-audit …e@example.org get     configmaps…/leader-15 200    kube-system kubectl/v1.31  203.0.113.7
    | 02:16:00.000  kube-audit …e@example.org get     configmaps…/leader-16 200    kube-system kubectl/v1.31  203.0.113.7
    | 02:17:00.000  kube-audit …e@example.org get     configmaps…/leader-17 200    kube-system kubectl/v1.31  203.0.113.7
    | 02:18:00.000  kube-audit …e@example.org get     configmaps…/leader-18 200    kube-system kubectl/v1.31  203.0.113.7
    | 02:19:00.000  kube-audit …e@example.org get     configmaps…/leader-19 200    kube-system kubectl/v1.31  203.0.113.7
    | 02:20:00.000  kube-audit …e@example.org get     configmaps…/leader-20 200    kube-system kubectl/v1.31  203.0.113.7
    | 02:21:00.000  kube-audit …e@example.org get     configmaps…/leader-21 200    kube-system kubectl/v1.31  203.0.113.7
    | 02:21:07.664▲ kube-audit …ccount:web:ci create  serviceacc…m/deployer 201    kube-system kubectl/v1.31  203.0.113.7
    | 02:22:00.000  kube-audit …e@example.org get     configmaps…/leader-22 200    kube-system kubectl/v1.31  203.0.113.7
    | 02:23:00.000  kube-audit …e@example.org get     configmaps…/leader-23 200    kube-system kubectl/v1.31  203.0.113.7
    | 02:24:00.000  kube-audit …e@example.org get     configmaps…/leader-24 200    kube-system kubectl/v1.31  203.0.113.7
    | 02:24:30.090▲ kube-audit …stem:deployer create  clusterrolebindings/x 201                kubectl/v1.31  203.0.113.7
    | 02:31:00.000  kube-audit …e@example.org get     configmaps…/leader-31 200    kube-system kubectl/v1.31  203.0.113.7
    | 02:32:00.000  kube-audit …e@example.org get     configmaps…/leader-32 200    kube-system kubectl/v1.31  203.0.113.7
    | 02:33:00.000  kube-audit …e@example.org get     configmaps…/leader-33 200    kube-system kubectl/v1.31  203.0.113.7
    | 11 of 38  UTC Mar 12 2026                                                                                         idle
    | Enter detail  + keep  - drop  = only  / find  o same actor  f follow  e finding  z zoom  ? keys
    "###);
}

#[test]
fn findings() {
    insta::assert_snapshot!(played("3 Enter"), @r###"
    | 1 Overview  2 Timeline [3 Findings] 4 SQL                                                              coldcase breach
    | LEVEL    TITLE                          ACTOR              ▸token-then-admin critical ─────────────────────────────────
    |>critical Token minted then cluster-adm… …iceaccount:web:ci  Token minted then cluster-admin
    | high     Exec into a pod from outside   …iceaccount:web:ci  system:serviceaccount:web:ci → clusterrolebindings/x   ove…
    |                                                            >① 02:14:03  …ccount:web:ci  create pods/exec/web/api-7d9
    |                                                             │  kube-03.gz:843118
    |                                                             │  +7m04s
    |                                                             ② 02:21:07  …ccount:web:ci  create servicea…system/deployer
    |                                                             │  kube-03.gz:1267664
    |                                                             │  ! body cut at 16 KiB
    |                                                             │  +3m22s
    |                                                             ③ 02:24:30  …stem:deployer  create clusterrolebindings/x
    |                                                             │  kube-03.gz:1470090
    |                                                             Fired because a token was minted by an actor that never did
    |                                                             so, then bound to cluster-admin within 30 minutes.
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
    | 1 of 2   event 1 of 3                                                                                             idle
    | Enter open  Tab list/chain  ? keys
    "###);
}

#[test]
fn sql_with_tables() {
    let (mut stage, desk) = open(120, 40);
    stage.play(&desk, "4").write("select 1").play(&desk, "^j");
    insta::assert_snapshot!(framed(&stage.screen()), @r###"
    | 1 Overview  2 Timeline  3 Findings [4 SQL]                                                             coldcase breach
    |select 1                                                                                   audit  2,310
    |                                                                                             time time
    |                                                                                             verb text
    |                                                                                           timeline
    |─ 2 of at least 2 rows   0.41 s   3 rows body cut ───────────────────────────────────────    actor text
    | actor                         n
    | system:serviceaccount:web:ci  3
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
    | row 1 of at least 2                                                                                               idle
    | ^j run  Esc leave  Tab next pane  Up history
    "###);
}
