//! The only home of DataFusion: a case's tables, SQL over them, and rules over events.
//!
//! Nothing here is async to the outside; the runtime lives inside [`Engine`].

mod baseline;
mod blind;
mod bodies;
mod certificate;
mod clocks;
mod columns;
mod concern;
mod correlate;
mod course;
mod derived;
mod detect;
mod entity;
mod events;
mod faster;
mod finding;
pub mod functions;
mod gaps;
pub mod hunts;
pub mod incident;
mod index;
mod late;
mod leaves;
mod ledger;
mod limits;
mod logsource;
mod names;
mod networks;
pub mod own;
mod pass;
mod picked;
mod places;
mod plain;
mod program;
mod queried;
mod query;
mod rbac;
mod reconcile;
mod record;
mod relations;
mod rows;
mod ruleset;
mod script;
mod sheets;
mod spill;
mod standing;
mod state;
mod steps;
mod stopping;
pub mod sweep;
mod tables;
mod tally;
pub mod threads;
mod three;
mod told;
mod undecided;
mod values;
pub mod views;
mod weaker;
mod why;
mod words;

use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::prelude::{SessionConfig, SessionContext};
use tokio::runtime::{Builder, Runtime};

use crate::case::Case;
use crate::error::{BoxError, Error, Result};
use crate::model::tables::audit;

pub use baseline::Baseline;
pub(crate) use blind::keys;
pub use blind::{Blind, Coverage};
pub use clocks::{Clocks, Doubt, Skew};
pub use columns::is_public;
pub use concern::{Concern, concerns, named};
pub use correlate::Window;
pub(crate) use correlate::cannot_lack;
pub use course::{Fire, Played};
pub use detect::{Excepted, Replay};
pub use entity::{Entity, Kind};
pub use events::Events;
pub use finding::{Event, Finding};
pub use gaps::{Levels, Missing, Rhythm};
pub use ledger::Holding;
pub use limits::Limits;
pub use logsource::Covered;
pub use plain::Plain;
pub use queried::Unable;
pub use query::{Answer, Far, Parameter, Question};
pub use rbac::{Asked, Grant, Rbac};
pub use reconcile::{Alert, Reconciled, bare_type};
pub use record::batch_of_findings;
pub use rows::Rows;
pub use script::Script;
pub use tables::TableInfo;
pub use undecided::Untold;
pub use weaker::{Weaker, weaker};
pub use why::{Clause, clauses};

/// Rows per batch: large, so that a test on a dictionary column is paid for once per many rows.
const BATCH_ROWS: usize = 32_768;

/// An open case, ready to be asked.
pub struct Engine {
    runtime: Runtime,
    context: SessionContext,
    names: names::Names,
    /// The tables that have rows: planning the others would take longer than reading them.
    present: Vec<String>,
    /// The files of table `audit`.
    audit: sheets::Sheets,
}

impl Engine {
    /// Opens the committed tables of a case.
    ///
    /// # Errors
    /// When a table's files cannot be opened.
    pub fn open(case: &Case) -> Result<Engine> {
        let runtime = Builder::new_multi_thread()
            .enable_all()
            .build()
            .map_err(|source| Error::Bug { what: "no threads for queries".into(), source: source.into() })?;
        let mut config = SessionConfig::new().with_batch_size(BATCH_ROWS).with_information_schema(true);
        let options = config.options_mut();
        // Columns stay what the case format promises; a view type would be one more shape for every test.
        options.execution.parquet.schema_force_view_types = false;
        options.execution.parquet.pushdown_filters = true;
        options.execution.parquet.reorder_filters = true;
        // Least and greatest over a union of tables leave out rows that the first of them make look needless.
        options.optimizer.enable_aggregate_dynamic_filter_pushdown = false;
        options.sql_parser.collect_spans = true;
        options.sql_parser.map_string_types_to_utf8view = false;
        config.set_extension(std::sync::Arc::new(own::Folders::of(case.dir())));
        let limits = RuntimeEnvBuilder::new()
            .build_arc()
            .map_err(|source| Error::Bug { what: "no memory pool for queries".into(), source: source.into() })?;
        let context = SessionContext::new_with_config_rt(config, limits);
        functions::register(&context);
        faster::register(&context);
        runtime.block_on(tables::register(&context, case))?;
        let names = runtime.block_on(names::Names::of(&context));
        let audit = sheets::Sheets::open(&audit::TABLE.schema, &case.files("audit"))?;
        Ok(Engine { runtime, context, names, present: case.tables(), audit })
    }
}

/// A failure that only a damaged file of the case explains.
fn damaged(source: impl Into<BoxError>) -> Error {
    Error::Damaged { path: "the tables of the case".into(), source: source.into() }
}
