//! Audit record types by number and name.
//!
//! A number that is in neither table keeps its number as its name; nothing is guessed.

/// Returns the name of a record type, None when the tables lack it.
pub fn kind_name(number: u32) -> Option<&'static str> {
    [KERNEL, USER].into_iter().find_map(|table| {
        let at = table.binary_search_by_key(&number, |(number, _)| *number).ok()?;
        Some(table[at].1)
    })
}

/// Returns the number of a record type, also of the form `UNKNOWN[1329]` that auditd gives to a type it does not know.
pub fn kind_number(name: &str) -> Option<u32> {
    if let Some(number) = name.strip_prefix("UNKNOWN[").and_then(|rest| rest.strip_suffix(']')) {
        return number.parse().ok();
    }
    KERNEL.iter().chain(USER).find(|(_, known)| *known == name).map(|(number, _)| *number)
}

/// Says whether a record of this type is an event of its own.
///
/// Messages of user space (1100 to 1199, 2100 to 2999), of auditd itself (1200 to 1299) and the kernel's free text
/// (2000) get a serial each; every other type may be one of several records (`linux/audit.h`, comment on the ranges).
pub(super) fn is_alone(number: u32) -> bool {
    matches!(number, 1100..=1299 | 2000 | 2100..=2999)
}

/// The kernel's own list: `linux/audit.h`.
#[rustfmt::skip]
static KERNEL: &[(u32, &str)] = &[
    (1000, "GET"), (1001, "SET"), (1002, "LIST"), (1003, "ADD"), (1004, "DEL"), (1005, "USER"), (1006, "LOGIN"),
    (1007, "WATCH_INS"), (1008, "WATCH_REM"), (1009, "WATCH_LIST"), (1010, "SIGNAL_INFO"), (1011, "ADD_RULE"),
    (1012, "DEL_RULE"), (1013, "LIST_RULES"), (1014, "TRIM"), (1015, "MAKE_EQUIV"), (1016, "TTY_GET"),
    (1017, "TTY_SET"), (1018, "SET_FEATURE"), (1019, "GET_FEATURE"), (1107, "USER_AVC"), (1124, "USER_TTY"),
    (1200, "DAEMON_START"), (1201, "DAEMON_END"), (1202, "DAEMON_ABORT"), (1203, "DAEMON_CONFIG"), (1300, "SYSCALL"),
    (1302, "PATH"), (1303, "IPC"), (1304, "SOCKETCALL"), (1305, "CONFIG_CHANGE"), (1306, "SOCKADDR"), (1307, "CWD"),
    (1309, "EXECVE"), (1311, "IPC_SET_PERM"), (1312, "MQ_OPEN"), (1313, "MQ_SENDRECV"), (1314, "MQ_NOTIFY"),
    (1315, "MQ_GETSETATTR"), (1316, "KERNEL_OTHER"), (1317, "FD_PAIR"), (1318, "OBJ_PID"), (1319, "TTY"),
    (1320, "EOE"), (1321, "BPRM_FCAPS"), (1322, "CAPSET"), (1323, "MMAP"), (1324, "NETFILTER_PKT"),
    (1325, "NETFILTER_CFG"), (1326, "SECCOMP"), (1327, "PROCTITLE"), (1328, "FEATURE_CHANGE"), (1329, "REPLACE"),
    (1330, "KERN_MODULE"), (1331, "FANOTIFY"), (1332, "TIME_INJOFFSET"), (1333, "TIME_ADJNTPVAL"), (1334, "BPF"),
    (1335, "EVENT_LISTENER"), (1336, "URINGOP"), (1337, "OPENAT2"), (1338, "DM_CTRL"), (1339, "DM_EVENT"),
    (1400, "AVC"), (1401, "SELINUX_ERR"), (1402, "AVC_PATH"), (1403, "MAC_POLICY_LOAD"), (1404, "MAC_STATUS"),
    (1405, "MAC_CONFIG_CHANGE"), (1406, "MAC_UNLBL_ALLOW"), (1407, "MAC_CIPSOV4_ADD"), (1408, "MAC_CIPSOV4_DEL"),
    (1409, "MAC_MAP_ADD"), (1410, "MAC_MAP_DEL"), (1411, "MAC_IPSEC_ADDSA"), (1412, "MAC_IPSEC_DELSA"),
    (1413, "MAC_IPSEC_ADDSPD"), (1414, "MAC_IPSEC_DELSPD"), (1415, "MAC_IPSEC_EVENT"), (1416, "MAC_UNLBL_STCADD"),
    (1417, "MAC_UNLBL_STCDEL"), (1418, "MAC_CALIPSO_ADD"), (1419, "MAC_CALIPSO_DEL"), (1700, "ANOM_PROMISCUOUS"),
    (1701, "ANOM_ABEND"), (1702, "ANOM_LINK"), (1703, "ANOM_CREAT"), (1800, "INTEGRITY_DATA"),
    (1801, "INTEGRITY_METADATA"), (1802, "INTEGRITY_STATUS"), (1803, "INTEGRITY_HASH"), (1804, "INTEGRITY_PCR"),
    (1805, "INTEGRITY_RULE"), (1806, "INTEGRITY_EVM_XATTR"), (1807, "INTEGRITY_POLICY_RULE"), (2000, "KERNEL"),
];

/// Messages that programs send through the kernel; the numbers are those of the audit library (`libaudit.h`).
#[rustfmt::skip]
static USER: &[(u32, &str)] = &[
    (1100, "USER_AUTH"), (1101, "USER_ACCT"), (1102, "USER_MGMT"), (1103, "CRED_ACQ"), (1104, "CRED_DISP"),
    (1105, "USER_START"), (1106, "USER_END"), (1108, "USER_CHAUTHTOK"), (1109, "USER_ERR"), (1110, "CRED_REFR"),
    (1111, "USYS_CONFIG"), (1112, "USER_LOGIN"), (1113, "USER_LOGOUT"), (1114, "ADD_USER"), (1115, "DEL_USER"),
    (1116, "ADD_GROUP"), (1117, "DEL_GROUP"), (1118, "DAC_CHECK"), (1119, "CHGRP_ID"), (1120, "TEST"),
    (1121, "TRUSTED_APP"), (1122, "USER_SELINUX_ERR"), (1123, "USER_CMD"), (1125, "CHUSER_ID"), (1126, "GRP_AUTH"),
    (1127, "SYSTEM_BOOT"), (1128, "SYSTEM_SHUTDOWN"), (1129, "SYSTEM_RUNLEVEL"), (1130, "SERVICE_START"),
    (1131, "SERVICE_STOP"), (1132, "GRP_MGMT"), (1133, "GRP_CHAUTHTOK"), (1134, "MAC_CHECK"), (1135, "ACCT_LOCK"),
    (1136, "ACCT_UNLOCK"), (1137, "USER_DEVICE"), (1138, "SOFTWARE_UPDATE"), (2100, "ANOM_LOGIN_FAILURES"),
    (2101, "ANOM_LOGIN_TIME"), (2102, "ANOM_LOGIN_SESSIONS"), (2103, "ANOM_LOGIN_ACCT"),
    (2104, "ANOM_LOGIN_LOCATION"), (2111, "ANOM_ACCESS_FS"), (2112, "ANOM_EXEC"), (2113, "ANOM_MK_EXEC"),
    (2114, "ANOM_ADD_ACCT"), (2115, "ANOM_DEL_ACCT"), (2116, "ANOM_MOD_ACCT"), (2117, "ANOM_ROOT_TRANS"),
    (2300, "USER_ROLE_CHANGE"), (2301, "ROLE_ASSIGN"), (2302, "ROLE_REMOVE"), (2309, "FS_RELABEL"),
    (2310, "USER_MAC_POLICY_LOAD"), (2400, "CRYPTO_TEST_USER"), (2402, "CRYPTO_LOGIN"), (2403, "CRYPTO_LOGOUT"),
    (2404, "CRYPTO_KEY_USER"), (2405, "CRYPTO_FAILURE_USER"), (2407, "CRYPTO_SESSION"), (2408, "CRYPTO_IKE_SA"),
    (2409, "CRYPTO_IPSEC_SA"), (2500, "VIRT_CONTROL"), (2501, "VIRT_RESOURCE"), (2502, "VIRT_MACHINE_ID"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_the_kernel_and_of_programs_have_names() {
        assert_eq!(kind_name(1300), Some("SYSCALL"));
        assert_eq!(kind_name(1327), Some("PROCTITLE"));
        assert_eq!(kind_name(1112), Some("USER_LOGIN"));
        assert_eq!(kind_name(1599), None);
        assert_eq!(kind_number("UNKNOWN[1329]"), Some(1329));
        assert_eq!(kind_number("CWD"), Some(1307));
        assert_eq!(kind_number("NO_SUCH"), None);
    }

    #[test]
    fn tables_are_sorted_for_the_search() {
        for table in [KERNEL, USER] {
            assert!(table.is_sorted_by(|a, b| a.0 < b.0));
        }
    }
}
