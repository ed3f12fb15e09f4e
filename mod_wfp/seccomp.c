/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The system calls that a hardened child gives up, and the filter made of
 * them. A list of what is denied, not of what is allowed: libraries and other
 * modules of httpd call what they like. Called by hardening.c; knows nothing
 * of httpd.
 */
#include "mod_wfp/seccomp.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#define ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCH AUDIT_ARCH_AARCH64
#else
#define ARCH 0 /* no filter: the numbers below would be another's */
#endif

/* Numbers from here on are the x32 ABI's on x86_64, and nobody's elsewhere. */
#define FOREIGN 0x40000000U

/* clone() flags that make namespaces, as in linux/sched.h. */
#define NAMESPACES                                                             \
    (0x00020000U | 0x02000000U | 0x04000000U | 0x08000000U | 0x10000000U       \
     | 0x20000000U | 0x40000000U)

/* Kept by number: headers may be older than the kernel. From 424 on numbers
 * are the same on all machines. */
static const unsigned denied[] = {
    /* other programs, other processes */
    SYS_execve, SYS_execveat, SYS_ptrace, SYS_process_vm_readv,
    SYS_process_vm_writev, SYS_kcmp, 438 /* pidfd_getfd */,
    440 /* process_madvise */,
    /* another view of the file system */
    SYS_mount, SYS_umount2, SYS_pivot_root, SYS_chroot, 428 /* open_tree */,
    429 /* move_mount */, 430 /* fsopen */, 431 /* fsconfig */,
    432 /* fsmount */, 433 /* fspick */, 442 /* mount_setattr */,
    SYS_name_to_handle_at, SYS_open_by_handle_at, SYS_swapon, SYS_swapoff,
    SYS_quotactl, 443 /* quotactl_fd */,
    /* the kernel itself */
    SYS_init_module, SYS_finit_module, SYS_delete_module, SYS_kexec_load,
    SYS_kexec_file_load, SYS_reboot, SYS_acct, SYS_syslog, SYS_settimeofday,
    SYS_clock_settime, SYS_adjtimex, SYS_clock_adjtime, SYS_sethostname,
    SYS_setdomainname,
#ifdef SYS_iopl
    SYS_iopl, SYS_ioperm, SYS_modify_ldt,
#endif
    /* parts of it that were broken often */
    SYS_bpf, SYS_perf_event_open, SYS_userfaultfd, SYS_add_key, SYS_request_key,
    SYS_keyctl, SYS_setns, SYS_unshare, SYS_vhangup, 425 /* io_uring_setup */,
    426 /* io_uring_enter */, 427 /* io_uring_register */,
    /* clients of ours elsewhere */
    SYS_listen
};

#define CLONE3 435

#define DENIED     (sizeof(denied) / sizeof(denied[0]))
#define LENGTH_MAX (DENIED * 2 + 16)

typedef struct program_t {
    struct sock_filter code[LENGTH_MAX];
    unsigned short length;
} program_t;

static void add(program_t *program, struct sock_filter instruction)
{
    program->code[program->length++] = instruction;
}

static void add_load(program_t *program, size_t offset)
{
    add(program, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
                                              (unsigned)offset));
}

/* When the value loaded is so (BPF_JEQ, BPF_JGE, BPF_JSET), answer error. */
static void add_refusal(program_t *program, int how, unsigned value,
                        unsigned error)
{
    add(program,
        (struct sock_filter)BPF_JUMP((unsigned short)(BPF_JMP | how | BPF_K),
                                     value, 0, 1));
    add(program, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K,
                                              SECCOMP_RET_ERRNO | error));
}

static void add_allowance(program_t *program)
{
    add(program,
        (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
}

static void make_program(program_t *program)
{
    size_t i;

    program->length = 0;
    add_load(program, offsetof(struct seccomp_data, arch));
    add(program,
        (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCH, 1, 0));
    add(program, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K,
                                              SECCOMP_RET_ERRNO | EPERM));
    add_load(program, offsetof(struct seccomp_data, nr));
    add_refusal(program, BPF_JGE, FOREIGN, EPERM);
    for (i = 0; i < DENIED; i++) {
        add_refusal(program, BPF_JEQ, denied[i], EPERM);
    }
    /* its flags are out of sight; libc falls back to clone */
    add_refusal(program, BPF_JEQ, CLONE3, ENOSYS);
    add(program, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
                                              SYS_clone, 1, 0));
    add_allowance(program);
    add_load(program, offsetof(struct seccomp_data, args[0]));
    add_refusal(program, BPF_JSET, NAMESPACES, EPERM);
    add_allowance(program);
}

int wfp_seccomp_is_available(void)
{
    unsigned action = SECCOMP_RET_ERRNO;

    return ARCH != 0
           && syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

apr_status_t wfp_seccomp_apply(void)
{
    const struct rlimit none = { 0, 0 };
    program_t program;
    struct sock_fprog filter;
    long rc;

    if (setrlimit(RLIMIT_CORE, &none) != 0
        || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0
        || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
        return errno;
    }
    make_program(&program);
    filter.len = program.length;
    filter.filter = program.code;
    rc = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
                 SECCOMP_FILTER_FLAG_TSYNC, &filter);
    if (rc < 0) {
        return errno;
    }
    /* a thread that has a filter of its own cannot take this one */
    return rc == 0 ? APR_SUCCESS : APR_EGENERAL;
}
