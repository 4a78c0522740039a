//! `coldcase completions`: what a shell must know to complete our commands.

use std::io::Write;

use clap::Args;
use clap_complete::{Shell, generate};

use super::print::output;
use super::{End, command};
use crate::error::{Error, Result};

/// Prints a script that teaches a shell our commands and options.
///
/// Example: coldcase completions bash > ~/.local/share/bash-completion/completions/coldcase
#[derive(Args)]
pub struct Completions {
    /// Which shell
    shell: Shell,
}

impl Completions {
    pub(super) fn run(self) -> Result<End> {
        let mut out = output(None, None)?;
        out.write_all(&script(self.shell)).map_err(Error::io("write to", "the output".as_ref()))?;
        out.flush().map_err(Error::io("write to", "the output".as_ref()))?;
        Ok(End::Done)
    }
}

fn script(shell: Shell) -> Vec<u8> {
    let mut script = Vec::new();
    generate(shell, &mut command(), "coldcase", &mut script);
    script
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum;

    use super::*;

    /// Every command, and the names of those below it.
    fn each(command: &clap::Command, path: &str, to: &mut dyn FnMut(&clap::Command, &str)) {
        for sub in command.get_subcommands().filter(|sub| !sub.is_hide_set()) {
            let path = format!("{path} {}", sub.get_name());
            to(sub, &path);
            each(sub, &path, to);
        }
    }

    #[test]
    fn every_shell_learns_every_command_and_option() {
        for shell in Shell::value_variants() {
            let script = String::from_utf8(script(*shell)).unwrap();
            each(&command(), "coldcase", &mut |sub, path| {
                assert!(script.contains(sub.get_name()), "{shell}: {path}");
                for option in sub.get_arguments().filter(|arg| !arg.is_hide_set()).filter_map(clap::Arg::get_long) {
                    assert!(script.contains(option), "{shell}: {path} --{option}");
                }
            });
        }
    }

    /// The shell itself is asked what it would offer.
    #[test]
    fn bash_offers_what_begins_like_the_word() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("coldcase.bash");
        std::fs::write(&file, script(Shell::Bash)).unwrap();
        let offered = |words: &[&str]| {
            let last = words.len() - 1;
            let line = format!(
                "source '{}'; COMP_WORDS=({}); COMP_CWORD={last}; _coldcase coldcase '{}' '{}'; echo \"${{COMPREPLY[@]}}\"",
                file.display(),
                words.join(" "),
                words[last],
                words[last - 1],
            );
            let output = std::process::Command::new("bash").args(["-c", &line]).output().unwrap();
            assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
            String::from_utf8(output.stdout).unwrap().trim().to_owned()
        };
        assert_eq!(offered(&["coldcase", "que"]), "query");
        assert_eq!(offered(&["coldcase", "query", "--form"]), "--format");
        assert_eq!(offered(&["coldcase", "case", "sea"]), "seal");
        assert_eq!(offered(&["coldcase", "completions", "fi"]), "fish");
    }
}
