/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which listeners lead to which scopes that have Workers, found in httpd's
 * configuration as httpd itself looks at it. Used by trial_conn.c and the API.
 */
#include "mod_wfp/trial_doors.h"

#include <ap_listen.h>
#include <apr_strings.h>
#include <http_core.h>
#include <http_protocol.h>
#include <string.h>

#include "mod_wfp/config.h"
#include "mod_wfp/trial_conn.h"

#define DOORS_MAX          20
#define DEFAULT_HTTPS_PORT 443

static int is_any(const apr_sockaddr_t *addr)
{
    static const unsigned char none[16];

    return !memcmp(addr->ipaddr_ptr, none, (apr_size_t)addr->ipaddr_len);
}

static int is_loopback(const apr_sockaddr_t *addr)
{
    static const unsigned char mapped[] = { 0, 0, 0, 0, 0,    0,   0,
                                            0, 0, 0, 0, 0xff, 0xff };
    static const unsigned char own[16] = { [15] = 1 };
    const unsigned char *b = addr->ipaddr_ptr;

    if (addr->family == APR_INET) {
        return b[0] == 127;
    }
    return !memcmp(b, own, sizeof(own))
           || (!memcmp(b, mapped, 12) && b[12] == 127);
}

/* What listens on loopback is not for who is not let in there: nobody who tries
 * comes further into this host than they could by themselves. */
static int is_open_to(const request_rec *r, const apr_sockaddr_t *bound)
{
    return !is_loopback(bound) || is_loopback(r->connection->local_addr);
}

/* Is a virtual host's address one that a listener has? */
static int is_at(const server_addr_rec *addr, const apr_sockaddr_t *bound)
{
    return (!addr->host_port || addr->host_port == bound->port)
           && (is_any(addr->host_addr) || is_any(bound)
               || apr_sockaddr_equal(addr->host_addr, bound));
}

/* What no virtual host takes is the main server's. */
static int is_left_over(const wfp_server_t *server, const apr_sockaddr_t *bound)
{
    const server_addr_rec *addr;
    const server_rec *s;

    for (s = server->main->next; s; s = s->next) {
        for (addr = s->addrs; addr; addr = addr->next) {
            if (is_at(addr, bound)
                && (is_any(addr->host_addr) || !is_any(bound))) {
                return 0;
            }
        }
    }
    return 1;
}

/* Does a server get something of what comes to a listener? */
static int gets_some(const server_rec *s, const wfp_server_t *server,
                     const apr_sockaddr_t *bound)
{
    const server_addr_rec *addr;

    if (s == server->main) {
        return is_left_over(server, bound);
    }
    for (addr = s->addrs; addr; addr = addr->next) {
        if (is_at(addr, bound)) {
            return 1;
        }
    }
    return 0;
}

/* Called with each scope of a virtual host that has Workers. */
typedef void scope_fn(void *baton, server_rec *s, const wfp_scope_conf_t *own);

static void each_scope(server_rec *s, scope_fn *fn, void *baton, apr_pool_t *p)
{
    const core_server_config *core = ap_get_core_module_config(
        s->module_config);
    wfp_scope_conf_t *whole = wfp_config_scope(s->lookup_defaults);
    int i;

    if (wfp_config_claims(whole)) {
        fn(baton, s, whole);
    }
    for (i = 0; core->sec_url && i < core->sec_url->nelts; i++) {
        ap_conf_vector_t *section = APR_ARRAY_IDX(core->sec_url, i,
                                                  ap_conf_vector_t *);
        wfp_scope_conf_t *scope = wfp_config_scope(section);

        if (scope && wfp_config_claims(scope)) {
            fn(baton, s, wfp_config_merge_scope(p, whole, scope));
        }
    }
}

static void note_one(void *baton, server_rec *s, const wfp_scope_conf_t *own)
{
    (void)s;
    (void)own;
    *(int *)baton = 1;
}

static int leads_to_workers(wfp_server_t *server, const apr_sockaddr_t *bound,
                            apr_pool_t *p)
{
    server_rec *s;
    int found = 0;

    for (s = server->main; s && !found; s = s->next) {
        if (gets_some(s, server, bound)) {
            each_scope(s, note_one, &found, p);
        }
    }
    return found;
}

/* ---- listeners ------------------------------------------------------------------- */

/* At which address a client of r would come to a listener. */
static apr_sockaddr_t *address_at(request_rec *r, apr_sockaddr_t *bound)
{
    apr_sockaddr_t *local = r->connection->local_addr, *at;

    if (!is_any(bound) || local->port == bound->port) {
        return is_any(bound) ? local : bound;
    }
    return apr_sockaddr_info_get(&at, r->connection->local_ip, local->family,
                                 bound->port, 0, r->pool)
                   == APR_SUCCESS
               ? at
               : NULL;
}

apr_sockaddr_t *wfp_trial_doors_address(wfp_server_t *server, request_rec *r,
                                        int port)
{
    apr_port_t own = r->connection->local_addr->port;
    ap_listen_rec *one, *first = NULL, *best = NULL;

    for (one = ap_listeners; one; one = one->next) {
        apr_port_t at = one->bind_addr->port;

        if (!is_open_to(r, one->bind_addr)
            || !leads_to_workers(server, one->bind_addr, r->pool)) {
            continue;
        }
        if (at == port) {
            best = one;
            break;
        }
        first = first ? first : one;
        best = at == own ? one : best;
    }
    best = best ? best : first;
    return best ? address_at(r, best->bind_addr) : NULL;
}

/* ---- URLs ------------------------------------------------------------------------ */

typedef struct listing_t {
    apr_array_header_t *doors;
    request_rec *r;
    apr_port_t port;
    int is_tls;
    const char *ns;
    const char *name;
} listing_t;

/* ":8080", "" where the scheme says it. */
static const char *port_of(const listing_t *list)
{
    return list->port == (list->is_tls ? DEFAULT_HTTPS_PORT : DEFAULT_HTTP_PORT)
               ? ""
               : apr_psprintf(list->r->pool, ":%u", (unsigned)list->port);
}

/* "*.example.com" of ServerAlias as "NAME.example.com", else the server's name
 * below its own. */
static const char *host_of(const listing_t *list, const server_rec *s,
                           int subdomain)
{
    const char *base = s->server_hostname ? s->server_hostname : "localhost";
    int i;

    if (!subdomain) {
        return base;
    }
    for (i = 0; s->wild_names && i < s->wild_names->nelts; i++) {
        const char *wild = APR_ARRAY_IDX(s->wild_names, i, const char *);

        if (!strncmp(wild, "*.", 2) && !strpbrk(wild + 2, "*?")) {
            base = wild + 2;
            break;
        }
    }
    return apr_pstrcat(list->r->pool, list->name, ".", base, NULL);
}

static const char *path_of(const listing_t *list, const wfp_scope_conf_t *own,
                           int by_path)
{
    const char *base = own->path && *own->path == '/' ? own->path : "/";
    const char *slash = base[strlen(base) - 1] == '/' ? "" : "/";
    apr_pool_t *p = list->r->pool;

    if (own->by_path == 1) {
        return apr_pstrcat(p, base, slash, list->ns, "/", list->name, "/",
                           NULL);
    }
    return by_path ? apr_pstrcat(p, base, slash, list->name, "/", NULL)
                   : apr_pstrcat(p, base, slash, NULL);
}

/* Can this scope lead to the Worker at all? */
static int may_lead(const listing_t *list, const wfp_scope_conf_t *own,
                    wfp_route_e route)
{
    if (own->dispatcher && *own->dispatcher) {
        return *list->ns || !strcmp(own->dispatcher, list->name);
    }
    if (own->by_path == 1) {
        return *list->ns != '\0';
    }
    return route == WFP_ROUTE_TABLE || (own->ns && !strcmp(own->ns, list->ns));
}

static void add_door(void *baton, server_rec *s, const wfp_scope_conf_t *own)
{
    listing_t *list = baton;
    wfp_route_e route = (wfp_route_e)wfp_config_num(own->route,
                                                    WFP_ROUTE_SUBDOMAIN);
    int routed = !(own->dispatcher && *own->dispatcher);
    int plain = routed && own->by_path != 1;
    apr_pool_t *p = list->r->pool;
    const char *scheme, *host;
    wfp_door_t *door;

    if (list->doors->nelts >= DOORS_MAX || !may_lead(list, own, route)) {
        return;
    }
    scheme = list->is_tls ? "https" : "http";
    host = host_of(list, s, plain && route == WFP_ROUTE_SUBDOMAIN);
    door = apr_array_push(list->doors);
    memset(door, 0, sizeof(*door));
    door->dispatcher = routed ? NULL : own->dispatcher;
    door->header = plain && route == WFP_ROUTE_HEADER ? own->route_header
                                                      : NULL;
    door->by_table = plain && route == WFP_ROUTE_TABLE;
    door->url = apr_pstrcat(p, scheme, "://", host, port_of(list),
                            path_of(list, own,
                                    plain && route == WFP_ROUTE_PATH),
                            NULL);
}

apr_array_header_t *wfp_trial_doors_list(void *baton, request_rec *r,
                                         const char *ns, const char *name)
{
    wfp_server_t *server = baton;
    listing_t list = {
        apr_array_make(r->pool, 4, sizeof(wfp_door_t)), r, 0, 0, ns, name
    };
    ap_listen_rec *one;
    server_rec *s;

    for (one = ap_listeners; one; one = one->next) {
        apr_sockaddr_t *at = address_at(r, one->bind_addr);

        list.port = one->bind_addr->port;
        list.is_tls = at && wfp_trial_conn_is_tls(r, at);
        for (s = server->main; s && is_open_to(r, one->bind_addr);
             s = s->next) {
            if (gets_some(s, server, one->bind_addr)) {
                each_scope(s, add_door, &list, r->pool);
            }
        }
    }
    return list.doors;
}
