/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads a Worker's files. Called by cmd_deploy.c. What is in them is
 * admin/upload's business; here only what would fill the memory is refused.
 */
#include "admin/wfpctl/folder.h"

#include <apr_file_info.h>
#include <apr_file_io.h>
#include <apr_lib.h>
#include <apr_strings.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "admin/upload.h"

#define DEPTH_MAX 16
#define FILES_MAX 1000

typedef struct reader_t {
    wfp_script_t *script;
    wfp_result_t *res;
    apr_pool_t *pool;
    apr_size_t bytes;
    const char *root;
} reader_t;

static apr_status_t refuse(reader_t *rd, apr_status_t rv, const char *path,
                           const char *what)
{
    return wfp_result_set(rd->res, WFP_INVALID, rv, "%s: %s", path, what);
}

static apr_status_t read_file(reader_t *rd, const char *path, const char *name,
                              apr_off_t size)
{
    apr_file_t *file;
    wfp_module_t *module;
    char *data;
    apr_size_t n;
    apr_status_t rv;

    if (size > WFP_UPLOAD_BYTES_MAX
        || rd->bytes + (apr_size_t)size > WFP_UPLOAD_BYTES_MAX) {
        return refuse(rd, APR_EINVAL, path, "more than 10 MB in all");
    }
    if (rd->script->modules->nelts >= FILES_MAX) {
        return refuse(rd, APR_EINVAL, path, "more than 1000 files");
    }
    n = (apr_size_t)size;
    data = apr_palloc(rd->pool, n + 1);
    data[n] = '\0';
    rv = apr_file_open(&file, path, APR_FOPEN_READ, APR_FPROT_OS_DEFAULT,
                       rd->pool);
    if (rv == APR_SUCCESS) {
        rv = n ? apr_file_read_full(file, data, n, NULL) : APR_SUCCESS;
        (void)apr_file_close(file); /* it was only read */
    }
    if (rv != APR_SUCCESS) {
        return refuse(rd, rv, path, "cannot be read");
    }
    rd->bytes += n;
    module = apr_array_push(rd->script->modules);
    memset(module, 0, sizeof(*module));
    module->name = name;
    module->data = data;
    module->size = n;
    module->kind = wfp_module_kind_by_name(name);
    return APR_SUCCESS;
}

static int is_inside(const char *root, const char *path)
{
    char whole[PATH_MAX], there[PATH_MAX];
    apr_size_t n;

    if (!realpath(root, whole) || !realpath(path, there)) {
        return 0;
    }
    n = strlen(whole);
    n -= whole[n - 1] == '/'; /* "/" alone ends with one */
    return !strncmp(whole, there, n) && (there[n] == '/' || !there[n]);
}

apr_status_t wfp_folder_look(apr_finfo_t *pinfo, const char *root,
                             const char *path, wfp_result_t *res, apr_pool_t *p)
{
    const char *why = "cannot be read";
    apr_status_t rv = apr_stat(pinfo, path, APR_FINFO_TYPE | APR_FINFO_LINK, p);

    if (rv == APR_SUCCESS && pinfo->filetype == APR_LNK
        && !is_inside(root, path)) {
        why = "is a link out of the folder";
        rv = APR_EACCES;
    }
    if (rv == APR_SUCCESS) {
        rv = apr_stat(pinfo, path, APR_FINFO_TYPE | APR_FINFO_SIZE, p);
    }
    if (rv == APR_SUCCESS && pinfo->filetype != APR_DIR
        && pinfo->filetype != APR_REG) {
        why = "is neither file nor folder";
        rv = APR_EINVAL;
    }
    return rv == APR_SUCCESS
               ? rv
               : wfp_result_set(res, WFP_INVALID, rv, "%s: %s", path, why);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Its entries but those with a dot in front, sorted: the same folder gives
 * the same upload. */
static apr_status_t list_entries(apr_array_header_t **pnames, reader_t *rd,
                                 const char *path)
{
    apr_dir_t *dir;
    apr_finfo_t info;
    apr_status_t rv = apr_dir_open(&dir, path, rd->pool);

    if (rv != APR_SUCCESS) {
        return refuse(rd, rv, path, "cannot be read");
    }
    *pnames = apr_array_make(rd->pool, 16, sizeof(const char *));
    while (apr_dir_read(&info, APR_FINFO_NAME, dir) == APR_SUCCESS) {
        if (info.name[0] != '.') {
            APR_ARRAY_PUSH(*pnames, const char *) = apr_pstrdup(rd->pool,
                                                                info.name);
        }
    }
    (void)apr_dir_close(dir); /* it was only read */
    qsort((*pnames)->elts, (size_t)(*pnames)->nelts, sizeof(const char *),
          by_text);
    return APR_SUCCESS;
}

static apr_status_t read_dir(reader_t *rd, const char *path, const char *prefix,
                             int depth)
{
    apr_array_header_t *names;
    int i;
    apr_status_t rv;

    if (depth > DEPTH_MAX) {
        return refuse(rd, APR_EINVAL, path, "too many folders in folders");
    }
    rv = list_entries(&names, rd, path);
    for (i = 0; rv == APR_SUCCESS && i < names->nelts; i++) {
        const char *name = APR_ARRAY_IDX(names, i, const char *);
        const char *full = apr_pstrcat(rd->pool, path, "/", name, NULL);
        const char *module = apr_pstrcat(rd->pool, prefix, name, NULL);
        apr_finfo_t info;

        rv = wfp_folder_look(&info, rd->root, full, rd->res, rd->pool);
        if (rv == APR_SUCCESS) {
            rv = info.filetype == APR_DIR
                     ? read_dir(rd, full,
                                apr_pstrcat(rd->pool, module, "/", NULL),
                                depth + 1)
                     : read_file(rd, full, module, info.size);
        }
    }
    return rv;
}

static apr_status_t pick_main(reader_t *rd, const char *path)
{
    wfp_script_t *script = rd->script;
    const char *found = NULL;
    int i, count = 0;

    for (i = 0; i < script->modules->nelts; i++) {
        const wfp_module_t *module = &APR_ARRAY_IDX(script->modules, i,
                                                    wfp_module_t);

        if (strcmp(module->name, "worker.lua") == 0) {
            script->main_module = module->name;
            return APR_SUCCESS;
        }
        if (module->kind == WFP_MODULE_LUA) {
            found = module->name;
            count++;
        }
    }
    if (count != 1) {
        return refuse(rd, APR_ENOENT, path,
                      count ? "no worker.lua, and more than one .lua file"
                            : "no worker.lua and no other .lua file");
    }
    script->main_module = found;
    return APR_SUCCESS;
}

apr_status_t wfp_folder_read(wfp_script_t *script, const char *path,
                             wfp_result_t *res, apr_pool_t *p)
{
    reader_t rd = { script, res, p, 0, path };
    apr_finfo_t info;
    apr_status_t rv = apr_stat(&info, path, APR_FINFO_TYPE | APR_FINFO_SIZE, p);

    if (rv != APR_SUCCESS) {
        return refuse(&rd, rv, path, "is not there");
    }
    if (info.filetype == APR_DIR) {
        rv = read_dir(&rd, path, "", 0);
        return rv == APR_SUCCESS ? pick_main(&rd, path) : rv;
    }
    script->main_module = apr_filepath_name_get(path);
    return read_file(&rd, path, script->main_module, info.size);
}
