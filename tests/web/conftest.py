"""The server of a narrow network and three pictures."""

import pytest
from fastapi.testclient import TestClient

from inward.web.app import create_app
from inward.web.session import Session
from tests.web.narrow import network, shown


@pytest.fixture
def session():
    settings = {"model": "narrow", "images": "three", "command": "inward serve narrow"}
    return Session(network(), shown(), [0, 1, -1], settings)


@pytest.fixture
def client(session):
    with TestClient(create_app(session), base_url="http://127.0.0.1:8765") as made:
        yield made
