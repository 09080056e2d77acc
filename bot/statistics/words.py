"""What the statistics are called in German, and what each number means and does not mean."""

from bot.models import Status
from bot.statistics.suppression import LEAST

CHANNELS = {
    "web": "Website, Chat-Fenster",
    "page": "Website, Seiten ohne JavaScript",
    "rest": "Andere Programme",
    "telegram": "Telegram",
    "terminal": "Terminal",
}
STATUSES: dict[Status, tuple[str, str]] = {
    "answered": (
        "beantwortet",
        "Der Bot hat eine Antwort, ein Menü oder den nächsten Schritt eines Rechners gezeigt. "
        "Ob das richtig war und gepasst hat, sagt diese Zahl nicht.",
    ),
    "clarification": (
        "nachgefragt",
        "Der Bot war unsicher und hat Themen zur Auswahl gezeigt.",
    ),
    "fallback": (
        "nicht verstanden",
        "Der Bot hat kein passendes Thema gefunden und das gesagt.",
    ),
    "handoff": (
        "an Menschen verwiesen",
        "Jemand wollte mit einem Menschen sprechen und hat die Kontaktdaten bekommen.",
    ),
    "own_case": (
        "Frage zum eigenen Fall",
        "Der Bot kennt keine Akten. Er hat gesagt, wer im Jobcenter Auskunft geben kann.",
    ),
    "guardrail_crisis": (
        "Notlage",
        "Die Nachricht klang nach einer Notlage, zum Beispiel nach Gewalt. Zuerst kamen die Nummern für Hilfe.",
    ),
    "guardrail_personal_data": (
        "persönliche Angaben",
        "In der Nachricht stand zum Beispiel eine IBAN oder eine Kundennummer. Der Bot hat sie unkenntlich gemacht "
        "und darauf hingewiesen.",
    ),
    "guardrail_language": (
        "andere Sprache",
        "Die Nachricht war nicht auf Deutsch. Es kam ein kurzer Hinweis in dieser Sprache.",
    ),
    "guardrail_input": (
        "nicht lesbar",
        "Die Nachricht war leer, zu lang oder ohne Wörter, oder sie war ein Bild oder eine Datei.",
    ),
    "error": (
        "Fehler im Bot",
        "Im Programm ist etwas schiefgegangen. Statt einer Antwort kamen die Kontaktdaten.",
    ),
}
WEEKDAYS = ("Mo", "Di", "Mi", "Do", "Fr", "Sa", "So")
NO_TOPIC = "ohne Thema (Rechner, Menüs, Rückfragen …)"
HIDDEN = "noch nicht gezeigt"
"""Mostly too few, but sometimes a larger number that waits with a small one; "under five" would be untrue."""
NOTHING = "keine Zahlen"

COUNTED = "Gezählt wird jede Nachricht an den Bot, auch jeder Tipp auf einen Knopf. Menschen werden nicht gezählt."
HONEST = "„Beantwortet“ heißt nur, dass der Bot eine Antwort gegeben hat, nicht, dass sie richtig war."
GAPS = (
    f"„{NOTHING}“ heißt: In dieser Zeit wurde nichts gezählt. Entweder hat niemand geschrieben, oder der Bot oder "
    "seine Datenbank war aus. Was davon stimmt, lässt sich an den Zahlen nicht erkennen."
)
COLLECTED = (
    "Kleine Zahlen zeigt die Seite nicht, damit niemand auf einen einzelnen Menschen schließen kann. Kam etwas in "
    f"einer Woche seltener als {LEAST}‑mal vor, sammelt der Bot weiter und zeigt es in der Woche, in der {LEAST} "
    "zusammen sind. Manchmal wartet eine größere Zahl mit, damit sich die kleine nicht ausrechnen lässt. Am "
    "Jahresanfang beginnt das Sammeln neu."
)
VOTES = (
    f"Ein Thema erscheint ab {LEAST} Rückmeldungen, dann mit allen Gründen. Nur wenige Menschen geben eine "
    "Rückmeldung; sie stehen nicht für alle."
)
PRIVACY = (
    "Der Bot zählt nur. Für diese Seite speichert er keine Texte, Namen, Internetadressen oder Gespräche.",
    "Themen, Ergebnisse und Rückmeldungen zeigt die Seite nur für ganze Wochen, die vorbei sind. Welches Thema an "
    "welchem Tag gefragt war, zeigt sie nirgends.",
    "Zahlen ohne Thema (Nachrichten je Tag, Kanal und Stunde) sind genau. Darum können die Summen etwas voneinander "
    "abweichen.",
    "Die Seite zeigt nicht, wie sicher sich der Bot war: Das sagt nichts darüber, ob eine Antwort stimmt.",
)
ADVICE = {
    "frage": "Die Antwort passte oft nicht zur Frage. Prüfen Sie die Trainingssätze dieses und ähnlicher Themen.",
    "schwer": "Die Antwort war oft zu schwer. Schreiben Sie kürzere Sätze, zuerst in „plain“.",
    "falsch": "Die Antwort soll falsch sein. Lassen Sie sie zuerst fachlich prüfen.",
    "anders": "Die Antwort traf oft einen anderen Fall. Prüfen Sie „applies_if“ und „otherwise“.",
}
"""What an editor can do, by the reason given most often."""
UNCLEAR = "Lesen Sie die Antwort noch einmal mit diesen Gründen im Kopf."
NO_DATABASE = (
    "Für die Statistik braucht der Bot eine Datenbank, und es ist keine eingerichtet. Bitte JOBCENTER_BOT_SECRET_KEY "
    "setzen (openssl rand -hex 32 erzeugt einen Schlüssel); dann zählt er in der Datei data/state.db. "
    "JOBCENTER_BOT_DATABASE_URL darf nicht memory: sein."
)
AWAY = "Die Datenbank ist gerade nicht erreichbar, darum gibt es im Moment keine Zahlen. Bitte später noch einmal."
