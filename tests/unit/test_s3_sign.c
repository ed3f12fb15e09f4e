/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/s3_sign.h"
#include "tests/unit/wfp_test.h"

#define ID_DATE  "20260131T235959Z"
#define ID_SCOPE "20260131/auto/s3/aws4_request"

/* Requests as they go over the line, and what another implementation (botocore's)
 * signs of them. */
typedef struct vector_t {
    const char *method, *path, *query, *names;
    const char *headers[6];
    const char *canonical; /* path and query, as signed */
    const char *signature;
} vector_t;

#define USUAL "host;x-amz-content-sha256;x-amz-date"

static const vector_t vectors[] = {
    { "GET",
      "/b/key",
      NULL,
      USUAL,
      { NULL },
      "GET\n/b/key\n\n",
      "db3dd75d420c159b4b9fc60addb8afda0ab1e20005ebef58f8c50b6c48af3249" },
    { "GET",
      "/b/a%20b/%C3%BC%2B%25~-._",
      NULL,
      USUAL,
      { NULL },
      "GET\n/b/a%20b/%C3%BC%2B%25~-._\n\n",
      "d1ce83680ff08d63a6bafb938ae1c522bf9be9e762fd0b22a384b5d679275f46" },
    /* the same path in another encoding of it */
    { "GET",
      "/b/a%20b/\xc3\xbc%2b%25%7E%2D._",
      NULL,
      USUAL,
      { NULL },
      "GET\n/b/a%20b/%C3%BC%2B%25~-._\n\n",
      "d1ce83680ff08d63a6bafb938ae1c522bf9be9e762fd0b22a384b5d679275f46" },
    { "PUT",
      "/b//x/../y",
      NULL,
      "content-type;host;x-amz-content-sha256;x-amz-date;x-amz-meta-a",
      { "Content-Type", "text/plain", "X-Amz-Meta-A", "  two \t  blanks  ",
        NULL },
      "PUT\n/b//x/../y\n\n",
      "5e9bf37771ebb9d2a2787044cd2aea17104acf87a0efa401d514c0ae102de4ba" },
    { "GET",
      "/b",
      "list-type=2&prefix=a%2Fb&delimiter=/&&max-keys=2",
      USUAL,
      { NULL },
      "GET\n/b\ndelimiter=%2F&list-type=2&max-keys=2&prefix=a%2Fb\n",
      "75c8f9fdd8d75591bad962315ce50a9fba1d7a9f97f9f50339d5afd4669738f5" },
    { "GET",
      "/b",
      "uploads&prefix=&b=2&a=1&a=0&A=x&gone=1",
      USUAL,
      { NULL },
      "GET\n/b\nA=x&a=0&a=1&b=2&prefix=&uploads=\n",
      "de52d468ee09766e8fb63277bab3ec3fc1f1e89bab96904ad9ed80b0e971a12e" },
    { "DELETE",
      "/b/k",
      "uploadId=x%2By%3D",
      "host;x-amz-content-sha256;x-amz-copy-source;x-amz-copy-source-range;"
      "x-amz-date;x-amz-date-extra",
      { "x-amz-date-extra", "1", "x-amz-copy-source", "/b/k", NULL },
      "DELETE\n/b/k\nuploadId=x%2By%3D\n",
      "b7c3af07b28b29bca2fe05587ef6b9abbc4f5d9f367f8955dc2f39226bcbef91" },
};

static void set_up(wfp_s3_sign_t *sign, const vector_t *v, wfp_test_t *t)
{
    apr_table_t *headers = apr_table_make(t->pool, 8);
    int i;

    apr_table_setn(headers, "Host", "s3.test");
    apr_table_setn(headers, "X-Amz-Date", ID_DATE);
    apr_table_setn(headers, "x-amz-content-sha256", wfp_s3_sign_nothing);
    apr_table_setn(headers, "x-amz-copy-source-range", "bytes=0-1");
    for (i = 0; v->headers[i]; i += 2) {
        apr_table_setn(headers, v->headers[i], v->headers[i + 1]);
    }
    memset(sign, 0, sizeof(*sign));
    sign->method = v->method;
    sign->path = v->path;
    sign->query = v->query;
    sign->omit = "gone";
    sign->names = v->names;
    sign->headers = headers;
    sign->payload = wfp_s3_sign_nothing;
    sign->time = ID_DATE;
    sign->scope = ID_SCOPE;
}

static void what_others_sign(wfp_test_t *t)
{
    unsigned char key[WFP_S3_SIGN_KEY_SIZE];
    char signature[WFP_S3_SIGN_SIZE];
    const char *text;
    wfp_s3_sign_t sign;
    apr_size_t i;

    CHECK_INT(wfp_s3_sign_key(key, "wJalrXUtnFEMI-K7MDENG_bPxRfiCYEXAMPLEKEY1",
                              ID_SCOPE, t->pool),
              0);
    for (i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
        set_up(&sign, &vectors[i], t);
        CHECK_INT(wfp_s3_sign_canonical(&text, &sign, t->pool), 0);
        CHECK(
            !strncmp(text, vectors[i].canonical, strlen(vectors[i].canonical)));
        CHECK_INT(wfp_s3_sign_request(signature, key, &sign, t->pool), 0);
        CHECK_STR(signature, vectors[i].signature);
    }
}

/* The published examples of S3's manual: GET with a range, and an upload in
 * chunks. */
static void published_examples(wfp_test_t *t)
{
    static const char secret[] = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
    static const char scope[] = "20130524/us-east-1/s3/aws4_request";
    apr_table_t *headers = apr_table_make(t->pool, 8);
    unsigned char key[WFP_S3_SIGN_KEY_SIZE];
    char signature[WFP_S3_SIGN_SIZE];
    wfp_s3_sign_t sign = { "GET",
                           "/test.txt",
                           NULL,
                           NULL,
                           "host;range;x-amz-content-sha256;x-amz-date",
                           headers,
                           wfp_s3_sign_nothing,
                           "20130524T000000Z",
                           scope };

    apr_table_setn(headers, "Host", "examplebucket.s3.amazonaws.com");
    apr_table_setn(headers, "Range", "bytes=0-9");
    apr_table_setn(headers, "x-amz-content-sha256", wfp_s3_sign_nothing);
    apr_table_setn(headers, "x-amz-date", "20130524T000000Z");
    CHECK_INT(wfp_s3_sign_key(key, secret, scope, t->pool), 0);
    CHECK_INT(wfp_s3_sign_request(signature, key, &sign, t->pool), 0);
    CHECK_STR(signature, "f0e8bdb87c964420e857bd35b5d6ed31"
                         "0bd44f0170aba48dd91039c6036bdb41");
    /* the first chunk of 64 KB of "a" */
    CHECK_INT(
        wfp_s3_sign_text(
            signature, key,
            "AWS4-HMAC-SHA256-PAYLOAD\n20130524T000000Z\n"
            "20130524/us-east-1/s3/aws4_request\n"
            "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9\n"
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\n"
            "bf718b6f653bebc184e1479f1935b8da974d701b893afcf49e701f3e2f9f9c5a",
            t->pool),
        0);
    CHECK_STR(signature, "ad80c730a21e5b8d04586a2213dd63b9"
                         "a0e99e0e2307b0ade35a65485a288648");
}

static void what_cannot_be_signed(wfp_test_t *t)
{
    static const vector_t bad[] = {
        { "GET", "/b/%", NULL, USUAL, { NULL }, NULL, NULL },
        { "GET", "/b/%zz", NULL, USUAL, { NULL }, NULL, NULL },
        { "GET", "/b/%00", NULL, USUAL, { NULL }, NULL, NULL },
        { "GET", "/b/%ff", NULL, USUAL, { NULL }, NULL, NULL },
        { "GET", "/b", "a=%4", USUAL, { NULL }, NULL, NULL },
        { "GET", "/b", "%=1", USUAL, { NULL }, NULL, NULL },
        { "GET", "/b", NULL, "host;x-amz-none", { NULL }, NULL, NULL },
    };
    wfp_s3_sign_t sign;
    const char *text;
    apr_size_t i;

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        set_up(&sign, &bad[i], t);
        CHECK_INT(wfp_s3_sign_canonical(&text, &sign, t->pool), APR_EINVAL);
    }
}

static void texts_are_encoded(wfp_test_t *t)
{
    CHECK_STR(wfp_s3_sign_encode("a/b c+~\xc3\xbc%", 10, 1, t->pool),
              "a/b%20c%2B~%C3%BC%25");
    CHECK_STR(wfp_s3_sign_encode("a/b", 3, 0, t->pool), "a%2Fb");
    CHECK_STR(wfp_s3_sign_encode("", 0, 0, t->pool), "");
}

static const wfp_test_case_t cases[] = {
    { "what_others_sign", what_others_sign },
    { "published_examples", published_examples },
    { "what_cannot_be_signed", what_cannot_be_signed },
    { "texts_are_encoded", texts_are_encoded },
    { NULL, NULL },
};

int main(void)
{
    return wfp_test_run(cases);
}
