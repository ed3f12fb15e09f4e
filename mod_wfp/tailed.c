/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Collects the records of a work for `tail` handlers. Called by invoke.c,
 * record.c and part.c; tailers.c runs the handlers.
 */
#include "mod_wfp/tailed.h"

#include <apr_strings.h>
#include <string.h>

#include "core/cdn_loop.h"
#include "core/json_out.h"
#include "mod_wfp/record.h"
#include "mod_wfp/record_event.h"
#include "mod_wfp/sync.h"
#include "mod_wfp/tail_memo.h"
#include "mod_wfp/tailers.h"

/* Of one work; a dispatcher may begin thousands of invocations. */
#define NOTES_MAX 100
#define BYTES_MAX ((apr_size_t)1024 * 1024)

/* A record. In the work's pool, as all that it names. */
struct wfp_tail_note_t {
    wfp_tail_note_t *next; /* that began later */
    apr_time_t begun;
    int depth;
    const char *name; /* its Worker's */
    const char *record;
    apr_size_t n;
    apr_array_header_t *to; /* who_t */
};

/* A Worker that is given records. */
typedef struct who_t {
    const char *ns;
    const char *name;
} who_t;

/* ---- who ------------------------------------------------------------------------- */

void wfp_tailed_begin(wfp_host_ctx_t *ctx, const wfp_entry_t *ns)
{
    const wfp_host_ctx_t *caller = ctx->caller;

    if (ctx->work->is_tail) {
        return;
    }
    if (caller) {
        ctx->tails_above = !*caller->entry.ns && caller->tails
                               ? caller->tails
                               : caller->tails_above;
    }
    if (ctx->entry.flags & WFP_ENTRY_TAILED) {
        ctx->is_tailed |= WFP_TAILED_OWN;
    }
    if (ns->flags & WFP_ENTRY_TAILED) {
        ctx->is_tailed |= WFP_TAILED_NAMESPACE;
    }
    if (ctx->tails_above && *ctx->entry.ns) {
        ctx->is_tailed |= WFP_TAILED_ABOVE;
    }
    if (ctx->is_tailed) {
        ctx->recorded |= WFP_RECORD_GIVEN;
    }
}

static apr_array_header_t *copy_names(const apr_array_header_t *list,
                                      apr_pool_t *p)
{
    apr_array_header_t *copy = apr_array_make(p, list->nelts,
                                              sizeof(const char *));
    int i;

    for (i = 0; i < list->nelts; i++) {
        APR_ARRAY_PUSH(copy,
                       const char *) = apr_pstrdup(p,
                                                   APR_ARRAY_IDX(list, i,
                                                                 const char *));
    }
    return copy;
}

/* They are needed when the isolate may be another request's. */
void wfp_tailed_know(wfp_host_ctx_t *ctx, const wfp_script_t *script)
{
    if ((ctx->is_tailed & WFP_TAILED_OWN) && !ctx->tails && script->tails) {
        ctx->tails = copy_names(script->tails, ctx->work->pool);
    }
}

/* Targets as who they are: "/NAME" is one of ns. Each once. */
static void add_targets(apr_array_header_t *to, const apr_array_header_t *list,
                        const char *ns, apr_pool_t *p)
{
    int i, k;

    for (i = 0; list && i < list->nelts; i++) {
        const char *target = APR_ARRAY_IDX(list, i, const char *);
        int own = *target == '/';
        who_t who = { own ? apr_pstrdup(p, ns) : WFP_ACCOUNT_NS,
                      apr_pstrdup(p, target + own) };

        for (k = 0; k < to->nelts; k++) {
            const who_t *other = &APR_ARRAY_IDX(to, k, who_t);

            if (!strcmp(other->ns, who.ns) && !strcmp(other->name, who.name)) {
                break;
            }
        }
        if (k == to->nelts) {
            APR_ARRAY_PUSH(to, who_t) = who;
        }
    }
}

/* Of one that never had an isolate: a file of its own was the answer, or it could
 * not be begun. */
static void look_up(wfp_host_ctx_t *ctx, wfp_result_t *res, apr_pool_t *scratch)
{
    wfp_server_t *server = ctx->work->server;
    wfp_script_t *script;

    ctx->tails = wfp_tail_memo_get(server->tail_memo, &ctx->entry,
                                   ctx->work->pool);
    if (!ctx->tails
        && wfp_sync_script(&script, &ctx->entry, server, res, scratch)
               == APR_SUCCESS) {
        wfp_tailed_know(ctx, script);
        wfp_tail_memo_put(server->tail_memo, &ctx->entry, script->tails);
    }
}

static apr_array_header_t *find_who(wfp_host_ctx_t *ctx)
{
    wfp_work_t *work = ctx->work;
    apr_array_header_t *to = apr_array_make(work->pool, 2, sizeof(who_t));
    const char *ns = ctx->entry.ns;
    wfp_namespace_t *settings;
    wfp_result_t res;
    apr_pool_t *scratch;

    apr_pool_create(&scratch, work->pool);
    wfp_result_init(&res, scratch);
    if (!ctx->tails && (ctx->is_tailed & WFP_TAILED_OWN)) {
        look_up(ctx, &res, scratch);
    }
    add_targets(to, ctx->tails, ns, work->pool);
    if ((ctx->is_tailed & WFP_TAILED_NAMESPACE)
        && wfp_sync_namespace(&settings, work->server, ns, &res, scratch)
               == APR_SUCCESS) {
        add_targets(to, settings->tails, ns, work->pool);
    }
    if (ctx->is_tailed & WFP_TAILED_ABOVE) {
        /* account Workers' consumers are account Workers */
        add_targets(to, ctx->tails_above, WFP_ACCOUNT_NS, work->pool);
    }
    apr_pool_destroy(scratch);
    return to;
}

/* ---- records --------------------------------------------------------------------- */

/* In the order in which they began, whoever ended first. */
static void insert(wfp_work_t *work, wfp_tail_note_t *note)
{
    wfp_tail_note_t **at = &work->told;

    while (
        *at
        && ((*at)->begun < note->begun
            || ((*at)->begun == note->begun && (*at)->depth <= note->depth))) {
        at = &(*at)->next;
    }
    note->next = *at;
    *at = note;
}

static int has_room(const wfp_work_t *work, apr_size_t n)
{
    const wfp_tail_note_t *note;
    int count = 0;

    for (note = work->told; note; note = note->next) {
        n += note->n;
        count++;
    }
    return count < NOTES_MAX && n <= BYTES_MAX;
}

/* A copy of a record, with the request as it came where that is another one. */
static void copy_record(wfp_json_out_t *out, const wfp_host_ctx_t *ctx,
                        const char *record, apr_size_t n)
{
    apr_size_t before;

    wfp_json_out_raw(out, record, n - 1);
    before = out->n;
    WFP_JSON_OUT(out, ",\"" WFP_TAIL_OPEN "\":");
    if (!wfp_record_event_open(out, ctx)) {
        out->n = before;
    }
    WFP_JSON_OUT(out, "}");
}

void wfp_tailed_note(wfp_host_ctx_t *ctx, const char *record, apr_size_t n)
{
    wfp_work_t *work = ctx->work;
    wfp_tail_note_t *note;
    wfp_json_out_t out;

    if (!ctx->is_tailed) {
        return;
    }
    if (!has_room(work, n)) {
        wfp_stats_count(work->server->stats, WFP_STAT_TAIL_DROPPED);
        return;
    }
    note = apr_pcalloc(work->pool, sizeof(*note));
    note->begun = ctx->begun;
    note->depth = ctx->depth;
    note->name = apr_pstrdup(work->pool, ctx->entry.name);
    wfp_json_out_init(&out, n + 1, work->pool);
    copy_record(&out, ctx, record, n);
    note->record = out.data;
    note->n = out.n;
    note->to = find_who(ctx);
    insert(work, note);
}

void wfp_tailed_join(wfp_work_t *work, wfp_work_t *part)
{
    apr_pool_t *p = work->pool;
    wfp_tail_note_t *note, *next;
    int i;

    for (note = part->told; note; note = next) {
        wfp_tail_note_t *copy = apr_pmemdup(p, note, sizeof(*note));

        next = note->next;
        if (!has_room(work, note->n)) {
            wfp_stats_count(work->server->stats, WFP_STAT_TAIL_DROPPED);
            continue;
        }
        copy->name = apr_pstrdup(p, note->name);
        copy->record = apr_pstrmemdup(p, note->record, note->n);
        copy->to = apr_array_copy(p, note->to);
        for (i = 0; i < copy->to->nelts; i++) {
            who_t *who = &APR_ARRAY_IDX(copy->to, i, who_t);

            who->ns = apr_pstrdup(p, who->ns);
            who->name = apr_pstrdup(p, who->name);
        }
        insert(work, copy);
    }
    part->told = NULL;
}

/* ---- handing over ------------------------------------------------------------------ */

/* Take who out of a note's list. @return 0: it is not in there */
static int take_out(wfp_tail_note_t *note, const who_t *who)
{
    int i;

    for (i = 0; i < note->to->nelts; i++) {
        who_t *one = &APR_ARRAY_IDX(note->to, i, who_t);

        if (!strcmp(one->ns, who->ns) && !strcmp(one->name, who->name)) {
            *one = APR_ARRAY_IDX(note->to, note->to->nelts - 1, who_t);
            note->to->nelts--;
            return 1;
        }
    }
    return 0;
}

/* All that who is given, from this note on. */
static void hand_over(wfp_work_t *work, wfp_tail_note_t *note, const who_t *who)
{
    wfp_tailers_item_t *item = wfp_tailers_make(work->server, who->ns,
                                                who->name, work->cdn_loop);
    int count = 0;

    for (; note; note = note->next) {
        if (take_out(note, who)) {
            count++;
            if (item) {
                wfp_tailers_add(item, note->name, note->record, note->n);
            }
        }
    }
    if (item) {
        wfp_tailers_take(work->server->tailers, item);
    }
    while (!item && count-- > 0) {
        wfp_stats_count(work->server->stats, WFP_STAT_TAIL_DROPPED);
    }
}

void wfp_tailed_flush(wfp_work_t *work)
{
    wfp_tail_note_t *note;

    for (note = work->told; note; note = note->next) {
        while (note->to->nelts > 0) {
            who_t who = APR_ARRAY_IDX(note->to, 0, who_t);

            hand_over(work, note, &who);
        }
    }
    work->told = NULL;
}
