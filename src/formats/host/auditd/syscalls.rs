//! Names of the system calls that matter in an investigation, by architecture and number.
//!
//! The table is small on purpose: a number that it lacks keeps its number and gets no name. Numbers are those of the
//! kernel's `asm/unistd_64.h` (x86_64) and `asm-generic/unistd.h` (aarch64). Other architectures, 32-bit calls on a
//! 64-bit kernel among them, have other numbers and get no name.

/// Returns the name of a system call; `arch` is as an audit record writes it (`c000003e`) or interpreted (`x86_64`).
///
/// The values of `arch` are `AUDIT_ARCH_X86_64` and `AUDIT_ARCH_AARCH64` of `linux/audit.h`.
pub fn syscall_name(arch: &str, number: u32) -> Option<&'static str> {
    let table = match arch {
        "c000003e" | "x86_64" => X86_64,
        "c00000b7" | "aarch64" => AARCH64,
        _ => return None,
    };
    let at = table.binary_search_by_key(&number, |(number, _)| *number).ok()?;
    Some(table[at].1)
}

#[rustfmt::skip]
static X86_64: &[(u32, &str)] = &[
    (0, "read"), (1, "write"), (2, "open"), (9, "mmap"), (10, "mprotect"), (33, "dup2"), (41, "socket"),
    (42, "connect"), (43, "accept"), (44, "sendto"), (45, "recvfrom"), (46, "sendmsg"), (49, "bind"), (50, "listen"),
    (56, "clone"), (57, "fork"), (58, "vfork"), (59, "execve"), (62, "kill"), (76, "truncate"), (77, "ftruncate"),
    (82, "rename"), (83, "mkdir"), (84, "rmdir"), (85, "creat"), (86, "link"), (87, "unlink"), (88, "symlink"),
    (90, "chmod"), (91, "fchmod"), (92, "chown"), (93, "fchown"), (94, "lchown"), (101, "ptrace"), (105, "setuid"),
    (106, "setgid"), (113, "setreuid"), (114, "setregid"), (116, "setgroups"), (117, "setresuid"), (119, "setresgid"),
    (122, "setfsuid"), (123, "setfsgid"), (126, "capset"), (133, "mknod"), (135, "personality"), (155, "pivot_root"),
    (157, "prctl"), (159, "adjtimex"), (161, "chroot"), (163, "acct"), (164, "settimeofday"), (165, "mount"),
    (166, "umount2"), (167, "swapon"), (168, "swapoff"), (169, "reboot"), (170, "sethostname"),
    (171, "setdomainname"), (172, "iopl"), (173, "ioperm"), (175, "init_module"), (176, "delete_module"),
    (179, "quotactl"), (188, "setxattr"), (189, "lsetxattr"), (190, "fsetxattr"), (197, "removexattr"),
    (198, "lremovexattr"), (199, "fremovexattr"), (200, "tkill"), (227, "clock_settime"), (231, "exit_group"),
    (234, "tgkill"), (246, "kexec_load"), (248, "add_key"), (249, "request_key"), (250, "keyctl"),
    (254, "inotify_add_watch"), (257, "openat"), (258, "mkdirat"), (259, "mknodat"), (260, "fchownat"),
    (263, "unlinkat"), (264, "renameat"), (265, "linkat"), (266, "symlinkat"), (268, "fchmodat"), (272, "unshare"),
    (288, "accept4"), (292, "dup3"), (293, "pipe2"), (298, "perf_event_open"), (300, "fanotify_init"),
    (303, "name_to_handle_at"), (304, "open_by_handle_at"), (305, "clock_adjtime"), (308, "setns"),
    (310, "process_vm_readv"), (311, "process_vm_writev"), (313, "finit_module"), (316, "renameat2"),
    (317, "seccomp"), (319, "memfd_create"), (320, "kexec_file_load"), (321, "bpf"), (322, "execveat"),
    (323, "userfaultfd"), (425, "io_uring_setup"), (426, "io_uring_enter"), (428, "open_tree"), (429, "move_mount"),
    (430, "fsopen"), (431, "fsconfig"), (432, "fsmount"), (434, "pidfd_open"), (435, "clone3"), (437, "openat2"),
    (438, "pidfd_getfd"), (442, "mount_setattr"), (446, "landlock_restrict_self"),
];

#[rustfmt::skip]
static AARCH64: &[(u32, &str)] = &[
    (5, "setxattr"), (6, "lsetxattr"), (7, "fsetxattr"), (14, "removexattr"), (15, "lremovexattr"),
    (16, "fremovexattr"), (24, "dup3"), (27, "inotify_add_watch"), (33, "mknodat"), (34, "mkdirat"), (35, "unlinkat"),
    (36, "symlinkat"), (37, "linkat"), (38, "renameat"), (39, "umount2"), (40, "mount"), (41, "pivot_root"),
    (45, "truncate"), (46, "ftruncate"), (51, "chroot"), (52, "fchmod"), (53, "fchmodat"), (54, "fchownat"),
    (55, "fchown"), (56, "openat"), (59, "pipe2"), (60, "quotactl"), (63, "read"), (64, "write"), (89, "acct"),
    (91, "capset"), (92, "personality"), (94, "exit_group"), (97, "unshare"), (104, "kexec_load"),
    (105, "init_module"), (106, "delete_module"), (112, "clock_settime"), (117, "ptrace"), (129, "kill"),
    (130, "tkill"), (131, "tgkill"), (142, "reboot"), (143, "setregid"), (144, "setgid"), (145, "setreuid"),
    (146, "setuid"), (147, "setresuid"), (149, "setresgid"), (151, "setfsuid"), (152, "setfsgid"), (159, "setgroups"),
    (161, "sethostname"), (162, "setdomainname"), (167, "prctl"), (170, "settimeofday"), (171, "adjtimex"),
    (198, "socket"), (200, "bind"), (201, "listen"), (202, "accept"), (203, "connect"), (206, "sendto"),
    (207, "recvfrom"), (211, "sendmsg"), (217, "add_key"), (218, "request_key"), (219, "keyctl"), (220, "clone"),
    (221, "execve"), (222, "mmap"), (224, "swapon"), (225, "swapoff"), (226, "mprotect"), (241, "perf_event_open"),
    (242, "accept4"), (262, "fanotify_init"), (264, "name_to_handle_at"), (265, "open_by_handle_at"),
    (266, "clock_adjtime"), (268, "setns"), (270, "process_vm_readv"), (271, "process_vm_writev"),
    (273, "finit_module"), (276, "renameat2"), (277, "seccomp"), (279, "memfd_create"), (280, "bpf"),
    (281, "execveat"), (282, "userfaultfd"), (294, "kexec_file_load"), (425, "io_uring_setup"),
    (426, "io_uring_enter"), (428, "open_tree"), (429, "move_mount"), (430, "fsopen"), (431, "fsconfig"),
    (432, "fsmount"), (434, "pidfd_open"), (435, "clone3"), (437, "openat2"), (438, "pidfd_getfd"),
    (442, "mount_setattr"), (446, "landlock_restrict_self"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_mean_other_calls_on_other_architectures() {
        assert_eq!(syscall_name("c000003e", 59), Some("execve"));
        assert_eq!(syscall_name("c00000b7", 221), Some("execve"));
        assert_eq!(syscall_name("c00000b7", 59), Some("pipe2"));
        assert_eq!(syscall_name("40000003", 11), None);
        assert_eq!(syscall_name("c000003e", 100_000), None);
    }

    #[test]
    fn tables_are_sorted_for_the_search() {
        for table in [X86_64, AARCH64] {
            assert!(table.is_sorted_by(|a, b| a.0 < b.0));
        }
    }
}
