/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a call of a KV namespace costs below Lua, in a file: a get among 10,000
 * values of 200 bytes, the same of one that is remembered, a page of a list, and
 * a put, which ends on the disk. For
 * figures run it alone: make bench/micro/bench_kv && bench/micro/bench_kv
 */
#include <apr_file_io.h>
#include <apr_general.h>
#include <apr_strings.h>
#include <apr_time.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "services/kv.h"
#include "services/sqlite.h"

#define NS     "0123456789abcdef0123456789abcdef"
#define KEYS   10000
#define READS  20000
#define WRITES 200

static wfp_kv_t *kv, *remembering;

static int run(wfp_kv_call_t *call, apr_pool_t *p)
{
    wfp_result_t res;
    const char *log;

    wfp_result_init(&res, p);
    call->pool = p;
    call->max = WFP_KV_VALUE_MAX;
    if (wfp_kv_run(kv, NS, call, &log, &res) != APR_SUCCESS) {
        printf("%s\n", log ? log : res.message);
        return 0;
    }
    return 1;
}

/* A value that was put before would not be written again: seed. */
static void set_item(wfp_kv_item_t *item, int i, int seed, apr_pool_t *p)
{
    item->key = apr_psprintf(p, "customer:%06d", i * 7919 % KEYS);
    item->key_size = strlen(item->key);
    item->value = apr_psprintf(p, "%0200d", seed + i);
    item->value_size = 200;
}

static int fill(apr_pool_t *p)
{
    static wfp_kv_item_t items[KEYS];
    wfp_kv_call_t call = { .verb = WFP_KV_PUT, .items = items, .count = KEYS };
    int i;

    for (i = 0; i < KEYS; i++) {
        set_item(&items[i], i, 0, p);
    }
    return run(&call, p);
}

static int measure(const char *what, wfp_kv_verb_e verb, int n, apr_pool_t *p)
{
    apr_time_t begun = apr_time_now();
    int i;

    for (i = 0; i < n; i++) {
        wfp_kv_item_t item = { 0 };
        wfp_kv_call_t call = { .verb = verb, .items = &item, .count = 1 };

        call.prefix = "";
        call.limit = 100;
        set_item(&item, i, KEYS, p);
        if (!run(&call, p)) {
            return 0;
        }
        apr_pool_clear(p);
    }
    printf("%-28s %8.2f us\n", what, (double)(apr_time_now() - begun) / n);
    return 1;
}

/* A file that is empty is a database, so no store is asked for the namespace. */
static int make_file(const char *dir, apr_pool_t *p)
{
    const char *folder = apr_pstrcat(p, dir, "/kv", NULL);
    apr_file_t *file;

    return apr_dir_make(folder, APR_FPROT_OS_DEFAULT, p) == APR_SUCCESS
           && apr_file_open(&file,
                            apr_pstrcat(p, folder, "/" NS ".sqlite", NULL),
                            APR_FOPEN_WRITE | APR_FOPEN_CREATE,
                            APR_FPROT_OS_DEFAULT, p)
                  == APR_SUCCESS
           && apr_file_close(file) == APR_SUCCESS;
}

static int make_cache(const char *dir, apr_pool_t *p)
{
    wfp_kv_cache_t *cache;
    wfp_result_t res;

    wfp_result_init(&res, p);
    return wfp_kv_cache_create(&cache, (apr_size_t)32 << 20, &res, p)
               == APR_SUCCESS
           && wfp_kv_create(&remembering,
                            &(wfp_kv_config_t){ .data_dir = dir,
                                                .cache = cache },
                            p)
                  == APR_SUCCESS;
}

static int measure_warm(const char *what, apr_pool_t *p)
{
    wfp_kv_t *plain = kv;
    int ok;

    kv = remembering;
    ok = measure(what, WFP_KV_GET, KEYS, p);
    kv = plain;
    return ok;
}

int main(void)
{
    char dir[] = "/tmp/wfp-bench-kv-XXXXXX";
    apr_pool_t *p, *turn;
    int ok;

    apr_initialize();
    apr_pool_create(&p, NULL);
    apr_pool_create(&turn, p);
    ok = mkdtemp(dir) && make_file(dir, p)
         && wfp_sqlite_start(dir, p) == APR_SUCCESS
         && wfp_kv_create(&kv, &(wfp_kv_config_t){ .data_dir = dir }, p)
                == APR_SUCCESS
         && make_cache(dir, p) && fill(turn)
         && measure("get", WFP_KV_GET, READS, turn)
         && measure_warm("get, first time", turn)
         && measure_warm("get, remembered", turn)
         && measure("list of 100", WFP_KV_LIST, READS / 20, turn)
         && measure("put", WFP_KV_PUT, WRITES, turn);
    if (ok) {
        wfp_kv_forget(kv, NS, p);
    }
    apr_pool_destroy(p);
    printf("%s", ok ? "" : "failed\n");
    return !ok;
}
