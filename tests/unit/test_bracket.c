/* SPDX-License-Identifier: Apache-2.0 */
/* admin/bracket.c: fields with brackets, back to an object. */
#include "admin/bracket.h"

#include <apr_strings.h>

#include "wfp_test.h"

/* The object that "name=value" fields make, or why they are refused. */
static const char *object_of(wfp_test_t *t, const char *const *fields)
{
    wfp_json_t *obj = wfp_json_object(t->pool);
    wfp_result_t res;

    wfp_result_init(&res, t->pool);
    for (; *fields; fields++) {
        const char *equals = strchr(*fields, '=');
        const char *name = apr_pstrmemdup(t->pool, *fields,
                                          (apr_size_t)(equals - *fields));
        apr_status_t rv = wfp_bracket_set(obj, name, equals + 1,
                                          strlen(equals + 1), &res, t->pool);

        if (rv != APR_SUCCESS) {
            CHECK_INT(rv, APR_EINVAL);
            CHECK_INT(res.code, WFP_INVALID);
            return res.message;
        }
    }
    return wfp_json_text(obj, t->pool);
}

#define OBJECT(...) object_of(t, (const char *const[]){ __VA_ARGS__, NULL })

static void root_is_told_by_its_bracket(wfp_test_t *t)
{
    CHECK(wfp_bracket_is("metadata[a]", "metadata"));
    CHECK(!wfp_bracket_is("metadata", "metadata"));
    CHECK(!wfp_bracket_is("metadatas[a]", "metadata"));
}

static void members_and_elements(wfp_test_t *t)
{
    CHECK_STR(OBJECT("m[main_module]=w.lua", "m[tags][]=a", "m[tags][]=b"),
              "{\"main_module\":\"w.lua\",\"tags\":[\"a\",\"b\"]}");
}

static void a_taken_key_begins_a_new_element(wfp_test_t *t)
{
    CHECK_STR(OBJECT("m[b][][type]=plain_text", "m[b][][name]=A",
                     "m[b][][text]=x", "m[b][][type]=json", "m[b][][name]=B",
                     "m[b][][json][s]=1", "m[b][][json][l][]=2",
                     "m[b][][json][l][]=3", "m[b][][type]=service"),
              "{\"b\":[{\"type\":\"plain_text\",\"name\":\"A\",\"text\":\"x\"},"
              "{\"type\":\"json\",\"name\":\"B\",\"json\":{\"s\":\"1\","
              "\"l\":[\"2\",\"3\"]}},{\"type\":\"service\"}]}");
    CHECK_STR(OBJECT("m[b][][p][][name]=x", "m[b][][p][][name]=y",
                     "m[b][][name]=B"),
              "{\"b\":[{\"p\":[{\"name\":\"x\"},{\"name\":\"y\"}],"
              "\"name\":\"B\"}]}");
}

static void some_members_are_no_texts(wfp_test_t *t)
{
    CHECK_STR(OBJECT("m[logpush]=false", "m[limits][cpu_ms]=20",
                     "m[observability][enabled]=true",
                     "m[observability][head_sampling_rate]=0.5",
                     "m[usage_model]=20"),
              "{\"logpush\":false,\"limits\":{\"cpu_ms\":20},"
              "\"observability\":{\"enabled\":true,\"head_sampling_rate\":0.5},"
              "\"usage_model\":\"20\"}");
    CHECK_STR(OBJECT("m[logpush]=maybe", "m[limits]={\"cpu_ms\":1}"),
              "{\"logpush\":\"maybe\",\"limits\":\"{\\\"cpu_ms\\\":1}\"}");
}

static void malformed_names_are_refused(wfp_test_t *t)
{
    CHECK_STR(OBJECT("m[a=1"), "field \"m[a\" has malformed brackets");
    CHECK_STR(OBJECT("m[a]b=1"), "field \"m[a]b\" has malformed brackets");
    CHECK_STR(OBJECT("m[]=1"), "field \"m[]\" names no member");
    CHECK_STR(OBJECT("m[a][][][][][][][][][][][][][][][][]=1"),
              "field \"m[a][][][][][][][][][][][][][][][][]\" has too many "
              "brackets");
}

static void contradictions_are_refused(wfp_test_t *t)
{
    CHECK_STR(OBJECT("m[a]=1", "m[a]=2"), "field \"m[a]\" is given twice");
    CHECK_STR(OBJECT("m[a]=1", "m[a][]=2"),
              "field \"m[a][]\" is at odds with the fields before");
    CHECK_STR(OBJECT("m[a][]=1", "m[a][b]=2"),
              "field \"m[a][b]\" is at odds with the fields before");
    CHECK_STR(OBJECT("m[a][b]=1", "m[a][]=2"),
              "field \"m[a][]\" is at odds with the fields before");
}

static void only_utf8(wfp_test_t *t)
{
    wfp_json_t *obj = wfp_json_object(t->pool);
    wfp_result_t res;

    CHECK_STR(OBJECT("m[a]=\xff"), "field \"m[a]\" is no UTF-8");
    CHECK_STR(OBJECT("m[a][]=\xff"), "field \"m[a][]\" is no UTF-8");
    CHECK_STR(OBJECT("m[\xff]=1"), "field \"m[\xff]\" is no UTF-8");
    CHECK_STR(OBJECT("m[\xff][x]=1"), "field \"m[\xff][x]\" is no UTF-8");
    wfp_result_init(&res, t->pool);
    CHECK_INT(wfp_bracket_set(obj, "m[a]", "x\0y", 3, &res, t->pool),
              APR_EINVAL);
    CHECK_STR(res.message, "field \"m[a]\" has a NUL in its value");
}

static const wfp_test_case_t cases[] = {
    { "root_is_told_by_its_bracket", root_is_told_by_its_bracket },
    { "members_and_elements", members_and_elements },
    { "a_taken_key_begins_a_new_element", a_taken_key_begins_a_new_element },
    { "some_members_are_no_texts", some_members_are_no_texts },
    { "malformed_names_are_refused", malformed_names_are_refused },
    { "contradictions_are_refused", contradictions_are_refused },
    { "only_utf8", only_utf8 },
    { NULL, NULL },
};

int main(void)
{
    return wfp_test_run(cases);
}
