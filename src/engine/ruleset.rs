//! Many rules as one: equal tests are asked once per batch, costly ones only of the rows still open.
//!
//! A rule is first decided from columns, with every body test answering "cannot tell". What stays open and asks for a
//! body is decided row by row, after one walk over that row's bodies for all rules together.

use std::collections::{BTreeSet, HashMap};

use arrow::array::{Array, AsArray};
use arrow::buffer::BooleanBuffer;
use arrow::datatypes::{DataType, Int32Type};
use arrow::record_batch::RecordBatch;

use super::bodies::{self, Bodies, BodyAnswers};
use super::columns::{ColumnTest, Lists};
use super::three::Three;
use super::values;
use crate::model::Recorded;
use crate::model::tables::audit;
use crate::sigma::matcher::Value;
use crate::sigma::{Field, Matcher, Op, Predicate, Rule, Source, Test};

/// Rules compiled together.
pub struct Compiled {
    atoms: Vec<Atom>,
    rules: Vec<Node>,
    bodies: Bodies,
}

/// One distinct test.
enum Atom {
    Column {
        test: ColumnTest,
        root: Recorded,
        costly: bool,
    },
    /// Number of the test in `Bodies`.
    Body {
        test: usize,
        root: Recorded,
    },
    /// Two fields of the same event compared.
    Fields {
        left: Field,
        right: Field,
        matcher: Matcher,
    },
    /// Any text of the whole event.
    Everything(Matcher),
}

impl Atom {
    /// The field of the event whose body must be read to answer; None when columns can. None of a row is missing for a
    /// test on everything.
    fn body_root(&self) -> Option<Recorded> {
        match self {
            Atom::Body { root, .. } => Some(*root),
            Atom::Everything(_) => Some(Recorded::ALL),
            Atom::Fields { left, right, .. } => {
                let bodies = [left, right].into_iter().any(values::is_in_bodies);
                bodies.then(|| left.root.without(right.root))
            }
            Atom::Column { .. } => None,
        }
    }

    fn is_costly(&self) -> bool {
        matches!(self, Atom::Column { costly: true, .. } | Atom::Fields { .. })
    }
}

/// A rule's predicate over atoms, children in the order of their cost.
enum Node {
    True,
    Atom(usize),
    All(Vec<Node>),
    Any(Vec<Node>),
    Not(Box<Node>),
}

/// A row on which a rule is true, or on which it cannot be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    pub rule: usize,
    pub row: usize,
    pub told: Told,
}

/// What is known of a rule on a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    Hit,
    CannotTell,
    /// It hangs on bodies that were not read yet.
    NeedsBodies,
}

impl Compiled {
    /// Compiles `rules`; verdicts name them by their place in the slice.
    pub fn new(rules: &[Rule]) -> Compiled {
        let mut compiled = Compiled { atoms: Vec::new(), rules: Vec::new(), bodies: Bodies::default() };
        let mut known: HashMap<Test, usize> = HashMap::new();
        for rule in rules {
            let node = compiled.node(&rule.predicate, &mut known);
            compiled.rules.push(node);
        }
        compiled
    }

    /// The columns of table `audit` the rules read, in a fixed order.
    pub fn columns(&self) -> BTreeSet<&str> {
        let mut columns = BTreeSet::from(["not_recorded"]);
        for atom in &self.atoms {
            match atom {
                Atom::Column { test, .. } => {
                    columns.insert(test.column());
                }
                Atom::Fields { left, right, .. } => {
                    columns.extend(values::columns(left));
                    columns.extend(values::columns(right));
                }
                Atom::Everything(_) => columns.extend(audit::TABLE.columns.iter().map(|column| column.name)),
                Atom::Body { .. } => {}
            }
        }
        columns.extend(self.bodies.columns());
        columns
    }

    /// How many distinct tests the rules share.
    pub fn tests(&self) -> usize {
        self.atoms.len()
    }

    /// Decides every rule for every row of `batch`; verdicts come in the order of rules, then rows. Without the columns
    /// of bodies, rules that hang on them say so.
    pub fn run(&self, batch: &RecordBatch) -> Vec<Verdict> {
        if !bodies::are_there(batch) {
            return self.run_without_bodies(batch);
        }
        let mut run = Run::new(self, batch);
        let answers: Vec<Three> = self.rules.iter().map(|rule| run.rule_answer(rule)).collect();
        let mut open = BooleanBuffer::new_unset(batch.num_rows());
        for (node, answer) in self.rules.iter().zip(&answers) {
            if self.asks_bodies(node) {
                open = &open | &answer.untold_rows(batch.num_rows());
            }
        }
        let bodies: HashMap<usize, BodyAnswers> =
            open.set_indices().map(|row| (row, self.bodies.read(batch, row))).collect();
        let mut verdicts = Vec::new();
        for (rule, (node, answer)) in self.rules.iter().zip(&answers).enumerate() {
            if answer.is_no() {
                continue;
            }
            let asks = self.asks_bodies(node);
            for row in answer.open_rows(batch.num_rows()).set_indices() {
                let told = match answer.row(row) {
                    None if asks => run.row_answer(node, row, (&bodies[&row], &open)),
                    told => told,
                };
                if told != Some(false) {
                    let told = if told == Some(true) { Told::Hit } else { Told::CannotTell };
                    verdicts.push(Verdict { rule, row, told });
                }
            }
        }
        verdicts
    }

    fn run_without_bodies(&self, batch: &RecordBatch) -> Vec<Verdict> {
        let mut run = Run::new(self, batch);
        let mut verdicts = Vec::new();
        for (rule, node) in self.rules.iter().enumerate() {
            let answer = run.rule_answer(node);
            if answer.is_no() {
                continue;
            }
            // What no body of the row can decide, since none was recorded, need not be read.
            let mut read = BooleanBuffer::new_unset(batch.num_rows());
            self.each_atom(node, &mut |atom| {
                if let Some(root) = atom.body_root() {
                    read = &read | &!run.missing(root);
                }
            });
            for row in answer.open_rows(batch.num_rows()).set_indices() {
                let told = match answer.row(row) {
                    Some(_) => Told::Hit,
                    None if read.value(row) => Told::NeedsBodies,
                    None => Told::CannotTell,
                };
                verdicts.push(Verdict { rule, row, told });
            }
        }
        verdicts
    }

    fn each_atom(&self, node: &Node, each: &mut dyn FnMut(&Atom)) {
        match node {
            Node::True => {}
            Node::Atom(atom) => each(&self.atoms[*atom]),
            Node::Not(inner) => self.each_atom(inner, each),
            Node::All(nodes) | Node::Any(nodes) => nodes.iter().for_each(|node| self.each_atom(node, each)),
        }
    }

    /// The rows on which any rule may be true, as far as the columns of `batch` can tell; a column that is not there
    /// tells nothing.
    pub fn candidates(&self, batch: &RecordBatch) -> BooleanBuffer {
        let mut run = Run::new(self, batch);
        let mut rows = BooleanBuffer::new_unset(batch.num_rows());
        for rule in &self.rules {
            match run.rule_answer(rule) {
                Three::No => {}
                answer => rows = &rows | &answer.open_rows(batch.num_rows()),
            }
        }
        rows
    }

    fn node(&mut self, predicate: &Predicate, known: &mut HashMap<Test, usize>) -> Node {
        match predicate {
            Predicate::True => Node::True,
            Predicate::Not(inner) => Node::Not(Box::new(self.node(inner, known))),
            Predicate::All(all) => Node::All(self.sorted(all, known)),
            Predicate::Any(any) => Node::Any(self.sorted(any, known)),
            Predicate::Test(test) => {
                let atom = match known.get(test) {
                    Some(atom) => *atom,
                    None => {
                        let atom = self.atom(test);
                        self.atoms.push(atom);
                        known.insert(test.clone(), self.atoms.len() - 1);
                        self.atoms.len() - 1
                    }
                };
                Node::Atom(atom)
            }
        }
    }

    fn sorted(&mut self, parts: &[Predicate], known: &mut HashMap<Test, usize>) -> Vec<Node> {
        let mut nodes: Vec<Node> = parts.iter().map(|p| self.node(p, known)).collect();
        nodes.sort_by_key(|node| self.cost(node));
        nodes
    }

    fn atom(&mut self, test: &Test) -> Atom {
        let root = test.field.root;
        let matcher = Matcher::new(&test.op);
        match (&test.op, &test.field.source) {
            (Op::FieldRef { other, .. }, _) => Atom::Fields { left: test.field.clone(), right: other.clone(), matcher },
            (_, Source::Everything) => Atom::Everything(matcher),
            (_, Source::Body { side, path }) => Atom::Body { test: self.bodies.ask(*side, path, matcher), root },
            (_, source) => {
                let costly = matches!(source, Source::List(_) | Source::Shred { .. } | Source::PublicSourceIps)
                    || matches!(source, Source::Column("request_uri" | "name" | "exec_command" | "response_message"));
                Atom::Column { test: ColumnTest::new(source.clone(), matcher), root, costly }
            }
        }
    }

    fn cost(&self, node: &Node) -> u32 {
        match node {
            Node::True => 0,
            Node::Atom(atom) => match &self.atoms[*atom] {
                // A cheap test is asked once for all rules; a whole selection of them is cheaper than one costly test.
                Atom::Column { costly: false, .. } => 1,
                Atom::Column { costly: true, .. } => 40,
                Atom::Fields { .. } => 100,
                Atom::Body { .. } => 400,
                Atom::Everything(_) => 4_000,
            },
            Node::Not(inner) => self.cost(inner) + 1,
            Node::All(nodes) | Node::Any(nodes) => nodes.iter().map(|node| self.cost(node)).sum::<u32>() + 1,
        }
    }

    /// Says whether a rule has tests that are answered by one walk over a row's bodies.
    fn asks_bodies(&self, node: &Node) -> bool {
        let mut asks = false;
        self.each_atom(node, &mut |atom| asks |= matches!(atom, Atom::Body { .. } | Atom::Everything(_)));
        asks
    }
}

/// One batch under way.
struct Run<'a> {
    compiled: &'a Compiled,
    batch: &'a RecordBatch,
    cache: Vec<Option<Asked>>,
    lists: Lists<'a>,
    /// Answers costly tests with "cannot tell", to find the rows they need to be asked of.
    only_cheap: bool,
    /// Rows that lack a field, by field.
    missing: HashMap<u16, BooleanBuffer>,
}

/// What was asked of an atom so far.
struct Asked {
    /// Right for these rows, None for all: a costly test is asked only of rows that some rule needs it for.
    rows: Option<BooleanBuffer>,
    yes: BooleanBuffer,
    answer: Three,
}

impl<'a> Run<'a> {
    fn new(compiled: &'a Compiled, batch: &'a RecordBatch) -> Run<'a> {
        let cache = compiled.atoms.iter().map(|_| None).collect();
        Run { compiled, batch, cache, lists: Lists::default(), only_cheap: false, missing: HashMap::new() }
    }

    /// The answer from columns alone. Costly tests are asked only of rows that the cheap ones cannot decide.
    fn rule_answer(&mut self, rule: &Node) -> Three {
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
    fn column_answer(&mut self, node: &Node, rows: Option<&BooleanBuffer>) -> Three {
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
        self.cache[atom] = Some(Asked { rows, yes, answer: answer.clone() });
        answer
    }

    /// Asks a test of some rows, None for all; None when columns cannot answer it. Other rows get "no".
    fn ask(&mut self, atom: &Atom, rows: Option<&BooleanBuffer>) -> Option<(BooleanBuffer, Recorded)> {
        match atom {
            Atom::Column { test, root, .. } => {
                self.batch.column_by_name(test.column())?;
                Some((test.run(self.batch, rows, &mut self.lists), *root))
            }
            Atom::Fields { left, right, matcher } => {
                if ![left, right].iter().all(|field| values::are_there(self.batch, field)) {
                    return None;
                }
                let yes = BooleanBuffer::collect_bool(self.batch.num_rows(), |row| {
                    rows.is_none_or(|rows| rows.value(row)) && relates(self.batch, row, left, right, matcher)
                });
                Some((yes, left.root.without(right.root)))
            }
            Atom::Body { .. } | Atom::Everything(_) => None,
        }
    }

    /// The answer for one row whose bodies were read, one of the `open` rows.
    fn row_answer(&mut self, node: &Node, row: usize, read: (&BodyAnswers, &BooleanBuffer)) -> Option<bool> {
        let (bodies, open) = read;
        match node {
            Node::True => Some(true),
            Node::Not(inner) => self.row_answer(inner, row, read).map(|told| !told),
            Node::Atom(atom) => match &self.compiled.atoms[*atom] {
                Atom::Body { test, root } => {
                    if self.missing(*root).value(row) {
                        return None;
                    }
                    Some(bodies.holds(*test))
                }
                Atom::Everything(matcher) => {
                    if values::everything(self.batch, row, &mut |text| matcher.matches(Value::Text(text))) {
                        return Some(true);
                    }
                    // Found is found; "not found" needs everything to have been recorded.
                    (!self.missing(Recorded(u16::MAX)).value(row)).then_some(false)
                }
                // Asked of all open rows and kept: the others will ask the same.
                _ => self.atom_answer(*atom, Some(open)).row(row),
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

    /// The rows that lack any field of `root`.
    fn missing(&mut self, root: Recorded) -> &BooleanBuffer {
        self.missing.entry(root.0).or_insert_with(|| missing_rows(self.batch, root))
    }
}

/// The rows a costly test must still look at; None when that is all of them.
fn open(answer: &Three, rows: Option<&BooleanBuffer>, count: usize) -> Option<BooleanBuffer> {
    match (answer, rows) {
        (Three::Yes, _) => None,
        (answer, None) => Some(answer.open_rows(count)),
        (answer, Some(rows)) => Some(&answer.open_rows(count) & rows),
    }
}

fn missing_rows(batch: &RecordBatch, root: Recorded) -> BooleanBuffer {
    let Some(array) = batch.column_by_name("not_recorded") else {
        return BooleanBuffer::new_unset(batch.num_rows());
    };
    if !matches!(array.data_type(), DataType::Dictionary(_, _)) || array.null_count() == array.len() {
        return BooleanBuffer::new_unset(batch.num_rows());
    }
    let words = array.as_dictionary::<Int32Type>();
    let values = words.values().as_string::<i32>();
    let lacks: Vec<bool> = values.iter().map(|v| v.is_some_and(|v| Recorded::parse(v).misses(root))).collect();
    let keys = words.keys();
    BooleanBuffer::collect_bool(array.len(), |row| !keys.is_null(row) && lacks[keys.value(row) as usize])
}

/// Compares two fields of one event: true when any value of one relates to any value of the other.
fn relates(batch: &RecordBatch, row: usize, left: &Field, right: &Field, matcher: &Matcher) -> bool {
    let (left, right) = (values::of(batch, row, left), values::of(batch, row, right));
    left.iter().any(|l| right.iter().any(|r| matcher.relates(Value::Text(l), Value::Text(r))))
}
