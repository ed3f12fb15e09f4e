/* SPDX-License-Identifier: Apache-2.0 */
/* Rules of KV calls, and where pages of a list begin and end. */
#include "core/kv.h"

#include <apr_strings.h>
#include <string.h>

#include "tests/unit/wfp_test.h"

static void keys(wfp_test_t *t)
{
    wfp_kv_fault_t fault;
    char longest[WFP_KV_KEY_MAX + 1];

    memset(longest, 'k', sizeof(longest));
    CHECK(wfp_kv_check_key(&fault, "a", 1));
    CHECK(wfp_kv_check_key(&fault, "\0", 1));
    CHECK(wfp_kv_check_key(&fault, ".\0", 2));
    CHECK(wfp_kv_check_key(&fault, "...", 3));
    CHECK(wfp_kv_check_key(&fault, longest, WFP_KV_KEY_MAX));
    CHECK(!wfp_kv_check_key(&fault, "", 0));
    CHECK_INT(fault.what, WFP_KV_BAD_NAME);
    CHECK(!wfp_kv_check_key(&fault, ".", 1));
    CHECK_STR(fault.text, "\".\" is not allowed as a key name.");
    CHECK(!wfp_kv_check_key(&fault, "..", 2));
    CHECK_STR(fault.text, "\"..\" is not allowed as a key name.");
    CHECK(!wfp_kv_check_key(&fault, longest, sizeof(longest)));
    CHECK_INT(fault.what, WFP_KV_KEY_LENGTH);
    CHECK_INT(fault.status, 414);
}

static void times(wfp_test_t *t)
{
    wfp_kv_fault_t fault;
    apr_int64_t now = apr_time_sec(apr_time_now()), ttl = 60, at, got;

    CHECK(wfp_kv_check_time(&fault, &got, NULL, NULL));
    CHECK_INT(got, 0);
    CHECK(wfp_kv_check_time(&fault, &got, &ttl, NULL));
    CHECK(got >= now + 60 && got <= now + 62);
    at = now + 4000;
    CHECK(wfp_kv_check_time(&fault, &got, NULL, &at));
    CHECK_INT(got, at);
    CHECK(wfp_kv_check_time(&fault, &got, &ttl, &at));
    CHECK(got < at);
    ttl = APR_INT64_MAX;
    CHECK(wfp_kv_check_time(&fault, &got, &ttl, NULL));
    CHECK(got > now && got < APR_INT64_MAX / 2);
    at = APR_INT64_MAX;
    CHECK(wfp_kv_check_time(&fault, &got, NULL, &at));
    CHECK(got > now && got < APR_INT64_MAX / 2);
    at = now + 30;
    CHECK(!wfp_kv_check_time(&fault, &got, NULL, &at));
    CHECK(strstr(fault.text, "at least 60 seconds in the future") != NULL);
    at = APR_INT64_MIN;
    CHECK(!wfp_kv_check_time(&fault, &got, NULL, &at));
    CHECK_INT(fault.what, WFP_KV_BAD_TIME);
    ttl = APR_INT64_MIN;
    CHECK(!wfp_kv_check_time(&fault, &got, &ttl, NULL));
}

static void sizes(wfp_test_t *t)
{
    wfp_kv_fault_t fault;

    CHECK(wfp_kv_check_sizes(&fault, WFP_KV_VALUE_MAX, WFP_KV_METADATA_MAX));
    CHECK(!wfp_kv_check_sizes(&fault, WFP_KV_VALUE_MAX + 1, 0));
    CHECK_STR(fault.text, "Value length of 26214401 exceeds limit of "
                          "26214400.");
    CHECK(!wfp_kv_check_sizes(&fault, 0, WFP_KV_METADATA_MAX + 1));
    CHECK_INT(fault.what, WFP_KV_METADATA_SIZE);
    CHECK(!wfp_kv_check_count(&fault, 0));
    CHECK(!wfp_kv_check_count(&fault, WFP_KV_BULK_GET_MAX + 1));
    CHECK(wfp_kv_check_count(&fault, WFP_KV_BULK_GET_MAX));
    CHECK(!wfp_kv_check_limit(&fault, 0));
    CHECK(!wfp_kv_check_limit(&fault, APR_INT64_MAX));
    CHECK(wfp_kv_check_limit(&fault, 1));
}

static void cursors(wfp_test_t *t)
{
    static const char key[] = "a\0\xff";
    wfp_kv_fault_t fault;
    char text[WFP_KV_CURSOR_SIZE], back[WFP_KV_KEY_MAX];
    apr_size_t n;

    wfp_kv_cursor_write(text, key, 3);
    CHECK_STR(text, "6100ff");
    CHECK(wfp_kv_cursor_read(&fault, back, &n, text, strlen(text)));
    CHECK_INT(n, 3);
    CHECK(!memcmp(back, key, 3));
    CHECK(!wfp_kv_cursor_read(&fault, back, &n, "", 0));
    CHECK(!wfp_kv_cursor_read(&fault, back, &n, "6", 1));
    CHECK(!wfp_kv_cursor_read(&fault, back, &n, "6G", 2));
    CHECK(!wfp_kv_cursor_read(&fault, back, &n, "6\0", 2));
    CHECK(!wfp_kv_cursor_read(&fault, back, &n, "FF", 2));
    memset(text, 'f', sizeof(text));
    CHECK(wfp_kv_cursor_read(&fault, back, &n, text, sizeof(text) - 1));
    CHECK(!wfp_kv_cursor_read(&fault, back, &n, text, sizeof(text) + 1));
    CHECK_INT(fault.what, WFP_KV_BAD_LIST);
}

static const char *bounds(const char *prefix, const char *after, apr_pool_t *p)
{
    wfp_kv_call_t call = { .verb = WFP_KV_LIST, .prefix = prefix };
    char from[WFP_KV_KEY_MAX + 1], end[WFP_KV_KEY_MAX];
    char a[WFP_KV_CURSOR_SIZE + 2], b[WFP_KV_CURSOR_SIZE];

    call.prefix_size = strlen(prefix);
    call.after = after;
    call.after_size = after ? strlen(after) : 0;
    wfp_kv_cursor_write(a, from, wfp_kv_list_from(from, &call));
    wfp_kv_cursor_write(b, end, wfp_kv_list_end(end, &call));
    return apr_pstrcat(p, a, "-", b, NULL);
}

static void pages(wfp_test_t *t)
{
    CHECK_STR(bounds("", NULL, t->pool), "-");
    CHECK_STR(bounds("ab", NULL, t->pool), "6162-6163");
    CHECK_STR(bounds("a\xff", NULL, t->pool), "61ff-62");
    CHECK_STR(bounds("\xff\xff", NULL, t->pool), "ffff-");
    CHECK_STR(bounds("", "b", t->pool), "6200-");
    CHECK_STR(bounds("ab", "abc", t->pool), "61626300-6163");
    CHECK_STR(bounds("ab", "aa", t->pool), "6162-6163");
    CHECK_STR(bounds("ab", "a", t->pool), "6162-6163");
    CHECK_STR(bounds("ab", "ab", t->pool), "616200-6163");
    CHECK_STR(bounds("ab", "z", t->pool), "7a00-6163");
}

static void unsound_calls(wfp_test_t *t)
{
    wfp_kv_item_t items[2] = { { .key = "a", .key_size = 1, .value = "" },
                               { .key = "", .key_size = 0, .value = "" } };
    wfp_kv_call_t call = { .verb = WFP_KV_PUT, .items = items, .count = 1 };

    CHECK(wfp_kv_call_is_sound(&call));
    call.count = 2;
    CHECK(!wfp_kv_call_is_sound(&call));
    call.count = 1;
    items[0].value_size = WFP_KV_VALUE_MAX + 1;
    CHECK(!wfp_kv_call_is_sound(&call));
    call.verb = WFP_KV_GET;
    CHECK(wfp_kv_call_is_sound(&call));
    call.verb = WFP_KV_LIST;
    CHECK(!wfp_kv_call_is_sound(&call));
    call.limit = 5;
    CHECK(wfp_kv_call_is_sound(&call));
    call.prefix_size = WFP_KV_KEY_MAX + 1;
    CHECK(!wfp_kv_call_is_sound(&call));
}

int main(void)
{
    static const wfp_test_case_t cases[] = {
        { "keys", keys },
        { "times", times },
        { "sizes and counts", sizes },
        { "cursors", cursors },
        { "pages", pages },
        { "calls that nobody checked", unsound_calls },
        { NULL, NULL },
    };

    return wfp_test_run(cases);
}
