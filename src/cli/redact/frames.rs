//! What an object is, and which of its values are secret: the meaning of nested text, however it was written.
//!
//! The readers of JSON and YAML tell of members, values and ends in the order of the text. An object may say what it
//! is after its data (kubectl sorts keys: `data` comes before `kind`), a list after its items, and an audit event
//! names the resource beside the body; so values of `data` wait until an object around them is known. Where the text
//! ends before that, they are hidden when they look like base64, as all data of a Secret does. Values of `stringData`
//! and of environments are hidden at once: no ConfigMap has them.

use super::mark::Hides;
use super::objects::{Key, Kind, Path, base64, key, kind, path, secret_type};
use super::quote::Quote;

/// Objects nested deeper than this are counted, not remembered: Kubernetes objects have a dozen levels.
const DEEPEST: usize = 256;

/// A value: where its text is, and the quotes a mark needs in its place when it has none.
#[derive(Debug, Clone, Copy)]
pub(super) struct Value {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) quote: Option<Quote>,
    /// The text ends before the value does: it says nothing about the object.
    pub(super) cut: bool,
}

/// What the values directly in an object or list are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Plain,
    Data,
    StringData,
    /// A list of variables, or a map of them.
    Env,
    /// One variable of a list.
    EnvItem,
    ObjectRef,
    Kubeconfigs,
    Auths,
    Principal,
    /// The value of one operation of a JSON patch (RFC 6902).
    Patch,
}

#[derive(Debug, Clone, Copy)]
struct Frame {
    list: bool,
    depth: usize,
    place: Place,
    key: Key,
    kind: Kind,
    path: Path,
    /// Whether the resource beside the body is `secrets`; none when it is not named.
    secrets: Option<bool>,
    /// Members only a Secret has.
    of_secret: bool,
    waiting: usize,
    patches: usize,
}

/// What the caller knows of a text.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Focus {
    /// The text is the body of a request or answer whose kind may not be in it.
    pub(super) body: bool,
    /// The text is a list of environment variables.
    pub(super) env: bool,
}

pub(super) struct Frames<'h, 'a> {
    hides: &'h mut Hides<'a>,
    stack: Vec<Frame>,
    /// Objects open beyond the deepest that is remembered.
    beyond: usize,
    waiting: Vec<Value>,
    /// Values that wait for the path of their patch; true when they are all of it or its member `value`.
    patches: Vec<(Value, bool)>,
    focus: Focus,
    cut: bool,
    saw_secrets: bool,
}

impl<'h, 'a> Frames<'h, 'a> {
    pub(super) fn new(hides: &'h mut Hides<'a>, focus: Focus) -> Frames<'h, 'a> {
        let root = Frame {
            list: false,
            depth: 0,
            place: Place::Plain,
            key: if focus.env { Key::Env } else { Key::Other },
            kind: Kind::Unknown,
            path: Path::Elsewhere,
            secrets: None,
            of_secret: false,
            waiting: 0,
            patches: 0,
        };
        let stack = vec![root];
        Frames {
            hides,
            stack,
            beyond: 0,
            waiting: Vec::new(),
            patches: Vec::new(),
            focus,
            cut: false,
            saw_secrets: false,
        }
    }

    fn top(&mut self) -> &mut Frame {
        let last = self.stack.len() - 1;
        &mut self.stack[last]
    }

    /// An object or list begins, inside of `depth` strings.
    pub(super) fn open(&mut self, list: bool, depth: usize) {
        if self.stack.len() >= DEEPEST {
            self.beyond += 1;
            return;
        }
        let parent = *self.top();
        let inherits = parent.depth == depth && matches!(parent.place, Place::Data | Place::StringData);
        let place = match parent.key {
            _ if inherits => parent.place,
            _ if parent.list && parent.place == Place::Env => Place::EnvItem,
            _ if parent.list => parent.place,
            Key::Data => Place::Data,
            Key::StringData => Place::StringData,
            Key::Env => Place::Env,
            Key::ObjectRef => Place::ObjectRef,
            Key::Kubeconfigs => Place::Kubeconfigs,
            Key::Auths => Place::Auths,
            Key::Principal => Place::Principal,
            Key::Value => Place::Patch,
            _ if matches!(parent.place, Place::Auths | Place::Patch) => parent.place,
            _ => Place::Plain,
        };
        let (waiting, patches) = (self.waiting.len(), self.patches.len());
        self.stack.push(Frame {
            list,
            depth,
            place,
            key: Key::Other,
            kind: Kind::Unknown,
            path: Path::Elsewhere,
            secrets: None,
            of_secret: false,
            waiting,
            patches,
        });
    }

    /// An object or list ends. An end without a beginning says that the text was cut in front.
    pub(super) fn end(&mut self, list: bool, depth: usize) {
        if self.beyond > 0 {
            self.beyond -= 1;
        } else if self.stack.len() > 1 && self.top().depth == depth && self.top().list == list {
            self.close(false);
        } else if depth == 0 {
            self.cut = true;
        }
    }

    /// All that is open inside of more than `depth` strings ends at `at`, complete or not.
    pub(super) fn end_deeper(&mut self, depth: usize, at: usize) {
        self.beyond = 0;
        let mut first = None;
        while self.stack.len() > 1 && self.top().depth > depth {
            first = Some(self.top().waiting);
            self.close(true);
        }
        // What none of them could tell about itself is not told any more.
        if let Some(first) = first {
            self.hide_base64(first.min(self.waiting.len()), at);
        }
    }

    /// The name of a member, inside of `depth` strings.
    pub(super) fn key(&mut self, name: &[u8], depth: usize) {
        let key = key(name);
        let root = self.stack.len() == 1;
        let top = self.top();
        if top.depth != depth || top.list {
            return;
        }
        top.key = key;
        top.of_secret |= key == Key::StringData;
        self.cut |= root && key != Key::Other;
    }

    /// A comma: the next member has another name.
    pub(super) fn next(&mut self, depth: usize) {
        let top = self.top();
        if top.depth == depth && !top.list {
            top.key = Key::Other;
        }
    }

    /// A value that is a text, or stands without quotes, inside of `depth` strings.
    pub(super) fn value(&mut self, value: Value, depth: usize) {
        let frame = *self.top();
        if frame.depth != depth || self.beyond > 0 {
            return;
        }
        let text = &self.hides.text[value.start..value.end];
        if frame.place == Place::Patch {
            self.patches.push((value, frame.key == Key::Value));
        }
        match (frame.place, frame.key) {
            (Place::Data, _) => self.waiting.push(value),
            (Place::StringData, _) => self.hide(value),
            (Place::Env, _) if frame.list => self.variable(value),
            (Place::Env, _) => self.hide(value),
            (Place::EnvItem | Place::Kubeconfigs, Key::Value) => self.hide(value),
            (Place::Auths, Key::Auth) | (Place::Principal, Key::Secret) => self.hide(value),
            (_, Key::Kind | Key::Type | Key::Path | Key::Resource) if value.cut => {}
            (_, Key::Kind) => self.top().kind = kind(text),
            (_, Key::Type) => self.top().of_secret |= secret_type(text),
            (_, Key::Path) => self.top().path = path(text),
            (_, Key::Resource) => {
                self.saw_secrets |= text == b"secrets";
                self.top().secrets = Some(text == b"secrets");
            }
            (Place::Patch, _) => {}
            (_, Key::Value) => self.patches.push((value, true)),
            _ => {}
        }
    }

    /// Hides what stands behind the name of a variable written `NAME=value`.
    fn variable(&mut self, value: Value) {
        let text = &self.hides.text[value.start..value.end];
        if let Some(sign) = memchr::memchr(b'=', text) {
            self.hides.hide(value.start + sign + 1, value.end);
        }
    }

    fn hide(&mut self, value: Value) {
        match value.quote {
            Some(quote) => self.hides.hide_bare(value.start, value.end, quote),
            None => self.hides.hide(value.start, value.end),
        }
    }

    fn close(&mut self, cut: bool) {
        let Some(frame) = self.stack.pop() else { return };
        // What an operation writes belongs to the operation, whose path is one object further out.
        if frame.place != Place::Patch {
            for (value, whole) in self.patches.split_off(frame.patches.min(self.patches.len())) {
                match frame.path {
                    Path::Data => self.waiting.push(value),
                    Path::Env if whole => self.hide(value),
                    Path::Secret => self.hide(value),
                    _ => {}
                }
            }
        }
        if let Some(parent) = self.stack.last_mut()
            && frame.place == Place::ObjectRef
            && !frame.list
        {
            parent.secrets = frame.secrets.or(parent.secrets);
        }
        let secret = frame.kind == Kind::Secret
            || frame.kind != Kind::Other && frame.secrets == Some(true)
            || frame.kind == Kind::Unknown && frame.of_secret;
        let other = frame.kind == Kind::Other
            || frame.kind == Kind::Event && (!cut || frame.secrets == Some(false))
            || frame.secrets == Some(false);
        let from = frame.waiting.min(self.waiting.len());
        if secret {
            self.waiting.split_off(from).into_iter().for_each(|value| self.hide(value));
        } else if other {
            self.waiting.truncate(from);
        }
    }

    /// Hides what looks like the data of a Secret among the values that still wait; the rest waits no longer.
    fn hide_base64(&mut self, from: usize, at: usize) {
        for value in self.waiting.split_off(from) {
            let cut = value.end >= at || value.end == self.hides.text.len();
            if base64(&self.hides.text[value.start..value.end], cut) {
                self.hide(value);
            }
        }
    }

    /// The text ends.
    pub(super) fn finish(mut self) {
        let end = self.hides.text.len();
        self.cut |= self.stack.len() > 1;
        while self.stack.len() > 1 {
            self.close(true);
        }
        let root = *self.top();
        if root.kind == Kind::Secret || root.kind != Kind::Other && root.of_secret {
            self.waiting.split_off(0).into_iter().for_each(|value| self.hide(value));
        } else if root.kind != Kind::Other && (self.cut || self.focus.body || self.saw_secrets) {
            self.hide_base64(0, end);
        }
    }
}
