"""Who may ask what, and how often."""

import time

import pytest

from megaregion.errors import InputError
from megaregion.publish.server_guard import COOKIE, HEADERS, MAX_BODY, POLICY, SESSION_S, Pace, read_secret
from megaregion.publish.server_listen import bind, check_address, names_of
from support.served import ADDRESS, LAKE_LINE, opened

SECRET = "0123456789abcdef0123"  # noqa: S105 - of no server
NOTE = {"lon": 121.0, "lat": 31.0, "text": "here"}


@pytest.fixture(scope="module")
def client():
    with opened() as found:
        yield found


@pytest.fixture
def locked():
    with opened(secret=SECRET) as found:
        yield found


@pytest.mark.parametrize("path", ["/", "/measures", "/measures.csv", "/nothing", "/api/about", "/api/nothing"])
def test_every_answer_keeps_the_page_to_itself(client, path):
    headers = client.get(path).headers
    for name, value in HEADERS:
        assert headers.get_list(name.decode()) == [value.decode()]


def test_the_policy_lets_no_foreign_or_inline_script_in():
    rules = dict(rule.strip().partition(" ")[::2] for rule in POLICY.split(";"))
    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == "'self'"
    assert rules["worker-src"] == "blob:"
    assert rules["frame-ancestors"] == rules["base-uri"] == "'none'"
    assert "http" not in POLICY
    assert "unsafe-eval" not in POLICY


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8411", "127.0.0.1.evil.example", "", "[::2]:8411"])
def test_a_foreign_name_is_refused(client, host):
    answer = client.get("/measures.json", headers={"host": host})
    assert answer.status_code == 403
    assert "not called" in answer.json()["error"]


@pytest.mark.parametrize("host", ["localhost:8411", "127.0.0.1", "LOCALHOST:1"])
def test_names_of_this_machine_are_taken(client, host):
    assert client.get("/measures.json", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "http://127.0.0.1:9999"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": ADDRESS, "sec-fetch-site": "cross-site"},
    ],
)
@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/api/notes"), ("POST", "/api/runs"), ("POST", "/api/check"), ("DELETE", "/api/notes/x")],
)
def test_pages_of_other_sites_change_nothing(client, headers, method, path):
    answer = client.request(method, path, headers={"content-type": "application/json", **headers}, content=b"{}")
    assert answer.status_code == 403
    assert "another site" in answer.json()["error"]
    assert client.get("/api/notes").json()["notes"] == []


def test_pages_of_other_sites_do_not_make_it_work(client):
    headers = {"sec-fetch-site": "cross-site"}
    assert client.get("/api/isochrone?lon=121&lat=31", headers=headers).status_code == 403
    # a link from elsewhere to the page is a link
    assert client.get("/measures", headers=headers).status_code == 200


def test_its_own_page_may(client):
    headers = {"origin": ADDRESS, "sec-fetch-site": "same-origin"}
    answer = client.post("/api/notes", json=NOTE, headers=headers)
    assert answer.status_code == 201
    assert client.delete(f"/api/notes/{answer.json()['id']}", headers=headers).status_code == 204


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_a_body_that_is_not_json_is_refused(client, kind):
    answer = client.post("/api/notes", content=b"{}", headers={"content-type": kind})
    assert answer.status_code == answer.json()["status"] == 415


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b'{"lon": NaN}', "NaN is no number"),
        (b"[" * 100_000, "nested too deeply"),
        (b"[]", "expected an object"),
        (b"1", "expected an object"),
    ],
)
@pytest.mark.parametrize("path", ["/api/check", "/api/runs", "/api/notes"])
def test_a_body_that_cannot_be_read_is_said(client, path, content, words):
    answer = client.post(path, content=content, headers={"content-type": "application/json"})
    assert answer.status_code == 400
    assert words in answer.json()["error"]


def test_a_large_body_is_refused_before_it_is_read(client):
    taken = []

    def parts():
        taken.append(1)
        yield b"x"

    answer = client.post(
        "/api/notes",
        content=parts(),
        headers={"content-type": "application/json", "content-length": str(MAX_BODY + 1)},
    )
    assert answer.status_code == 413
    assert f"expected up to {MAX_BODY:,}" in answer.json()["error"]
    unsure = client.post(
        "/api/notes", content=b"{}", headers={"content-type": "application/json", "content-length": "-1"}
    )
    assert unsure.status_code == 413


def test_a_body_without_a_length_is_counted_while_it_comes(client):
    def parts():
        for _ in range(10):
            yield b" " * (MAX_BODY // 5)

    answer = client.post("/api/notes", content=parts(), headers={"content-type": "application/json"})
    assert answer.status_code == 413
    assert "more than" in answer.json()["error"]


def test_who_asks_too_often_is_told_when_to_come_again():
    with opened(paces={"post": 3, "live": 2}) as client:
        answers = [client.post("/api/notes", json=NOTE) for _ in range(4)]
        assert [answer.status_code for answer in answers] == [201, 201, 201, 429]
        assert 1 <= int(answers[-1].headers["retry-after"]) <= 21
        assert answers[-1].json()["status"] == 429
        places = [client.get(f"/api/isochrone?lon=121&lat={lat}") for lat in (91, 92, 93)]
        assert [answer.status_code for answer in places] == [400, 400, 429]
        # looking is never counted
        assert all(client.get("/measures.json").status_code == 200 for _ in range(50))


def test_a_pace_fills_evenly_and_is_each_readers_own():
    pace = Pace(60)
    assert [pace.wait_s("a", 0.0) for _ in range(60)] == [0.0] * 60
    assert pace.wait_s("a", 0.0) == pytest.approx(1.0)
    assert pace.wait_s("b", 0.0) == 0.0
    assert pace.wait_s("a", 1.0) == 0.0
    assert pace.wait_s("a", 1.5) == pytest.approx(0.5)


def test_without_the_secret_nothing_is_seen(locked):
    for path in ("/", "/measures.json", "/api/about", "/notes.csv", "/assets/x", "/server.css/../api/about"):
        answer = locked.get(path)
        assert answer.status_code == 401
        assert answer.json()["status"] == 401
        assert answer.headers["www-authenticate"].startswith("Bearer")
    assert locked.post("/api/notes", json=NOTE).status_code == 401
    assert locked.delete("/api/notes/x").status_code == 401


@pytest.mark.parametrize(
    "given",
    [
        "Bearer wrong",
        f"Bearer {SECRET}x",
        f"Bearer {SECRET[:-1]}",
        f"Basic {SECRET}",
        SECRET,
        "Bearer ",
        "Bearer \xe9",
    ],
)
def test_a_wrong_secret_is_refused(locked, given):
    assert locked.get("/measures.json", headers={"authorization": given.encode("latin-1")}).status_code == 401


def test_the_secret_lets_in(locked):
    headers = {"authorization": f"Bearer {SECRET}"}
    assert locked.get("/measures.json", headers=headers).status_code == 200
    # an answer that is ready is not sent to who has no secret
    assert locked.get("/measures.json").status_code == 401


def test_a_person_logs_in_once(locked):
    sent = locked.get("/measures", headers={"accept": "text/html"})
    assert (sent.status_code, sent.headers["location"]) == (303, "/login")
    assert "type=password" in locked.get("/login").text
    assert locked.get("/server.css").status_code == 200
    wrong = locked.post("/login", data={"secret": "x"})
    assert wrong.status_code == 401
    assert "set-cookie" not in wrong.headers
    right = locked.post("/login", data={"secret": SECRET})
    assert (right.status_code, right.headers["location"]) == (303, "/")
    for word in ("HttpOnly", "SameSite=Strict", f"Max-Age={SESSION_S}", "Path=/"):
        assert word in right.headers["set-cookie"]
    assert SECRET not in right.headers["set-cookie"]
    assert locked.get("/measures.json").status_code == 200


def test_a_cookie_that_is_old_or_forged_is_refused(locked):
    locked.post("/login", data={"secret": SECRET})
    value = locked.cookies[COOKIE]
    until, _, seal = value.partition(".")
    locked.cookies.clear()
    later = f"{int(until) + 1}.{seal}"
    old = f"{int(time.time()) - 1}.{seal}"
    for forged in (later, old, f"{until}.", f".{seal}", "", f"{until}.{seal}0", f"-1.{seal}", "\xb2.x"):
        headers = {"cookie": f"{COOKIE}={forged}".encode("latin-1")}
        assert locked.get("/measures.json", headers=headers).status_code == 401, forged
    assert locked.get("/measures.json", headers={"cookie": f"{COOKIE}={value}"}).status_code == 200


def test_guessing_the_secret_is_slow():
    with opened(secret=SECRET, paces={"login": 5}) as client:
        tried = [client.post("/login", data={"secret": f"guess {number}"}).status_code for number in range(7)]
    assert tried == [401] * 5 + [429] * 2


def test_another_site_cannot_log_in_for_somebody(locked):
    answer = locked.post("/login", data={"secret": SECRET}, headers={"origin": "https://evil.example"})
    assert answer.status_code == 403


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.org", ""])  # noqa: S104 - refused
def test_a_public_address_needs_a_secret(host):
    with pytest.raises(InputError, match="--secret-file"):
        check_address(host, secret="")
    check_address(host, secret=SECRET)


def test_this_machine_needs_none():
    for host in ("127.0.0.1", "::1", "localhost"):
        check_address(host, secret="")
    assert names_of("0.0.0.0") is None  # noqa: S104
    assert names_of("192.0.2.1") == {"192.0.2.1"}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "cannot be read"),
        (b"", "0 characters"),
        (b"short", "expected 16 or more"),
        (b"two words are not one", "without blanks"),
        ("密钥密钥密钥密钥密钥密钥密钥密钥".encode(), "letters and digits"),
        (b"\xff" * 32, "cannot be read"),
    ],
)
def test_a_secret_that_can_be_guessed_is_refused(tmp_path, content, words):
    file = tmp_path / "secret"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(InputError, match=words) as caught:
        read_secret(file)
    assert "openssl rand -hex 32" in str(caught.value)


def test_a_secret_ends_where_its_line_does(tmp_path):
    (tmp_path / "secret").write_text(f"{SECRET}\n")
    assert read_secret(tmp_path / "secret") == SECRET


def test_a_port_in_use_says_what_to_do():
    with bind("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(InputError, match=f"port {port} of 127.0.0.1 is in use.*--port {port + 1}"):
            bind("127.0.0.1", port)
    with pytest.raises(InputError, match="there is no such address"):
        bind("no such host", 0)


def test_read_only_keeps_nothing():
    with opened(read_only=True) as client:
        assert client.get("/api/about").json()["capabilities"]["notes"] == "read-only"
        for path, body in (("/api/notes", NOTE), ("/api/scenarios", {"name": "x", "scenario": LAKE_LINE})):
            answer = client.post(path, json=body)
            assert answer.status_code == 403
            assert "read-only" in answer.json()["error"]
        assert client.delete("/api/notes/x").status_code == 403
        assert client.post("/api/check", json={"scenario": LAKE_LINE}).status_code == 200
