//! The reference pages equal what the code makes, and the README shows commands that exist.

use std::fs;

use crate::support::project;

#[test]
fn reference_pages_are_what_the_code_says() {
    for (name, text) in coldcase::cli::reference::pages().unwrap() {
        let path = project("docs/reference").join(name);
        if std::env::var_os("COLDCASE_WRITE_DOCS").is_some() {
            fs::write(&path, &text).unwrap();
        }
        let found = fs::read_to_string(&path).unwrap_or_default();
        assert!(found == text, "{name} is out of date: COLDCASE_WRITE_DOCS=1 cargo test --test it reference writes it");
    }
}

#[test]
fn documents_name_only_commands_that_exist() {
    let known = coldcase::cli::reference::pages().unwrap();
    let commands = &known.iter().find(|(name, _)| *name == "commands.md").unwrap().1;
    for page in ["README.md", "docs/guide.md"] {
        let text = fs::read_to_string(project(page)).unwrap();
        for line in text.lines().filter_map(|line| line.trim().strip_prefix("coldcase ")) {
            let command = line.split(' ').next().unwrap();
            assert!(commands.contains(&format!("## coldcase {command}\n")), "{page}: coldcase {command}");
        }
    }
}
