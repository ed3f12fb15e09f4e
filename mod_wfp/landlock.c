/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Landlock by its system calls: libc has no functions for them, and headers may
 * be older than the kernel. Called by hardening.c, which chooses the paths;
 * knows nothing of httpd.
 */
#include "mod_wfp/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The same on all machines. */
#define CREATE_RULESET 444
#define ADD_RULE       445
#define RESTRICT_SELF  446

#define READ (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define WRITE                                                                  \
    (LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR             \
     | LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_DIR            \
     | LANDLOCK_ACCESS_FS_MAKE_REG)
#define NEVER                                                                  \
    (LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_MAKE_CHAR                 \
     | LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO             \
     | LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM)

/* Rights of later versions. */
#define REFER    (1ULL << 13) /* 2: rename to another folder */
#define TRUNCATE (1ULL << 14) /* 3 */

/* What can be said of a file that is no folder. */
#define OF_FILES                                                               \
    (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | TRUNCATE)

static long version(void)
{
    return syscall(CREATE_RULESET, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
}

int wfp_landlock_is_available(void)
{
    return version() > 0;
}

static apr_uint64_t writing(void)
{
    long known = version();

    return WRITE | (known >= 2 ? REFER : 0) | (known >= 3 ? TRUNCATE : 0);
}

static apr_status_t add(int rules, const wfp_landlock_path_t *path,
                        apr_uint64_t rights)
{
    struct landlock_path_beneath_attr rule = { 0 };
    apr_status_t rv = APR_SUCCESS;
    struct stat st;

    rule.parent_fd = open(path->path, O_PATH | O_CLOEXEC);
    if (rule.parent_fd < 0) {
        return APR_SUCCESS; /* not there, or not for us anyway */
    }
    if (fstat(rule.parent_fd, &st) != 0) {
        rv = errno;
    }
    else {
        rule.allowed_access = S_ISDIR(st.st_mode) ? rights : rights & OF_FILES;
        if (syscall(ADD_RULE, rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0)) {
            rv = errno;
        }
    }
    (void)close(rule.parent_fd);
    return rv;
}

apr_status_t wfp_landlock_apply(const apr_array_header_t *paths)
{
    struct landlock_ruleset_attr handled = { 0 };
    apr_uint64_t write = writing();
    apr_status_t rv = APR_SUCCESS;
    int i, rules;

    handled.handled_access_fs = READ | write | NEVER;
    rules = (int)syscall(CREATE_RULESET, &handled, sizeof(handled), 0);
    if (rules < 0) {
        return errno;
    }
    for (i = 0; i < paths->nelts && rv == APR_SUCCESS; i++) {
        const wfp_landlock_path_t *path = &APR_ARRAY_IDX(paths, i,
                                                         wfp_landlock_path_t);

        rv = add(rules, path, path->is_writable ? READ | write : READ);
    }
    if (rv == APR_SUCCESS
        && (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0
            || syscall(RESTRICT_SELF, rules, 0) != 0)) {
        rv = errno;
    }
    (void)close(rules);
    return rv;
}
