/* SPDX-License-Identifier: Apache-2.0 */
/* A letter ("m": metadata, "s": settings), a Content-Type, a newline, a body:
 * the path of an upload up to where its code is compiled. What is made of it is
 * sound, and a PATCH of nothing changes nothing. */
#include <apr_general.h>

#include "admin/metadata.h"
#include "admin/upload_form.h"
#include "core/binding_json.h"
#include "tests/fuzz/fuzz.h"

const char *const fuzz_name = "upload";

static const char *text_of(const wfp_script_t *script, apr_pool_t *p)
{
    wfp_json_t *obj, *again;
    const char *text;

    FUZZ_CHECK(wfp_metadata_write(&obj, script, NULL, p) == APR_SUCCESS);
    text = wfp_json_text(obj, p);
    FUZZ_CHECK(wfp_json_parse(&again, text, strlen(text), NULL, p)
               == APR_SUCCESS);
    return text;
}

/* A script made of metadata on top of `prev`; NULL: refused. */
static wfp_script_t *apply(const wfp_json_t *obj, wfp_metadata_mode_e mode,
                           const wfp_script_t *prev, apr_pool_t *p)
{
    wfp_script_t *next = wfp_script_make(p);
    wfp_metadata_t *meta;
    wfp_result_t res;
    apr_status_t rv;

    wfp_result_init(&res, p);
    rv = wfp_metadata_read(&meta, obj, mode, NULL, &res, p);
    if (rv == APR_SUCCESS) {
        rv = wfp_metadata_apply(next, meta, prev, &res, p);
    }
    FUZZ_CHECK((rv == APR_SUCCESS) == (res.code == WFP_OK));
    return rv == APR_SUCCESS ? next : NULL;
}

static void check_metadata(const wfp_json_t *obj, apr_pool_t *p)
{
    wfp_script_t *first = apply(obj, WFP_METADATA_UPLOAD, NULL, p);
    wfp_script_t *same;

    if (first) {
        same = apply(NULL, WFP_METADATA_PATCH, first, p);
        FUZZ_CHECK(same && !strcmp(text_of(first, p), text_of(same, p)));
        (void)apply(obj, WFP_METADATA_VERSION, first, p);
        (void)apply(obj, WFP_METADATA_PATCH, first, p);
    }
}

static void check_modules(const wfp_upload_form_t *form, size_t size)
{
    size_t total = 0;
    int i, found = 0;

    for (i = 0; i < form->modules->nelts; i++) {
        const wfp_module_t *m = &APR_ARRAY_IDX(form->modules, i, wfp_module_t);

        FUZZ_CHECK(*m->name && m->data[m->size] == '\0');
        total += m->size;
        found |= m->name == form->main_module && m->kind == WFP_MODULE_LUA;
    }
    FUZZ_CHECK(total <= size && (found || !*form->main_module));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static apr_pool_t *pool;
    char *text = fuzz_text(data, n), *body = strchr(text, '\n');
    wfp_upload_source_t from = { 0 };
    wfp_upload_form_t *form;
    wfp_result_t res;

    if (!pool) {
        apr_initialize();
        apr_pool_create(&pool, NULL);
    }
    if (body) {
        char *copy;

        *body++ = '\0';
        from.content_type = *text ? text + 1 : NULL;
        from.needs_code = *text == 'm';
        from.field = from.needs_code ? "metadata" : "settings";
        from.size = n - (size_t)(body - text);
        /* ends where the input ends: who reads on is seen */
        copy = malloc(from.size ? from.size : 1);
        FUZZ_CHECK(copy != NULL);
        memcpy(copy, body, from.size);
        from.body = copy;
        wfp_result_init(&res, pool);
        if (wfp_upload_form_read(&form, &from, &res, pool) == APR_SUCCESS) {
            FUZZ_CHECK(wfp_json_is_object(form->field));
            check_modules(form, from.size);
            check_metadata(form->field, pool);
        }
        free(copy);
    }
    free(text);
    apr_pool_clear(pool);
    return 0;
}
