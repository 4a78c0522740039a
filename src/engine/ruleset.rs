//! Many rules as one: equal tests are asked once per batch, costly ones only of the rows still open.
//!
//! A rule is first decided from columns, with every body test answering "cannot tell". What stays open and asks for a
//! body is decided row by row, after one walk over that row's bodies for all rules together.

mod run;

use std::collections::{BTreeSet, HashMap};

use arrow::array::BooleanBufferBuilder;
use arrow::buffer::BooleanBuffer;
use arrow::record_batch::RecordBatch;

use self::run::Run;
use super::bodies::{self, Asks, Bodies, BodyAnswers};
use super::columns::ColumnTest;
use super::derived::{self, Derived};
use super::three::Three;
use super::values;
use crate::model::Recorded;
use crate::model::tables::audit;
use crate::sigma::elements::Members;
use crate::sigma::{Exception, Field, Matcher, Op, Predicate, Rule, Side, Source, Test};

/// Hits of one in so many events are many.
const FEW: usize = 16;

/// Rules compiled together.
pub struct Compiled {
    atoms: Vec<Atom>,
    rules: Vec<Node>,
    exceptions: Vec<Node>,
    /// For every rule the exceptions that hold for it.
    excepting: Vec<Vec<usize>>,
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
        side: Side,
        root: Recorded,
    },
    /// Two fields of the same event compared.
    Fields {
        left: Field,
        right: Field,
        matcher: Matcher,
    },
    /// Elements of an array in a body.
    Members {
        field: Field,
        members: Members,
    },
    /// Something worked out of bodies row by row.
    Derived {
        test: Derived,
        root: Recorded,
    },
    /// Any text of the whole event.
    Everything(Matcher),
}

impl Atom {
    /// The field of the event whose body must be read to answer; None when columns can. None of a row is missing for a
    /// test on everything.
    fn body_root(&self) -> Option<Recorded> {
        match self {
            Atom::Body { root, .. } | Atom::Derived { root, .. } => Some(*root),
            Atom::Members { field, .. } => Some(field.root),
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
    /// The exception that holds for it for certain, by its place.
    pub exception: Option<usize>,
}

/// By rule the rows it is asked of; None of none.
pub type Only = [Option<BooleanBuffer>];

/// For every rule whose hits may be told as rows where they are many, what must have been recorded of each for that.
pub type Many = [Option<Vec<Recorded>>];

/// Many hits of a rule in one batch.
pub struct Crowd {
    pub rule: usize,
    pub rows: BooleanBuffer,
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
    /// Compiles `rules` and what is excepted from them; verdicts name both by their places in the slices.
    pub fn new(rules: &[Rule], exceptions: &[Exception]) -> Compiled {
        let mut compiled = Compiled {
            atoms: Vec::new(),
            rules: Vec::new(),
            exceptions: Vec::new(),
            excepting: vec![Vec::new(); rules.len()],
            bodies: Bodies::default(),
        };
        let mut known: HashMap<Test, usize> = HashMap::new();
        for rule in rules {
            let node = compiled.node(&rule.predicate, &mut known);
            compiled.rules.push(node);
        }
        for (place, exception) in exceptions.iter().enumerate() {
            let node = compiled.node(&exception.predicate, &mut known);
            compiled.exceptions.push(node);
            exception.rules.iter().for_each(|rule| compiled.excepting[*rule].push(place));
        }
        compiled
    }

    /// The columns of table `audit` the rules read, in a fixed order.
    pub fn columns(&self) -> BTreeSet<&str> {
        let mut columns = BTreeSet::from(["not_recorded"]);
        for atom in &self.atoms {
            match atom {
                Atom::Column { test, .. } => {
                    columns.extend(test.columns());
                }
                Atom::Fields { left, right, .. } => {
                    columns.extend(values::columns(left));
                    columns.extend(values::columns(right));
                }
                Atom::Members { field, .. } | Atom::Derived { test: Derived { field, .. }, .. } => {
                    columns.extend(values::columns(field));
                }
                Atom::Everything(_) => columns.extend(audit::TABLE.columns.iter().map(|column| column.name)),
                Atom::Body { .. } => {}
            }
        }
        columns.extend(self.bodies.columns());
        columns
    }

    /// Which bodies a rule, and what is excepted from it, may ask of an event.
    pub fn asks(&self, rule: usize) -> Asks {
        let mut asks = Asks::default();
        let exceptions = self.excepting[rule].iter().map(|exception| &self.exceptions[*exception]);
        for node in exceptions.chain([&self.rules[rule]]) {
            self.each_atom(node, &mut |atom| match atom {
                Atom::Body { side, .. }
                | Atom::Members { field: Field { source: Source::Body { side, .. }, .. }, .. } => {
                    asks.add(*side);
                }
                // Of these it is not looked up which.
                atom if atom.body_root().is_some() => asks = Asks::ALL,
                _ => {}
            });
        }
        asks
    }

    /// How many distinct tests the rules share.
    pub fn tests(&self) -> usize {
        self.atoms.len()
    }

    /// Decides rules for rows of `batch`, in the order of rules, then rows: every rule for every row, or those that `only`
    /// sets. Without the columns of bodies, rules that hang on them say so.
    pub fn run(&self, batch: &RecordBatch, only: Option<&Only>) -> Vec<Verdict> {
        if !bodies::are_there(batch) {
            return self.run_without_bodies(batch, only, &mut |_, _, _| None);
        }
        let mut run = Run::new(self, batch);
        let count = batch.num_rows();
        let answers: Vec<Three> =
            self.rules.iter().enumerate().map(|(rule, node)| run.rule_answer(node, (rule, only))).collect();
        let mut open = BooleanBuffer::new_unset(count);
        for (node, answer) in self.rules.iter().zip(&answers) {
            if self.asks_bodies(node) {
                open = &open | &answer.untold_rows(count);
            }
        }
        let mut bodies: Vec<Option<BodyAnswers>> =
            (0..count).map(|row| open.value(row).then(|| self.bodies.read(batch, row))).collect();
        let mut verdicts = Vec::new();
        for (rule, (node, answer)) in self.rules.iter().zip(&answers).enumerate() {
            if answer.is_no() {
                continue;
            }
            let asks = self.asks_bodies(node);
            let first = verdicts.len();
            for row in asked_rows(answer, count, (rule, only)).set_indices() {
                let told = match (answer.row(row), &bodies[row]) {
                    (None, Some(read)) if asks => run.row_answer(node, row, (read, &open)),
                    (told, _) => told,
                };
                if told != Some(false) {
                    let told = if told == Some(true) { Told::Hit } else { Told::CannotTell };
                    verdicts.push(Verdict { rule, row, told, exception: None });
                }
            }
            if verdicts.len() == first {
                continue;
            }
            let rows = rows_of(&verdicts[first..], count);
            for exception in &self.excepting[rule] {
                let node = &self.exceptions[*exception];
                let (answer, asks) = (run.column_answer(node, Some(&rows)), self.asks_bodies(node));
                for verdict in verdicts[first..].iter_mut().filter(|verdict| verdict.exception.is_none()) {
                    let holds = match answer.row(verdict.row) {
                        None if asks => {
                            let read = bodies[verdict.row].get_or_insert_with(|| self.bodies.read(batch, verdict.row));
                            run.row_answer(node, verdict.row, (read, &rows))
                        }
                        told => told,
                    };
                    verdict.exception = (holds == Some(true)).then_some(*exception);
                }
            }
        }
        verdicts
    }

    /// The same over a batch without bodies, every rule for every row; the hits of some rules that are surely not excepted,
    /// where one in [`FEW`] events is one, are told apart from the others.
    pub fn run_many(&self, batch: &RecordBatch, many: &Many) -> (Vec<Verdict>, Vec<Crowd>) {
        let mut crowds = Vec::new();
        let verdicts = self.run_without_bodies(batch, None, &mut |run, rule, answer| {
            let mut rows = run.recorded(answer, many[rule].as_ref()?);
            for exception in &self.excepting[rule] {
                let excepted = run.column_answer(&self.exceptions[*exception], Some(&rows));
                rows = &rows & &excepted.not().yes_rows(batch.num_rows());
            }
            let is_many = rows.count_set_bits() > batch.num_rows() / FEW;
            is_many.then(|| {
                crowds.push(Crowd { rule, rows: rows.clone() });
                rows
            })
        });
        (verdicts, crowds)
    }

    /// `apart` takes rows of hits out of the answer of a rule.
    fn run_without_bodies(
        &self,
        batch: &RecordBatch,
        only: Option<&Only>,
        apart: &mut dyn FnMut(&mut Run<'_>, usize, &Three) -> Option<BooleanBuffer>,
    ) -> Vec<Verdict> {
        let mut run = Run::new(self, batch);
        let count = batch.num_rows();
        let mut verdicts = Vec::new();
        for (rule, node) in self.rules.iter().enumerate() {
            let answer = run.rule_answer(node, (rule, only));
            if answer.is_no() {
                continue;
            }
            let read = self.readable(node, &mut run);
            let first = verdicts.len();
            let mut rows = asked_rows(&answer, count, (rule, only));
            if let Some(apart) = apart(&mut run, rule, &answer) {
                rows = &rows & &!&apart;
            }
            for row in rows.set_indices() {
                let told = match answer.row(row) {
                    Some(_) => Told::Hit,
                    None if read.value(row) => Told::NeedsBodies,
                    None => Told::CannotTell,
                };
                verdicts.push(Verdict { rule, row, told, exception: None });
            }
            if verdicts.len() == first {
                continue;
            }
            let rows = rows_of(&verdicts[first..], count);
            for exception in &self.excepting[rule] {
                let node = &self.exceptions[*exception];
                let (answer, read) = (run.column_answer(node, Some(&rows)), self.readable(node, &mut run));
                let open = |verdict: &&mut Verdict| verdict.told != Told::NeedsBodies && verdict.exception.is_none();
                for verdict in verdicts[first..].iter_mut().filter(open) {
                    match answer.row(verdict.row) {
                        Some(true) => verdict.exception = Some(*exception),
                        None if read.value(verdict.row) => verdict.told = Told::NeedsBodies,
                        _ => {}
                    }
                }
            }
        }
        verdicts
    }

    /// The rows of which some body that `node` asks for was recorded: no other can be decided by reading it.
    fn readable(&self, node: &Node, run: &mut Run<'_>) -> BooleanBuffer {
        let mut read = BooleanBuffer::new_unset(run.batch.num_rows());
        self.each_atom(node, &mut |atom| {
            if let Some(root) = atom.body_root() {
                read = &read | &!run.missing(root);
            }
        });
        read
    }

    fn each_atom(&self, node: &Node, each: &mut dyn FnMut(&Atom)) {
        match node {
            Node::True => {}
            Node::Atom(atom) => each(&self.atoms[*atom]),
            Node::Not(inner) => self.each_atom(inner, each),
            Node::All(nodes) | Node::Any(nodes) => nodes.iter().for_each(|node| self.each_atom(node, each)),
        }
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
        if derived::is_derived(&test.field) && !matches!(test.op, Op::FieldRef { .. }) {
            return Atom::Derived { test: Derived::new(&test.field, &test.op), root };
        }
        match (&test.op, &test.field.source) {
            (Op::Elements { quantifier, body }, _) => {
                Atom::Members { field: test.field.clone(), members: Members::new(*quantifier, body) }
            }
            (Op::FieldRef { other, .. }, _) => Atom::Fields { left: test.field.clone(), right: other.clone(), matcher },
            (_, Source::Everything) => Atom::Everything(matcher),
            (_, Source::Body { side, path }) => {
                Atom::Body { test: self.bodies.ask(*side, path, matcher), side: *side, root }
            }
            (_, source) => {
                let costly =
                    matches!(
                        source,
                        Source::List(_)
                            | Source::Related(_)
                            | Source::Shred { .. }
                            | Source::PublicSourceIps
                            | Source::Query(_)
                            | Source::Seconds { .. }
                            | Source::Annotation(_)
                            | Source::Extra(_)
                            | Source::Log { .. }
                    ) || matches!(source, Source::Column("request_uri" | "name" | "exec_command" | "response_message"));
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
                Atom::Members { .. } | Atom::Derived { .. } => 1_000,
                Atom::Everything(_) => 4_000,
            },
            Node::Not(inner) => self.cost(inner) + 1,
            Node::All(nodes) | Node::Any(nodes) => nodes.iter().map(|node| self.cost(node)).sum::<u32>() + 1,
        }
    }

    /// Says whether a rule has tests that are answered by one walk over a row's bodies.
    fn asks_bodies(&self, node: &Node) -> bool {
        let mut asks = false;
        self.each_atom(node, &mut |atom| {
            asks |=
                matches!(atom, Atom::Body { .. } | Atom::Members { .. } | Atom::Derived { .. } | Atom::Everything(_))
        });
        asks
    }
}

/// The rows that an answer leaves open, of those a rule is asked of.
fn asked_rows(answer: &Three, count: usize, (rule, only): (usize, Option<&Only>)) -> BooleanBuffer {
    let open = answer.open_rows(count);
    match only.and_then(|only| only[rule].as_ref()) {
        Some(asked) => &open & asked,
        None => open,
    }
}

/// The rows of some verdicts.
fn rows_of(verdicts: &[Verdict], count: usize) -> BooleanBuffer {
    let mut rows = BooleanBufferBuilder::new(count);
    rows.append_n(count, false);
    verdicts.iter().for_each(|verdict| rows.set_bit(verdict.row, true));
    rows.finish()
}
