"""The preview in a process of its own: it follows the files, answers only here, and stops cleanly."""

import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from preview_process import OPEN, PreviewProcess, copy_project, make_small_project, run_preview

pytestmark = pytest.mark.e2e

WOHNEN = "responses/wohnen.yml"
OLD, NEW = "Das Jobcenter kann Kaution", "Das Jobcenter zahlt vielleicht die Kaution"


@pytest.fixture(scope="module")
def preview(model_archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PreviewProcess]:
    root = copy_project(tmp_path_factory.mktemp("project"))
    with run_preview(root, root / "log.txt") as process:
        yield process


@pytest.fixture
def site(preview: PreviewProcess) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=preview.url, timeout=60) as client:
        yield client


def wait_for(site: httpx.Client, words: str, is_there: bool = True) -> str:
    """Follow the versions, as the page does, until the words are there, or gone."""
    version = 0
    for _ in range(20):
        page = site.get("/", params={"thema": "kaution"}).text
        if (words in page) == is_there:
            return page
        version = site.get("/stand", params={"version": version}).json()["version"]
    raise AssertionError(f"{words!r}: {is_there} never came true")


def test_saved_answer_arrives(preview: PreviewProcess, site: httpx.Client) -> None:
    wait_for(site, OLD)
    preview.replace(WOHNEN, OLD, NEW)
    wait_for(site, NEW)


def test_fault_arrives_and_goes(preview: PreviewProcess, site: httpx.Client) -> None:
    preview.replace(WOHNEN, OPEN, OPEN.replace(":", ""))
    page = wait_for(site, "So lässt sich der Inhalt nicht laden")
    assert "responses/wohnen.yml:" in page
    assert "Mietkaution" in page
    preview.replace(WOHNEN, OPEN.replace(":", ""), OPEN)
    wait_for(site, "So lässt sich der Inhalt nicht laden", is_there=False)


def ask(site: httpx.Client, text: str) -> str:
    """Send a question again until the model has been loaded."""
    version = 0
    for _ in range(20):
        page = site.post("/frage", data={"thema": "kaution", "frage": text}).text
        if "data-wartet" not in page:
            return page
        version = site.get("/stand", params={"version": version}).json()["version"]
    raise AssertionError("the model never came")


def test_question_goes_to_the_real_bot_and_old_training_is_said(preview: PreviewProcess, site: httpx.Client) -> None:
    page = ask(site, "Wer zahlt die Kaution?")
    assert "Am ehesten erkannt: Mietkaution" in page
    assert "seit dem letzten Training geändert" not in page
    preview.replace(
        "nlu_data/wohnen.yml", "examples: |\n", "examples: |\n      - wer gibt mir geld für den vermieter\n"
    )
    assert "seit dem letzten Training geändert" in ask(site, "Wer zahlt die Kaution?")
    assert "Notlage vermutet" in ask(site, "ich will nicht mehr leben")


def test_nobody_else_is_answered(preview: PreviewProcess, site: httpx.Client) -> None:
    port = int(preview.url.rpartition(":")[2])
    for address in {"127.0.0.2", *socket.gethostbyname_ex(socket.gethostname())[2]} - {"127.0.0.1"}:
        with pytest.raises(OSError):
            socket.create_connection((address, port), timeout=5).close()
    assert site.get("/", headers={"host": "evil.example"}).status_code == 400


def test_it_stops_cleanly_while_a_page_waits(tmp_path: Path) -> None:
    root = make_small_project(tmp_path / "project")
    with run_preview(root, tmp_path / "log.txt") as preview, httpx.Client(base_url=preview.url, timeout=60) as site:
        with site.stream("GET", "/stand", params={"version": site.get("/stand").json()["version"]}):
            preview.process.terminate()
        assert preview.process.wait(60) == 0
    log = (tmp_path / "log.txt").read_text()
    assert "Traceback" not in log and "Cancel" not in log
