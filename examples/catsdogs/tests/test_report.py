"""The page about a run: whole, readable by everybody, and without any request to anywhere."""

import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from samples import jpeg, make_folder

from catsdogs import curves, data, predictions, report, train
from catsdogs.settings import settle
from catsdogs.split import Row

ODD = '<b onload="x">&amp; größer'  # a class's name, as a folder may be called
BROWSERS_OWN = (b"google", b"gvt1.com")  # hosts that Chromium asks by itself, whatever the page
BROWSER = shutil.which("chromium") or shutil.which("google-chrome")


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report on three classes, made from a run's files without the run."""
    room = tmp_path_factory.mktemp("report")
    labels = ["cat", "dog", ODD]
    make_folder(room / "set", {f"{label}/{number}.jpg": jpeg(label, number) for label in labels for number in range(4)})
    settings = settle(str(room / "set"), "random", "32", "0", str(room / "build"))
    source, found = data.open_data(settings.data, settings.cache, settings.seed)
    rows = [Row(picture.name, picture.digest, picture.label, "validation") for picture in found.pictures]
    shares = np.random.default_rng(0).dirichlet([1, 1, 1], len(rows))
    predictions.write(rows, found.classes, shares, settings.build / train.PREDICTIONS)
    history = {name: [0.5, 0.4] for name in ("loss", "val_loss", "accuracy", "val_accuracy")}
    curves.draw(history, (0.2, 0.7), "a run", settings.build / train.CURVES)
    (settings.build / train.RESULT).write_text('{"produced_by": {"size": "32"}}')
    return report.write(report.Run(settings, source, found, train.Score(5, 12, 1.1, 5, 12)))


class Elements(HTMLParser):
    """Every element's name and attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.found.append((tag, dict(attrs)))


def elements(page: Path) -> list[tuple[str, dict[str, str | None]]]:
    parser = Elements()
    parser.feed(page.read_text(encoding="utf-8"))
    return parser.found


def test_pictures_have_text_for_those_who_cannot_see_them(page: Path) -> None:
    """Every picture says in words what it shows, and there are charts and mistakes among them."""
    texts = [attributes["alt"] for tag, attributes in elements(page) if tag == "img"]
    assert all(texts)
    assert len(texts) > 4
    assert any("Areas under them" in text for text in texts if text)


def test_everything_is_inside(page: Path) -> None:
    """Nothing on the page points outside of it, and its policy forbids that."""
    for _, attributes in elements(page):
        assert all((attributes.get(name) or "data:").startswith("data:") for name in ("src", "href"))
    assert "default-src 'none'" in page.read_text(encoding="utf-8")


def test_odd_names_are_text(page: Path) -> None:
    """A class or file may be called anything: on the page it is text."""
    assert not any(tag == "b" or "onload" in attributes for tag, attributes in elements(page))
    assert "&lt;b onload" in page.read_text(encoding="utf-8")


@contextmanager
def listener() -> Iterator[tuple[int, list[bytes]]]:
    """A port that stands in for the whole network, and the first bytes of all that was sent to it."""
    asked: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def listen() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    connection.settimeout(1)
                    asked.append(connection.recv(200))

        threading.Thread(target=listen, daemon=True).start()
        yield server.getsockname()[1], asked
        server.shutdown(socket.SHUT_RDWR)


@pytest.mark.skipif(BROWSER is None, reason="no Chromium to open the report with")
def test_a_browser_shows_it(page: Path, tmp_path: Path) -> None:
    """A browser opens the page without a complaint or an outside request, at a phone's width too."""
    with listener() as (port, asked):
        words = [str(BROWSER), "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        words += ["--disable-component-update", "--no-first-run", f"--user-data-dir={tmp_path / 'profile'}"]
        words += [f"--proxy-server=http://127.0.0.1:{port}", "--enable-logging=stderr", "--window-size=500,2000"]
        words += [f"--screenshot={tmp_path / 'report.png'}", page.as_uri()]
        done = subprocess.run(words, capture_output=True, text=True, timeout=120, check=False)
    assert "CONSOLE" not in done.stderr
    assert not [line for line in asked if line and not any(host in line for host in BROWSERS_OWN)]
    with Image.open(tmp_path / "report.png") as shot:
        assert shot.size == (500, 2000)
        assert len(shot.convert("RGB").getcolors(2**24) or []) > 50
