//! `coldcase hunt`: stored questions.

use std::io::Write;

use clap::Args;

use super::print::{diagnostic, line, output};
use super::query::{Out, answer, pair};
use super::secrets::Secrets;
use super::{CaseArg, End};
use crate::engine::Engine;
use crate::engine::hunts::Hunt as Stored;
use crate::engine::own::{Folders, hunts};
use crate::error::{Error, Result};
use crate::pack;

/// Runs a stored question over a case; without a name it lists them all with their parameters.
#[derive(Args)]
pub struct Hunt {
    /// Which one
    name: Option<String>,
    #[command(flatten)]
    case: CaseArg,
    #[command(flatten)]
    out: Out,
    #[command(flatten)]
    secrets: Secrets,
    /// Value of a parameter
    #[arg(long = "param", value_name = "NAME=VALUE", value_parser = pair)]
    params: Vec<(String, String)>,
}

impl Hunt {
    pub(super) fn run(self) -> Result<End> {
        let (hunts, problems) = hunts(&Folders::of(&self.case.case));
        problems.iter().for_each(diagnostic);
        let Some(name) = &self.name else {
            list(&hunts, &mut output(None, None)?)?;
            return Ok(End::Done);
        };
        let hunt = hunts.iter().find(|hunt| hunt.name == *name).ok_or_else(|| Error::Usage {
            what: format!("there is no hunt `{name}`"),
            hint: Some("coldcase hunt lists them".into()),
        })?;
        let bound = hunt.bind(&self.params)?;
        let engine = Engine::open(&self.secrets.open(&self.case)?)?;
        answer(&engine, &hunt.sql, &bound, &self.out)?;
        Ok(End::Done)
    }
}

/// Shows hunts with their parameters.
pub fn list(hunts: &[Stored], out: &mut dyn Write) -> Result<()> {
    for hunt in hunts {
        line(out, &format!("{:<20} {}", hunt.name, hunt.question))?;
        for parameter in &hunt.parameters {
            line(out, &format!("{:22}--param {}=…  {}", "", parameter.name, parameter.doc))?;
        }
    }
    Ok(())
}

/// Every hunt of the pack, by name.
pub fn all() -> Result<Vec<Stored>> {
    let read = pack::HUNTS.iter().map(|(path, text)| Stored::read(path, text));
    let (good, bad): (Vec<_>, Vec<_>) = read.partition(Result::is_ok);
    match bad.is_empty() {
        true => Ok(good.into_iter().flatten().collect()),
        false => Err(Error::Rules { all: bad.into_iter().filter_map(Result::err).collect() }),
    }
}
