/* SPDX-License-Identifier: Apache-2.0 */
/*
 * services/cache over ap_socache. A provider that is not safe between processes
 * (shmcb) is used under a global mutex, for a copy of 64 KB at most.
 */
#include "mod_wfp/socache.h"

#include <ap_provider.h>
#include <ap_socache.h>
#include <apr_strings.h>
#include <http_config.h>
#include <string.h>
#include <util_mutex.h>

#include "core/clock.h"
#include "mod_wfp/log.h"
#include "services/cache.h"

#define MUTEX "wfp-cache"
#define NAME  "wfp-cache"

/* Between two lines that a child writes about a cache that is out of reach. */
#define TELL_EVERY apr_time_from_sec(60)

struct wfp_socache_t {
    server_rec *main;
    /* main, at a level of nothing: providers write errors and worse for every
     * call that finds no server or no room */
    server_rec quiet;
    const char *what;
    apr_time_t told; /* atomic; as core/clock.h tells it, 0 never */
    const ap_socache_provider_t *provider;
    ap_socache_instance_t *instance;
    apr_global_mutex_t *mutex; /* NULL: it needs none */
    wfp_cache_backend_t backend;
};

int wfp_socache_pre_config(apr_pool_t *pconf, apr_pool_t *plog,
                           apr_pool_t *ptemp)
{
    return ap_mutex_register(pconf, MUTEX, NULL, APR_LOCK_DEFAULT, 0)
                   == APR_SUCCESS
               ? OK
               : HTTP_INTERNAL_SERVER_ERROR;
}

static apr_status_t lock(const wfp_socache_t *c)
{
    return c->mutex ? apr_global_mutex_lock(c->mutex) : APR_SUCCESS;
}

static void unlock(const wfp_socache_t *c)
{
    if (c->mutex) {
        (void)apr_global_mutex_unlock(c->mutex); /* ours: cannot fail */
    }
}

/* Is that no answer at all? All others are of a provider that is there: it has
 * no such object, no room, or refuses this one. */
static int is_out_of_reach(apr_status_t rv)
{
    return rv != APR_SUCCESS && rv != APR_NOTFOUND && rv != APR_EGENERAL
           && !APR_STATUS_IS_ENOENT(rv) && !APR_STATUS_IS_EINVAL(rv)
           && !APR_STATUS_IS_ENOSPC(rv) && !APR_STATUS_IS_ENOMEM(rv);
}

/* In place of what the provider would write. */
static apr_status_t tell(wfp_socache_t *c, apr_status_t rv)
{
    apr_time_t now, told;

    if (!is_out_of_reach(rv)) {
        return rv;
    }
    now = wfp_clock_now();
    told = __atomic_load_n(&c->told, __ATOMIC_RELAXED);
    if ((!told || now - told >= TELL_EVERY)
        && __atomic_compare_exchange_n(&c->told, &told, now, 0,
                                       __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
        ap_log_error(APLOG_MARK, APLOG_WARNING, rv, c->main,
                     WFPLOGNO(2704) "WfpSocache %s: out of reach: caches of "
                                    "Workers keep nothing until it answers",
                     c->what);
    }
    return rv;
}

/* The last second is ours to count: redis is told whole seconds, rounded down,
 * and takes no object for none. */
static apr_status_t store(void *baton, const unsigned char *id,
                          apr_time_t expires, unsigned char *data,
                          unsigned size, apr_pool_t *p)
{
    wfp_socache_t *c = baton;
    apr_status_t rv = lock(c);

    if (rv == APR_SUCCESS) {
        rv = c->provider->store(c->instance, &c->quiet, id, WFP_CACHE_ID_SIZE,
                                expires + apr_time_from_sec(1), data, size, p);
        unlock(c);
    }
    return tell(c, rv);
}

static apr_status_t retrieve(void *baton, const unsigned char *id,
                             unsigned char *data, unsigned *psize,
                             apr_pool_t *p)
{
    wfp_socache_t *c = baton;
    apr_status_t rv = lock(c);

    if (rv == APR_SUCCESS) {
        rv = c->provider->retrieve(c->instance, &c->quiet, id,
                                   WFP_CACHE_ID_SIZE, data, psize, p);
        unlock(c);
    }
    return tell(c, rv);
}

static apr_status_t drop(void *baton, const unsigned char *id, apr_pool_t *p)
{
    wfp_socache_t *c = baton;
    apr_status_t rv = lock(c);

    if (rv == APR_SUCCESS) {
        rv = c->provider->remove(c->instance, &c->quiet, id, WFP_CACHE_ID_SIZE,
                                 p);
        unlock(c);
    }
    return tell(c, rv);
}

static int refuse(server_rec *s, apr_status_t rv, const char *what,
                  const char *why)
{
    ap_log_error(APLOG_MARK, APLOG_CRIT, rv, s,
                 WFPLOGNO(2701) "WfpSocache %s: %s", what, why);
    return HTTP_INTERNAL_SERVER_ERROR;
}

/* Sizes of shmcb's parts follow from these. */
static const struct ap_socache_hints hints = { WFP_CACHE_ID_SIZE, 16384,
                                               APR_TIME_C(60000000) };

static int set_up(wfp_socache_t *c, const char *what, const char *args,
                  apr_pool_t *pconf, apr_pool_t *ptemp)
{
    const char *err = c->provider->create(&c->instance, args, ptemp, pconf);
    apr_status_t rv;

    if (err) {
        return refuse(c->main, 0, what, err);
    }
    if (c->provider->flags & AP_SOCACHE_FLAG_NOTMPSAFE) {
        rv = ap_global_mutex_create(&c->mutex, NULL, MUTEX, NULL, c->main,
                                    pconf, 0);
        if (rv != APR_SUCCESS) {
            return refuse(c->main, rv, what, "no mutex");
        }
    }
    rv = c->provider->init(c->instance, NAME, &hints, c->main, pconf);
    return rv == APR_SUCCESS ? OK
                             : refuse(c->main, rv, what, "it does not start");
}

static apr_status_t close_cache(void *data)
{
    wfp_socache_t *c = data;

    c->provider->destroy(c->instance, c->main);
    return APR_SUCCESS;
}

/* The provider of "NAME[:ARGS]", or NULL. */
static const ap_socache_provider_t *find(const char **pname, const char *what,
                                         apr_pool_t *p)
{
    *pname = apr_pstrmemdup(p, what, strcspn(what, ":"));
    return ap_lookup_provider(AP_SOCACHE_PROVIDER_GROUP, *pname,
                              AP_SOCACHE_PROVIDER_VERSION);
}

/* What the provider is told: shmcb needs a size. */
static const char *args_of(const char *what, const char *name, apr_pool_t *p)
{
    const char *args = ap_strchr_c(what, ':');

    if (args || strcmp(name, "shmcb") != 0) {
        return args ? args + 1 : NULL;
    }
    return apr_psprintf(p, "%s(%d)", NAME, WFP_SOCACHE_BYTES);
}

const char *wfp_socache_wrong(const char *what, apr_pool_t *p)
{
    const char *name;
    const ap_socache_provider_t *provider = find(&name, what, p);
    ap_socache_instance_t *unused;

    return provider ? provider->create(&unused, args_of(what, name, p), p, p)
                    : "names no provider of socache: is its module loaded?";
}

int wfp_socache_open(wfp_server_t *server, apr_pool_t *pconf, apr_pool_t *ptemp)
{
    const char *what = server->conf->socache ? server->conf->socache : "shmcb";
    const char *name;
    wfp_socache_t *c = apr_pcalloc(pconf, sizeof(*c));
    int rc;

    c->main = server->main;
    c->quiet = *server->main;
    c->quiet.log.module_levels = NULL;
    c->quiet.log.level = APLOG_EMERG;
    c->what = what;
    c->provider = find(&name, what, ptemp);
    if (!c->provider && server->conf->socache) {
        return refuse(c->main, 0, what,
                      "no such provider: is its module "
                      "loaded?");
    }
    if (!c->provider) {
        ap_log_error(APLOG_MARK, APLOG_INFO, 0, c->main,
                     WFPLOGNO(2702) "mod_socache_shmcb is not loaded: caches "
                                    "of Workers keep nothing");
        return OK;
    }
    rc = set_up(c, what, args_of(what, name, ptemp), pconf, ptemp);
    if (rc == OK) {
        apr_pool_cleanup_register(pconf, c, close_cache, apr_pool_cleanup_null);
        c->backend.baton = c;
        c->backend.store = store;
        c->backend.retrieve = retrieve;
        c->backend.remove = drop;
        server->socache = c;
    }
    return rc;
}

void wfp_socache_child_init(wfp_server_t *server)
{
    wfp_socache_t *c = server->socache;
    apr_status_t rv = APR_SUCCESS;

    if (c && c->mutex) {
        rv = apr_global_mutex_child_init(&c->mutex,
                                         apr_global_mutex_lockfile(c->mutex),
                                         server->pool);
    }
    if (rv != APR_SUCCESS) {
        ap_log_error(APLOG_MARK, APLOG_ERR, rv, server->main,
                     WFPLOGNO(2703) "no mutex: caches of Workers keep nothing "
                                    "in this child");
        server->socache = NULL;
    }
}

apr_status_t wfp_socache_run(wfp_server_t *server, wfp_cache_call_t *call,
                             wfp_result_t *res)
{
    apr_pool_t *scratch;
    apr_status_t rv;

    if (!server->socache) {
        return APR_SUCCESS;
    }
    apr_pool_create(&scratch, call->pool);
    rv = wfp_cache_run(&server->socache->backend, call, apr_time_now(), res,
                       scratch);
    apr_pool_destroy(scratch);
    return rv;
}
