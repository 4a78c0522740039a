//! Content we know and do not read, named with the way out. It becomes one reject over all of it.

use super::csv_table;

/// Formats that are recognised by their first bytes: magic, name, what to do.
const MAGIC: &[(&[u8], &str, &str)] = &[
    (b"\x1f\x8b", "gzip", "gzip packed more than four deep; unpack it first"),
    (b"\x28\xb5\x2f\xfd", "zstd", "zstd packed more than four deep; unpack it first"),
    (b"\xfd7zXZ\x00", "xz", "xz packed more than four deep; unpack it first"),
    (b"BZh", "bzip2", "bzip2 packed more than four deep; unpack it first"),
    (b"PK\x03\x04", "zip", "zip archive inside more than four others; unpack it first"),
    (b"age-encryption.org/v1", "age", "file encrypted with age; decrypt it first"),
    (b"\xd4\xc3\xb2\xa1", "pcap", "packet capture (pcap), not read; export what it holds as JSON first"),
    (b"\xa1\xb2\xc3\xd4", "pcap", "packet capture (pcap), not read; export what it holds as JSON first"),
    (b"\x4d\x3c\xb2\xa1", "pcap", "packet capture (pcap), not read; export what it holds as JSON first"),
    (b"\x0a\x0d\x0d\x0a", "pcap", "packet capture (pcapng), not read; export what it holds as JSON first"),
    (b"7z\xbc\xaf\x27\x1c", "7z", "7z archive; unpack it first"),
    (b"PAR1", "parquet", "Parquet file packed more than four deep; unpack it first"),
    (b"PARE", "parquet", "Parquet file that is encrypted; decrypt it first"),
    (b"SQLite format 3\x00", "sqlite", "SQLite database, not evidence we know"),
    (b"\x89PNG\r\n\x1a\n", "png", "PNG image, no log"),
    (b"\xff\xd8\xff", "jpeg", "JPEG image, no log"),
    (b"%PDF-", "pdf", "PDF document, no log"),
    (b"\x7fELF", "elf", "ELF program, no log"),
];

/// Text that is recognised and not read: how a line of it starts, name, what to do.
const TEXT: &[(&str, &str, &str)] = &[
    ("insertId:", "gke", "GKE log entry as YAML: another cloud's format, not read"),
    ("logName:", "gke", "GKE log entry as YAML: another cloud's format, not read"),
    ("protoPayload:", "gke", "GKE log entry as YAML: another cloud's format, not read"),
    ("<", "markup", "XML or HTML (an error page?), no log"),
];

/// Says by magic that content is not read.
pub fn refusal(head: &[u8]) -> Option<(&'static str, String)> {
    let magic = MAGIC.iter().find(|(magic, ..)| head.starts_with(magic));
    let found = magic.map(|(_, name, reason)| (*name, (*reason).to_owned()));
    let tar = head.get(257..262) == Some(b"ustar");
    let bbolt = head.get(16..20) == Some(&[0xed, 0xda, 0x0c, 0xed]);
    let found =
        found.or_else(|| tar.then(|| ("tar", "tar archive inside more than four others; unpack it first".to_owned())));
    found.or_else(|| bbolt.then(|| ("bbolt", "bbolt database where it cannot be read".to_owned())))
}

/// Describes content that no envelope knows.
pub fn unknown(head: &[u8]) -> (&'static str, String) {
    named(head).unwrap_or_else(|| {
        let binary = head.iter().take(4096).any(|b| *b < 9);
        let what = if binary { "binary content of an unknown kind" } else { "text of an unknown kind" };
        ("unknown", format!("{what}: kept as evidence, read into no row"))
    })
}

/// Names text that we know and do not read.
pub fn named(head: &[u8]) -> Option<(&'static str, String)> {
    let text = String::from_utf8_lossy(&head[..head.len().min(4096)]);
    let lines = text.lines().map(str::trim_start).filter(|line| !line.starts_with('#') && !line.is_empty());
    let first = lines.take(1).next().unwrap_or_default();
    if let Some((_, name, reason)) = TEXT.iter().find(|(start, ..)| first.starts_with(start)) {
        return Some((name, (*reason).to_owned()));
    }
    if first.contains(" AUDIT: id=") {
        return Some(("basic audit", "basic audit text of Kubernetes before 1.12, not read".to_owned()));
    }
    if first.contains("\"=>") {
        return Some(("ruby", "Ruby inspect text, not JSON".to_owned()));
    }
    if text.lines().nth(1).is_some_and(|line| line.starts_with("---") && line.contains("  -")) {
        return Some(("table", "text laid out as a table (az -o table); export it with -o json".to_owned()));
    }
    Some(("table", csv_table::refusal(head)?.to_owned()))
}
