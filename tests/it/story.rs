//! An investigation written down: notes by hand, two people's cases merged, and the report of it, with the real program.

use std::path::Path;

use coldcase::engine::{Asked, Engine};

use crate::support::{case_of, project, run, text};

const EVIDENCE: &str = "sample-data/incidents/aks-intrusion/evidence";

fn said(folder: &Path, args: &[&str]) -> String {
    let output = run(folder, args);
    let (out, err) = text(&output);
    assert_eq!(output.status.code(), Some(0), "{args:?}: {err}");
    out
}

/// Place of the first exec in the case.
fn exec(folder: &Path) -> String {
    let sql = "SELECT evidence, \"offset\" FROM audit WHERE subresource = 'exec' ORDER BY time LIMIT 1";
    let row = said(folder, &["query", "--case", "case", "--format", "csv", sql]);
    row.lines().nth(1).unwrap().replace(',', ":")
}

#[test]
fn the_story_is_told_reported_and_shared() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    case_of(&folder, &[project(EVIDENCE)]);
    said(at, &["replay", "--case", "case"]);
    let place = exec(at);
    let hostile = "a shell <script>alert(1)</script>";
    said(
        at,
        &["case", "mark", "--case", "case", "--investigator", "ana", &place, "--tag", "hands-on", "--story", hostile],
    );
    let finding = "SELECT id FROM finding WHERE rule = 'im-miner'";
    let finding = said(at, &["query", "--case", "case", "--format", "csv", finding]);
    let finding = finding.lines().nth(1).unwrap();
    said(at, &["case", "mark", "--case", "case", finding, "--story"]);
    let story = said(at, &["case", "story", "--case", "case"]);
    let (shell, miner) = (story.find("pods/exec").unwrap(), story.find("finding im-miner").unwrap());
    assert!(shell < miner && story.contains("by ana") && story.contains("2 steps"), "{story}");

    for scope in ["--story", "--all"] {
        said(at, &["report", "--case", "case", scope, "-o", "r.html"]);
        let page = std::fs::read_to_string(at.join("r.html")).unwrap();
        assert!(page.contains("a shell &lt;script&gt;") && !page.contains("<script"), "everything is escaped");
        let hash = said(at, &["query", "--case", "case", "--format", "csv", "SELECT sha256 FROM evidence"]);
        assert!(hash.lines().skip(1).all(|hash| page.contains(hash)), "every hash is in the ledger");
        assert!(
            page.contains("Attack chain") && page.contains("T1496") && page.contains("What the evidence cannot tell")
        );
        assert_eq!(page.contains("<h2>Notes</h2>"), scope == "--all");
    }
    let markdown = said(at, &["report", "--case", "case", "--format", "markdown"]);
    assert!(markdown.contains("&lt;script&gt;") && markdown.contains("1. 2026-11-24T"), "{markdown}");

    // Somebody else took in one of the files alone, and noted something on it.
    let other = project("sample-data/incidents/aks-intrusion/evidence/snapshots");
    said(at, &["ingest", "--quiet", "--case", "bob", other.to_str().unwrap()]);
    let row = said(
        at,
        &["query", "--case", "bob", "--format", "csv", "SELECT evidence, \"offset\" FROM object ORDER BY 1, 2 LIMIT 1"],
    );
    let row = row.lines().nth(1).unwrap().replace(',', ":");
    said(at, &["case", "mark", "--case", "bob", "--investigator", "bob", &row, "--comment", "who made this?"]);
    let merged = said(at, &["case", "merge", "--case", "case", "bob"]);
    assert!(merged.starts_with("1 note added, 0 notes were here already"), "{merged}");
    let (from, to) = ("2026-11-24T00:20:00Z", "2026-11-24T00:24:00Z");
    said(at, &["case", "window", "--case", "bob", "the shell", "--from", from, "--to", to]);
    assert!(said(at, &["case", "merge", "--case", "case", "bob"]).starts_with("1 note added, 1 note was here already"));
    let windows = said(at, &["case", "window", "--case", "case"]);
    assert!(windows.contains("2026-11-24T00:20:00.000000Z – 2026-11-24T00:24:00.000000Z  the shell"), "{windows}");
    let turned = run(at, &["case", "window", "--case", "case", "turned", "--from", to, "--to", from]);
    assert!(text(&turned).1.contains("an end after its begin"), "{}", text(&turned).1);
    let marks = said(at, &["case", "marks", "--case", "case"]);
    assert!(marks.contains("comment: who made this?") && marks.contains("by bob"), "{marks}");
    assert!(!marks.contains("not in this case"), "{marks}");
    said(at, &["verify", "--case", "case"]);
}

#[test]
fn who_can_is_answered_from_the_roles_of_a_snapshot() {
    let folder = tempfile::tempdir().unwrap();
    let engine = Engine::open(&case_of(&folder, &[project(EVIDENCE)])).unwrap();
    let rbac = engine.rbac().unwrap();
    assert!(!rbac.is_empty());
    // Kubernetes binds cluster-admin to system:masters by itself (Using RBAC Authorization, default roles).
    let grants = rbac.who_can(&Asked::read("delete nodes").unwrap());
    let masters = grants.iter().find(|grant| grant.subject == "Group system:masters").unwrap();
    assert_eq!(
        (masters.binding.as_str(), masters.role.as_str()),
        ("ClusterRoleBinding cluster-admin", "ClusterRole cluster-admin")
    );
    // And lets nobody but the masters read every path.
    let paths = rbac.who_can(&Asked::read("get /anything").unwrap());
    assert!(paths.iter().all(|grant| grant.role == "ClusterRole cluster-admin"), "{paths:?}");
}
