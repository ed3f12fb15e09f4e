/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_R2_H
#define WFP_R2_H

#include <apr_pools.h>
#include <apr_time.h>

#include "core/body.h"
#include "core/cancel.h"
#include "core/crypto_digest.h"
#include "core/wfp.h"

/**
 * @file
 * A call to an R2 bucket as plain data, from who asks (a Worker, the REST API,
 * the S3 endpoint) to who keeps the objects (services/r2.h); and the rules that
 * hold for keys, conditions and ranges whoever asks. A key is UTF-8 without
 * NUL, so it is a C string.
 */

#define WFP_R2_KEY_MAX      1024
#define WFP_R2_METADATA_MAX 8192 /* bytes of custom names and values */
#define WFP_R2_HTTP_MAX     2048 /* bytes of each HTTP metadata value */
#define WFP_R2_LIST_MAX     1000
#define WFP_R2_DELETE_MAX   1000
#define WFP_R2_PUT_MAX      (APR_INT64_C(5) << 30) /* a put, a part: at most */
#define WFP_R2_PART_MIN     (APR_INT64_C(5) << 20) /* a part, not the last */
#define WFP_R2_PARTS_MAX    10000
/** Seconds after which an upload that was neither completed nor aborted goes. */
#define WFP_R2_UPLOAD_LIFE (7 * 86400)

typedef enum {
    WFP_R2_HEAD = 0,
    WFP_R2_GET,
    WFP_R2_PUT,
    WFP_R2_DELETE,
    WFP_R2_LIST,
    WFP_R2_CREATE_UPLOAD,
    WFP_R2_PUT_PART,
    WFP_R2_COMPLETE,
    WFP_R2_ABORT,
    WFP_R2_LIST_PARTS,
    WFP_R2_LIST_UPLOADS,
    WFP_R2_VERB_COUNT
} wfp_r2_verb_e;

/** What is wrong with what was asked: Cloudflare's. Texts and numbers:
 *  wfp_r2_fault_row(). */
typedef enum {
    WFP_R2_FINE = 0,
    WFP_R2_INTERNAL,      /* 10001: a fault of ours, or the disk is full */
    WFP_R2_NO_BUCKET,     /* 10006 */
    WFP_R2_NO_KEY,        /* 10007: the service does not say that itself: a
                           * GET or HEAD of nothing has no object */
    WFP_R2_TOO_SMALL,     /* 10011: a part but the last one of a COMPLETE */
    WFP_R2_METADATA_SIZE, /* 10012 */
    WFP_R2_BAD_NAME,      /* 10020: a key (prefix, ...): its length or bytes */
    WFP_R2_BAD_LIMIT,     /* 10022 */
    WFP_R2_NO_UPLOAD,     /* 10024: none of that id and key */
    WFP_R2_BAD_PART,      /* 10025: a part that is not there, or another etag */
    WFP_R2_UNMET,         /* 10031: as NO_KEY; see wfp_r2_call_t.unmet */
    WFP_R2_BAD_DIGEST,    /* 10037 */
    WFP_R2_BAD_RANGE,     /* 10039 */
    WFP_R2_BAD_UPLOAD,    /* 10048: parts of different sizes, none, twice */
    WFP_R2_TOO_LARGE,     /* 100100 */
    WFP_R2_BAD_VALUE,     /* 10040: part number, count of keys, cursor */
    WFP_R2_FULL,          /* 10050: the bucket's quota; WFP_QUOTA_EXCEEDED */
    WFP_R2_FAULT_COUNT
} wfp_r2_fault_e;

typedef struct wfp_r2_fault_row_t {
    int code; /* Cloudflare's */
    const char *text;
} wfp_r2_fault_row_t;

/** NULL: not given. Each at most WFP_R2_HTTP_MAX bytes without control
 *  characters. */
typedef struct wfp_r2_http_t {
    const char *content_type;
    const char *content_language;
    const char *content_disposition;
    const char *content_encoding;
    const char *cache_control;
    apr_time_t cache_expiry; /* 0: not given */
} wfp_r2_http_t;

/** Custom metadata: UTF-8 without NUL. */
typedef struct wfp_r2_pair_t {
    const char *name;
    const char *value;
} wfp_r2_pair_t;

/** What is kept with an object besides its bytes. */
typedef struct wfp_r2_meta_t {
    wfp_r2_http_t http;
    const wfp_r2_pair_t *custom;
    int custom_count;
    const char *storage_class; /* NULL, "Standard", "InfrequentAccess" */
} wfp_r2_meta_t;

/** Digests as lower-case hex digits, by wfp_hash_e; NULL: not known. */
typedef struct wfp_r2_sums_t {
    const char *hex[WFP_HASH_COUNT];
} wfp_r2_sums_t;

typedef struct wfp_r2_object_t {
    const char *key;
    const char *version; /* 32 hex digits, another for each put */
    const char *etag; /* without quotes: MD5 of the bytes as hex digits, of an
                          * object of parts MD5 of their MD5s "-" their count */
    apr_int64_t size;
    apr_time_t uploaded; /* whole milliseconds */
    wfp_r2_meta_t meta;
    wfp_r2_sums_t sums; /* MD5 of each that has no parts; what its put gave */
} wfp_r2_object_t;

/** Which bytes. */
typedef struct wfp_r2_range_t {
    int given;          /* 0: all of them */
    apr_int64_t offset; /* -1: not given */
    apr_int64_t length; /* -1: not given */
    apr_int64_t suffix; /* the last ones; -1: not given. Not with the others */
} wfp_r2_range_t;

/** One of a list of etags. */
typedef struct wfp_r2_etag_t {
    const char *value; /* without quotes; "*": whatever there is */
    int weak;
} wfp_r2_etag_t;

/** What must hold of the object that is there. All zero: nothing must. */
typedef struct wfp_r2_condition_t {
    const wfp_r2_etag_t *matches; /* it is one of them; NULL: not asked */
    int matches_count;
    const wfp_r2_etag_t *matches_not; /* it is none of them; NULL: not asked */
    int matches_not_count;
    apr_time_t before; /* it was uploaded earlier; 0: not asked */
    apr_time_t after;  /* it was uploaded later; 0: not asked */
    int seconds;       /* times are compared in whole seconds */
} wfp_r2_condition_t;

/** A part of an upload. */
typedef struct wfp_r2_part_t {
    int number; /* 1 .. WFP_R2_PARTS_MAX */
    const char *etag;
    apr_int64_t size;    /* LIST_PARTS */
    apr_time_t uploaded; /* LIST_PARTS */
} wfp_r2_part_t;

/** An upload that was neither completed nor aborted. */
typedef struct wfp_r2_upload_t {
    const char *id;
    const char *key;
    apr_time_t created;
    const char *storage_class;
} wfp_r2_upload_t;

/**
 * A call. Everything is zero but what the verb's line below says; `key` of all
 * but DELETE and the lists. All that is pointed to stays the caller's until the
 * call returns.
 *
 *     HEAD           gives object (NULL: there is none)
 *     GET            condition, range; gives object (NULL: there is none), unmet
 *                    or body, of bytes offset .. offset + length - 1
 *     PUT            data and size, or source; meta, sums (each of them must be
 *                    that of the bytes), condition; gives object, or unmet
 *     DELETE         keys, count
 *     LIST           prefix, delimiter, cursor, start_after, limit,
 *                    with_meta; gives objects, count, prefixes,
 *                    prefix_count, next (NULL: that was all)
 *     CREATE_UPLOAD  meta; gives upload_id
 *     PUT_PART       upload_id, part_number; data and size, or source; sums;
 *                    gives etag
 *     COMPLETE       upload_id, parts and count; gives object
 *     ABORT          upload_id
 *     LIST_PARTS     upload_id, after_part, limit; gives parts, count, more
 *     LIST_UPLOADS   prefix, delimiter, cursor, limit; gives uploads, count,
 *                    prefixes, prefix_count, next
 */
typedef struct wfp_r2_call_t {
    wfp_r2_verb_e verb;
    const char *key;
    const wfp_r2_condition_t *condition; /* NULL: none */
    wfp_r2_range_t range;
    wfp_r2_meta_t meta;
    wfp_r2_sums_t sums; /* lower-case hex digits */
    const char *data;   /* the bytes, or: */
    apr_int64_t size;
    wfp_body_t *source; /* is read to its end, or cancelled. NULL with data */
    const char *const *keys;
    int count; /* of keys, of parts; or what is given */
    const char *prefix, *delimiter, *cursor, *start_after; /* NULL: "" */
    int limit;     /* 1 .. WFP_R2_LIST_MAX; 0: WFP_R2_LIST_MAX */
    int with_meta; /* LIST: meta is filled in, too */
    const char *upload_id;
    int part_number;
    int after_part;
    const wfp_r2_part_t *parts;

    /* gives, in pool: */
    const wfp_r2_object_t *object;
    int unmet; /* the condition does not hold: nothing was done; of a GET object
                * is what is there (NULL: there is none) */
    wfp_body_t *body; /* to be read or cancelled on one thread; its files are
                       * open while it is read only */
    apr_int64_t offset, length;
    const wfp_r2_object_t *objects;
    const char *const *prefixes;
    int prefix_count;
    const wfp_r2_upload_t *uploads;
    const char *next; /* the cursor of the next page */
    int more;
    const char *etag;

    apr_int64_t bytes_max; /* of the bucket, set by the service; 0: no bound */
    apr_int64_t room;      /* of it, for what is put, when that began */
    wfp_r2_fault_e fault;  /* of a call that failed */
    apr_size_t max;   /* most bytes of a LIST's answer, about; 0: 32 MB. What
                           * is over comes with the next page */
    apr_time_t until; /* core/clock.h: it is over then; 0: never */
    wfp_cancel_t *cancel; /* or when told; NULL */
    /* CPU time of writing and hashing, and of lists, is added to, atomically; when it is as
     * much as that, the call fails. NULL: nobody's */
    apr_int64_t *cpu_ns;
    apr_int64_t cpu_max_ns;
    apr_pool_t *pool; /* owns what is filled in */
} wfp_r2_call_t;

/** "put", ...: as errors name a Worker's method. */
const char *wfp_r2_verb_name(wfp_r2_verb_e verb);

const wfp_r2_fault_row_t *wfp_r2_fault_row(wfp_r2_fault_e fault);

/** The call fails: call->fault, and WFP_R2_ERROR (but for WFP_R2_FULL) with "put: TEXT (10001)".
 *  @return APR_EGENERAL */
apr_status_t wfp_r2_fail(wfp_r2_call_t *call, wfp_r2_fault_e fault,
                         wfp_result_t *res);

/** A key of an object: 1 to WFP_R2_KEY_MAX bytes of UTF-8 without NUL.
 *  @return 1: it is one */
int wfp_r2_is_key(const char *key, apr_size_t n);

/** 3 to 63 of a-z 0-9 -, neither first nor last of them "-". */
int wfp_r2_is_bucket_name(const char *name);

/** @return WFP_R2_FINE, or what is wrong with what is to be kept */
wfp_r2_fault_e wfp_r2_check_meta(const wfp_r2_meta_t *meta);

/** Does it hold of what is there? @param object NULL: there is none */
int wfp_r2_condition_holds(const wfp_r2_condition_t *condition,
                           const wfp_r2_object_t *object);

/** A list of etags as If-Match has it; "*" too. @return 1: it is one */
int wfp_r2_read_etags(const wfp_r2_etag_t **petags, int *pcount,
                      const char *text, apr_pool_t *p);

/** The four If-* headers (NULL: not there) as a condition, in p. Of what is badly
 *  written, If-Match does not hold, the others count as not there. If-None-Match
 *  takes precedence over If-Modified-Since, If-Match over If-Unmodified-Since.
 *  @return NULL: none is there */
const wfp_r2_condition_t *wfp_r2_read_condition(const char *if_match,
                                                const char *if_none_match,
                                                const char *if_modified_since,
                                                const char *if_unmodified_since,
                                                apr_pool_t *p);

/** A Range header of one range ("bytes=0-9", "bytes=5-", "bytes=-5"); another
 *  one, or none, asks for all bytes. */
void wfp_r2_read_range(wfp_r2_range_t *range, const char *text);

/** Which bytes of an object it is. @return 1; 0: WFP_R2_BAD_RANGE */
int wfp_r2_resolve_range(apr_int64_t *poffset, apr_int64_t *plength,
                         const wfp_r2_range_t *range, apr_int64_t size);

#endif
