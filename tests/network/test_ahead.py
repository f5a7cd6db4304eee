import threading

import pytest

from inward.network.ahead import ahead


def test_everything_comes_in_order_made_one_ahead_in_another_thread() -> None:
    made: list[int] = []
    threads = set()

    def make(item: int) -> int:
        made.append(item)
        threads.add(threading.current_thread())
        return item * item

    values = ahead(make, range(5))
    assert next(values) == 0
    assert len(made) <= 3  # no further than the one after the next
    assert [*values] == [1, 4, 9, 16]
    assert made == [0, 1, 2, 3, 4]
    assert threading.current_thread() not in threads
    assert list(ahead(make, [])) == []


def test_a_mistake_comes_where_the_item_is_used() -> None:
    values = ahead(lambda item: 1 // item, [1, 0])
    assert next(values) == 1
    with pytest.raises(ZeroDivisionError):
        next(values)
