/* SPDX-License-Identifier: Apache-2.0 */
/* The HTTP client against a real origin on loopback: heads, policy, time. */
#include "core/clock.h"
#include "tests/unit/client_world.h"

#include <dlfcn.h>
#include <net/if.h>
#include <netdb.h>
#include <sched.h>
#include <sys/ioctl.h>

/* Of 20 ms each, until something has happened. */
#define PATIENCE 1500

static void a_small_answer(wfp_test_t *t)
{
    world_t *w = make_world(t);
    wfp_response_t *resp = get(w, "/hello");

    CHECK_INT(resp->status, 200);
    CHECK_STR(resp->status_text, "OK");
    CHECK_STR(wfp_headers_get(resp->headers, "content-type"), "text/plain");
    CHECK_INT(resp->body->length, 6);
    CHECK_STR(text(w, resp), "hello\n");
    CHECK(strstr(resp->url, "/hello"));
}

static void a_connection_is_used_again(wfp_test_t *t)
{
    world_t *w = make_world(t);
    int i;

    for (i = 0; i < 5; i++) {
        CHECK_STR(text(w, get(w, "/connection")), "0");
    }
    CHECK_INT(origin_count(&w->origin), 1);
}

static void chunks_come_without_trailers(wfp_test_t *t)
{
    world_t *w = make_world(t);
    wfp_response_t *resp = get(w, "/chunked");

    CHECK_STR(resp->status_text, "Fine");
    CHECK_STR(wfp_headers_get(resp->headers, "X-Early"), "1");
    CHECK(!wfp_headers_get(resp->headers, "X-Late"));
    CHECK(!wfp_headers_get(resp->headers, "Trailer"));
    CHECK(!wfp_headers_get(resp->headers, "Transfer-Encoding"));
    CHECK_STR(text(w, resp), "hello world");
    CHECK_STR(text(w, get(w, "/old")), "until the end");
}

static void interim_answers_are_skipped(wfp_test_t *t)
{
    world_t *w = make_world(t);
    wfp_response_t *resp = get(w, "/interim");

    CHECK_INT(resp->status, 200);
    CHECK(!wfp_headers_get(resp->headers, "Link"));
    CHECK_STR(wfp_headers_get(resp->headers, "X-Final"), "1");
    CHECK_STR(text(w, resp), "ok");
}

static void answers_without_a_body(wfp_test_t *t)
{
    world_t *w = make_world(t);
    wfp_response_t *resp;

    resp = get(w, "/204");
    CHECK_INT(resp->status, 204);
    CHECK(!resp->body);
    resp = get(w, "/304");
    CHECK_INT(resp->status, 304);
    CHECK(!resp->body);
    CHECK_INT(go(&resp, w, request(w, "HEAD", "/304")), 0);
    CHECK(!resp->body);
    CHECK_STR(wfp_headers_get(resp->headers, "Content-Length"), "9");
    CHECK_INT(origin_count(&w->origin), 1);
}

static void fields_of_the_connection_stay_there(wfp_test_t *t)
{
    world_t *w = make_world(t);
    wfp_response_t *resp = get(w, "/hop");

    CHECK(!wfp_headers_get(resp->headers, "Connection"));
    CHECK(!wfp_headers_get(resp->headers, "Keep-Alive"));
    CHECK(!wfp_headers_get(resp->headers, "X-Mine"));
    CHECK_STR(wfp_headers_get(resp->headers, "X-Yours"), "2");
    CHECK_STR(wfp_headers_get(resp->headers, "Content-Encoding"), "gzip");
    CHECK_INT(wfp_headers_unset(resp->headers, "Set-Cookie"), 2);
    CHECK_STR(text(w, resp), "ok");
}

static void what_goes_out(wfp_test_t *t)
{
    world_t *w = make_world(t);
    wfp_request_t *req = request(w, "GET", "/headers?q=1");
    wfp_response_t *resp;
    const char *head, *host;

    wfp_headers_add(req->headers, "X-Own", "value");
    wfp_headers_add(req->headers, "X-Empty", "");
    wfp_headers_add(req->headers, "Host", "evil.example");
    wfp_headers_add(req->headers, "Content-Length", "7654321");
    wfp_headers_add(req->headers, "Transfer-Encoding", "chunked");
    wfp_headers_add(req->headers, "Connection", "upgrade");
    wfp_headers_add(req->headers, "Proxy-Authorization", "secret");
    wfp_headers_add(req->headers, "Cookie", "c=1");
    CHECK_INT(go(&resp, w, req), 0);
    head = text(w, resp);
    host = apr_psprintf(t->pool, "\r\nHost: 127.0.0.1:%d\r\n", w->origin.port);
    CHECK(strstr(head, "GET /headers?q=1 HTTP/1.1\r\n") == head);
    CHECK(strstr(head, host));
    CHECK(strstr(head, "\r\nX-Own: value\r\n"));
    CHECK(strstr(head, "\r\nX-Empty:\r\n"));
    CHECK(strstr(head, "\r\nUser-Agent: wfp\r\n"));
    CHECK(strstr(head, "\r\nCookie: c=1\r\n"));
    CHECK(!strstr(head, "evil") && !strstr(head, "7654321"));
    CHECK(!strcasestr(head, "Transfer-Encoding"));
    CHECK(!strcasestr(head, "Connection:"));
    CHECK(!strcasestr(head, "Proxy-"));
    CHECK(!strcasestr(head, "Accept-Encoding"));
    CHECK_INT(go(&resp, w, request(w, "POST", "/headers")), 0);
    CHECK(strstr(text(w, resp), "\r\nContent-Length: 0\r\n"));
}

static void what_may_not_go_out(wfp_test_t *t)
{
    world_t *w = make_world(t);
    wfp_request_t *req = request(w, "GET", "/hello");
    wfp_response_t *resp;

    wfp_headers_addn(req->headers, "X-A", "1\r\nX-B: 2");
    CHECK(go(&resp, w, req) != 0);
    CHECK_INT(w->res.code, WFP_NETWORK_ERROR);
    CHECK(go(&resp, w, request(w, "CONNECT", "/")) != 0);
    CHECK(go(&resp, w, request(w, "GET / HTTP/1.1\r\nA:", "/")) != 0);
    req = wfp_request_make("GET", "file:///etc/passwd", w->req_pool);
    CHECK(go(&resp, w, req) != 0);
    CHECK_INT(origin_count(&w->origin), 0);
    CHECK_STR(text(w, get(w, "/hello")), "hello\n");
}

static void broken_answers(wfp_test_t *t)
{
    world_t *w = make_world(t);
    wfp_response_t *resp;
    const char *data;
    apr_size_t n;

    fails(w, "/close", WFP_NETWORK_ERROR);
    fails(w, "/garbage", WFP_NETWORK_ERROR);
    fails(w, "/lengths", WFP_NETWORK_ERROR);
    fails(w, "/switch", WFP_NETWORK_ERROR);
    fails(w, "/bighead/5000", WFP_NETWORK_ERROR);
    CHECK_INT(get(w, "/bighead/500")->status, 200);
    resp = get(w, "/early");
    CHECK_INT(resp->body->length, 100);
    CHECK(wfp_body_slurp(&data, &n, resp->body, 1000, &w->res, w->req_pool)
          != APR_SUCCESS);
    CHECK_INT(w->res.code, WFP_NETWORK_ERROR);
}

static void nobody_listens(wfp_test_t *t)
{
    world_t *w = make_world(t);
    wfp_response_t *resp;

    /* port 1023 of loopback: nobody has it, the default ports end above */
    CHECK_INT(wfp_policy_add(w->policy, 1, ":1023", &w->res), 0);
    CHECK(go(&resp, w,
             wfp_request_make("GET", "http://127.0.0.1:1023/", w->req_pool))
          != 0);
    CHECK_INT(w->res.code, WFP_NETWORK_ERROR);
}

static void deadlines_hold(wfp_test_t *t)
{
    world_t *w = make_world(t);
    apr_time_t start = wfp_clock_now();
    wfp_response_t *resp;
    const char *data;
    apr_size_t n;

    w->terms.total_timeout = apr_time_from_msec(150);
    fails(w, "/silent", WFP_TIMEOUT);
    w->terms.deadline = wfp_clock_now() + apr_time_from_msec(100);
    w->terms.total_timeout = apr_time_from_sec(20);
    fails(w, "/slow/700", WFP_TIMEOUT);
    w->terms.deadline = wfp_clock_now() + apr_time_from_msec(100);
    resp = get(w, "/drip/100");
    CHECK_INT(wfp_body_slurp(&data, &n, resp->body, 1000, &w->res, w->req_pool),
              APR_TIMEUP);
    CHECK_INT(w->res.code, WFP_TIMEOUT);
    CHECK(wfp_clock_now() - start < apr_time_from_sec(10));
}

static void the_policy_sees_addresses(wfp_test_t *t)
{
    world_t *w = make_world(t);
    wfp_policy_t *none = wfp_policy_make(w->pool);
    wfp_response_t *resp;
    wfp_request_t *req;

    w->terms.policy = none;
    fails(w, "/hello", WFP_EGRESS_BLOCKED);
    CHECK_INT(origin_count(&w->origin), 0);
    /* a name passes the first question, its address does not */
    CHECK_INT(wfp_policy_add(none, 1, "10.0.0.0/8", &w->res), 0);
    req = wfp_request_make("GET",
                           apr_psprintf(w->req_pool, "http://localhost:%d/",
                                        w->origin.port),
                           w->req_pool);
    CHECK(go(&resp, w, req) != 0);
    CHECK_INT(w->res.code, WFP_EGRESS_BLOCKED);
    CHECK_STR(w->res.message, "Egress blocked: the address is not public");
    CHECK_INT(origin_count(&w->origin), 0);
    CHECK_INT(wfp_policy_add(none, 1, "localhost", &w->res), 0);
    CHECK_INT(go(&resp, w, req), 0);
}

static void a_pooled_connection_meets_the_policy(wfp_test_t *t)
{
    world_t *w = make_world(t);
    wfp_policy_t *mine = wfp_policy_make(w->pool);
    wfp_response_t *resp;
    wfp_request_t *req;
    int before;

    CHECK_INT(wfp_policy_add(mine, 1, "localhost", &w->res), 0);
    w->terms.policy = mine;
    req = wfp_request_make("GET",
                           apr_psprintf(w->req_pool,
                                        "http://localhost:%d/connection",
                                        w->origin.port),
                           w->req_pool);
    CHECK_INT(go(&resp, w, req), 0);
    CHECK_STR(text(w, resp), "0");
    before = origin_count(&w->origin);
    w->terms.policy = wfp_policy_make(w->pool);
    CHECK(go(&resp, w, req) != 0);
    CHECK_INT(w->res.code, WFP_EGRESS_BLOCKED);
    CHECK_INT(origin_count(&w->origin), before);
}

static void *slow_get(void *data)
{
    world_t *w = data;
    wfp_response_t *resp = NULL;
    wfp_result_t res;
    apr_pool_t *p;
    int good;

    apr_pool_create(&p, NULL);
    wfp_result_init(&res, p);
    good = wfp_client_send(&resp, w->client,
                           wfp_request_make("GET",
                                            apr_psprintf(p,
                                                         "http://127.0.0.1:%d"
                                                         "/slow/400",
                                                         w->origin.port),
                                            p),
                           &w->terms, &res)
           == APR_SUCCESS;
    apr_pool_destroy(p);
    return good ? w : NULL;
}

/* Who waits for a connection waits longer than one may take to be made. */
static void connections_are_few(wfp_test_t *t)
{
    wfp_client_config_t config = { .connections_max = 8,
                                   .connections_per_origin = 1 };
    world_t *w = make_world_with(t, &config);
    pthread_t threads[4];
    void *good;
    int i;

    w->terms.connect_timeout = apr_time_from_sec(1);
    for (i = 0; i < 4; i++) {
        pthread_create(&threads[i], NULL, slow_get, w);
    }
    for (i = 0; i < 4; i++) {
        pthread_join(threads[i], &good);
        CHECK(good);
    }
    CHECK_INT(origin_count(&w->origin), 1);
}

/* No origin has more than half of them, unless it is said how many. */
static void half_are_for_one_origin(wfp_test_t *t)
{
    wfp_client_config_t config = { .connections_max = 4 };
    world_t *w = make_world_with(t, &config);
    pthread_t threads[6];
    void *good;
    int i;

    for (i = 0; i < 6; i++) {
        pthread_create(&threads[i], NULL, slow_get, w);
    }
    for (i = 0; i < 6; i++) {
        pthread_join(threads[i], &good);
        CHECK(good);
    }
    CHECK_INT(origin_count(&w->origin), 2);
}

/* What came before it was asked for is nobody's answer. */
static void a_spoilt_connection_is_left(wfp_test_t *t)
{
    world_t *w = make_world(t);
    int i;

    for (i = 0; i < 5; i++) {
        int before = origin_went_behind(), n;

        CHECK_INT(get(w, "/204body")->status, 204);
        for (n = 0; n < PATIENCE && origin_went_behind() == before; n++) {
            usleep(20000);
        }
        CHECK_STR(text(w, get(w, "/hello")), "hello\n");
        CHECK_STR(text(w, get(w, "/hello")), "hello\n");
    }
    CHECK_INT(origin_count(&w->origin), 6);
}

static int tarpit_look_ups, tarpit_ended;
static int tarpit_open; /* its server answers */
static pthread_key_t tarpit_key;

/* A look-up's thread has ended, whoever it belonged to. */
static void on_tarpit_end(void *value)
{
    (void)value;
    __atomic_add_fetch(&tarpit_ended, 1, __ATOMIC_RELAXED);
}

/* The resolver as the client meets it: ours comes first. One name's server
 * answers when the test says so. */
int getaddrinfo(const char *node, const char *service,
                const struct addrinfo *hints, struct addrinfo **found)
{
    int (*real)(const char *, const char *, const struct addrinfo *,
                struct addrinfo **);

    if (node && strstr(node, "tarpit")) {
        __atomic_add_fetch(&tarpit_look_ups, 1, __ATOMIC_RELAXED);
        (void)pthread_setspecific(tarpit_key, &tarpit_key);
        while (!__atomic_load_n(&tarpit_open, __ATOMIC_RELAXED)) {
            usleep(10000);
        }
        return EAI_AGAIN;
    }
    *(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
    return real(node, service, hints, found);
}

static apr_uint32_t look_ups(world_t *w)
{
    wfp_client_stats_t stats;

    wfp_client_stats(&stats, w->client);
    return stats.look_ups;
}

/* Ask the name whose server hangs, for at most 50 ms. */
static void ask_tarpit(world_t *w, int n)
{
    wfp_test_t *t = w->t;
    wfp_response_t *resp;
    wfp_request_t *req = wfp_request_make(
        "GET", apr_psprintf(w->req_pool, "http://%d.tarpit.example/", n),
        w->req_pool);

    w->terms.total_timeout = apr_time_from_msec(50);
    CHECK_INT(go(&resp, w, req), APR_TIMEUP);
    CHECK_INT(w->res.code, WFP_TIMEOUT);
    apr_pool_clear(w->req_pool);
}

static int look_ups_end(void)
{
    return __atomic_load_n(&tarpit_ended, __ATOMIC_RELAXED);
}

static void a_hanging_resolver_harms_nobody(wfp_test_t *t)
{
    wfp_client_config_t config = { .connections_max = 4,
                                   .connections_per_origin = 4,
                                   .look_ups_max = 16 };
    world_t *w = make_world_with(t, &config);
    int i;

    CHECK_INT(pthread_key_create(&tarpit_key, on_tarpit_end), 0);
    tarpit_look_ups = 0;
    tarpit_ended = 0;
    w->terms.owner = "ns/bad";
    for (i = 0; i < 4; i++) {
        ask_tarpit(w, i);
    }
    /* two of sixteen are one owner's at most: two were not begun */
    CHECK_INT(__atomic_load_n(&tarpit_look_ups, __ATOMIC_RELAXED), 2);
    CHECK_INT(look_ups(w), 2);
    w->terms.owner = "ns/good";
    w->terms.total_timeout = apr_time_from_sec(5);
    CHECK_STR(text(w, get(w, "/hello")), "hello\n");
    CHECK_INT(look_ups_end(), 0);
    /* once they end all is as before, and the client may end within them */
    __atomic_store_n(&tarpit_open, 1, __ATOMIC_RELAXED);
    for (i = 0; i < PATIENCE && look_ups(w); i++) {
        usleep(20000);
    }
    CHECK_INT(look_ups(w), 0);
    __atomic_store_n(&tarpit_open, 0, __ATOMIC_RELAXED);
    w->terms.owner = "ns/bad";
    ask_tarpit(w, 5);
    CHECK_INT(look_ups(w), 1);
    apr_pool_destroy(w->pool);
    __atomic_store_n(&tarpit_open, 1, __ATOMIC_RELAXED);
    /* which then frees what it has: a process that ends sooner leaves that,
     * and LeakSanitizer, which cannot look into APR's mappings, calls it lost */
    for (i = 0; i < PATIENCE && look_ups_end() < 3; i++) {
        usleep(20000);
    }
    CHECK_INT(look_ups_end(), 3);
}

/* Give this thread a network of its own, where this host has 9.9.9.9. */
static int take_public_address(void)
{
    struct ifreq req;
    struct sockaddr_in *addr = (void *)&req.ifr_addr;
    int fd, ok;

    if (unshare(CLONE_NEWNET) != 0) {
        return 0;
    }
    fd = socket(AF_INET, SOCK_DGRAM, 0);
    memset(&req, 0, sizeof(req));
    (void)apr_cpystrn(req.ifr_name, "lo", sizeof(req.ifr_name));
    req.ifr_flags = IFF_UP | IFF_RUNNING | IFF_LOOPBACK;
    ok = ioctl(fd, SIOCSIFFLAGS, &req) == 0;
    memset(&req, 0, sizeof(req));
    (void)apr_cpystrn(req.ifr_name, "lo:1", sizeof(req.ifr_name));
    addr->sin_family = AF_INET;
    addr->sin_addr.s_addr = htonl(0x09090909);
    ok = ok && ioctl(fd, SIOCSIFADDR, &req) == 0;
    (void)close(fd);
    return ok;
}

/* The last one: there is no way back from another network. */
static void the_host_is_inside_whatever_its_address(wfp_test_t *t)
{
    wfp_response_t *resp;
    wfp_request_t *req;
    world_t *w;

    if (!take_public_address()) {
        t->skip = "no network namespace of its own";
        return;
    }
    w = make_world(t);
    req = wfp_request_make("GET",
                           apr_psprintf(w->req_pool, "http://9.9.9.9:%d/hello",
                                        w->origin.port),
                           w->req_pool);
    CHECK(go(&resp, w, req) != 0);
    CHECK_INT(w->res.code, WFP_EGRESS_BLOCKED);
    CHECK_STR(w->res.message, "Egress blocked: the address is not public");
    CHECK_INT(wfp_policy_add(w->policy, 1, "9.9.9.9", &w->res), 0);
    CHECK(go(&resp, w, req) != 0);
    CHECK_INT(w->res.code, WFP_NETWORK_ERROR); /* nobody listens there */
}

static const wfp_test_case_t cases[] = {
    { "a small answer", a_small_answer },
    { "a connection is used again", a_connection_is_used_again },
    { "chunks come without trailers", chunks_come_without_trailers },
    { "interim answers are skipped", interim_answers_are_skipped },
    { "answers without a body", answers_without_a_body },
    { "fields of the connection stay", fields_of_the_connection_stay_there },
    { "what goes out", what_goes_out },
    { "what may not go out", what_may_not_go_out },
    { "broken answers", broken_answers },
    { "nobody listens", nobody_listens },
    { "deadlines hold", deadlines_hold },
    { "the policy sees addresses", the_policy_sees_addresses },
    { "a pooled connection meets it", a_pooled_connection_meets_the_policy },
    { "connections are few", connections_are_few },
    { "half are for one origin", half_are_for_one_origin },
    { "a hanging resolver harms nobody", a_hanging_resolver_harms_nobody },
    { "a spoilt connection is left", a_spoilt_connection_is_left },
    { "the host is inside", the_host_is_inside_whatever_its_address },
    { NULL, NULL },
};

int main(void)
{
    return wfp_test_run(cases);
}
