import threading

import numpy as np
import pytest

from inward.methods.integrated import integrated_gradients
from inward.model import Model
from inward.web.watched import Stopped, Watched
from tests.web.narrow import network


def test_it_answers_as_the_model_and_tells_how_far_it_is():
    model, told = network(), []
    watched = Watched(model, threading.Event(), told.append, 50)
    assert isinstance(watched, Model)
    images = np.random.default_rng(0).random((2, 8, 8, 3), np.float32)
    found = integrated_gradients(watched, images, progress=lambda *_: None)
    np.testing.assert_array_equal(found.values, integrated_gradients(model, images, progress=lambda *_: None).values)
    assert told == sorted(told)
    assert 0 < told[-1] < 1


def test_it_stops_between_two_answers():
    stop = threading.Event()
    watched = Watched(network(), stop, lambda _: None, 50)
    stop.set()
    with pytest.raises(Stopped):
        watched.scores(np.zeros((1, 8, 8, 3), np.float32))
