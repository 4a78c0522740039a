//! System messages of nodes: `product: linux`, services syslog, auth, sshd.

use super::{LogField, LogSource, Reading, SILENT, Words, field, means};

static FIELDS: &[LogField] = &[
    field!("Facility", "auth, authpriv, cron, daemon …; lines of a file do not say it"),
    field!("SeverityLevel", "emerg to debug, as the sender rated it"),
    field!("ProcessName", "program that spoke"),
    field!("ProcessId", "its process id"),
    field!("Computer", "node"),
    field!("SyslogMessage", "the message"),
    field!("SourceIp", "address that follows `from` in the message, as sshd writes it"),
    field!("SourcePort", "port that follows it"),
    field!("TargetUser", "user that a message of sshd, su, useradd or passwd is about"),
];

/// How messages answer; only the rows differ.
macro_rules! reading {
    ($only:expr) => {
        Reading {
            table: "Syslog",
            from: "",
            only: $only,
            event: Words {
                actor: USER,
                host: COMPUTER,
                verb: "coalesce(CAST(\"ProcessName\" AS VARCHAR), 'log')",
                kind: "'message'",
                name: "\"SyslogMessage\"",
                address: SOURCE,
                ..SILENT
            },
            fields: &[
                ("any text", "concat_ws(' ', CAST(\"ProcessName\" AS VARCHAR), \"SyslogMessage\")"),
                ("Facility", "\"Facility\""),
                ("SeverityLevel", "\"SeverityLevel\""),
                ("ProcessName", "\"ProcessName\""),
                ("ProcessId", "\"ProcessID\""),
                ("Computer", COMPUTER),
                ("SyslogMessage", "\"SyslogMessage\""),
                ("SourceIp", SOURCE),
                ("SourcePort", "TRY_CAST(regexp_match(\"SyslogMessage\", ' port ([0-9]+)')[1] AS BIGINT)"),
                ("TargetUser", USER),
            ],
        }
    };
}

const COMPUTER: &str = "coalesce(nullif(CAST(\"Computer\" AS VARCHAR), ''), CAST(\"HostName\" AS VARCHAR))";
const SOURCE: &str = "regexp_match(\"SyslogMessage\", ' from ([0-9a-fA-F.:]+)')[1]";
const USER: &str = "coalesce(regexp_match(\"SyslogMessage\", ' for (?:invalid user |illegal user )?([^ ]+) from ')[1], \
                    regexp_match(\"SyslogMessage\", '[Ii]nvalid user ([^ ]*) from ')[1], \
                    regexp_match(\"SyslogMessage\", 'user(?: name)?[=: ]+''?([A-Za-z0-9._-]+)')[1])";

const REMEDY: &str = "add /var/log/syslog and auth.log of the nodes, or table Syslog with those facilities";

/// Everything.
pub static SYSLOG: LogSource = LogSource {
    name: "syslog",
    doc: "system messages of nodes",
    means: &[means("", "linux", "syslog"), means("", "linux", "")],
    fields: FIELDS,
    readings: &[reading!("\"SyslogMessage\" IS NOT NULL")],
    remedy: REMEDY,
};

/// What concerns logins and accounts.
pub static AUTH: LogSource = LogSource {
    name: "auth",
    doc: "system messages of nodes about logins and accounts",
    means: &[means("", "linux", "auth"), means("", "linux", "sudo")],
    fields: FIELDS,
    readings: &[reading!(
        "CAST(\"Facility\" AS VARCHAR) IN ('auth', 'authpriv', 'security') OR CAST(\"ProcessName\" AS VARCHAR) IN \
         ('sshd', 'sshd-session', 'sudo', 'su', 'login', 'useradd', 'usermod', 'userdel', 'groupadd', 'passwd', 'chpasswd', \
         'systemd-logind')"
    )],
    remedy: REMEDY,
};

/// The SSH server's own.
pub static SSHD: LogSource = LogSource {
    name: "sshd",
    doc: "messages of the SSH server of nodes",
    means: &[means("", "linux", "sshd")],
    fields: FIELDS,
    readings: &[reading!("CAST(\"ProcessName\" AS VARCHAR) IN ('sshd', 'sshd-session')")],
    remedy: REMEDY,
};
