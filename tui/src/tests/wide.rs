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
    |[1 Overview] 2 Timeline  3 Findings  4 SQL  5 Snapshot  6 Rules  7 Case                                 coldcase breach
    | 38 events   1 source   Mar 12 2026 02:00:00 – 02:39:00 UTC   39m00s
    | Evidence: verified
    |
    | Coverage      Mar 12 02:00                                                    Mar 12 02:39  UTC   ┄ nothing recorded
    |>kube-audit    ▄▄ ▄ ▄ ▄ ▄ ▄ ▄ ▄ █ ▄ ▄ ▄ ▄ █ ▄ ▄ ▄ ▄ ▄▄ ▄▄▄ ▄ ▄▄ ┄┄┄┄┄┄┄┄┄  ▄ ▄ ▄ ▄ ▄ ▄ ▄ ▄▄        38  3 cut short
    | ! kube-audit: nothing recorded for at least 4m37s, from about Mar 12 02:25:08
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
    | Enter shows 38 events of kube-audit                                                                               idle
    | Enter open  s sweep  F5 reload  q quit  ? keys
    "###);
}

#[test]
fn timeline_with_a_tall_strip_and_the_detail_beside() {
    insta::assert_snapshot!(played("2 i e e Enter"), @r###"
    | 1 Overview [2 Timeline] 3 Findings  4 SQL  5 Snapshot  6 Rules  7 Case                                 coldcase breach
    | no filter: all events
    | Mar 12 02:00:00   bin 19.8s   ▲ finding  ┄ no evidence                                                 Mar 12 02:39:00
    |                            █              █                    █
    |                            █              █                    █
    | █  █  █  █  █  █  █  █  █  █  █  █  █  █  █  █  █  █  █  █  █  █  █  █  █ █                  █  █  █  █  █  █  █  █  █
    | █  █  █  █  █  █  █  █  █  █  █  █  █  █  █  █  █  █  █  █  █  █  █  █  █ █ ┄┄┄┄┄┄┄┄┄┄┄┄┄┄   █  █  █  █  █  █  █  █  █
    |                            ▲              ▲                    ▲          ▲
    | Mar 12 UTC    ACTOR             VERB    OBJECT                  │ Record: decoded fields                   p raw bytes
    | 02:00:00.000  alice@example.org get     configmaps …/leader-0   │ kube-03.gz:843118   61 bytes
    | 02:01:00.000  alice@example.org get     configmaps …/leader-1   │ hash checked: same as at intake
    | 02:02:00.000  alice@example.org get     configmaps …/leader-2   │ verb              create
    | 02:03:00.000  alice@example.org get     configmaps …/leader-3   │ user_name         system:serviceaccount:web:ci
    | 02:04:00.000  alice@example.org get     configmaps …/leader-4   │ object            pods/exec web/api-7d9
    | 02:05:00.000  alice@example.org get     configmaps …/leader-5   │ null              impersonated_user_name
    | 02:06:00.000  alice@example.org get     configmaps …/leader-6   │
    | 02:07:00.000  alice@example.org get     configmaps …/leader-7   │
    | 02:08:00.000  alice@example.org get     configmaps …/leader-8   │
    | 02:09:00.000  alice@example.org get     configmaps …/leader-9   │
    | 02:09:11.402▲ …:web:ci          list    secrets                 │
    | 02:10:00.000  alice@example.org get     configmaps …/leader-10  │
    | 02:11:00.000  alice@example.org get     configmaps …/leader-11  │
    | 02:12:00.000  alice@example.org get     configmaps …/leader-12  │
    | 02:13:00.000  alice@example.org get     configmaps …/leader-13  │
    | 02:14:00.000  alice@example.org get     configmaps …/leader-14  │
    |>02:14:03.118▲ …:web:ci          create  pods/exec web/api-7d9   │
    | 02:15:00.000  alice@example.org get     configmaps …/leader-15  │
    | 02:16:00.000  alice@example.org get     configmaps …/leader-16  │
    | 02:17:00.000  alice@example.org get     configmaps …/leader-17  │
    | 02:18:00.000  alice@example.org get     configmaps …/leader-18  │
    | 02:19:00.000  alice@example.org get     configmaps …/leader-19  │
    | 02:20:00.000  alice@example.org get     configmaps …/leader-20  │
    | 02:21:00.000  alice@example.org get     configmaps …/leader-21  │
    | 02:21:07.664▲ …:web:ci          create  serviceacco…tem/deployer│
    | 02:22:00.000  alice@example.org get     configmaps …/leader-22  │
    | 02:23:00.000  alice@example.org get     configmaps …/leader-23  │
    | 02:24:00.000  alice@example.org get     configmaps …/leader-24  │
    | 02:24:30.090▲ …:deployer        create  clusterrolebindings x   │
    | 17 of 38   Mar 12 2026 UTC   in a high finding   11% without evidence                                             idle
    | p raw  Tab other pane  h l column  + - filter  = only  / find  o O same actor  f follow  v values  Esc back  ? keys
    "###);
}

#[test]
fn timeline_alone() {
    insta::assert_snapshot!(played("2 e"), @r###"
    | 1 Overview [2 Timeline] 3 Findings  4 SQL  5 Snapshot  6 Rules  7 Case                                 coldcase breach
    | no filter: all events
    | Mar 12 02:00:00   bin 19.8s   ▲ finding  ┄ no evidence                                                 Mar 12 02:39:00
    | ▄  ▄  ▄  ▄  ▄  ▄  ▄  ▄  ▄  █  ▄  ▄  ▄  ▄  █  ▄  ▄  ▄  ▄  ▄  ▄  █  ▄  ▄  ▄ ▄ ┄┄┄┄┄┄┄┄┄┄┄┄┄┄   ▄  ▄  ▄  ▄  ▄  ▄  ▄  ▄  ▄
    |                            ▲              ▲                    ▲          ▲
    | Mar 12 UTC    ACTOR               VERB    OBJECT                        CODE NAMESPACE   AGENT          ADDRESS
    | 02:00:00.000  alice@example.org   get     configmaps …/leader-0         200  kube-system kubectl/v1.31  203.0.113.7
    | 02:01:00.000  alice@example.org   get     configmaps …/leader-1         200  kube-system kubectl/v1.31  203.0.113.7
    | 02:02:00.000  alice@example.org   get     configmaps …/leader-2         200  kube-system kubectl/v1.31  203.0.113.7
    | 02:03:00.000  alice@example.org   get     configmaps …/leader-3         200  kube-system kubectl/v1.31  203.0.113.7
    | 02:04:00.000  alice@example.org   get     configmaps …/leader-4         200  kube-system kubectl/v1.31  203.0.113.7
    | 02:05:00.000  alice@example.org   get     configmaps …/leader-5         200  kube-system kubectl/v1.31  203.0.113.7
    | 02:06:00.000  alice@example.org   get     configmaps …/leader-6         200  kube-system kubectl/v1.31  203.0.113.7
    | 02:07:00.000  alice@example.org   get     configmaps …/leader-7         200  kube-system kubectl/v1.31  203.0.113.7
    | 02:08:00.000  alice@example.org   get     configmaps …/leader-8         200  kube-system kubectl/v1.31  203.0.113.7
    | 02:09:00.000  alice@example.org   get     configmaps …/leader-9         200  kube-system kubectl/v1.31  203.0.113.7
    |>02:09:11.402▲ …:web:ci            list    secrets                       403              kubectl/v1.31  203.0.113.7
    | 02:10:00.000  alice@example.org   get     configmaps …/leader-10        200  kube-system kubectl/v1.31  203.0.113.7
    | 02:11:00.000  alice@example.org   get     configmaps …/leader-11        200  kube-system kubectl/v1.31  203.0.113.7
    | 02:12:00.000  alice@example.org   get     configmaps …/leader-12        200  kube-system kubectl/v1.31  203.0.113.7
    | 02:13:00.000  alice@example.org   get     configmaps …/leader-13        200  kube-system kubectl/v1.31  203.0.113.7
    | 02:14:00.000  alice@example.org   get     configmaps …/leader-14        200  kube-system kubectl/v1.31  203.0.113.7
    | 02:14:03.118▲ …:web:ci            create  pods/exec web/api-7d9         101  web         kubectl/v1.31  203.0.113.7
    | 02:15:00.000  alice@example.org   get     configmaps …/leader-15        200  kube-system kubectl/v1.31  203.0.113.7
    | 02:16:00.000  alice@example.org   get     configmaps …/leader-16        200  kube-system kubectl/v1.31  203.0.113.7
    | 02:17:00.000  alice@example.org   get     configmaps …/leader-17        200  kube-system kubectl/v1.31  203.0.113.7
    | 02:18:00.000  alice@example.org   get     configmaps …/leader-18        200  kube-system kubectl/v1.31  203.0.113.7
    | 02:19:00.000  alice@example.org   get     configmaps …/leader-19        200  kube-system kubectl/v1.31  203.0.113.7
    | 02:20:00.000  alice@example.org   get     configmaps …/leader-20        200  kube-system kubectl/v1.31  203.0.113.7
    | 02:21:00.000  alice@example.org   get     configmaps …/leader-21        200  kube-system kubectl/v1.31  203.0.113.7
    | 02:21:07.664▲ …:web:ci            create  serviceaccount…ystem/deployer 201  kube-system kubectl/v1.31  203.0.113.7
    | 02:22:00.000  alice@example.org   get     configmaps …/leader-22        200  kube-system kubectl/v1.31  203.0.113.7
    | 02:23:00.000  alice@example.org   get     configmaps …/leader-23        200  kube-system kubectl/v1.31  203.0.113.7
    | 02:24:00.000  alice@example.org   get     configmaps …/leader-24        200  kube-system kubectl/v1.31  203.0.113.7
    | 02:24:30.090▲ …:deployer          create  clusterrolebindings x         201              kubectl/v1.31  203.0.113.7
    | 02:31:00.000  alice@example.org   get     configmaps …/leader-31        200  kube-system kubectl/v1.31  203.0.113.7
    | 02:32:00.000  alice@example.org   get     configmaps …/leader-32        200  kube-system kubectl/v1.31  203.0.113.7
    | 02:33:00.000  alice@example.org   get     configmaps …/leader-33        200  kube-system kubectl/v1.31  203.0.113.7
    | 11 of 38   Mar 12 2026 UTC   in a medium finding   11% without evidence                                           idle
    | Enter open  h l column  + - filter  = only  / find  o O same actor  f follow  v values  c context  e E finding  ? keys
    "###);
}

#[test]
fn findings() {
    insta::assert_snapshot!(played("3 Enter"), @r###"
    | 1 Overview  2 Timeline [3 Findings] 4 SQL  5 Snapshot  6 Rules  7 Case                                 coldcase breach
    | LEVEL    FINDING                                                 ACTOR                Mar 12 UTC    EV ATT&CK
    |>critical Token minted then cluster-admin                         …:web:ci             02:14:03       3 T1528, T1098
    | high     Exec into a pod from outside                            …:web:ci             02:14:03       1 T1528, T1098
    |
    |▸token-then-admin critical ─────────────────────────────────────────────────────────────────────────────── T1528, T1098
    | Token minted then cluster-admin
    | system:serviceaccount:web:ci → clusterrolebindings x   3 events over 10m26s
    |>① 02:14:03           …:serviceaccount:web:ci  create pods/exec web/api-7d9 → 101                     kube-03.gz:843118
    | ② 02:21:07   +7m04s  …:serviceaccount:web:ci  ! create serviceaccounts/t…ube-system/deployer → 201  kube-03.gz:1267664
    |   ! body cut at 16 KiB
    | ③ 02:24:30   +3m22s  …:kube-system:deployer   create clusterrolebindings x → 201                    kube-03.gz:1470090
    |
    | Fired because a token was minted by an actor that never did so, then bound to cluster-admin within 30 minutes.
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
    | 1 of 2   worst first   event 1 of 3                                                                               idle
    | Enter open  Tab list/chain  f follow  e explain  s sort  / find  m t T P note  F5 reload  Esc back  ? keys
    "###);
}

#[test]
fn sql_with_tables() {
    let (mut stage, desk) = open(120, 40);
    stage.play(&desk, "4").write("select 1").play(&desk, "^j");
    insta::assert_snapshot!(framed(&stage.screen()), @r###"
    | 1 Overview  2 Timeline  3 Findings [4 SQL] 5 Snapshot  6 Rules  7 Case                                 coldcase breach
    |select 1                                                                                   audit  2,310
    |                                                                                             time time
    |                                                                                             verb text
    |                                                                                           timeline
    |─ the first 2 of at least 2 rows   0.41 s   3 rows body cut ─────────────────────────────    actor text
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
    | row 1 of at least 2   column 1 of 2: actor                                                                        idle
    | ^j run  Tab complete  Up history  F1 manual  ^o save  Esc leave
    "###);
}
