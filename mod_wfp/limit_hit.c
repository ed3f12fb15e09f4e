/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Limits that were met, in words that help. Called by invoke.c when an
 * invocation ends and by record.c. Figures of errors pass through tables that
 * Workers may write to, so names are taken from the server's own lists, and who
 * it was from the invocations that there were.
 */
#include "mod_wfp/limit_hit.h"

#include <apr_strings.h>
#include <http_core.h>
#include <string.h>

#include "core/usage.h"
#include "mod_wfp/log.h"

#define MB (1024 * 1024)

/* One that was met. */
struct wfp_limit_hit_t {
    const char *limit;
    const char *raise; /* where it can be raised; NULL: nowhere */
    apr_int64_t allowed;
    apr_int64_t used;
    int line; /* 0: not known */
    const char *ns;
    const char *worker;
    const char *version;
};

typedef wfp_limit_hit_t hit_t;

/* Those that are no limits of an invocation, and their directives */
typedef struct other_t {
    const char *name;
    const char *raise;
} other_t;

static const other_t others[] = {
    { "kv_bytes", "WfpQuota kv_bytes" },
    { "d1_bytes", "WfpQuota d1_bytes" },
    { "r2_bytes", "WfpQuota r2_bytes" },
    { "queue_backlog", "WfpQueueBacklog" },
    { "request_body", "LimitRequestBody" },
};

/* ---- where it can be raised -------------------------------------------------- */

static apr_int64_t given(const wfp_limits_t *limits, wfp_limit_e limit)
{
    return limits ? limits->v[limit] : WFP_LIMIT_UNSET;
}

/* The one whose value is in force: as wfp_limits_merge() took the least. */
static const char *raise_of_limit(const wfp_host_ctx_t *ctx, wfp_limit_e limit)
{
    const wfp_limit_row_t *row = wfp_limit_row(limit);
    apr_int64_t value = ctx->limits.v[limit];
    apr_pool_t *p = ctx->work->pool;
    wfp_entry_t ns;

    if (given(ctx->asked, limit) == value) {
        return apr_psprintf(p, "limits = { %s = } of the dispatcher's get()",
                            row->camel ? row->camel : row->name);
    }
    if (ctx->entry.limits.v[limit] == value) {
        return apr_psprintf(p,
                            "the Worker's limits (\"%s\" in the metadata of "
                            "its upload, wfpctl deploy --limit %s=)",
                            row->name, row->name);
    }
    if (*ctx->entry.ns
        && wfp_registry_get(&ns, ctx->work->server->registry, ctx->entry.ns, "")
               == APR_SUCCESS
        && ns.limits.v[limit] == value) {
        return apr_psprintf(p,
                            "the namespace's limits (\"%s\" of PUT "
                            ".../namespaces/%s)",
                            row->name, ctx->entry.ns);
    }
    return apr_psprintf(p, "WfpLimit %s", row->name);
}

/* The server's own name of a limit, and where to raise it. @return 0: none */
static int know(hit_t *hit, const wfp_host_ctx_t *ctx, const char *name)
{
    wfp_limit_e limit = wfp_limit_by_name(name);
    wfp_usage_e kind = wfp_usage_by_name(name);
    apr_size_t i;

    if (limit != WFP_LIMIT_COUNT) {
        hit->limit = wfp_limit_row(limit)->name;
        hit->raise = raise_of_limit(ctx, limit);
        return 1;
    }
    if (kind != WFP_USAGE_COUNT) {
        hit->limit = wfp_usage_name(kind);
        hit->raise = apr_pstrcat(ctx->work->pool, "WfpQuota ", hit->limit,
                                 NULL);
        return 1;
    }
    for (i = 0; i < sizeof(others) / sizeof(*others); i++) {
        if (!strcmp(others[i].name, name)) {
            hit->limit = others[i].name;
            hit->raise = others[i].raise;
            return 1;
        }
    }
    return 0;
}

/* ---- whose it was ------------------------------------------------------------ */

/* An invocation that this one led to has ended with it. */
static const hit_t *of_callee(const wfp_host_ctx_t *ctx,
                              const wfp_result_t *res)
{
    const wfp_host_ctx_t *one, *up;

    for (one = ctx->work->first; one; one = one->next) {
        if (!one->hit || one == ctx || strcmp(one->hit->worker, res->worker)
            || strcmp(one->hit->ns, res->ns ? res->ns : "")) {
            continue;
        }
        for (up = one->caller; up && up != ctx; up = up->caller) {
        }
        if (up) {
            return one->hit;
        }
    }
    return NULL;
}

static int is_own(const wfp_host_ctx_t *ctx, const wfp_result_t *res)
{
    return !res->worker
           || (!strcmp(res->worker, ctx->entry.name)
               && !strcmp(res->ns ? res->ns : "", ctx->entry.ns));
}

static void sign(hit_t *hit, const wfp_host_ctx_t *ctx)
{
    hit->ns = ctx->entry.ns;
    hit->worker = ctx->entry.name;
    hit->version = ctx->entry.version_id;
}

/* Of an invocation that nothing is kept of: what the platform's own Worker says
 * of it. */
static void sign_as_told(hit_t *hit, const wfp_work_t *work,
                         const wfp_result_t *res)
{
    hit->ns = apr_pstrdup(work->pool, res->ns ? res->ns : "");
    hit->worker = apr_pstrdup(work->pool, res->worker);
    hit->version = apr_pstrdup(work->pool, res->version ? res->version : "");
}

/* What is no figure of the Worker's own. @return 0: it is none of these */
static int tell_server_limit(hit_t *hit, const wfp_host_ctx_t *ctx,
                             wfp_code_e code)
{
    const wfp_server_t *server = ctx->work->server;
    const wfp_server_conf_t *conf = server->conf;
    wfp_pool_stats_t pool = { 0 };

    if (code == WFP_WORKER_OVERLOADED) {
        hit->limit = "cool_down";
        hit->raise = "WfpCoolDown";
        hit->allowed = wfp_config_num(conf->cool_kills, WFP_DEFAULT_COOL_KILLS);
        hit->used = hit->allowed + 1;
        return 1;
    }
    if (code == WFP_ISOLATE_UNAVAILABLE && server->isolates) {
        wfp_pool_stats(&pool, server->isolates);
        hit->limit = "isolate_memory";
        hit->raise = "WfpIsolateMemory";
        hit->allowed = wfp_config_num(conf->isolate_memory,
                                      WFP_DEFAULT_ISOLATE_MEMORY)
                       / MB;
        hit->used = (apr_int64_t)(pool.bytes + MB - 1) / MB;
        return 1;
    }
    return 0;
}

void wfp_limit_hit_note(wfp_host_ctx_t *ctx, const wfp_result_t *res)
{
    const hit_t *theirs;
    hit_t *hit;

    if (ctx->hit
        || (!res->limit && res->code != WFP_WORKER_OVERLOADED
            && res->code != WFP_ISOLATE_UNAVAILABLE)) {
        return;
    }
    hit = apr_pcalloc(ctx->work->pool, sizeof(*hit));
    theirs = is_own(ctx, res) ? NULL : of_callee(ctx, res);
    if (theirs) {
        ctx->hit = theirs;
        return;
    }
    if (is_own(ctx, res) || *ctx->entry.ns) {
        sign(hit, ctx);
    }
    else {
        sign_as_told(hit, ctx->work, res);
    }
    if (!tell_server_limit(hit, ctx, res->code)) {
        if (!res->limit || !know(hit, ctx, res->limit)) {
            return;
        }
        hit->allowed = res->allowed;
        hit->used = res->used;
        hit->line = res->line;
    }
    ctx->hit = hit;
}

/* ---- response_mb ------------------------------------------------------------- */

/* What is said of a response that is too long. */
static const wfp_result_t *over_response(const wfp_host_ctx_t *ctx,
                                         apr_off_t length)
{
    wfp_result_t *res = apr_palloc(ctx->work->pool, sizeof(*res));

    wfp_result_init(res, ctx->work->pool);
    (void)wfp_result_set(res, WFP_BODY_TOO_LARGE, APR_ENOSPC,
                         "Body too large: more than response_mb");
    wfp_limit_tell(res, WFP_LIMIT_RESPONSE_MB,
                   ctx->limits.v[WFP_LIMIT_RESPONSE_MB],
                   (length + MB - 1) / MB);
    res->worker = ctx->entry.name;
    res->ns = ctx->entry.ns;
    res->version = ctx->entry.version_id;
    return res;
}

/* response_mb: at once where the length is known, else while it is read. */
apr_status_t wfp_limit_hit_cap(wfp_response_t *resp, const wfp_host_ctx_t *ctx,
                               wfp_result_t *res)
{
    apr_off_t max = (apr_off_t)ctx->limits.v[WFP_LIMIT_RESPONSE_MB] << 20;

    if (max == 0 || !resp->body) {
        return APR_SUCCESS;
    }
    if (resp->body->length < 0) {
        resp->body = wfp_body_cap(resp->body, max, over_response(ctx, max + 1),
                                  ctx->work->pool);
    }
    else if (resp->body->length > max) {
        wfp_result_copy(res, over_response(ctx, resp->body->length));
        wfp_body_cancel(resp->body);
        return res->status;
    }
    return APR_SUCCESS;
}

/* ---- telling ----------------------------------------------------------------- */

/* What ended it, subrequests that were refused, console lines that were cut */
#define HITS_MAX 3

static int add_own(hit_t *hits, int n, const wfp_host_ctx_t *ctx,
                   const char *name, apr_int64_t allowed, apr_int64_t used)
{
    memset(&hits[n], 0, sizeof(*hits));
    if (!know(&hits[n], ctx, name)) {
        hits[n].limit = name;
    }
    hits[n].allowed = allowed;
    hits[n].used = used;
    sign(&hits[n], ctx);
    return n + 1;
}

apr_int64_t wfp_limit_hit_subrequests(const wfp_host_ctx_t *ctx)
{
    return __atomic_load_n(&ctx->subrequests, __ATOMIC_RELAXED)
           + __atomic_load_n(&ctx->led, __ATOMIC_RELAXED);
}

static int has_too_many_subrequests(const wfp_host_ctx_t *ctx)
{
    return wfp_limit_hit_subrequests(ctx)
           > ctx->limits.v[WFP_LIMIT_SUBREQUESTS];
}

int wfp_limit_hit_is_any(const wfp_host_ctx_t *ctx, const wfp_usage_t *usage)
{
    return ctx->hit || usage->log_cut || has_too_many_subrequests(ctx);
}

static int collect(hit_t *hits, const wfp_host_ctx_t *ctx,
                   const wfp_usage_t *usage)
{
    int n = 0;

    if (ctx->hit) {
        hits[n++] = *ctx->hit;
    }
    if (has_too_many_subrequests(ctx)
        && (!ctx->hit || strcmp(ctx->hit->limit, "subrequests"))) {
        n = add_own(hits, n, ctx, "subrequests",
                    ctx->limits.v[WFP_LIMIT_SUBREQUESTS],
                    wfp_limit_hit_subrequests(ctx));
    }
    if (usage->log_cut == WFP_LOG_CUT_LINES) {
        n = add_own(hits, n, ctx, "log_lines", WFP_LOG_LINES_MAX,
                    WFP_LOG_LINES_MAX + 1);
    }
    else if (usage->log_cut) {
        n = add_own(hits, n, ctx, "log_kb", ctx->limits.v[WFP_LIMIT_LOG_KB],
                    usage->log_bytes / 1024 + 1);
    }
    return n;
}

static void tell_one(wfp_json_out_t *out, const hit_t *hit)
{
    WFP_JSON_OUT(out, "{\"limit\":");
    wfp_json_out_str(out, hit->limit);
    WFP_JSON_OUT(out, ",\"allowed\":");
    wfp_json_out_int(out, hit->allowed);
    WFP_JSON_OUT(out, ",\"used\":");
    wfp_json_out_int(out, hit->used);
    WFP_JSON_OUT(out, ",\"scriptName\":");
    wfp_json_out_str(out, hit->worker);
    WFP_JSON_OUT(out, ",\"dispatchNamespace\":");
    wfp_json_out_str(out, *hit->ns ? hit->ns : NULL);
    WFP_JSON_OUT(out, ",\"version\":");
    wfp_json_out_str(out, hit->version);
    WFP_JSON_OUT(out, ",\"line\":");
    wfp_json_out_int(out, hit->line);
    WFP_JSON_OUT(out, ",\"raise\":");
    wfp_json_out_str(out, hit->raise);
    WFP_JSON_OUT(out, "}");
}

void wfp_limit_hit_tell(wfp_json_out_t *out, const wfp_host_ctx_t *ctx,
                        const wfp_usage_t *usage)
{
    hit_t hits[HITS_MAX];
    int n = collect(hits, ctx, usage), i;

    if (n == 0) {
        return;
    }
    WFP_JSON_OUT(out, ",\"limits\":[");
    for (i = 0; i < n; i++) {
        if (i > 0) {
            WFP_JSON_OUT(out, ",");
        }
        tell_one(out, &hits[i]);
    }
    WFP_JSON_OUT(out, "]");
}

static void log_one(const wfp_work_t *work, const hit_t *hit)
{
    const char *line = hit->line
                           ? apr_psprintf(work->pool, ", line %d", hit->line)
                           : "";

    const char *text = apr_psprintf(
        work->pool,
        "request %s: %s%s%s version %s%s: limit %s: %" APR_INT64_T_FMT
        " allowed, %" APR_INT64_T_FMT " used; to raise it: %s",
        work->request_id, hit->ns, *hit->ns ? "/" : "", hit->worker,
        hit->version, line, hit->limit, hit->allowed, hit->used,
        hit->raise ? hit->raise : "it is fixed");

    if (work->r) {
        ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, work->r, WFPLOGNO(0403) "%s",
                      text);
    }
    else {
        ap_log_error(APLOG_MARK, APLOG_INFO, 0, work->vhost,
                     WFPLOGNO(0404) "%s", text);
    }
}

void wfp_limit_hit_log(const wfp_host_ctx_t *ctx, const wfp_usage_t *usage)
{
    hit_t hits[HITS_MAX];
    int n, i;

    if (!APLOG_IS_LEVEL(ctx->work->vhost, APLOG_INFO)) {
        return;
    }
    n = collect(hits, ctx, usage);
    for (i = 0; i < n; i++) {
        log_one(ctx->work, &hits[i]);
    }
}
