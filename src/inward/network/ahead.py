"""The next batch is made while the device learns from this one."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

_Item = TypeVar("_Item")
_Made = TypeVar("_Made")


def ahead(make: Callable[[_Item], _Made], items: Iterable[_Item]) -> Iterator[_Made]:
    """make(item) for each item in order, one ahead of its use, in a thread of its own."""
    with ThreadPoolExecutor(1, "ahead") as thread:
        waiting: Future[_Made] | None = None
        for item in items:
            following = thread.submit(make, item)
            if waiting:
                yield waiting.result()
            waiting = following
        if waiting:
            yield waiting.result()
