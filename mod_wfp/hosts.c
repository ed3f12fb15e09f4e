/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hostnames between registry and store. Called by routing and for
 * request.cf.hostMetadata, and by sync when the table changes. It must not know
 * what is done with an entry.
 *
 * An entry lies in the registry under its hostname. What is loaded has the
 * number of the last change that its reader could see, and a change leaves its
 * number behind, so a look-up begun before a change brings nothing back.
 */
#include "mod_wfp/hosts.h"

#include <apr_atomic.h>
#include <apr_strings.h>
#include <string.h>

#include "core/clock.h"
#include "core/crypto.h"
#include "core/crypto_digest.h"
#include "core/host_memo.h"
#include "core/hostname.h"
#include "core/registry.h"
#include "mod_wfp/log.h"
#include "store/hostnames.h"

/* of the registry: no namespace can be named so */
#define HOSTS "@hosts"

/* Look-ups of a child that are made at a time; how long the others wait for
 * their turn. Anybody may ask for any host: more would take the store's
 * connections from those that load Workers. */
#define LOOKUPS_MAX 4
#define TURN_WAIT   apr_time_from_msec(200)
#define TURN_STEP   apr_time_from_msec(1)

/* A host that is being found. */
typedef struct host_t {
    char name[WFP_HOSTNAME_SIZE];
    apr_size_t n;
} host_t;

static apr_status_t none(wfp_result_t *res)
{
    return wfp_result_set(res, WFP_WORKER_NOT_FOUND, APR_NOTFOUND,
                          "Worker not found: no such hostname");
}

static apr_status_t busy(wfp_result_t *res)
{
    apr_status_t rv = wfp_result_set(res, WFP_STORE_UNAVAILABLE, APR_TIMEUP,
                                     NULL);

    res->retry_after_s = 1;
    return rv;
}

/* The registry's key of an entry: names that are too long for it go by their
 * digest. NULL: OpenSSL is out of memory */
static const char *key_of(const char *hostname, apr_pool_t *p)
{
    apr_size_t n = strlen(hostname);
    const char *hex;

    if (n <= WFP_NAME_MAX) {
        return hostname;
    }
    hex = wfp_crypto_sha256_hex(hostname, n, p);
    return hex ? apr_psprintf(p, "@%.*s", WFP_NAME_MAX - 1, hex) : NULL;
}

/* --- what is known -------------------------------------------------------- */

/* namespace, script and metadata, each with its NUL */
static const char *pack(apr_size_t *psize, const wfp_hostname_t *row,
                        apr_pool_t *p)
{
    apr_size_t ns = strlen(row->ns) + 1, script = strlen(row->script) + 1;
    apr_size_t metadata = strlen(row->metadata) + 1;
    char *blob = apr_palloc(p, ns + script + metadata);

    memcpy(blob, row->ns, ns);
    memcpy(blob + ns, row->script, script);
    memcpy(blob + ns + script, row->metadata, metadata);
    *psize = ns + script + metadata;
    return blob;
}

static apr_status_t unpack(wfp_host_entry_t *entry, const char *blob,
                           apr_size_t size, wfp_result_t *res)
{
    const char *end = blob + size,
               **to[] = { &entry->ns, &entry->script, &entry->metadata };
    int i;

    for (i = 0; i < 3; i++) {
        const char *nul = memchr(blob, '\0', (apr_size_t)(end - blob));

        if (!nul) {
            return wfp_result_set(res, WFP_INTERNAL, APR_EGENERAL,
                                  "registry body damaged");
        }
        *to[i] = blob;
        blob = nul + 1;
    }
    return APR_SUCCESS;
}

/* The entry of this hostname. APR_EAGAIN: the registry has it not. */
static apr_status_t get(wfp_host_entry_t *entry, wfp_server_t *server,
                        const char *hostname, wfp_result_t *res, apr_pool_t *p)
{
    const char *key = key_of(hostname, p), *blob;
    wfp_entry_t at;
    apr_status_t rv = key ? wfp_registry_get(&at, server->registry, HOSTS, key)
                          : APR_EAGAIN;

    if (rv == APR_SUCCESS) {
        rv = wfp_registry_body(&blob, server->registry, &at, p);
    }
    if (rv == APR_SUCCESS) {
        return unpack(entry, blob, at.body_size, res);
    }
    return APR_EAGAIN; /* also when it was just set or deleted */
}

/* APR_EAGAIN: the store must be asked. */
static apr_status_t known(wfp_host_entry_t *entry, wfp_server_t *server,
                          const host_t *host, wfp_result_t *res, apr_pool_t *p)
{
    apr_uint32_t at = wfp_host_memo_get(server->hosts, host->name, host->n);
    char wide[WFP_HOSTNAME_SIZE + 1];

    if (at == 0) {
        return get(entry, server, host->name, res, p);
    }
    if (at == WFP_HOST_MEMO_NONE) {
        return none(res);
    }
    if (at >= host->n) {
        return APR_EAGAIN;
    }
    wide[0] = '*';
    memcpy(wide + 1, host->name + at, host->n - at + 1);
    return get(entry, server, wide, res, p);
}

/* --- what the store says -------------------------------------------------- */

static apr_status_t put(wfp_server_t *server, const wfp_hostname_t *row,
                        apr_int64_t seen, wfp_result_t *res, apr_pool_t *p)
{
    const char *key = key_of(row->hostname, p), *blob;
    wfp_entry_t entry;
    apr_size_t size;

    if (!key) {
        return wfp_result_set(res, WFP_INTERNAL, APR_ENOMEM, "no digest");
    }
    blob = pack(&size, row, p);
    memset(&entry, 0, sizeof(entry));
    apr_cpystrn(entry.ns, HOSTS, sizeof(entry.ns));
    apr_cpystrn(entry.name, key, sizeof(entry.name));
    entry.stamp = seen;
    wfp_limits_clear(&entry.limits);
    return wfp_registry_put(server->registry, &entry, blob, size, res);
}

/* What is to be remembered of a host that this row, or nothing, serves; 0:
 * nothing, it has an entry of its own. */
static apr_uint32_t what_of(const host_t *host, const wfp_hostname_t *row)
{
    if (!row) {
        return WFP_HOST_MEMO_NONE;
    }
    return row->hostname[0] == '*'
               ? (apr_uint32_t)(host->n + 1 - strlen(row->hostname))
               : 0;
}

static apr_status_t load(wfp_host_entry_t *entry, wfp_server_t *server,
                         const host_t *host, wfp_result_t *res, apr_pool_t *p)
{
    apr_uint64_t turn = wfp_host_memo_turn(server->hosts);
    wfp_hostname_t *row;
    apr_int64_t seen;
    apr_uint32_t what;
    apr_status_t rv = wfp_hostnames_find(&row, &seen, server->store, host->name,
                                         res, p);

    if (rv == APR_SUCCESS && row) {
        rv = put(server, row, seen, res, p);
    }
    if (rv != APR_SUCCESS) {
        ap_log_error(APLOG_MARK, APLOG_ERR, rv, server->main,
                     WFPLOGNO(2401) "looking a host up: %s", res->message);
        return busy(res);
    }
    what = what_of(host, row);
    if (what) {
        wfp_host_memo_put(server->hosts, turn, host->name, host->n, what);
    }
    if (!row) {
        return none(res);
    }
    entry->ns = row->ns;
    entry->script = row->script;
    entry->metadata = row->metadata;
    return rv;
}

static int take_turn(wfp_server_t *server)
{
    if (apr_atomic_inc32(&server->host_lookups) < LOOKUPS_MAX) {
        return 1;
    }
    apr_atomic_dec32(&server->host_lookups);
    return 0;
}

/* Ask the store, or wait until somebody else has. */
static apr_status_t look_up(wfp_host_entry_t *entry, wfp_server_t *server,
                            const host_t *host, wfp_result_t *res,
                            apr_pool_t *p)
{
    apr_time_t until = wfp_clock_now() + TURN_WAIT;
    apr_status_t rv;

    if (!server->store) {
        return busy(res);
    }
    while (!take_turn(server)) {
        if (wfp_clock_now() > until) {
            return busy(res);
        }
        apr_sleep(TURN_STEP);
        rv = known(entry, server, host, res, p);
        if (rv != APR_EAGAIN) {
            return rv;
        }
    }
    rv = load(entry, server, host, res, p);
    apr_atomic_dec32(&server->host_lookups);
    return rv;
}

apr_status_t wfp_hosts_find(wfp_host_entry_t *entry, wfp_server_t *server,
                            const char *name, wfp_result_t *res, apr_pool_t *p)
{
    host_t host;
    apr_status_t rv;

    host.n = wfp_hostname_of_request(host.name, name);
    if (host.n == 0) {
        return wfp_result_set(res, WFP_WORKER_NOT_FOUND, APR_NOTFOUND,
                              "Worker not found: the request names no host");
    }
    rv = known(entry, server, &host, res, p);
    return rv == APR_EAGAIN ? look_up(entry, server, &host, res, p) : rv;
}

/* --- what changes --------------------------------------------------------- */

apr_status_t wfp_hosts_changed(wfp_server_t *server, const char *hostname,
                               apr_int64_t stamp, apr_pool_t *p)
{
    char name[WFP_HOSTNAME_SIZE];
    const char *key = wfp_hostname_of_entry(name, hostname) ? key_of(name, p)
                                                            : NULL;
    apr_status_t rv = key ? wfp_registry_put_absent(server->registry, HOSTS,
                                                    key, stamp)
                          : APR_EGENERAL;

    wfp_host_memo_forget(server->hosts);
    return rv;
}

apr_status_t wfp_hosts_forget(wfp_server_t *server, apr_int64_t stamp)
{
    apr_status_t rv = wfp_registry_drop_namespace(server->registry, HOSTS,
                                                  stamp);

    wfp_host_memo_forget(server->hosts);
    return rv;
}
