/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libpq is not linked: it is the driver's, which apr_dbd loads when it is wanted.
 * So it is looked for among what is loaded, and nothing is loaded for it. Called by
 * slot.c.
 */
#include "store/sqlstate.h"

#include <apr_lib.h>
#include <dlfcn.h>
#include <string.h>

/* The driver's, by the name that its programs are linked to. */
#define LIBPQ "libpq.so.5"

/* PQERRORS_VERBOSE of libpq-fe.h: "SEVERITY:  CODE: MESSAGE", more lines, and
 * "LOCATION:  FUNCTION, FILE.c:LINE". */
#define VERBOSE 2

typedef int verbosity_fn(void *conn, int verbosity);

void wfp_sqlstate_ask(const apr_dbd_driver_t *driver, apr_dbd_t *handle)
{
    void *conn = apr_dbd_native_handle(driver, handle);
    void *lib = dlopen(LIBPQ, RTLD_LAZY | RTLD_NOLOAD);
    verbosity_fn *set = NULL;

    if (!lib) {
        return;
    }
    *(void **)&set = dlsym(lib, "PQsetErrorVerbosity");
    if (set && conn) {
        (void)set(conn, VERBOSE); /* what it was */
    }
    (void)dlclose(lib); /* of ours only: the driver has it */
}

int wfp_sqlstate_read(char state[WFP_SQLSTATE_SIZE], const char *why)
{
    const char *at = strstr(why, ":  "), *end = strchr(why, '\n');
    int i;

    if (!at || (end && at > end)) {
        return 0;
    }
    at += 3;
    for (i = 0; i < WFP_SQLSTATE_SIZE - 1; i++) {
        if (!apr_isdigit(at[i]) && !(at[i] >= 'A' && at[i] <= 'Z')) {
            return 0;
        }
        state[i] = at[i];
    }
    state[i] = '\0';
    return at[i] == ':' && at[i + 1] == ' ';
}

apr_size_t wfp_sqlstate_length(const char *why)
{
    apr_size_t n = strlen(why);
    const char *last;

    while (n > 0 && why[n - 1] == '\n') {
        n--;
    }
    for (last = why + n; last > why && last[-1] != '\n'; last--) {
    }
    /* "LOCATION:  mdextend, md.c:447", in some language */
    return last > why && strstr(last, ".c:") && strstr(last, ":  ")
               ? (apr_size_t)(last - why) - 1
               : strlen(why);
}
