/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unpack_fixture.h"

#include <apr_strings.h>
#include <zlib.h>

#include "tests/unit/wfp_test.h"

#define GZIP (MAX_WBITS + 16)
#define ZLIB MAX_WBITS
#define RAW  (-MAX_WBITS)

static const char text[] = "What came packed goes out unpacked: aaaaaaaaaaaaaa"
                           "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

typedef struct bytes_t {
    const char *data;
    apr_size_t n;
} bytes_t;

static bytes_t pack(wfp_test_t *t, int bits, const char *data, apr_size_t n)
{
    z_stream z;
    bytes_t out;
    char *room;

    memset(&z, 0, sizeof(z));
    CHECK_INT(deflateInit2(&z, 9, Z_DEFLATED, bits, 8, Z_DEFAULT_STRATEGY),
              Z_OK);
    out.n = deflateBound(&z, (uLong)n);
    out.data = room = apr_palloc(t->pool, out.n);
    z.next_in = (Bytef *)(apr_uintptr_t)data;
    z.avail_in = (uInt)n;
    z.next_out = (Bytef *)room;
    z.avail_out = (uInt)out.n;
    CHECK_INT(deflate(&z, Z_FINISH), Z_STREAM_END);
    out.n -= z.avail_out;
    (void)deflateEnd(&z);
    return out;
}

static bytes_t join(wfp_test_t *t, bytes_t a, bytes_t b)
{
    char *room = apr_palloc(t->pool, a.n + b.n);
    bytes_t both = { room, a.n + b.n };

    memcpy(room, a.data, a.n);
    memcpy(room + a.n, b.data, b.n);
    return both;
}

static packed_t *unpack_in(wfp_test_t *t, const char *codings, bytes_t packed,
                           apr_size_t first, apr_size_t step)
{
    packed_t *w = packed_make(codings, packed.data, packed.n, step, t->pool);

    w->source.first = first;
    CHECK_INT(wfp_unpack_response(&w->resp, w->packed, &w->payer, t->pool),
              APR_SUCCESS);
    return w;
}

/* All that it gives in reads of max bytes, as text; then " CODE" of what ended
 * it early. */
static const char *all_of(wfp_test_t *t, packed_t *w, apr_size_t max)
{
    char *out = apr_palloc(t->pool, 4096);
    apr_size_t n = 0;
    apr_status_t rv = APR_SUCCESS;

    while (rv == APR_SUCCESS) {
        apr_size_t got = 4000 - n;

        rv = packed_read(w, out + n, &got, max);
        if (rv == APR_SUCCESS) {
            CHECK(got > 0 && got <= max);
            n += got;
        }
    }
    out[n] = '\0';
    return rv == APR_EOF ? out
                         : apr_pstrcat(t->pool, out, " ",
                                       wfp_code_row(w->res.code)->code, NULL);
}

static const char *one_piece(wfp_test_t *t, const char *codings, bytes_t packed)
{
    return all_of(t, unpack_in(t, codings, packed, 0, packed.n + 1), 4000);
}

/* ---- what is undone ------------------------------------------------------------ */

static void each_coding(wfp_test_t *t)
{
    bytes_t gzip = pack(t, GZIP, text, strlen(text));

    CHECK_STR(one_piece(t, "gzip", gzip), text);
    CHECK_STR(one_piece(t, "X-GZip", gzip), text);
    CHECK_STR(one_piece(t, "deflate", pack(t, ZLIB, text, strlen(text))), text);
    CHECK_STR(one_piece(t, "deflate", pack(t, RAW, text, strlen(text))), text);
    CHECK_STR(one_piece(t, "gzip", pack(t, GZIP, "", 0)), "");
    CHECK_STR(one_piece(t, "deflate", pack(t, RAW, "", 0)), "");
}

static void several_codings(wfp_test_t *t)
{
    bytes_t once = pack(t, ZLIB, text, strlen(text));
    bytes_t twice = pack(t, GZIP, once.data, once.n);
    bytes_t thrice = pack(t, GZIP, twice.data, twice.n);

    CHECK_STR(one_piece(t, "deflate, gzip", twice), text);
    CHECK_STR(one_piece(t, "gzip, deflate", twice), " network_error");
    CHECK_STR(one_piece(t, "deflate,identity ,gzip,,gzip", thrice), text);
    CHECK_STR(all_of(t, unpack_in(t, "deflate, gzip, gzip", thrice, 0, 1), 1),
              text);
}

static void every_split(wfp_test_t *t)
{
    static const struct {
        const char *coding;
        int bits;
    } kinds[] = { { "gzip", GZIP }, { "deflate", ZLIB }, { "deflate", RAW } };
    apr_size_t i, at;

    for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        bytes_t packed = pack(t, kinds[i].bits, text, strlen(text));

        for (at = 1; at < packed.n; at++) {
            CHECK_STR(all_of(t, unpack_in(t, kinds[i].coding, packed, at, 4000),
                             1 + at % 7),
                      text);
            CHECK_STR(all_of(t, unpack_in(t, kinds[i].coding, packed, 0, at),
                             4000),
                      text);
        }
    }
}

static void members_follow_each_other(wfp_test_t *t)
{
    bytes_t both = join(t, pack(t, GZIP, "one ", 4), pack(t, GZIP, "two", 3));
    apr_size_t at;

    for (at = 1; at < both.n; at++) {
        CHECK_STR(all_of(t, unpack_in(t, "gzip", both, at, 4000), 4000),
                  "one two");
    }
    both = join(t, pack(t, ZLIB, "one ", 4), pack(t, ZLIB, "two", 3));
    CHECK_STR(one_piece(t, "deflate", both), "one  network_error");
}

static void what_is_flushed_comes_at_once(wfp_test_t *t)
{
    char *room = apr_palloc(t->pool, 256);
    bytes_t packed = { room, 0 };
    z_stream z;
    packed_t *w;
    char out[16] = "";
    apr_size_t n = sizeof(out) - 1;

    memset(&z, 0, sizeof(z));
    CHECK_INT(deflateInit2(&z, 9, Z_DEFLATED, GZIP, 8, 0), Z_OK);
    z.next_in = (Bytef *)(apr_uintptr_t) "first";
    z.avail_in = 5;
    z.next_out = (Bytef *)room;
    z.avail_out = 256;
    CHECK_INT(deflate(&z, Z_SYNC_FLUSH), Z_OK);
    packed.n = 256 - z.avail_out;
    (void)deflateEnd(&z);
    w = unpack_in(t, "gzip", packed, 0, packed.n);
    CHECK_INT(packed_read(w, out, &n, 4000), APR_SUCCESS);
    CHECK(n == 5 && !memcmp(out, "first", 5));
    CHECK_INT(w->source.reads, 1);
    n = sizeof(out);
    CHECK_INT(packed_read(w, out, &n, 4000), APR_EGENERAL);
    CHECK(strstr(w->res.message, "cut off"));
}

/* ---- what is wrong --------------------------------------------------------- */

static void cut_anywhere(wfp_test_t *t)
{
    static const int bits[] = { GZIP, ZLIB, RAW };
    apr_size_t i, n;

    for (i = 0; i < 3; i++) {
        bytes_t packed = pack(t, bits[i], text, strlen(text));
        const char *coding = i ? "deflate" : "gzip";

        for (n = packed.n - 1; n > 0; n--) {
            packed.n = n;
            CHECK(strstr(one_piece(t, coding, packed), " network_error"));
        }
        packed.n = 0; /* no body at all is none that was cut */
        CHECK_STR(one_piece(t, coding, packed), "");
    }
}

static void any_byte_changed(wfp_test_t *t)
{
    bytes_t good = pack(t, GZIP, text, strlen(text));
    apr_size_t i;
    int bit;

    for (i = 0; i < good.n; i++) {
        for (bit = 0; bit < 8; bit++) {
            char *copy = apr_pmemdup(t->pool, good.data, good.n);
            bytes_t bad = { copy, good.n };
            const char *got;

            copy[i] = (char)(copy[i] ^ (1 << bit));
            got = one_piece(t, "gzip", bad);
            /* what no sum covers changes nothing */
            CHECK(strstr(got, " network_error")
                  || (i >= 3 && i < 10 && !strcmp(got, text)));
        }
    }
}

static void bytes_behind_the_end(wfp_test_t *t)
{
    bytes_t gzip = pack(t, GZIP, "text", 4), zero = { "\0", 1 };
    bytes_t more = { "more", 4 };
    packed_t *w;

    CHECK_STR(one_piece(t, "gzip", join(t, gzip, more)), "text network_error");
    CHECK_STR(one_piece(t, "gzip", join(t, gzip, zero)), "text network_error");
    CHECK_STR(one_piece(t, "deflate", join(t, pack(t, RAW, "text", 4), more)),
              "text network_error");
    w = unpack_in(t, "gzip", join(t, gzip, more), 0, 1);
    CHECK_STR(all_of(t, w, 4000), "text network_error");
    CHECK_STR(w->res.message, "Network error: the body is no valid gzip");
}

static void no_packed_bytes(wfp_test_t *t)
{
    bytes_t plain = { "no gzip here", 12 };
    bytes_t dictionary = { "\x78\xbb\1\2\3\4\xab", 7 };

    CHECK_STR(one_piece(t, "gzip", plain), " network_error");
    CHECK_STR(one_piece(t, "deflate", plain), " network_error");
    CHECK_STR(one_piece(t, "deflate", dictionary), " network_error");
}

static void source_breaks_off(wfp_test_t *t)
{
    bytes_t gzip = pack(t, GZIP, text, strlen(text));
    packed_t *w;

    gzip.n -= 9;
    w = unpack_in(t, "gzip", gzip, 0, 4000);
    w->source.end = APR_ECONNRESET;
    CHECK(strstr(all_of(t, w, 4000), " network_error"));
    CHECK_STR(w->res.message, "torn");
    CHECK_INT(w->source.closed, 1);
}

/* ---- which are left alone ---------------------------------------------------- */

static int depth_of(wfp_test_t *t, const char *codings)
{
    return wfp_unpack_depth(packed_make(codings, "", 0, 1, t->pool)->packed);
}

static void codings_that_are_known(wfp_test_t *t)
{
    packed_t *w = packed_make("gzip", "", 0, 1, t->pool);

    CHECK_INT(depth_of(t, "gzip"), 1);
    CHECK_INT(depth_of(t, " GZIP\t,\tdeflate "), 2);
    CHECK_INT(depth_of(t, "identity"), 0);
    CHECK_INT(depth_of(t, ""), 0);
    CHECK_INT(depth_of(t, "br"), 0);
    CHECK_INT(depth_of(t, "gzip, br"), 0);
    CHECK_INT(depth_of(t, "br, gzip"), 0);
    CHECK_INT(depth_of(t, "gzip2"), 0);
    CHECK_INT(depth_of(t, "gzip;q=1"), 0);
    CHECK_INT(depth_of(t, "gzip gzip"), 0);
    CHECK_INT(depth_of(t, "gzip,gzip,gzip,gzip"), WFP_UNPACK_DEPTH_MAX);
    CHECK_INT(depth_of(t, "gzip,gzip,gzip,gzip,gzip"), 0);
    wfp_headers_add(w->packed->headers, "Content-Encoding", "deflate");
    CHECK_INT(wfp_unpack_depth(w->packed), 2);
    w->packed->status = 206;
    CHECK_INT(wfp_unpack_depth(w->packed), 0);
    w->packed->status = 200;
    w->packed->body = NULL;
    CHECK_INT(wfp_unpack_depth(w->packed), 0);
}

static void fields_of_the_new_response(wfp_test_t *t)
{
    packed_t *w = unpack_in(t, "gzip", pack(t, GZIP, "", 0), 0, 9);

    CHECK_INT(w->resp->headers->count, 1);
    CHECK_STR(wfp_headers_get(w->resp->headers, "content-type"), "text/plain");
    CHECK_STR(wfp_headers_get(w->packed->headers, "content-encoding"), "gzip");
    CHECK_INT(w->resp->status, 200);
    CHECK_INT(w->resp->body->length, -1);
}

/* ---- who pays ------------------------------------------------------------------ */

static void work_is_paid(wfp_test_t *t)
{
    bytes_t once = pack(t, GZIP, text, strlen(text));
    packed_t *w = unpack_in(t, "gzip, gzip", pack(t, GZIP, once.data, once.n),
                            0, 10);

    CHECK_STR(all_of(t, w, 10), text);
    CHECK(w->purse.begun > 2);
    CHECK_INT(w->purse.ended, w->purse.begun);
    CHECK_INT(w->purse.closed, 2);
    CHECK_INT(w->source.closed, 1);
}

static void nobody_pays_any_more(wfp_test_t *t)
{
    packed_t *w = unpack_in(t, "gzip", pack(t, GZIP, text, strlen(text)), 0,
                            20);

    w->purse.last = 3;
    CHECK(strstr(all_of(t, w, 4000), " cpu_limit"));
    CHECK_INT(w->source.closed, 1);
    CHECK_INT(w->purse.closed, 1);
}

static void cancelled_before_it_is_read(wfp_test_t *t)
{
    packed_t *w = unpack_in(t, "gzip", pack(t, GZIP, text, strlen(text)), 0,
                            20);

    wfp_body_cancel(w->resp->body);
    CHECK_INT(w->source.closed, 1);
    CHECK_INT(w->source.reads, 0);
    CHECK_INT(w->purse.closed, 1);
}

static int is_there(const packed_t *w, int whole, int blocks)
{
    wfp_body_t *body = w->resp->body;

    return body->kind->is_there(body, whole, blocks, NULL);
}

static void bytes_at_hand(wfp_test_t *t)
{
    packed_t *w = unpack_in(t, "gzip", pack(t, GZIP, text, strlen(text)), 0,
                            4000);
    char out[8];
    apr_size_t n = sizeof(out);

    CHECK(!is_there(w, 0, 0) && is_there(w, 0, 1));
    CHECK_INT(packed_read(w, out, &n, 8), APR_SUCCESS);
    CHECK(is_there(w, 0, 0) && !is_there(w, 1, 0));
}

static void a_bomb_is_a_stream(wfp_test_t *t)
{
    apr_size_t size = 32 * 1024 * 1024, total = 0;
    bytes_t bomb = pack(t, GZIP, apr_pcalloc(t->pool, size), size);
    packed_t *w = unpack_in(t, "gzip", bomb, 0, WFP_BODY_CHUNK);
    char *out = apr_palloc(t->pool, WFP_BODY_CHUNK);
    apr_status_t rv;

    do {
        apr_size_t n = WFP_BODY_CHUNK;

        rv = packed_read(w, out, &n, WFP_BODY_CHUNK);
        total += rv == APR_SUCCESS ? n : 0;
        /* no further in the source than the output is: 1,000 times as much */
        CHECK(rv != APR_SUCCESS
              || (apr_size_t)w->source.reads
                     <= 1 + total / (512 * WFP_BODY_CHUNK));
    } while (rv == APR_SUCCESS);
    CHECK_INT(rv, APR_EOF);
    CHECK_INT(total, size);
}

static const wfp_test_case_t cases[] = {
    { "each_coding", each_coding },
    { "several_codings", several_codings },
    { "every_split", every_split },
    { "members_follow_each_other", members_follow_each_other },
    { "what_is_flushed_comes_at_once", what_is_flushed_comes_at_once },
    { "cut_anywhere", cut_anywhere },
    { "any_byte_changed", any_byte_changed },
    { "bytes_behind_the_end", bytes_behind_the_end },
    { "no_packed_bytes", no_packed_bytes },
    { "source_breaks_off", source_breaks_off },
    { "codings_that_are_known", codings_that_are_known },
    { "fields_of_the_new_response", fields_of_the_new_response },
    { "work_is_paid", work_is_paid },
    { "nobody_pays_any_more", nobody_pays_any_more },
    { "cancelled_before_it_is_read", cancelled_before_it_is_read },
    { "bytes_at_hand", bytes_at_hand },
    { "a_bomb_is_a_stream", a_bomb_is_a_stream },
    { NULL, NULL },
};

int main(void)
{
    return wfp_test_run(cases);
}
