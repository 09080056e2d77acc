"""Keyed hashes instead of conversation ids, states only the next message can open, and texts only the editors."""

import base64
import hashlib
import hmac
from datetime import UTC, date, datetime, time

import msgspec
from cryptography.fernet import Fernet, InvalidToken

from bot.conversations import Conversation


class Sealer:
    """Makes what is stored of a conversation unreadable without its id, which is not stored.

    Calculators promise that nothing is kept of what people enter, and what somebody asked about is nobody's business:
    neither the database nor a backup tells, not even together with the secret key. Only what editors are to read
    later, when the operator wants that, opens with the key alone.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key

    def hide(self, conversation: str) -> str:
        """Return what stands for a conversation in the database."""
        return self._digest("id", conversation).hex()

    def seal(self, conversation: str, state: Conversation) -> str:
        """Return the state as it is stored."""
        return self._cipher(conversation).encrypt(msgspec.json.encode(state)).decode()

    def unseal(self, conversation: str, sealed: str) -> Conversation:
        """Return a stored state; one that cannot be read, for example of an older release, counts as none."""
        try:
            return msgspec.json.decode(self._cipher(conversation).decrypt(sealed), type=Conversation)
        except (InvalidToken, msgspec.MsgspecError):
            return Conversation()

    def hash_text(self, folded: str) -> str:
        """Return what stands for a text, so that the same one is counted and not kept twice."""
        return self._digest("review text", folded).hex()

    def seal_for_review(self, content: bytes, day: date) -> str:
        """Return what editors may read later; the secret key alone opens it.

        Fernet notes the second of sealing in clear; of what waits for the editors nothing but the day is kept.
        """
        midnight = int(datetime.combine(day, time(), UTC).timestamp())
        return self._review_cipher().encrypt_at_time(content, midnight).decode()

    def unseal_for_review(self, sealed: str) -> bytes | None:
        """Return what was sealed for the editors, or None when it was sealed with another key."""
        try:
            return self._review_cipher().decrypt(sealed)
        except InvalidToken:
            return None

    def _review_cipher(self) -> Fernet:
        return Fernet(base64.urlsafe_b64encode(self._digest("review", "")))

    def _cipher(self, conversation: str) -> Fernet:
        return Fernet(base64.urlsafe_b64encode(self._digest("state", conversation)))

    def _digest(self, purpose: str, conversation: str) -> bytes:
        return hmac.new(self._key, f"{purpose}:{conversation}".encode(), hashlib.sha256).digest()
