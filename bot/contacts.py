"""Contact cards: each detail with its source, and whether somebody has confirmed it."""

from __future__ import annotations

from msgspec import Struct

from bot.hours import Week


class ContactField(Struct, frozen=True, forbid_unknown_fields=True):
    """One fact of a contact card with its origin; unconfirmed ones are never shown."""

    value: str
    source: str
    as_of: str
    confirmed: bool


class ContactHours(ContactField, frozen=True, forbid_unknown_fields=True):
    """Opening hours: the words people read, and the same as a timetable to compute with."""

    week: Week | None = None
    """None where one timetable does not tell it, such as hours over midnight; then nothing is said about today."""


class Contact(Struct, frozen=True, forbid_unknown_fields=True):
    """Where an answer points to at its end."""

    name: str
    note: str | None = None
    phone: ContactField | None = None
    email: ContactField | None = None
    hours: ContactHours | None = None
    address: ContactField | None = None
    url: ContactField | None = None

    def confirmed(self, name: str) -> str | None:
        """Return the value of a field if somebody has confirmed it."""
        contact_field: ContactField | None = getattr(self, name)
        return contact_field.value if contact_field and contact_field.confirmed else None

    def confirmed_week(self) -> Week | None:
        """Return the timetable if somebody has confirmed the opening hours."""
        return self.hours.week if self.hours and self.hours.confirmed else None
