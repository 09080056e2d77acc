"""The local website of the preview: the page, the question, and who waits for changes."""

from collections.abc import Awaitable, Callable
from datetime import date, datetime, time
from urllib.parse import parse_qs

import msgspec
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from bot.channels.preview_html import DAY, QUESTION, START, TOPIC, Scene, build_preview
from bot.channels.styles import FOLDER, read_styles
from bot.content import Content
from bot.editing.preview import Preview
from bot.editing.preview_trial import Tried
from bot.hours import BERLIN, local_now

MAX_BODY_BYTES = 64 * 1024
MAX_FIELDS = 10
WAIT_SECONDS = 20.0
FRESH = {"cache-control": "no-store"}

Ask = Callable[[str, Content, datetime], Awaitable[Tried]]


class PreviewPage:
    """Translates requests into scenes."""

    def __init__(self, preview: Preview, ask: Ask, easy_language: bool) -> None:
        self._preview = preview
        self._ask = ask
        self._easy_language = easy_language

    def routes(self) -> list[BaseRoute]:
        """Return all routes of the preview."""
        return [
            Route(START, self.get_page, methods=["GET"]),
            Route(f"/{QUESTION}", self.post_question, methods=["POST"]),
            Route("/stand", self.get_state, methods=["GET"]),
            *(Route(path, self.get_file, methods=["GET"]) for path in ("/vorschau.css", "/vorschau.js")),
        ]

    async def get_page(self, request: Request) -> Response:
        """Show a topic on a day."""
        scene = self._set_scene(request.query_params.get(TOPIC), request.query_params.get(DAY))
        return HTMLResponse(build_preview(scene), headers=FRESH)

    async def post_question(self, request: Request) -> Response:
        """Answer a question and show the page with the reply."""
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > MAX_BODY_BYTES:
                return PlainTextResponse("Diese Frage ist zu lang.", 413, headers=FRESH)
        try:
            fields = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=MAX_FIELDS)
        except ValueError:
            return PlainTextResponse("Dieses Formular kennt die Vorschau nicht.", 400, headers=FRESH)
        given = {name: values[0] for name, values in fields.items()}
        scene = self._set_scene(given.get(TOPIC), given.get(DAY))
        if scene.content is not None and given.get(QUESTION, "").strip():
            question = given[QUESTION]
            tried = await self._ask(question, scene.content, scene.now)
            scene = msgspec.structs.replace(scene, question=question, **msgspec.structs.asdict(tried))
        return HTMLResponse(build_preview(scene), headers=FRESH)

    async def get_state(self, request: Request) -> Response:
        """Answer when there is something newer than the version the page shows."""
        known = request.query_params.get("version", "")
        if known.isascii() and known.isdigit():
            await self._preview.wait(int(known[:18]), WAIT_SECONDS)
        return JSONResponse({"version": self._preview.version}, headers=FRESH)

    async def get_file(self, request: Request) -> Response:
        """Serve the script and the style sheet."""
        is_script = request.url.path.endswith(".js")
        body = (FOLDER / "preview.js").read_bytes() if is_script else read_styles("preview.css")
        return Response(body, media_type="text/javascript" if is_script else "text/css", headers=FRESH)

    def _set_scene(self, topic: str | None, day: str | None) -> Scene:
        preview, now = self._preview, local_now()
        shown = _read_day(day) or now.date()
        content = preview.content
        return Scene(
            content=content,
            faults=preview.faults,
            problems=preview.result.problems if preview.result else None,
            is_checking=preview.is_checking,
            failure=preview.failure,
            updated=preview.updated,
            version=preview.version,
            topic=topic or (next(iter(content.answers), None) if content else None),
            now=now if shown == now.date() else datetime.combine(shown, time(12), BERLIN),
            today=now.date(),
            easy_language=self._easy_language,
        )


def _read_day(text: str | None) -> date | None:
    """Return the day of the form; whatever is none, or is out of reach, means today."""
    try:
        day = date.fromisoformat(text or "")
    except ValueError:
        return None
    return day if 2000 <= day.year <= 2100 else None
