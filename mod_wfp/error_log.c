/* SPDX-License-Identifier: Apache-2.0 */
/*
 * %{wfp}W, and its parts by name. Called by httpd for each line that it logs, by
 * whatever module, of a request: it must not allocate, and says of names that
 * were asked for and are none only what is harmless.
 */
#include "mod_wfp/error_log.h"

#include <apr_lib.h>
#include <http_core.h>
#include <string.h>

#include "mod_wfp/dispatch.h"
#include "mod_wfp/invoke.h"

/* Room in a field. */
typedef struct field_t {
    char *at;
    char *end;
} field_t;

/* What is no letter of a name is a question mark: no field is made of it. */
static void say(field_t *field, const char *text)
{
    for (; text && *text && field->at < field->end; text++) {
        *field->at++ = apr_isalnum(*text) || strchr("-_/@", *text) ? *text
                                                                   : '?';
    }
}

/* Names of a Worker; NULL: none was looked for yet */
typedef struct names_t {
    const char *ns;
    const char *worker;
    const char *version;
} names_t;

/* Of the one whose code runs, else of the last user Worker. Once the request let
 * go of its work another thread may have that: then what is in the notes. */
static void find_names(names_t *names, const wfp_work_t *work,
                       const request_rec *r)
{
    const wfp_host_ctx_t *ctx;

    memset(names, 0, sizeof(*names));
    if (!work->r) {
        names->ns = apr_table_get(r->notes, "wfp-namespace");
        names->worker = apr_table_get(r->notes, "wfp-worker");
        names->version = apr_table_get(r->notes, "wfp-version");
        return;
    }
    ctx = work->running     ? work->running
          : work->last_user ? work->last_user
                            : work->first;
    if (ctx) {
        names->ns = ctx->entry.ns;
        names->worker = ctx->entry.name;
        names->version = ctx->entry.version_id;
    }
}

static void say_whole(field_t *field, const char *id, const names_t *names)
{
    say(field, id);
    if (!names->worker || field->at == field->end) {
        return;
    }
    *field->at++ = ' ';
    say(field, names->ns);
    say(field, *names->ns ? "/" : "");
    say(field, names->worker);
    say(field, *names->version ? "@" : "");
    say(field, names->version);
}

/* ap_errorlog_handler_fn_t: the bytes written; 0: the field is empty */
static int log_wfp(const ap_errorlog_info *info, const char *arg, char *buf,
                   int buflen)
{
    const request_rec *r = info->rmain;
    const wfp_work_t *work = r ? wfp_dispatch_work(r) : NULL;
    field_t field = { buf, buf + buflen };
    names_t names;

    if (!work) {
        return 0;
    }
    find_names(&names, work, r);
    if (!arg || !*arg || !strcmp(arg, "wfp")) {
        say_whole(&field, work->request_id, &names);
    }
    else if (!strcmp(arg, "request-id")) {
        say(&field, work->request_id);
    }
    else if (!strcmp(arg, "worker")) {
        say(&field, names.worker);
    }
    else if (!strcmp(arg, "namespace")) {
        say(&field, names.ns);
    }
    else if (!strcmp(arg, "version")) {
        say(&field, names.version);
    }
    return (int)(field.at - buf);
}

int wfp_error_log_pre_config(apr_pool_t *pconf, apr_pool_t *plog,
                             apr_pool_t *ptemp)
{
    static char tag[] = "W";

    ap_register_errorlog_handler(pconf, tag, log_wfp, 0);
    return OK;
}
