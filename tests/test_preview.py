"""The preview for editors: what it follows, what it shows, and to whom it answers."""

import asyncio
from collections.abc import AsyncIterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from conftest import predict
from small_project import SmallProject

from bot.__main__ import main
from bot.channels.preview_html import NO_EASY_TEXT, STALE
from bot.channels.preview_page import PreviewPage
from bot.content import Content
from bot.editing import preview as preview_module
from bot.editing.preview import Preview
from bot.editing.preview_server import build_preview_app, serve_preview
from bot.editing.preview_trial import LOADING, NO_MODEL, Trial, Tried
from bot.models import Decision, Reply, Turn
from bot.preparation import StartError
from bot.settings import Settings

WOHNEN = "responses/wohnen.yml"
SECRET = "Zauberwort"


@pytest.fixture
def project(tmp_path: Path) -> SmallProject:
    return SmallProject(tmp_path)


@pytest.fixture
def preview(project: SmallProject, monkeypatch: pytest.MonkeyPatch) -> Preview:
    monkeypatch.setattr(preview_module, "POLL_SECONDS", 0.01)
    return Preview(project.responses, project.root / "nlu_data", project.root / "tests" / "dialogues")


@pytest.fixture
async def running(preview: Preview) -> AsyncIterator[Preview]:
    """The preview after its first check."""
    async with preview.running():
        await wait_until_checked(preview)
        yield preview


async def wait_until_checked(preview: Preview) -> None:
    while preview.is_checking:
        await preview.wait(preview.version, 10)


async def save(preview: Preview, project: SmallProject, name: str, old: str, new: str) -> None:
    """Save a file and wait until the preview has looked at it."""
    version = preview.version
    project.replace(name, old, new)
    await preview.wait(version, 10)
    assert preview.version > version
    await wait_until_checked(preview)


def open_site(preview: Preview, settings: Settings | None = None) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(build_preview_app(settings or Settings(), preview))
    return httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8090")


async def test_saved_change_is_shown(running: Preview, project: SmallProject) -> None:
    async with open_site(running) as site:
        assert "Die Kaution kann ein Darlehen sein." in (await site.get("/?thema=kaution")).text
        await save(running, project, WOHNEN, "Die Kaution kann", "Eine Kaution kann")
        assert "Eine Kaution kann ein Darlehen sein." in (await site.get("/?thema=kaution")).text


@pytest.mark.parametrize(
    ("name", "old", "new", "place"),
    [
        (WOHNEN, "    text: |", "    text |", "responses/wohnen.yml:8"),
        (WOHNEN, "    sources:", "    quellen:", "responses/wohnen.yml:3"),
        (WOHNEN, "reviewed: 2026-11-01", "reviewed: gestern", "responses/wohnen.yml:18"),
        ("responses/_system.yml", "  easy_note:", "  easy_notiz:", "responses/_system.yml:1"),
        ("responses/_pages.yml", "  links_title:", "  link_title:", "responses/_pages.yml:1"),
        ("responses/_topics.yml", "wohnen:", "wohnen", "responses/_topics.yml:2"),
    ],
)
async def test_fault_is_shown_beside_the_last_good_version(
    running: Preview, project: SmallProject, name: str, old: str, new: str, place: str
) -> None:
    await save(running, project, name, old, new)
    async with open_site(running) as site:
        page = (await site.get("/?thema=kaution")).text
        assert "So lässt sich der Inhalt nicht laden" in page
        assert place in page
        assert "Die Kaution kann ein Darlehen sein." in page
        await save(running, project, name, new, old)
        page = (await site.get("/?thema=kaution")).text
    assert "So lässt sich der Inhalt nicht laden" not in page


async def test_project_that_was_never_readable_still_says_why(preview: Preview, project: SmallProject) -> None:
    project.write("responses/_topics.yml", "wohnen: [\n")
    async with preview.running(), open_site(preview) as site:
        await wait_until_checked(preview)
        page = (await site.get("/")).text
        assert "Noch ist nichts zu zeigen." in page
        assert "responses/_topics.yml:" in page
        assert (await site.post("/frage", data={"frage": "Hallo"})).status_code == 200


async def test_messages_about_the_shown_topic_come_first(running: Preview, project: SmallProject) -> None:
    await save(running, project, WOHNEN, "plain: Fragen Sie zuerst.", "plain: Fragen Sie **zuerst**.")
    await save(running, project, "nlu_data/wohnen.yml", "- kaution ", "- hallo@example.org ")
    async with open_site(running) as site:
        mine, others = await read_messages(site, "umzug")
        assert "Markdown" in mine and "Markdown" not in others
        mine, others = await read_messages(site, "kaution")
        assert "Markdown" in others and "Markdown" not in mine


async def read_messages(site: httpx.AsyncClient, topic: str) -> tuple[str, str]:
    page = (await site.get(f"/?thema={topic}")).text
    mine, _, others = page.partition("Zu diesem Thema (")[2].partition("Alles andere (")
    return mine, others


async def test_old_result_stays_while_checking(preview: Preview, project: SmallProject) -> None:
    async with preview.running(), open_site(preview) as site:
        assert "prüfe zum ersten Mal …" in (await site.get("/")).text
        await wait_until_checked(preview)
        assert "prüfe" not in (await site.get("/")).text.partition("</header>")[0]
        project.replace(WOHNEN, "Die Kaution kann", "Eine Kaution kann")
        while not preview.is_checking:
            await preview.wait(preview.version, 10)
        header = (await site.get("/")).text.partition("</header>")[0]
        assert "0 Fehler" in header and "prüfe …" in header


async def test_failing_checker_is_said(preview: Preview, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(preview_module, "check_project", fail)
    async with preview.running(), open_site(preview) as site:
        await wait_until_checked(preview)
        assert "Die Prüfung ist gescheitert (ZeroDivisionError)" in (await site.get("/")).text


async def test_every_folder_is_followed(running: Preview, project: SmallProject) -> None:
    await save(running, project, "nlu_data/wohnen.yml", "- kaution ", "- die kaution ")
    await save(running, project, "tests/dialogues/wohnen.yml", "Die Vermieterin will Geld", "Die Vermieterin will was")
    version = running.version
    project.write("responses/neu.yml", "group: neu\nanswers: {}\n")
    await running.wait(version, 10)
    assert running.version > version


async def test_waiting_ends_with_a_change_or_after_a_while(preview: Preview) -> None:
    await preview.wait(preview.version, 0.01)
    await preview.wait(preview.version - 1, 60)
    waiting = asyncio.create_task(preview.wait(preview.version, 60))
    await asyncio.sleep(0)
    preview.close()
    await waiting
    await preview.wait(preview.version, 60)


async def test_state_answers_with_the_newest_version(running: Preview) -> None:
    async with open_site(running) as site:
        for known in ("", "0", "abc", "9" * 40, "²"):
            assert (await site.get("/stand", params={"version": known})).json() == {"version": running.version}


async def test_another_day_has_its_values_and_validity(running: Preview, project: SmallProject) -> None:
    await save(running, project, WOHNEN, "valid_until: null", "valid_until: 2027-06-30")
    async with open_site(running) as site:
        assert "Der Bedarf beträgt 500 Euro." in (await site.get("/?thema=kaution&tag=2025-05-05")).text
        assert "So sähe es am 05.05.2025 um 12 Uhr aus." in (await site.get("/?thema=kaution&tag=2025-05-05")).text
        late = (await site.get("/?thema=kaution&tag=2027-07-01")).text
        assert "An diesem Tag gilt die Antwort nicht." in late
        assert "Der Bedarf beträgt" not in late
        for wrong in ("morgen", "0001-01-01", "9999-12-31", ""):
            assert "So sähe es" not in (await site.get("/", params={"thema": "kaution", "tag": wrong})).text


async def test_easy_language_says_whether_people_see_it(running: Preview, project: SmallProject) -> None:
    async with open_site(running) as site:
        assert NO_EASY_TEXT in (await site.get("/?thema=kaution")).text
        easy = "easy: Kaution ist Geld. Der Bedarf beträgt {bedarf} Euro."
        await save(running, project, WOHNEN, "easy: null", easy)
        assert "Menschen sehen diesen Text noch nicht" in (await site.get("/?thema=kaution")).text
    async with open_site(running, Settings(easy_language=True)) as site:
        page = (await site.get("/?thema=kaution")).text
        assert "Kaution ist Geld." in page
        assert "Menschen sehen diesen Text noch nicht" not in page


async def test_unknown_and_unanswered_topics_are_said(running: Preview, project: SmallProject) -> None:
    new = "wohnen:\n  - {id: neu, title: Neu, scope: y, pointer: null}\n"
    await save(running, project, "responses/_topics.yml", "wohnen:\n", new)
    async with open_site(running) as site:
        assert "Zu diesem Thema gibt es noch keine Antwort." in (await site.get("/?thema=neu")).text
        unknown = (await site.get("/", params={"thema": "<script>alert(1)</script>"})).text
    assert "Dieses Thema gibt es nicht" in unknown
    assert "<script>alert" not in unknown


async def test_page_is_strict_and_answers_only_under_its_own_name(running: Preview) -> None:
    async with open_site(running) as site:
        page = await site.get("/")
        assert "default-src 'none'; script-src 'self'; style-src 'self'" in page.headers["content-security-policy"]
        assert page.headers["cache-control"] == "no-store"
        assert "set-cookie" not in page.headers
        assert " style=" not in page.text and "<script>" not in page.text
        assert [(await site.get(path)).status_code for path in ("/vorschau.css", "/vorschau.js", "/nichts")] == [
            200,
            200,
            404,
        ]
        assert (await site.get("/", headers={"host": "evil.example"})).status_code == 400
        assert (await site.get("/", headers={"host": "localhost:8090"})).status_code == 200
        assert (await site.post("/frage", content=b"x" * 70_000)).status_code == 413
        assert (await site.post("/frage", content=b"a=1&" * 20)).status_code == 400


class FakeTrial:
    """Answers as it was told to, and keeps what it was asked."""

    def __init__(self, tried: Tried) -> None:
        self.tried = tried
        self.asked: list[tuple[str, date]] = []

    async def ask(self, text: str, content: Content, now: datetime) -> Tried:
        self.asked.append((text, now.date()))
        return self.tried


async def ask(preview: Preview, tried: Tried, **fields: str) -> tuple[str, FakeTrial]:
    from starlette.applications import Starlette

    trial = FakeTrial(tried)
    app = Starlette(routes=PreviewPage(preview, trial.ask, False).routes())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as site:
        page = await site.post("/frage", data={"thema": "kaution", "tag": "2027-01-02", **fields})
    return page.text, trial


async def test_question_is_answered_for_the_chosen_day(running: Preview) -> None:
    turn = Turn((Reply("Das ist die Antwort."),), Decision("answered", "kaution"), predict(("kaution", 0.876)))
    page, trial = await ask(running, Tried(turn), frage="Wer zahlt?")
    assert trial.asked == [("Wer zahlt?", date(2027, 1, 2))]
    assert "Das ist die Antwort." in page
    assert "Ergebnis: beantwortet. Am ehesten erkannt: Kaution (88\u00a0%)." in page
    assert "Wer zahlt?" in page
    assert STALE not in page and "data-wartet" not in page


async def test_stale_and_loading_model_are_said(running: Preview) -> None:
    turn = Turn((Reply("Das ist die Antwort."),), Decision("fallback"), predict(("gibt_es_nicht", 0.4)))
    assert STALE in (await ask(running, Tried(turn, is_stale=True), frage="Wer?"))[0]
    page, _ = await ask(running, Tried(sentence=LOADING, is_waiting=True), frage="Wer?")
    assert LOADING in page and "data-wartet" in page


async def test_empty_question_asks_nobody(running: Preview) -> None:
    _, trial = await ask(running, Tried(), frage="  ")
    assert trial.asked == []


async def test_missing_model_is_said_once_and_tried_again(running: Preview, tmp_path: Path) -> None:
    ready = asyncio.Event()
    trial = Trial(Settings(models_dir=tmp_path / "leer"), ready.set)
    content = running.content
    assert content is not None
    for _ in range(2):
        assert await trial.ask("Hallo", content, datetime.now()) == Tried(sentence=LOADING, is_waiting=True)
        await asyncio.wait_for(ready.wait(), 60)
        assert await trial.ask("Hallo", content, datetime.now()) == Tried(sentence=NO_MODEL)
        ready.clear()
    trial.close()


def test_port_in_use_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        assert main(["preview", "--port", str(taken.getsockname()[1])]) == 1
    assert "./run preview --port" in capsys.readouterr().err


def test_impossible_port_is_said(tmp_path: Path) -> None:
    with pytest.raises(StartError, match="0 bis 65535"):
        serve_preview(Settings(), 99999, tmp_path)


def test_settings_cannot_move_the_preview_to_another_address(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    bound: list[Any] = []

    def serve(listener: Any) -> None:
        bound.append(listener.getsockname())

    async def stop(self: object, sockets: list[Any]) -> None:
        serve(sockets[0])

    monkeypatch.setattr("bot.editing.preview_server._Server.serve", stop)
    monkeypatch.setattr("signal.signal", lambda *arguments: None)
    serve_preview(Settings(host="0.0.0.0"), 0, tmp_path)
    assert bound[0][0] == "127.0.0.1"
