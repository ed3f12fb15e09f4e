/* SPDX-License-Identifier: Apache-2.0 */
/* core/headers.c against a plain model of it: the same made-up operations on
 * both, the same in each run; and the grammar of names and values byte by
 * byte. */
#include "core/headers.h"

#include <apr_strings.h>
#include <apr_tables.h>
#include <strings.h>

#include "wfp_test.h"

static const char *const names[] = { "a",      "A",          "accept", "Accept",
                                     "ACCEPT", "set-cookie", "x",      "" };
static const char *const values[] = { "", "1", "two", "a, b", "\xff\t" };

/* xorshift32 */
static apr_uint32_t next(apr_uint32_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 17;
    *seed ^= *seed << 5;
    return *seed;
}

/* The model: an array of fields, rebuilt without those of a name. */
static apr_array_header_t *without(const apr_array_header_t *model,
                                   const char *name, apr_pool_t *p)
{
    apr_array_header_t *left = apr_array_make(p, 4, sizeof(wfp_header_t));
    int i;

    for (i = 0; i < model->nelts; i++) {
        wfp_header_t field = APR_ARRAY_IDX(model, i, wfp_header_t);

        if (strcasecmp(field.name, name)) {
            APR_ARRAY_PUSH(left, wfp_header_t) = field;
        }
    }
    return left;
}

static void push(apr_array_header_t *model, const char *name, const char *value)
{
    wfp_header_t *field = apr_array_push(model);

    field->name = name;
    field->value = value;
}

static void compare(wfp_test_t *t, const wfp_headers_t *h,
                    const apr_array_header_t *model)
{
    int i;

    CHECK_INT(h->count, model->nelts);
    CHECK(h->count <= h->room);
    for (i = 0; i < h->count; i++) {
        const wfp_header_t *field = &APR_ARRAY_IDX(model, i, wfp_header_t);

        CHECK_STR(h->list[i].name, field->name);
        CHECK_STR(h->list[i].value, field->value);
    }
}

static const char *first(const apr_array_header_t *model, const char *name)
{
    int i;

    for (i = 0; i < model->nelts; i++) {
        if (!strcasecmp(APR_ARRAY_IDX(model, i, wfp_header_t).name, name)) {
            return APR_ARRAY_IDX(model, i, wfp_header_t).value;
        }
    }
    return NULL;
}

/* One operation on both; copies of what is handed over are spoilt after. */
static void step(wfp_test_t *t, wfp_headers_t **ph, apr_array_header_t **pmodel,
                 apr_uint32_t *seed, apr_pool_t *p)
{
    const char *name = names[next(seed) % 8], *value = values[next(seed) % 5];
    char *name_given = apr_pstrdup(p, name);
    char *value_given = apr_pstrdup(p, value);
    int before = (*pmodel)->nelts;

    switch (next(seed) % 6) {
    case 0:
        wfp_headers_set(*ph, name_given, value_given);
        *pmodel = without(*pmodel, name, p);
        push(*pmodel, name, value);
        break;
    case 1:
        *pmodel = without(*pmodel, name, p);
        CHECK_INT(wfp_headers_unset(*ph, name_given),
                  before - (*pmodel)->nelts);
        break;
    case 2:
        *ph = wfp_headers_clone(*ph, p);
        break;
    case 3:
        wfp_headers_addn(*ph, name, value);
        push(*pmodel, name, value);
        break;
    default:
        wfp_headers_add(*ph, name_given, value_given);
        push(*pmodel, name, value);
    }
    memset(name_given, '?', strlen(name_given));
    memset(value_given, '?', strlen(value_given));
}

static void list_is_as_its_model(wfp_test_t *t)
{
    apr_uint32_t round, seed;
    int i, k;

    for (round = 1; round <= 200; round++) {
        apr_array_header_t *model;
        wfp_headers_t *h;
        apr_pool_t *p;

        apr_pool_create(&p, t->pool);
        seed = round * 2654435761u;
        h = wfp_headers_make(p);
        model = apr_array_make(p, 4, sizeof(wfp_header_t));
        for (i = 0; i < 100; i++) {
            step(t, &h, &model, &seed, p);
            compare(t, h, model);
            for (k = 0; k < 8; k++) {
                const char *want = first(model, names[k]);
                const char *got = wfp_headers_get(h, names[k]);

                CHECK(!want == !got);
                CHECK(!want || !strcmp(want, got));
            }
        }
        apr_pool_destroy(p);
    }
}

static void clone_lives_on_alone(wfp_test_t *t)
{
    wfp_headers_t *h, *copy;
    apr_pool_t *p;
    int i;

    apr_pool_create(&p, t->pool);
    h = wfp_headers_make(p);
    for (i = 0; i < 50; i++) {
        wfp_headers_add(h, apr_psprintf(p, "n%d", i), "v");
    }
    copy = wfp_headers_clone(h, t->pool);
    wfp_headers_set(h, "n0", "changed");
    apr_pool_destroy(p);
    for (i = 0; i < 50; i++) {
        CHECK_STR(copy->list[i].name, apr_psprintf(t->pool, "n%d", i));
        CHECK_STR(copy->list[i].value, "v");
    }
    wfp_headers_add(copy, "more", "v");
    CHECK_INT(copy->count, 51);
}

/* RFC 9110, 5.6.2 */
static void every_byte_has_its_place(wfp_test_t *t)
{
    static const char tchar[] =
        "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"
        "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    int c, place;

    for (c = 0; c < 256; c++) {
        int is_name = c && strchr(tchar, c) != NULL;
        int is_value = c != '\r' && c != '\n' && c != 0;

        for (place = 0; place < 3; place++) {
            char text[3] = { 'x', 'x', 'x' };

            text[place] = (char)c;
            CHECK_INT(wfp_headers_is_name(text, 3), is_name);
            CHECK_INT(wfp_headers_is_name(text, (apr_size_t)place), place > 0);
            CHECK_INT(wfp_headers_is_value(text, 3), is_value);
            CHECK_INT(wfp_headers_is_value(text, (apr_size_t)place), 1);
        }
    }
}

static const wfp_test_case_t cases[] = {
    { "list_is_as_its_model", list_is_as_its_model },
    { "clone_lives_on_alone", clone_lives_on_alone },
    { "every_byte_has_its_place", every_byte_has_its_place },
    { NULL, NULL },
};

int main(void)
{
    return wfp_test_run(cases);
}
