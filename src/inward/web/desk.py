"""The desk: work on the model is done off the event loop, one piece at a time, and let go when nobody waits for it."""

import asyncio
import itertools
import queue
import threading
from collections import OrderedDict
from collections.abc import AsyncGenerator, Awaitable, Callable
from concurrent.futures import Future
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import BaseModel

from inward.errors import ArgumentError
from inward.web.watched import Stopped

Key = tuple[object, ...]
_Result = TypeVar("_Result")
_LOOK = 0.1  # seconds between two looks at how far a piece of work is
MOST_WAITING = 200
MOST_BYTES = 128 * 2**20


class SupersededError(Exception):
    """A newer request of the same client took its place."""


class BusyError(ArgumentError):
    """More is asked than can wait."""


@dataclass(eq=False)
class Watch:
    """What a piece of work looks at and tells: whether to stop, and how far it is."""

    stop: threading.Event = field(default_factory=threading.Event)
    share: float = 0.0

    def tell(self, share: float) -> None:
        """Say how much is done."""
        self.share = share


Work = Callable[[Watch], BaseModel]


@dataclass(eq=False)
class _Piece:
    key: Key
    work: Work
    watch: Watch = field(default_factory=Watch)
    result: "Future[bytes]" = field(default_factory=Future)
    waiting: int = 0


class Desk:
    """One thread that works, a queue before it, and the last results behind it.

    All of it but the work itself happens on the event loop's thread.
    """

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._queue: queue.PriorityQueue[tuple[int, int, _Piece | None]] = queue.PriorityQueue()
        self._order = itertools.count()
        self._pieces: dict[Key, _Piece] = {}
        self._kept: OrderedDict[Key, bytes] = OrderedDict()
        self._bytes = 0
        self._turns: dict[Key, asyncio.Event] = {}
        self._thread = threading.Thread(target=self._run, name="inward desk", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """Pieces of work that are under way or wait."""
        return len(self._pieces)

    @property
    def kept_bytes(self) -> int:
        """What the kept results take."""
        return self._bytes

    async def ask(
        self,
        key: Key,
        work: Work,
        *,
        quick: bool = False,
        turn: Key | None = None,
        gone: Callable[[], Awaitable[bool]] | None = None,
    ) -> bytes:
        """The result of a piece of work, as JSON; see `follow`. It is let go where `gone` says that nobody waits."""
        async with aclosing(self.follow(key, work, quick=quick, turn=turn)) as following:
            async for told in following:
                if isinstance(told, bytes):
                    return told
                if gone is not None and await gone():
                    break
        raise Stopped

    async def call(self, work: Callable[[], _Result]) -> _Result:
        """The result of quick work on the model that is not kept."""
        result: Future[_Result] = Future()

        def run(_: Watch) -> BaseModel:
            try:
                result.set_result(work())
            except BaseException as fault:  # noqa: BLE001  (whoever waits is told)
                result.set_exception(fault)
            return BaseModel()

        if self.waiting >= MOST_WAITING:
            raise _too_many()
        self._queue.put((0, next(self._order), _Piece((), run)))
        return await asyncio.wrap_future(result)

    async def follow(
        self, key: Key, work: Work, *, quick: bool = False, turn: Key | None = None
    ) -> AsyncGenerator[float | bytes, None]:
        """Shares done, as they grow, and at last the result as JSON.

        Args:
            key: what the work depends on; the same key is worked on once, and its result kept for a while.
            work: called on the desk's thread; its answer is turned into JSON there.
            quick: goes before what is not.
            turn: whose turn it is; an earlier request with the same turn is let go.

        Raises:
            SupersededError: where a newer request has the same turn.
            BusyError: where too much waits already.
            InwardError: whatever the work raises.
        """
        taken = self._take(turn)
        try:
            kept = self._kept.get(key)
            if kept is not None:
                self._kept.move_to_end(key)
                yield kept
                return
            piece = self._piece(key, work, quick)
            async with aclosing(self._wait(piece, taken)) as waiting:
                async for told in waiting:
                    yield told
        finally:
            if turn is not None and self._turns.get(turn) is taken:
                del self._turns[turn]

    def close(self) -> None:
        """Let all go, and end the thread."""
        for piece in self._pieces.values():
            piece.watch.stop.set()
        self._queue.put((-1, next(self._order), None))

    def _take(self, turn: Key | None) -> asyncio.Event:
        mine = asyncio.Event()
        if turn is not None:
            if earlier := self._turns.get(turn):
                earlier.set()
            self._turns[turn] = mine
        return mine

    def _piece(self, key: Key, work: Work, quick: bool) -> _Piece:
        found = self._pieces.get(key)
        if found is None:
            if len(self._pieces) >= MOST_WAITING:
                raise _too_many()
            found = self._pieces[key] = _Piece(key, work)
            self._queue.put((0 if quick else 1, next(self._order), found))
        return found

    async def _wait(self, piece: _Piece, turn: asyncio.Event) -> AsyncGenerator[float | bytes, None]:
        piece.waiting += 1
        done = asyncio.ensure_future(asyncio.wrap_future(piece.result))
        let_go: asyncio.Future[bool] = asyncio.ensure_future(turn.wait())
        try:
            while not done.done():
                yield piece.watch.share
                both: list[asyncio.Future[Any]] = [done, let_go]
                await asyncio.wait(both, timeout=_LOOK, return_when=asyncio.FIRST_COMPLETED)
                if let_go.done() and not done.done():
                    raise SupersededError
            self._keep(piece, done.result())
            yield done.result()
        finally:
            piece.waiting -= 1
            let_go.cancel()
            done.add_done_callback(_nobody_listens)
            if not piece.waiting:
                piece.watch.stop.set()
                if self._pieces.get(piece.key) is piece:
                    del self._pieces[piece.key]

    def _keep(self, piece: _Piece, result: bytes) -> None:
        if piece.key in self._kept:
            return
        self._kept[piece.key] = result
        self._bytes += len(result)
        while self._bytes > self._most_bytes:
            _, oldest = self._kept.popitem(last=False)
            self._bytes -= len(oldest)

    def forget(self, image: int) -> None:
        """Drop the kept results of an image that is no longer there; its number is a key's second part."""
        for key in [key for key in self._kept if len(key) > 1 and key[1] == image]:
            self._bytes -= len(self._kept.pop(key))

    def _run(self) -> None:
        while (piece := self._queue.get()[2]) is not None:
            if piece.watch.stop.is_set():
                piece.result.set_exception(Stopped())
                continue
            try:
                piece.result.set_result(piece.work(piece.watch).model_dump_json().encode())
            except BaseException as fault:  # noqa: BLE001  (whoever waits is told, and the thread lives on)
                piece.result.set_exception(fault)


def _too_many() -> BusyError:
    return BusyError("requests", f"at most {MOST_WAITING} at a time", "more", "wait a little and ask again")


def _nobody_listens(done: "asyncio.Future[bytes]") -> None:
    """A fault of work that was let go is nobody's business."""
    if not done.cancelled():
        done.exception()
