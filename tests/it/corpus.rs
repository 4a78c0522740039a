//! The public corpus in SigmaHQ's layout, and the pipeline of docs/ci: both are run as their readers would run them.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use walkdir::WalkDir;
use yaml_serde::Value as Yaml;

use crate::support::{project, run, text};

#[test]
fn the_public_corpus_is_the_pack_and_the_truth_and_its_tests_pass() {
    let corpus = project("sample-data/corpus");
    let root = project("");
    let output = run(&root, &["test", "sample-data/corpus", "--no-cache", "--all"]);
    let (out, error) = text(&output);
    assert_eq!((output.status.code(), error.as_str()), (Some(0), ""), "{out}");
    let truth: Value =
        serde_json::from_slice(&fs::read(project("sample-data/incidents/aks-intrusion/truth.json")).unwrap()).unwrap();
    let steps = truth["steps"].as_array().unwrap();
    let yaml = |path: &Path| -> Yaml { yaml_serde::from_str(&fs::read_to_string(path).unwrap()).unwrap() };
    let mut rules = 0;
    for entry in WalkDir::new(corpus.join("rules")) {
        let path = entry.unwrap().into_path();
        let Some(slug) = path.file_name().and_then(|name| name.to_str()?.strip_suffix(".yml")) else { continue };
        rules += 1;
        // The rule is the pack's, and one line more.
        let (_, ours) = coldcase::pack::DETECTIONS
            .iter()
            .find(|(path, _)| path.ends_with(&format!("/{slug}.yml")))
            .unwrap_or_else(|| panic!("{slug} is not in the pack"));
        let info = format!("regression_data/rules/application/kubernetes/audit/{slug}/info.yml");
        assert_eq!(fs::read_to_string(&path).unwrap(), format!("{}\nregression_tests_path: {info}\n", ours.trim_end()));
        // It must find what the ground truth says that it must find.
        let info = yaml(&corpus.join(info));
        assert_eq!(info["rule_metadata"][0]["id"], yaml(&path)["id"], "{slug}");
        let named = |step: &&Value| step["expect"].as_array().unwrap().iter().any(|name| name == slug);
        let wanted: Vec<&Value> = steps.iter().filter(named).collect();
        let test = &info["regression_tests_info"][0];
        assert_eq!(test["match_count"].as_u64(), Some(wanted.len() as u64), "{slug}");
        let ids: BTreeSet<&str> =
            wanted.iter().flat_map(|s| s["audit_ids"].as_array().unwrap()).flat_map(Value::as_str).collect();
        let data = fs::read_to_string(corpus.join(test["path"].as_str().unwrap())).unwrap();
        let data: Vec<Value> = data.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(data.iter().flat_map(|event| event["auditID"].as_str()).collect::<BTreeSet<_>>(), ids, "{slug}");
        assert!(out.contains(&format!("{slug} › Positive Detection Test")), "{slug}: {out}");
    }
    assert!(rules >= 30, "{rules}");
    let size: u64 = WalkDir::new(&corpus).into_iter().map(|entry| entry.unwrap().metadata().unwrap().len()).sum();
    assert!(size < 3 << 20, "{size}");
}

/// What a clone has that the pipeline touches: its own files, and the rules of one tactic, so that a run takes seconds.
fn clone(folder: &Path) {
    for part in ["docs/ci", "queries/detections/collection"] {
        for entry in WalkDir::new(project(part)) {
            let entry = entry.unwrap();
            let to = folder.join(entry.path().strip_prefix(project("")).unwrap());
            match entry.file_type().is_dir() {
                true => fs::create_dir_all(to).unwrap(),
                false => drop(fs::copy(entry.path(), to).unwrap()),
            }
        }
    }
    git(folder, &["init", "-q"]);
    git(folder, &["add", "."]);
    git(folder, &["commit", "-qm", "all"]);
}

fn git(folder: &Path, args: &[&str]) {
    let names = ["-c", "user.name=t", "-c", "user.email=t@example", "-c", "init.defaultBranch=main"];
    let output = Command::new("git").args(names).args(args).current_dir(folder).output().unwrap();
    assert!(output.status.success(), "{}", text(&output).1);
}

/// A shell with coldcase on its path.
fn shell(folder: &Path, script: &[&str], more: &[(&str, &Path)]) -> Output {
    let program = Path::new(env!("CARGO_BIN_EXE_coldcase")).parent().unwrap();
    let path = std::env::var("PATH").unwrap_or_default();
    let mut command = Command::new("bash");
    command.args(script).current_dir(folder).env("PATH", format!("{}:{path}", program.display()));
    command.env("COLDCASE_TEST_CACHE", folder.join(".cache"));
    command.envs(more.iter().map(|(name, value)| (name, value))).output().unwrap()
}

/// What became of the steps of a workflow's job: of each that was run or would have been, its name or command, and whether it
/// went well. It knows as much of GitHub's language as the file uses, and fails on anything else.
fn steps(folder: &Path, workflow: &Yaml) -> Vec<(String, bool)> {
    let job = &workflow["jobs"]["rules"];
    let summary = folder.join(".summary");
    fs::write(&summary, "").unwrap();
    let mut env: Vec<(String, PathBuf)> = vec![("GITHUB_STEP_SUMMARY".into(), summary)];
    for (name, value) in job["env"].as_mapping().into_iter().flatten() {
        env.push((name.as_str().unwrap().into(), value.as_str().unwrap().into()));
    }
    let (mut failed, mut done) = (false, Vec::new());
    for step in job["steps"].as_sequence().unwrap() {
        let wanted = step.get("if").map_or("success()", |condition| condition.as_str().unwrap());
        let holds = wanted.split(" && ").all(|term| match term {
            "success()" => !failed,
            "failure()" => failed,
            "always()" => true,
            files => {
                let file = files.strip_prefix("hashFiles('").and_then(|rest| rest.strip_suffix("') != ''"));
                folder.join(file.unwrap_or_else(|| panic!("{files}"))).is_file()
            }
        });
        if !holds {
            continue;
        }
        let went = match (step.get("run"), step.get("uses").and_then(Yaml::as_str)) {
            (Some(script), None) => {
                let env: Vec<(&str, &Path)> =
                    env.iter().map(|(name, value)| (name.as_str(), value.as_path())).collect();
                // As the runner does: bash -e, and a pipe fails with any of its parts.
                let script = ["--noprofile", "--norc", "-eo", "pipefail", "-c", script.as_str().unwrap()];
                shell(folder, &script, &env).status.success()
            }
            // Another's action: what it is given must be there.
            (None, Some(action)) => {
                ["sarif_file", "path"].iter().all(|input| {
                    step["with"].get(*input).is_none_or(|path| folder.join(path.as_str().unwrap()).exists())
                }) && action.contains('@')
            }
            _ => panic!("{step:?}"),
        };
        failed |= !went;
        let name = step.get("run").or(step.get("uses")).and_then(Yaml::as_str).unwrap();
        done.push((name.to_owned(), went));
    }
    done
}

/// A rule that says something else than its cases.
fn break_a_rule(folder: &Path) {
    let rule = folder.join("queries/detections/collection/cx-kubectl-cp.yml");
    let broken =
        fs::read_to_string(&rule).unwrap().replace("objectRef.subresource: exec", "objectRef.subresource: attach");
    fs::write(rule, broken).unwrap();
}

#[test]
fn the_workflow_for_pull_requests_does_what_it_says() {
    let folder = tempfile::tempdir().unwrap();
    clone(folder.path());
    let workflow: Yaml = yaml_serde::from_str(&fs::read_to_string(project("docs/ci/rule-tests.yml")).unwrap()).unwrap();
    let done = steps(folder.path(), &workflow);
    assert!(done.iter().all(|(_, went)| *went), "{done:?}");
    assert!(!done.iter().any(|(step, _)| step.contains("upload-sarif")), "{done:?}");
    let junit = fs::read_to_string(folder.path().join("rule-tests/junit.xml")).unwrap();
    assert!(junit.contains("<testsuites") && junit.contains("cx-kubectl-cp") && !junit.contains("<failure"), "{junit}");
    assert_eq!(fs::read_to_string(folder.path().join(".summary")).unwrap(), "");

    break_a_rule(folder.path());
    let done = steps(folder.path(), &workflow);
    let bad: Vec<&str> = done.iter().filter(|(_, went)| !went).map(|(step, _)| step.as_str()).collect();
    assert_eq!(bad, ["docs/ci/rule-tests.sh"], "{done:?}");
    assert!(done.iter().any(|(step, _)| step.contains("upload-sarif")), "{done:?}");
    assert!(done.iter().any(|(step, _)| step.contains("upload-artifact")), "{done:?}");
    let told = fs::read_to_string(folder.path().join(".summary")).unwrap();
    assert!(told.contains("cx-kubectl-cp"), "{told}");
    let sarif = fs::read(folder.path().join("rule-tests/rules.sarif")).unwrap();
    let sarif: Value = serde_json::from_slice(&sarif).unwrap();
    assert!(!sarif["runs"][0]["results"].as_array().unwrap().is_empty());
}

#[test]
fn the_hook_refuses_a_commit_that_breaks_a_rule_and_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    clone(at);
    fs::copy(at.join("docs/ci/pre-commit"), at.join(".git/hooks/pre-commit")).unwrap();
    let commit = "git add queries && git -c user.name=t -c user.email=t@example commit -qm change";
    let rule = at.join("queries/detections/collection/cx-kubectl-cp.yml");
    let said = fs::read_to_string(&rule).unwrap();
    fs::write(&rule, said.replace("author: coldcase", "author: somebody")).unwrap();
    let output = shell(at, &["-c", commit], &[]);
    assert!(output.status.success(), "{:?}", text(&output));
    break_a_rule(at);
    let output = shell(at, &["-c", commit], &[]);
    assert!(!output.status.success() && text(&output).1.contains("cx-kubectl-cp"), "{:?}", text(&output));
}
