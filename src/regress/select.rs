//! Which of the tests are run: by rule, by name, by share, and by what changed.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Data, Suite, Test};
use crate::error::{Error, Result};
use crate::sigma::RuleSet;

/// See the module's description.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// Rules, by name; all when empty.
    pub rules: Vec<String>,
    /// Names of tests; all when empty.
    pub names: Vec<String>,
    /// The i-th of n shares, from 1.
    pub shard: Option<(usize, usize)>,
    /// Files that changed: only tests that are written there, read data there, or are about rules there.
    pub changed: Option<BTreeSet<PathBuf>>,
}

impl Selection {
    /// Takes out the tests that are not selected. Shares are cut of what the other choices leave, test by test, so that
    /// n shares are all of it and none twice.
    pub fn apply(&self, suite: &mut Suite) {
        let rule_files = if self.changed.is_some() { files_of_rules(&suite.set) } else { Vec::new() };
        let wanted = |test: &Test| {
            let rules = self.rules.is_empty() || self.rules.iter().any(|rule| test.rules.contains(rule));
            let names = self.names.is_empty() || self.names.contains(&test.name);
            rules && names && self.changed.as_ref().is_none_or(|changed| is_touched(test, changed, &rule_files))
        };
        suite.tests.retain(wanted);
        if let Some((share, of)) = self.shard {
            let mut place = 0;
            suite.tests.retain(|_| {
                place += 1;
                (place - 1) % of == share - 1
            });
        }
    }
}

/// Every rule with the files that say what it finds: its own, those of its parts, and those of its exceptions.
fn files_of_rules(set: &RuleSet) -> Vec<(String, PathBuf)> {
    let mut files = Vec::new();
    for (meta, parts) in set.reported() {
        let is_part = |place: &usize| {
            set.rules.get(*place).is_some_and(|rule| parts.iter().any(|part| part.meta.name == rule.meta.name))
        };
        let excepting = set.exceptions.iter().filter(|exception| exception.rules.iter().any(is_part));
        let metas = parts.iter().map(|part| &part.meta).chain(excepting.map(|exception| &exception.meta)).chain([meta]);
        let names: BTreeSet<&str> = metas.map(|meta| meta.file.as_str()).collect();
        files.extend(names.into_iter().map(|file| (meta.name.clone(), real(Path::new(file)))));
    }
    files
}

fn is_touched(test: &Test, changed: &BTreeSet<PathBuf>, rule_files: &[(String, PathBuf)]) -> bool {
    let data = match &test.data {
        Data::Lines(_) | Data::Records { .. } => [].as_slice(),
        Data::Files(files) => files.as_slice(),
    };
    let of_rule = |(name, file): &&(String, PathBuf)| {
        (test.rules.is_empty() || test.rules.contains(name)) && changed.contains(file)
    };
    let below = |path: &PathBuf| {
        let path = real(path);
        changed.iter().any(|changed| changed.starts_with(&path))
    };
    changed.contains(&real(Path::new(&test.file))) || data.iter().any(below) || rule_files.iter().any(|f| of_rule(&f))
}

/// The files that differ from a commit, in the work tree and not yet known to git; from the root of the file system.
///
/// # Errors
/// When git is not there, or does not know the commit.
pub fn touched(since: &str) -> Result<BTreeSet<PathBuf>> {
    if since.starts_with('-') {
        return Err(Error::Usage { what: format!("{since} is no commit"), hint: None });
    }
    let git = |args: &[&str]| -> Result<String> {
        let output = Command::new("git").args(args).output().map_err(Error::io("run", Path::new("git")))?;
        match output.status.success() {
            true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
            false => Err(Error::Usage {
                what: format!("git does not know what changed: {}", String::from_utf8_lossy(&output.stderr).trim()),
                hint: Some("run it inside of the clone, with a commit, branch or tag that is there".into()),
            }),
        }
    };
    let root = PathBuf::from(git(&["rev-parse", "--show-toplevel"])?.trim_end_matches('\n'));
    let known = git(&["diff", "--name-only", "-z", "--no-relative", since, "--"])?;
    let new =
        git(&["ls-files", "--others", "--exclude-standard", "--full-name", "-z", root.to_string_lossy().as_ref()])?;
    let names = known.split('\0').chain(new.split('\0')).filter(|name| !name.is_empty());
    Ok(names.map(|name| real(&root.join(name))).collect())
}

/// A path as it is spelled from the root, links followed; one that is gone as it is.
fn real(path: &Path) -> PathBuf {
    let whole = || std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    path.canonicalize().unwrap_or_else(|_| whole())
}
