//! Findings as rows of table `finding`.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, ListArray, ListBuilder, RecordBatch, StringArray, StringBuilder, StructArray, TimestampMicrosecondArray,
    UInt32Builder, UInt64Array, UInt64Builder,
};
use arrow::buffer::OffsetBuffer;
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field};

use super::entity::Entity;
use super::finding::Finding;
use crate::error::{Error, Result};
use crate::model::Micros;
use crate::model::tables::finding::{TABLE, entity};

/// Makes one row of each finding, in their order.
///
/// # Errors
/// Only when the table's schema and this function disagree, which is a bug.
pub fn batch_of_findings(findings: &[Finding]) -> Result<RecordBatch> {
    let texts = |of: &dyn Fn(&Finding) -> Option<&str>| -> ArrayRef {
        Arc::new(findings.iter().map(of).collect::<StringArray>())
    };
    let times = |of: &dyn Fn(&Finding) -> Option<Micros>| -> ArrayRef {
        let array = findings.iter().map(|f| of(f).map(|t| t.0)).collect::<TimestampMicrosecondArray>();
        Arc::new(array.with_timezone("+00:00"))
    };
    let lists = |of: &dyn Fn(&Finding) -> &[String]| -> ArrayRef {
        let all = || findings.iter().flat_map(of);
        let texts = StringBuilder::with_capacity(all().count(), all().map(String::len).sum());
        let mut list = ListBuilder::with_capacity(texts, findings.len());
        for finding in findings {
            of(finding).iter().for_each(|text| list.values().append_value(text));
            list.append(true);
        }
        Arc::new(list.finish())
    };
    let events = findings.iter().map(|finding| finding.events.len()).sum();
    let mut evidence = ListBuilder::new(UInt32Builder::with_capacity(events));
    let mut offset = ListBuilder::new(UInt64Builder::with_capacity(events));
    let mut length = ListBuilder::new(UInt64Builder::with_capacity(events));
    for finding in findings {
        for span in finding.events.spans() {
            evidence.values().append_value(span.evidence.0);
            offset.values().append_value(span.offset);
            length.values().append_value(span.length);
        }
        evidence.append(true);
        offset.append(true);
        length.append(true);
    }
    let columns: Vec<ArrayRef> = vec![
        texts(&|f| Some(&f.id)),
        texts(&|f| Some(&f.rule)),
        texts(&|f| Some(f.level.as_str())),
        texts(&|f| Some(&f.title)),
        times(&|f| f.first),
        times(&|f| f.last),
        Arc::new(UInt64Array::from_iter_values(findings.iter().map(|f| f.count))),
        texts(&|f| f.actor.as_deref()),
        texts(&|f| f.target.as_deref()),
        lists(&|f| &f.techniques),
        lists(&|f| &f.tactics),
        lists(&|f| &f.threat_matrix),
        lists(&|f| &f.defender),
        texts(&|f| f.remediation.as_deref()),
        entities(findings, &|f| &f.entities),
        texts(&|f| f.incident.as_deref()),
        entities(findings, &|f| &f.shared),
        lists(&|f| &f.audit_ids),
        Arc::new(evidence.finish()),
        Arc::new(offset.finish()),
        Arc::new(length.finish()),
    ];
    let bug = |source: arrow::error::ArrowError| Error::Bug { what: "table finding".into(), source: source.into() };
    let columns = columns.iter().zip(TABLE.schema.fields()).map(|(array, field)| cast(array, field.data_type()));
    RecordBatch::try_new(Arc::clone(&TABLE.schema), columns.collect::<Result<_, _>>().map_err(bug)?).map_err(bug)
}

fn entities(findings: &[Finding], of: &dyn Fn(&Finding) -> &[Entity]) -> ArrayRef {
    let all = || findings.iter().flat_map(of);
    let column = |text: fn(&Entity) -> &str| -> ArrayRef {
        let bytes = all().map(|entity| text(entity).len()).sum();
        let mut texts = StringBuilder::with_capacity(all().count(), bytes);
        all().for_each(|entity| texts.append_value(text(entity)));
        Arc::new(texts.finish())
    };
    let (kinds, names) = (column(|entity| entity.kind.as_str()), column(|entity| &entity.name));
    let DataType::Struct(fields) = entity() else { unreachable!("an entity is a structure") };
    let values = StructArray::new(fields, vec![kinds, names], None);
    let offsets = OffsetBuffer::from_lengths(findings.iter().map(|finding| of(finding).len()));
    Arc::new(ListArray::new(Arc::new(Field::new("item", entity(), true)), offsets, Arc::new(values), None))
}
