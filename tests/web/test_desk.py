import asyncio
import threading
import time

import pytest
from pydantic import BaseModel

from inward.errors import ArgumentError
from inward.web import desk as module
from inward.web.desk import BusyError, Desk, SupersededError
from inward.web.watched import Stopped


class Answer(BaseModel):
    value: int


def patient(log, value=1, seconds=5.0):
    """Work that goes on until it is let go, or for some seconds."""

    def work(watch):
        log.append(f"begin {value}")
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if watch.stop.wait(0.01):
                log.append(f"stopped {value}")
                raise Stopped
            watch.tell(1 - (end - time.monotonic()) / seconds)
        log.append(f"end {value}")
        return Answer(value=value)

    return work


def quick(value):
    return lambda _: Answer(value=value)


def run(scenario):
    async def whole():
        desk = Desk()
        try:
            await asyncio.wait_for(scenario(desk), 20)
        finally:
            desk.close()

    asyncio.run(whole())


def test_the_same_question_is_worked_on_once_and_kept():
    async def scenario(desk):
        log = []
        first = [desk.ask(("a",), patient(log, seconds=0.2)) for _ in range(5)]
        assert await asyncio.gather(*first) == [b'{"value":1}'] * 5
        assert await desk.ask(("a",), patient(log)) == b'{"value":1}'
        assert log == ["begin 1", "end 1"]
        assert desk.waiting == 0

    run(scenario)


def test_a_newer_question_of_the_same_person_stops_the_older():
    async def scenario(desk):
        log = []
        older = asyncio.ensure_future(desk.ask(("a",), patient(log), turn=("map", "me")))
        other = asyncio.ensure_future(desk.ask(("b",), quick(3), turn=("map", "you")))
        await asyncio.sleep(0.2)
        assert await desk.ask(("c",), quick(2), turn=("map", "me")) == b'{"value":2}'
        with pytest.raises(SupersededError):
            await older
        assert await other == b'{"value":3}'
        assert log == ["begin 1", "stopped 1"]

    run(scenario)


def test_who_leaves_stops_the_work_unless_another_waits():
    async def scenario(desk):
        log = []
        left, stays = (asyncio.ensure_future(desk.ask(("a",), patient(log, seconds=0.5))) for _ in range(2))
        await asyncio.sleep(0.1)
        left.cancel()
        assert await stays == b'{"value":1}'
        alone = asyncio.ensure_future(desk.ask(("b",), patient(log, 2)))
        await asyncio.sleep(0.1)
        alone.cancel()
        assert await desk.ask(("c",), quick(3)) == b'{"value":3}'
        assert log == ["begin 1", "end 1", "begin 2", "stopped 2"]

    run(scenario)


def test_a_browser_that_is_gone_is_noticed():
    async def scenario(desk):
        async def gone():
            return True

        with pytest.raises(Stopped):
            await desk.ask(("a",), patient([]), gone=gone)

    run(scenario)


def test_one_piece_at_a_time_and_quick_ones_first():
    async def scenario(desk):
        log, threads = [], set()

        def noted(value):
            def work(_):
                threads.add(threading.current_thread().name)
                log.append(value)
                return Answer(value=value)

            return work

        first = asyncio.ensure_future(desk.ask((0,), patient([], 0, 0.2)))
        await asyncio.sleep(0.05)
        slow = [desk.ask((i,), noted(i)) for i in (1, 2)]
        await asyncio.gather(first, *slow, desk.ask((3,), noted(3), quick=True))
        assert log == [3, 1, 2]
        assert len(threads) == 1

    run(scenario)


def test_a_fault_is_told_and_the_desk_works_on():
    async def scenario(desk):
        def broken(_):
            raise ArgumentError("target", "a class", "9", "choose one")

        for _ in range(2):
            with pytest.raises(ArgumentError, match="choose one"):
                await desk.ask(("a",), broken)
        with pytest.raises(ArgumentError, match="choose one"):
            await desk.call(lambda: broken(None))
        assert await desk.call(lambda: 5) == 5
        assert await desk.ask(("a",), quick(1)) == b'{"value":1}'

    run(scenario)


def test_too_much_at_a_time_is_refused(monkeypatch):
    monkeypatch.setattr(module, "MOST_WAITING", 2)

    async def scenario(desk):
        waiting = [asyncio.ensure_future(desk.ask((i,), patient([], i, 0.3))) for i in range(2)]
        await asyncio.sleep(0.1)
        with pytest.raises(BusyError, match="wait a little"):
            await desk.ask(("more",), quick(1))
        await asyncio.gather(*waiting)
        assert await desk.ask(("more",), quick(1)) == b'{"value":1}'

    run(scenario)


def test_old_results_make_room():
    async def scenario(_):
        desk = Desk(most_bytes=60)
        for i in range(20):
            await desk.ask(("a", i % 10), quick(i))
            assert desk.kept_bytes <= 60
        desk.forget(9)
        assert desk.kept_bytes <= 48
        desk.close()

    run(scenario)
