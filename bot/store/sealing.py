"""Keyed hashes instead of conversation ids, and states that only the next message of the conversation can open."""

import base64
import hashlib
import hmac

import msgspec
from cryptography.fernet import Fernet, InvalidToken

from bot.conversations import Conversation


class Sealer:
    """Makes what is stored of a conversation unreadable without its id, which is not stored.

    Calculators promise that nothing is kept of what people enter, and what somebody asked about is nobody's business:
    neither the database nor a backup tells, not even together with the secret key.
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

    def _cipher(self, conversation: str) -> Fernet:
        return Fernet(base64.urlsafe_b64encode(self._digest("state", conversation)))

    def _digest(self, purpose: str, conversation: str) -> bytes:
        return hmac.new(self._key, f"{purpose}:{conversation}".encode(), hashlib.sha256).digest()
