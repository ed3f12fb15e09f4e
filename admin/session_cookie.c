/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The cookie of the admin page's sessions, and who may use it. SameSite keeps
 * other sites out; a page of the same site, on another port or name, is told by
 * the browser's own headers and by the proof. It must not know sessions.
 */
#include "admin/session_cookie.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <http_core.h>
#include <http_protocol.h>
#include <string.h>
#include <strings.h>

#include "core/crypto.h"

#define SECRET_MIN 32
#define SECRET_MAX 64

static int is_secret(const char *text, apr_size_t n)
{
    apr_size_t i;

    for (i = 0; i < n; i++) {
        if (!apr_isalnum(text[i]) && text[i] != '-' && text[i] != '_') {
            return 0;
        }
    }
    return n >= SECRET_MIN && n <= SECRET_MAX;
}

const char *wfp_session_cookie_get(request_rec *r)
{
    static const char name[] = WFP_SESSION_COOKIE_NAME "=";
    const char *at = apr_table_get(r->headers_in, "Cookie");

    /* several fields of that name are joined by a comma */
    while (at && *at) {
        apr_size_t n;

        at += strspn(at, " \t;,");
        n = strcspn(at, ";, \t");
        if (n >= sizeof(name) - 1 && !strncmp(at, name, sizeof(name) - 1)) {
            at += sizeof(name) - 1;
            n -= sizeof(name) - 1;
            return is_secret(at, n) ? apr_pstrmemdup(r->pool, at, n) : NULL;
        }
        at += n;
    }
    return NULL;
}

void wfp_session_cookie_set(request_rec *r, const char *base,
                            const char *secret, apr_int64_t lasts_s)
{
    int tls = !strcmp(ap_http_scheme(r), "https");

    apr_table_addn(r->headers_out, "Set-Cookie",
                   apr_psprintf(r->pool,
                                WFP_SESSION_COOKIE_NAME
                                "=%s; Path=%s/; Max-Age=%" APR_INT64_T_FMT
                                "; HttpOnly; SameSite=Strict%s",
                                secret, base, lasts_s, tls ? "; Secure" : ""));
}

const char *wfp_session_cookie_proof(const char *secret, apr_pool_t *p)
{
    const char *text = apr_pstrcat(p, "wfp csrf:", secret, NULL);

    return wfp_crypto_sha256_hex(text, strlen(text), p);
}

int wfp_session_cookie_is_proved(request_rec *r, const char *secret)
{
    const char *shown = apr_table_get(r->headers_in, WFP_SESSION_COOKIE_PROOF);
    const char *want = wfp_session_cookie_proof(secret, r->pool);

    return shown && strlen(shown) == strlen(want)
           && wfp_crypto_equal(shown, want, strlen(want));
}

/* "http://host:port" of this request's own page? The scheme is not looked at:
 * a proxy in front may have taken the TLS off. */
static int is_own_origin(request_rec *r, const char *origin)
{
    const char *host = apr_table_get(r->headers_in, "Host");
    const char *at = strstr(origin, "://");

    return host && at && !strcasecmp(at + 3, host);
}

int wfp_session_cookie_is_own(request_rec *r)
{
    const char *site = apr_table_get(r->headers_in, "Sec-Fetch-Site");
    const char *origin = apr_table_get(r->headers_in, "Origin");

    if (site && strcmp(site, "same-origin")
        && (strcmp(site, "none") || r->method_number != M_GET)) {
        return 0;
    }
    return !origin || is_own_origin(r, origin);
}
