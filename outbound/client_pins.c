/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which addresses a transfer may use. curl looks up nothing: it gets the
 * addresses that were looked up and let pass, in a cache that belongs to this
 * transfer alone, so that no other's answers and no later answer of a server
 * come between the question and the connection.
 */
#include "outbound/client_pins.h"

#include <apr_strings.h>
#include <arpa/inet.h>
#include <curl/curl.h>
#include <string.h>

#include "outbound/client_resolver.h"
#include "outbound/listeners.h"

apr_status_t wfp_client_pins_create(wfp_client_transfer_t *t)
{
    t->cache = curl_share_init();
    if (!t->cache
        || curl_share_setopt(t->cache, CURLSHOPT_SHARE, CURL_LOCK_DATA_DNS)
               != CURLSHE_OK
        || curl_easy_setopt(t->easy, CURLOPT_SHARE, t->cache) != CURLE_OK) {
        return APR_ENOMEM;
    }
    return APR_SUCCESS;
}

void wfp_client_pins_destroy(wfp_client_transfer_t *t)
{
    if (t->cache) {
        (void)curl_share_cleanup(t->cache); /* nobody uses it any more */
    }
}

/* The host itself is inside, whatever its addresses are: what a firewall keeps
 * from the world is open from here. */
static int ask(const wfp_client_transfer_t *t, int family, const void *bytes,
               int port, const char **why)
{
    const wfp_listeners_t *own = t->client->config.own;

    if (!wfp_policy_address_ok(t->policy, t->host, family, bytes, port, why)) {
        return 0;
    }
    if (!wfp_policy_names(t->policy, t->host, family, bytes, port, 0)
        && wfp_listeners_is_host(family, bytes)) {
        *why = "the address is not public";
        return 0;
    }
    if (wfp_listeners_has(own, family, bytes, port)
        && !wfp_policy_names(t->policy, t->host, family, bytes, port, 1)) {
        *why = "the target is this server itself";
        return 0;
    }
    return 1;
}

int wfp_client_pins_may(wfp_client_transfer_t *t, int family, const void *bytes,
                        int port)
{
    const char *why = NULL;
    int ok = ask(t, family, bytes, port, &why);

    (void)apr_thread_mutex_lock(t->mutex); /* cannot fail: our own */
    if (ok) {
        t->reached = 1;
    }
    else {
        t->blocked = why;
    }
    (void)apr_thread_mutex_unlock(t->mutex);
    return ok;
}

/* "addr,[addr],..." of those that pass, NULL: none does. */
static const char *list_of(wfp_client_transfer_t *t,
                           const wfp_client_found_t *found, int port,
                           apr_pool_t *p)
{
    const char *list = NULL;
    int i;

    for (i = 0; i < found->count; i++) {
        const wfp_address_t *addr = &found->list[i];
        char text[INET6_ADDRSTRLEN];
        int is_v4 = addr->family == AF_INET;

        if (wfp_client_pins_may(t, addr->family, addr->bytes, port)
            && inet_ntop(addr->family, addr->bytes, text, sizeof(text))) {
            list = apr_pstrcat(p, list ? list : "", list ? "," : "",
                               is_v4 ? "" : "[", text, is_v4 ? "" : "]", NULL);
        }
    }
    return list;
}

static struct curl_slist *line(const char *text, struct curl_slist *next,
                               apr_pool_t *p)
{
    struct curl_slist *list = apr_palloc(p, sizeof(*list));

    list->data = (char *)text; /* curl only reads it */
    list->next = next;
    return list;
}

/* Pin these in the place of what was pinned before; list NULL: nothing. */
static apr_status_t pin(wfp_client_transfer_t *t, const char *host, int port,
                        const char *list, apr_pool_t *p)
{
    struct curl_slist *lines = NULL;

    if (list) {
        lines = line(apr_psprintf(p, "%s:%d:%s", host, port, list), NULL, p);
    }
    if (t->pinned[0]) {
        lines = line(apr_pstrdup(p, t->pinned), lines, p);
    }
    t->pinned[0] = '\0';
    t->is_pinned = list != NULL;
    if (list) {
        apr_snprintf(t->pinned, sizeof(t->pinned), "-%s:%d", host, port);
    }
    return curl_easy_setopt(t->easy, CURLOPT_RESOLVE, lines) == CURLE_OK
               ? APR_SUCCESS
               : APR_ENOMEM;
}

/* Why there is no address. */
static apr_status_t not_found(apr_status_t rv, const wfp_client_terms_t *terms,
                              wfp_result_t *res)
{
    if (APR_STATUS_IS_TIMEUP(rv)) {
        return wfp_result_set(res, WFP_TIMEOUT, rv,
                              "Timeout: no connection in time");
    }
    if (rv == APR_ECONNABORTED) {
        wfp_code_e why = wfp_cancel_why(terms->cancel);

        return wfp_result_set(res,
                              why != WFP_OK ? why : WFP_CLIENT_DISCONNECTED, rv,
                              NULL);
    }
    return wfp_result_set(res, WFP_NETWORK_ERROR, rv,
                          "Network error: the host name could not be looked "
                          "up");
}

static int is_literal(const char *host)
{
    wfp_address_t addr;

    return *host == '[' || wfp_address_parse(&addr, host);
}

apr_status_t wfp_client_pins_set(wfp_client_transfer_t *t, const wfp_url_t *url,
                                 const wfp_client_terms_t *terms,
                                 apr_time_t until, wfp_result_t *res,
                                 apr_pool_t *p)
{
    wfp_client_found_t found;
    const char *list = NULL;
    apr_status_t rv;

    t->is_literal = is_literal(url->host);
    if (!t->is_literal) {
        rv = wfp_client_resolver_find(&found, t->client->resolver, url->host,
                                      terms, until);
        if (rv != APR_SUCCESS) {
            return not_found(rv, terms, res);
        }
        list = list_of(t, &found, url->port, p);
        if (!list) {
            return wfp_result_set(res, WFP_EGRESS_BLOCKED, APR_EACCES,
                                  "Egress blocked: %s", t->blocked);
        }
    }
    rv = pin(t, url->host, url->port, list, p);
    return rv == APR_SUCCESS ? rv : wfp_result_set(res, WFP_INTERNAL, rv, NULL);
}
