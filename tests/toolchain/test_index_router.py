"""The proxy on the loopback: each package from its index alone, and only for labcoat's children."""

import base64
import json
import os
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from labcoat.toolchain import index_environment, index_pages, index_router
from labcoat.toolchain.index_config import installer_environment
from labcoat.toolchain.named_indexes import NamedIndex
from support.listed_index import Answer, ListedIndex
from support.messages import toolchain

WHEEL = "torch-2.0+cpu-py3-none-any.whl"


@pytest.fixture
def indexes() -> Iterator[tuple[ListedIndex, ListedIndex]]:
    """The default index, and another with the same package, a password and pages in HTML."""
    default, other = ListedIndex(), ListedIndex(speaks_json=False, password="a b")  # noqa: S106
    default.publish(WHEEL)
    default.publish("numpy-1.0-py3-none-any.whl")
    other.publish(WHEEL, ["numpy"], requires_python=">=3.8", yanked="a <reason>")
    yield default, other
    default.stop()
    other.stop()


def route(default: ListedIndex, other: ListedIndex, **more: str) -> dict[str, str]:
    url = other.url.replace("//", "//me:${TOKEN}@")
    environ = {"PIP_CONFIG_FILE": os.devnull, "PIP_INDEX_URL": default.url, "TOKEN": "a%20b"}
    index = NamedIndex("other", url, ("torch",))
    return index_environment.routed_environment(
        (index,), {**environ, "HOME": "/nonexistent", **more}
    )


def get(env: dict[str, str], path: str, accept: str = "text/html", proxy: str = "") -> bytes:
    """Ask through the proxy as a client does; `path` begins after the index's address."""
    url = path if "://" in path else f"{env['PIP_INDEX_URL']}/{path}"
    handler = urllib.request.ProxyHandler({"http": proxy or env["http_proxy"]})
    request = urllib.request.Request(url, headers={"Accept": accept})  # noqa: S310
    with urllib.request.build_opener(handler).open(request) as page:
        data: bytes = page.read()
    return data


def link_of(env: dict[str, str], page: bytes) -> str:
    path = page.decode().partition('href="')[2].partition('"')[0].partition("#")[0]
    return f"http://{index_router.HOST}{path}"


def test_each_package_comes_from_its_index(indexes: tuple[ListedIndex, ListedIndex]) -> None:
    """A listing keeps what it says of a file; the file and its metadata come from that index."""
    default, other = indexes
    env = route(*indexes)
    page = get(env, "torch/")
    assert b'data-requires-python="&gt;=3.8"' in page
    assert b'data-yanked="a &lt;reason&gt;"' in page
    assert get(env, link_of(env, page)) == other.contents[WHEEL]
    assert other.contents[WHEEL] != default.contents[WHEEL]
    other.contents[f"{WHEEL}.metadata"] = b"Name: torch"
    assert get(env, f"{link_of(env, page)}.metadata") == b"Name: torch"
    listed = json.loads(get(env, "Numpy/", "application/vnd.pypi.simple.v1+json"))
    address = f"http://{index_router.HOST}{listed['files'][0]['url']}"
    assert get(env, address) == default.contents["numpy-1.0-py3-none-any.whl"]
    assert not [path for path in default.asked if "torch" in path]
    assert not [path for path in other.asked if "numpy" in path]


def test_nobody_else_reads_through_it(indexes: tuple[ListedIndex, ListedIndex]) -> None:
    """Without its password the proxy answers nothing, and it reads no files of the machine."""
    env = route(*indexes)
    port = env["http_proxy"].rpartition(":")[2]
    for proxy in (f"http://127.0.0.1:{port}", f"http://labcoat:x@127.0.0.1:{port}"):
        with pytest.raises(urllib.error.HTTPError, match="407"):
            get(env, "torch/", proxy=proxy)
    path = env["PIP_INDEX_URL"].partition(index_router.HOST)[2]
    for wrong in (
        f"http://127.0.0.1:{port}{path}/torch/",
        f"http://127.0.0.1:{port}/x{path}/torch/",
    ):
        with pytest.raises(urllib.error.HTTPError, match="403"):
            urllib.request.urlopen(wrong)  # noqa: S310
    with pytest.raises(urllib.error.HTTPError, match="403"):
        get(env, f"http://{index_router.HOST}/files/_/file//etc/hostname")
    assert not indexes[1].asked


def test_no_password_leaves_the_process(indexes: tuple[ListedIndex, ListedIndex]) -> None:
    """The clients get the proxy's own password in their environment, and no other."""
    env = route(*indexes)
    assert not [name for name, value in env.items() if "a%20b" in value and name != "TOKEN"]
    assert b"me:" not in get(env, "torch/")


def test_the_address_is_the_same_in_each_run(indexes: tuple[ListedIndex, ListedIndex]) -> None:
    """Caches of pip and uv are kept by address: it changes with the indexes alone."""
    first = route(*indexes)
    assert route(*indexes, OTHER="x")["PIP_INDEX_URL"] == first["PIP_INDEX_URL"]
    moved = NamedIndex("other", indexes[1].url, ("numpy",))
    environ = {"PIP_CONFIG_FILE": os.devnull, "PIP_INDEX_URL": indexes[0].url}
    assert (
        index_environment.routed_environment((moved,), environ)["PIP_INDEX_URL"]
        != first["PIP_INDEX_URL"]
    )


def test_without_named_indexes_nothing_changes() -> None:
    """pip and uv then ask the index themselves."""
    environ = {"PIP_CONFIG_FILE": os.devnull, "PIP_INDEX_URL": "https://x/simple"}
    assert index_environment.routed_environment((), environ) == installer_environment(environ)


def test_a_program_with_a_proxy_of_its_own_gets_an_address_on_the_loopback(
    indexes: tuple[ListedIndex, ListedIndex],
) -> None:
    """conda fetches its packages through the user's proxy, and pip in it does not."""
    default, other = indexes
    environ = {"PIP_CONFIG_FILE": os.devnull, "PIP_INDEX_URL": default.url, "no_proxy": "x.example"}
    index = NamedIndex("other", other.url.replace("//", "//me:${TOKEN}@"), ("torch",))
    env = index_environment.loopback_environment((index,), {**environ, "TOKEN": "a%20b"})
    assert env["no_proxy"] == "x.example,127.0.0.1"
    with urllib.request.urlopen(f"{env['PIP_INDEX_URL']}/torch/") as page:  # noqa: S310
        assert b"/files/other/http/" in page.read()


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (Answer(500), "the index `other` at {host} answers with an error: 500"),
        (Answer(401), "the index `other` refuses the user name or password"),
        (Answer(200, page=b"<form>log in</form>"), "the index `other` at {host} answers with a"),
        (None, "cannot reach the index `other` at {host}: Connection refused"),
    ],
)
def test_what_an_index_answers_is_kept(
    indexes: tuple[ListedIndex, ListedIndex], answer: Answer | None, message: str
) -> None:
    """A locker or an installer only sees that a request failed; the next success forgets it."""
    _, other = indexes
    env = route(*indexes)
    if answer:
        other.answers["torch"] = answer
    else:
        other.stop()
    with pytest.raises(urllib.error.HTTPError):
        get(env, "torch/")
    failure = index_router.find_failure()
    assert failure
    assert message.format(host=other.url.split("/")[2]) in failure.message
    if answer:
        other.answers.clear()
        get(env, "torch/")
        assert index_router.find_failure() is None


def test_logins_come_from_where_uv_and_pip_have_them(tmp_path: Path) -> None:
    """uv's variables for the index, another address on the host, ~/.netrc."""
    from labcoat.toolchain import index_config

    index = NamedIndex("my-index", "https://x.example/simple", ("a",))
    expected = "Basic " + base64.b64encode(b"me:a b").decode()
    (tmp_path / ".netrc").write_text('machine x.example login me password "a b"\n')
    for given in (
        {"UV_INDEX_MY_INDEX_USERNAME": "me", "UV_INDEX_MY_INDEX_PASSWORD": "a b"},
        {"PIP_EXTRA_INDEX_URL": "https://me:a%20b@x.example/other"},
        {"UV_INDEX": "name=https://me:a%20b@x.example/simple"},
        {"HOME": str(tmp_path)},
    ):
        environ = {"PIP_CONFIG_FILE": os.devnull, "HOME": "/nonexistent", **given}
        assert index_config.named_access(index, environ).authorization == expected
    environ = {"PIP_CONFIG_FILE": os.devnull, "PIP_INDEX_URL": "https://me:pw@y.example/simple"}
    assert not index_config.named_access(index, environ).authorization


def test_unset_variable_is_named(indexes: tuple[ListedIndex, ListedIndex]) -> None:
    """The message has the variable's name."""
    with pytest.raises(Exception, match=toolchain.UNSET_VARIABLE):
        route(*indexes, TOKEN="")


@pytest.mark.parametrize(
    ("page", "kind", "expected"),
    [
        (b'{"files": [{"url": "https://f.example/a.whl"}]}', "json", b'"https://f.example/a.whl"'),
        (b'{"files": [{"url": "../../a.whl"}]}', "json", b'"https://x.example/a.whl"'),
        (b'<a href="/whl/a.whl#sha256=1">a</a>', "html", b'"https://x.example/whl/a.whl#sha256=1"'),
        (b'<base href="/y/"><a href="a.whl">a</a>', "html", b'"https://x.example/y/a.whl"'),
    ],
)
def test_clients_fetch_files_that_need_no_login(page: bytes, kind: str, expected: bytes) -> None:
    """Then addresses become absolute, and a listing that has only such ones stays as it is."""
    address = "https://x.example/simple/a/"
    made = index_pages.replace_addresses(page, kind, address, "")
    assert made is not None
    assert expected in made
    assert (made == page) == (b'"https:' in page)


def test_a_login_in_a_link_stays_out_of_the_new_address() -> None:
    """It is sent to the index's own host anyhow."""
    for url in ("https://me:pw@x.example/a.whl", "a.whl"):
        page = json.dumps({"files": [{"url": url}]}).encode()
        made = index_pages.replace_addresses(page, "json", "https://me:pw@x.example/", "/files/_/")
        assert made == b'{"files": [{"url": "/files/_/https/x.example/a.whl"}]}'
