//! `--site FILE`: what only the people of a site know, put where rules name it.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::error::{Error, Result};
use crate::sigma::RuleSet;
use crate::sigma::lists::{self, Listed};

/// Which site's lists fill the rules.
#[derive(Args)]
pub struct SiteArg {
    /// Site file: lists that rules name as '%name%', such as addresses of the company or indicators
    #[arg(long, value_name = "FILE", env = "COLDCASE_SITE")]
    site: Option<PathBuf>,
}

impl SiteArg {
    /// Gives rules the lists of the site.
    ///
    /// # Errors
    /// When the file, or one it names, cannot be read or used.
    pub fn give(&self, rules: &mut RuleSet) -> Result<()> {
        let Some(path) = &self.site else { return Ok(()) };
        for (name, listed) in lists::site(&read(path)?).map_err(usage(path))? {
            let entries = match listed {
                Listed::Entries(entries) => entries,
                Listed::File(file) => {
                    let file = path.parent().unwrap_or(Path::new("")).join(file);
                    lists::file(&read(&file)?).map_err(usage(&file))?
                }
            };
            rules.lists.add(&name, entries);
        }
        Ok(())
    }
}

fn read(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).map_err(Error::io("read", path))
}

fn usage(path: &Path) -> impl FnOnce(String) -> Error + '_ {
    let hint = Some("queries/README.md shows a site file".to_owned());
    move |why| Error::Usage { what: format!("{}: {why}", path.display()), hint }
}
