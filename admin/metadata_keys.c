/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One row a member of metadata. Called by metadata.c, which reads the members
 * that this server acts on.
 */
#include "admin/metadata_keys.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <string.h>

#include "core/observe.h"
#include "core/script.h"
#include "core/tail_targets.h"

/* Most bytes of JSON that are kept for a version. */
#define SETTINGS_BYTES_MAX 16384

typedef enum {
    OWN = 0, /* read elsewhere */
    PASS,    /* says nothing that matters here */
    REFUSE,  /* a feature that is not there, unless it asks for none of it */
    BOOL,    /* kept from here on */
    STRING,
    DATE,
    EGRESS,
    STRINGS,
    OBJECT,
    TAILS
} kind_e;

typedef struct row_t {
    const char *key;
    kind_e kind;
    int is_lasting;    /* of the Worker, not of a version */
    int is_idle;       /* kept, but does nothing here: told in a note */
    const char *shown; /* JSON when nothing is kept; NULL: not shown */
} row_t;

static const row_t rows[] = {
    { "annotations", OWN, 0, 0, NULL },
    { "assets", OWN, 0, 0, NULL },
    { "bindings", OWN, 0, 0, NULL },
    { "body_part", OWN, 0, 0, NULL },
    { "cache_options", REFUSE, 0, 0, NULL },
    { "capnp_schema", REFUSE, 0, 0, NULL },
    { "code_update_strategy", PASS, 0, 0, NULL },
    { "compatibility_date", DATE, 0, 0, NULL },
    { "compatibility_flags", STRINGS, 0, 0, "[]" },
    { "containers", REFUSE, 0, 0, NULL },
    { "cron", REFUSE, 0, 0, NULL },
    { "crons", REFUSE, 0, 0, NULL },
    { "egress", EGRESS, 0, 0, NULL },
    { "exports", REFUSE, 0, 0, NULL },
    { "keep_assets", OWN, 0, 0, NULL },
    { "keep_bindings", OWN, 0, 0, NULL },
    { "limits", OWN, 0, 0, NULL },
    { "logpush", BOOL, 1, 1, "false" },
    { "main_module", OWN, 0, 0, NULL },
    { "migrations", REFUSE, 0, 0, NULL },
    { "observability", OBJECT, 1, 0, WFP_OBSERVE_UNSET },
    { "package_dependencies", PASS, 0, 0, NULL },
    { "placement", OBJECT, 0, 1, "{}" },
    { "routes", REFUSE, 0, 0, NULL },
    { "schedules", REFUSE, 0, 0, NULL },
    { "streaming_tail_consumers", REFUSE, 0, 0, NULL },
    { "tags", OWN, 0, 0, NULL },
    { "tail_consumers", TAILS, 1, 0, "[]" },
    { "triggers", REFUSE, 0, 0, NULL },
    { "usage_model", STRING, 0, 0, "\"standard\"" },
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

typedef struct reader_t {
    wfp_json_t *settings;
    apr_array_header_t *notes;
    wfp_result_t *res;
    apr_pool_t *pool;
} reader_t;

static const row_t *find_row(const char *key)
{
    apr_size_t i;

    for (i = 0; i < ROWS; i++) {
        if (!strcmp(rows[i].key, key)) {
            return &rows[i];
        }
    }
    return NULL;
}

/* Does it ask for anything? null, false, "", [] and {} do not. */
static int asks(const wfp_json_t *v, apr_pool_t *p)
{
    const char *text = wfp_json_text(v, p);

    return strcmp(text, "null") && strcmp(text, "false") && strcmp(text, "\"\"")
           && strcmp(text, "[]") && strcmp(text, "{}");
}

static void note(reader_t *rd, const char *key, const char *what)
{
    APR_ARRAY_PUSH(rd->notes, const char *) = apr_psprintf(rd->pool,
                                                           "\"%.80s\" %s", key,
                                                           what);
}

static int is_date(const char *s)
{
    int i;

    for (i = 0; s && i < 10; i++) {
        if (i == 4 || i == 7 ? s[i] != '-' : !apr_isdigit(s[i])) {
            return 0;
        }
    }
    return s && !s[10];
}

static int are_strings(const wfp_json_t *v, apr_pool_t *p)
{
    apr_size_t i;

    for (i = 0; wfp_json_is_array(v) && i < wfp_json_size(v); i++) {
        if (!wfp_json_str(wfp_json_at(v, i, p))) {
            return 0;
        }
    }
    return wfp_json_is_array(v);
}

/* What a value must be for its kind, or NULL when it is that. */
static const char *ill_typed(const wfp_json_t *v, kind_e kind, apr_pool_t *p)
{
    const char *text = wfp_json_text(v, p);
    wfp_egress_e egress;

    switch (kind) {
    case BOOL:
        return !strcmp(text, "true") || !strcmp(text, "false")
                   ? NULL
                   : "is not true or false";
    case STRING:
        return wfp_json_str(v) ? NULL : "is not a string";
    case DATE:
        return is_date(wfp_json_str(v)) ? NULL : "is no date YYYY-MM-DD";
    case EGRESS:
        return wfp_script_egress_by_word(&egress, wfp_json_str(v))
                   ? NULL
                   : "is not none, outbound or direct";
    case OBJECT:
        return wfp_json_is_object(v) ? NULL : "is not an object";
    case STRINGS:
        return are_strings(v, p) ? NULL : "is not an array of strings";
    default:
        return NULL;
    }
}

static apr_status_t read_member(void *baton, const char *key, wfp_json_t *v)
{
    reader_t *rd = baton;
    const row_t *row = find_row(key);
    const char *wrong;

    if (!row) {
        note(rd, key, "is not known and was ignored");
        return APR_SUCCESS;
    }
    if (row->kind == OWN || row->kind == PASS) {
        return APR_SUCCESS;
    }
    if (row->kind == REFUSE) {
        return asks(v, rd->pool)
                   ? wfp_result_set(rd->res, WFP_INVALID, APR_EINVAL,
                                    "\"%s\" is not supported", key)
                   : APR_SUCCESS;
    }
    if (row->kind == TAILS) {
        apr_array_header_t *targets;
        apr_status_t rv = wfp_tail_targets_read(&targets, v, NULL, rd->res,
                                                rd->pool);

        if (rv != APR_SUCCESS) {
            return rv;
        }
    }
    wrong = wfp_json_is_null(v) ? NULL : ill_typed(v, row->kind, rd->pool);
    if (wrong) {
        return wfp_result_set(rd->res, WFP_INVALID, APR_EINVAL, "\"%s\" %s",
                              key, wrong);
    }
    if (!strcmp(key, "observability")) {
        apr_uint32_t word;
        apr_status_t rv = wfp_observe_read(&word, v, rd->res, rd->pool);

        if (rv != APR_SUCCESS) {
            return rv;
        }
    }
    if (row->is_idle && asks(v, rd->pool)) {
        note(rd, key, "is kept, but has no effect on this server");
    }
    wfp_json_set(rd->settings, key, v);
    return APR_SUCCESS;
}

apr_status_t wfp_metadata_keys_read(wfp_json_t *settings,
                                    apr_array_header_t *notes,
                                    const wfp_json_t *obj, wfp_result_t *res,
                                    apr_pool_t *p)
{
    reader_t rd = { settings, notes, res, p };
    apr_status_t rv = wfp_json_each(obj, read_member, &rd, p);

    if (rv == APR_SUCCESS
        && strlen(wfp_json_text(settings, p)) > SETTINGS_BYTES_MAX) {
        return wfp_result_set(res, WFP_INVALID, APR_EINVAL,
                              "the settings have more than %d bytes",
                              SETTINGS_BYTES_MAX);
    }
    return rv;
}

void wfp_metadata_keys_defaults(wfp_json_t *shown, apr_pool_t *p)
{
    apr_size_t i;

    for (i = 0; i < ROWS; i++) {
        const char *text = rows[i].shown;
        wfp_json_t *v = NULL;

        if (text && !wfp_json_get(shown, rows[i].key, p)
            && wfp_json_parse(&v, text, strlen(text), NULL, p) == APR_SUCCESS) {
            wfp_json_set(shown, rows[i].key, v);
        }
    }
}

int wfp_metadata_keys_is_lasting(const char *key)
{
    const row_t *row = find_row(key);

    return row && row->is_lasting;
}
