//! Tables that KubeForenSys puts into a workspace: what its rows leave out or say wrongly.
//!
//! The rows are kept as they came; here is only what a reader must be told, and the kind of a binding, which the tool
//! writes wrongly (formats.md f.6).

use crate::formats::rows::Rows;
use crate::formats::rows::value::Value;

/// The column of ours in rbacbindings_CL.
const BINDING_KIND: &str = "BindingKind";

/// Its tables, and what holds for all rows of each.
const TABLES: [(&str, &[&str]); 8] = [
    ("kubelogs_CL", &[PODS]),
    ("kubeevents_CL", &[]),
    ("commandhistory_CL", &[PODS, "TimeGenerated is when the history was collected: the commands have no time"]),
    ("serviceaccounts_CL", &[CREATED]),
    ("suspiciouspods_CL", &[PODS, CREATED]),
    ("rbacbindings_CL", &[CREATED, "a binding without subjects has no row"]),
    ("cronjobs_CL", &[CREATED]),
    ("networkpolicies_CL", &[CREATED]),
];

const PODS: &str = "pods of kube-system, azure-arc and gatekeeper-system and pods that had succeeded were left out when \
                    it was collected: that they are not here says nothing";
const CREATED: &str = "TimeGenerated is when the object was created, not when it was seen";

/// Notes what is known of the table a row belongs to; returns a column to add to the row. `is_queried` says that the
/// row has the columns somebody asked for, and not those of its table.
pub fn known<'v>(
    table: Option<&str>,
    row: &[(&str, Value<'v>)],
    is_queried: bool,
    rows: &mut Rows,
) -> Option<(&'static str, Value<'v>)> {
    let named = table.unwrap_or(rows.hint());
    let (table, always) = TABLES.iter().find(|(name, _)| name.eq_ignore_ascii_case(named))?;
    always.iter().for_each(|note| rows.note(format!("table {table} (KubeForenSys): {note}")));
    let find = |name: &str| row.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value);
    // A query may have left a column out; a row of a whole table leaves out what is null.
    let unknown = |name: &str| is_queried && find(name).is_none();
    let nothing = |value: &Value<'_>| value.is_nothing() || value.as_text() == "None";
    let empty = |name: &str| !unknown(name) && find(name).is_none_or(nothing);
    let issue = || find("issue_type").map(|value| value.as_text().into_owned()).unwrap_or_default();
    let mut note = |text: &str| rows.note(format!("table {table} (KubeForenSys): {text}"));
    match *table {
        "kubelogs_CL" if empty("containerimages") => {
            note("containerimages is empty because the tool sends the images under another name");
        }
        "suspiciouspods_CL" if empty("pod_name") && issue() != "hostNetwork" => {
            note(
                "pod_name is empty in rows of issue_type privileged and hostPath, because the tool sends it under \
                 another name: look for the pod by namespace, container and creation time",
            );
        }
        "rbacbindings_CL" => {
            let kind = find("binding_type")?.as_text().into_owned();
            if kind == "RoleBinding" && unknown("namespace") {
                note("without column namespace nobody can tell ClusterRoleBindings from RoleBindings");
                return None;
            }
            if kind != "RoleBinding" || !empty("namespace") {
                return Some((BINDING_KIND, Value::text(kind)));
            }
            note(
                "binding_type says RoleBinding of ClusterRoleBindings too; they are the rows without a namespace, see \
                 column BindingKind",
            );
            return Some((BINDING_KIND, Value::text("ClusterRoleBinding")));
        }
        _ => {}
    }
    None
}
