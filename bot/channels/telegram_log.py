"""Keeps what people write, and the token, out of the logs of the Telegram library."""

import logging

from telegram.error import InvalidToken

LOGGER = logging.getLogger(__name__)


class _ContentFreeLog(logging.Handler):
    """Reports where python-telegram-bot complained: its own messages quote updates and the token."""

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[0] if record.exc_info else None
        if error is InvalidToken and record.name == "telegram.ext":  # ends the library's polling for good
            LOGGER.error("Telegram nimmt das Token nicht mehr an; bis zum Neustart kommt nichts mehr an.")
        kind = error.__name__ if error else record.levelname
        LOGGER.log(record.levelno, "%s, Zeile %d: %s", record.name, record.lineno, kind)


def keep_content_out_of_logs() -> None:
    """Silence the library's own wording; call it before the library is used."""
    for name in ("httpx", "httpcore"):  # the token is part of every address
        logging.getLogger(name).setLevel(logging.WARNING)
    library = logging.getLogger("telegram")
    library.setLevel(logging.WARNING)
    library.propagate = False
    library.handlers = [_ContentFreeLog()]
