//! All about somebody or something: what a page on an entity is asked with and what it is told.

use super::{Bin, Cell, Change, Column, FindingRow, RecordId};

/// Somebody or something by its kind and name, as findings name it: "service account" and "web/ci".
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Thing {
    pub kind: String,
    pub name: String,
}

/// Whom a page is about.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Whom {
    Thing(Thing),
    /// Whom a cell of the timeline names; when it names nobody, the actor of that event, else its object.
    Cell {
        column: Column,
        value: Cell,
        actor: Cell,
        object: Cell,
    },
}

/// What is asked of an entity by itself, in the order in which it is wanted: of ten million events each takes its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Piece {
    /// Who it is, its events by when they were and by everything but their objects.
    Events,
    /// The findings on it, which of its events they hold, and who is named in them.
    Findings,
    /// Where it stands in snapshots and what became of it.
    States,
    /// What its events were on.
    Objects,
}

impl Piece {
    pub const ALL: [Piece; 4] = [Piece::Events, Piece::Findings, Piece::States, Piece::Objects];
}

/// One entity, all sources together; of a piece what the piece tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entity {
    pub thing: Thing,
    /// What else it is called: names people gave it, and identities that were given the same name.
    pub called: Vec<String>,
    /// Events that concern it.
    pub events: u64,
    /// Of them, events that belong to a finding.
    pub hits: u64,
    pub first: Option<i64>,
    pub last: Option<i64>,
    /// The stretch that all bins are of: the case's own extent.
    pub from: i64,
    pub to: i64,
    pub bins: Vec<Bin>,
    /// Its events counted by one thing each: its part in them, verb, source, address …
    pub tallies: Vec<Tally>,
    /// Its events counted by what they were on.
    pub objects: Tally,
    /// The findings on it, worst first, and how many there are in all.
    pub findings: Vec<FindingRow>,
    pub findings_in_all: u64,
    /// Where it stands in snapshots.
    pub states: Vec<Standing>,
    /// What became of it, by snapshots and by writes of the audit log.
    pub history: Vec<Change>,
    /// Whom and what findings name together with it, the most often first.
    pub related: Vec<Thing>,
    /// What must be known before this page is believed.
    pub remarks: Vec<String>,
}

impl Entity {
    /// Takes over what a piece tells; that of the events comes first.
    pub fn take(&mut self, piece: Piece, from: Entity) {
        fn more<T: PartialEq>(all: &mut Vec<T>, new: Vec<T>) {
            for one in new {
                if !all.contains(&one) {
                    all.push(one);
                }
            }
        }
        match piece {
            Piece::Events => {
                let Entity { thing, called, events, first, last, bins, tallies, remarks, .. } = from;
                let (from, to) = (from.from, from.to);
                *self = Entity {
                    thing,
                    called,
                    events,
                    first,
                    last,
                    from,
                    to,
                    bins,
                    tallies,
                    remarks,
                    ..Entity::default()
                };
            }
            Piece::Findings => {
                self.hits = from.hits;
                for (bin, found) in self.bins.iter_mut().zip(from.bins) {
                    bin.findings = found.findings;
                }
                (self.findings, self.findings_in_all) = (from.findings, from.findings_in_all);
                more(&mut self.related, from.related);
            }
            Piece::States => {
                (self.states, self.history) = (from.states, from.history);
                more(&mut self.related, from.related);
                more(&mut self.remarks, from.remarks);
            }
            Piece::Objects => self.objects = from.objects,
        }
    }
}

/// The events of an entity by one thing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// What they are counted by: "verb".
    pub name: String,
    /// The column of the timeline that has it, so that a value can be a filter.
    pub column: Option<Column>,
    /// The most frequent first.
    pub rows: Vec<Counted>,
    /// How many values there are, listed or not.
    pub distinct: u64,
}

/// One value of a tally.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    pub value: Cell,
    pub count: u64,
    pub first: i64,
    pub last: i64,
    pub bins: Vec<Bin>,
}

/// One state of an object in a snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    pub id: RecordId,
    /// When it was created, as it says itself.
    pub time: Option<i64>,
    /// "Pod web/api in snapshot.yaml:4096".
    pub what: String,
}
