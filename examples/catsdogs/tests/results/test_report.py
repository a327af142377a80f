"""The report page: complete, accessible, and without any network request."""

import re
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from samples import jpeg, make_folder

from catsdogs.data import dataset
from catsdogs.data.manifest import Row
from catsdogs.results import bundle, outputs, places, predictions, record, report
from catsdogs.results.choice import Chosen
from catsdogs.results.score import Scores, score
from catsdogs.settings import settle
from catsdogs.training import models
from catsdogs.training.calibration import Sure
from catsdogs.training.head import Head

ODD = '<b onload="x">&amp; größer'  # a class's name, as a folder may be called
BROWSERS_OWN = (b"google", b"gvt1.com")  # hosts that Chromium contacts itself, for any page
SCREENSHOTS = Path(__file__).parents[2] / "build/screenshots"
BROWSER = shutil.which("chromium") or shutil.which("google-chrome")


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report on three classes, from the files of a run that did not take place."""
    room = tmp_path_factory.mktemp("report")
    labels = ["cat", "dog", ODD]
    make_folder(
        room / "set",
        {f"{label}/{number}.jpg": jpeg(label, number) for label in labels for number in range(4)},
    )
    settings = settle(str(room / "build"), data=str(room / "set"), weights="random", size="32")
    source, found = dataset.open_data(settings.data, settings.cache, settings.seed)
    rows = [Row(picture.name, picture.digest, picture.label, "test") for picture in found.pictures]
    shares = np.random.default_rng(0).dirichlet([1, 1, 1], len(rows))
    predictions.write(rows, found.classes, shares, settings.build / outputs.TEST_PREDICTIONS)
    scored = score(shares, rows, found.classes, 0.5)
    head = Head(np.random.default_rng(1).normal(size=(512, 3)), np.zeros(3))
    whole = models.whole(settings.network(), head)
    bundle.save(whole, bundle.Note(found.classes, settings.size), settings.build / outputs.MODEL)
    history = {name: [0.5, 0.4] for name in ("loss", "val_loss", "accuracy", "val_accuracy")}
    more = {"history": history, **asdict(Sure(0.5, 0.0, 0)), "classes": found.classes}
    for file in record.RECORDED:
        (settings.build / file).touch()
    produced_by = {"size": "32", "data": found.digest}
    record.write(settings.build, produced_by, Scores(scored, scored), more, 1)
    made = places.read(settings.build) | {"lesson": "frozen"}
    chosen = Chosen(settings.build / outputs.MODEL, made, settings)
    return report.write(report.Subject(chosen, source, found))


def browse(room: Path, *words: str) -> str:
    """Start a browser with a separate profile and these arguments; return its output."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    usual = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-background-networking",
        "--disable-component-update",
    ]
    usual += ["--no-first-run", f"--user-data-dir={room / 'profile'}"]
    done = subprocess.run(
        [str(BROWSER), *usual, *words], capture_output=True, text=True, timeout=120, check=True
    )
    return done.stdout + done.stderr


class Elements(HTMLParser):
    """Every element's name and attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Record an element."""
        self.found.append((tag, dict(attrs)))


def elements(page: Path) -> list[tuple[str, dict[str, str | None]]]:
    parser = Elements()
    parser.feed(page.read_text(encoding="utf-8"))
    return parser.found


def test_pictures_have_alternative_text(page: Path) -> None:
    """Every picture has a text that describes it, including charts and mistakes."""
    texts = [attributes["alt"] for tag, attributes in elements(page) if tag == "img"]
    assert all(texts)
    assert len(texts) > 4
    assert any("Areas under them" in text for text in texts if text)
    assert any("the evidence is mostly" in text for text in texts if text)


def test_the_test_part_comes_first(page: Path) -> None:
    """The page begins with the test part: its interval, base rate, and each class; validation is a
    section near the end, and named so.
    """
    text = page.read_text(encoding="utf-8")
    start, end = text.index("test accuracy"), text.index("Training and validation")
    assert start < text.index("95% confidence interval") < text.index("balanced accuracy") < end
    assert start < text.index("always answering") < text.index("Each class") < end
    assert "validation accuracy" not in text
    assert "Not sure of any" in text


def test_the_page_is_self_contained(page: Path) -> None:
    """Nothing on the page refers to another address, and its policy forbids that."""
    for _, attributes in elements(page):
        assert all(
            (attributes.get(name) or "data:").startswith("data:") for name in ("src", "href")
        )
    assert "default-src 'none'" in page.read_text(encoding="utf-8")


def test_odd_names_are_text(page: Path) -> None:
    """Names of classes and files are escaped, whatever they contain."""
    assert not any(tag == "b" or "onload" in attributes for tag, attributes in elements(page))
    assert "&lt;b onload" in page.read_text(encoding="utf-8")


@contextmanager
def listener() -> Iterator[tuple[int, list[bytes]]]:
    """A proxy port in place of the network, and the first bytes of each request to it."""
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
@pytest.mark.parametrize(
    ("device", "width"), [("phone", 500), ("desk", 1200)], ids=["phone", "desk"]
)
def test_a_browser_shows_the_page(page: Path, tmp_path: Path, device: str, width: int) -> None:
    """At any width, a browser opens the page without console messages or network requests.

    The screenshots are kept for inspection.
    """
    shot = SCREENSHOTS / f"report-{device}.png"
    with listener() as (port, asked):
        words = [
            f"--proxy-server=http://127.0.0.1:{port}",
            "--enable-logging=stderr",
            f"--window-size={width},3000",
        ]
        output = browse(tmp_path, *words, f"--screenshot={shot}", page.as_uri())
    assert "CONSOLE" not in output
    assert not [line for line in asked if line and not any(host in line for host in BROWSERS_OWN)]
    with Image.open(shot) as image:
        assert image.size == (width, 3000)
        assert len(image.convert("RGB").getcolors(2**24) or []) > 50


@pytest.mark.skipif(BROWSER is None, reason="no Chromium to open the report with")
def test_nothing_is_wider_than_a_phone(page: Path, tmp_path: Path) -> None:
    """On a phone the page does not scroll horizontally: wide tables scroll separately."""
    framed = tmp_path / "framed.html"
    framed.write_text(
        f'<iframe src="{page.name}" width="360" height="900"></iframe><script>onload = () => '
        "{ const page = frames[0].document.documentElement;"
        "document.title = `${page.scrollWidth} of ${page.clientWidth}` }</script>"
    )
    shutil.copy(page, tmp_path)
    dom = browse(tmp_path, "--allow-file-access-from-files", "--dump-dom", framed.as_uri())
    found = re.search(r"<title>(\d+) of (\d+)</title>", dom)
    assert found
    assert int(found[1]) == int(found[2]) > 300


@pytest.mark.skipif(BROWSER is None, reason="no Chromium to open the report with")
def test_it_can_be_printed(page: Path, tmp_path: Path) -> None:
    """Printed, the report has a few pages."""
    browse(
        tmp_path,
        "--no-pdf-header-footer",
        f"--print-to-pdf={SCREENSHOTS / 'report.pdf'}",
        page.as_uri(),
    )
    pages = len(re.findall(rb"/Type\s*/Page\b", (SCREENSHOTS / "report.pdf").read_bytes()))
    assert 1 <= pages <= 8
