//! The object an audit event wrote, read only as far as the shred columns go.
//!
//! A body that does not have these types is one the API server refused; its shred columns stay null.

use serde::Deserialize;

use super::text::Text;

type Texts<'a> = Vec<Text<'a>>;

/// Which shred columns a resource can fill.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Pod,
    Role,
    Binding,
}

/// Says what kind of object a request on `resource`/`subresource` carries; None for everything not shredded.
pub fn kind(group: Option<&str>, resource: &str, subresource: Option<&str>) -> Option<Kind> {
    // Status, resize and ephemeral containers carry the whole object; other subresources carry one of their own.
    if !matches!(subresource, None | Some("status" | "ephemeralcontainers" | "resize")) {
        return None;
    }
    match (group.unwrap_or_default(), resource) {
        ("", "pods" | "replicationcontrollers" | "podtemplates")
        | ("apps" | "extensions", "deployments" | "daemonsets" | "statefulsets" | "replicasets")
        | ("batch", "jobs" | "cronjobs") => Some(Kind::Pod),
        ("rbac.authorization.k8s.io", "roles" | "clusterroles") => Some(Kind::Role),
        ("rbac.authorization.k8s.io", "rolebindings" | "clusterrolebindings") => Some(Kind::Binding),
        _ => None,
    }
}

/// A pod or anything with a pod template.
#[derive(Deserialize)]
pub struct Workload<'a> {
    #[serde(borrow)]
    spec: Option<Spec<'a>>,
    /// PodTemplate has it at the top.
    template: Option<Box<Workload<'a>>>,
}

impl<'a> Workload<'a> {
    /// Returns the pod spec, whichever of the nestings it is in.
    pub fn pod_spec(&self) -> Option<&Spec<'a>> {
        let Some(spec) = &self.spec else { return self.template.as_ref()?.pod_spec() };
        match spec.template.as_ref().or(spec.job_template.as_ref()) {
            Some(inner) if spec.containers.is_none() => inner.pod_spec(),
            _ => Some(spec),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Spec<'a> {
    #[serde(borrow)]
    pub containers: Option<Vec<Container<'a>>>,
    pub init_containers: Option<Vec<Container<'a>>>,
    pub ephemeral_containers: Option<Vec<Container<'a>>>,
    #[serde(rename = "hostPID")]
    pub host_pid: Option<bool>,
    #[serde(rename = "hostIPC")]
    pub host_ipc: Option<bool>,
    pub host_network: Option<bool>,
    pub volumes: Option<Vec<Volume<'a>>>,
    pub service_account_name: Option<Text<'a>>,
    template: Option<Box<Workload<'a>>>,
    job_template: Option<Box<Workload<'a>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Container<'a> {
    #[serde(borrow)]
    pub name: Option<Text<'a>>,
    pub image: Option<Text<'a>>,
    pub command: Option<Texts<'a>>,
    pub args: Option<Texts<'a>>,
    pub security_context: Option<SecurityContext<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SecurityContext<'a> {
    pub privileged: Option<bool>,
    pub allow_privilege_escalation: Option<bool>,
    pub run_as_user: Option<i64>,
    pub run_as_non_root: Option<bool>,
    #[serde(borrow)]
    pub capabilities: Option<Capabilities<'a>>,
}

#[derive(Deserialize)]
pub struct Capabilities<'a> {
    #[serde(borrow)]
    pub add: Option<Texts<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Volume<'a> {
    #[serde(borrow)]
    pub host_path: Option<HostPath<'a>>,
}

#[derive(Deserialize)]
pub struct HostPath<'a> {
    #[serde(borrow)]
    pub path: Option<Text<'a>>,
}

#[derive(Deserialize)]
pub struct Role<'a> {
    #[serde(borrow)]
    pub rules: Option<Vec<Rule<'a>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Rule<'a> {
    #[serde(borrow)]
    pub verbs: Option<Texts<'a>>,
    pub api_groups: Option<Texts<'a>>,
    pub resources: Option<Texts<'a>>,
    pub resource_names: Option<Texts<'a>>,
    #[serde(rename = "nonResourceURLs")]
    pub non_resource_urls: Option<Texts<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Binding<'a> {
    #[serde(borrow)]
    pub subjects: Option<Vec<Reference<'a>>>,
    pub role_ref: Option<Reference<'a>>,
}

#[derive(Deserialize)]
pub struct Reference<'a> {
    #[serde(borrow)]
    pub kind: Option<Text<'a>>,
    pub name: Option<Text<'a>>,
    pub namespace: Option<Text<'a>>,
}

/// Only the name the server gave a new object.
#[derive(Deserialize)]
pub struct Named<'a> {
    #[serde(borrow)]
    pub metadata: Option<Name<'a>>,
}

#[derive(Deserialize)]
pub struct Name<'a> {
    #[serde(borrow)]
    pub name: Option<Text<'a>>,
}

/// Returns the values of one parameter of a request, decoded, in their order.
pub fn parameter(uri: &str, name: &str) -> Vec<String> {
    let query = uri.split_once('?').map_or("", |(_, query)| query);
    let pairs = query.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    pairs.filter(|(key, _)| *key == name || decoded(key) == name).map(|(_, value)| decoded(value)).collect()
}

/// Returns the `command=` parameters of a request, decoded and joined by a blank; None when there are none.
pub fn command(uri: &str) -> Option<String> {
    let (_, query) = uri.split_once('?')?;
    let words = query.split('&').filter_map(|pair| pair.strip_prefix("command=")).map(decoded);
    let words = words.collect::<Vec<_>>();
    (!words.is_empty()).then(|| words.join(" "))
}

/// Undoes form encoding; bytes that make no UTF-8 are shown as U+FFFD, the column request_uri keeps them as sent.
fn decoded(word: &str) -> String {
    let bytes = word.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let digit = |i: usize| bytes.get(at + i).and_then(|b| char::from(*b).to_digit(16));
        match (bytes[at], digit(1), digit(2)) {
            (b'%', Some(high), Some(low)) => {
                out.push((high * 16 + low) as u8);
                at += 2;
            }
            (b'+', ..) => out.push(b' '),
            (other, ..) => out.push(other),
        }
        at += 1;
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host_pid(body: &str) -> Option<bool> {
        serde_json::from_str::<Workload<'_>>(body).unwrap().pod_spec().and_then(|spec| spec.host_pid)
    }

    #[test]
    fn the_pod_spec_is_found_in_every_nesting() {
        for body in [
            r#"{"spec":{"hostPID":true,"containers":[]}}"#,
            r#"{"spec":{"replicas":1,"template":{"spec":{"hostPID":true,"containers":null}}}}"#,
            r#"{"spec":{"jobTemplate":{"spec":{"template":{"spec":{"hostPID":true}}}}}}"#,
            r#"{"template":{"spec":{"hostPID":true}}}"#,
        ] {
            assert_eq!(host_pid(body), Some(true), "{body}");
        }
        assert_eq!(host_pid(r#"{"metadata":{}}"#), None);
    }

    #[test]
    fn the_command_is_decoded() {
        assert_eq!(command("/exec?command=sh&command=-c&command=id+%26%20ls%2&stdin=true").unwrap(), "sh -c id & ls%2");
        assert_eq!(command("/exec?xcommand=sh"), None);
    }
}
