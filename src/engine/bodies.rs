//! Tests that look into request and response bodies, answered by one walk over each body of a row.
//!
//! `object` is the object as the request leaves it: the request body of a create or update, the response body of a
//! patch (whose request holds only the change). Pod specs are found in all four nestings.

use arrow::record_batch::RecordBatch;

use serde_json::Value as Json;

use super::leaves::Paths;
use super::values::{show, text};
use crate::sigma::elements::{Members, elements, reach};
use crate::sigma::matcher::Value;
use crate::sigma::{Matcher, Side};

/// The columns of bodies: most of a case, and read only for rows that hang on them.
pub const BODIES: [&str; 3] = ["request_object", "request_cut", "response_object"];

/// Which bodies of an event are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Asks {
    pub request: bool,
    pub response: bool,
    /// Whichever of both is the object as the request leaves it.
    pub object: bool,
}

impl Asks {
    pub const ALL: Asks = Asks { request: true, response: true, object: true };

    pub fn add(&mut self, side: Side) {
        match side {
            Side::Request => self.request = true,
            Side::Response => self.response = true,
            Side::Object | Side::PodSpec | Side::Containers => self.object = true,
        }
    }

    /// Whether the request, and the response, of an event with that verb is asked for.
    pub fn of(self, verb: Option<&str>) -> (bool, bool) {
        let object = if self.object { object(verb) } else { None };
        (self.request || object == Some(Side::Request), self.response || object == Some(Side::Response))
    }
}

/// The body that is the object as a request with that verb leaves it.
fn object(verb: Option<&str>) -> Option<Side> {
    match verb? {
        "create" | "update" => Some(Side::Request),
        "patch" => Some(Side::Response),
        _ => None,
    }
}

/// Says whether bodies were read into a batch.
pub fn are_there(batch: &RecordBatch) -> bool {
    BODIES.iter().all(|name| batch.column_by_name(name).is_some())
}

/// All body tests of a rule set.
#[derive(Default)]
pub struct Bodies {
    tests: Vec<Matcher>,
    request: Paths,
    response: Paths,
    /// Sides that depend on the object, one tree per nesting of the pod spec.
    object: [Paths; 4],
    /// The object is one of the bodies: both as one tree, so that its text is walked once.
    request_and_object: [Paths; 4],
    response_and_object: [Paths; 4],
    /// A step of a path has a dot, which could hide a path of another tree.
    dotted: bool,
}

/// The answers of all body tests for one row.
pub struct BodyAnswers(Vec<bool>);

impl BodyAnswers {
    /// Says whether the body test of that number holds.
    pub fn holds(&self, test: usize) -> bool {
        self.0[test]
    }
}

pub const CONTAINERS: [&str; 3] = ["containers", "initContainers", "ephemeralContainers"];

/// Where the pod spec lies, by nesting.
pub const NESTINGS: [&[&str]; 4] = [
    &["spec"],
    &["spec", "template", "spec"],
    &["spec", "jobTemplate", "spec", "template", "spec"],
    &["template", "spec"],
];

/// Which nesting a resource uses.
fn nesting(resource: &str) -> usize {
    match resource {
        "pods" => 0,
        "cronjobs" => 2,
        "podtemplates" => 3,
        _ => 1,
    }
}

impl Bodies {
    /// Adds a test and returns its number.
    pub fn ask(&mut self, side: Side, path: &[String], matcher: Matcher) -> usize {
        let id = self.tests.len();
        self.tests.push(matcher);
        add(side, path, id, &mut self.request, &mut self.response, &mut self.object);
        self.dotted |= path.iter().any(|step| step.contains('.'));
        match side {
            Side::Request => self.request_and_object.iter_mut().for_each(|paths| paths.ask(path, id)),
            Side::Response => self.response_and_object.iter_mut().for_each(|paths| paths.ask(path, id)),
            Side::Object | Side::PodSpec | Side::Containers => {
                for objects in [&mut self.request_and_object, &mut self.response_and_object] {
                    add(side, path, id, &mut Paths::default(), &mut Paths::default(), objects);
                }
            }
        }
        id
    }

    /// The columns a row's bodies are read from; empty when no rule asks for a body.
    pub fn columns(&self) -> Vec<&'static str> {
        let object = !self.object[0].is_empty();
        let mut columns = Vec::new();
        if object || !self.request.is_empty() {
            columns.push("request_object");
        }
        if object || !self.response.is_empty() {
            columns.push("response_object");
        }
        if object {
            columns.extend(["verb", "resource"]);
        }
        columns
    }

    /// Reads the bodies of one row and answers every test.
    pub fn read(&self, batch: &RecordBatch, row: usize) -> BodyAnswers {
        let mut present = vec![false; self.tests.len()];
        let mut hit = vec![false; self.tests.len()];
        let body = Body::of(batch, row);
        let (request, response, nesting) = (&self.request, &self.response, body.nesting);
        let walks = match body.side {
            Some(Side::Request) if !self.dotted => {
                [(&self.request_and_object[nesting], body.request), (response, body.response), (request, None)]
            }
            Some(Side::Response) if !self.dotted => {
                [(request, body.request), (&self.response_and_object[nesting], body.response), (request, None)]
            }
            _ => [(request, body.request), (response, body.response), (&self.object[nesting], body.object)],
        };
        for (paths, text) in walks {
            let (false, Some(text)) = (paths.is_empty(), text) else {
                continue;
            };
            // Intake proved the body to be JSON; leaves before a fault count, what follows is not there.
            let _ = paths.walk(text, &mut |id, value| {
                present[id] |= value != Value::Null;
                hit[id] |= self.tests[id].matches(value);
            });
        }
        // A test that wants nothing there holds when every value was null.
        let answers = self.tests.iter().zip(present.iter().zip(&hit));
        let holds = |(test, (present, hit)): (&Matcher, (&bool, &bool))| match test.matches_any([]) {
            true => !present,
            false => *hit,
        };
        BodyAnswers(answers.map(holds).collect())
    }
}

/// The bodies of one row.
pub struct Body<'a> {
    pub request: Option<&'a str>,
    pub response: Option<&'a str>,
    pub object: Option<&'a str>,
    /// Which of both the object is.
    pub side: Option<Side>,
    pub nesting: usize,
}

impl Body<'_> {
    /// Reads the bodies a row has.
    pub fn of(batch: &RecordBatch, row: usize) -> Body<'_> {
        let cell = |name: &str| batch.column_by_name(name).and_then(|array| text(array.as_ref(), row));
        let (request, response) = (cell("request_object"), cell("response_object"));
        let side = object(cell("verb"));
        let object = match side {
            Some(Side::Request) => request,
            Some(_) => response,
            None => None,
        };
        Body { request, response, object, side, nesting: nesting(cell("resource").unwrap_or_default()) }
    }
}

/// Asks the elements of the array at a path of one side.
pub fn members_hold(batch: &RecordBatch, row: usize, side: Side, path: &[String], members: &Members) -> bool {
    let body = Body::of(batch, row);
    let text = match side {
        Side::Request => body.request,
        Side::Response => body.response,
        Side::Object | Side::PodSpec | Side::Containers => body.object,
    };
    // As above: what cannot be read has no elements.
    let value: Json = text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    let steps = |steps: &[&str]| steps.iter().map(|step| (*step).to_owned()).collect::<Vec<_>>();
    let spec = steps(NESTINGS[body.nesting]);
    let mut paths: Vec<Vec<String>> = match side {
        Side::Request | Side::Response | Side::Object => vec![Vec::new()],
        Side::PodSpec => vec![spec],
        Side::Containers => CONTAINERS.map(|list| [&spec[..], &steps(&[list])].concat()).to_vec(),
    };
    paths.iter_mut().for_each(|start| start.extend_from_slice(path));
    let found = paths.iter().flat_map(|path| reach(&value, path)).flat_map(elements);
    members.hold(&found.collect::<Vec<_>>())
}

/// Returns the scalar values at a path of one side, in order.
pub fn values(batch: &RecordBatch, row: usize, side: Side, path: &[String]) -> Vec<String> {
    let (mut request, mut response, mut object) = Default::default();
    add(side, path, 0, &mut request, &mut response, &mut object);
    let body = Body::of(batch, row);
    let mut found = Vec::new();
    for (paths, text) in [(&request, body.request), (&response, body.response), (&object[body.nesting], body.object)] {
        if let (false, Some(text)) = (paths.is_empty(), text) {
            // As above: what cannot be walked has no values.
            let _ = paths.walk(text, &mut |_, value| found.extend(show(value)));
        }
    }
    found
}

fn add(side: Side, path: &[String], id: usize, request: &mut Paths, response: &mut Paths, object: &mut [Paths; 4]) {
    let path = || path.iter().map(String::as_str);
    match side {
        Side::Request => request.ask(path(), id),
        Side::Response => response.ask(path(), id),
        Side::Object => object.iter_mut().for_each(|paths| paths.ask(path(), id)),
        Side::PodSpec => {
            for (paths, nesting) in object.iter_mut().zip(NESTINGS) {
                paths.ask(nesting.iter().copied().chain(path()), id);
            }
        }
        Side::Containers => {
            for (paths, nesting) in object.iter_mut().zip(NESTINGS) {
                for list in CONTAINERS {
                    paths.ask(nesting.iter().copied().chain([list]).chain(path()), id);
                }
            }
        }
    }
}
