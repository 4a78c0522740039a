//! Names of facilities and severities as the Log Analytics table Syslog writes them.

/// By number (RFC 5424 table 1); 12 to 15 are what Linux systems call them.
#[rustfmt::skip]
static FACILITIES: &[&str] = &[
    "kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp",
    "ntp", "audit", "alert", "clock",
    "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7",
];

/// By number (RFC 5424 table 2).
static SEVERITIES: &[&str] = &["emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"];

/// Returns the name of a facility, the priority divided by eight.
pub fn facility_name(number: u8) -> Option<&'static str> {
    FACILITIES.get(usize::from(number)).copied()
}

/// Returns the name of a severity, the rest of that division.
pub fn severity_name(number: u8) -> Option<&'static str> {
    SEVERITIES.get(usize::from(number)).copied()
}
