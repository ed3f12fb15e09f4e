/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bodies of multipart/form-data, in pieces that may end at any byte: a machine
 * of a few states that looks for the delimiter CR LF "--" boundary. A CR
 * stands nowhere else in the delimiter, so after a mismatch the search begins
 * anew at this byte, and what was held back is the delimiter's own beginning:
 * no byte of the body is ever copied. Called by FormData; knows nothing of Lua
 * and of who sent it.
 */
#include "core/multipart.h"

#include <string.h>

#include "core/multipart_head.h"

typedef enum {
    SEARCH = 0, /* for the delimiter: in the preamble, or in a part's data */
    BEHIND,     /* the delimiter */
    DASH,       /* ... and one "-" */
    BLANKS,     /* ... and blanks */
    LINE_FEED,  /* ... and CR */
    HEAD,       /* of a part */
    CLOSED,     /* behind the closing delimiter, perhaps with blanks */
    CLOSED_CR,  /* ... and CR */
    EPILOGUE,
    FAILED
} state_e;

apr_status_t wfp_multipart_init(wfp_multipart_t *m, const char *content_type,
                                unsigned parts_max)
{
    const char *boundary;
    apr_size_t n = content_type ? strlen(content_type) : 0;

    memset(m, 0, sizeof(*m));
    m->state = FAILED;
    if (n > WFP_MULTIPART_HEAD_MAX) {
        m->wrong = "the Content-Type is too long";
        return APR_EINVAL;
    }
    if (n) {
        memcpy(m->head, content_type, n);
    }
    m->wrong = wfp_multipart_head_boundary(&boundary, m->head);
    if (m->wrong) {
        return APR_EINVAL;
    }
    n = strlen(boundary);
    memcpy(m->delimiter, "\r\n--", 4);
    memcpy(m->delimiter + 4, boundary, n);
    m->delimiter_size = n + 4;
    m->parts_max = parts_max;
    /* the first one needs no CR LF at the body's beginning */
    m->matched = m->held = 2;
    m->state = SEARCH;
    return APR_SUCCESS;
}

void wfp_multipart_feed(wfp_multipart_t *m, const char *data, apr_size_t n)
{
    m->at = data;
    m->end = data + n;
}

static wfp_multipart_e fail(wfp_multipart_t *m, const char *wrong)
{
    m->wrong = wrong;
    m->state = FAILED;
    return WFP_MULTIPART_BAD;
}

/* Bytes that are no delimiter: data of the part, or preamble. */
static wfp_multipart_e give(wfp_multipart_t *m, const char *data, apr_size_t n)
{
    if (!m->in_part || n == 0) {
        return WFP_MULTIPART_MORE;
    }
    m->data = data;
    m->n = n;
    return WFP_MULTIPART_DATA;
}

/* One step of SEARCH; MORE: nothing to tell, go on. */
static wfp_multipart_e search(wfp_multipart_t *m)
{
    const char *start = m->at, *cr;
    apr_size_t n = m->matched - m->held;

    if (m->matched == 0) {
        cr = memchr(start, '\r', (apr_size_t)(m->end - start));
        m->at = cr ? cr : m->end;
        if (cr == start) {
            m->at++;
            m->matched = 1;
        }
        return cr == start ? WFP_MULTIPART_MORE
                           : give(m, start, (apr_size_t)(m->at - start));
    }
    if (*m->at != m->delimiter[m->matched]) {
        start = m->delimiter + m->held;
        m->matched = m->held = 0;
        return give(m, start, n);
    }
    m->at++;
    if (++m->matched == m->delimiter_size) {
        m->matched = m->held = 0;
        m->state = BEHIND;
        if (m->in_part) {
            m->in_part = 0;
            return WFP_MULTIPART_END;
        }
    }
    return WFP_MULTIPART_MORE;
}

/* The boundary's line has ended. */
static wfp_multipart_e begin_head(wfp_multipart_t *m)
{
    if (m->parts_max && m->parts == m->parts_max) {
        return fail(m, "too many parts");
    }
    m->parts++;
    m->head_size = 0;
    m->state = HEAD;
    return WFP_MULTIPART_MORE;
}

/* The rest of a boundary's line, a byte. */
static wfp_multipart_e step_line(wfp_multipart_t *m, char c)
{
    int blank = c == ' ' || c == '\t';

    if (m->state == LINE_FEED) {
        return c == '\n' ? begin_head(m) : fail(m, "a malformed boundary");
    }
    if (m->state == DASH) {
        m->state = CLOSED;
        return c == '-' ? WFP_MULTIPART_MORE : fail(m, "a malformed boundary");
    }
    if (c == '-' && m->state == BEHIND) {
        m->state = DASH;
    }
    else if (c == '\r' || blank) {
        m->state = blank ? BLANKS : LINE_FEED;
    }
    else {
        return fail(m, "a malformed boundary");
    }
    return WFP_MULTIPART_MORE;
}

/* Behind the closing delimiter, a byte. */
static wfp_multipart_e step_closed(wfp_multipart_t *m, char c)
{
    if (m->state == CLOSED_CR && c == '\n') {
        m->state = EPILOGUE;
    }
    else if (m->state == CLOSED && c == '\r') {
        m->state = CLOSED_CR;
    }
    else if (m->state != CLOSED || (c != ' ' && c != '\t')) {
        return fail(m, "a malformed closing boundary");
    }
    return WFP_MULTIPART_MORE;
}

/* A byte of a head; at its end the part begins. */
static wfp_multipart_e step_head(wfp_multipart_t *m, char c)
{
    apr_size_t n = m->head_size;
    int after_cr = n && m->head[n - 1] == '\r';

    if (c == '\0' || after_cr != (c == '\n')) {
        return fail(m, "a bare CR, LF or NUL in the head of a part");
    }
    if (n == WFP_MULTIPART_HEAD_MAX) {
        return fail(m, "the head of a part is too long");
    }
    m->head[n++] = c;
    m->head_size = n;
    if (c != '\n' || (n > 2 && m->head[n - 3] != '\n')) {
        return WFP_MULTIPART_MORE;
    }
    m->head[n - 2] = '\0';
    m->wrong = wfp_multipart_head_read(&m->part, m->head);
    if (m->wrong) {
        return fail(m, m->wrong);
    }
    /* the line's end may be that of an empty part's delimiter, too */
    m->matched = m->held = 2;
    m->in_part = 1;
    m->state = SEARCH;
    return WFP_MULTIPART_BEGIN;
}

wfp_multipart_e wfp_multipart_next(wfp_multipart_t *m)
{
    wfp_multipart_e event = WFP_MULTIPART_MORE;

    while (event == WFP_MULTIPART_MORE && m->at < m->end) {
        switch (m->state) {
        case SEARCH:
            event = search(m);
            break;
        case HEAD:
            event = step_head(m, *m->at++);
            break;
        case CLOSED:
        case CLOSED_CR:
            event = step_closed(m, *m->at++);
            break;
        case EPILOGUE:
            m->at = m->end;
            break;
        case FAILED:
            return WFP_MULTIPART_BAD;
        default:
            event = step_line(m, *m->at++);
        }
    }
    return m->state == FAILED ? WFP_MULTIPART_BAD : event;
}

apr_status_t wfp_multipart_finish(wfp_multipart_t *m)
{
    if (m->state == CLOSED || m->state == EPILOGUE) {
        return APR_SUCCESS;
    }
    if (m->state != FAILED) {
        (void)fail(m, "the closing boundary is missing");
    }
    return APR_EINVAL;
}
