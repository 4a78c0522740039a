//! The house rules that a compiler does not know.

use std::fs;
use std::path::PathBuf;

use walkdir::WalkDir;

use crate::support::project;

fn sources(folders: &[&str]) -> Vec<(PathBuf, String)> {
    let files = folders.iter().flat_map(|folder| WalkDir::new(project(folder)).sort_by_file_name());
    let files =
        files.map(|entry| entry.unwrap().into_path()).filter(|path| path.extension().is_some_and(|e| e == "rs"));
    files.map(|path| (path.clone(), fs::read_to_string(path).unwrap())).collect()
}

/// Floors from the ground up; a module may use those on lower floors only.
const FLOORS: [(&str, usize); 11] = [
    ("error", 0),
    ("model", 0),
    ("formats", 1),
    ("sigma", 1),
    ("pack", 1),
    ("case", 2),
    ("engine", 3),
    ("stats", 3),
    ("regress", 4),
    ("report", 4),
    ("cli", 5),
];

#[test]
fn modules_use_only_floors_below_their_own() {
    let floor = |name: &str| FLOORS.iter().find(|(known, _)| *known == name).map(|(_, floor)| *floor);
    for (path, text) in sources(&["src"]) {
        let short = path.strip_prefix(project("src")).unwrap().to_string_lossy().into_owned();
        let own = short.split(['/', '.']).next().unwrap().to_owned();
        let Some(here) = floor(&own) else { continue };
        for used in text.split("crate::").skip(1) {
            let used: String = used.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            if let Some(there) = floor(&used) {
                assert!(there < here || used == own || there == 0, "{short} uses {used}");
            }
        }
        for (package, home) in [("datafusion", "engine"), ("tokio", "engine"), ("polars", "stats"), ("clap", "cli")] {
            let uses = text.contains(&format!("{package}::"));
            assert!(!uses || own == home, "{short} uses {package}, whose home is {home}");
        }
        for macro_name in ["println!", "eprintln!", "eprint!("] {
            assert!(!text.contains(macro_name) || own == "cli" || own == "build", "{short} prints");
        }
    }
}

#[test]
fn files_are_short_and_say_what_they_are_for() {
    for (path, text) in sources(&["src", "tui/src", "tests"]) {
        assert!(text.lines().count() <= 500, "{} is longer than 500 lines", path.display());
        assert!(text.starts_with("//!"), "{} does not say what it is for", path.display());
    }
}

#[test]
fn families_have_no_forgotten_member() {
    for (folder, list) in [
        ("src/formats/envelopes", "src/formats/envelopes/mod.rs"),
        ("src/formats/payloads", "src/formats/payloads/mod.rs"),
        ("src/report", "src/report/mod.rs"),
        ("src/regress/readers", "src/regress/readers/mod.rs"),
        ("src/stats", "src/stats/mod.rs"),
        ("src/engine/functions", "src/engine/functions/mod.rs"),
        ("src/model/tables", "src/model/table.rs"),
        ("src/model/tables/azure", "src/model/tables/azure/mod.rs"),
        ("src/sigma/logsource", "src/sigma/logsource/mod.rs"),
    ] {
        let text = fs::read_to_string(project(list)).unwrap();
        for entry in fs::read_dir(project(folder)).unwrap() {
            let name = entry.unwrap().file_name().to_string_lossy().trim_end_matches(".rs").to_owned();
            // A folder has a list of its own; what several tables share is no table.
            if !matches!(name.as_str(), "mod" | "tests" | "azure" | "sign_in") {
                assert!(text.contains(&format!("{name}::")), "{folder}/{name}.rs is in no list of {list}");
            }
        }
    }
}

#[test]
fn one_arrow_and_one_parquet() {
    let lock = fs::read_to_string(project("Cargo.lock")).unwrap();
    for package in ["arrow", "parquet", "datafusion", "object_store"] {
        assert_eq!(lock.matches(&format!("name = \"{package}\"\n")).count(), 1, "{package}");
    }
}

/// The fuzzer includes these layers by path, and no other build tells that it lacks a package of theirs.
#[test]
fn the_fuzzer_has_every_package_of_the_layers_it_includes() {
    let dependencies = |manifest: &str| -> Vec<String> {
        let text = fs::read_to_string(project(manifest)).unwrap();
        let table: toml::Table = text.parse().unwrap();
        table["dependencies"].as_table().unwrap().keys().cloned().collect()
    };
    let known = dependencies("fuzz/Cargo.toml");
    let layers = sources(&["src/formats", "src/model"]);
    let is_test = |path: &PathBuf| path.iter().any(|part| part == "tests" || part == "tests.rs");
    for package in dependencies("Cargo.toml").iter().filter(|package| !known.contains(package)) {
        let name = format!("{}::", package.replace('-', "_"));
        for (path, text) in layers.iter().filter(|(path, _)| !is_test(path)) {
            // The same letters may end a longer name.
            let mut uses = text.match_indices(&name).map(|(at, _)| text[..at].chars().next_back());
            let used = uses.any(|before| before.is_none_or(|c| !c.is_alphanumeric() && !"_:".contains(c)));
            assert!(!used, "{} uses {package}, which fuzz/Cargo.toml does not list", path.display());
        }
    }
}

#[test]
fn rules_and_hunts_are_named_like_their_files() {
    for (path, text) in coldcase::pack::DETECTIONS {
        let stem = path.rsplit('/').next().unwrap().trim_end_matches(".yml");
        assert!(text.contains(&format!("\nname: {stem}\n")), "{path}");
    }
    assert!(coldcase::pack::HUNTS.len() >= 10);
}
