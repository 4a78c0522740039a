//! Findings that belong together, and why.
//!
//! Two findings are linked when they share an entity and lie no further apart in time than [`WINDOW`]; an incident is
//! whatever hangs together by such links and has a finding of level medium or above. An entity that everybody shares
//! says nothing, so it is no link: namespaces, images and clusters, loopback addresses, the identities in [`HUBS`] and
//! whatever more than [`ACTORS`] actors have in common. What stands in a snapshot is a state and no event: it is part of
//! no incident.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use super::entity::{Entity, Kind};
use super::finding::Finding;
use crate::sigma::Level;

/// How far apart in time two findings may be that are linked, in microseconds: one hour.
pub const WINDOW: i64 = 3_600_000_000;

/// How many actors may have an entity in common for it to be a link.
pub const ACTORS: usize = 8;

/// Identities that stand for nobody, or for the control plane, which acts on what anybody does. A name that ends in `*`
/// is a beginning.
pub const HUBS: [&str; 14] = [
    "system:anonymous",
    "system:unauthenticated",
    "system:apiserver",
    "system:kube-controller-manager",
    "system:kube-scheduler",
    "system:kube-proxy",
    "system:bootstrap:*",
    "aksService",
    "acsService",
    "aks-service",
    "hcpService",
    "nodeclient",
    "readinessChecker",
    "aksProblemDetector",
];

/// Accounts of controllers in kube-system, which do what others asked for (kubernetes/kubernetes, bootstrappolicy), besides
/// those that end in `-controller`.
const CONTROLLERS: [&str; 4] = [
    "kube-system/generic-garbage-collector",
    "kube-system/horizontal-pod-autoscaler",
    "kube-system/root-ca-cert-publisher",
    "kube-system/resourcequota-controller",
];

/// Says of each finding which incident it is part of, and what it shares with others of it. The answer hangs on the
/// findings alone, not on their order.
pub fn assign(findings: &mut [Finding]) {
    let mut groups: Vec<usize> = (0..findings.len()).collect();
    let mut shared = vec![BTreeSet::new(); findings.len()];
    for of_one in by_entity(findings).chunk_by(|one, other| one.0 == other.0) {
        let (entity, mut places) = (of_one[0].0, of_one.iter().map(|(_, place)| *place).collect::<Vec<_>>());
        places.sort_by_key(|place| (findings[*place].first, &findings[*place].id, *place));
        let actors: BTreeSet<&Option<String>> = places.iter().map(|place| &findings[*place].actor).collect();
        if actors.len() > ACTORS {
            continue;
        }
        // The finding, of those before, that lasts longest.
        let mut before: Option<usize> = None;
        for place in places {
            let end = |place: usize| findings[place].last.map_or(i64::MIN, |time| time.0);
            let start = findings[place].first.map_or(i64::MAX, |time| time.0);
            if let Some(other) = before.filter(|other| start.saturating_sub(end(*other)) <= WINDOW) {
                shared[place].insert(entity.clone());
                shared[other].insert(entity.clone());
                join(&mut groups, place, other);
            }
            before = before.filter(|other| end(*other) >= end(place)).or(Some(place));
        }
    }
    let mut incidents: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for place in (0..findings.len()).filter(|place| is_event(&findings[*place])) {
        incidents.entry(root(&mut groups, place)).or_default().push(place);
    }
    for places in incidents.into_values() {
        if places.iter().all(|place| findings[*place].level < Level::Medium) {
            continue;
        }
        let first = places.iter().map(|place| (findings[*place].first, &findings[*place].id)).min();
        // The first finding names it, so that the same evidence names it the same.
        let Some(id) = first.map(|(_, id)| format!("i-{id}")) else { continue };
        for place in places {
            findings[place].incident = Some(id.clone());
            findings[place].shared = std::mem::take(&mut shared[place]).into_iter().collect();
        }
    }
}

/// The findings of each entity that can be a link: there may be a million.
fn by_entity(findings: &[Finding]) -> Vec<(&Entity, usize)> {
    let mut all = Vec::new();
    for (place, finding) in findings.iter().enumerate().filter(|(_, finding)| is_event(finding)) {
        all.extend(finding.entities.iter().filter(|entity| links(entity)).map(|entity| (entity, place)));
    }
    all.sort_unstable();
    all
}

fn is_event(finding: &Finding) -> bool {
    finding.first.is_some() && !finding.stands
}

/// Says whether those who share an entity have something in common.
fn links(entity: &Entity) -> bool {
    let name = entity.name.as_str();
    let is = |hub: &&str| match hub.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => name == *hub,
    };
    match entity.kind {
        Kind::Namespace | Kind::Image | Kind::Cluster => false,
        Kind::User => !HUBS.iter().any(is),
        Kind::ServiceAccount => {
            let controller = name.starts_with("kube-system/") && name.ends_with("-controller");
            !controller && !CONTROLLERS.contains(&name)
        }
        Kind::Address => !name.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback() || ip.is_unspecified()),
        Kind::Pod | Kind::Node | Kind::Object => true,
    }
}

fn root(groups: &mut [usize], mut place: usize) -> usize {
    while groups[place] != place {
        groups[place] = groups[groups[place]];
        place = groups[place];
    }
    place
}

fn join(groups: &mut [usize], one: usize, other: usize) {
    let (one, other) = (root(groups, one), root(groups, other));
    groups[one.max(other)] = one.min(other);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::finding::{Event, Words, of_event};
    use crate::model::{Micros, Span};

    fn found(rule: &str, level: Level, at: i64, who: &str, address: &str, object: &str) -> Finding {
        let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let (kind, name) = object.split_once(' ').unwrap_or((object, ""));
        let event = Event {
            time: Some(Micros(at)),
            span: Span::default(),
            audit_id: Some(format!("{rule}-{at}")),
            actor: text(who),
            identities: text(who).into_iter().collect(),
            address: text(address),
            verb: text("get"),
            kind: text(kind),
            namespace: text("web"),
            name: text(name),
            ..Event::default()
        };
        let words = Words {
            rule,
            level,
            title: rule,
            techniques: &[],
            tactics: &[],
            threat_matrix: &[],
            defender: &[],
            remediation: None,
        };
        of_event(&words, &event)
    }

    /// The rules of each incident, and of findings without one.
    fn groups(mut findings: Vec<Finding>) -> (Vec<Vec<String>>, Vec<String>) {
        assign(&mut findings);
        let mut all: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let mut none = Vec::new();
        for finding in findings {
            match finding.incident {
                Some(incident) => drop(all.entry(incident).or_default().insert(finding.rule)),
                None => none.push(finding.rule),
            }
        }
        let mut groups: Vec<Vec<String>> = all.into_values().map(|rules| rules.into_iter().collect()).collect();
        groups.sort();
        none.sort();
        (groups, none)
    }

    #[test]
    fn what_one_actor_did_and_what_was_done_to_one_object_is_one_incident() {
        let account = "system:serviceaccount:web:ci";
        let findings = || {
            vec![
                found("token", Level::Medium, 1, "eve", "203.0.113.7", "serviceaccounts ci"),
                found("secrets", Level::High, 2, account, "198.51.100.9", "secrets "),
                found("exec", Level::Low, 3, account, "198.51.100.9", "pods api"),
                found("attach", Level::Low, 4, "mallory", "192.0.2.1", "pods api"),
                found("other", Level::Medium, 5, "lena", "192.0.2.200", "pods shop"),
                found("quiet", Level::Low, 6, "tom", "192.0.2.201", "pods cart"),
            ]
        };
        let expected = (vec![vec!["attach", "exec", "secrets", "token"], vec!["other"]], vec!["quiet"]);
        let (incidents, none) = groups(findings());
        assert_eq!(
            (
                incidents.iter().map(|g| g.iter().map(String::as_str).collect::<Vec<_>>()).collect::<Vec<_>>(),
                none.iter().map(String::as_str).collect::<Vec<_>>()
            ),
            expected
        );
        let mut backwards = findings();
        backwards.reverse();
        assert_eq!(groups(backwards), (incidents, none));
        let mut findings = findings();
        assign(&mut findings);
        let shared: Vec<String> = findings[2].shared.iter().map(Entity::to_string).collect();
        assert_eq!(shared, ["service account web/ci", "pod web/api", "address 198.51.100.9"]);
        assert_eq!(findings[0].incident.as_deref(), Some(format!("i-{}", findings[0].id).as_str()));
    }

    #[test]
    fn an_hour_apart_is_together_and_a_microsecond_more_is_not() {
        let two = |apart: i64| {
            groups(vec![
                found("a", Level::Medium, 0, "eve", "", "pods x"),
                found("b", Level::Medium, apart, "eve", "", "pods y"),
            ])
            .0
        };
        assert_eq!(two(WINDOW), [["a", "b"]]);
        assert_eq!(two(WINDOW + 1), [["a"], ["b"]]);
    }

    #[test]
    fn what_lasts_links_whatever_begins_within_an_hour_of_its_end() {
        let mut long = found("long", Level::Medium, 0, "eve", "", "pods x");
        long.last = Some(Micros(10 * WINDOW));
        let short = found("short", Level::Medium, WINDOW, "eve", "", "pods y");
        let late = found("late", Level::Medium, 11 * WINDOW, "eve", "", "pods z");
        assert_eq!(groups(vec![long, short, late]).0, [["late", "long", "short"]]);
    }

    #[test]
    fn nobody_and_everybody_are_no_links() {
        for (who, address) in [
            ("system:anonymous", "127.0.0.1"),
            ("system:serviceaccount:kube-system:replicaset-controller", "::1"),
            ("system:serviceaccount:kube-system:generic-garbage-collector", ""),
            ("aksService", ""),
            ("system:bootstrap:abcdef", ""),
        ] {
            let two = ["a", "b"].map(|rule| found(rule, Level::Medium, 1, who, address, &format!("secrets {rule}")));
            assert_eq!(groups(two.to_vec()).0, [["a"], ["b"]], "{who}");
        }
        let same = ["a", "b"].map(|rule| found(rule, Level::Medium, 1, "system:anonymous", "203.0.113.7", "pods "));
        assert_eq!(groups(same.to_vec()).0, [["a", "b"]], "but the address of somebody unknown is one");
    }

    #[test]
    fn an_address_that_many_share_is_no_link() {
        let crowd = |actors: usize| {
            let of = |n: usize| found(&format!("r{n}"), Level::Medium, 1, &format!("user{n}"), "203.0.113.7", "pods ");
            groups((0..actors).map(of).collect()).0.len()
        };
        assert_eq!((crowd(ACTORS), crowd(ACTORS + 1)), (1, ACTORS + 1));
    }

    #[test]
    fn what_stands_in_a_snapshot_is_part_of_none() {
        let mut standing = found("standing", Level::High, 1, "", "", "pods api");
        standing.stands = true;
        let (incidents, none) = groups(vec![standing, found("exec", Level::High, 1, "eve", "", "pods api")]);
        assert_eq!((incidents, none), (vec![vec!["exec".to_owned()]], vec!["standing".to_owned()]));
    }
}
