"""The real Redis of the laboratory."""

from pathlib import Path

import pytest
from redis import asyncio as redis

from tests.lab.process import LabError
from tests.lab.redis import RedisServer

pytestmark = pytest.mark.redis


async def test_it_is_redis_7_and_empty(redis_url: str) -> None:
    async with redis.from_url(redis_url) as client:
        assert (await client.info("server"))["redis_version"].startswith("7.")
        assert await client.dbsize() == 0


async def test_a_durable_one_loses_nothing_when_it_is_killed(tmp_path: Path, redis_server: RedisServer) -> None:
    async with RedisServer(tmp_path / "a redis", durable=True) as server:
        assert server.port != redis_server.port
        async with redis.from_url(server.url) as client:
            await client.set("place", "7")
        await server.kill()
        await server.start()
        async with redis.from_url(server.url) as client:
            assert await client.get("place") == b"7"
    assert server.process.returncode == 0


async def test_one_that_cannot_start_says_why(tmp_path: Path, redis_server: RedisServer) -> None:
    server = RedisServer(tmp_path)
    server.port = redis_server.port
    with pytest.raises(LabError, match=r"redis: (ended|has not)(.|\n)*Address already in use"):
        async with server:
            pass
