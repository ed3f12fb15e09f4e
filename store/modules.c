/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Uploaded code: the modules of a Worker's version. Called by scripts.c. It
 * must not know which version runs.
 */
#include <apr_strings.h>
#include <string.h>

#include "core/crypto.h"
#include "store/column.h"
#include "store/tx.h"

static const char *const kind_names[] = { "lua", "text", "json", "data" };

/* One digest over everything that makes the code: names, kinds, bytes. */
static const char *digest(const wfp_script_t *script, apr_pool_t *p)
{
    const char *all = script->main_module;
    int i;

    for (i = 0; i < script->modules->nelts; i++) {
        const wfp_module_t *module = &APR_ARRAY_IDX(script->modules, i,
                                                    wfp_module_t);

        all = apr_pstrcat(p, all, "\n", module->name, "\n",
                          kind_names[module->kind], "\n",
                          wfp_crypto_sha256_hex(module->data, module->size, p),
                          NULL);
    }
    return wfp_crypto_sha256_hex(all, strlen(all), p);
}

static apr_status_t insert_module(wfp_dbd_t *db, const char *code_id, int pos,
                                  const wfp_module_t *module)
{
    static const wfp_sql_t insert = {
        "modules_insert",
        "INSERT INTO modules (code_id, pos, name, kind, size, body) "
        "VALUES (%s, %d, %s, %s, %lld, %s)"
    };
    apr_pool_t *sub;
    apr_status_t rv = apr_pool_create(&sub, db->pool);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    rv = wfp_dbd_exec(NULL, db, &insert,
                      DBD_ARGS(code_id, wfp_dbd_num(db, pos), module->name,
                               kind_names[module->kind],
                               wfp_dbd_num(db, (apr_int64_t)module->size),
                               wfp_column_base64(module->data, module->size,
                                                 sub)));
    apr_pool_destroy(sub);
    return rv;
}

apr_status_t wfp_modules_insert(const char **pcode_id, const char **petag,
                                wfp_dbd_t *db, const char *script_id,
                                const wfp_script_t *script)
{
    static const wfp_sql_t insert = {
        "codes_insert",
        "INSERT INTO codes (id, script_id, main_module, etag, size) "
        "VALUES (%s, %s, %s, %s, %lld)"
    };
    char *id = apr_palloc(db->pool, WFP_UUID_SIZE);
    const char *etag = digest(script, db->pool);
    apr_int64_t size = 0;
    int i;
    apr_status_t rv = wfp_crypto_uuid(id);

    if (rv != APR_SUCCESS) {
        return wfp_result_set(db->res, WFP_INTERNAL, rv, "no random bytes");
    }
    for (i = 0; i < script->modules->nelts; i++) {
        size += (apr_int64_t)APR_ARRAY_IDX(script->modules, i, wfp_module_t)
                    .size;
    }
    rv = wfp_dbd_exec(NULL, db, &insert,
                      DBD_ARGS(id, script_id, script->main_module, etag,
                               wfp_dbd_num(db, size)));
    for (i = 0; rv == APR_SUCCESS && i < script->modules->nelts; i++) {
        rv = insert_module(db, id, i,
                           &APR_ARRAY_IDX(script->modules, i, wfp_module_t));
    }
    *pcode_id = id;
    *petag = etag;
    return rv;
}

static wfp_module_e kind_by_name(const char *name)
{
    int i;

    for (i = 0; i <= WFP_MODULE_DATA; i++) {
        if (strcmp(name, kind_names[i]) == 0) {
            return (wfp_module_e)i;
        }
    }
    return WFP_MODULE_DATA;
}

apr_status_t wfp_modules_read(wfp_script_t *script, wfp_dbd_t *db,
                              const char *code_id)
{
    static const wfp_sql_t list = { "modules_list",
                                    "SELECT name, kind, body FROM modules "
                                    "WHERE code_id = %s ORDER BY pos" };
    apr_array_header_t *rows;
    int i;
    apr_status_t rv = wfp_dbd_rows(&rows, db, &list, 3, DBD_ARGS(code_id));

    if (rv != APR_SUCCESS) {
        return rv;
    }
    script->modules = apr_array_make(db->pool, rows->nelts + 1,
                                     sizeof(wfp_module_t));
    for (i = 0; i < rows->nelts; i++) {
        const char **row = APR_ARRAY_IDX(rows, i, const char **);
        wfp_module_t *module = apr_array_push(script->modules);

        module->name = row[0];
        module->kind = kind_by_name(row[1]);
        wfp_column_unbase64(&module->data, &module->size, row[2], db->pool);
    }
    return APR_SUCCESS;
}
