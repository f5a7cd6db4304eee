import pytest
from fastapi.testclient import TestClient

from inward.web.app import create_app
from inward.web.guard import COOKIE


@pytest.mark.parametrize("host", ["127.0.0.1:8765", "localhost:1", "LOCALHOST", "[::1]:8765", "127.9.9.9"])
def test_loopback_names_are_answered(client, host):
    assert client.get("/api/report", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example:8765", "10.0.0.1", "", "localhost.evil.example"]
)
def test_other_names_are_not(client, host):
    assert client.get("/api/report", headers={"host": host}).status_code == 421


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "https://127.0.0.1:1", "http://127.0.0.1:8766"])
def test_another_pages_requests_are_refused(client, origin):
    for method in ("get", "post"):
        assert getattr(client, method)("/api/images", headers={"origin": origin}).status_code == 403
    assert client.get("/api/report", headers={"sec-fetch-site": "cross-site"}).status_code == 403


def test_the_page_s_own_requests_pass(client):
    own = {"origin": "http://127.0.0.1:8765", "sec-fetch-site": "same-origin"}
    assert client.get("/api/report", headers=own).status_code == 200


def test_every_answer_says_what_a_browser_may_do(client):
    for place in ("/", "/api/report", "/api/nothing", "/assets/main.js"):
        headers = client.get(place).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"


@pytest.fixture
def far(session):
    app = create_app(session, host="0.0.0.0", token="secret")
    with TestClient(app, base_url="http://192.168.1.2:8765", follow_redirects=False) as made:
        yield made


def test_beyond_this_machine_a_token_is_needed(far):
    for place in ("/", "/api/report", "/assets/main.js", "/?token=wrong", "/api/report?token=secret", "/?token=%FF"):
        assert far.get(place).status_code == 401, place
    assert far.get("/api/report", headers={"authorization": "Bearer secret"}).status_code == 200
    assert far.get("/api/report", headers={"authorization": "Bearer ☃".encode()}).status_code == 401
    assert far.get("/api/report", headers={"cookie": "x=;;=,"}).status_code == 401


def test_the_printed_address_lets_a_browser_in(far):
    answer = far.get("/?token=secret")
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert far.cookies[COOKIE] == "secret"
    assert far.get("/api/report").status_code == 200


def test_with_a_token_names_are_still_checked(far):
    assert far.get("/api/report", headers={"host": "evil.example"}).status_code == 421
