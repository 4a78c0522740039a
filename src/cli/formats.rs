//! `coldcase formats`: what intake recognises.

use clap::Args;

use super::End;
use super::print::{line, output};
use crate::error::Result;
use crate::formats::{ENVELOPES, PAYLOADS};

/// Lists the wrappings and the kinds of records that are recognised, by content and never by name.
#[derive(Args)]
pub struct Formats {}

impl Formats {
    pub(super) fn run(self) -> Result<End> {
        let mut out = output(None, None)?;
        line(&mut out, "wrappings")?;
        for envelope in ENVELOPES {
            line(&mut out, &format!("  {:<22} {}", envelope.name(), envelope.doc()))?;
        }
        line(&mut out, "records")?;
        for payload in PAYLOADS {
            line(&mut out, &format!("  {:<22} {}", payload.name(), payload.doc()))?;
        }
        Ok(End::Done)
    }
}
