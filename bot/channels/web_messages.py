"""What the website channel takes in and gives back as JSON; GET /api/openapi.json is generated from it."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from bot.models import Reply, Status

CONVERSATION_PATTERN = "[A-Za-z0-9_-]{16,64}"


class WebMessage(Struct, forbid_unknown_fields=True):
    """Body of POST /api/messages: a text or a payload."""

    conversation: Annotated[
        Annotated[str, Meta(extra_json_schema={"pattern": f"^({CONVERSATION_PATTERN})?$"})] | None,
        Meta(description="Kennung aus der vorigen Antwort; null oder leer beginnt ein neues Gespräch"),
    ] = None
    text: Annotated[str | None, Meta(description="Was der Mensch geschrieben hat")] = None
    payload: Annotated[
        Annotated[str, Meta(max_length=64)] | None, Meta(description="Nutzlast des Knopfs, auf den getippt wurde")
    ] = None


class WebReplies(Struct):
    """Answer of POST /api/messages."""

    conversation: str
    replies: tuple[Reply, ...]
    status: Status
    notices: Annotated[tuple[str, ...], Meta(description="Hinweise dieses Augenblicks; sie stehen über dem Gespräch")]
    version: Annotated[str, Meta(description="Fassung des Programms")]
    content: Annotated[str, Meta(description="Fassung der Inhalte: Tag der neuesten Prüfung und Prüfsumme")]


class RestMessage(Struct):
    """Body of POST /webhooks/rest/webhook, as Rasa's REST channel takes it."""

    message: Annotated[str | None, Meta(description="Was der Mensch geschrieben hat")] = None
    sender: Annotated[str | None, Meta(description="Kennung des Gesprächs; wird nur als Hash verwendet")] = None


class RestButton(Struct):
    """A button in Rasa's REST format."""

    title: str
    payload: str


class RestReply(Struct, omit_defaults=True):
    """A reply in Rasa's REST format."""

    recipient_id: str
    text: str
    buttons: tuple[RestButton, ...] = ()


class RestStatus(Struct):
    """Answer of GET /webhooks/rest."""

    status: Literal["ok"]


class Health(Struct, omit_defaults=True):
    """Answer of GET /healthz."""

    status: Literal["ok", "degraded"]
    version: Annotated[str, Meta(description="Fassung des Programms")]
    content: Annotated[str, Meta(description="Fassung der Inhalte")]
    off: Annotated[tuple[str, ...], Meta(description="Kanäle, die abgeschaltet sind; fehlt, wenn keiner")] = ()
    notices: Annotated[Literal["ok", "broken"], Meta(description="broken: _notices.yml ist fehlerhaft")] = "ok"


class Unhealthy(Struct):
    """Answer of GET /healthz when no question can be answered."""

    status: Literal["unavailable"]


class Error(Struct):
    """What is wrong with a request."""

    error: Annotated[str, Meta(description="Ein deutscher Satz")]
