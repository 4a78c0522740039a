//! The object an audit event wrote, read only as far as the shred columns go.
//!
//! A body with values of other types is made to fit by [`fit`] first.

pub mod fit;

use std::sync::LazyLock;

use memchr::memmem::Finder;
use serde::Deserialize;

use super::event::quick;
use super::text::Text;

type Texts<'a> = Vec<Text<'a>>;

/// Which shred columns a body can fill.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kinds {
    pub pod: bool,
    pub role: bool,
    pub binding: bool,
}

impl Kinds {
    /// Says what a request on `resource` carries, by its name and by the words in the body: a resource of another API
    /// group, such as a `daemonsets` of somebody's own, runs pods as well.
    pub fn of(resource: &str, body: &str) -> Kinds {
        static WORDS: LazyLock<[Finder<'static>; 4]> =
            LazyLock::new(|| [r#""template""#, r#""rules""#, r#""roleRef""#, r#""subjects""#].map(Finder::new));
        let [template, rules, role_ref, subjects] = &*WORDS;
        // A pod stands below a `template`, that of a CronJob too.
        let has = |word: &Finder<'_>| word.find(body.as_bytes()).is_some();
        Kinds { pod: resource == "pods" || has(template), role: has(rules), binding: has(role_ref) || has(subjects) }
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
    /// Returns the pod spec from where objects of the resource have it.
    pub fn pod_spec(&self, resource: &str) -> Option<&Spec<'a>> {
        let spec = self.spec.as_ref();
        match resource {
            "pods" => spec,
            "podtemplates" => self.template.as_ref()?.spec.as_ref(),
            "cronjobs" => spec?.job_template.as_ref()?.spec.as_ref()?.template.as_ref()?.spec.as_ref(),
            _ => spec?.template.as_ref()?.spec.as_ref(),
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
#[derive(Default, Deserialize)]
pub struct Named<'a> {
    #[serde(borrow)]
    pub metadata: Option<Name<'a>>,
}

#[derive(Default, Deserialize)]
pub struct Name<'a> {
    #[serde(borrow)]
    pub name: Option<Text<'a>>,
}

impl<'a> Named<'a> {
    /// Reads an object; None when it is none, or a name is no text.
    pub fn read(body: &'a str) -> Option<Named<'a>> {
        quick::named(body).or_else(|| serde_json::from_str(body).ok())
    }
}

/// Says whether an answer shows an object only in part. A client that accepts `as=PartialObjectMetadata` or `as=Table` gets the
/// object so, and the audit log has what the client got (kubernetes.io, API concepts: receiving resources as Tables).
pub fn is_partial(body: &str) -> bool {
    static GROUP: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("meta.k8s.io/"));
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Head<'a> {
        #[serde(borrow)]
        kind: Option<Text<'a>>,
        #[serde(borrow)]
        api_version: Option<Text<'a>>,
    }
    let partial = |head: Head<'_>| {
        head.api_version.is_some_and(|version| version.0.starts_with("meta.k8s.io/"))
            && head.kind.is_some_and(|kind| matches!(&*kind.0, "PartialObjectMetadata" | "Table"))
    };
    GROUP.find(body.as_bytes()).is_some() && serde_json::from_str(body).is_ok_and(partial)
}

/// Returns the values of one parameter of a request, decoded, in their order.
pub fn parameter(uri: &str, name: &str) -> Vec<String> {
    let query = uri.split_once('?').map_or("", |(_, query)| query);
    let pairs = query.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    // Hardly a name is encoded.
    let is_meant = |key: &str| key == name || key.contains(['%', '+']) && decoded(key) == name;
    pairs.filter(|(key, _)| is_meant(key)).map(|(_, value)| decoded(value)).collect()
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

    fn host_pid(resource: &str, body: &str) -> Option<bool> {
        serde_json::from_str::<Workload<'_>>(body).unwrap().pod_spec(resource).and_then(|spec| spec.host_pid)
    }

    #[test]
    fn the_pod_spec_is_found_in_every_nesting() {
        for (resource, body) in [
            ("pods", r#"{"spec":{"hostPID":true,"containers":[]}}"#),
            ("daemonsets", r#"{"spec":{"replicas":1,"template":{"spec":{"hostPID":true,"containers":null}}}}"#),
            ("cronjobs", r#"{"spec":{"jobTemplate":{"spec":{"template":{"spec":{"hostPID":true}}}}}}"#),
            ("podtemplates", r#"{"template":{"spec":{"hostPID":true}}}"#),
        ] {
            assert_eq!(host_pid(resource, body), Some(true), "{body}");
        }
        assert_eq!(host_pid("pods", r#"{"metadata":{}}"#), None);
    }

    #[test]
    fn one_value_of_another_type_hides_nothing_else() {
        let body = r#"{"spec":{"hostPID":"True","hostIPC":7,"containers":[{"name":1,"command":"id",
            "securityContext":{"privileged":"yes","runAsUser":"0"}},"odd"]}}"#;
        assert!(serde_json::from_str::<Workload<'_>>(body).is_err());
        let text = fit::fitted(body, &fit::WORKLOAD).unwrap();
        let workload = serde_json::from_str::<Workload<'_>>(&text).unwrap();
        let spec = workload.pod_spec("pods").unwrap();
        assert_eq!((spec.host_pid, spec.host_ipc), (Some(true), None));
        let [container] = spec.containers.as_deref().unwrap() else { panic!("one container") };
        assert_eq!(container.name.as_deref(), Some("1"));
        assert_eq!(container.command.as_ref().map(|words| words[0].to_string()), Some("id".to_owned()));
        let security = container.security_context.as_ref().unwrap();
        assert_eq!((security.privileged, security.run_as_user), (Some(true), Some(0)));
    }

    #[test]
    fn the_command_is_decoded() {
        assert_eq!(command("/exec?command=sh&command=-c&command=id+%26%20ls%2&stdin=true").unwrap(), "sh -c id & ls%2");
        assert_eq!(command("/exec?xcommand=sh"), None);
    }
}
