//! The screen of the objects.

use super::*;

#[test]
fn the_tree_opens_branch_by_branch_and_shows_the_object() {
    for size in [(80, 24), (120, 40), (200, 60)] {
        let (mut stage, desk) = open(size.0, size.1);
        stage.play(&desk, "5");
        let screen = stage.screen();
        for words in ["of no namespace  1", "ns kube-system  1", "ns web  3  ! 1", "5 objects, rules fire on 1"] {
            assert!(screen.contains(words), "{words}\n{screen}");
        }
        stage.play(&desk, "G l j j l j j");
        assert!(cursor_line(&stage).contains("dbg  ! high"), "{}", stage.screen());
        let screen = stage.screen();
        for words in [
            "Pod web/dbg",
            "! A pod shares the node's processes",
            "account    ci",
            "deployer  patch → 200",
            "spec.hostPID: true",
        ] {
            assert!(screen.contains(words), "{words}\n{screen}");
        }
        stage.play(&desk, "p");
        assert!(stage.screen().contains("\"hostPID\": true"), "{}", stage.screen());
        stage.play(&desk, "h");
        assert!(cursor_line(&stage).contains("Pod 2"), "{}", stage.screen());
        stage.play(&desk, "h");
        assert!(!stage.screen().contains("dbg  ! high"));
    }
}

#[test]
fn only_what_rules_fire_on_is_one_key_away() {
    let (mut stage, desk) = open(80, 24);
    stage.play(&desk, "5 r");
    let screen = stage.screen();
    assert!(
        cursor_line(&stage).contains("high     Pod web/dbg") && screen.contains("only those that rules fire on"),
        "{screen}"
    );
    stage.play(&desk, "m r");
    assert_eq!(desk.notes.borrow().len(), 1, "an object can be marked as an event can");
}

#[test]
fn an_object_is_found_wherever_it_is_folded_away() {
    let (mut stage, desk) = open(80, 24);
    stage.play(&desk, "5 /").write("api").play(&desk, "Enter");
    assert!(cursor_line(&stage).contains("api"), "{}", stage.screen());
    stage.play(&desk, "n");
    assert!(cursor_line(&stage).contains("api-7d9"), "{}", stage.screen());
    stage.play(&desk, "n");
    assert!(stage.screen().contains("none further on"));
    stage.play(&desk, "N");
    assert!(!cursor_line(&stage).contains("api-7d9"));
}

#[test]
fn who_can_is_asked_in_words_and_answered_with_the_binding() {
    for size in [(80, 24), (120, 40), (200, 60)] {
        let (mut stage, desk) = open(size.0, size.1);
        stage.play(&desk, "5 w").write("create pods/exec -n web").play(&desk, "Enter");
        let screen = stage.screen();
        for words in [
            "Who can create pods/exec -n web",
            "ServiceAccount web/ci",
            "ClusterRole edit",
            "Only what RBAC grants",
            "1 grant",
        ] {
            assert!(screen.contains(words), "{words}\n{screen}");
        }
        stage.play(&desk, "Esc");
        assert!(stage.screen().contains("ns web"), "Esc leads back to the tree");
        stage.play(&desk, "w").write("get nodes").play(&desk, "Enter");
        assert!(stage.screen().contains("RBAC grants it to nobody"), "{}", stage.screen());
    }
}

#[test]
fn no_snapshot_an_error_and_loading_are_told() {
    let desk = Desk::empty();
    let mut stage = Stage::new(80, 24);
    stage.settle(&desk).press("5");
    assert!(stage.screen().contains("reading the objects"));
    stage.settle(&desk);
    assert!(stage.screen().contains("No snapshot in this case"), "{}", stage.screen());
    stage.press("^r");
    let (ticket, _) = stage.asked.remove(0);
    stage.send(Msg::Failed(ticket, "table object is damaged".into()));
    assert!(stage.screen().contains("table object is damaged"));
    let (mut stage, desk) = open(80, 24);
    stage.play(&desk, "5 w").write("what").press("Enter");
    let (ticket, _) = stage.asked.remove(0);
    stage.send(Msg::Failed(ticket, "what is no question".into()));
    assert!(stage.screen().contains("what is no question") && stage.screen().contains("ns web"), "{}", stage.screen());
}
