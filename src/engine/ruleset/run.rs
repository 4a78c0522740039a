//! One batch of events asked by all rules: what was asked of a test is kept for the other rules that ask it.

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::buffer::BooleanBuffer;
use arrow::datatypes::{DataType, Int32Type};

use super::{Atom, Compiled, Node, Only};
use crate::engine::bodies::{self, BodyAnswers};
use crate::engine::columns::rows_that;
use crate::engine::index::{Bits, Indexes};
use crate::engine::three::Three;
use crate::engine::values;
use crate::model::Recorded;
use crate::sigma::matcher::Value;
use crate::sigma::{Field, Matcher, Source};

/// One batch under way.
pub struct Run<'a> {
    compiled: &'a Compiled,
    pub batch: &'a RecordBatch,
    cache: Vec<Option<Asked>>,
    indexes: Indexes<'a>,
    /// Answers costly tests with "cannot tell", to find the rows they need to be asked of.
    only_cheap: bool,
    /// Rows that lack a field, by field.
    missing: Vec<(u16, BooleanBuffer)>,
    /// Every text of the row that keywords were asked of last.
    texts: Option<(usize, Vec<String>)>,
}

/// What was asked of an atom so far.
struct Asked {
    /// Right for these rows, None for all: a costly test is asked only of rows that some rule needs it for.
    rows: Option<BooleanBuffer>,
    yes: BooleanBuffer,
    answer: Three,
}

impl<'a> Run<'a> {
    pub fn new(compiled: &'a Compiled, batch: &'a RecordBatch) -> Run<'a> {
        let cache = compiled.atoms.iter().map(|_| None).collect();
        Run { compiled, batch, cache, indexes: Indexes::default(), only_cheap: false, missing: Vec::new(), texts: None }
    }

    /// The answer of a rule from columns alone, no where it is not asked of any row. Costly tests are asked only of rows that
    /// the cheap ones cannot decide.
    pub fn rule_answer(&mut self, rule: &Node, (place, only): (usize, Option<&Only>)) -> Three {
        if only.is_some_and(|only| only[place].is_none()) {
            return Three::No;
        }
        self.only_cheap = true;
        let answer = self.column_answer(rule, None);
        self.only_cheap = false;
        let open = answer.untold_rows(self.batch.num_rows());
        if open.count_set_bits() == 0 {
            return answer;
        }
        let open = answer.open_rows(self.batch.num_rows());
        self.column_answer(rule, Some(&open))
    }

    /// The answer from columns alone; `rows` are those that matter, None for all.
    pub fn column_answer(&mut self, node: &Node, rows: Option<&BooleanBuffer>) -> Three {
        match node {
            Node::True => Three::Yes,
            Node::Not(inner) => self.column_answer(inner, rows).not(),
            Node::Atom(atom) => self.atom_answer(*atom, rows),
            Node::All(nodes) => {
                let mut answer = Three::Yes;
                for node in nodes {
                    let open = open(&answer, rows, self.batch.num_rows());
                    answer = answer.and(&self.column_answer(node, open.as_ref().or(rows)));
                    if answer.is_no() {
                        break;
                    }
                }
                answer
            }
            Node::Any(nodes) => {
                let mut answer = Three::No;
                for node in nodes {
                    answer = answer.or(&self.column_answer(node, rows));
                }
                answer
            }
        }
    }

    fn atom_answer(&mut self, atom: usize, rows: Option<&BooleanBuffer>) -> Three {
        let compiled = self.compiled;
        let atom_test = &compiled.atoms[atom];
        if self.only_cheap && atom_test.is_costly() {
            return Three::unknown(self.batch.num_rows());
        }
        let rows = rows.filter(|_| atom_test.is_costly());
        let before = self.cache[atom].as_ref();
        // The rows that nobody asked for yet.
        let todo = match (before, rows) {
            (None, rows) => rows.cloned(),
            (Some(Asked { rows: None, answer, .. }), _) => return answer.clone(),
            (Some(Asked { rows: Some(known), .. }), None) => Some(!known),
            (Some(Asked { rows: Some(known), answer, .. }), Some(rows)) => {
                let todo = rows & &!known;
                if todo.count_set_bits() == 0 {
                    return answer.clone();
                }
                Some(todo)
            }
        };
        let Some((found, root)) = self.ask(atom_test, todo.as_ref()) else {
            return Three::unknown(self.batch.num_rows());
        };
        let (yes, rows) = match self.cache[atom].take() {
            Some(Asked { rows: Some(known), yes, .. }) => (&yes | &found, rows.map(|rows| rows | &known)),
            _ => (found, rows.cloned()),
        };
        let answer = Three::known(yes.clone()).unless(self.missing(root));
        let answer = match untold(atom_test, self.batch) {
            Some(nulls) => answer.unless(&nulls),
            None => answer,
        };
        self.cache[atom] = Some(Asked { rows, yes, answer: answer.clone() });
        answer
    }

    /// Asks a test of some rows, None for all; None when columns cannot answer it. Other rows get "no".
    fn ask(&mut self, atom: &Atom, rows: Option<&BooleanBuffer>) -> Option<(BooleanBuffer, Recorded)> {
        match atom {
            Atom::Column { test, root, .. } => {
                test.columns().iter().try_for_each(|name| self.batch.column_by_name(name).map(drop))?;
                Some((test.run(self.batch, rows, &mut self.indexes), *root))
            }
            Atom::Fields { left, right, matcher } => {
                if ![left, right].iter().all(|field| values::are_there(self.batch, field)) {
                    return None;
                }
                let count = self.batch.num_rows();
                let yes = match [left, right].map(|field| text_column(self.batch, field)) {
                    [Some(left), Some(right)] => rows_that(rows, count, |row| {
                        let both = values::text(left, row).zip(values::text(right, row));
                        both.is_some_and(|(left, right)| matcher.relates(Value::Text(left), Value::Text(right)))
                    }),
                    _ => rows_that(rows, count, |row| relates(self.batch, row, left, right, matcher)),
                };
                Some((yes, left.root.without(right.root)))
            }
            Atom::Body { .. } | Atom::Members { .. } | Atom::Derived { .. } | Atom::Everything(_) => None,
        }
    }

    /// The answer for one row whose bodies were read, one of the `open` rows.
    pub fn row_answer(&mut self, node: &Node, row: usize, read: (&BodyAnswers, &BooleanBuffer)) -> Option<bool> {
        let (answers, open) = read;
        match node {
            Node::True => Some(true),
            Node::Not(inner) => self.row_answer(inner, row, read).map(|told| !told),
            Node::Atom(atom) => match &self.compiled.atoms[*atom] {
                Atom::Body { test, root, .. } => {
                    if self.missing(*root).value(row) {
                        return None;
                    }
                    Some(answers.holds(*test))
                }
                Atom::Members { field, members } => {
                    if self.missing(field.root).value(row) {
                        return None;
                    }
                    let Source::Body { side, path } = &field.source else { return Some(false) };
                    Some(bodies::members_hold(self.batch, row, *side, path, members))
                }
                Atom::Derived { test, root } => {
                    if self.missing(*root).value(row) {
                        return None;
                    }
                    test.holds(self.batch, row)
                }
                Atom::Everything(matcher) => {
                    if self.texts(row).iter().any(|text| matcher.matches(Value::Text(text))) {
                        return Some(true);
                    }
                    // Found is found; "not found" needs everything to have been recorded.
                    (!self.missing(Field::everything().root).value(row)).then_some(false)
                }
                // Asked of all open rows and kept: the others will ask the same.
                _ => match &self.cache[*atom] {
                    Some(Asked { rows, answer, .. }) if rows.as_ref().is_none_or(|rows| rows.value(row)) => {
                        answer.row(row)
                    }
                    _ => self.atom_answer(*atom, Some(open)).row(row),
                },
            },
            Node::All(nodes) => {
                let mut told = Some(true);
                for node in nodes {
                    match self.row_answer(node, row, read) {
                        Some(false) => return Some(false),
                        None => told = None,
                        Some(true) => {}
                    }
                }
                told
            }
            Node::Any(nodes) => {
                let mut told = Some(false);
                for node in nodes {
                    match self.row_answer(node, row, read) {
                        Some(true) => return Some(true),
                        None => told = None,
                        Some(false) => {}
                    }
                }
                told
            }
        }
    }

    /// Every text of a row: a rule asks for several keywords, one after the other.
    fn texts(&mut self, row: usize) -> &[String] {
        if self.texts.as_ref().is_none_or(|(of, _)| *of != row) {
            let mut texts = Vec::new();
            values::everything(self.batch, row, &mut |text| {
                texts.push(text.to_owned());
                false
            });
            self.texts = Some((row, texts));
        }
        self.texts.as_ref().map_or(&[], |(_, texts)| texts)
    }

    /// The rows of which an answer is yes and nothing of `roots` is missing.
    pub fn recorded(&mut self, answer: &Three, roots: &[Recorded]) -> BooleanBuffer {
        let mut rows = answer.yes_rows(self.batch.num_rows());
        for root in roots {
            rows = &rows & &!self.missing(*root);
        }
        rows
    }

    /// The rows that lack any field of `root`.
    pub fn missing(&mut self, root: Recorded) -> &BooleanBuffer {
        // There are a few of them, and they are asked for each row of bodies.
        let known = self.missing.iter().position(|(known, _)| *known == root.0);
        let place = known.unwrap_or_else(|| {
            self.missing.push((root.0, missing_rows(self.batch, root, &mut self.indexes)));
            self.missing.len() - 1
        });
        &self.missing[place].1
    }
}

/// The rows of another log source that lack what every such event has: it was not recorded.
fn untold(atom: &Atom, batch: &RecordBatch) -> Option<BooleanBuffer> {
    let Atom::Column { test, .. } = atom else { return None };
    let Source::Log { column, always: true, .. } = &test.source else { return None };
    let nulls = batch.column_by_name(column)?.logical_nulls()?;
    Some(!nulls.inner())
}

/// The rows a costly test must still look at; None when that is all of them.
fn open(answer: &Three, rows: Option<&BooleanBuffer>, count: usize) -> Option<BooleanBuffer> {
    match (answer, rows) {
        (Three::Yes, _) => None,
        (answer, None) => Some(answer.open_rows(count)),
        (answer, Some(rows)) => Some(&answer.open_rows(count) & rows),
    }
}

fn missing_rows<'a>(batch: &'a RecordBatch, root: Recorded, indexes: &mut Indexes<'a>) -> BooleanBuffer {
    let Some(array) = batch.column_by_name("not_recorded") else {
        return BooleanBuffer::new_unset(batch.num_rows());
    };
    if !matches!(array.data_type(), DataType::Dictionary(_, _)) || array.null_count() == array.len() {
        return BooleanBuffer::new_unset(batch.num_rows());
    }
    let words = array.as_dictionary::<Int32Type>();
    let values = words.values().as_string::<i32>();
    let mut missing = Bits::new(array.len());
    let index = indexes.words("not_recorded", array.as_ref());
    for (word, _) in values.iter().enumerate().filter(|(_, v)| v.is_some_and(|v| Recorded::parse(v).misses(root))) {
        missing.set_all(index.rows(word));
    }
    missing.finish()
}

/// The column of a field that is one text of a row, or none.
fn text_column<'a>(batch: &'a RecordBatch, field: &Field) -> Option<&'a dyn Array> {
    let Source::Column(name) = &field.source else { return None };
    let column = batch.column_by_name(name)?;
    matches!(column.data_type(), DataType::Utf8 | DataType::Dictionary(..)).then_some(column.as_ref())
}

/// Compares two fields of one event: true when any value of one relates to any value of the other.
fn relates(batch: &RecordBatch, row: usize, left: &Field, right: &Field, matcher: &Matcher) -> bool {
    let (left, right) = (values::of(batch, row, left), values::of(batch, row, right));
    left.iter().any(|l| right.iter().any(|r| matcher.relates(Value::Text(l), Value::Text(r))))
}
