//! Registers a case's Parquet files as tables, and the timeline over them.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Int64Type, Schema, SchemaRef, TimestampMicrosecondType};
use datafusion::datasource::MemTable;
use datafusion::datasource::file_format::parquet::ParquetFormat;
use datafusion::datasource::listing::{ListingOptions, ListingTable, ListingTableConfig, ListingTableUrl};
use datafusion::prelude::SessionContext;

use super::{Engine, damaged, views};
use crate::case::Case;
use crate::error::Result;
use crate::model::tables::azure;
use crate::model::{Micros, TABLES, Table};

/// What `coldcase tables` shows of one table.
pub struct TableInfo {
    pub name: String,
    /// What it is, for tables we know.
    pub doc: &'static str,
    pub schema: SchemaRef,
    pub rows: u64,
    /// Earliest and latest `time`, for tables that have one.
    pub span: Option<(Micros, Micros)>,
}

pub(super) async fn register(context: &SessionContext, case: &Case) -> Result<()> {
    let mut lines: Vec<String> = Vec::new();
    let present: BTreeSet<String> = case.tables().into_iter().collect();
    let known: Vec<&Table> = TABLES.iter().chain(azure::AZURE).copied().collect();
    for table in &known {
        if table.name == "evidence" {
            add_batch(context, table.name, case.evidence_batch()?)?;
        } else if table.name == "note" {
            add_batch(context, table.name, case.note_batch()?)?;
        } else if present.contains(table.name) {
            // An open table may have more columns than it lists.
            let schema = if table.is_open() { wide(case, table)? } else { Arc::clone(&table.schema) };
            add_files(context, case, table.name, schema)?;
        } else {
            add_batch(context, table.name, RecordBatch::new_empty(Arc::clone(&table.schema)))?;
        }
        // A table without rows would only cost planning; those of a case that has none give the view its columns.
        let wanted = present.contains(table.name) || !table.is_open();
        lines.extend(table.timeline.filter(|_| wanted).map(str::to_owned));
    }
    for name in present.iter().filter(|name| !known.iter().any(|table| table.name == name.as_str())) {
        let Some(schema) = case.schema(name)? else { continue };
        lines.push(line_of(name, &schema));
        add_files(context, case, name, schema)?;
    }
    views::register(context).await?;
    let view = context.sql(&lines.join(" UNION ALL ")).await.map_err(damaged)?.into_view();
    context.register_table("timeline", view).map_err(damaged)?;
    Ok(())
}

/// The columns a known table has in this case: those it lists, and those its rows brought.
fn wide(case: &Case, table: &Table) -> Result<SchemaRef> {
    let Some(found) = case.schema(table.name)? else { return Ok(Arc::clone(&table.schema)) };
    let own = table.schema.fields().iter().filter(|f| found.column_with_name(f.name()).is_none());
    let fields = found.fields().iter().cloned().chain(own.cloned()).collect::<Vec<_>>();
    Ok(Arc::new(Schema::new(fields)))
}

fn add_files(context: &SessionContext, case: &Case, name: &str, schema: SchemaRef) -> Result<()> {
    let urls = case.files(name).into_iter().map(|path| ListingTableUrl::parse(path.to_string_lossy()));
    let options = ListingOptions::new(Arc::new(ParquetFormat::default())).with_file_extension("parquet");
    let config = ListingTableConfig::new_with_multi_paths(urls.collect::<Result<Vec<_>, _>>().map_err(damaged)?)
        .with_listing_options(options)
        .with_schema(schema);
    let listing = ListingTable::try_new(config).map_err(damaged)?;
    context.register_table(quoted(name), Arc::new(listing)).map_err(damaged)?;
    Ok(())
}

fn add_batch(context: &SessionContext, name: &str, batch: RecordBatch) -> Result<()> {
    let memory = MemTable::try_new(batch.schema(), vec![vec![batch]]).map_err(damaged)?;
    context.register_table(quoted(name), Arc::new(memory)).map_err(damaged)?;
    Ok(())
}

/// A name as SQL takes it without changing its case.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// The lines of the timeline of a table that nobody knows: its first text is what the line says.
fn line_of(name: &str, schema: &Schema) -> String {
    let text = |field: &&Arc<arrow::datatypes::Field>| {
        field.data_type() == &DataType::Utf8 && !matches!(field.name().as_str(), "unread" | "TenantId" | "Type")
    };
    let telling = |field: &&Arc<arrow::datatypes::Field>| {
        ["message", "description", "log", "name"].iter().any(|word| field.name().to_lowercase().contains(word))
    };
    let texts = || schema.fields().iter().filter(text);
    let object = texts().find(telling).or_else(|| texts().next());
    let object = object.map_or_else(|| "CAST(NULL AS VARCHAR)".to_owned(), |field| quoted(field.name()));
    format!(
        "SELECT time, '{name}' AS source, CAST(NULL AS VARCHAR) AS actor, CAST(NULL AS VARCHAR) AS verb, \
         {object} AS object, CAST(NULL AS BIGINT) AS status, CAST(NULL AS VARCHAR) AS namespace, \
         CAST(NULL AS VARCHAR) AS agent, CAST(NULL AS VARCHAR) AS address, CAST(NULL AS VARCHAR) AS id, evidence, \
         \"offset\", length FROM {}",
        quoted(name)
    )
}

impl Engine {
    /// Counts every table and says what time it covers; of the tables of Log Analytics those that have rows.
    ///
    /// # Errors
    /// When a file of the case cannot be read.
    pub fn tables(&self) -> Result<Vec<TableInfo>> {
        let names = self.names.tables();
        let known = |name: &str| TABLES.iter().chain(azure::AZURE).find(|table| table.name == name);
        let mut infos = Vec::new();
        let ours = TABLES.iter().map(|table| table.name.to_owned());
        let others = names.filter(|name| !TABLES.iter().any(|table| table.name == name) && !views::is_view(name));
        for name in ours.chain(others) {
            let table = known(&name);
            let info = self.table_info(name, table.map_or("", |table| table.doc))?;
            if info.rows > 0 || table.is_some_and(|table| azure::by_name(table.name).is_none()) {
                infos.push(info);
            }
        }
        Ok(infos)
    }

    fn table_info(&self, name: String, doc: &'static str) -> Result<TableInfo> {
        let schema = self.schema(&format!("SELECT * FROM {}", quoted(&name)), &[])?;
        let timed = schema.column_with_name("time").is_some();
        let span = if timed { "min(time), max(time)" } else { "NULL AS first, NULL AS last" };
        let answer = self.sql(&format!("SELECT count(*), {span} FROM {}", quoted(&name)), &[])?;
        let batch = answer.one()?;
        let rows = batch.column(0).as_primitive::<Int64Type>().value(0) as u64;
        let time = |column: usize| {
            let array = batch.column(column).as_primitive_opt::<TimestampMicrosecondType>()?;
            (!array.is_null(0)).then(|| Micros(array.value(0)))
        };
        let span = time(1).zip(time(2));
        Ok(TableInfo { name, doc, schema, rows, span })
    }
}
