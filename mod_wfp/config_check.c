/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Directives that do nothing where they stand, or contradict what another
 * server's say: known only when all of the configuration was read. What one
 * line alone tells is refused by its setter.
 */
#include "mod_wfp/config_check.h"

#include <apr_hash.h>
#include <apr_strings.h>
#include <http_core.h>
#include <string.h>

#include "mod_wfp/config.h"
#include "mod_wfp/log.h"

/* The scopes of one server that say anything. */
typedef apr_array_header_t scopes_t; /* const wfp_scope_conf_t * */

typedef struct check_t {
    apr_hash_t *used; /* of directives: where they stand -> that */
    apr_hash_t *told;
    int is_wrong;
    apr_pool_t *pool;
} check_t;

static void add_scope(scopes_t *scopes, const ap_conf_vector_t *v)
{
    const wfp_scope_conf_t *scope = wfp_config_scope(v);

    if (scope
        && (scope->route_at || scope->outbound_at || scope->dispatcher
            || scope->ns || scope->by_path == 1)) {
        APR_ARRAY_PUSH(scopes, const wfp_scope_conf_t *) = scope;
    }
}

static scopes_t *scopes_of(const server_rec *s, apr_pool_t *p)
{
    const core_server_config *core = ap_get_core_module_config(
        s->module_config);
    scopes_t *scopes = apr_array_make(p, 4, sizeof(const wfp_scope_conf_t *));
    int i;

    add_scope(scopes, s->lookup_defaults);
    for (i = 0; i < core->sec_url->nelts; i++) {
        add_scope(scopes,
                  APR_ARRAY_IDX(core->sec_url, i, const ap_conf_vector_t *));
    }
    return scopes;
}

static const wfp_scope_conf_t *scope_at(const scopes_t *scopes, int i)
{
    return APR_ARRAY_IDX(scopes, i, const wfp_scope_conf_t *);
}

/* Is all of inner in outer? A path with wildcards may be anywhere. */
static int is_below(const char *inner, const char *outer)
{
    apr_size_t n = strlen(outer);

    while (n > 0 && outer[n - 1] == '/') {
        n--;
    }
    return strpbrk(outer, "*?[") || strpbrk(inner, "*?[")
           || (!strncmp(inner, outer, n)
               && (inner[n] == '/' || inner[n] == '\0'));
}

static int says_how(const wfp_scope_conf_t *scope)
{
    return scope->dispatcher || scope->ns || scope->by_path == 1;
}

/* Does what scope gives reach requests of other? */
static int reaches(const wfp_scope_conf_t *scope, const wfp_scope_conf_t *other)
{
    return is_below(other->path, scope->path)
           || (!says_how(scope) && is_below(scope->path, other->path));
}

/* In no section, it may be for virtual hosts that are enabled now and then. */
static int is_of_whole_server(const ap_directive_t *at)
{
    return at->parent == NULL;
}

/* Does other ask what names a Worker? by-path knows; what is given beside it, or
 * for the whole server, is no mistake. */
static int is_routed(const wfp_scope_conf_t *other,
                     const wfp_scope_conf_t *scope, const ap_directive_t *at)
{
    return other->ns
           || (other->by_path == 1
               && (other == scope || is_of_whole_server(at)));
}

/* WfpRouteBy is for namespaces, WfpOutbound for whatever is claimed. */
static int is_used(const ap_directive_t *at, const wfp_scope_conf_t *scope,
                   const scopes_t *scopes, int needs_namespace)
{
    int i;

    for (i = 0; i < scopes->nelts; i++) {
        const wfp_scope_conf_t *other = scope_at(scopes, i);

        if (wfp_config_claims(other)
            && (!needs_namespace || is_routed(other, scope, at))
            && reaches(scope, other)) {
            return 1;
        }
    }
    return 0;
}

static void note_use(check_t *check, const ap_directive_t *at,
                     const wfp_scope_conf_t *scope, const scopes_t *scopes,
                     int needs_namespace)
{
    if (at && !apr_hash_get(check->used, &at, sizeof(at))
        && is_used(at, scope, scopes, needs_namespace)) {
        apr_hash_set(check->used, apr_pmemdup(check->pool, &at, sizeof(at)),
                     sizeof(at), at);
    }
}

static void note_uses(check_t *check, const server_rec *s)
{
    const scopes_t *scopes = scopes_of(s, check->pool);
    int i;

    for (i = 0; i < scopes->nelts; i++) {
        const wfp_scope_conf_t *scope = scope_at(scopes, i);

        note_use(check, scope->route_at, scope, scopes, 1);
        note_use(check, scope->outbound_at, scope, scopes, 0);
    }
}

/* Once, though virtual hosts have the sections of the server around. */
static int was_told(check_t *check, const ap_directive_t *at)
{
    if (apr_hash_get(check->told, &at, sizeof(at))) {
        return 1;
    }
    apr_hash_set(check->told, apr_pmemdup(check->pool, &at, sizeof(at)),
                 sizeof(at), at);
    return 0;
}

static void complain(check_t *check, const server_rec *s,
                     const ap_directive_t *at, const char *needs)
{
    if (!at || apr_hash_get(check->used, &at, sizeof(at))
        || was_told(check, at)) {
        return;
    }
    if (is_of_whole_server(at)) {
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, s,
                     WFPLOGNO(0318) "line %d of %s: %s %s does nothing: no "
                                    "virtual host or <Location> has %s",
                     at->line_num, at->filename, at->directive, at->args,
                     needs);
        return;
    }
    ap_log_error(APLOG_MARK, APLOG_CRIT, 0, s,
                 WFPLOGNO(0319) "line %d of %s: %s %s does nothing: give %s "
                                "here, around this or below it",
                 at->line_num, at->filename, at->directive, at->args, needs);
    check->is_wrong = 1;
}

static void tell_unused(check_t *check, const server_rec *s)
{
    const scopes_t *scopes = scopes_of(s, check->pool);
    int i;

    for (i = 0; i < scopes->nelts; i++) {
        const wfp_scope_conf_t *scope = scope_at(scopes, i);

        complain(check, s, scope->route_at, "WfpNamespace");
        complain(check, s, scope->outbound_at, "WfpNamespace or WfpDispatcher");
    }
}

/* The handler that the same <Location> gives, NULL: none. One that only a
 * request tells may be none. */
static const char *handler_beside(const ap_directive_t *at, apr_pool_t *p)
{
    const ap_directive_t *one = at->parent ? at->parent->first_child : NULL;
    const char *handler = NULL;

    for (; one; one = one->next) {
        if (!strcasecmp(one->directive, "SetHandler")) {
            const char *args = one->args;

            handler = ap_getword_conf(p, &args);
        }
    }
    return handler && strcasecmp(handler, "none") && !strchr(handler, '%')
               ? handler
               : NULL;
}

/* A <Location> with a handler of its own is not claimed; a virtual host's is for
 * those that have none. */
static void check_handlers(check_t *check, const server_rec *s)
{
    const scopes_t *scopes = scopes_of(s, check->pool);
    int i;

    for (i = 0; i < scopes->nelts; i++) {
        const wfp_scope_conf_t *scope = scope_at(scopes, i);
        const ap_directive_t *at = *scope->path ? scope->claim_at : NULL;
        const char *handler = at ? handler_beside(at, check->pool) : NULL;

        if (handler && !was_told(check, at)) {
            ap_log_error(APLOG_MARK, APLOG_CRIT, 0, s,
                         WFPLOGNO(0321) "line %d of %s: %s %s does nothing "
                                        "beside SetHandler %s: give it a "
                                        "<Location> of its own",
                         at->line_num, at->filename, at->directive, at->args,
                         handler);
            check->is_wrong = 1;
        }
    }
}

/* A default and a ceiling that come from two servers. */
static void check_limits(check_t *check, const server_rec *s)
{
    const wfp_server_conf_t *conf = wfp_config_server(s);
    int i;

    for (i = 0; i < WFP_LIMIT_COUNT; i++) {
        const ap_directive_t *at = conf->limit_at[i];
        wfp_result_t res;

        wfp_result_init(&res, check->pool);
        if (at
            && wfp_limit_check(&conf->limits, (wfp_limit_e)i,
                               conf->limits.standard.v[i], &res)
                   != APR_SUCCESS) {
            ap_log_error(APLOG_MARK, APLOG_CRIT, 0, s,
                         WFPLOGNO(0320) "line %d of %s: %s: %s, the ceiling "
                                        "of the server around; give one here",
                         at->line_num, at->filename, at->directive,
                         res.message);
            check->is_wrong = 1;
        }
    }
}

int wfp_config_check(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp,
                     server_rec *s)
{
    check_t check = { apr_hash_make(ptemp), apr_hash_make(ptemp), 0, ptemp };
    const server_rec *one;

    for (one = s; one; one = one->next) {
        note_uses(&check, one);
    }
    for (one = s; one; one = one->next) {
        tell_unused(&check, one);
        check_handlers(&check, one);
        check_limits(&check, one);
    }
    return check.is_wrong ? HTTP_INTERNAL_SERVER_ERROR : OK;
}
