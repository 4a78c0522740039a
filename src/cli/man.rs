//! `coldcase man`: the help as manual pages.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use clap_mangen::Man as Page;

use super::print::output;
use super::{End, command};
use crate::error::{Error, Result};

/// Prints the manual page of a command, or writes those of all commands to a folder.
///
/// Example: coldcase man query | man -l -
#[derive(Args)]
pub struct Man {
    /// The command and what is below it; without it the page of the program
    command: Vec<String>,
    /// Write all pages to this folder, such as ~/.local/share/man/man1
    #[arg(short, long = "output", value_name = "DIR", conflicts_with = "command")]
    output: Option<PathBuf>,
}

impl Man {
    pub(super) fn run(self) -> Result<End> {
        if let Some(folder) = &self.output {
            std::fs::create_dir_all(folder).map_err(Error::io("make", folder))?;
            for (name, page) in pages(&tree()) {
                let path = folder.join(name);
                std::fs::write(&path, page).map_err(Error::io("write", &path))?;
            }
            return Ok(End::Done);
        }
        let root = tree();
        let mut command = &root;
        for name in &self.command {
            command = command.find_subcommand(name).ok_or_else(|| Error::Usage {
                what: format!("there is no command `{}`", self.command.join(" ")),
                hint: Some("coldcase --help lists them".into()),
            })?;
        }
        let mut out = output(None, None)?;
        out.write_all(&page(command)).map_err(Error::io("write to", "the output".as_ref()))?;
        out.flush().map_err(Error::io("write to", "the output".as_ref()))?;
        Ok(End::Done)
    }
}

/// All commands, with the names that their pages have.
fn tree() -> clap::Command {
    let mut root = command().disable_help_subcommand(true);
    root.build();
    root
}

/// The page of one command.
fn page(command: &clap::Command) -> Vec<u8> {
    let mut page = Vec::new();
    // Nothing fails that is written to memory.
    let _ = Page::new(command.clone()).render(&mut page);
    page
}

/// The pages of a command and of those below it, each with the name of its file.
fn pages(command: &clap::Command) -> Vec<(String, Vec<u8>)> {
    let below = command.get_subcommands().filter(|sub| !sub.is_hide_set()).flat_map(pages);
    std::iter::once((Page::new(command.clone()).get_filename(), page(command))).chain(below).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_a_page_with_its_options() {
        fn check(command: &clap::Command, path: &str, pages: &[(String, Vec<u8>)]) {
            let file = format!("{path}.1");
            let (_, page) = pages.iter().find(|(name, _)| *name == file).unwrap_or_else(|| panic!("no {file}"));
            let page = String::from_utf8(page.clone()).unwrap().replace("\\-", "-");
            for option in command.get_arguments().filter(|arg| !arg.is_hide_set()).filter_map(clap::Arg::get_long) {
                assert!(page.contains(&format!("--{option}")), "{file}: --{option}");
            }
            for sub in command.get_subcommands().filter(|sub| !sub.is_hide_set()) {
                check(sub, &format!("{path}-{}", sub.get_name()), pages);
            }
        }
        let (root, all) = (tree(), pages(&tree()));
        check(&root, "coldcase", &all);
        assert!(all.iter().any(|(name, _)| name == "coldcase-case-seal.1"));
        // No two commands share a page.
        let names: std::collections::BTreeSet<_> = all.iter().map(|(name, _)| name).collect();
        assert_eq!(names.len(), all.len());
    }
}
