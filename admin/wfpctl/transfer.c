/* SPDX-License-Identifier: Apache-2.0 */
/* One request of wfpctl and its answer, with libcurl. Called by remote.c, which
 * knows what is asked. */
#include "admin/wfpctl/transfer.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <string.h>
#include <strings.h>

#define CONNECT_SECONDS 10L
#define TOTAL_SECONDS   120L
#define ANSWER_MAX      (64 * 1024 * 1024)

static size_t on_data(char *data, size_t one, size_t n, void *answerv)
{
    wfp_transferred_t *answer = answerv;
    char *more;

    (void)one; /* is 1 */
    if (n > ANSWER_MAX - answer->size) {
        return 0; /* ends the transfer */
    }
    if (answer->size + n + 1 > answer->room) {
        answer->room = 2 * (answer->size + n + 1);
        more = apr_palloc(answer->pool, answer->room);
        if (answer->size) {
            memcpy(more, answer->data, answer->size);
        }
        answer->data = more;
    }
    memcpy(answer->data + answer->size, data, n);
    answer->size += n;
    answer->data[answer->size] = '\0';
    return n;
}

/* Of an answer that goes on: a refusal is read as any other. */
typedef struct streamed_t {
    const wfp_transfer_t *transfer;
    CURL *curl;
    wfp_transferred_t *answer;
} streamed_t;

static size_t on_stream(char *data, size_t one, size_t n, void *streamedv)
{
    streamed_t *streamed = streamedv;
    long status = 0;

    if (curl_easy_getinfo(streamed->curl, CURLINFO_RESPONSE_CODE, &status)
            != CURLE_OK
        || status != 200) {
        return on_data(data, one, n, streamed->answer);
    }
    return streamed->transfer->stream(streamed->transfer->baton, data, n) ? n
                                                                          : 0;
}

/* About once a second. */
static int on_progress(void *transferv, curl_off_t all, curl_off_t now,
                       curl_off_t all_up, curl_off_t now_up)
{
    const wfp_transfer_t *transfer = transferv;

    return !transfer->stream(transfer->baton, NULL, 0);
}

static size_t on_header(char *line, size_t one, size_t n, void *answerv)
{
    static const char name[] = "cf-entrypoint:";
    wfp_transferred_t *answer = answerv;
    apr_size_t at = sizeof(name) - 1, end = n;

    (void)one; /* is 1 */
    if (n > at && !strncasecmp(line, name, at)) {
        while (at < end && apr_isspace(line[at])) {
            at++;
        }
        while (end > at && apr_isspace(line[end - 1])) {
            end--;
        }
        answer->entry = apr_pstrmemdup(answer->pool, line + at, end - at);
    }
    return n;
}

#define SET(option, value)                                                     \
    do {                                                                       \
        if (rc == CURLE_OK) {                                                  \
            rc = curl_easy_setopt(curl, option, value);                        \
        }                                                                      \
    } while (0)

static CURLcode set_request(CURL *curl, const wfp_transfer_t *transfer,
                            struct curl_slist *headers,
                            wfp_transferred_t *answer)
{
    CURLcode rc = CURLE_OK;

    curl_easy_reset(curl);
    SET(CURLOPT_URL, transfer->url);
    SET(CURLOPT_PROTOCOLS_STR, "http,https");
    SET(CURLOPT_FOLLOWLOCATION, 0L); /* the token is for this server only */
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_CONNECTTIMEOUT, CONNECT_SECONDS);
    SET(CURLOPT_TIMEOUT, TOTAL_SECONDS);
    SET(CURLOPT_USERAGENT, "wfpctl");
    SET(CURLOPT_HTTPHEADER, headers);
    SET(CURLOPT_WRITEFUNCTION, on_data);
    SET(CURLOPT_WRITEDATA, answer);
    SET(CURLOPT_HEADERFUNCTION, on_header);
    SET(CURLOPT_HEADERDATA, answer);
    if (transfer->form) {
        SET(CURLOPT_MIMEPOST, transfer->form);
    }
    else if (transfer->body) {
        SET(CURLOPT_POSTFIELDSIZE, (long)strlen(transfer->body));
        SET(CURLOPT_POSTFIELDS, transfer->body);
    }
    SET(CURLOPT_CUSTOMREQUEST, transfer->method);
    return rc;
}

static CURLcode set_stream(CURL *curl, const wfp_transfer_t *transfer,
                           streamed_t *streamed)
{
    CURLcode rc = CURLE_OK;

    SET(CURLOPT_TIMEOUT, 0L);
    SET(CURLOPT_LOW_SPEED_LIMIT, 1L); /* a comment comes every 15 seconds */
    SET(CURLOPT_LOW_SPEED_TIME, 60L);
    SET(CURLOPT_WRITEFUNCTION, on_stream);
    SET(CURLOPT_WRITEDATA, streamed);
    SET(CURLOPT_NOPROGRESS, 0L);
    SET(CURLOPT_XFERINFOFUNCTION, on_progress);
    SET(CURLOPT_XFERINFODATA, transfer);
    return rc;
}
#undef SET

/* NULL: no memory */
static struct curl_slist *headers_of(const wfp_transfer_t *transfer)
{
    struct curl_slist *headers = curl_slist_append(NULL, transfer->token);
    struct curl_slist *more = headers
                                  ? curl_slist_append(headers,
                                                      transfer->sent_type
                                                          ? transfer->sent_type
                                                          : "Expect:")
                                  : NULL;

    if (!more) {
        curl_slist_free_all(headers);
    }
    return more;
}

static CURLcode run(wfp_transferred_t *answer, CURL *curl,
                    const wfp_transfer_t *transfer, struct curl_slist *headers)
{
    streamed_t streamed = { transfer, curl, answer };
    const char *type = NULL;
    CURLcode rc = set_request(curl, transfer, headers, answer);

    if (rc == CURLE_OK && transfer->stream) {
        rc = set_stream(curl, transfer, &streamed);
    }
    if (rc == CURLE_OK && transfer->ca) {
        rc = curl_easy_setopt(curl, CURLOPT_CAINFO, transfer->ca);
    }
    if (rc == CURLE_OK) {
        rc = curl_easy_perform(curl);
    }
    if (rc == CURLE_OK) {
        rc = curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer->status);
    }
    if (rc == CURLE_OK) {
        rc = curl_easy_getinfo(curl, CURLINFO_CONTENT_TYPE, &type);
    }
    answer->type = type ? apr_pstrdup(answer->pool, type) : NULL;
    return rc;
}

const char *wfp_transfer_run(wfp_transferred_t *answer, CURL *curl,
                             const wfp_transfer_t *transfer, apr_pool_t *p)
{
    struct curl_slist *headers = headers_of(transfer);
    CURLcode rc = CURLE_OUT_OF_MEMORY;

    memset(answer, 0, sizeof(*answer));
    answer->pool = p;
    answer->data = apr_pstrdup(p, "");
    if (headers) {
        rc = run(answer, curl, transfer, headers);
    }
    curl_slist_free_all(headers);
    return rc == CURLE_OK ? NULL : curl_easy_strerror(rc);
}
