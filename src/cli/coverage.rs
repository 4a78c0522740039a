//! What the pack covers: each detection of a list that was drawn up from all peers and Microsoft's alerts, and which rule
//! of ours sees it. The list is data (`queries/coverage.tsv`, `queries/alerts.tsv`); a rule that is named like a line
//! answers it, others are named in the line.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::engine::bare_type;
use crate::sigma::RuleSet;

static LIST: &str = include_str!("../../queries/coverage.tsv");
static ALERTS: &str = include_str!("../../queries/alerts.tsv");

/// Those whose rules were read for the list, in the order of columns.
const PEERS: [&str; 6] = ["Defender", "Falco", "SigmaHQ", "Elastic", "Panther", "Sentinel"];

/// One detection of the list.
pub struct Detection {
    pub slug: &'static str,
    /// In a few words.
    pub sees: &'static str,
    /// ATT&CK techniques, then ids of Microsoft's threat matrix.
    pub techniques: Vec<&'static str>,
    pub matrix: Vec<&'static str>,
    /// Sources of evidence it needs.
    pub evidence: &'static str,
    /// Who else has it.
    pub peers: Vec<&'static str>,
    /// Rules with other names that answer it, or the command that does.
    pub by: Vec<&'static str>,
    /// Why no export can answer it.
    pub impossible: Option<&'static str>,
    /// Why nothing answers it yet, though an export could.
    pub lacking: Option<&'static str>,
}

/// Reads the list.
pub fn list() -> Vec<Detection> {
    let words = |text: &'static str, between: char| -> Vec<&'static str> {
        text.split(between).map(str::trim).filter(|word| !word.is_empty()).collect()
    };
    let read = |line: &'static str| {
        let cells: Vec<&str> = line.split('\t').collect();
        let cell = |at: usize| cells.get(at).copied().unwrap_or_default();
        let by = cell(6);
        Detection {
            slug: cell(0),
            sees: cell(1),
            techniques: words(cell(2), ' '),
            matrix: words(cell(3), ' '),
            evidence: cell(4),
            peers: words(cell(5), ','),
            by: if by.starts_with("coldcase ") { vec![by] } else { words(by, ' ') },
            impossible: Some(cell(7)).filter(|why| !why.is_empty()),
            lacking: Some(cell(8)).filter(|why| !why.is_empty()),
        }
    };
    LIST.lines().skip(1).map(read).collect()
}

/// What of us answers a detection: rules, or a command.
pub fn answers(detection: &Detection, rules: &RuleSet) -> Vec<&'static str> {
    let is_ours = |name: &str| rules.reported().any(|(meta, _)| meta.name == name);
    let own = Some(detection.slug).filter(|slug| is_ours(slug));
    own.into_iter()
        .chain(detection.by.iter().copied().filter(|by| by.starts_with("coldcase ") || is_ours(by)))
        .collect()
}

/// The page docs/reference/coverage.md.
pub fn page(rules: &RuleSet) -> String {
    let list = list();
    let answered: Vec<(&Detection, Vec<&str>)> = list.iter().map(|d| (d, answers(d, rules))).collect();
    let ours = answered.iter().filter(|(_, by)| !by.is_empty()).count();
    let impossible = list.iter().filter(|detection| detection.impossible.is_some()).count();
    let mut page =
        "# Coverage\n\nWhat there is to detect in an AKS cluster, and which rule sees it. The list was drawn up \
                    from the alerts of Microsoft Defender, from the rules of Falco (audit and host), SigmaHQ, Elastic, \
                    Panther and Sentinel, from hardening checks, and from what none of them has. A peer is named where \
                    it has a rule of that purpose, whether or not that rule can fire on what AKS exports.\n"
            .to_owned();
    let open = list.len() - ours - impossible;
    let _ = writeln!(
        page,
        "\n{} detections: {ours} answered, {impossible} impossible offline, {open} not yet.",
        list.len()
    );
    against(&mut page, &answered);
    page.push_str("\n## Detections\n\n| detection | sees | evidence | peers | answered by |\n|---|---|---|---|---|\n");
    for (detection, by) in &answered {
        let by = match (detection.impossible, detection.lacking) {
            _ if !by.is_empty() => by.join(", "),
            (Some(why), _) => format!("impossible offline: {why}"),
            (None, Some(why)) => format!("not yet: {why}"),
            (None, None) => "not yet".to_owned(),
        };
        let Detection { slug, sees, evidence, peers, .. } = detection;
        let _ = writeln!(page, "| {slug} | {sees} | {evidence} | {} | {by} |", peers.join(", "));
    }
    alerts(&mut page, rules);
    let named: BTreeSet<&str> = answered.iter().flat_map(|(_, by)| by.iter().copied()).collect();
    page.push_str("\n## Beyond the list\n\n| rule | sees |\n|---|---|\n");
    for (meta, _) in rules.reported().filter(|(meta, _)| !named.contains(meta.name.as_str())) {
        let _ = writeln!(page, "| {} | {} |", meta.name, meta.title);
    }
    page
}

/// Ours against each peer: by peer, then by technique.
fn against(page: &mut String, answered: &[(&Detection, Vec<&str>)]) {
    page.push_str("\n## Against each peer\n\n| peer | detections of the list it has | of these answered here | not yet |\n|---|---|---|---|\n");
    for peer in PEERS {
        let has: Vec<_> = answered.iter().filter(|(detection, _)| detection.peers.contains(&peer)).collect();
        let open: Vec<&str> =
            has.iter().filter(|(d, by)| by.is_empty() && d.impossible.is_none()).map(|(d, _)| d.slug).collect();
        let here = has.iter().filter(|(_, by)| !by.is_empty()).count();
        let _ = writeln!(page, "| {peer} | {} | {here} | {} |", has.len(), open.join(", "));
    }
    let nobody = answered.iter().filter(|(detection, _)| !detection.peers.iter().any(|peer| PEERS.contains(peer)));
    let (all, here) = nobody.fold((0, 0), |(all, here), (_, by)| (all + 1, here + usize::from(!by.is_empty())));
    let _ = writeln!(page, "| none of these | {all} | {here} | |");
    let _ = write!(page, "\n## By technique\n\n| technique | detections | here |");
    PEERS.iter().for_each(|peer| page.push_str(&format!(" {peer} |")));
    page.push_str("\n|---|---|---|");
    page.push_str(&"---|".repeat(PEERS.len()));
    page.push('\n');
    let mut techniques: BTreeMap<&str, Vec<&(&Detection, Vec<&str>)>> = BTreeMap::new();
    for one in answered {
        let ids = one.0.techniques.iter().chain(&one.0.matrix);
        ids.for_each(|technique| techniques.entry(technique).or_default().push(one));
    }
    for (technique, all) in techniques {
        let here = all.iter().filter(|(_, by)| !by.is_empty()).count();
        let _ = write!(page, "| {technique} | {} | {here} |", all.len());
        for peer in PEERS {
            let _ = write!(page, " {} |", all.iter().filter(|(detection, _)| detection.peers.contains(&peer)).count());
        }
        page.push('\n');
    }
}

/// Microsoft's alert types and the rules that correspond to them.
fn alerts(page: &mut String, rules: &RuleSet) {
    let mut by_type: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for (meta, _) in rules.reported() {
        for kind in &meta.defender {
            by_type.entry(bare_type(kind)).or_default().insert(&meta.name);
        }
    }
    let lines: Vec<Vec<&str>> = ALERTS.lines().skip(1).map(|line| line.split('\t').collect()).collect();
    let of = |kind: &str| by_type.get(&bare_type(kind));
    let here = lines.iter().filter(|line| of(line[0]).is_some()).count();
    let _ = write!(
        page,
        "\n## Microsoft's alerts\n\nTypes of today and those that were renamed or withdrawn; a rule corresponds to a type in \
         each of its names. {here} of {} have a rule.\n\n| type | sees | evidence | rules |\n|---|---|---|---|\n",
        lines.len()
    );
    for line in lines {
        let rules = of(line[0]).map_or_else(String::new, |rules| rules.iter().copied().collect::<Vec<_>>().join(", "));
        let _ = writeln!(page, "| {} | {} | {} | {rules} |", line[0], line[1], line[2]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::rules::load;

    #[test]
    fn every_line_of_the_list_is_whole_and_names_what_exists() {
        let (rules, _) = load(&[]).unwrap();
        let names: BTreeSet<&str> = rules.reported().map(|(meta, _)| meta.name.as_str()).collect();
        let commands = crate::cli::command();
        let list = list();
        let slugs: BTreeSet<&str> = list.iter().map(|detection| detection.slug).collect();
        assert_eq!((list.len(), slugs.len()), (323, 323), "each detection once");
        for detection in &list {
            let slug = detection.slug;
            assert!(!detection.sees.is_empty() && !detection.evidence.is_empty(), "{slug}");
            for by in &detection.by {
                let exists = match by.strip_prefix("coldcase ") {
                    Some(words) => words.split(' ').try_fold(&commands, |at, word| at.find_subcommand(word)).is_some(),
                    None => names.contains(by),
                };
                assert!(exists, "{slug} is answered by {by}, which does not exist");
            }
            let is_answered = !answers(detection, &rules).is_empty();
            assert!(!(is_answered && detection.impossible.is_some()), "{slug} is called impossible and is answered");
            let is_open = !is_answered && detection.impossible.is_none();
            assert_eq!(is_open, detection.lacking.is_some(), "{slug}: what is open says why, and nothing else does");
        }
    }

    #[test]
    fn every_rule_is_on_the_page() {
        let (rules, _) = load(&[]).unwrap();
        let page = page(&rules);
        let words: BTreeSet<&str> = page.split(|c: char| c.is_whitespace() || c == ',' || c == '|').collect();
        let missing: Vec<&str> =
            rules.reported().map(|(meta, _)| meta.name.as_str()).filter(|name| !words.contains(name)).collect();
        assert!(missing.is_empty(), "{missing:?}");
    }
}
