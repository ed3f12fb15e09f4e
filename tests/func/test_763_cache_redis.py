# SPDX-License-Identifier: Apache-2.0
"""The Cache API over redis: it outlives children and restarts, and a redis
that is down is a cache with nothing in it."""

import concurrent.futures
import time

import pytest

from test_762_cache import MANY, SCRIPT, Cache
from wfptest.client import Client
from wfptest.hosts import Hosts
from wfptest.redis import Redis
from wfptest.tenant import Tenant, Worker
from wfptest.wait import until

DOWN = "WFP2704"
# children that a test may see: MaxRequestWorkers of prefork, and once more
# after a restart
CHILDREN = 32


def module_of(httpd):
    return [f'LoadModule socache_redis_module '
            f'"{httpd.modules}/mod_socache_redis.so"']


class World:
    """A redis, and httpd whose caches are there."""

    def __init__(self, httpd):
        self.httpd, self.redis = httpd, Redis(httpd.root.parent / "ports")
        httpd.first = module_of(httpd)
        self.lines = [f"WfpSocache redis:127.0.0.1:{self.redis.port}"]

    def stop(self):
        self.httpd.first = []
        self.redis.remove()


@pytest.fixture
def redis(world):
    world.redis.command("FLUSHALL")
    return world.redis


@pytest.fixture
def cache(redis, tenant):
    return Cache(tenant.deploy(SCRIPT, *MANY))


def everywhere(cache):
    """What forty requests at once find: those of all children."""
    with concurrent.futures.ThreadPoolExecutor(12) as pool:
        found = list(pool.map(lambda _: cache.match(), range(40)))
    return {each and each["body"] for each in found}


class TestRedis:
    @pytest.mark.parametrize("size", [0, 5, 60000, 66000, 1000000])
    def test_763_01_put_match_delete(self, redis, cache, size):
        cache.put("x" * size, etag='"1"')
        assert int(redis.command("DBSIZE")) > 0
        assert everywhere(cache) == {"x" * size}
        assert cache.match(if_none_match='"1"')["status"] == 304
        assert cache.do("delete") is True
        assert everywhere(cache) == {None}
        assert cache.do("delete") is False

    def test_763_02_a_second_put_replaces(self, cache):
        for body in ("one", "two" * 50000, "three"):
            cache.put(body)
            assert everywhere(cache) == {body}

    def test_763_03_over_a_graceful_restart(self, httpd, cache):
        for turn in ("one", "two" * 50000):
            cache.put(turn)
            httpd.graceful()
            assert everywhere(cache) == {turn}
        assert cache.do("delete") is True
        httpd.graceful()
        assert everywhere(cache) == {None}

    def test_763_04_over_a_stop(self, httpd, cache):
        cache.put("kept")
        httpd.stop()
        httpd.start()
        assert everywhere(cache) == {"kept"}

    def test_763_05_the_end_of_its_time(self, redis, cache):
        cache.put("x" * 100000, cache_control="max-age=3600")
        keys = redis.command("KEYS", "*")
        assert len(keys) == 3  # two pieces, and what says so
        for key in keys:
            assert 0 < int(redis.command("TTL", key)) <= 3601
        cache.put(cache_control="max-age=1")
        until(lambda: cache.match() is None, "the end of its time")

    def test_763_06_one_second_is_kept_too(self, redis, cache):
        before = redis.calls("setex")

        def is_kept():
            cache.put(cache_control="max-age=1")
            return redis.calls("setex") > before
        until(is_kept, "something in redis")

    def test_763_07_what_is_there_and_is_none_of_ours(self, redis, cache):
        cache.put()
        key, = redis.command("KEYS", "*")
        for other in ("", "x", "x" * 65536, "x" * 200000):
            redis.command("SET", key, other)
            assert cache.match() is None
            assert cache.do("delete") is False
            assert redis.command("EXISTS", key) == "0"
        redis.command("RPUSH", key, "a list")
        assert cache.match() is None

    def test_763_08_redis_is_full(self, redis, cache):
        redis.command("CONFIG", "SET", "maxmemory", "1")
        try:
            assert cache.put() is True
            assert cache.match() is None
        finally:
            redis.command("CONFIG", "SET", "maxmemory", "0")
        cache.put()
        assert cache.match()["body"] == "hello"


class TestDown:
    def lines_of(self, httpd):
        return [line for line in httpd.log.lines() if DOWN in line]

    def nothing_is_kept(self, httpd, cache, turns):
        """A put is lost, a match and a delete find nothing, the page comes;
        the log has a line a child and minute at most."""
        began = time.monotonic()
        for _ in range(turns):
            assert cache.put() is True
            assert cache.match() is None
            assert cache.do("delete") is False
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            found = list(pool.map(lambda _: cache.match(), range(60)))
        assert found == [None] * 60
        minutes = (time.monotonic() - began) // 60
        assert len(self.lines_of(httpd)) <= CHILDREN * (minutes + 2)

    @pytest.fixture
    def down(self, httpd, redis):
        """What follows begins with children that know nothing of it."""
        httpd.log.expect(DOWN)
        yield redis
        httpd.stop()
        httpd.start()

    def test_763_20_down_and_back(self, httpd, down, cache):
        cache.put()
        down.stop()
        try:
            self.nothing_is_kept(httpd, cache, 40)
            assert self.lines_of(httpd)
        finally:
            down.start()

        def works():
            cache.put("again")
            return (cache.match() or {}).get("body") == "again"
        # a child asks again after five seconds
        until(works, "a cache that works", 120)

    @pytest.mark.one_mpm
    def test_763_21_down_at_the_start(self, httpd, down, cache):
        httpd.stop()
        down.stop()
        httpd.start()
        try:
            self.nothing_is_kept(httpd, cache, 3)
        finally:
            down.start()
        until(lambda: cache.put("again") and cache.match(), "a cache", 120)


@pytest.mark.one_mpm
def test_763_30_two_hosts(build, origin, tmp_path):
    """What one host keeps, the other finds, and forgets."""
    hosts = redis = None
    try:
        hosts = Hosts(build, tmp_path / "hosts", origin, pgsql=True, count=2)
        redis = Redis(tmp_path / "ports")
        for server in hosts.servers:
            server.first = module_of(server)
        hosts.start([f"WfpSocache redis:127.0.0.1:{redis.port}"])
        clients = [Client(server.port) for server in hosts.servers]
        one = Tenant(hosts.servers[0], clients[0]).deploy(SCRIPT, *MANY)
        other = Worker(clients[1], one.ns, one.name)
        until(lambda: other.post(b"[]").status == 200, "the other host")
        near, far = Cache(one), Cache(other)
        far.url = near.url
        for body in ("one", "two" * 50000):
            near.put(body)
            assert far.match()["body"] == body
            assert far.do("delete") is True
            assert near.match() is None
        assert hosts.unexpected() == []
    finally:
        if hosts:
            hosts.remove()
        if redis:
            redis.remove()
