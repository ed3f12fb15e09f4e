/* SPDX-License-Identifier: Apache-2.0 */
/* The server's own listeners, as an address and a port. */
#include "outbound/listeners.h"

#include <ifaddrs.h>
#include <netinet/in.h>

#include "outbound/address.h"
#include "tests/unit/wfp_test.h"

static void add(wfp_test_t *t, wfp_listeners_t *own, const char *text, int port)
{
    wfp_address_t addr;

    CHECK(wfp_address_parse(&addr, text));
    wfp_listeners_add(own, addr.family, addr.bytes, port);
}

static int has(const wfp_listeners_t *own, const char *text, int port)
{
    wfp_address_t addr;

    return wfp_address_parse(&addr, text)
               ? wfp_listeners_has(own, addr.family, addr.bytes, port)
               : -1;
}

static void one_address(wfp_test_t *t)
{
    wfp_listeners_t *own = wfp_listeners_make(t->pool);

    CHECK_INT(has(NULL, "127.0.0.1", 80), 0);
    CHECK_INT(has(own, "127.0.0.1", 80), 0);
    add(t, own, "198.51.100.7", 8443);
    add(t, own, "2001:db8::7", 8443);
    CHECK_INT(has(own, "198.51.100.7", 8443), 1);
    CHECK_INT(has(own, "::ffff:198.51.100.7", 8443), 1);
    CHECK_INT(has(own, "64:ff9b::198.51.100.7", 8443), 1);
    CHECK_INT(has(own, "2001:db8::7", 8443), 1);
    CHECK_INT(has(own, "198.51.100.7", 8444), 0);
    CHECK_INT(has(own, "198.51.100.8", 8443), 0);
    CHECK_INT(has(own, "2001:db8::8", 8443), 0);
}

/* A listener without an address has all of this host's, and no other. */
static void every_address(wfp_test_t *t)
{
    wfp_listeners_t *own = wfp_listeners_make(t->pool);
    struct ifaddrs *list, *one;
    int n = 0;

    add(t, own, "0.0.0.0", 80);
    CHECK_INT(has(own, "0.0.0.0", 80), 1);
    CHECK_INT(has(own, "127.0.0.1", 80), 1);
    CHECK_INT(has(own, "127.9.9.9", 80), 1);
    CHECK_INT(has(own, "::ffff:127.0.0.1", 80), 1);
    CHECK_INT(has(own, "::", 80), 1);
    CHECK_INT(has(own, "127.0.0.1", 81), 0);
    CHECK_INT(has(own, "198.51.100.7", 80), 0);
    CHECK_INT(has(own, "64:ff9b::198.51.100.7", 80), 0);
    CHECK_INT(has(own, "2001:db8::7", 80), 0);
    CHECK_INT(getifaddrs(&list), 0);
    for (one = list; one; one = one->ifa_next) {
        if (one->ifa_addr && one->ifa_addr->sa_family == AF_INET) {
            n++;
            CHECK_INT(wfp_listeners_is_host(AF_INET,
                                            &((struct sockaddr_in *)(void *)
                                                  one->ifa_addr)
                                                 ->sin_addr),
                      1);
            CHECK_INT(wfp_listeners_has(own, AF_INET,
                                        &((struct sockaddr_in *)(void *)
                                              one->ifa_addr)
                                             ->sin_addr,
                                        80),
                      1);
        }
    }
    freeifaddrs(list);
    CHECK(n > 0);
    CHECK_INT(wfp_listeners_is_host(AF_INET, "\x08\x08\x08\x08"), 0);
}

static const wfp_test_case_t cases[] = {
    { "one address", one_address },
    { "every address", every_address },
    { NULL, NULL },
};

int main(void)
{
    return wfp_test_run(cases);
}
