/* SPDX-License-Identifier: Apache-2.0 */
/* admin/graphql.c: documents as fields, or why they are none. */
#include "admin/graphql.h"

#include <apr_strings.h>

#include "wfp_test.h"

/* "label:name(args){...}" of fields, with blanks between them */
static const char *shown(const apr_array_header_t *fields, apr_pool_t *p)
{
    const char *text = "";
    int i;

    for (i = 0; i < fields->nelts; i++) {
        const wfp_graphql_field_t *field = &APR_ARRAY_IDX(fields, i,
                                                          wfp_graphql_field_t);

        text = apr_pstrcat(p, text, i ? " " : "", field->label, ":",
                           field->name,
                           field->args ? wfp_json_text(field->args, p) : "",
                           field->fields
                               ? apr_pstrcat(p, "[", shown(field->fields, p),
                                             "]", NULL)
                               : "",
                           NULL);
    }
    return text;
}

static const char *read_with(wfp_test_t *t, const char *text,
                             const char *variables)
{
    const apr_array_header_t *fields;
    wfp_json_t *given = NULL;
    wfp_result_t res;
    apr_status_t rv;

    wfp_result_init(&res, t->pool);
    if (variables) {
        CHECK_INT(wfp_json_parse(&given, variables, strlen(variables), &res,
                                 t->pool),
                  APR_SUCCESS);
    }
    rv = wfp_graphql_read(&fields, text, given, &res, t->pool);
    if (rv != APR_SUCCESS) {
        CHECK_INT(rv, APR_EINVAL);
        CHECK_INT(res.code, WFP_INVALID);
        return res.message;
    }
    return shown(fields, t->pool);
}

#define READ(text) read_with(t, text, NULL)

static void fields_and_labels(wfp_test_t *t)
{
    CHECK_STR(READ("{a}"), "a:a");
    CHECK_STR(READ("query{a,b # c\n\xEF\xBB\xBF d}"), "a:a b:b d:d");
    CHECK_STR(READ("query Q {x: a {b y : c}}"), "x:a[b:b y:c]");
    CHECK_STR(READ("{a(){b}}"), "a:a{}[b:b]");
}

static void values(wfp_test_t *t)
{
    CHECK_STR(READ("{a(i:-7 f:1.5e2,s:\"x\\\"\\u00e9\" b:true n:null e:UP_1)}"),
              "a:a{\"i\":-7,\"f\":150.0,\"s\":\"x\\\"\xC3\xA9\",\"b\":true,"
              "\"n\":null,\"e\":\"UP_1\"}");
    CHECK_STR(READ("{a(l:[1,[],[b]] o:{c:{}, d : 2})}"),
              "a:a{\"l\":[1,[],[\"b\"]],\"o\":{\"c\":{},\"d\":2}}");
}

static void variables(wfp_test_t *t)
{
    const char *query = "query Q($a: [string!]! = [1], $b: Time, $c: int = 3)"
                        "{f(a:$a o:{b:$b c:$c} l:[$b])}";

    CHECK_STR(read_with(t, query, "{\"b\":{\"x\":1},\"unknown\":1}"),
              "f:f{\"a\":[1],\"o\":{\"b\":{\"x\":1},\"c\":3},"
              "\"l\":[{\"x\":1}]}");
    CHECK_STR(read_with(t, query, NULL),
              "f:f{\"a\":[1],\"o\":{\"c\":3},\"l\":[null]}");
    CHECK_STR(read_with(t, query, "{\"a\":null}"),
              "line 1: variable $a needs a value");
    CHECK_STR(READ("query($a:int!){f(a:$a)}"),
              "line 1: variable $a needs a value");
    CHECK_STR(READ("{f(a:$b)}"), "line 1: variable $b is not declared");
}

static void what_is_none(wfp_test_t *t)
{
    CHECK_STR(READ(""), "line 1: '{' expected");
    CHECK_STR(READ("{}"), "line 1: a field expected");
    CHECK_STR(READ("{\na"), "line 2: a field expected");
    CHECK_STR(READ("{a}}"),
              "line 1: one query expected, and nothing behind it");
    CHECK_STR(READ("{a} {b}"),
              "line 1: one query expected, and nothing behind it");
    CHECK_STR(READ("mutation{a}"), "line 1: mutation is not supported");
    CHECK_STR(READ("{...F}"), "line 1: fragments are not supported");
    CHECK_STR(READ("{a @skip(if: true)}"),
              "line 1: directives are not supported");
    CHECK_STR(READ("{a a}"), "line 1: a is asked for twice");
    CHECK_STR(READ("{a b:a}"), "a:a b:a");
    CHECK_STR(READ("{a(b:1 b:2)}"), "line 1: b is there twice");
    CHECK_STR(READ("{a(b:)}"), "line 1: a value expected");
    CHECK_STR(READ("{a(b 1)}"), "line 1: ':' expected");
    CHECK_STR(READ("{a(:1)}"), "line 1: a name expected");
    CHECK_STR(READ("{a(b:\"x)}"), "line 1: a text without end");
    CHECK_STR(READ("{a(b:\"x\\"), "line 1: a text without end");
    CHECK_STR(READ("{a(b:\"\"\"x\"\"\")}"),
              "line 1: texts in three quotes are not supported");
    CHECK_STR(READ("{a(b:1.)}"), "line 1: a value that is none");
    CHECK_STR(READ("query($a:[int){a}"), "line 1: ']' expected");
    CHECK_STR(READ("query($a:){a}"), "line 1: a type expected");
    CHECK_STR(READ("query(a:int){a}"), "line 1: a variable expected");
}

/* n times what opens, and once what is in the middle of it */
static const char *nested(wfp_test_t *t, const char *open, int n,
                          const char *inner, const char *close)
{
    const char *text = inner;

    while (n-- > 0) {
        text = apr_pstrcat(t->pool, open, text, close, NULL);
    }
    return text;
}

static void bounds(wfp_test_t *t)
{
    CHECK(strstr(READ(nested(t, "{a", 16, "", "}")), "a:a"));
    CHECK_STR(READ(nested(t, "{a", 17, "", "}")),
              "line 1: fields nest too deep");
    CHECK_STR(READ(nested(t, "{a", 10000, "", "}")),
              "line 1: fields nest too deep");
    CHECK_STR(READ(apr_pstrcat(t->pool, "{a(b:", nested(t, "[", 10000, "", "]"),
                               ")}", NULL)),
              "line 1: values nest too deep");
    CHECK_STR(READ(apr_pstrcat(t->pool, "{", nested(t, "a:a ", 1001, "", ""),
                               "}", NULL)),
              "line 1: a is asked for twice");
    {
        const char *many = "";
        int i;

        for (i = 0; i < 1001; i++) {
            many = apr_psprintf(t->pool, "%s f%d", many, i);
        }
        CHECK_STR(READ(apr_pstrcat(t->pool, "{", many, "}", NULL)),
                  "line 1: too many fields");
    }
}

int main(void)
{
    static const wfp_test_case_t cases[] = {
        { "fields and labels", fields_and_labels },
        { "values", values },
        { "variables", variables },
        { "what is none", what_is_none },
        { "bounds", bounds },
        { NULL },
    };

    return wfp_test_run(cases);
}
