/* SPDX-License-Identifier: Apache-2.0 */
/* HTMLRewriter: what is refused, and what errors in handlers do. */
#include "tests/unit/rewriter_fixture.h"

static void refused(wfp_test_t *t, const char *code, const char *want)
{
    const char *got = rewrite(
        t, apr_psprintf(t->pool,
                        PAGE("<p>a</p>") "local _, e = pcall(function() "
                                         "%s end) note(e)",
                        code));

    CHECK(strncmp(got, "<p>a</p>|", 9) == 0);
    CHECK_STR(got + 9, want);
}

static void bad_arguments_are_refused(wfp_test_t *t)
{
    refused(t, "rw:on(1, {})",
            "TypeError: HTMLRewriter.on: the selector must be a string, got "
            "number");
    refused(t, "rw:on('a + b', {})",
            "TypeError: HTMLRewriter.on: selector \"a + b\": unsupported: "
            "\"+\"");
    refused(t, "rw:on('a', 1)",
            "TypeError: HTMLRewriter.on: the handlers must be a table, got "
            "number");
    refused(t, "rw:on('a', {element=1})",
            "TypeError: HTMLRewriter.on: handler \"element\" must be a "
            "function, got number");
    refused(t, "rw:onDocument()",
            "TypeError: HTMLRewriter.onDocument: the handlers must be a table, "
            "got nil");
    refused(t, "rw.on({}, 'a', {})",
            "TypeError: HTMLRewriter expected, got table (call methods with a "
            "colon)");
    refused(t, "rw:transform('x')",
            "TypeError: HTMLRewriter.transform: Response expected, got string");
    refused(t,
            "rw:transform(Response.new('x', {headers={['content-encoding']="
            "'gzip'}}))",
            "TypeError: HTMLRewriter.transform: the body has content-encoding "
            "gzip; ask the origin for accept-encoding identity");
    refused(t, "local r = Response.new('x') r:text() rw:transform(r)",
            "TypeError: Body has already been used");
    refused(t, "local r = Response.new('x') rw:transform(r) r:text()",
            "TypeError: Body has already been used");
    refused(t, "rw.x = 1",
            "TypeError: Cannot assign to read only property 'x'");
}

#define IN_HANDLER(code)                                                       \
    PAGE("<p>a</p>")                                                           \
    "rw:on('p', {element=function(e)\n"                                        \
    "note(select(2, pcall(function() " code " end))) end})"

static void bad_arguments_of_objects_are_refused(wfp_test_t *t)
{
    CHECK_STR(rewrite(t, IN_HANDLER("e:before()")),
              "<p>a</p>|TypeError: before: the content must be a string, got "
              "nil");
    CHECK_STR(rewrite(t, IN_HANDLER("e:append('x', 1)")),
              "<p>a</p>|TypeError: append: the options must be a table, got "
              "number");
    CHECK_STR(rewrite(t, IN_HANDLER("e:setAttribute('a b', 'c')")),
              "<p>a</p>|TypeError: setAttribute: invalid name");
    CHECK_STR(rewrite(t, IN_HANDLER("e:setAttribute('', 'c')")),
              "<p>a</p>|TypeError: setAttribute: invalid name");
    CHECK_STR(rewrite(t, IN_HANDLER("e:setAttribute('a', {})")),
              "<p>a</p>|TypeError: setAttribute: the value must be a string, "
              "got table");
    CHECK_STR(rewrite(t, IN_HANDLER("e:getAttribute()")),
              "<p>a</p>|TypeError: getAttribute: the name must be a string, "
              "got nil");
    CHECK_STR(rewrite(t, IN_HANDLER("e.tagName = '1'")),
              "<p>a</p>|TypeError: tagName: invalid name");
    CHECK_STR(rewrite(t, IN_HANDLER("e.removed = true")),
              "<p>a</p>|TypeError: Cannot assign to read only property "
              "'removed'");
    CHECK_STR(rewrite(t, IN_HANDLER("e.before({}, 'x')")),
              "<p>a</p>|TypeError: Element expected, got table (call methods "
              "with a colon)");
}

static void objects_do_not_outlive_their_handler(wfp_test_t *t)
{
    static const char want[] =
        "TypeError: An object of HTMLRewriter was used after its handler had "
        "ended";

    CHECK_STR(rewrite(t, PAGE("<a>x</a><b>") "local kept\n"
                                             "rw:on('a', {element=function(e) "
                                             "kept = e end})\n"
                                             ":on('b', {element=function(e)\n"
                                             "note(select(2, pcall(kept.before,"
                                             " kept, 'x'))) end})"),
              apr_pstrcat(t->pool, "<a>x</a><b>|", want, NULL));
    CHECK_STR(answer(t, apr_pstrcat(
                            t->pool, before,
                            "local kept\nrw:on('a', {text=function(c) kept = c "
                            "end})\n"
                            "rw:transform(Response.new('<a>x')):text()\n"
                            "note(select(2, pcall(function() return kept.text "
                            "end)))\n"
                            "return Response.new(log[1])\nend }",
                            NULL)),
              want);
    /* all handlers of a token share its turn */
    CHECK_STR(rewrite(t, PAGE("<a>") "local kept\n"
                                     "rw:on('a', {element=function(e) kept = e "
                                     "end}):on('a', {element=function(e) "
                                     "kept:before(tostring(rawequal(kept, e)))"
                                     " end})"),
              "true<a>");
}

static void errors_in_handlers_end_the_body(wfp_test_t *t)
{
    CHECK_STR(answer(t, apr_pstrcat(t->pool, before,
                                    "rw:on('a', {element=function() error("
                                    "'no', 0) end})\n"
                                    "return rw:transform(Response.new("
                                    "'x<a>'))\nend }",
                                    NULL)),
              "exception: no");
    CHECK_STR(answer(t, apr_pstrcat(t->pool, before,
                                    "return rw:transform(Response.new("
                                    "'<select><title>'))\nend }",
                                    NULL)),
              "exception: HTMLRewriter: browsers disagree how this page is to "
              "be read");
    CHECK_STR(answer(t, apr_pstrcat(t->pool, before,
                                    "return rw:transform(Response.new(('<a>')"
                                    ":rep(20000)))\nend }",
                                    NULL)),
              "exception: HTMLRewriter: too many elements are open");
    CHECK_STR(answer(t, apr_pstrcat(t->pool, before,
                                    "return rw:transform(Response.new(('<a ')"
                                    ".. ('x'):rep(1100000) .. '>'))\nend }",
                                    NULL)),
              "exception: HTMLRewriter: a tag is too large");
    CHECK_STR(answer(t, apr_pstrcat(t->pool, before,
                                    "rw:onDocument{comments=function() end}\n"
                                    "return rw:transform(Response.new('<!--' "
                                    ".. ('x'):rep(1100000) .. '-->'))\nend }",
                                    NULL)),
              "exception: HTMLRewriter: a comment is too large for its "
              "handler");
    CHECK_INT(strlen(answer(t, apr_pstrcat(t->pool, before,
                                           "return rw:transform(Response.new("
                                           "'<!--' .. ('x'):rep(1100000) .. "
                                           "'-->'))\nend }",
                                           NULL))),
              1100007);
}

static const wfp_test_case_t cases[] = {
    { "bad_arguments_are_refused", bad_arguments_are_refused },
    { "bad_arguments_of_objects_are_refused",
      bad_arguments_of_objects_are_refused },
    { "objects_do_not_outlive_their_handler",
      objects_do_not_outlive_their_handler },
    { "errors_in_handlers_end_the_body", errors_in_handlers_end_the_body },
    { NULL, NULL },
};

int main(void)
{
    return fixture_main(cases);
}
