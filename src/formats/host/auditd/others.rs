//! Audit events that other programs have made JSON of, told by their keys alone.

use super::kinds;

/// Says whether an object with these keys is an event as laurel writes it: `ID`, and record types as keys.
///
/// laurel's object has `ID` with time and serial, and per record type an object or a list (formats.md h.3).
pub fn looks_like_laurel(keys: &[&str]) -> bool {
    keys.contains(&"ID") && keys.iter().any(|key| kinds::kind_number(key).is_some_and(|number| number >= 1100))
}

/// Says whether an object with these keys is an event of auditbeat: `auditd` beside what every beat writes.
pub fn looks_like_auditbeat(keys: &[&str]) -> bool {
    keys.contains(&"auditd") && keys.contains(&"@timestamp")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn told_by_keys_and_not_by_one_key() {
        assert!(looks_like_laurel(&["ID", "NODE", "SYSCALL", "EXECVE", "CWD", "PATH"]));
        assert!(!looks_like_laurel(&["ID", "NODE"]));
        assert!(!looks_like_laurel(&["SYSCALL"]));
        assert!(looks_like_auditbeat(&["@timestamp", "auditd", "event", "process"]));
        assert!(!looks_like_auditbeat(&["@timestamp", "event"]));
    }
}
