//! Where the files of a user are, by the XDG Base Directory Specification: settings, what can be made again, and what is
//! remembered.

use std::ffi::OsString;
use std::path::PathBuf;

/// A folder of the user's that this program has one of its own in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Folder {
    /// What people set: `~/.config`.
    Settings,
    /// What can be made again: `~/.cache`.
    Cache,
    /// What is remembered and matters to nobody else: `~/.local/state`.
    State,
}

impl Folder {
    /// Our folder in it, which may not be there; `None` when the user has no home.
    pub fn path(self) -> Option<PathBuf> {
        let (set, _) = self.names();
        self.below(std::env::var_os(set), std::env::var_os("HOME"))
    }

    /// The variable that names it, and where below the home it is else.
    fn names(self) -> (&'static str, &'static str) {
        match self {
            Folder::Settings => ("XDG_CONFIG_HOME", ".config"),
            Folder::Cache => ("XDG_CACHE_HOME", ".cache"),
            Folder::State => ("XDG_STATE_HOME", ".local/state"),
        }
    }

    /// A path that is not absolute is ignored, as the specification says.
    fn below(self, set: Option<OsString>, home: Option<OsString>) -> Option<PathBuf> {
        let absolute = |path: OsString| Some(PathBuf::from(path)).filter(|path| path.is_absolute());
        let folder = set.and_then(absolute).or_else(|| Some(absolute(home?)?.join(self.names().1)))?;
        Some(folder.join("coldcase"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_where_it_is_said_to_be_else_below_the_home() {
        let some = |text: &str| Some(OsString::from(text));
        let of = |folder: Folder, set, home| folder.below(set, home).map(|path| path.display().to_string());
        assert_eq!(of(Folder::State, some("/s"), some("/h")).as_deref(), Some("/s/coldcase"));
        assert_eq!(of(Folder::State, None, some("/h")).as_deref(), Some("/h/.local/state/coldcase"));
        assert_eq!(of(Folder::Settings, some("relative"), some("/h")).as_deref(), Some("/h/.config/coldcase"));
        assert_eq!(of(Folder::Cache, some(""), some("/h")).as_deref(), Some("/h/.cache/coldcase"));
        assert_eq!(of(Folder::Cache, None, None), None);
    }
}
