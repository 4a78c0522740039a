//! Builders for the columns that hold lists.

use std::sync::Arc;

use arrow::array::{
    ArrayBuilder, ArrayRef, BooleanBuilder, Int64Builder, ListArray, ListBuilder, NullBufferBuilder, StringBuilder,
    StructArray,
};
use arrow::buffer::OffsetBuffer;
use arrow::datatypes::DataType;

use crate::formats::text::Text;
use crate::formats::written::{Container, Reference, Rule};
use crate::model::table::TEXTS;
use crate::model::tables::audit::TABLE;

/// A list of texts.
pub type Texts = ListBuilder<StringBuilder>;

/// Starts lists with room for so many, of so many texts with so many bytes.
pub fn texts(lists: usize, items: usize, bytes: usize) -> Texts {
    ListBuilder::with_capacity(StringBuilder::with_capacity(items, bytes), lists).with_field(Arc::clone(&TEXTS))
}

/// Hands lists over and starts again with room for as many and an eighth more: the next batch is mostly as large.
pub fn done(lists: &mut Texts) -> ListArray {
    let next = |length: usize| length + length / 8;
    let (rows, values) = (lists.len(), lists.values());
    let (items, bytes) = (values.len(), values.values_slice().len());
    std::mem::replace(lists, texts(next(rows), next(items), next(bytes))).finish()
}

/// Appends a list of texts, null when there is none.
pub fn append(list: &mut Texts, texts: Option<&[Text<'_>]>) {
    for text in texts.unwrap_or_default() {
        list.values().append_value(&**text);
    }
    list.append(texts.is_some());
}

/// Where each row's items end, and which rows have no list at all.
struct Rows {
    ends: Vec<i32>,
    present: NullBufferBuilder,
}

impl Default for Rows {
    fn default() -> Rows {
        Rows { ends: Vec::new(), present: NullBufferBuilder::new(0) }
    }
}

impl Rows {
    fn end(&mut self, items: usize, present: bool) {
        let last = self.ends.last().copied().unwrap_or_default();
        // A batch is cut long before this many items; saturating keeps the offsets in order all the same.
        self.ends.push(last.saturating_add(i32::try_from(items).unwrap_or(i32::MAX)));
        self.present.append(present);
    }

    /// Hands over the lists as column `name` of table `audit`, whose types are the table's own.
    fn finish(&mut self, name: &str, columns: Vec<ArrayRef>) -> ArrayRef {
        let column = TABLE.schema.field_with_name(name).map(|column| column.data_type());
        let Ok(DataType::List(item)) = column else { unreachable!("these columns are lists") };
        let DataType::Struct(fields) = item.data_type() else { unreachable!("of structures") };
        let parts = StructArray::new(fields.clone(), columns, None);
        let lengths = std::iter::once(0).chain(self.ends.drain(..)).collect::<Vec<_>>();
        let offsets = OffsetBuffer::new(lengths.into());
        Arc::new(ListArray::new(Arc::clone(item), offsets, Arc::new(parts), self.present.finish()))
    }
}

/// Column `containers`.
#[derive(Default)]
pub struct Containers {
    rows: Rows,
    kind: StringBuilder,
    name: StringBuilder,
    image: StringBuilder,
    command: Texts,
    args: Texts,
    privileged: BooleanBuilder,
    escalation: BooleanBuilder,
    run_as_user: Int64Builder,
    run_as_non_root: BooleanBuilder,
    capabilities: Texts,
}

impl Containers {
    /// Appends the containers of one row; None when no pod spec was written or recorded.
    pub fn append(&mut self, groups: Option<[(&'static str, &[Container<'_>]); 3]>) {
        let mut items = 0;
        for (kind, containers) in groups.iter().flatten() {
            items += containers.len();
            containers.iter().for_each(|container| self.push(kind, container));
        }
        self.rows.end(items, groups.is_some());
    }

    fn push(&mut self, kind: &str, container: &Container<'_>) {
        let security = container.security_context.as_ref();
        self.kind.append_value(kind);
        self.name.append_option(container.name.as_deref());
        self.image.append_option(container.image.as_deref());
        append(&mut self.command, container.command.as_deref());
        append(&mut self.args, container.args.as_deref());
        self.privileged.append_option(security.and_then(|s| s.privileged));
        self.escalation.append_option(security.and_then(|s| s.allow_privilege_escalation));
        self.run_as_user.append_option(security.and_then(|s| s.run_as_user));
        self.run_as_non_root.append_option(security.and_then(|s| s.run_as_non_root));
        let added = security.and_then(|s| s.capabilities.as_ref()).and_then(|c| c.add.as_deref());
        append(&mut self.capabilities, added);
    }

    pub fn finish(&mut self) -> ArrayRef {
        let columns: Vec<ArrayRef> = vec![
            Arc::new(self.kind.finish()),
            Arc::new(self.name.finish()),
            Arc::new(self.image.finish()),
            Arc::new(done(&mut self.command)),
            Arc::new(done(&mut self.args)),
            Arc::new(self.privileged.finish()),
            Arc::new(self.escalation.finish()),
            Arc::new(self.run_as_user.finish()),
            Arc::new(self.run_as_non_root.finish()),
            Arc::new(done(&mut self.capabilities)),
        ];
        self.rows.finish("containers", columns)
    }
}

/// Column `role_rules`.
#[derive(Default)]
pub struct Rules {
    rows: Rows,
    parts: [Texts; 5],
}

impl Rules {
    pub fn append(&mut self, rules: Option<&[Rule<'_>]>) {
        for rule in rules.unwrap_or_default() {
            let lists = [&rule.verbs, &rule.api_groups, &rule.resources, &rule.resource_names, &rule.non_resource_urls];
            for (part, list) in self.parts.iter_mut().zip(lists) {
                append(part, list.as_deref());
            }
        }
        self.rows.end(rules.unwrap_or_default().len(), rules.is_some());
    }

    pub fn finish(&mut self) -> ArrayRef {
        let columns = self.parts.iter_mut().map(|part| Arc::new(done(part)) as ArrayRef).collect();
        self.rows.finish("role_rules", columns)
    }
}

/// Column `subjects`.
#[derive(Default)]
pub struct Subjects {
    rows: Rows,
    kind: StringBuilder,
    name: StringBuilder,
    namespace: StringBuilder,
}

impl Subjects {
    pub fn append(&mut self, subjects: Option<&[Reference<'_>]>) {
        for subject in subjects.unwrap_or_default() {
            self.kind.append_option(subject.kind.as_deref());
            self.name.append_option(subject.name.as_deref());
            self.namespace.append_option(subject.namespace.as_deref());
        }
        self.rows.end(subjects.unwrap_or_default().len(), subjects.is_some());
    }

    pub fn finish(&mut self) -> ArrayRef {
        let columns: Vec<ArrayRef> =
            vec![Arc::new(self.kind.finish()), Arc::new(self.name.finish()), Arc::new(self.namespace.finish())];
        self.rows.finish("subjects", columns)
    }
}
