"""The tables, as numbered steps that are each applied once; the same SQL for SQLite and PostgreSQL."""

from sqlalchemy import Connection, text

# Never change a step that was released: add one. Workers of the release before go on with the new tables for a
# while, so a step adds tables and columns and takes none away that the release before still uses.
MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        "CREATE TABLE conversations (id TEXT PRIMARY KEY, state TEXT NOT NULL, expires_at BIGINT NOT NULL)",
        "CREATE INDEX conversations_by_expiry ON conversations (expires_at)",
        "CREATE TABLE workers (id TEXT PRIMARY KEY, seen_at BIGINT NOT NULL)",
        "CREATE TABLE telegram_updates (id BIGINT PRIMARY KEY, chat TEXT NOT NULL, arrived_at BIGINT NOT NULL,"
        " number INTEGER NOT NULL, state TEXT NOT NULL, worker TEXT)",
        "CREATE INDEX telegram_updates_by_chat ON telegram_updates (chat, id)",
        "CREATE INDEX telegram_updates_by_arrival ON telegram_updates (arrived_at)",
        "CREATE TABLE turn_counts (day TEXT NOT NULL, channel TEXT NOT NULL, status TEXT NOT NULL,"
        " topic TEXT NOT NULL, count BIGINT NOT NULL, PRIMARY KEY (day, channel, status, topic))",
        "CREATE TABLE hour_counts (day TEXT NOT NULL, hour INTEGER NOT NULL, channel TEXT NOT NULL,"
        " count BIGINT NOT NULL, PRIMARY KEY (day, hour, channel))",
        "CREATE TABLE feedback_counts (day TEXT NOT NULL, topic TEXT NOT NULL, value TEXT NOT NULL,"
        " count BIGINT NOT NULL, PRIMARY KEY (day, topic, value))",
    ),
    (
        "CREATE TABLE review_pending (conversation TEXT NOT NULL, hash TEXT NOT NULL, sealed TEXT NOT NULL,"
        " day TEXT NOT NULL, noted_at BIGINT NOT NULL, PRIMARY KEY (conversation, hash))",
        "CREATE TABLE review_forgotten (conversation TEXT PRIMARY KEY, forgotten_at BIGINT NOT NULL)",
        "CREATE TABLE review_queue (id BIGINT PRIMARY KEY, hash TEXT NOT NULL UNIQUE, sealed TEXT NOT NULL,"
        " day TEXT NOT NULL, count BIGINT NOT NULL, proposal TEXT)",
    ),
)
LOCK = 6831_444
"""Any number, as long as all workers take the same; PostgreSQL keeps one lock for it."""


class NewerSchema(Exception):
    """A newer program has changed the tables; the message says in German what to do."""


def migrate(connection: Connection) -> int:
    """Bring the tables to the present state within the caller's transaction; return how many steps were missing.

    A second worker waits here until the first is done: SQLite lets in one writer, PostgreSQL takes a lock.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        connection.execute(text("SET LOCAL lock_timeout = 0"))
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
    connection.execute(text("CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL)"))
    version = connection.execute(text("SELECT max(version) FROM schema_version")).scalar() or 0
    if version > len(MIGRATIONS):
        raise NewerSchema(
            f"Die Datenbank wurde von einer neueren Fassung des Bots eingerichtet (Stand {version}, diese Fassung "
            f"kennt Stand {len(MIGRATIONS)}). Bitte die neuere Fassung starten oder die Sicherung von vor der "
            "Umstellung zurückspielen."
        )
    for number, statements in enumerate(MIGRATIONS[version:], version + 1):
        for statement in statements:
            connection.execute(text(statement))
        connection.execute(text("INSERT INTO schema_version (version) VALUES (:version)"), {"version": number})
    return len(MIGRATIONS) - version
