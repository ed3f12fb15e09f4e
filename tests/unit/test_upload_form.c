/* SPDX-License-Identifier: Apache-2.0 */
/* admin/upload_form.c: bodies as the clients send them. */
#include "admin/upload_form.h"

#include <apr_strings.h>

#include "wfp_test.h"

#define B          "------formdata-undici-034075693830"
#define TYPE       "multipart/form-data; boundary=----formdata-undici-034075693830"
#define SDK7       "application/javascript"
#define DISP       "Content-Disposition: form-data; name="
#define FIELD(n)   B "\r\n" DISP "\"" n "\"\r\n\r\n"
#define FILE(n, f) B "\r\n" DISP "\"" n "\"; filename=\"" f "\"\r\n"
#define LUA        "Content-Type: text/x-lua\r\n\r\nreturn {}\r\n"
#define TEXT       "Content-Type: text/plain\r\n\r\nreturn {}\r\n"
#define STUB                                                                   \
    "Content-Type: application/javascript+module\r\n\r\nexport default "       \
    "{};\n\r\n"
#define END B "--\r\n"

static const char kinds[] = "ltjd";

/* "main[ !] name:kind:size name:kind:size | field", or why it is refused. */
static const char *story(wfp_test_t *t, const wfp_upload_source_t *from)
{
    wfp_upload_form_t *form = NULL;
    wfp_result_t res;
    const char *text;
    int i;
    apr_status_t rv;

    wfp_result_init(&res, t->pool);
    rv = wfp_upload_form_read(&form, from, &res, t->pool);
    if (rv != APR_SUCCESS) {
        CHECK_INT(rv, APR_EINVAL);
        CHECK_INT(res.code, WFP_INVALID);
        return res.message;
    }
    text = apr_pstrcat(t->pool, form->main_module, form->has_modules ? "" : "!",
                       NULL);
    for (i = 0; i < form->modules->nelts; i++) {
        const wfp_module_t *m = &APR_ARRAY_IDX(form->modules, i, wfp_module_t);

        CHECK_INT(m->data[m->size], 0);
        text = apr_psprintf(t->pool, "%s %s:%c:%d", text, m->name,
                            kinds[m->kind], (int)m->size);
    }
    return apr_pstrcat(t->pool, text, " | ",
                       wfp_json_text(form->field, t->pool), NULL);
}

static const char *upload(wfp_test_t *t, const char *type, const char *body)
{
    wfp_upload_source_t from = { type, NULL, NULL,        "metadata",
                                 1,    body, strlen(body) };

    return story(t, &from);
}

static const char *settings(wfp_test_t *t, const char *type, const char *body)
{
    wfp_upload_source_t from = { type, NULL, NULL,        "settings",
                                 0,    body, strlen(body) };

    return story(t, &from);
}

static void wrangler(wfp_test_t *t)
{
    CHECK_STR(
        upload(t, TYPE,
               FIELD("metadata") "{\"main_module\":\"worker.lua\"}\r\n" FILE(
                   "stub.js", "stub.js")
                   STUB FILE("lib/util.lua", "lib/util.lua")
                       TEXT FILE("worker.lua", "worker.lua") TEXT END),
        "worker.lua lib/util.lua:l:9 worker.lua:l:9 | "
        "{\"main_module\":\"worker.lua\"}");
}

static void curl(wfp_test_t *t)
{
    CHECK_STR(upload(t, "multipart/form-data; boundary=xx",
                     "--xx\r\n" DISP "\"metadata\"\r\n"
                     "Content-Type: application/json\r\n\r\n"
                     "{\"main_module\":\"worker.lua\"}\r\n"
                     "--xx\r\n" DISP "\"worker.lua\"; filename=\"a.lua\"\r\n"
                     "Content-Type: application/octet-stream\r\n\r\n"
                     "return {}\n\r\n--xx--\r\n"),
              "worker.lua worker.lua:l:10 | {\"main_module\":\"worker.lua\"}");
}

static void sdk_4_to_6(wfp_test_t *t)
{
    static const char *const names[] = { "0", "files", "w.lua" };
    int i;

    for (i = 0; i < 3; i++) {
        /* with the CR LF too many that these send */
        const char *body = apr_pstrcat(
            t->pool,
            FILE("metadata",
                 "metadata") "Content-Type: application/json\r\n"
                             "\r\n{\"main_module\":\"lib/w.lua\"}\r\n" B
                             "\r\n" DISP "\"",
            i == 2 ? "lib/w.lua" : names[i],
            "\"; filename=\"lib/w.lua\"\r\n" LUA END "\r\n", NULL);

        CHECK_STR(upload(t, TYPE, body),
                  "lib/w.lua lib/w.lua:l:9 | {\"main_module\":\"lib/w.lua\"}");
    }
}

static void sdk_7(wfp_test_t *t)
{
    CHECK_STR(
        upload(
            t, SDK7,
            FIELD("metadata[main_module]") "w.lua\r\n" FIELD("metadata[bindings][][type]") "plain_text\r\n" FIELD("metadata[bindings][][name]") "A\r\n" FIELD(
                "metadata[bindings][][text]") "x\r\n" FIELD("metadata[tags][]") "pro\r\n" FILE("files[]",
                                                                                               "w.lua")
                LUA FILE("files[]", "u.lua") LUA END),
        "w.lua w.lua:l:9 u.lua:l:9 | {\"main_module\":\"w.lua\",\"bindings\":"
        "[{\"type\":\"plain_text\",\"name\":\"A\",\"text\":\"x\"}],"
        "\"tags\":[\"pro\"]}");
    CHECK_STR(upload(t, SDK7,
                     FIELD("metadata") "{\"main_module\":\"w.lua\"}\r\n" FILE(
                         "files[]", "w.lua") LUA END),
              "w.lua w.lua:l:9 | {\"main_module\":\"w.lua\"}");
    CHECK_STR(upload(t, NULL,
                     FIELD("metadata") "{\"main_module\":\"w.lua\"}\r\n" FILE(
                         "files[0]", "w.lua") LUA END),
              "w.lua w.lua:l:9 | {\"main_module\":\"w.lua\"}");
}

static void json_without_files(wfp_test_t *t)
{
    CHECK_STR(upload(t, SDK7, "{\"metadata\":{\"main_module\":\"w.lua\"}}"),
              "\"w.lua\" is named as main module, but is not among the files");
    CHECK_STR(settings(t, "application/json", " {\"settings\":{\"tags\":[]}}"),
              " | {\"tags\":[]}");
    CHECK_STR(settings(t, SDK7, "{\"settings\":\"{\\\"tags\\\":[]}\"}"),
              " | {\"tags\":[]}");
    CHECK_STR(settings(t, "text/plain", "{\"tags\":[]}"), " | {\"tags\":[]}");
    CHECK_STR(settings(t, SDK7, "{\"settings\":1}"),
              "\"settings\" is not a JSON object");
}

static void raw_script(wfp_test_t *t)
{
    CHECK_STR(upload(t, SDK7, "return { fetch = f }"),
              "worker.lua! worker.lua:l:20 | {}");
    CHECK_STR(upload(t, NULL, "-- a\r\nreturn {}"),
              "worker.lua! worker.lua:l:15 | {}");
    CHECK_STR(upload(t, SDK7, ""), "the upload's body: it is empty");
    CHECK_STR(settings(t, SDK7, "return 1"),
              "\"settings\" is missing: the body is neither JSON nor a form");
}

static void settings_form(wfp_test_t *t)
{
    CHECK_STR(settings(t, TYPE, FIELD("settings") "{\"tags\":[\"a\"]}\r\n" END),
              " | {\"tags\":[\"a\"]}");
    CHECK_STR(
        settings(
            t, TYPE,
            FILE("settings",
                 "settings") "Content-Type: "
                             "application/json\r\n\r\n{\"tags\":[]}\r\n" END),
        " | {\"tags\":[]}");
    CHECK_STR(settings(t, SDK7,
                       FIELD("settings[tags][]") "a\r\n" FIELD(
                           "settings[logpush]") "false\r\n" END),
              " | {\"tags\":[\"a\"],\"logpush\":false}");
}

static void main_by_header(wfp_test_t *t)
{
    const char *body = FILE("worker.lua", "worker.lua") LUA END;
    wfp_upload_source_t from = { TYPE, "worker.lua", NULL,        "metadata",
                                 1,    body,         strlen(body) };

    CHECK_STR(story(t, &from), "worker.lua worker.lua:l:9 | {}");
    from.main_part = NULL;
    CHECK_STR(story(t, &from),
              "\"metadata\" names neither a main_module nor a body_part");
    from.body_part = "worker.lua";
    CHECK_STR(story(t, &from), "worker.lua! worker.lua:l:9 | {}");
    from.body_part = "other.lua";
    CHECK_STR(story(t, &from),
              "\"other.lua\" is named as main module, but is not "
              "among the files");
}

static void body_part(wfp_test_t *t)
{
    CHECK_STR(upload(t, TYPE,
                     FIELD("metadata") "{\"body_part\":\"script\"}\r\n" FILE(
                         "script", "x") "Content-Type: application/"
                                        "javascript\r\n\r\nreturn {}\r\n" END),
              "script! script:l:9 | {\"body_part\":\"script\"}");
    CHECK_STR(upload(t, TYPE, FIELD("metadata") "{\"main_module\":1}\r\n" END),
              "\"main_module\" is not a string");
}

static void main_is_lua_whatever_its_name(wfp_test_t *t)
{
    CHECK_STR(upload(t, TYPE,
                     FIELD("metadata") "{\"main_module\":\"./w.js\"}\r\n" FILE(
                         "w.js",
                         "w.js") "Content-Type: application/"
                                 "javascript+module\r\n\r\n-- lua\r\n" END),
              "w.js w.js:l:6 | {\"main_module\":\"./w.js\"}");
}

/* Section 5 of the contract: what wrangler needs. */
static void a_stub_as_main_gives_way(wfp_test_t *t)
{
    const char *head = FIELD(
        "metadata") "{\"main_module\":\"stub.js\"}\r\n" FILE("stub.js",
                                                             "stub.js") STUB;
    const char
        *polyglot = FIELD("metadata") "{\"main_module\":\"stub.js\"}\r\n" FILE(
            "stub.js",
            "stub.js") "Content-Type: "
                       "application/javascript+module\r\n\r\n--[[/*]]\r\n";

#define WITH(files) upload(t, TYPE, apr_pstrcat(t->pool, head, files END, NULL))
    CHECK_STR(WITH(FILE("app.lua", "app.lua")
                       TEXT FILE("lib/u.lua", "lib/u.lua") STUB),
              "app.lua app.lua:l:9 lib/u.lua:l:19 | "
              "{\"main_module\":\"stub.js\"}");
    CHECK_STR(WITH(FILE("app.lua", "app.lua")
                       TEXT FILE("worker.lua", "worker.lua") TEXT),
              "worker.lua app.lua:l:9 worker.lua:l:9 | "
              "{\"main_module\":\"stub.js\"}");
    CHECK_STR(WITH(FILE("a.lua", "a.lua") TEXT FILE("b.lua", "b.lua") TEXT),
              "stub.js stub.js:l:19 a.lua:l:9 b.lua:l:9 | "
              "{\"main_module\":\"stub.js\"}");
    CHECK_STR(upload(t, TYPE,
                     apr_pstrcat(t->pool, polyglot,
                                 FILE("u.lua", "u.lua") TEXT END, NULL)),
              "stub.js stub.js:l:8 u.lua:l:9 | {\"main_module\":\"stub.js\"}");
#undef WITH
}

static void kinds_by_name_then_type(wfp_test_t *t)
{
    CHECK_STR(
        upload(t, TYPE,
               FIELD("metadata") "{\"main_module\":\"w\"}\r\n" FILE(
                   "w", "w") LUA FILE("page.tpl", "x") TEXT FILE("util", "x")
                   LUA FILE("a.json", "x") TEXT FILE(
                       "site.js",
                       "x") "Content-Type: text/javascript\r\n"
                            "\r\nx\r\n" FILE(
                                "logo.png",
                                "x") "Content-Type: image/png\r\n\r\n"
                                     "x\r\n" FILE(
                                         "w.js.map",
                                         "x") "Content-Type: application/"
                                              "source-map\r\n\r\nx\r\n" END),
        "w w:l:9 page.tpl:t:9 util:l:9 a.json:j:9 site.js:t:1 "
        "logo.png:d:1 | {\"main_module\":\"w\"}");
}

static void an_empty_file_and_one_of_bytes(wfp_test_t *t)
{
    static const char body[] =
        FIELD("metadata") "{\"main_module\":\"w.lua\"}\r\n" FILE(
            "w.lua", "w.lua") "\r\n"
                              "\0\r\n-\r\n" B
                              "x\0\r\n" FILE("e", "e") "\r\n\r\n" END;
    wfp_upload_source_t from = {
        TYPE, NULL, NULL, "metadata", 1, body, sizeof(body) - 1
    };

    /* a line that begins with the boundary is an error, not data */
    CHECK_STR(story(t, &from), "the upload's body: a malformed boundary");
    CHECK_STR(upload(t, TYPE,
                     FIELD("metadata") "{\"main_module\":\"e\"}\r\n" FILE(
                         "e", "e") "\r\n\r\n" FILE("b", "b") "\r\n\r\n-\r\n--x"
                                                             "\r\n" END),
              "e e:l:0 b:d:8 | {\"main_module\":\"e\"}");
}

static void bad_bodies_are_refused(wfp_test_t *t)
{
    static const struct {
        const char *type, *body, *why;
    } rows[] = {
        { TYPE, FIELD("metadata") "{oops\r\n" END,
          "\"metadata\": invalid JSON: string or '}' expected at byte 5" },
        { TYPE, FIELD("metadata") "[]\r\n" END,
          "\"metadata\" is not a JSON object" },
        { TYPE, FIELD("metadata") "{}\r\n" FIELD("metadata") "{}\r\n" END,
          "\"metadata\" is given twice" },
        { TYPE, FIELD("metadata") "{}\r\n" FIELD("metadata[a]") "x\r\n" END,
          "\"metadata\" is given twice" },
        { TYPE, FIELD("metadata[]") "x\r\n" END,
          "field \"metadata[]\" names no member" },
        { TYPE, FIELD("metadata") "{}\r\n",
          "the upload's body: the closing boundary is missing" },
        { TYPE, "", "the upload's body: the closing boundary is missing" },
        { "multipart/form-data; boundary=other", FIELD("metadata") "{}" END,
          "the upload's body: the closing boundary is missing" },
        { "multipart/form-data", "x",
          "the upload's body: the Content-Type has no good boundary" },
        { TYPE, FIELD("") "x\r\n" END,
          "the upload's body: a file has no name" },
        { TYPE, FIELD("./") "x\r\n" END,
          "the upload's body: a file has no name" },
        { TYPE, FIELD("metadata") "{}\r\n" END,
          "\"metadata\" names neither a main_module nor a body_part" },
    };
    apr_size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        CHECK_STR(upload(t, rows[i].type, rows[i].body), rows[i].why);
    }
}

static void a_header_without_boundary_is_no_obstacle(wfp_test_t *t)
{
    CHECK_STR(upload(t, "multipart/form-data",
                     FIELD("metadata") "{\"main_module\":\"w.lua\"}\r\n" FILE(
                         "w.lua", "w.lua") LUA END),
              "w.lua w.lua:l:9 | {\"main_module\":\"w.lua\"}");
}

static const wfp_test_case_t cases[] = {
    { "wrangler", wrangler },
    { "curl", curl },
    { "sdk_4_to_6", sdk_4_to_6 },
    { "sdk_7", sdk_7 },
    { "json_without_files", json_without_files },
    { "raw_script", raw_script },
    { "settings_form", settings_form },
    { "main_by_header", main_by_header },
    { "body_part", body_part },
    { "main_is_lua_whatever_its_name", main_is_lua_whatever_its_name },
    { "a_stub_as_main_gives_way", a_stub_as_main_gives_way },
    { "kinds_by_name_then_type", kinds_by_name_then_type },
    { "an_empty_file_and_one_of_bytes", an_empty_file_and_one_of_bytes },
    { "bad_bodies_are_refused", bad_bodies_are_refused },
    { "a_header_without_boundary_is_no_obstacle",
      a_header_without_boundary_is_no_obstacle },
    { NULL, NULL },
};

int main(void)
{
    return wfp_test_run(cases);
}
