/* SPDX-License-Identifier: Apache-2.0 */
/* The part of wfpctl doctor that looks at what a server would take: its ports, and
 * the memory of its isolates. */
#include <apr_network_io.h>
#include <apr_strings.h>
#include <errno.h>
#include <string.h>

#include "admin/wfpctl/doctor.h"

#define MB ((apr_int64_t)1024 * 1024)

/* May it be listened to? What is refused for another reason than that it is
 * taken, such as a port below 1024, counts as free.
 * @param listen  "ADDRESS PORT" */
static int is_taken(const char *listen, apr_pool_t *p)
{
    const char *port = strchr(listen, ' ');
    apr_sockaddr_t *addr;
    apr_socket_t *socket;
    apr_status_t rv;

    if (!port
        || apr_sockaddr_info_get(&addr,
                                 apr_pstrmemdup(p, listen,
                                                (apr_size_t)(port - listen)),
                                 APR_UNSPEC,
                                 (apr_port_t)apr_strtoi64(port, NULL, 10), 0, p)
               != APR_SUCCESS
        || apr_socket_create(&socket, addr->family, SOCK_STREAM, APR_PROTO_TCP,
                             p)
               != APR_SUCCESS) {
        return 0;
    }
    rv = apr_socket_opt_set(socket, APR_SO_REUSEADDR, 1);
    if (rv == APR_SUCCESS) {
        rv = apr_socket_bind(socket, addr);
    }
    (void)apr_socket_close(socket); /* it never listened */
    return rv == EADDRINUSE;
}

/* Those of a server that runs are its own. */
static void check_ports(wfp_doctor_t *doctor, int runs)
{
    const wfp_cmd_t *cmd = doctor->cmd;
    const apr_array_header_t *listens = cmd->config.listens;
    const char *problem = NULL;
    int i;

    for (i = 0; !runs && !problem && i < listens->nelts; i++) {
        const char *listen = APR_ARRAY_IDX(listens, i, const char *);

        if (is_taken(listen, cmd->pool)) {
            problem = apr_psprintf(cmd->pool,
                                   "another program has port%s of Listen: "
                                   "`ss -ltnp` says which; end it, or change "
                                   "Listen",
                                   strchr(listen, ' '));
        }
    }
    wfp_doctor_say(doctor, "ports", problem,
                   runs ? "those of the server that runs" : NULL);
}

/* One Worker alone must be able to have what its limit grants. */
static void check_isolates(wfp_doctor_t *doctor)
{
    const wfp_ctl_config_t *config = &doctor->cmd->config;
    const char *problem = NULL;
    wfp_limits_t limits;

    wfp_limits_merge(&limits, &config->limits, NULL, 0);
    if (config->isolate_memory
        && config->isolate_memory / MB < limits.v[WFP_LIMIT_MEMORY_MB]) {
        problem = apr_psprintf(doctor->cmd->pool,
                               "WfpIsolateMemory is %" APR_INT64_T_FMT
                               " MB, and one Worker may use %" APR_INT64_T_FMT
                               " (memory_mb): raise it, or lower WfpLimit "
                               "memory_mb",
                               config->isolate_memory / MB,
                               limits.v[WFP_LIMIT_MEMORY_MB]);
    }
    wfp_doctor_say(doctor, "isolates", problem, NULL);
}

void wfp_doctor_server_check(wfp_doctor_t *doctor, int runs)
{
    check_ports(doctor, runs);
    check_isolates(doctor);
}
