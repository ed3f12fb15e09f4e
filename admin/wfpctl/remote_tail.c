/* SPDX-License-Identifier: Apache-2.0 */
/* wfpctl tail by a server's REST API: server-sent events, until SIGINT. A stream
 * that ends begins again. */
#include <apr_escape.h>
#include <apr_strings.h>
#include <apr_time.h>
#include <string.h>

#include "admin/wfpctl/args.h"
#include "admin/wfpctl/remote.h"
#include "admin/wfpctl/tail.h"

/* A line: a record has 512 KB at most. */
#define LINE_BYTES ((apr_size_t)1024 * 1024)

/* Tries in vain, a second apart. */
#define TRIES 30

typedef struct stream_t {
    wfp_cmd_t *cmd;
    apr_pool_t *scratch; /* of one record */
    char *line;          /* that has begun */
    apr_size_t n;
    char event[16];  /* of the event that has begun, "" a record */
    int has_begun;   /* something came */
    int is_over;     /* nothing can be written any more */
    int is_too_long; /* the rest of the line goes */
} stream_t;

static void take_line(stream_t *s)
{
    static const char event[] = "event: ", data[] = "data: ";

    s->line[s->n] = '\0';
    if (s->n == 0) {
        *s->event = '\0'; /* an event's end */
    }
    else if (!strncmp(s->line, event, sizeof(event) - 1)) {
        (void)apr_cpystrn(s->event, s->line + sizeof(event) - 1,
                          sizeof(s->event));
    }
    else if (!strncmp(s->line, data, sizeof(data) - 1)) {
        const char *text = s->line + sizeof(data) - 1;

        if (!*s->event) {
            s->is_over = !wfp_tail_show(s->cmd, text, s->n - (sizeof(data) - 1),
                                        s->scratch);
            apr_pool_clear(s->scratch);
        }
        else if (!strcmp(s->event, "dropped")) {
            wfp_tail_say(s->cmd, "records were left out: they came faster than "
                                 "they were taken");
        }
    }
}

static int on_data(void *baton, const char *data, apr_size_t n)
{
    stream_t *s = baton;
    apr_size_t i;

    s->has_begun |= n > 0;
    for (i = 0; i < n && !s->is_over; i++) {
        if (data[i] == '\n') {
            if (!s->is_too_long) {
                take_line(s);
            }
            s->n = 0;
            s->is_too_long = 0;
        }
        else if (s->n < LINE_BYTES) {
            s->line[s->n++] = data[i];
        }
        else {
            s->is_too_long = 1;
        }
    }
    return !s->is_over && !wfp_tail_is_over();
}

static const char *path_of(wfp_cmd_t *cmd, const char *filters)
{
    const char *ns, *name;

    wfp_args_worker(&ns, &name, cmd, 0);
    return apr_pstrcat(cmd->pool, "/workers/",
                       *ns ? apr_pstrcat(cmd->pool, "dispatch/namespaces/",
                                         wfp_remote_part(cmd, ns), "/", NULL)
                           : "",
                       "scripts/", wfp_remote_part(cmd, name), "/tail?filters=",
                       apr_pescape_urlencoded(cmd->pool, filters), NULL);
}

/* Not what passes while a server starts anew. */
static int is_refusal(const wfp_result_t *res)
{
    return res->code != WFP_NETWORK_ERROR && res->code != WFP_STORE_UNAVAILABLE
           && res->code != WFP_INTERNAL;
}

apr_status_t wfp_remote_tail_run(wfp_cmd_t *cmd)
{
    stream_t s = { .cmd = cmd, .line = apr_palloc(cmd->pool, LINE_BYTES + 1) };
    const char *filters, *path;
    int tries = 0, ever = 0;
    apr_status_t rv = wfp_tail_filters(&filters, cmd);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    path = path_of(cmd, filters);
    apr_pool_create(&s.scratch, cmd->pool);
    wfp_tail_begin();
    while (!wfp_tail_is_over()) {
        s.n = 0;
        *s.event = '\0';
        s.has_begun = 0;
        rv = wfp_remote_stream(cmd, path, on_data, &s);
        if (wfp_tail_is_over() || s.is_over) {
            break;
        }
        ever |= s.has_begun;
        tries = s.has_begun ? 0 : tries + 1;
        if (rv != APR_EOF
            && (is_refusal(&cmd->res) || !ever || tries > TRIES)) {
            return rv;
        }
        wfp_tail_say(cmd, "the stream has ended; following again");
        apr_sleep(apr_time_from_sec(1));
    }
    return APR_SUCCESS;
}
