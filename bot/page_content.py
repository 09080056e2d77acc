"""What editors write for the pages without JavaScript, beside the answers."""

from msgspec import Struct

CONTACT_SECTION = "kontakt"
"""Section of the statement under which the central contact card stands."""


class StatementSection(Struct, frozen=True, forbid_unknown_fields=True):
    """One section of the accessibility statement."""

    title: str
    text: str
    plain: str
    gap: str | None = None
    """What nobody has confirmed yet; shown as open, and on the operator's list."""
