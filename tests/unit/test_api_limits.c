/* SPDX-License-Identifier: Apache-2.0 */
/* The classes under real limits: what they take is charged, what does not fit
 * is an error that a script can catch where the contract says so. */
#include <malloc.h>

#include "tests/unit/runtime_fixture.h"

/* A body of 1 MB pieces, its length not known. */
static apr_status_t read_pieces(wfp_body_t *body, apr_bucket_brigade *bb,
                                apr_size_t max, wfp_result_t *res)
{
    int *left = body->baton;
    static char piece[16384];
    apr_bucket *b;

    if (*left == 0) {
        return APR_EOF;
    }
    (*left)--;
    memset(piece, 'x', sizeof(piece));
    b = apr_bucket_immortal_create(piece, sizeof(piece), bb->bucket_alloc);
    APR_BRIGADE_INSERT_TAIL(bb, b);
    return APR_SUCCESS;
}

static const wfp_body_kind_t pieces = { "pieces", read_pieces, NULL };

static apr_status_t give_pieces(wfp_response_t **presp, wfp_host_ctx_t *ctx,
                                wfp_request_t *req, wfp_result_t *res)
{
    int *left = apr_palloc(ctx->pool, sizeof(*left)), known = 0;
    const char *at = strrchr(req->url, '/');
    apr_int64_t mb = apr_strtoi64(at + 1, NULL, 10);

    known = strstr(req->url, "known") != NULL;
    *left = (int)mb * 64;
    *presp = wfp_response_make(200, ctx->pool);
    (*presp)->body = wfp_body_make(&pieces, left,
                                   known ? (apr_off_t)mb * 1048576 : -1,
                                   ctx->pool);
    return APR_SUCCESS;
}

static fixture_outcome_t once(wfp_test_t *t, const char *handler)
{
    wfp_limits_t limits = fixture_limits();

    (void)fixture(t);
    fixture_host.fetch = give_pieces;
    limits.v[WFP_LIMIT_CPU_MS] = 20000; /* memory is what ends it */
    limits.v[WFP_LIMIT_MEMORY_MB] = 32;
    return fixture_once(
        t,
        apr_pstrcat(t->pool, "return {fetch=function(request, env, ctx) ",
                    handler, " end}", NULL),
        &limits);
}

static void expect(wfp_test_t *t, const char *handler, const char *want)
{
    fixture_outcome_t out = once(t, handler);

    if (!out.body) {
        printf("# %s: %s\n", wfp_code_row(out.res.code)->code, out.res.message);
    }
    CHECK_STR(out.body, want);
}

static void bodies_that_fit_are_read(wfp_test_t *t)
{
    expect(t, "return Response.new(#fetch('http://known/8'):text())",
           "8388608");
    expect(t, "return Response.new(#fetch('http://a/5'):text())", "5242880");
    expect(t,
           "local n = 0 for c in fetch('http://a/200').body:chunks() do n = "
           "n + #c end return Response.new(n)",
           "209715200");
}

static void bodies_that_do_not_fit_are_errors(wfp_test_t *t)
{
    static const char *const urls[] = { "known/40", "known/400", "a/40", NULL };
    int i;

    for (i = 0; urls[i]; i++) {
        const char *code = apr_psprintf(
            t->pool,
            "local r = fetch('http://%s') local ok, e = pcall(r.text, r) "
            "return Response.new(e.code .. #('x'):rep(1000000))",
            urls[i]);

        expect(t, code, "body_too_large1000000");
    }
    /* a clone streams: what one side reads ahead is kept for the other */
    expect(t,
           "local r = fetch('http://a/40') local c = r:clone() "
           "for _ in r.body:chunks() do end local ok, e = pcall(c.text, c) "
           "return Response.new(e.code)",
           "body_too_large");
}

static void large_answers_are_not_copied(wfp_test_t *t)
{
    fixture_outcome_t out = once(
        t, "local s = ('x'):rep(7 * 1024 * 1024) return Response.new(s .. s)");

    CHECK(out.body != NULL);
    CHECK_INT(strlen(out.body), 14 * 1024 * 1024);
}

static void what_is_kept_ends_in_memory_limit(wfp_test_t *t)
{
    static const char *const makers[] = {
        "Headers.new{a='b'}",
        "Request.new('http://a/')",
        "Response.new('x')",
        "URL.new('http://a/')",
        "URLSearchParams.new('a=b')",
        "Response.new('x').body",
        "json.decode('{\"a\":[1]}')",
        "json.decode('[1,2,{}]')",
        "json.decode('\"' .. i .. '\"')",
        "FormData.new()",
        "Response.new(URLSearchParams.new('a=b')):formData()",
        "fetch('http://a/1')",
        NULL,
    };
    int i;

    for (i = 0; makers[i]; i++) {
        fixture_outcome_t out =
            once(t, apr_psprintf(t->pool,
                                 "local t = {} for i = 1, 1e7 do t[i] = %s end",
                                 makers[i]));

        if (out.res.code != WFP_MEMORY_LIMIT) {
            printf("# %s: %s\n", makers[i], wfp_code_row(out.res.code)->code);
        }
        CHECK_INT(out.res.code, WFP_MEMORY_LIMIT);
    }
}

static void what_is_dropped_is_collected(wfp_test_t *t)
{
    static const char *const makers[] = {
        "Headers.new{a='b'}:set('x', 'y')",
        "Request.new('http://a/')",
        "Response.new('x', {headers={a='b'}})",
        "URL.new('http://a/').pathname",
        "URLSearchParams.new('a=b'):append('c', 'd')",
        "json.encode(json.decode('{\"a\":[1]}'))",
        "FormData.new():append('a', {data='b'})",
        "Response.new(FormData.new()):formData()",
        NULL,
    };
    int i;

    for (i = 0; makers[i]; i++) {
        expect(t,
               apr_psprintf(t->pool,
                            "for i = 1, 100000 do local x = %s end return "
                            "Response.new('ok')",
                            makers[i]),
               "ok");
    }
}

static void long_work_in_one_call_ends(wfp_test_t *t)
{
    static const char *const texts[] = {
        "local t = {} for i = 1, 200000 do t[i] = i end while true do "
        "json.encode(t) end",
        "local h = Headers.new() for i = 1, 20000 do h:append('n' .. i, 'v') "
        "end while true do for k in h:keys() do break end end",
        "local p = URLSearchParams.new() for i = 1, 1e9 do p:append('a', 'b') "
        "end",
        "local s = ('a'):rep(1000000) while true do btoa(s) end",
        "local s = crypto.subtle local k = s.importKey('raw', 'p', 'PBKDF2', "
        "false, {'deriveBits'}) s.deriveBits({name='PBKDF2', hash='SHA-512', "
        "salt='', iterations=100000}, k, 524288)",
        "while true do crypto.subtle.generateKey({name='RSASSA-PKCS1-v1_5', "
        "hash='SHA-1', modulusLength=4096}, false, {'sign'}) end",
        "local s, x = crypto.subtle, ('x'):rep(4194304) local k = "
        "s.generateKey('Ed25519', false, {'sign'}).privateKey while true do "
        "s.sign('Ed25519', k, x) s.digest('MD5', x .. x) end",
        "local t = {} for i = 1, 256 do t[i] = (\" p:a%d='' xmlns:p%d='u'\")"
        ":format(i, i) end local s = ('<x' .. table.concat(t, '', 1, 128) .. "
        "'>'):rep(199) .. ('<x' .. table.concat(t, '', 1, 128) .. '/>')"
        ":rep(100) while true do pcall(xml.decode, s) end",
        NULL,
    };
    wfp_limits_t limits = fixture_limits();
    int i;

    (void)fixture(t);
    fixture_host.fetch = give_pieces;
    for (i = 0; texts[i]; i++) {
        fixture_outcome_t out =
            fixture_once(t,
                         apr_pstrcat(t->pool, "return {fetch=function() ",
                                     texts[i], " end}", NULL),
                         &limits);

        CHECK_INT(out.res.code, WFP_CPU_LIMIT);
        CHECK(out.cpu_ms < (double)limits.v[WFP_LIMIT_CPU_MS] + 60);
    }
}

/* Bytes of malloc in use after one more run of a text that a limit ends. */
static apr_size_t used_after(wfp_test_t *t, const char *text)
{
    wfp_limits_t limits = fixture_limits();
    apr_pool_t *outer = t->pool;
    fixture_outcome_t out;

    limits.v[WFP_LIMIT_CPU_MS] = 3;
    apr_pool_create(&t->pool, outer);
    out = fixture_once(t, text, &limits);
    apr_pool_destroy(t->pool);
    t->pool = outer;
    CHECK_INT(out.res.code, WFP_CPU_LIMIT);
    return mallinfo2().uordblks;
}

/* An isolate is left by a jump: what OpenSSL and libxml2 hold must not stay. */
static void what_libraries_took_is_given_back(wfp_test_t *t)
{
    static const char *const texts[] = {
        "local k = s.importKey('raw', 'p', 'PBKDF2', false, {'deriveBits'}) "
        "s.deriveBits({name='PBKDF2', hash='SHA-512', salt='', "
        "iterations=100000}, k, 524288)",
        "s.generateKey({name='RSASSA-PKCS1-v1_5', hash='SHA-1', "
        "modulusLength=4096}, false, {'sign'})",
        "local a = {name='ECDSA', namedCurve='P-521', hash='SHA-512'} local k "
        "= s.generateKey(a, true, {'sign'}).privateKey while true do s.sign(a, "
        "k, 'x') s.importKey('pkcs8', s.exportKey('pkcs8', k), a, true, "
        "{'sign'}) end",
        "local x = ('x'):rep(4000000) local k = s.importKey('raw', "
        "('k'):rep(16), 'AES-GCM', false, {'encrypt'}) while true do "
        "s.encrypt({name='AES-GCM', iv='i'}, k, x) s.digest('MD5', x) end",
        "local x = '<a>' .. ('<b c=\"d\">e</b>'):rep(100000) .. '</a>' while "
        "true do xml.decode(x) end",
        "local x = '<a>' .. ('<b c=\"d\">e<!-- f'):rep(100000) while true do "
        "pcall(xml.decode, x) pcall(xml.decode, '<a><b></a>') end",
        NULL,
    };
    apr_size_t before = 0, after = 0;
    int i, j;

    (void)fixture(t);
    for (i = 0; texts[i]; i++) {
        const char *text = apr_pstrcat(t->pool,
                                       "return {fetch=function() local s = "
                                       "crypto.subtle ",
                                       texts[i], " end}", NULL);

        /* OpenSSL fills caches first */
        for (j = 0; j < 70; j++) {
            after = used_after(t, text);
            before = j < 20 ? after : before;
        }
        if (after > before + 32768) {
            printf("# %d: %d bytes more\n", i, (int)(after - before));
        }
        CHECK(after <= before + 32768);
    }
}

static const wfp_test_case_t cases[] = {
    { "bodies that fit are read", bodies_that_fit_are_read },
    { "bodies that do not fit are errors", bodies_that_do_not_fit_are_errors },
    { "large answers are not copied", large_answers_are_not_copied },
    { "what is kept ends in memory_limit", what_is_kept_ends_in_memory_limit },
    { "what is dropped is collected", what_is_dropped_is_collected },
    { "long work in one call ends", long_work_in_one_call_ends },
    { "what libraries took is given back", what_libraries_took_is_given_back },
    { NULL },
};

int main(void)
{
    return wfp_test_run(cases);
}
