//! The objects as lines: namespaces, below them kinds, below them objects; or only those that rules fire on.

use std::collections::HashSet;

use crate::{
    ask::{ObjectLine, Objects},
    shown::Shown,
    text::grouped,
    theme::Role,
    widgets::panes::Line,
};

/// A namespace, or a kind within one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Branch {
    pub namespace: Option<String>,
    pub kind: Option<String>,
}

#[derive(Clone, Debug)]
pub enum Node {
    Branch {
        branch: Branch,
        open: bool,
        objects: u64,
        risky: u64,
        /// Place of its first object.
        first: usize,
    },
    Object {
        /// Place among the objects.
        at: usize,
        /// Without branches around it, it says its namespace and kind itself.
        alone: bool,
    },
}

impl Node {
    pub fn depth(&self) -> u8 {
        match self {
            Node::Branch { branch, .. } => u8::from(branch.kind.is_some()),
            Node::Object { .. } => 2,
        }
    }

    /// Place of the first object it stands for.
    pub fn first(&self) -> usize {
        match self {
            Node::Branch { first, .. } => *first,
            Node::Object { at, .. } => *at,
        }
    }

    pub fn line(&self, all: &Objects, ascii: bool) -> Line {
        match self {
            Node::Branch { branch, open, objects, risky, .. } => {
                let fold = match (open, ascii) {
                    (true, true) => "-",
                    (true, false) => "▾",
                    (false, true) => "+",
                    (false, false) => "▸",
                };
                let risky = if *risky > 0 { format!("  ! {}", grouped(*risky)) } else { String::new() };
                let words = match (&branch.kind, &branch.namespace) {
                    (Some(kind), _) => format!("  {fold} {kind} {}{risky}", grouped(*objects)),
                    (None, Some(namespace)) => format!("{fold} ns {namespace}  {}{risky}", grouped(*objects)),
                    (None, None) => format!("{fold} of no namespace  {}{risky}", grouped(*objects)),
                };
                let role = if branch.kind.is_none() { Role::Heading } else { Role::Plain };
                (role, Shown::new(words).text().to_string())
            }
            Node::Object { at, alone } => {
                let Some(line) = all.rows.get(*at) else { return (Role::Plain, String::new()) };
                let level = line.risk.map_or(String::new(), |level| format!("  ! {}", level.name()));
                let words = match alone {
                    true => {
                        let place = line.namespace.as_ref().map_or(String::new(), |ns| format!("{ns}/"));
                        let level = line.risk.map_or("", |level| level.name());
                        format!("{level:<8} {} {place}{}", line.kind, line.name)
                    }
                    false => format!("      {}{level}", line.name),
                };
                (line.risk.map_or(Role::Plain, Role::Level), Shown::new(words).text().to_string())
            }
        }
    }
}

/// The lines of the tree with these branches open. The objects come by namespace, kind and name.
pub fn grown(all: &Objects, open: &HashSet<Branch>) -> Vec<Node> {
    let mut nodes = Vec::new();
    let mut at = 0;
    let rows = &all.rows;
    while at < rows.len() {
        let namespace = &rows[at].namespace;
        let end = at + rows[at..].iter().take_while(|line| line.namespace == *namespace).count();
        let branch = Branch { namespace: namespace.clone(), kind: None };
        let is_open = open.contains(&branch);
        nodes.push(node(branch, is_open, &rows[at..end], at));
        let mut first = at;
        while is_open && first < end {
            let kind = &rows[first].kind;
            let last = first + rows[first..end].iter().take_while(|line| line.kind == *kind).count();
            let branch = Branch { namespace: namespace.clone(), kind: Some(kind.clone()) };
            let is_open = open.contains(&branch);
            nodes.push(node(branch, is_open, &rows[first..last], first));
            if is_open {
                nodes.extend((first..last).map(|at| Node::Object { at, alone: false }));
            }
            first = last;
        }
        at = end;
    }
    nodes
}

/// The objects that rules fire on, the worst first.
pub fn risky(all: &Objects) -> Vec<Node> {
    let mut places: Vec<usize> = (0..all.rows.len()).filter(|at| all.rows[*at].risk.is_some()).collect();
    places.sort_by_key(|at| std::cmp::Reverse(all.rows[*at].risk));
    places.into_iter().map(|at| Node::Object { at, alone: true }).collect()
}

fn node(branch: Branch, open: bool, lines: &[ObjectLine], first: usize) -> Node {
    let risky = lines.iter().filter(|line| line.risk.is_some()).count() as u64;
    Node::Branch { branch, open, objects: lines.len() as u64, risky, first }
}
