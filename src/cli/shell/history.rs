//! Where the history of the shell lies: with what else a program keeps of its user, never in a case.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

/// The file of the history, its folder made; None when there is no home, or it would lie in the case.
pub fn path(case: &Path) -> Option<PathBuf> {
    let path = below(std::env::var_os("XDG_STATE_HOME"), std::env::var_os("HOME"))?;
    let folder = path.parent()?;
    if is_within(folder, case) {
        return None;
    }
    fs::create_dir_all(folder).ok()?;
    Some(path)
}

/// `$XDG_STATE_HOME`, or what stands for it (XDG Base Directory Specification: a path that is not absolute is ignored).
fn below(state: Option<OsString>, home: Option<OsString>) -> Option<PathBuf> {
    let absolute = |path: OsString| Some(PathBuf::from(path)).filter(|path| path.is_absolute());
    let state = state.and_then(absolute).or_else(|| Some(absolute(home?)?.join(".local/state")))?;
    Some(state.join("coldcase/query_history"))
}

/// Says whether a folder, which may not be there yet, is the case or below it.
fn is_within(folder: &Path, case: &Path) -> bool {
    let Ok(case) = fs::canonicalize(case) else { return true };
    let there = folder.ancestors().find_map(|part| fs::canonicalize(part).ok());
    there.is_none_or(|there| there.starts_with(&case))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_lies_in_the_state_folder_of_the_user() {
        let some = |text: &str| Some(OsString::from(text));
        let file = |path: &str| Some(PathBuf::from(path));
        assert_eq!(below(some("/s"), some("/h")), file("/s/coldcase/query_history"));
        assert_eq!(below(None, some("/h")), file("/h/.local/state/coldcase/query_history"));
        assert_eq!(below(some("relative"), some("/h")), file("/h/.local/state/coldcase/query_history"));
        assert_eq!(below(None, None), None);
    }

    #[test]
    fn nothing_is_written_into_a_case() {
        let folder = tempfile::tempdir().unwrap();
        let case = folder.path().join("case");
        fs::create_dir(&case).unwrap();
        assert!(is_within(&case.join("state/coldcase"), &case));
        assert!(is_within(&case, &case));
        assert!(!is_within(&folder.path().join("state/coldcase"), &case));
    }
}
