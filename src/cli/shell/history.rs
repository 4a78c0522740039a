//! Where the history of the shell lies: with what else a program keeps of its user, never in a case.

use std::fs;
use std::path::{Path, PathBuf};

use crate::case::user;

/// The file of the history, its folder made; None when there is no home, or it would lie in the case.
pub fn path(case: &Path) -> Option<PathBuf> {
    let path = user::Folder::State.path()?.join("query_history");
    let folder = path.parent()?;
    if is_within(folder, case) {
        return None;
    }
    fs::create_dir_all(folder).ok()?;
    Some(path)
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
    fn nothing_is_written_into_a_case() {
        let folder = tempfile::tempdir().unwrap();
        let case = folder.path().join("case");
        fs::create_dir(&case).unwrap();
        assert!(is_within(&case.join("state/coldcase"), &case));
        assert!(is_within(&case, &case));
        assert!(!is_within(&folder.path().join("state/coldcase"), &case));
    }
}
