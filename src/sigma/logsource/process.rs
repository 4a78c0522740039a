//! Programs that were started: `category: process_creation`.

use super::{LogField, LogSource, Reading, SILENT, Words, field, means};

static FIELDS: &[LogField] = &[
    field!(always "Image", "path of the program; of some tables its name only"),
    field!(always "CommandLine", "program and arguments, as one text"),
    field!(always "ParentImage", "path of the program that started it; of some tables its name only"),
    field!("ParentCommandLine", "the parent's program and arguments"),
    field!(always "User", "name of the user where the table has it, else the id: root or 0"),
    field!("CurrentDirectory", "working directory"),
    field!("ProcessId", "process id"),
    field!("ParentProcessId", "process id of the parent"),
    field!("LogonId", "login session, or the user id of the login"),
    field!("Computer", "node"),
    field!("Namespace", "namespace of the pod; nothing for a process of the node"),
    field!("Pod", "name of the pod"),
    field!("ContainerId", "id of the container; nothing for a process of the node"),
    field!("ContainerImage", "image of the container"),
];

/// Processes of Linux.
pub static LINUX: LogSource = LogSource {
    name: "process_creation",
    doc: "programs that were started on Linux, in containers or on nodes",
    means: &[means("process_creation", "linux", "")],
    fields: FIELDS,
    readings: &[TETRAGON, FALCO, AUDITD, AUDIT_LOG, AUOMS, MDE, HISTORY],
    remedy: "add Tetragon's or Falco's log, auditd of the nodes, or the tables LinuxAuditLog, Syslog or DeviceProcessEvents",
};

const TETRAGON: Reading = Reading {
    table: "tetragon",
    from: "",
    only: "kind = 'process_exec'",
    event: Words {
        id: "exec_id",
        actor: "CAST(uid AS VARCHAR)",
        host: "node",
        verb: "'run'",
        kind: "'process'",
        namespace: "namespace",
        name: "concat_ws(': ', pod, concat_ws(' ', \"binary\", nullif(arguments, '')))",
        agent: "parent_binary",
        ..SILENT
    },
    fields: &[
        ("any text", "concat_ws(' ', \"binary\", arguments, parent_binary, parent_arguments, cwd, pod)"),
        ("Image", "\"binary\""),
        ("CommandLine", "concat_ws(' ', \"binary\", nullif(arguments, ''))"),
        ("ParentImage", "parent_binary"),
        ("ParentCommandLine", "nullif(concat_ws(' ', parent_binary, nullif(parent_arguments, '')), '')"),
        ("User", "CAST(uid AS VARCHAR)"),
        ("CurrentDirectory", "cwd"),
        ("ProcessId", "pid"),
        ("LogonId", "CAST(auid AS VARCHAR)"),
        ("Computer", "node"),
        ("Namespace", "namespace"),
        ("Pod", "pod"),
        ("ContainerId", "container_id"),
        ("ContainerImage", "image"),
    ],
};

/// Every system call alert names the process that made the call; `proc.exepath` is there only when the rule printed it.
const FALCO: Reading = Reading {
    table: "falco",
    from: "",
    only: "source = 'syscall' AND (process IS NOT NULL OR command IS NOT NULL)",
    event: Words {
        id: "uuid",
        actor: "coalesce(user_name, CAST(user_uid AS VARCHAR))",
        host: "hostname",
        verb: "'run'",
        kind: "'process'",
        namespace: "namespace",
        name: "concat_ws(': ', pod, coalesce(command, CAST(process AS VARCHAR)))",
        agent: "CAST(parent AS VARCHAR)",
        ..SILENT
    },
    fields: &[
        ("any text", "concat_ws(' ', output, output_fields)"),
        (
            "Image",
            "coalesce(regexp_match(output_fields, '\"proc\\.exepath\"\\s*:\\s*\"([^\"]+)\"')[1], CAST(process AS VARCHAR))",
        ),
        ("CommandLine", "command"),
        (
            "ParentImage",
            "coalesce(regexp_match(output_fields, '\"proc\\.pexepath\"\\s*:\\s*\"([^\"]+)\"')[1], CAST(parent AS VARCHAR))",
        ),
        (
            "ParentCommandLine",
            "regexp_match(output_fields, '\"proc\\.pcmdline\"\\s*:\\s*\"((?:[^\"\\\\]|\\\\.)*)\"')[1]",
        ),
        ("User", "coalesce(user_name, CAST(user_uid AS VARCHAR))"),
        ("Computer", "hostname"),
        ("Namespace", "namespace"),
        ("Pod", "pod"),
        ("ContainerId", "CASE WHEN container_id = 'host' THEN NULL ELSE CAST(container_id AS VARCHAR) END"),
        ("ContainerImage", "image"),
    ],
};

const AUDITD: Reading = Reading {
    table: "auditd",
    from: "",
    only: "argv IS NOT NULL OR (syscall IN ('execve', 'execveat') AND coalesce(success, 'yes') = 'yes')",
    event: Words {
        id: "CAST(serial AS VARCHAR)",
        actor: "coalesce(uid_name, uid)",
        host: "node",
        verb: "'run'",
        kind: "'process'",
        name: "coalesce(argv, proctitle, CAST(exe AS VARCHAR))",
        ..SILENT
    },
    fields: &[
        ("any text", "records"),
        ("Image", "exe"),
        ("CommandLine", "coalesce(argv, proctitle)"),
        ("User", "coalesce(uid_name, uid)"),
        ("CurrentDirectory", "cwd"),
        ("ProcessId", "pid"),
        ("ParentProcessId", "ppid"),
        ("LogonId", "CAST(ses AS VARCHAR)"),
        ("Computer", "node"),
    ],
};

/// One audit event is several rows: EXECVE has the arguments, SYSCALL the program, so each EXECVE takes what the others of
/// its event say. A SYSCALL stands for itself when its event has no EXECVE.
const AUDIT_LOG: Reading = Reading {
    table: "LinuxAuditLog",
    from: "(SELECT *, upper(CAST(\"RecordType\" AS VARCHAR)) AS record, \
           max(nullif(CAST(\"exe\" AS VARCHAR), '')) OVER event AS event_exe, \
           max(coalesce(nullif(CAST(\"user\" AS VARCHAR), ''), CAST(\"uid\" AS VARCHAR))) OVER event AS event_user, \
           max(\"cwd\") OVER event AS event_cwd, max(\"pid\") OVER event AS event_pid, \
           max(\"ppid\") OVER event AS event_ppid, max(CAST(\"ses\" AS VARCHAR)) OVER event AS event_ses, \
           max(CASE WHEN upper(CAST(\"RecordType\" AS VARCHAR)) = 'EXECVE' THEN 1 ELSE 0 END) OVER event AS told \
           FROM \"LinuxAuditLog\" WINDOW event AS (PARTITION BY evidence, \"Computer\", \"AuditID\", time))",
    only: "record = 'EXECVE' OR (told = 0 AND record IN ('SYSCALL', 'AUOMS_EXECVE') \
           AND \"syscall\" IN ('execve', 'execveat', '59', '221'))",
    event: Words {
        id: "\"AuditID\"",
        actor: "event_user",
        host: "\"Computer\"",
        verb: "'run'",
        kind: "'process'",
        name: "coalesce(nullif(\"cmd\", ''), CASE WHEN record = 'EXECVE' THEN \
               nullif(concat_ws(' ', \"a0\", \"a1\", \"a2\", \"a3\", \"a4\", \"a5\"), '') END, event_exe)",
        ..SILENT
    },
    fields: &[
        ("any text", "concat_ws(' ', \"RawRecord\", \"cmd\", event_exe)"),
        ("Image", "event_exe"),
        (
            "CommandLine",
            "coalesce(nullif(\"cmd\", ''), CASE WHEN record = 'EXECVE' THEN nullif(concat_ws(' ', \"a0\", \"a1\", \"a2\", \
             \"a3\", \"a4\", \"a5\", \"a6\", \"a7\", \"a8\", \"a9\"), '') END)",
        ),
        ("User", "event_user"),
        ("CurrentDirectory", "event_cwd"),
        ("ProcessId", "event_pid"),
        ("ParentProcessId", "event_ppid"),
        ("LogonId", "event_ses"),
        ("Computer", "\"Computer\""),
    ],
};

/// The Log Analytics agent's own record of a program, as one line of Syslog.
const AUOMS: Reading = Reading {
    table: "Syslog",
    from: "",
    only: "\"SyslogMessage\" LIKE '%type=AUOMS_EXECVE%'",
    event: Words {
        actor: "coalesce(regexp_match(\"SyslogMessage\", ' user=\"?([^\" ]+)')[1], regexp_match(\"SyslogMessage\", ' uid=([0-9]+)')[1])",
        host: "coalesce(CAST(\"Computer\" AS VARCHAR), CAST(\"HostName\" AS VARCHAR))",
        verb: "'run'",
        kind: "'process'",
        name: "coalesce(trim(BOTH '\"' FROM regexp_match(\"SyslogMessage\", ' cmdline=(.*?)(?: redactors=| containerid=|$)')[1]), \"SyslogMessage\")",
        ..SILENT
    },
    fields: &[
        ("any text", "\"SyslogMessage\""),
        ("Image", "regexp_match(\"SyslogMessage\", ' exe=\"?([^\" ]+)')[1]"),
        (
            "CommandLine",
            "trim(BOTH '\"' FROM regexp_match(\"SyslogMessage\", ' cmdline=(.*?)(?: redactors=| containerid=|$)')[1])",
        ),
        (
            "User",
            "coalesce(regexp_match(\"SyslogMessage\", ' user=\"?([^\" ]+)')[1], regexp_match(\"SyslogMessage\", ' uid=([0-9]+)')[1])",
        ),
        ("CurrentDirectory", "regexp_match(\"SyslogMessage\", ' cwd=\"?([^\" ]+)')[1]"),
        ("ProcessId", "TRY_CAST(regexp_match(\"SyslogMessage\", ' pid=([0-9]+)')[1] AS BIGINT)"),
        ("ParentProcessId", "TRY_CAST(regexp_match(\"SyslogMessage\", ' ppid=([0-9]+)')[1] AS BIGINT)"),
        ("LogonId", "regexp_match(\"SyslogMessage\", ' ses=([0-9-]+)')[1]"),
        ("Computer", "coalesce(CAST(\"Computer\" AS VARCHAR), CAST(\"HostName\" AS VARCHAR))"),
        ("ContainerId", "nullif(regexp_match(\"SyslogMessage\", ' containerid=\"?([0-9a-f]*)')[1], '')"),
    ],
};

/// Defender for Endpoint: a table of the workspace that coldcase has no columns for, so each is looked for.
const MDE: Reading = Reading {
    table: "DeviceProcessEvents",
    from: "",
    only: "\"ActionType\" = 'ProcessCreated'",
    event: Words {
        actor: "CAST(\"AccountName\" AS VARCHAR)",
        host: "CAST(\"DeviceName\" AS VARCHAR)",
        verb: "'run'",
        kind: "'process'",
        name: "CAST(\"ProcessCommandLine\" AS VARCHAR)",
        agent: "CAST(\"InitiatingProcessFileName\" AS VARCHAR)",
        ..SILENT
    },
    fields: &[
        ("any text", "concat_ws(' ', CAST(\"FolderPath\" AS VARCHAR), CAST(\"ProcessCommandLine\" AS VARCHAR))"),
        ("Image", "coalesce(nullif(CAST(\"FolderPath\" AS VARCHAR), ''), CAST(\"FileName\" AS VARCHAR))"),
        ("CommandLine", "CAST(\"ProcessCommandLine\" AS VARCHAR)"),
        (
            "ParentImage",
            "coalesce(nullif(CAST(\"InitiatingProcessFolderPath\" AS VARCHAR), ''), CAST(\"InitiatingProcessFileName\" AS VARCHAR))",
        ),
        ("ParentCommandLine", "CAST(\"InitiatingProcessCommandLine\" AS VARCHAR)"),
        ("User", "CAST(\"AccountName\" AS VARCHAR)"),
        ("ProcessId", "TRY_CAST(\"ProcessId\" AS BIGINT)"),
        ("LogonId", "CAST(\"LogonId\" AS VARCHAR)"),
        ("Computer", "CAST(\"DeviceName\" AS VARCHAR)"),
    ],
};

/// Shell history that KubeForenSys gathered: what was typed, at a time nobody knows, so that of the collection stands here.
const HISTORY: Reading = Reading {
    table: "commandhistory_CL",
    from: "",
    only: "",
    event: Words {
        verb: "'typed'",
        kind: "'process'",
        namespace: "\"namespace\"",
        name: "concat_ws(': ', CAST(\"pod_name\" AS VARCHAR), \"command\")",
        ..SILENT
    },
    fields: &[
        ("any text", "\"command\""),
        ("Image", "nullif(split_part(trim(\"command\"), ' ', 1), '')"),
        ("CommandLine", "\"command\""),
        ("Namespace", "\"namespace\""),
        ("Pod", "\"pod_name\""),
    ],
};

/// Processes of Windows nodes.
pub static WINDOWS: LogSource = LogSource {
    name: "process_creation_windows",
    doc: "programs that were started on Windows nodes",
    means: &[means("process_creation", "windows", "")],
    fields: FIELDS_OF_WINDOWS,
    readings: &[SECURITY_EVENT, MDE],
    remedy: "add table SecurityEvent with event 4688 and its command line, or DeviceProcessEvents",
};

static FIELDS_OF_WINDOWS: &[LogField] = &[
    field!(always "Image", "path of the program"),
    field!(always "CommandLine", "program and arguments; the node records them only when told to"),
    field!(always "ParentImage", "path of the program that started it"),
    field!("ParentCommandLine", "the parent's program and arguments"),
    field!(always "User", "who started it"),
    field!("ProcessId", "process id, of SecurityEvent hexadecimal text"),
    field!("LogonId", "logon session"),
    field!("Computer", "node"),
];

const SECURITY_EVENT: Reading = Reading {
    table: "SecurityEvent",
    from: "",
    only: "\"EventID\" = 4688",
    event: Words {
        actor: "coalesce(nullif(CAST(\"SubjectUserName\" AS VARCHAR), ''), CAST(\"Account\" AS VARCHAR))",
        host: "\"Computer\"",
        verb: "'run'",
        kind: "'process'",
        name: "coalesce(nullif(\"CommandLine\", ''), CAST(\"NewProcessName\" AS VARCHAR))",
        agent: "CAST(\"ParentProcessName\" AS VARCHAR)",
        ..SILENT
    },
    fields: &[
        (
            "any text",
            "concat_ws(' ', CAST(\"NewProcessName\" AS VARCHAR), \"CommandLine\", CAST(\"ParentProcessName\" AS VARCHAR))",
        ),
        ("Image", "nullif(CAST(\"NewProcessName\" AS VARCHAR), '')"),
        ("CommandLine", "nullif(\"CommandLine\", '')"),
        ("ParentImage", "nullif(CAST(\"ParentProcessName\" AS VARCHAR), '')"),
        ("User", "coalesce(nullif(CAST(\"SubjectUserName\" AS VARCHAR), ''), CAST(\"Account\" AS VARCHAR))"),
        ("ProcessId", "\"NewProcessId\""),
        ("LogonId", "CAST(\"SubjectLogonId\" AS VARCHAR)"),
        ("Computer", "\"Computer\""),
    ],
};
