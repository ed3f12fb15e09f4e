/* SPDX-License-Identifier: Apache-2.0 */
/* core/binding_json.c: bindings to JSON and back, each refusal. */
#include "core/binding_json.h"

#include <apr_strings.h>

#include "wfp_test.h"

#define ALL                                                                    \
    "[{\"type\":\"plain_text\",\"name\":\"GREETING\",\"text\":\"hi\"},"        \
    "{\"type\":\"secret_text\",\"name\":\"KEY\",\"text\":\"c2VhbGVk\"},"       \
    "{\"type\":\"json\",\"name\":\"CONF\",\"json\":{\"a\":1,\"b\":[true,"      \
    "\"x\"]}},"                                                                \
    "{\"type\":\"json\",\"name\":\"NONE\",\"json\":null},"                     \
    "{\"type\":\"service\",\"name\":\"SVC\",\"service\":\"user-a\"},"          \
    "{\"type\":\"service\",\"name\":\"FRONT\",\"service\":\"kv\",\"props\":"   \
    "{\"customer\":\"a\",\"n\":[1,null]}},"                                    \
    "{\"type\":\"dispatch_namespace\",\"name\":\"PLAIN\",\"namespace\":"       \
    "\"staging\"},"                                                            \
    "{\"type\":\"dispatch_namespace\",\"name\":\"DISPATCHER\",\"namespace\":"  \
    "\"production\",\"outbound\":{\"worker\":{\"service\":\"outbound\"},"      \
    "\"params\":[{\"name\":\"customer\"},{\"name\":\"plan\"}]}},"              \
    "{\"type\":\"version_metadata\",\"name\":\"VERSION\"},"                    \
    "{\"type\":\"ratelimit\",\"name\":\"LIMIT\",\"namespace_id\":\"1001\","    \
    "\"simple\":{\"limit\":100,\"period\":60}}]"

static wfp_json_t *parse(wfp_test_t *t, const char *text)
{
    wfp_json_t *v;

    CHECK_INT(wfp_json_parse(&v, text, strlen(text), NULL, t->pool),
              APR_SUCCESS);
    return v;
}

static const apr_array_header_t *read_all(wfp_test_t *t, const char *text)
{
    apr_array_header_t *bindings;

    CHECK_INT(wfp_binding_json_read(&bindings, parse(t, text), NULL, t->pool),
              APR_SUCCESS);
    return bindings;
}

/* What a text is refused with, "accepted" if it is not. */
static const char *refusal(wfp_test_t *t, const char *text)
{
    apr_array_header_t *bindings = NULL;
    wfp_result_t res;

    wfp_result_init(&res, t->pool);
    if (wfp_binding_json_read(&bindings, parse(t, text), &res, t->pool)
        == APR_SUCCESS) {
        return "accepted";
    }
    CHECK_INT(res.code, WFP_INVALID);
    CHECK_INT(res.status, APR_EINVAL);
    CHECK(bindings == NULL);
    return res.message;
}

static void bindings_are_read(wfp_test_t *t)
{
    const apr_array_header_t *bindings = read_all(t, ALL);
    const wfp_binding_t *b = (const wfp_binding_t *)bindings->elts;

    CHECK_INT(bindings->nelts, 10);
    CHECK_INT(b[0].kind, WFP_BINDING_PLAIN_TEXT);
    CHECK_STR(b[0].name, "GREETING");
    CHECK_STR(b[0].text, "hi");
    CHECK_INT(b[0].text_size, 2);
    CHECK_INT(b[1].kind, WFP_BINDING_SECRET_TEXT);
    CHECK_STR(b[1].text, "c2VhbGVk");
    CHECK_INT(b[2].kind, WFP_BINDING_JSON);
    CHECK_STR(b[2].text, "{\"a\":1,\"b\":[true,\"x\"]}");
    CHECK_INT(b[2].text_size, strlen(b[2].text));
    CHECK_STR(b[3].text, "null");
    CHECK_INT(b[4].kind, WFP_BINDING_SERVICE);
    CHECK_STR(b[4].target, "user-a");
    CHECK(b[4].text == NULL);
    CHECK_STR(b[5].target, "kv");
    CHECK_STR(b[5].text, "{\"customer\":\"a\",\"n\":[1,null]}");
    CHECK_INT(b[5].text_size, strlen(b[5].text));
    CHECK_STR(b[6].target, "staging");
    CHECK(b[6].outbound.service == NULL);
    CHECK_INT(b[6].outbound.params->nelts, 0);
    CHECK_INT(b[7].kind, WFP_BINDING_DISPATCH_NAMESPACE);
    CHECK_STR(b[7].target, "production");
    CHECK_STR(b[7].outbound.service, "outbound");
    CHECK_INT(b[7].outbound.params->nelts, 2);
    CHECK_STR(APR_ARRAY_IDX(b[7].outbound.params, 1, wfp_param_t).name, "plan");
    CHECK(APR_ARRAY_IDX(b[7].outbound.params, 1, wfp_param_t).value == NULL);
    CHECK_INT(b[8].kind, WFP_BINDING_VERSION_METADATA);
    CHECK_INT(b[9].kind, WFP_BINDING_RATELIMIT);
    CHECK_STR(b[9].target, "1001");
    CHECK_STR(b[9].text, "100/60");
}

static void bindings_are_written_as_they_were_read(wfp_test_t *t)
{
    wfp_json_t *arr;

    CHECK_INT(wfp_binding_json_write(&arr, read_all(t, ALL), 1, NULL, t->pool),
              APR_SUCCESS);
    CHECK_STR(wfp_json_text(arr, t->pool), ALL);
}

static void secrets_are_written_only_when_asked(wfp_test_t *t)
{
    wfp_json_t *arr;

    CHECK_INT(wfp_binding_json_write(&arr, read_all(t, ALL), 0, NULL, t->pool),
              APR_SUCCESS);
    CHECK(strstr(wfp_json_text(arr, t->pool), "c2VhbGVk") == NULL);
    CHECK_STR(wfp_json_text(wfp_json_at(arr, 1, t->pool), t->pool),
              "{\"type\":\"secret_text\",\"name\":\"KEY\"}");
}

static void bad_json_binding_is_not_written(wfp_test_t *t)
{
    apr_array_header_t *bindings = apr_array_make(t->pool, 1,
                                                  sizeof(wfp_binding_t));
    wfp_binding_t *binding = apr_array_push(bindings);
    wfp_json_t *arr = NULL;
    wfp_result_t res;

    memset(binding, 0, sizeof(*binding));
    wfp_result_init(&res, t->pool);
    binding->name = "CONF";
    binding->kind = WFP_BINDING_JSON;
    binding->text = "{oops";
    binding->text_size = 5;
    CHECK_INT(wfp_binding_json_write(&arr, bindings, 1, &res, t->pool),
              APR_EINVAL);
    CHECK_STR(res.message, "binding \"CONF\": \"json\" is not valid JSON");
    CHECK(arr == NULL);
}

static void none_is_an_empty_array(wfp_test_t *t)
{
    apr_array_header_t *bindings;

    CHECK_INT(read_all(t, "[]")->nelts, 0);
    CHECK_INT(read_all(t, "null")->nelts, 0);
    CHECK_INT(wfp_binding_json_read(&bindings, NULL, NULL, t->pool),
              APR_SUCCESS);
    CHECK_INT(bindings->nelts, 0);
}

static void unknown_type_is_named(wfp_test_t *t)
{
    CHECK_STR(refusal(t, "[{\"type\":\"ai\",\"name\":\"AI\"}]"),
              "binding \"AI\": type \"ai\" is not supported");
    CHECK_STR(refusal(t, "[{\"type\":\"d1\",\"name\":\"DB\","
                         "\"id\":\"0f2a\"}]"),
              "binding \"DB\": \"id\" is not a database's id");
    CHECK_STR(refusal(t, "[{\"type\":\"d1\",\"name\":\"DB\"}]"),
              "binding \"DB\": \"id\" is missing");
    CHECK_STR(refusal(t, "[{\"type\":\"kv_namespace\",\"name\":\"KV\","
                         "\"namespace_id\":\"0f2a\"}]"),
              "binding \"KV\": \"namespace_id\" is not an id of 32 hex digits");
    CHECK_STR(refusal(t, "[{\"type\":\"\",\"name\":\"KV\"}]"),
              "binding \"KV\": type \"\" is not supported");
}

static void each_fault_is_told(wfp_test_t *t)
{
    static const struct {
        const char *text, *want;
    } rows[] = {
        { "{}", "\"bindings\" is not an array" },
        { "[7]", "binding number 1: \"name\" is missing or not a string" },
        { "[{\"type\":\"plain_text\",\"name\":\"A\",\"text\":\"\"},{}]",
          "binding number 2: \"name\" is missing or not a string" },
        { "[{\"name\":7}]",
          "binding number 1: \"name\" is missing or not a string" },
        { "[{\"name\":\"a-b\",\"type\":\"plain_text\",\"text\":\"\"}]",
          "binding name \"a-b\" is not an identifier of at most 63 bytes" },
        { "[{\"name\":\"\"}]",
          "binding name \"\" is not an identifier of at most 63 bytes" },
        { "[{\"name\":\"A\"}]", "binding \"A\": \"type\" is missing" },
        { "[{\"name\":\"A\",\"type\":1}]",
          "binding \"A\": \"type\" is not a string" },
        { "[{\"name\":\"A\",\"type\":\"plain_text\"}]",
          "binding \"A\": \"text\" is missing" },
        { "[{\"name\":\"A\",\"type\":\"secret_text\"}]",
          "binding \"A\": \"text\" is missing" },
        { "[{\"name\":\"A\",\"type\":\"plain_text\",\"text\":5}]",
          "binding \"A\": \"text\" is not a string" },
        { "[{\"name\":\"A\",\"type\":\"plain_text\",\"text\":null}]",
          "binding \"A\": \"text\" is missing" },
        { "[{\"name\":\"A\",\"type\":\"json\"}]",
          "binding \"A\": \"json\" is missing" },
        { "[{\"name\":\"A\",\"type\":\"service\"}]",
          "binding \"A\": \"service\" is missing" },
        { "[{\"name\":\"A\",\"type\":\"service\",\"service\":\"a b\"}]",
          "binding \"A\": \"service\" is not a valid name" },
        { "[{\"name\":\"A\",\"type\":\"service\",\"service\":\"b\","
          "\"entrypoint\":\"Admin\"}]",
          "binding \"A\": \"entrypoint\" is not supported" },
        { "[{\"name\":\"A\",\"type\":\"service\",\"service\":\"b\","
          "\"props\":[]}]",
          "binding \"A\": \"props\" is not an object" },
        { "[{\"name\":\"A\",\"type\":\"service\",\"service\":\"b\","
          "\"props\":{\"D1\":{\"$binding\":{\"type\":\"d1\"}}}}]",
          "binding \"A\": \"props.D1.$binding\" is not supported" },
        { "[{\"name\":\"A\",\"type\":\"dispatch_namespace\",\"namespace\":"
          "\"p\",\"outbound\":{\"worker\":{\"service\":\"o\","
          "\"props\":{}}}}]",
          "binding \"A\": \"props\" is not supported" },
        { "[{\"name\":\"A\",\"type\":\"service\",\"service\":\"b\","
          "\"environment\":\"staging\"}]",
          "binding \"A\": \"environment\" is not supported" },
        { "[{\"name\":\"A\",\"type\":\"dispatch_namespace\"}]",
          "binding \"A\": \"namespace\" is missing" },
        { "[{\"name\":\"A\",\"type\":\"dispatch_namespace\",\"namespace\":"
          "\"../x\"}]",
          "binding \"A\": \"namespace\" is not a valid name" },
        { "[{\"name\":\"A\",\"type\":\"dispatch_namespace\",\"namespace\":"
          "\"p\",\"outbound\":{}}]",
          "binding \"A\": \"outbound.worker.service\" is missing" },
        { "[{\"name\":\"A\",\"type\":\"dispatch_namespace\",\"namespace\":"
          "\"p\",\"outbound\":\"out\"}]",
          "binding \"A\": \"outbound.worker.service\" is missing" },
        { "[{\"name\":\"A\",\"type\":\"dispatch_namespace\",\"namespace\":"
          "\"p\",\"outbound\":{\"worker\":{\"service\":\"\"}}}]",
          "binding \"A\": \"outbound.worker.service\" is not a valid name" },
        { "[{\"name\":\"A\",\"type\":\"dispatch_namespace\",\"namespace\":"
          "\"p\",\"outbound\":{\"worker\":{\"service\":\"o\","
          "\"entrypoint\":\"x\"}}}]",
          "binding \"A\": \"entrypoint\" is not supported" },
        { "[{\"name\":\"A\",\"type\":\"dispatch_namespace\",\"namespace\":"
          "\"p\",\"outbound\":{\"worker\":{\"service\":\"o\"},\"params\":"
          "{}}}]",
          "binding \"A\": \"outbound.params\" is not an array" },
        { "[{\"name\":\"A\",\"type\":\"dispatch_namespace\",\"namespace\":"
          "\"p\",\"outbound\":{\"worker\":{\"service\":\"o\"},\"params\":"
          "[\"x\"]}}]",
          "binding \"A\": \"outbound.params[].name\" is missing" },
        { "[{\"name\":\"A\",\"type\":\"dispatch_namespace\",\"namespace\":"
          "\"p\",\"outbound\":{\"worker\":{\"service\":\"o\"},\"params\":"
          "[{\"name\":\"x y\"}]}}]",
          "binding \"A\": \"outbound.params[].name\" is not a valid name given "
          "once" },
        { "[{\"name\":\"A\",\"type\":\"dispatch_namespace\",\"namespace\":"
          "\"p\",\"outbound\":{\"worker\":{\"service\":\"o\"},\"params\":"
          "[{\"name\":\"x\"},{\"name\":\"x\"}]}}]",
          "binding \"A\": \"outbound.params[].name\" is not a valid name given "
          "once" },
        { "[{\"name\":\"A\",\"type\":\"plain_text\",\"text\":\"\"},"
          "{\"name\":\"A\",\"type\":\"service\",\"service\":\"b\"}]",
          "binding \"A\" is given twice" },
    };
    apr_size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        CHECK_STR(refusal(t, rows[i].text), rows[i].want);
    }
}

static void long_names_are_refused_and_cut_in_the_text(wfp_test_t *t)
{
    char *name = apr_palloc(t->pool, 10001);

    memset(name, 'a', 10000);
    name[10000] = '\0';
    CHECK(strlen(refusal(t, apr_pstrcat(t->pool, "[{\"name\":\"", name,
                                        "\",\"type\":\"plain_text\"}]", NULL)))
          < 200);
    CHECK(strlen(refusal(t, apr_pstrcat(t->pool, "[{\"name\":\"A\",\"type\":\"",
                                        name, "\"}]", NULL)))
          < 200);
}

static void what_clients_add_is_passed_over(wfp_test_t *t)
{
    CHECK_STR(
        refusal(t,
                "[{\"name\":\"A\",\"type\":\"service\",\"service\":\"b\","
                "\"environment\":\"production\",\"entrypoint\":null,"
                "\"comment\":1},{\"name\":\"D\",\"type\":\"dispatch_namespace\""
                ",\"namespace\":\"p\",\"outbound\":null},{\"name\":\"E\","
                "\"type\":\"dispatch_namespace\",\"namespace\":\"p\","
                "\"outbound\":{\"worker\":{\"service\":\"o\",\"environment\":"
                "\"production\"},\"params\":null}}]"),
        "accepted");
}

static const wfp_test_case_t cases[] = {
    { "bindings_are_read", bindings_are_read },
    { "bindings_are_written_as_they_were_read",
      bindings_are_written_as_they_were_read },
    { "secrets_are_written_only_when_asked",
      secrets_are_written_only_when_asked },
    { "bad_json_binding_is_not_written", bad_json_binding_is_not_written },
    { "none_is_an_empty_array", none_is_an_empty_array },
    { "unknown_type_is_named", unknown_type_is_named },
    { "each_fault_is_told", each_fault_is_told },
    { "long_names_are_refused_and_cut_in_the_text",
      long_names_are_refused_and_cut_in_the_text },
    { "what_clients_add_is_passed_over", what_clients_add_is_passed_over },
    { NULL, NULL },
};

int main(void)
{
    return wfp_test_run(cases);
}
