//! Registers a case's Parquet files as tables, and the timeline over them.

use std::sync::Arc;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{Int64Type, TimestampMicrosecondType};
use datafusion::datasource::MemTable;
use datafusion::datasource::file_format::parquet::ParquetFormat;
use datafusion::datasource::listing::{ListingOptions, ListingTable, ListingTableConfig, ListingTableUrl};
use datafusion::prelude::SessionContext;

use super::{Engine, damaged};
use crate::case::Case;
use crate::error::Result;
use crate::model::{Micros, TABLES, Table};

/// What `coldcase tables` shows of one table.
pub struct TableInfo {
    pub table: &'static Table,
    pub rows: u64,
    /// Earliest and latest `time`, for tables that have one.
    pub span: Option<(Micros, Micros)>,
}

pub(super) async fn register(context: &SessionContext, case: &Case) -> Result<()> {
    for table in TABLES {
        let files = case.files(table);
        if table.name == "evidence" {
            add_batch(context, table, case.evidence_batch()?)?;
        } else if files.is_empty() {
            add_batch(context, table, RecordBatch::new_empty(Arc::clone(&table.schema)))?;
        } else {
            let urls = files
                .iter()
                .map(|path| ListingTableUrl::parse(path.to_string_lossy()))
                .collect::<Result<Vec<_>, _>>()
                .map_err(damaged)?;
            let options = ListingOptions::new(Arc::new(ParquetFormat::default())).with_file_extension("parquet");
            let config = ListingTableConfig::new_with_multi_paths(urls)
                .with_listing_options(options)
                .with_schema(Arc::clone(&table.schema));
            let listing = ListingTable::try_new(config).map_err(damaged)?;
            context.register_table(table.name, Arc::new(listing)).map_err(damaged)?;
        }
    }
    let lines: Vec<&str> = TABLES.iter().filter_map(|table| table.timeline).collect();
    let view = context.sql(&lines.join(" UNION ALL ")).await.map_err(damaged)?.into_view();
    context.register_table("timeline", view).map_err(damaged)?;
    Ok(())
}

fn add_batch(context: &SessionContext, table: &Table, batch: RecordBatch) -> Result<()> {
    let memory = MemTable::try_new(Arc::clone(&table.schema), vec![vec![batch]]).map_err(damaged)?;
    context.register_table(table.name, Arc::new(memory)).map_err(damaged)?;
    Ok(())
}

impl Engine {
    /// Counts every table and says what time it covers.
    ///
    /// # Errors
    /// When a file of the case cannot be read.
    pub fn tables(&self) -> Result<Vec<TableInfo>> {
        TABLES.iter().map(|table| self.table_info(table)).collect()
    }

    fn table_info(&self, table: &'static Table) -> Result<TableInfo> {
        let timed = table.columns.iter().any(|column| column.name == "time");
        let span = if timed { "min(time), max(time)" } else { "NULL AS first, NULL AS last" };
        let answer = self.sql(&format!("SELECT count(*), {span} FROM {}", table.name), &[])?;
        let batch = answer.one()?;
        let rows = batch.column(0).as_primitive::<Int64Type>().value(0) as u64;
        let time = |column: usize| {
            let array = batch.column(column).as_primitive_opt::<TimestampMicrosecondType>()?;
            (!array.is_null(0)).then(|| Micros(array.value(0)))
        };
        Ok(TableInfo { table, rows, span: time(1).zip(time(2)) })
    }
}
