/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The list of dispatch namespaces: whole, as clients know it, or by pages. Who has
 * a token that is limited sees those of the token, which are few: they are put
 * into order here.
 */
#include "admin/api_namespace_list.h"

#include <apr_lib.h>
#include <stdlib.h>
#include <string.h>

#include "admin/api_auth.h"
#include "admin/api_call.h"
#include "admin/show.h"
#include "store/namespaces.h"

#define PER_PAGE_MAX 1000

static apr_status_t read_ask(int *pis_paged, wfp_namespaces_ask_t *ask,
                             wfp_api_page_t *page, wfp_api_call_t *call)
{
    apr_status_t rv = wfp_api_call_list_all(pis_paged, &ask->which, page, call,
                                            PER_PAGE_MAX);

    if (rv == APR_SUCCESS) {
        rv = wfp_api_call_either(&ask->by_modified, call, "order", "name",
                                 "modified_on");
    }
    return rv == APR_SUCCESS ? wfp_api_call_direction(&ask->is_down, call) : rv;
}

/* ---- of a limited token ------------------------------------------------------ */

static int by_name(const void *av, const void *bv)
{
    const wfp_namespace_t *a = *(wfp_namespace_t *const *)av;
    const wfp_namespace_t *b = *(wfp_namespace_t *const *)bv;

    return strcmp(a->name, b->name);
}

static int by_modified(const void *av, const void *bv)
{
    const wfp_namespace_t *a = *(wfp_namespace_t *const *)av;
    const wfp_namespace_t *b = *(wfp_namespace_t *const *)bv;
    int order = (a->modified > b->modified) - (a->modified < b->modified);

    return order ? order : by_name(av, bv);
}

/* Is it in the name, small letters or large? Both are ASCII, or it is not. */
static int contains(const char *name, const char *text)
{
    apr_size_t n = text ? strlen(text) : 0;

    for (; n && *name && strncasecmp(name, text, n) != 0; name++) {
    }
    return !n || *name;
}

static void reverse(apr_array_header_t *list)
{
    int i;

    for (i = 0; i < list->nelts / 2; i++) {
        wfp_namespace_t **a = &APR_ARRAY_IDX(list, i, wfp_namespace_t *);
        wfp_namespace_t **b = &APR_ARRAY_IDX(list, list->nelts - 1 - i,
                                             wfp_namespace_t *);
        wfp_namespace_t *kept = *a;

        *a = *b;
        *b = kept;
    }
}

static apr_status_t read_own(apr_array_header_t **plist, apr_int64_t *ptotal,
                             wfp_api_call_t *call,
                             const wfp_namespaces_ask_t *ask)
{
    apr_array_header_t *all;
    const wfp_namespace_t *last = NULL;
    int i;
    apr_status_t rv = wfp_namespaces_some(&all, call->server->store,
                                          call->token->namespaces, &call->res,
                                          call->pool);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    qsort(all->elts, (size_t)all->nelts, sizeof(void *),
          ask->by_modified ? by_modified : by_name);
    if (ask->is_down) {
        reverse(all);
    }
    *plist = apr_array_make(call->pool, all->nelts + 1, sizeof(void *));
    *ptotal = 0;
    for (i = 0; i < all->nelts; i++) {
        wfp_namespace_t *ns = APR_ARRAY_IDX(all, i, wfp_namespace_t *);

        if (!contains(ns->name, ask->which.contains)
            || (last && !strcmp(last->name, ns->name))) {
            continue; /* a token may name it twice */
        }
        last = ns;
        if (++*ptotal > ask->which.skip && (*plist)->nelts < ask->which.limit) {
            APR_ARRAY_PUSH(*plist, wfp_namespace_t *) = ns;
        }
    }
    return rv;
}

/* ---- the answer ---------------------------------------------------------------- */

/* How many Workers there are in all: what sums up a page does not say. */
static apr_status_t add_workers(wfp_api_call_t *call)
{
    apr_int64_t count;
    apr_status_t rv = wfp_namespaces_workers(&count, call->server->store,
                                             &call->res, call->pool);

    if (rv == APR_SUCCESS) {
        wfp_json_set_int(call->answer.info, "script_count", count);
    }
    return rv;
}

apr_status_t wfp_api_namespace_list_get(wfp_api_call_t *call)
{
    wfp_json_t *doc = wfp_json_array(call->pool);
    int is_limited = wfp_api_auth_is_limited(call->token);
    wfp_namespaces_ask_t ask;
    apr_array_header_t *list;
    wfp_api_page_t page;
    apr_int64_t total;
    int i, is_paged;
    apr_status_t rv = read_ask(&is_paged, &ask, &page, call);

    if (rv == APR_SUCCESS) {
        rv = is_limited
                 ? read_own(&list, &total, call, &ask)
                 : wfp_namespaces_page(&list, &total, call->server->store, &ask,
                                       &call->res, call->pool);
    }
    for (i = 0; rv == APR_SUCCESS && i < list->nelts; i++) {
        wfp_json_add(doc, wfp_show_namespace(APR_ARRAY_IDX(list, i,
                                                           wfp_namespace_t *),
                                             call->pool));
    }
    if (rv != APR_SUCCESS || !is_paged) {
        return rv == APR_SUCCESS ? wfp_api_answer_json(call, doc) : rv;
    }
    rv = wfp_api_answer_page(call, doc, &page, total);
    return rv == APR_SUCCESS && !is_limited ? add_workers(call) : rv;
}
