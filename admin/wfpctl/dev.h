/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_DEV_H
#define WFP_DEV_H

#include <sys/types.h>

#include "admin/wfpctl/cmd.h"

/**
 * @file
 * `wfpctl dev`: a server on loopback for one Worker. Everything it has is in one
 * folder; what it does with its server goes through the REST API, as from
 * elsewhere.
 */

/** The Worker's namespace and name there. */
#define WFP_DEV_NS     "dev"
#define WFP_DEV_NAME   "worker"
#define WFP_DEV_WORKER WFP_DEV_NS "/" WFP_DEV_NAME

typedef struct wfp_dev_t {
    wfp_cmd_t *cmd;       /* the command line; its pool is the command's */
    const char *dir;      /* all there is */
    int is_kept;          /* --state: the folder stays */
    const char *conf;     /* httpd's configuration */
    const char *errors;   /* its error log */
    const char *records;  /* its WfpLog */
    const char *token;    /* of its API */
    const char *account;  /* its id */
    const char *url;      /* where the Worker is, "http://127.0.0.1:8787/" */
    const char *api;      /* "http://127.0.0.1:PORT/client/v4" */
    const char *admin;    /* "http://127.0.0.1:PORT/admin/" */
    pid_t httpd;          /* 0: it does not run */
    wfp_remote_t *remote; /* its API, open */
} wfp_dev_t;

/** A command for its server, in a pool of its own below dev's that the caller
 *  destroys. @param args  ends with NULL */
wfp_cmd_t *wfp_dev_ask(wfp_dev_t *dev, ...);

/** Make the folder and httpd's configuration in it; takes the ports. */
apr_status_t wfp_dev_site_make(wfp_dev_t *dev) WFP_CHECK;

/** The end of the folder, unless it is to be kept. */
void wfp_dev_site_remove(const wfp_dev_t *dev);

/** `wfpctl init`, then httpd as a child of this process, which it does not
 *  outlive; waits until its API answers, and opens it. What httpd said is in
 *  the refusal when it does not start. */
apr_status_t wfp_dev_server_start(wfp_dev_t *dev) WFP_CHECK;

/** Has it ended by itself? */
int wfp_dev_server_is_gone(wfp_dev_t *dev);

/** End it, and wait for that. */
void wfp_dev_server_stop(wfp_dev_t *dev);

/** The namespace, the dispatcher in front of it, and what the bindings of the
 *  command line name: it is made where it is not there, and the option is
 *  changed to its id. */
apr_status_t wfp_dev_bind_make(wfp_dev_t *dev) WFP_CHECK;

/** --schedule and --consume, which need the Worker. */
apr_status_t wfp_dev_bind_events(wfp_dev_t *dev) WFP_CHECK;

/** A number that is another one after a change in a file or folder. */
apr_uint64_t wfp_dev_watch_look(const char *path, apr_pool_t *p);

#endif
