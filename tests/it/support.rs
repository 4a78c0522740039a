//! What the tests share: folders that go away, cases made of samples, and the real program.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use coldcase::case::Case;
use coldcase::engine::{Engine, Replay};
use coldcase::sigma::{RuleFile, RuleSet, load};
use tempfile::TempDir;

/// The time every journal line of a test says.
pub const AT: &str = "2031-04-05T06:07:08.000000Z";

/// A path within the project.
pub fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Makes a case of inputs.
pub fn case_of(folder: &TempDir, inputs: &[PathBuf]) -> Case {
    let mut case = Case::create(&folder.path().join("case"), AT).unwrap();
    let receipt = case.ingest(inputs, AT, &mut |_| {}).unwrap();
    assert!(receipt.problems.is_empty(), "{:?}", receipt.problems);
    case
}

/// The cases beside a rule of the pack, each written out.
pub fn cases_of(rule: &str) -> Vec<serde_json::Value> {
    let path = project(&rule.replace(".yml", ".cases.jsonl"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    coldcase::regress::written_out(&path, &text).unwrap_or_else(|problem| panic!("{problem}"))
}

/// The files of the bundled pack, exceptions too.
pub fn pack_files() -> Vec<RuleFile> {
    let files = coldcase::pack::DETECTIONS.iter().chain(coldcase::pack::EXCEPTIONS);
    files.map(|(path, text)| RuleFile { path: (*path).into(), text: (*text).into() }).collect()
}

/// The bundled pack.
pub fn pack() -> RuleSet {
    let (set, problems) = load(&pack_files());
    assert!(problems.is_empty(), "{problems:?}");
    set
}

/// Replays a case.
pub fn replay(case: &Case, rules: &RuleSet) -> Replay {
    Engine::open(case).unwrap().replay(rules).unwrap()
}

/// Runs the program in a folder.
pub fn run(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_coldcase")).args(args).current_dir(folder).output().unwrap()
}

/// Both outputs of a run as text.
pub fn text(output: &Output) -> (String, String) {
    (String::from_utf8(output.stdout.clone()).unwrap(), String::from_utf8(output.stderr.clone()).unwrap())
}
