//! Parquet, for other programs.

use std::io::Write;

use ::parquet::arrow::ArrowWriter;
use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;

use super::{Sheet, Writer, output};
use crate::error::Result;

/// `parquet`.
pub struct Parquet;

impl Writer for Parquet {
    fn name(&self) -> &'static str {
        "parquet"
    }

    fn doc(&self) -> &'static str {
        "Parquet; needs -o"
    }

    fn endings(&self) -> &'static [&'static str] {
        &["parquet"]
    }

    fn is_binary(&self) -> bool {
        true
    }

    fn start<'a>(&self, schema: &SchemaRef, out: &'a mut (dyn Write + Send)) -> Result<Box<dyn Sheet + 'a>> {
        Ok(Box::new(File { writer: ArrowWriter::try_new(out, schema.clone(), None).map_err(output)? }))
    }
}

struct File<'a> {
    writer: ArrowWriter<&'a mut (dyn Write + Send)>,
}

impl Sheet for File<'_> {
    fn rows(&mut self, batch: &RecordBatch) -> Result<()> {
        self.writer.write(batch).map_err(output)
    }

    fn end(self: Box<Self>) -> Result<()> {
        self.writer.close().map_err(output).map(|_| ())
    }
}
