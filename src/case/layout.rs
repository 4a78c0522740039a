//! How the columns of a table are written: compression, encodings, pages, minima and maxima.

use arrow::datatypes::SchemaRef;
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;

/// A row group of ordinary events is one page a column.
const PAGE_ROWS: usize = 65_536;
/// Bodies repeat one another over longer stretches than the usual page of 1 MB.
const BODY_PAGE: usize = 4 << 20;

/// How the columns of a case are written that is thrown away when a question is answered.
pub fn fleeting() -> WriterProperties {
    WriterProperties::builder()
        .set_max_row_group_row_count(None)
        .set_data_page_row_count_limit(PAGE_ROWS)
        .set_statistics_enabled(EnabledStatistics::None)
        .build()
}

/// How a table's columns are written: minima and maxima only where they leave anything out, since to find them costs
/// a comparison a value.
pub fn properties(table: &str, schema: &SchemaRef) -> WriterProperties {
    let zstd = |level: i32| Compression::ZSTD(ZstdLevel::try_new(level).unwrap_or_default());
    // In ids there is nothing to find, and looking harder finds worse.
    let (texts, ids) = (zstd(3), zstd(1));
    let mut builder = WriterProperties::builder()
        .set_created_by(concat!("coldcase ", env!("CARGO_PKG_VERSION")).to_owned())
        .set_compression(texts)
        .set_max_row_group_row_count(None)
        .set_data_page_row_count_limit(PAGE_ROWS)
        .set_statistics_enabled(EnabledStatistics::None);
    for column in schema.fields() {
        // A name with a dot is one name, no path.
        let path = ColumnPath::new(vec![column.name().clone()]);
        match column.name().as_str() {
            // Long and hardly ever equal: a dictionary or statistics of them would cost and serve nothing.
            "request_object" | "response_object" | "body" if column.name() != "body" || table == "object" => {
                builder = builder
                    .set_column_dictionary_enabled(path.clone(), false)
                    .set_column_data_page_size_limit(path, BODY_PAGE);
            }
            // Different for every row in some logs, and a few words in others: the dictionary is given up early.
            "user_uid" => {
                builder = builder
                    .set_column_compression(path.clone(), ids)
                    .set_column_dictionary_page_size_limit(path.clone(), 64 << 10)
                    .set_column_encoding(path, Encoding::DELTA_LENGTH_BYTE_ARRAY);
            }
            "user_extra" => {
                builder = builder
                    .set_column_compression(path.clone(), ids)
                    .set_column_dictionary_page_size_limit(path, 64 << 10);
            }
            // Not in order, as `time` is: differences would be longer than what zstd makes of the values.
            "request_received_time" => builder = builder.set_column_dictionary_enabled(path, false),
            "audit_id" if table == "audit" => {
                builder = builder
                    .set_column_compression(path.clone(), ids)
                    .set_column_dictionary_enabled(path.clone(), false)
                    .set_column_encoding(path.clone(), Encoding::DELTA_LENGTH_BYTE_ARRAY)
                    .set_column_bloom_filter_enabled(path.clone(), true)
                    .set_column_bloom_filter_fpp(path, 0.03);
            }
            // Nearly in the order of `time`, which it follows.
            "envelope_time" => {
                builder = builder
                    .set_column_dictionary_enabled(path.clone(), false)
                    .set_column_encoding(path, Encoding::DELTA_BINARY_PACKED);
            }
            "time" | "offset" => {
                builder = builder
                    .set_column_dictionary_enabled(path.clone(), false)
                    .set_column_statistics_enabled(path.clone(), EnabledStatistics::Page)
                    .set_column_encoding(path, Encoding::DELTA_BINARY_PACKED);
            }
            "evidence" => builder = builder.set_column_statistics_enabled(path, EnabledStatistics::Page),
            _ => {}
        }
    }
    builder.build()
}
