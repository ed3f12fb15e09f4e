/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A ring of master keys that follows its file. The API and wfpctl seal with it,
 * the module opens secrets for an isolate. It must not know whose they are.
 */
#include "core/keyring.h"

#include <apr_file_info.h>
#include <apr_strings.h>
#include <apr_thread_mutex.h>
#include <string.h>

/* Which file it was. */
typedef struct mark_t {
    apr_ino_t inode;
    apr_off_t size;
    apr_time_t mtime;
} mark_t;

struct wfp_keyring_t {
    const char *path;
    apr_thread_mutex_t *mutex; /* guards what follows */
    wfp_keys_t keys;           /* the file's, then those it had before */
    mark_t mark;
};

static apr_status_t look(mark_t *mark, const char *path, apr_pool_t *p)
{
    apr_finfo_t info;
    apr_status_t rv = apr_stat(&info, path,
                               APR_FINFO_INODE | APR_FINFO_SIZE
                                   | APR_FINFO_MTIME,
                               p);

    mark->inode = info.inode;
    mark->size = info.size;
    mark->mtime = info.mtime;
    return rv;
}

static int is_same(const mark_t *a, const mark_t *b)
{
    return a->inode == b->inode && a->size == b->size && a->mtime == b->mtime;
}

/* Behind the file's keys come those that it had before, as many as fit. */
static void add_known(wfp_keys_t *keys, const wfp_keys_t *known)
{
    int i, j;

    for (i = 0; i < known->count && keys->count < WFP_KEYRING_MAX; i++) {
        for (j = 0; j < keys->count; j++) {
            if (wfp_crypto_equal(keys->key[j], known->key[i], WFP_KEY_SIZE)) {
                break;
            }
        }
        if (j == keys->count) {
            memcpy(keys->key[keys->count++], known->key[i], WFP_KEY_SIZE);
        }
    }
}

static apr_status_t copy_keys(wfp_keys_t *keys, mark_t *mark,
                              wfp_keyring_t *ring)
{
    apr_status_t rv = apr_thread_mutex_lock(ring->mutex);

    if (rv == APR_SUCCESS) {
        *keys = ring->keys;
        *mark = ring->mark;
        rv = apr_thread_mutex_unlock(ring->mutex);
    }
    return rv;
}

/* Has the file been replaced? Then *keys are the ring's new ones. A file that
 * cannot be read, or is no key file for now, changes nothing. */
static int follow_file(wfp_keys_t *keys, const mark_t *mark,
                       wfp_keyring_t *ring, apr_pool_t *p)
{
    wfp_keys_t now;
    wfp_result_t ignored;
    mark_t seen;

    if (look(&seen, ring->path, p) != APR_SUCCESS || is_same(&seen, mark)) {
        return 0;
    }
    wfp_result_init(&ignored, p);
    if (wfp_keyring_read(&now, ring->path, &ignored, p) != APR_SUCCESS) {
        return 0;
    }
    add_known(&now, keys);
    *keys = now;
    wfp_crypto_wipe(&now, sizeof(now));
    if (apr_thread_mutex_lock(ring->mutex) == APR_SUCCESS) {
        ring->keys = *keys;
        ring->mark = seen; /* a still newer one differs from it */
        (void)apr_thread_mutex_unlock(ring->mutex); /* it is held */
    }
    return 1;
}

apr_status_t wfp_keyring_try(const char **ptext, apr_size_t *pn, int *pwhich,
                             const wfp_keys_t *keys, const char *context,
                             const char *sealed, apr_pool_t *p)
{
    int i;
    apr_status_t rv = APR_EINVAL;

    for (i = 0; rv != APR_SUCCESS && i < keys->count; i++) {
        rv = wfp_crypto_open(ptext, pn, keys->key[i], context, sealed, p);
        *pwhich = i;
    }
    return rv;
}

apr_status_t wfp_keyring_seal(const char **psealed, wfp_keyring_t *ring,
                              const char *context, const char *text,
                              apr_size_t n, apr_pool_t *p)
{
    wfp_keys_t keys;
    mark_t mark;
    apr_status_t rv = copy_keys(&keys, &mark, ring);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    (void)follow_file(&keys, &mark, ring, p); /* as it was, then */
    rv = wfp_crypto_seal(psealed, keys.key[0], context, text, n, p);
    wfp_crypto_wipe(&keys, sizeof(keys));
    return rv;
}

apr_status_t wfp_keyring_open(const char **ptext, apr_size_t *pn,
                              wfp_keyring_t *ring, const char *context,
                              const char *sealed, apr_pool_t *p)
{
    wfp_keys_t keys;
    mark_t mark;
    int which;
    apr_status_t rv = copy_keys(&keys, &mark, ring);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    rv = wfp_keyring_try(ptext, pn, &which, &keys, context, sealed, p);
    if (rv != APR_SUCCESS && follow_file(&keys, &mark, ring, p)) {
        rv = wfp_keyring_try(ptext, pn, &which, &keys, context, sealed, p);
    }
    wfp_crypto_wipe(&keys, sizeof(keys));
    return rv;
}

static apr_status_t wipe(void *data)
{
    wfp_keyring_t *ring = data;

    wfp_crypto_wipe(&ring->keys, sizeof(ring->keys));
    return APR_SUCCESS;
}

/* A ring of no keys yet. */
static apr_status_t make(wfp_keyring_t **pring, const char *path, apr_pool_t *p)
{
    wfp_keyring_t *ring = apr_pcalloc(p, sizeof(*ring));

    ring->path = apr_pstrdup(p, path);
    apr_pool_cleanup_register(p, ring, wipe, apr_pool_cleanup_null);
    *pring = ring;
    return apr_thread_mutex_create(&ring->mutex, APR_THREAD_MUTEX_DEFAULT, p);
}

apr_status_t wfp_keyring_load(wfp_keyring_t **pring, const char *path,
                              wfp_result_t *res, apr_pool_t *p)
{
    wfp_keyring_t *ring;
    apr_status_t rv = make(&ring, path, p);

    if (rv != APR_SUCCESS) {
        return wfp_result_set(res, WFP_INTERNAL, rv, "key file %s: no lock",
                              path);
    }
    /* before it is read: whatever comes later is seen */
    if (look(&ring->mark, path, p) != APR_SUCCESS) {
        memset(&ring->mark, 0, sizeof(ring->mark)); /* reading says why */
    }
    rv = wfp_keyring_read(&ring->keys, path, res, p);
    if (rv == APR_SUCCESS) {
        *pring = ring;
    }
    return rv;
}

apr_status_t wfp_keyring_resume(wfp_keyring_t **pring, const char *path,
                                const wfp_keys_t *keys, apr_pool_t *p)
{
    apr_status_t rv = make(pring, path, p);

    (*pring)->keys = *keys; /* no mark: any file is another one */
    return rv;
}

void wfp_keyring_copy(wfp_keys_t *keys, const wfp_keyring_t *ring)
{
    *keys = ring->keys;
}
