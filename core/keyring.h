/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_KEYRING_H
#define WFP_KEYRING_H

#include <apr_pools.h>

#include "core/crypto.h"
#include "core/result.h"
#include "core/wfp.h"

/**
 * @file
 * The master keys of a server: those of its key file. The first seals, all
 * open. A file has a key a line, 64 hex digits; a line "next KEY" is a key that
 * shall seal once every host knows it.
 *
 * A ring sees by itself that its file was replaced: before it seals, and when
 * something does not open. Keys that it knew before still open until the ring
 * is gone, so that what a server has in memory can be opened to its end.
 */

/** Most keys of a file. */
#define WFP_KEYRING_MAX 8

/** The keys of a file. Wipe it when it is done with. */
typedef struct wfp_keys_t {
    int count;    /* 1..WFP_KEYRING_MAX; the first seals */
    int has_next; /* 1: the last one is marked "next" */
    unsigned char key[WFP_KEYRING_MAX][WFP_KEY_SIZE];
} wfp_keys_t;

typedef struct wfp_keyring_t wfp_keyring_t;

/**
 * Read a key file. The last line's newline may be missing.
 *
 * @return APR_SUCCESS; APR_EACCES: group or others may read or write it;
 *         APR_EINVAL: not a key file, or the same key twice; other: the
 *         system's reason. res names the file; keys are wiped on failure
 */
apr_status_t wfp_keyring_read(wfp_keys_t *keys, const char *path,
                              wfp_result_t *res, apr_pool_t *p) WFP_CHECK;

/** Make a key file (mode 0600) with a new key. APR_EEXIST when there is one: it
 *  is kept. */
apr_status_t wfp_keyring_make(const char *path, wfp_result_t *res,
                              apr_pool_t *p) WFP_CHECK;

/**
 * Put other keys in a key file's place, in one step, and on the disk before
 * this returns: whoever reads it has the old keys or the new ones. What a
 * writer that was killed left behind (PATH-new) is overwritten.
 *
 * @return APR_EINVAL: it is a link; other: the system's reason; the file is as
 *         it was. One writer at a time
 */
apr_status_t wfp_keyring_replace(const char *path, const wfp_keys_t *keys,
                                 wfp_result_t *res, apr_pool_t *p) WFP_CHECK;

/** Open with any of some keys. @param pwhich  the key's index @return as
 *  wfp_crypto_open() */
apr_status_t wfp_keyring_try(const char **ptext, apr_size_t *pn, int *pwhich,
                             const wfp_keys_t *keys, const char *context,
                             const char *sealed, apr_pool_t *p) WFP_CHECK;

/** A ring with the keys of a file, as wfp_keyring_read(). They are wiped when p
 *  goes. A process that is forked may use it. */
apr_status_t wfp_keyring_load(wfp_keyring_t **pring, const char *path,
                              wfp_result_t *res, apr_pool_t *p) WFP_CHECK;

/** The same with keys that were known before, when the file cannot be read: it
 *  is looked at again as always. @return other: no lock */
apr_status_t wfp_keyring_resume(wfp_keyring_t **pring, const char *path,
                                const wfp_keys_t *keys,
                                apr_pool_t *p) WFP_CHECK;

/** The keys of a ring that no other thread has yet. Wipe them. */
void wfp_keyring_copy(wfp_keys_t *keys, const wfp_keyring_t *ring);

/** Seal with the first key of the file as it is now, or was when it could last
 *  be read. @return as wfp_crypto_seal() @note any thread */
apr_status_t wfp_keyring_seal(const char **psealed, wfp_keyring_t *ring,
                              const char *context, const char *text,
                              apr_size_t n, apr_pool_t *p) WFP_CHECK;

/** Open with whichever key does; looks at the file when none does. @return as
 *  wfp_crypto_open() @note any thread */
apr_status_t wfp_keyring_open(const char **ptext, apr_size_t *pn,
                              wfp_keyring_t *ring, const char *context,
                              const char *sealed, apr_pool_t *p) WFP_CHECK;

#endif
