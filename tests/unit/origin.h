/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_ORIGIN_H
#define WFP_ORIGIN_H

/**
 * @file
 * An origin on a free loopback port for unit tests: a thread a connection,
 * and what it does is said by the path. Knows nothing of the code under test.
 */

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define ORIGIN_CONNECTIONS 1024
#define ORIGIN_HEAD        16384

typedef struct origin_t {
    int fd, port;
    pthread_t thread;
    pthread_t threads[ORIGIN_CONNECTIONS];
    int fds[ORIGIN_CONNECTIONS];
    int count;
    pthread_mutex_t mutex;
} origin_t;

/* One connection and the request on it. */
typedef struct origin_conn_t {
    int fd, number, requests;
    char buf[ORIGIN_HEAD + 1]; /* bytes read and not yet used */
    int used;
    char head[ORIGIN_HEAD + 1];
    char method[16], path[256];
} origin_conn_t;

static inline int origin_send(origin_conn_t *c, const char *s, size_t n)
{
    while (n > 0) {
        ssize_t k = send(c->fd, s, n, MSG_NOSIGNAL);

        if (k <= 0) {
            return 0;
        }
        s += k;
        n -= (size_t)k;
    }
    return 1;
}

static inline int origin_say(origin_conn_t *c, const char *s)
{
    return origin_send(c, s, strlen(s));
}

/* A whole answer with a length. */
static inline int origin_answer(origin_conn_t *c, const char *status,
                                const char *body, size_t n)
{
    char text[1024];
    int k = snprintf(text, sizeof(text),
                     "HTTP/1.1 %s\r\nContent-Type: text/plain\r\n"
                     "Content-Length: %zu\r\n\r\n",
                     status, n);

    if (n < sizeof(text) - (size_t)k) {
        memcpy(text + k, body, n); /* in one packet, as servers do */
        return origin_send(c, text, (size_t)k + n);
    }
    return origin_send(c, text, (size_t)k) && origin_send(c, body, n);
}

static inline int origin_fill(origin_conn_t *c)
{
    ssize_t k = recv(c->fd, c->buf + c->used, (size_t)(ORIGIN_HEAD - c->used),
                     0);

    if (k <= 0) {
        return 0;
    }
    c->used += (int)k;
    c->buf[c->used] = '\0';
    return 1;
}

static inline void origin_skip(origin_conn_t *c, int n)
{
    c->used -= n;
    memmove(c->buf, c->buf + n, (size_t)c->used + 1);
}

/* Read up to an end mark, into out; the mark is taken too. */
static inline int origin_read_to(origin_conn_t *c, const char *mark, char *out)
{
    char *end;
    int n;

    while (!(end = strstr(c->buf, mark))) {
        if (c->used == ORIGIN_HEAD || !origin_fill(c)) {
            return 0;
        }
    }
    n = (int)(end - c->buf);
    memcpy(out, c->buf, (size_t)n);
    out[n] = '\0';
    origin_skip(c, n + (int)strlen(mark));
    return 1;
}

/* Read n bytes and add their sum; delay_us after each piece. */
static inline int origin_read_n(origin_conn_t *c, long n, unsigned long *sum,
                                int delay_us)
{
    while (n > 0) {
        int k, i;

        if (c->used == 0 && !origin_fill(c)) {
            return 0;
        }
        k = c->used < n ? c->used : (int)n;
        for (i = 0; i < k; i++) {
            *sum += (unsigned char)c->buf[i];
        }
        origin_skip(c, k);
        n -= k;
        if (delay_us) {
            usleep((useconds_t)delay_us);
        }
    }
    return 1;
}

static inline const char *origin_field(origin_conn_t *c, const char *name)
{
    const char *s = strcasestr(c->head, name);

    return s ? s + strlen(name) : NULL;
}

/* Read the request's body; its length and sum. */
static inline int origin_read_body(origin_conn_t *c, long *n,
                                   unsigned long *sum, int delay_us)
{
    const char *length = origin_field(c, "\r\nContent-Length: ");
    char line[ORIGIN_HEAD + 1];
    long k;

    *n = 0;
    *sum = 0;
    if (length) {
        *n = strtol(length, NULL, 10);
        return origin_read_n(c, *n, sum, delay_us);
    }
    if (!origin_field(c, "\r\nTransfer-Encoding: chunked")) {
        return 1;
    }
    do {
        if (!origin_read_to(c, "\r\n", line)) {
            return 0;
        }
        k = strtol(line, NULL, 16);
        *n += k;
        if (!origin_read_n(c, k, sum, delay_us)
            || !origin_read_to(c, "\r\n", line)) {
            return 0;
        }
    } while (k > 0);
    return 1;
}

static inline int origin_huge(origin_conn_t *c, long n)
{
    static _Thread_local char block[65536];
    char head[128];

    memset(block, 'x', sizeof(block));
    snprintf(head, sizeof(head),
             "HTTP/1.1 200 OK\r\nContent-Length: %ld\r\n"
             "\r\n",
             n);
    if (!origin_say(c, head)) {
        return 0;
    }
    while (n > 0) {
        size_t k = n < (long)sizeof(block) ? (size_t)n : sizeof(block);

        if (!origin_send(c, block, k)) {
            return 0;
        }
        n -= (long)k;
    }
    return 1;
}

static inline int origin_drip(origin_conn_t *c, long n)
{
    int ok = origin_say(c, "HTTP/1.1 200 OK\r\n"
                           "Transfer-Encoding: chunked\r\n\r\n");

    while (ok && n-- > 0) {
        ok = origin_say(c, "1\r\nd\r\n");
        usleep(20000);
    }
    return ok && origin_say(c, "0\r\n\r\n");
}

typedef struct origin_canned_t {
    const char *path, *text; /* the whole answer */
    int close;
} origin_canned_t;

static const origin_canned_t origin_canned[] = {
    { "/chunked",
      "HTTP/1.1 200 Fine\r\nTransfer-Encoding: chunked\r\n"
      "Trailer: X-Late\r\nX-Early: 1\r\n\r\n5\r\nhello\r\n"
      "6\r\n world\r\n0\r\nX-Late: 1\r\n\r\n",
      0 },
    { "/early", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n0123456789", 1 },
    { "/close", "", 1 },
    { "/garbage", "SSH-2.0-nothing\r\n\r\n", 1 },
    { "/lengths",
      "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
      1 },
    { "/interim",
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n"
      "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Final: 1\r\n\r\nok",
      0 },
    { "/switch", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n", 1 },
    { "/204", "HTTP/1.1 204 No Content\r\nX-A: 1\r\n\r\n", 0 },
    { "/204body", "HTTP/1.1 204 No Content\r\n\r\n", 0 }, /* see below */
    { "/304", "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", 0 },
    { "/hop",
      "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: X-Mine, keep-alive"
      "\r\nKeep-Alive: timeout=5\r\nX-Mine: 1\r\nX-Yours: 2\r\n"
      "Set-Cookie: a=1\r\nSet-Cookie: b=2\r\nContent-Encoding: gzip\r\n\r\nok",
      0 },
    { "/old", "HTTP/1.0 200 OK\r\n\r\nuntil the end", 1 },
    { "/refuse", "HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nno\n", 1 },
};

static int origin_behind;

/** How many bodies of /204body went out. */
static inline int origin_went_behind(void)
{
    return __atomic_load_n(&origin_behind, __ATOMIC_ACQUIRE);
}

/* What the path asks for. @return 1: the connection goes on */
static inline int origin_serve(origin_conn_t *c)
{
    const char *arg = strrchr(c->path, '/') + 1;
    long n = strtol(arg, NULL, 10), got;
    char text[ORIGIN_HEAD + 64];
    unsigned long sum;
    size_t i;

    for (i = 0; i < sizeof(origin_canned) / sizeof(origin_canned[0]); i++) {
        if (!strcmp(c->path, origin_canned[i].path)) {
            int ok = origin_say(c, origin_canned[i].text);

            if (!strcmp(c->path, "/204body")) {
                usleep(20000); /* wrong: a body, in a packet of its own */
                ok = ok
                     && origin_say(c, "HTTP/1.1 200 OK\r\nContent-Length: 5"
                                      "\r\n\r\nwrong");
                __atomic_add_fetch(&origin_behind, 1, __ATOMIC_RELEASE);
            }
            return ok && !origin_canned[i].close;
        }
    }
    if (!strcmp(c->path, "/headers")) {
        return origin_answer(c, "200 OK", c->head, strlen(c->head));
    }
    if (!strcmp(c->path, "/connection")) {
        snprintf(text, sizeof(text), "%d", c->number);
        return origin_answer(c, "200 OK", text, strlen(text));
    }
    if (!strncmp(c->path, "/huge/", 6)) {
        return origin_huge(c, n);
    }
    if (!strncmp(c->path, "/drip/", 6)) {
        return origin_drip(c, n);
    }
    if (!strncmp(c->path, "/bighead/", 9)) {
        int ok = origin_say(c, "HTTP/1.1 200 OK\r\n");

        while (ok && n-- > 0) {
            ok = origin_say(c, "X-Filler: 0123456789012345678901234567\r\n");
        }
        return ok && origin_say(c, "Content-Length: 0\r\n\r\n");
    }
    if (!strcmp(c->path, "/silent")) {
        return origin_fill(c); /* until the other side goes */
    }
    if (!strncmp(c->path, "/sum/", 5)) {
        /* sum/N: read the body, N us after each piece */
        if (!origin_read_body(c, &got, &sum, (int)n)) {
            return 0;
        }
        snprintf(text, sizeof(text), "%s %ld %lu", c->method, got, sum);
        return origin_answer(c, "200 OK", text, strlen(text));
    }
    if (!strncmp(c->path, "/slow/", 6)) {
        usleep((useconds_t)n * 1000);
    }
    return origin_answer(c, "200 OK", "hello\n", 6);
}

static inline void origin_connection(int fd, int number)
{
    origin_conn_t c = { .fd = fd, .number = number };

    do {
        char *sp;

        if (!origin_read_to(&c, "\r\n\r\n", c.head)
            || sscanf(c.head, "%15s %255s", c.method, c.path) != 2) {
            break;
        }
        strcat(c.head, "\r\n");
        sp = strchr(c.path, '?');
        if (sp) {
            *sp = '\0';
        }
        c.requests++;
    } while (origin_serve(&c));
    (void)shutdown(fd, SHUT_WR);
}

typedef struct origin_arg_t {
    origin_t *o;
    int number;
} origin_arg_t;

static inline void *origin_thread(void *data)
{
    static _Thread_local origin_arg_t arg;

    arg = *(origin_arg_t *)data;
    origin_connection(arg.o->fds[arg.number], arg.number);
    return NULL;
}

static inline void *origin_accept(void *data)
{
    static origin_arg_t args[ORIGIN_CONNECTIONS];
    origin_t *o = data;
    int fd, one = 1;

    while ((fd = accept(o->fd, NULL, NULL)) >= 0) {
        int n = o->count;

        if (n == ORIGIN_CONNECTIONS) {
            close(fd);
            continue;
        }
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
        args[n].o = o;
        args[n].number = n;
        o->fds[n] = fd;
        pthread_create(&o->threads[n], NULL, origin_thread, &args[n]);
        __atomic_store_n(&o->count, n + 1, __ATOMIC_RELEASE);
    }
    return NULL;
}

/** Start on a free port. @return 1: it listens */
static inline int origin_start(origin_t *o)
{
    struct sockaddr_in addr = { .sin_family = AF_INET };
    socklen_t n = sizeof(addr);

    memset(o, 0, sizeof(*o));
    addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    o->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(o->fd, (struct sockaddr *)&addr, n) != 0 || listen(o->fd, 128) != 0
        || getsockname(o->fd, (struct sockaddr *)&addr, &n) != 0) {
        return 0;
    }
    o->port = ntohs(addr.sin_port);
    return pthread_create(&o->thread, NULL, origin_accept, o) == 0;
}

/** Connections that came so far. */
static inline int origin_count(origin_t *o)
{
    return __atomic_load_n(&o->count, __ATOMIC_ACQUIRE);
}

/** End every connection and thread. */
static inline void origin_stop(origin_t *o)
{
    int i;

    shutdown(o->fd, SHUT_RDWR);
    pthread_join(o->thread, NULL);
    close(o->fd);
    for (i = 0; i < o->count; i++) {
        shutdown(o->fds[i], SHUT_RDWR);
        pthread_join(o->threads[i], NULL);
        close(o->fds[i]);
    }
}

#endif
