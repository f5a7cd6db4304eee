"""Fifty people at once for a minute, and every request that the description allows: no answer is lost."""

import asyncio
import gc
import resource
import socket
import sys
import threading
import time
from contextlib import contextmanager

import httpx
import pytest
import uvicorn
from hypothesis import HealthCheck, given, settings

from inward.web.app import create_app
from inward.web.session import Session
from tests.web.narrow import network, png, shown

PEOPLE, SECONDS = 50, 60
_KEPT = ("not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance")


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_no_answer_is_lost_and_memory_comes_back():
    answers: list[int] = []

    async def person(client, k, end):
        round_ = 0
        while time.monotonic() < end:
            image, target = (k + round_) % 3, round_ % 3
            place = ("map", "walk")[(k + round_) % 2]
            query = f"target={target}&client=person{k}&baseline={('black', 'grey', 'white')[round_ // 3 % 3]}"
            answers.append((await client.get(f"/api/images/{image}/{place}?{query}")).status_code)
            answers.append((await client.get(f"/api/images/{image}/layers/conv{1 + k % 9}")).status_code)
            if round_ % 10 == 0:
                answers.append((await client.post("/api/images?name=x", content=png(seed=k))).status_code)
            round_ += 1
            await asyncio.sleep(0.05)

    async def crowd(address, seconds):
        limits = httpx.Limits(max_connections=PEOPLE)
        async with httpx.AsyncClient(base_url=address, limits=limits, timeout=60) as client:
            end = time.monotonic() + seconds
            await asyncio.gather(*(person(client, k, end) for k in range(PEOPLE)))

    with served(Session(network(), shown(), [0, 1, -1], {})) as address:
        asyncio.run(crowd(address, 5))
        gc.collect()
        before = resident()
        asyncio.run(crowd(address, SECONDS))
        gc.collect()
    assert set(answers) == {200}
    assert len(answers) > 20 * PEOPLE
    assert resident() - before < 192 * 2**20  # the cache of results may fill up to its 128 MiB


@contextmanager
def served(session):
    """The page behind a socket of this machine's loopback, as `inward serve` puts it."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        config = uvicorn.Config(create_app(session), log_level="warning", access_log=False, ws="none")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


def resident() -> int:
    """Memory that this process holds now, where the system tells; else the most that it ever held."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123
            return int(file.read().split()[1]) * resource.getpagesize()
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_no_request_that_the_description_allows_is_the_server_s_fault():
    import schemathesis
    from schemathesis.checks import CHECKS

    app = create_app(Session(network(), shown(), [0, 1, -1], {}), host="testserver")
    schema = schemathesis.openapi.from_asgi("/api/openapi.json", app)
    checks = [check for check in CHECKS.get_all() if check.__name__ in _KEPT]
    assert len(checks) == len(_KEPT)
    seen = set()

    for result in schema.get_all_operations():
        operation = result.ok()
        seen.add((operation.method.upper(), operation.path))
        examples = 4 if operation.path == "/api/frozen" else 25

        @settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck), database=None)
        @given(case=operation.as_strategy())
        def attempt(case):
            case.call_and_validate(checks=checks, timeout=120)

        attempt()
    assert ("GET", "/api/images/{number}/map") in seen
    assert len(seen) == 9
