//! Values that are hexadecimal digits because their text might break the line.
//!
//! Which fields those are is a list, never a guess from the look of a value: `a0=7f00` of a SYSCALL is a number.

use std::borrow::Cow;

use super::record::Form;

/// Fields that the kernel writes by `audit_log_untrustedstring`, `audit_log_n_hex` or `audit_log_d_path`
/// (kernel/audit.c, auditsc.c, audit_watch.c, audit_tree.c, audit_fsnotify.c; security/lsm_audit.c and apparmor;
/// drivers/tty/tty_audit.c; kernel/module) in the first two rows, and fields that programs write by
/// `audit_encode_nv_string` of the audit library (pam, sudo, shadow, libvirt, rpm) in the rows after.
#[rustfmt::skip]
static ENCODED: &[&str] = &[
    "proctitle", "comm", "ocomm", "exe", "cwd", "name", "path", "dir", "key", "data", "saddr", "watch", "file",
    "invalid_context", "profile", "peer", "target", "srcname", "info", "namespace",
    "cmd", "acct", "grp", "new_group", "vm", "device", "sw", "root_dir",
    "old-disk", "new-disk", "old-fs", "new-fs", "old-net", "new-net", "old-chardev", "new-chardev", "cgroup",
];

/// Says whether a value of this field without quotes may be hexadecimal digits; `kind` is the type of the record.
pub fn is_encoded(kind: &str, key: &str) -> bool {
    ENCODED.contains(&key) || (kind == "EXECVE" && is_argument(key))
}

/// `a0`, `a12`, `a1[0]`: an argument of EXECVE. `a1_len` is a count.
fn is_argument(key: &str) -> bool {
    super::argv::argument(key).is_some()
}

/// Returns the bytes of hexadecimal digits as the kernel and the audit library write them: an even number of digits,
/// capital letters (`hex_byte_pack_upper`). None for anything else, so that `acct=dead` stays a name.
pub(super) fn bytes(text: &str) -> Option<Vec<u8>> {
    if text.is_empty() || !text.len().is_multiple_of(2) {
        return None;
    }
    text.as_bytes().chunks_exact(2).map(|pair| Some(nibble(pair[0])? << 4 | nibble(pair[1])?)).collect()
}

fn nibble(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

/// Returns bytes as text, those that are not UTF-8 as `\xNN`, and whether there were such.
pub(super) fn shown(bytes: &[u8]) -> (String, Form) {
    let mut text = String::with_capacity(bytes.len());
    let mut form = Form::Hex;
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            form = Form::HexBytes;
            text.push_str(&format!("\\x{byte:02x}"));
        }
    }
    (text, form)
}

/// Returns the decoded value of a field written without quotes, and how it was written.
pub(super) fn decoded<'a>(kind: &str, key: &str, written: &'a str) -> (Cow<'a, str>, Form) {
    if !is_encoded(kind, key) {
        return (Cow::Borrowed(written), Form::Plain);
    }
    let Some(mut bytes) = bytes(written) else { return (Cow::Borrowed(written), Form::Plain) };
    if key == "saddr" {
        // Not text: super::sockaddr reads it.
        return (Cow::Borrowed(written), Form::Hex);
    }
    if key == "proctitle" {
        // Arguments end in NUL, the last one too; `written` keeps where they ended.
        while bytes.last() == Some(&0) {
            bytes.pop();
        }
        bytes.iter_mut().filter(|byte| **byte == 0).for_each(|byte| *byte = b' ');
    }
    let (text, form) = shown(&bytes);
    (Cow::Owned(text), form)
}
