"""The gallery for developers: every state of the widget with its accessibility criteria, from `examples.yml`."""

import re
import secrets
from collections.abc import Callable, Mapping
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal
from xml.etree.ElementTree import Element

import msgspec
from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from bot.channels.styles import read_styles
from bot.markup import element, write_page
from bot.models import Handle, Reply, UserMessage
from bot.yaml_reader import read_yaml

FOLDER = Path(str(resources.files("bot") / "widget"))
# The overview shows its examples in frames, which the policy of all other pages forbids on both sides.
OVERVIEW_POLICY = (
    "default-src 'none'; style-src 'self'; img-src data:; frame-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
EXAMPLE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'self'"
)

Words = Annotated[str, Meta(min_length=1)]
View = Literal["open", "menu", "offline", "waiting"]
"""What the widget shows from the start; see the comment at the top of widget.js."""


class Said(Struct, frozen=True, forbid_unknown_fields=True):
    """One turn before the example begins; exactly one field is set."""

    say: str | None = None
    """Typed text, answered by the real bot."""
    tap: str | None = None
    """Payload of a button, answered by the real bot."""
    fails: str | None = None
    """Typed text that the server could not be reached for."""
    off: str | None = None
    """Text with which the bot is switched off, as the real bot says it."""

    def __post_init__(self) -> None:
        if sum(value is not None for value in (self.say, self.tap, self.fails, self.off)) != 1:
            raise ValueError("say, tap, fails oder off: genau eines davon")


class Step(Struct, frozen=True, forbid_unknown_fields=True):
    """What is done in the open chat; exactly one of `press`, `show` and `type` is set."""

    press: str | None = None
    """Name of a button."""
    show: str | None = None
    """Words of an entry whose beginning is scrolled to."""
    type: str | None = None
    """Text for the input field."""
    times: Annotated[int, Meta(ge=1)] = 1
    """How often the text is typed one after the other."""

    def __post_init__(self) -> None:
        if sum(value is not None for value in (self.press, self.show, self.type)) != 1:
            raise ValueError("press, show oder type: genau eines davon")


class Example(Struct, frozen=True, forbid_unknown_fields=True):
    """One state of the widget."""

    name: Annotated[str, Meta(pattern="^[a-z]+(-[a-z]+)*$")]
    title: Words
    shows: Words
    criteria: Annotated[tuple[Words, ...], Meta(min_length=1)]
    """What must hold for everybody to be able to use this state; shown beside it."""
    turns: tuple[Said, ...] = ()
    steps: tuple[Step, ...] = ()
    expect: tuple[Words, ...] = ()
    """Words that stand in the widget when the state has been reached; held by a test."""
    view: tuple[View, ...] = ("open",)
    plain: bool = False
    """Whether the person has switched to Einfache Sprache."""
    notices: tuple[Words, ...] = ()
    """Banners above the conversation."""
    size: Annotated[int, Meta(ge=0, le=2)] = 0
    """Chosen text size: normal, groß, sehr groß."""


def load_examples(path: Path = FOLDER / "examples.yml") -> dict[str, Example]:
    """Return the examples by name, in the order of the file."""
    data = read_yaml(path).data
    examples = msgspec.convert(data["examples"], list[Example], strict=False)
    by_name = {example.name: example for example in examples}
    if len(by_name) != len(examples):
        raise ValueError(f"{path.name}: Ein Name steht zweimal.")
    return by_name


def gallery_routes(handle: Handle, labels: Mapping[str, str], show_off: Callable[[str], Reply]) -> list[BaseRoute]:
    """Return the pages of the gallery; add them only where developers look at them."""
    gallery = Gallery(handle, labels, load_examples(), show_off)
    return [
        Route("/galerie", gallery.get_overview, methods=["GET"]),
        Route("/galerie.js", gallery.get_file, methods=["GET"]),
        Route("/galerie.css", gallery.get_file, methods=["GET"]),
        Route("/galerie/{name}", gallery.get_example, methods=["GET"]),
    ]


class Gallery:
    """Plays every example against the real bot, so that it shows the texts of today."""

    def __init__(
        self,
        handle: Handle,
        labels: Mapping[str, str],
        examples: Mapping[str, Example],
        show_off: Callable[[str], Reply],
    ) -> None:
        self._show_off = show_off
        self._handle = handle
        self._labels = labels
        self._examples = examples
        self._files = {
            "/galerie.js": ((FOLDER / "gallery.js").read_bytes(), "text/javascript"),
            "/galerie.css": (read_styles("gallery.css"), "text/css"),
        }

    async def get_overview(self, request: Request) -> Response:
        """Show all examples in frames."""
        return _respond(build_overview(list(self._examples.values())), OVERVIEW_POLICY)

    async def get_example(self, request: Request) -> Response:
        """Show one example on a page of its own; the page is the host the widget is embedded in."""
        example = self._examples.get(request.path_params["name"])
        if example is None:
            return Response("Dieses Beispiel gibt es nicht.", 404, media_type="text/plain")
        state = await self.play(example)
        return _respond(build_example(example, state), EXAMPLE_POLICY)

    async def get_file(self, request: Request) -> Response:
        """Serve the script and the style sheet of the gallery."""
        body, media_type = self._files[request.url.path]
        return Response(body, media_type=media_type, headers={"cache-control": "no-cache"})

    async def play(self, example: Example) -> dict[str, Any]:
        """Return what the widget would have kept in sessionStorage after these turns."""
        conversation = secrets.token_urlsafe(16)
        items: list[dict[str, Any]] = []
        for turn in example.turns:
            if turn.fails is not None:
                items.append({"kind": "question", "text": turn.fails})
                error = self._labels["failure"]
                items.append({"kind": "failure", "request": {"text": turn.fails}, "error": error})
                continue
            if turn.off is not None:
                items.append({"kind": "reply", "reply": msgspec.to_builtins(self._show_off(turn.off)), "chosen": []})
                continue
            question = turn.say or _choose(items, turn.tap)
            if question is not None:
                items.append({"kind": "question", "text": question})
            message = UserMessage("web", f"web:{conversation}", turn.say or "", turn.tap)
            replies = (await self._handle(message)).replies
            items += [{"kind": "reply", "reply": msgspec.to_builtins(reply), "chosen": []} for reply in replies]
        return {
            "conversation": conversation,
            "plain": example.plain,
            "items": items,
            "notices": example.notices,
            "view": example.view,
        }


def _choose(items: list[dict[str, Any]], payload: str | None) -> str | None:
    """Mark the latest button with this payload as chosen and return its title; the greeting needs no button."""
    for item in reversed(items):
        for button in item.get("reply", {}).get("buttons", ()):
            if button["payload"] == payload:
                item["chosen"].append(payload)
                return str(button["title"])
    return None


def build_overview(examples: list[Example]) -> str:
    """Return the page with every example in a frame."""
    head = _build_head("Galerie des Chat-Fensters")
    entries = element("ul", class_="examples")
    for example in examples:
        address = f"/galerie/{example.name}"
        # inert until the script in the frame has reached the state, so that nobody lands in half an example
        frame = element("iframe", src=address, title=f"Beispiel: {example.title}", inert="", class_="phone")
        link = element("a", "Auf eigener Seite öffnen", href=address, aria_label=f"{example.title}: eigene Seite")
        notes = element("div", element("h2", example.title), *_describe(example), element("p", link))
        entries.append(element("li", notes, frame, id=example.name))
    main = element(
        "main",
        element("h1", "Galerie des Chat-Fensters"),
        element("p", f"{len(examples)} Zustände mit Antworten des Bots, und was dabei für alle gelten muss."),
        entries,
    )
    return write_page(element("html", head, element("body", main), lang="de"))


def build_example(example: Example, state: Mapping[str, Any]) -> str:
    """Return the page of one example; its script receives what to do as an attribute."""
    task = {
        "name": example.name,
        "state": state,
        "size": example.size,
        "steps": [
            {"press": step.press, "show": step.show, "text": step.type and step.type * step.times}
            for step in example.steps
        ],
    }
    head = _build_head(f"{example.title} – Galerie des Chat-Fensters")
    script = element("script", src="/galerie.js", defer="", data_task=msgspec.json.encode(task).decode())
    head.append(script)
    back = element("p", element("a", "Zur Galerie", href=f"/galerie#{example.name}", target="_top"))
    main = element("main", element("h1", example.title), *_describe(example), back)
    return write_page(element("html", head, element("body", main, class_="example"), lang="de"))


def _build_head(title: str) -> Element:
    return element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="robots", content="noindex"),
        element("title", title),
        element("link", rel="icon", href="data:,"),
        element("link", rel="stylesheet", href="/galerie.css"),
    )


def _describe(example: Example) -> list[Element]:
    criteria = [element("li", *_mark_keys(criterion)) for criterion in example.criteria]
    return [element("p", example.shows), element("ul", *criteria, class_="criteria")]


def _mark_keys(text: str) -> list[Element | str]:
    """Set the names of keys apart: "Escape schließt" reads as an instruction then."""
    parts = re.split(r"\b(Tab|Escape|Enter)\b", text)
    return [element("kbd", part) if index % 2 else part for index, part in enumerate(parts)]


def _respond(page: str, policy: str) -> Response:
    headers = {"cache-control": "no-store", "content-security-policy": policy}
    return Response(page, media_type="text/html", headers=headers)
