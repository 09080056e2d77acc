"""The preview as an editor sees it: it changes by itself, works under its policy, and axe finds nothing."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from accessibility import assert_accessible
from playwright.sync_api import Browser, expect
from preview_process import OPEN, PreviewProcess, copy_project, make_small_project, run_preview

pytestmark = pytest.mark.browser

WOHNEN = "responses/wohnen.yml"
OLD, NEW = "Das Jobcenter kann Kaution", "Das Jobcenter zahlt vielleicht die Kaution"
PATIENCE = 60_000


@pytest.fixture(scope="module")
def preview(model_archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PreviewProcess]:
    root = copy_project(tmp_path_factory.mktemp("project"))
    with run_preview(root, root / "log.txt") as process:
        yield process


def test_page_follows_the_files(browser: Browser, preview: PreviewProcess) -> None:
    context = browser.new_context()
    complaints: list[str] = []
    context.on("console", lambda message: complaints.append(message.text))
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    page = context.new_page()
    page.goto(f"{preview.url}/?thema=kaution")
    answer, fault = page.locator("#vorschau"), page.locator("#stoerung")
    expect(answer).to_contain_text(OLD)
    preview.replace(WOHNEN, OLD, NEW)
    expect(answer).to_contain_text(NEW, timeout=PATIENCE)
    preview.replace(WOHNEN, OPEN, OPEN.replace(":", ""))
    expect(fault).to_contain_text("responses/wohnen.yml:", timeout=PATIENCE)
    expect(answer).to_contain_text(NEW)
    preview.replace(WOHNEN, OPEN.replace(":", ""), OPEN)
    expect(fault).to_be_empty(timeout=PATIENCE)
    page.get_by_label("Thema suchen").fill("miet schuld")
    expect(page.locator("#liste a:visible")).to_have_count(1)
    page.get_by_label("Thema suchen").fill("gibt es nicht")
    expect(page.get_by_text("Kein Thema gefunden.")).to_be_visible()
    page.get_by_label("Thema suchen").fill("")
    page.get_by_role("link", name="Umzug umzug").click()
    expect(page.get_by_role("heading", name="Umzug", exact=True)).to_be_visible()
    page.get_by_label("Ihre Frage").fill("Wer zahlt die Kaution?")
    page.get_by_role("button", name="Fragen").click()
    expect(page.locator("#versuch .reply")).to_contain_text(NEW, timeout=PATIENCE)
    preview.replace(WOHNEN, NEW, OLD)
    expect(page.locator("#versuch .reply")).to_contain_text(OLD, timeout=PATIENCE)
    assert context.cookies() == []
    assert complaints == []
    context.close()


@pytest.fixture(scope="module")
def small(model_archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PreviewProcess]:
    root = make_small_project(tmp_path_factory.mktemp("small") / "project")
    with run_preview(root, root / "log.txt") as process:
        yield process


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1400, 320])
def test_axe_finds_nothing(browser: Browser, small: PreviewProcess, scheme: str, width: int) -> None:
    context = browser.new_context(
        bypass_csp=True,
        color_scheme="dark" if scheme == "dark" else "light",
        viewport={"width": width, "height": 900},
    )
    page = context.new_page()
    page.goto(f"{small.url}/?thema=kaution&tag=2027-01-05")
    page.get_by_label("Ihre Frage").fill("Wer zahlt die Kaution?")
    page.get_by_role("button", name="Fragen").click()
    expect(page.locator("#versuch .reply").first).to_be_visible(timeout=PATIENCE)
    small.replace(WOHNEN, "plain: Fragen Sie zuerst.", "plain: Fragen Sie **zuerst**.")
    expect(page.locator("#meldungen")).to_contain_text("Markdown", timeout=PATIENCE)
    assert_accessible(page, f"messages, {scheme}, {width}")
    small.replace(WOHNEN, OPEN, OPEN.replace(":", ""))
    expect(page.locator("#stoerung h2")).to_be_visible(timeout=PATIENCE)
    assert_accessible(page, f"fault, {scheme}, {width}")
    assert page.evaluate("document.documentElement.scrollWidth") == width
    small.replace(WOHNEN, OPEN.replace(":", ""), OPEN)
    expect(page.locator("#stoerung")).to_be_empty(timeout=PATIENCE)
    small.replace(WOHNEN, "plain: Fragen Sie **zuerst**.", "plain: Fragen Sie zuerst.")
    context.close()


def test_lost_server_is_said(browser: Browser, tmp_path: Path) -> None:
    root = make_small_project(tmp_path / "project")
    page = browser.new_page()
    with run_preview(root, tmp_path / "log.txt") as preview:
        page.goto(preview.url)
        expect(page.locator("#stand")).to_contain_text("Stand")
    expect(page.locator("#stand")).to_contain_text("./run preview", timeout=PATIENCE)
    page.close()
