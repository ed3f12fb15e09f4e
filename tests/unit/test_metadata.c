/* SPDX-License-Identifier: Apache-2.0 */
/* admin/metadata.c: metadata, applied to the version before. */
#include "admin/metadata.h"

#include <apr_strings.h>

#include "core/binding_json.h"
#include "core/observe.h"
#include "core/settings_json.h"
#include "wfp_test.h"

static wfp_json_t *parse(wfp_test_t *t, const char *text)
{
    wfp_json_t *v = NULL;

    CHECK_INT(wfp_json_parse(&v, text, strlen(text), NULL, t->pool),
              APR_SUCCESS);
    return v;
}

/* Read and apply. @return NULL with *next, or why it is refused */
static const char *apply(wfp_test_t *t, wfp_script_t **pnext, const char *text,
                         wfp_metadata_mode_e mode, const wfp_script_t *prev,
                         int strict)
{
    wfp_metadata_t *meta;
    wfp_limit_policy_t policy;
    wfp_result_t res;
    apr_status_t rv;

    wfp_limit_policy_clear(&policy);
    wfp_result_init(&res, t->pool);
    *pnext = wfp_script_make(t->pool);
    rv = wfp_metadata_read(&meta, parse(t, text), mode, &policy, &res, t->pool);
    if (rv == APR_SUCCESS) {
        meta->strict = strict;
        rv = wfp_metadata_apply(*pnext, meta, prev, &res, t->pool);
    }
    if (rv == APR_SUCCESS) {
        return NULL;
    }
    CHECK_INT(res.code, rv == APR_NOTFOUND ? WFP_NOT_FOUND : WFP_INVALID);
    return res.message;
}

/* The bindings (secrets with their text) of what `text` makes of `prev`. */
static const char *bindings_of(wfp_test_t *t, const char *text,
                               wfp_metadata_mode_e mode,
                               const wfp_script_t *prev)
{
    wfp_script_t *next;
    wfp_json_t *arr;
    const char *why = apply(t, &next, text, mode, prev, 0);

    if (why) {
        return why;
    }
    CHECK_INT(wfp_binding_json_write(&arr, next->bindings, 1, NULL, t->pool),
              APR_SUCCESS);
    return wfp_json_text(arr, t->pool);
}

/* What the API shows of it. */
static const char *shown(wfp_test_t *t, const char *text,
                         wfp_metadata_mode_e mode, const wfp_script_t *prev)
{
    wfp_script_t *next;
    wfp_json_t *obj;
    const char *why = apply(t, &next, text, mode, prev, 0);

    if (why) {
        return why;
    }
    CHECK_INT(wfp_metadata_write(&obj, next, NULL, t->pool), APR_SUCCESS);
    return wfp_json_text(obj, t->pool);
}

static wfp_script_t *before(wfp_test_t *t)
{
    wfp_script_t *script;

    CHECK(apply(t, &script,
                "{\"bindings\":["
                "{\"type\":\"secret_text\",\"name\":\"S\",\"text\":\"x\"},"
                "{\"type\":\"plain_text\",\"name\":\"P\",\"text\":\"y\"},"
                "{\"type\":\"json\",\"name\":\"J\",\"json\":[1]}],"
                "\"tags\":[\"a\",\"b\",\"a\"],\"limits\":{\"cpu_ms\":20},"
                "\"compatibility_date\":\"2026-01-01\",\"logpush\":true,"
                "\"placement\":{\"mode\":\"smart\"}}",
                WFP_METADATA_UPLOAD, NULL, 0)
          == NULL);
    return script;
}

#define SECRET "{\"type\":\"secret_text\",\"name\":\"S\",\"text\":\"x\"}"
#define PLAIN  "{\"type\":\"plain_text\",\"name\":\"P\",\"text\":\"y\"}"
#define JSON   "{\"type\":\"json\",\"name\":\"J\",\"json\":[1]}"

static void an_upload_replaces_all(wfp_test_t *t)
{
    CHECK_STR(shown(t, "{}", WFP_METADATA_UPLOAD, before(t)),
              "{\"bindings\":[],\"tags\":[],\"limits\":{},"
              "\"compatibility_flags\":[],\"logpush\":false,"
              "\"observability\":" WFP_OBSERVE_UNSET ",\"placement\":{},"
              "\"tail_consumers\":[],\"usage_model\":\"standard\"}");
}

static void keep_bindings_by_type(wfp_test_t *t)
{
    CHECK_STR(
        bindings_of(t,
                    "{\"keep_bindings\":[\"secret_text\",\"secret_key\","
                    "\"json\"],\"bindings\":[{\"type\":\"plain_text\","
                    "\"name\":\"J\",\"text\":\"mine\"}]}",
                    WFP_METADATA_UPLOAD, before(t)),
        "[{\"type\":\"plain_text\",\"name\":\"J\",\"text\":\"mine\"}," SECRET
        "]");
    CHECK_STR(bindings_of(t, "{\"keep_bindings\":[\"json\"]}",
                          WFP_METADATA_UPLOAD, NULL),
              "[]");
    CHECK_STR(bindings_of(t, "{\"keep_bindings\":\"json\"}",
                          WFP_METADATA_UPLOAD, NULL),
              "\"keep_bindings\" is not an array");
    CHECK_STR(bindings_of(t, "{\"keep_bindings\":[1]}", WFP_METADATA_UPLOAD,
                          NULL),
              "\"keep_bindings\" is not an array of strings");
}

static void inherit(wfp_test_t *t)
{
    const char *missing = "{\"bindings\":[{\"type\":\"inherit\",\"name\":"
                          "\"NOPE\"}]}";
    wfp_script_t *next;

    CHECK_STR(bindings_of(t,
                          "{\"bindings\":[{\"type\":\"inherit\",\"name\":\"P\","
                          "\"version_id\":\"latest\"},"
                          "{\"type\":\"version_metadata\",\"name\":\"V\"},"
                          "{\"type\":\"inherit\",\"name\":\"N\",\"old_name\":"
                          "\"J\"}]}",
                          WFP_METADATA_UPLOAD, before(t)),
              "[" PLAIN ",{\"type\":\"version_metadata\",\"name\":\"V\"},"
              "{\"type\":\"json\",\"name\":\"N\",\"json\":[1]}]");
    /* as Cloudflare does it: strict or not at all */
    CHECK_STR(bindings_of(t, missing, WFP_METADATA_UPLOAD, before(t)), "[]");
    CHECK_STR(apply(t, &next, missing, WFP_METADATA_UPLOAD, before(t), 1),
              "binding \"NOPE\" cannot be inherited: the version before has no "
              "\"NOPE\" of that type");
    CHECK_STR(apply(t, &next, missing, WFP_METADATA_UPLOAD, NULL, 1),
              "binding \"NOPE\" cannot be inherited: the version before has no "
              "\"NOPE\" of that type");
}

static void bad_inherits(wfp_test_t *t)
{
    static const char *const rows[][2] = {
        { "{\"type\":\"inherit\"}",
          "a binding to be inherited has no \"name\" that is an identifier" },
        { "{\"type\":\"inherit\",\"name\":\"a-b\"}",
          "a binding to be inherited has no \"name\" that is an identifier" },
        { "{\"type\":\"inherit\",\"name\":\"A\",\"old_name\":1}",
          "binding \"A\": \"old_name\" is not a string" },
        { "{\"type\":\"inherit\",\"name\":\"A\",\"version_id\":\"x\"}",
          "binding \"A\": \"version_id\" is not supported" },
        { "{\"type\":\"inherit\",\"name\":\"P\"},{\"type\":\"plain_text\","
          "\"name\":\"P\",\"text\":\"x\"}",
          "binding \"P\" is given twice" },
    };
    apr_size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        CHECK_STR(bindings_of(t,
                              apr_pstrcat(t->pool, "{\"bindings\":[",
                                          rows[i][0], "]}", NULL),
                              WFP_METADATA_UPLOAD, before(t)),
                  rows[i][1]);
    }
}

static void a_patch_changes_what_it_names(wfp_test_t *t)
{
    CHECK_STR(bindings_of(t, "{\"tags\":[]}", WFP_METADATA_PATCH, before(t)),
              "[" SECRET "," PLAIN "," JSON "]");
    CHECK_STR(bindings_of(t,
                          "{\"bindings\":[{\"name\":\"S\",\"type\":"
                          "\"secret_text\"},{\"name\":\"P\",\"type\":"
                          "\"plain_text\",\"text\":\"new\"}]}",
                          WFP_METADATA_PATCH, before(t)),
              "[" SECRET ",{\"type\":\"plain_text\",\"name\":\"P\",\"text\":"
              "\"new\"}]");
    CHECK_STR(bindings_of(t,
                          "{\"bindings\":[{\"name\":\"P\",\"type\":"
                          "\"secret_text\"}]}",
                          WFP_METADATA_PATCH, before(t)),
              "binding \"P\" cannot be inherited: the version before has no "
              "\"P\" of that type");
    CHECK_STR(shown(t,
                    "{\"limits\":null,\"placement\":null,\"usage_model\":"
                    "\"bundled\",\"bindings\":[]}",
                    WFP_METADATA_PATCH, before(t)),
              "{\"bindings\":[],\"tags\":[\"a\",\"b\"],\"limits\":{},"
              "\"compatibility_date\":\"2026-01-01\",\"logpush\":true,"
              "\"usage_model\":\"bundled\",\"compatibility_flags\":[],"
              "\"observability\":" WFP_OBSERVE_UNSET ",\"placement\":{},"
              "\"tail_consumers\":[]}");
}

static void a_version_keeps_what_is_the_workers(wfp_test_t *t)
{
    CHECK_STR(shown(t, "{}", WFP_METADATA_VERSION, before(t)),
              "{\"bindings\":[],\"tags\":[\"a\",\"b\"],\"limits\":{},"
              "\"logpush\":true,\"compatibility_flags\":[],"
              "\"observability\":" WFP_OBSERVE_UNSET ",\"placement\":{},"
              "\"tail_consumers\":[],\"usage_model\":\"standard\"}");
}

static void no_secret_is_shown(wfp_test_t *t)
{
    const char *text = shown(t, "{}", WFP_METADATA_PATCH, before(t));

    CHECK(strstr(text, "{\"type\":\"secret_text\",\"name\":\"S\"}"));
}

static void kept_members_are_checked(wfp_test_t *t)
{
    static const char *const rows[][2] = {
        { "\"compatibility_date\":\"soon\"",
          "\"compatibility_date\" is no date YYYY-MM-DD" },
        { "\"compatibility_date\":\"2026-01-011\"",
          "\"compatibility_date\" is no date YYYY-MM-DD" },
        { "\"compatibility_flags\":[1]",
          "\"compatibility_flags\" is not an array of strings" },
        { "\"logpush\":\"yes\"", "\"logpush\" is not true or false" },
        { "\"observability\":[]", "\"observability\" is not an object" },
        { "\"tail_consumers\":[1]",
          "\"tail_consumers\" is not an array of objects" },
        { "\"usage_model\":1", "\"usage_model\" is not a string" },
        { "\"limits\":{\"cpu_ms\":\"1\"}",
          "limit \"cpu_ms\" is not a whole number" },
        { "\"limits\":{\"nope\":1}", "limit \"nope\" is not supported" },
        { "\"tags\":\"a\"", "\"tags\" is not an array" },
        { "\"tags\":[1]", "\"tags\" is not an array of strings" },
        { "\"bindings\":{}", "\"bindings\" is not an array" },
        { "\"bindings\":[{\"type\":\"no_such_type\",\"name\":\"X\"}]",
          "binding \"X\": type \"no_such_type\" is not supported" },
        { "\"annotations\":1", "\"annotations\" is not an object" },
        { "\"assets\":1", "\"assets\" is not an object" },
        { "\"assets\":{\"jwt\":1}", "assets: \"jwt\" is not a string" },
        { "\"assets\":{\"x\":1}", "assets: \"x\" is not supported" },
        { "\"keep_assets\":1", "\"keep_assets\" is not true or false" },
        { "\"annotations\":{\"workers/tag\":1}",
          "annotation \"workers/tag\" is not a string of at most 100 bytes" },
    };
    apr_size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        CHECK_STR(shown(t, apr_pstrcat(t->pool, "{", rows[i][0], "}", NULL),
                        WFP_METADATA_UPLOAD, NULL),
                  rows[i][1]);
    }
}

static void features_that_are_not_there_are_refused(wfp_test_t *t)
{
    static const char *const keys[] = {
        "migrations",    "exports",      "containers",
        "cache_options", "capnp_schema", "streaming_tail_consumers",
        "triggers",      "crons",
    };
    wfp_script_t *next;
    apr_size_t i;

    for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        CHECK_STR(shown(t, apr_psprintf(t->pool, "{\"%s\":{\"x\":0}}", keys[i]),
                        WFP_METADATA_UPLOAD, NULL),
                  apr_psprintf(t->pool, "\"%s\" is not supported", keys[i]));
        /* asks for nothing */
        CHECK(!apply(t, &next, apr_psprintf(t->pool, "{\"%s\":null}", keys[i]),
                     WFP_METADATA_UPLOAD, NULL, 0));
        CHECK(!apply(t, &next, apr_psprintf(t->pool, "{\"%s\":[]}", keys[i]),
                     WFP_METADATA_UPLOAD, NULL, 0));
    }
}

static void egress_is_one_of_three_words(wfp_test_t *t)
{
    static const char *const bad[] = { "\"\"",        "\"None\"", "\"open\"",
                                       "\"direct \"", "true",     "{}",
                                       "[\"none\"]",  "0" };
    static const char *const good[] = { "none", "outbound", "direct" };
    wfp_script_t *next;
    apr_size_t i;

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        CHECK_STR(shown(t, apr_psprintf(t->pool, "{\"egress\":%s}", bad[i]),
                        WFP_METADATA_UPLOAD, NULL),
                  "\"egress\" is not none, outbound or direct");
    }
    for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        CHECK(!apply(t, &next,
                     apr_psprintf(t->pool, "{\"egress\":\"%s\"}", good[i]),
                     WFP_METADATA_UPLOAD, NULL, 0));
        CHECK_STR(wfp_script_egress_word(
                      wfp_settings_json_egress(next->settings, t->pool)),
                  good[i]);
    }
    CHECK(!apply(t, &next, "{\"egress\":null}", WFP_METADATA_UPLOAD, NULL, 0));
    CHECK_INT(wfp_settings_json_egress(next->settings, t->pool),
              WFP_EGRESS_DIRECT);
    /* what is there, but cannot be read, opens nothing */
    CHECK_INT(wfp_settings_json_egress("{", t->pool), WFP_EGRESS_NONE);
    CHECK_INT(wfp_settings_json_egress("{\"egress\":1}", t->pool),
              WFP_EGRESS_NONE);
}

static void the_client_is_told_what_does_nothing(wfp_test_t *t)
{
    wfp_metadata_t *meta;

    CHECK_INT(wfp_metadata_read(&meta,
                                parse(t, "{\"what\":1,\"logpush\":true,"
                                         "\"code_update_strategy\":{\"a\":1},"
                                         "\"tail_consumers\":[]}"),
                                WFP_METADATA_UPLOAD, NULL, NULL, t->pool),
              APR_SUCCESS);
    CHECK_INT(meta->notes->nelts, 2);
    CHECK_STR(APR_ARRAY_IDX(meta->notes, 0, const char *),
              "\"what\" is not known and was ignored");
    CHECK_STR(APR_ARRAY_IDX(meta->notes, 1, const char *),
              "\"logpush\" is kept, but has no effect on this server");
}

static void annotations(wfp_test_t *t)
{
    wfp_metadata_t *meta;

    CHECK_INT(wfp_metadata_read(&meta,
                                parse(t, "{\"annotations\":{\"workers/message\""
                                         ":\"why\",\"workers/tag\":\"v1\","
                                         "\"workers/other\":\"x\"}}"),
                                WFP_METADATA_UPLOAD, NULL, NULL, t->pool),
              APR_SUCCESS);
    CHECK_STR(meta->message, "why");
    CHECK_STR(meta->version_tag, "v1");
}

static void settings_have_a_size(wfp_test_t *t)
{
    char *big = apr_palloc(t->pool, 20000);

    memset(big, 'x', 19999);
    big[19999] = '\0';
    CHECK_STR(shown(t, apr_psprintf(t->pool, "{\"usage_model\":\"%s\"}", big),
                    WFP_METADATA_UPLOAD, NULL),
              "the settings have more than 16384 bytes");
}

static const wfp_test_case_t cases[] = {
    { "an_upload_replaces_all", an_upload_replaces_all },
    { "keep_bindings_by_type", keep_bindings_by_type },
    { "inherit", inherit },
    { "bad_inherits", bad_inherits },
    { "a_patch_changes_what_it_names", a_patch_changes_what_it_names },
    { "a_version_keeps_what_is_the_workers",
      a_version_keeps_what_is_the_workers },
    { "no_secret_is_shown", no_secret_is_shown },
    { "kept_members_are_checked", kept_members_are_checked },
    { "features_that_are_not_there_are_refused",
      features_that_are_not_there_are_refused },
    { "egress_is_one_of_three_words", egress_is_one_of_three_words },
    { "the_client_is_told_what_does_nothing",
      the_client_is_told_what_does_nothing },
    { "annotations", annotations },
    { "settings_have_a_size", settings_have_a_size },
    { NULL, NULL },
};

int main(void)
{
    return wfp_test_run(cases);
}
