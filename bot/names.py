"""Finds names of people: in German every noun has a capital, and many people write without any."""

import re
from collections.abc import Callable

Find = Callable[[re.Match[str]], str]


def read_words(words: str) -> frozenset[str]:
    """Return the words of a list that is written as text."""
    return frozenset(words.split())


MOST_WORDS = 3
PARTICLES = read_words("von van de del della di da dos el al ibn le la zu dr prof med h c")
# Who is in the news is not the personal data of those who write.
PUBLIC_FIGURES = read_words(
    "merkel merz scholz hartz bas heil nahles schröder söder habeck lindner baerbock lauterbach klingbeil pistorius "
    "steinmeier wagenknecht weidel linnemann spahn rehlinger kramp-karrenbauer trump putin selenskyj"
)
# Frequent first names, old and young; asked only where the words around do not say that a name comes.
FIRST_NAMES = read_words(
    """
    agnieszka ahmad ahmed ahmet aisha alex alexander alexandra ali alina amelie amina amir ana anastasia andrea
    andreas andrej andrii andrzej angela angelika anita anja anke anna anne anneliese annette anni anton arne
    astrid axel ayla aylin ayşe ayse barbara bärbel beate ben benjamin bernd bernhard bettina bianca bilal birgit
    björn brigitte carina carmen carolin caroline carsten celine cem charlotte christa christian christiane
    christina christine christoph clara claudia cornelia dagmar daniel daniela david denis deniz dennis diana
    dieter dilara dirk dmytro dominik doris dustin ece elena elias elif elisabeth elke ella emil emilia emily emine
    emir emma emre erich erik erika erna eva fabian fatima fatma felix finja finn florian franz franziska frieda
    friedrich fritz gabi gabriele georg gerd gerhard gertrud gisela giuseppe greta günter günther hakan hamza hanna
    hannah hannelore hans harald hasan hassan hatice heidi heike heiko heinrich heinz helena helga helmut herbert
    hermann hildegard holger horst hülya hussein ibrahim ida ines inge ingo ingrid irene irina iris irmgard iryna
    isabell ivan jacqueline jakob jan jana janina jannik jannis jasmin jason jenny jens jessica joachim jochen
    johann johanna johannes jonas jonathan jörg josef julia julian julien jürgen justin jutta kai karim karin karl
    katarzyna katharina kathrin katja katrin kerstin kevin khaled klara klaus konrad krzysztof lara lars laura
    layla lea lena leni leo leon leonie levi lia liam lina lisa lotta lotte louis luca luis luisa lukas lutz maja
    malte mandy manfred manuel manuela marcel marco margarete margot maria marie marina mario marion markus marlene
    martha martin martina marvin maryam matteo matthias maximilian mehmet melanie mia michael michaela michelle
    mihai mila milan mohamad mohamed mohammad mohammed monika moritz murat mustafa mykola nadia nadine nadja
    natalia natalie natascha nele nico nicole niklas nikolai nils nina noah noel nora norbert oksana olaf ole
    oleksandr olena olga oliver omar oskar pascal patricia patrick paul paula pauline peter petra philipp piotr
    rainer ralf ramona regina reiner renate reza rita robert robin roland rolf roman ronny rosa rosemarie rudolf
    ruth sabine sabrina samuel sandra sara sarah sascha sebastian selina sergej serkan siegfried silke silvia simon
    simone sofia sonja sophia sophie stefan stefanie steffen stephan stephanie susanne sven svenja svetlana tamara
    tanja tatjana tetiana theo theresa thomas thorsten tim timo tina tobias tom torsten udo ulrich ulrike ursula
    ute uwe vanessa vera veronika viktor viktoria volker volodymyr waldemar walter waltraud werner wilhelm willi
    wolfgang yasmin yuliia yusuf yvonne zahra zeynep zoe
    """
)
NOT_NAMES = read_words(
    """
    ab aber alle allein allen alles als also am an andere ändern anders angegeben ans auch auf aus außer bald bei
    beide beim bekannt bekomme bekommen bekommt bereits bin bis bist bitte brauche braucht da dabei damit danke
    dann darf das dass davon dazu dein deine dem den denn der des deshalb deutsche deutscher dich die dies diese
    diesem diesen dieser dir doch doppelt dort dran drauf du durch egal ehrlich ein eine einem einen einer eines
    einfach eingetragen endlich er erst es etwas euch euer eure eurer falls falsch fehlt folgt frage fragen für
    ganz gar geändert geb gebohren geboren gegen gelöscht genau gerade gern gerne geschrieben gestern gibt gleich
    gruß grüße grüßen gut hab habe haben hallo hat hatte hätte heiße heißen heißt heute hier hiermit hin ich ihm
    ihn ihnen ihr ihre ihren im immer in ist ja jeder jemand jetzt kann kein keine keiner komme kommt können konnte
    könnte krank leider liebe lieben mache macht mal man mehr mein meine meinem meinen meiner mfg mich mir mit
    möchte moin muss musste nach nein neu nicht nichts nie niemand noch nochmal nun nur ob oben oder ohne per
    richtig schon schöne schönen schreibe sehr sein seine seit sich sie sind so soll sollte sondern sonst statt
    steht stimmt suche trotzdem über überall um und uns unser unsere unter veraltet vergessen verkehrt verschwunden
    vertauscht viel viele vielen vielleicht vom von vor vorab voraus wann war warte warum was weg wegen weil welche
    wem wen wenn wer werde wichtig wie wieder wieso will wir wird wo wohne wurde zieht zu zum zur zurück

    adresse anschrift anspruch antrag arbeit arzt ausbildung auto azubi baby bafög bescheid bg bg-nummer bürgergeld
    chatbot dienstag donnerstag e-mail ehemann ehepaar eltern email familie firma frau geburtsdatum geburtstag geld
    grundsicherung grundsicherungsgeld handy herr herrn hilfe iban jobcenter kind kinder kindergeld kundennr
    kundennummer leistungen mann mittwoch monat montag mut mutter nachname name namen privatperson saarland
    saarlouis sohn soldat straße student tag team tel telefon termin tochter tot unterhalt unterlagen unterstützung
    urlaub vater vermieter vorname wohnhaft
    """
)
_POSSESSIVE = re.compile(r"(?:[mds]?ein|kein|ihr|unse?r|eue?r|jed|dies|welch)(?:e|em|en|er|es)?")
_ARTICLE = re.compile(r"d(?:er|ie|en|em|as|es)|als")
_OFFICE = re.compile(
    r"(?:meister|minister|präsident|kanzler|landr[aä]t|doktor|professor|direktor|leiter|vermittler|bearbeiter|berater|"
    r"betreuer|richter|beauftragte|abgeordnete)(?:r|in|innen|n|s)?$"
)
_PLACE = re.compile(r"(?i)(?:schule|stra(?:ß|ss)e|platz|weg|allee|institut|klinik|klinikum|haus|stiftung|gymnasium)\b")
_NOUN = re.compile(r"(?:ung|heit|keit|schaft|geld|grad|kunft|hilfe|zeit|kosten|nis|oge|er|erin|entin|istin)(?:en|s)?$")
# what may follow the name of a relative: a birth date, the years, a verb ("Mein Enkel Fynn lebt bei mir")
_BORN = re.compile(r",?\s*\(?\s*(?:geb(?:oren)?\b|\*\s?\d)")
_YEARS = re.compile(r",?\s*\(?\s*\d{1,2}\s?(?:j|\)|,|$)")
_VERB = re.compile(
    r"\s+(?:(?!mit|nicht|seit|jetzt|erst|fast|dort|sonst|oft)\w+t|wird|will|kann|muss|soll|darf|war|und ich)\b"
)
_BEGINS_SENTENCE = re.compile(r"(?:^|[.,!?:•]\s*)\w+\s+$")

_W = r"(?:[^\W\d_]{1,2}\.|[^\W\d_](?:[\w'’-]*\w)?)"
_WORD = re.compile(_W)
_NAMES = rf"(?<!\w)(?P<data>{_W}(?:,?\s+{_W}){{0,4}})"
_CAPITAL = r"(?-i:(?=[A-ZÄÖÜ]))"
_TITLE = r"(?:(?P<title>herrn?|hr\.|frau|fr\.|fam\.|familie|dr\.)\s+)?"
_NO_TITLE = r"(?P<title>)"
_KIN = (
    r"\b(?:stief|schwieger|ex-|ehe)?(?:sohn|sohnes|söhnen?|tochter|töchtern?|zwillingen?|kind|kinder|kindern|baby|"
    r"mann|frau|lebensgefährten?|verlobter?|mutter|vater|mama|papa|bruder|schwester|oma|opa|nichte|neffe|tante|onkel|"
    r"cousine?|schwager|schwägerin|(?:enkel|partner|freund|lebensgefährt|vermieter|nachbar|mitbewohner|chef|betreuer)(?:in)?)\b"
)


def find_name(words: str) -> str:
    """Return the name with which the words begin, or nothing.

    With capitals a name goes on as long as they do; without, it has at most two words.
    """
    end = taken = 0
    is_lower = False
    for token in _WORD.finditer(words):
        word = token.group()
        if taken == 0:
            is_lower = word[0].islower()
        if word.lower().rstrip(".") in PARTICLES:
            continue
        is_second_part = "," not in words[end : token.start()] or _is_first_name(word)
        if not _can_be_name(word) or (taken and not is_second_part) or (word[0].islower() and not is_lower):
            break
        end, taken = token.end(), taken + 1
        if taken == (2 if is_lower else MOST_WORDS):
            break
    # "Frau K." and "Herr X" say nobody's name
    return words[:end] if any(len(word.rstrip(".")) > 1 for word in _split(words[:end])) else ""


def _split(name: str) -> list[str]:
    return [word for word in _WORD.findall(name) if word.lower().rstrip(".") not in PARTICLES]


def _can_be_name(word: str) -> bool:
    folded = word.lower().rstrip(".")
    return folded not in NOT_NAMES and not _POSSESSIVE.fullmatch(folded) and not _OFFICE.search(folded)


def _is_first_name(word: str) -> bool:
    return word.lower().partition("-")[0] in FIRST_NAMES


def _begins_with_first_name(name: str) -> bool:
    return any(map(_is_first_name, _split(name)[:1]))


def _is_public_figure(name: str) -> bool:
    return not PUBLIC_FIGURES.isdisjoint(name.lower().split())


def _find_any(match: re.Match[str]) -> str:
    """Accept whatever can be a name: the words before say that one comes."""
    return find_name(match["data"])


def _find_whole(match: re.Match[str]) -> str:
    """Accept words that are nothing but a name."""
    name = find_name(match["data"])
    return name if name == match["data"] else ""


def _find_known(match: re.Match[str]) -> str:
    """Accept a name after a title or one that begins with a frequent first name."""
    name = find_name(match["data"])
    return name if match["title"] or _begins_with_first_name(name) else ""


def _find_likely(match: re.Match[str]) -> str:
    """Accept two words with capitals, too."""
    name = find_name(match["data"])
    capitals = [word for word in _split(name) if word[0].isupper()]
    return name if match["title"] or _begins_with_first_name(name) or len(capitals) > 1 else ""


def _find_full(match: re.Match[str]) -> str:
    """Accept first and last name in any order; schools, streets and people in the news have such names, too."""
    name = find_name(match["data"])
    words = _split(name)
    is_name = len(words) > 1 and (_is_first_name(words[0]) or ("," in name and _is_first_name(words[1])))
    return name if is_name and not _is_public_figure(name) and not _PLACE.search(name) else ""


def _find_neighbour(match: re.Match[str]) -> str:
    """Accept a first name with a capital where people say "die Gerda"."""
    name = find_name(match["data"])
    is_known = _begins_with_first_name(name) and name[0].isupper() and not _is_public_figure(name)
    return name if is_known and not _PLACE.search(match["data"]) else ""


def _find_titled(match: re.Match[str]) -> str:
    """Accept what follows "Frau", unless she is a wife ("meine Frau"), holds an office or is in the news."""
    name = find_name(match["data"])
    before = (_WORD.findall(match.string[: match.start()]) or [""])[-1].lower()
    is_noun = bool(_POSSESSIVE.fullmatch(before) or _ARTICLE.fullmatch(before)) or match["title"] == "familie"
    is_man = match["title"][0] in "hH"
    if not name or _is_public_figure(name) or (is_noun and not (is_man and name[0].isupper())):
        return ""
    return name if name[0].isupper() or is_man or before in {"bei", "an"} else ""


def _find_relative(match: re.Match[str]) -> str:
    """Accept what can hardly be anything but the name of the relative: "meine Tochter Lena", "Sohn Tjark, 8"."""
    name = find_name(match["data"])
    if not name:
        return ""
    behind = match.string[match.start("data") + len(name) :]
    if match["title"] or match["called"] or _begins_with_first_name(name) or _BORN.match(behind):
        return name
    is_subject = _VERB.match(behind) and _BEGINS_SENTENCE.search(match.string[: match.start()])
    is_clear = _YEARS.match(behind) or is_subject or len(_split(name)) > 1
    return name if name[0].isupper() and (is_clear or name[-1] in "aioy") and not _NOUN.search(name) else ""


def _find_signature(match: re.Match[str]) -> str:
    """Accept the name below a letter; without capitals only at the very end or before a stop."""
    name = find_name(match["data"])
    is_last = not re.match(r"\s*\w", match.string[match.start("data") + len(name) :])
    return name if name and (name[0].isupper() or is_last) else ""


# an example, where a name stands (capitals do not matter), and which of the words are one
_RULES: tuple[tuple[str, str, Find], ...] = (
    (
        "mein Name ist Erika Muster",
        r"\b(?:(?:vor|nach|familien|zu|geburts|mädchen|ruf)?(?:nah?me?n?|nmae|naem)\s*"
        r"(?:(?:iss?t?|lautet|war|sei)\b(?:\s(?:jetzt|nun)\b)?|[:=])|(?:unter|auf) de[mn] namen\b)"
        rf"[\s:]*{_TITLE}{_NAMES}",
        _find_any,
    ),
    (
        "Mein Name Thea Muster",
        rf"(?:(?:\bmeine? |^|[.,;]\s*)(?:vor|nach)?name\s+{_CAPITAL}|(?:^|[.,;]\s*)(?:vor|nach)?name\s+(?=[\w-]+[.,;]))"
        rf"{_NAMES}",
        _find_any,
    ),
    (
        "Muster ist mein Name",
        rf"(?:^|[.,!?:]\s*)(?P<data>{_W}(?:\s{_W})??),?\s+(?:ist\s+)?mein (?:vor|nach)?name(?=\s*(?:[.,;!•]|und\b|$))",
        _find_whole,
    ),
    ("Muster, guten Tag", rf"^{_CAPITAL}{_NAMES}[,.!]\s+guten (?:tag|morgen|abend)\b", _find_whole),
    (
        "ich heiße muster",
        rf"(?:\bi(?:ch|sch|k)\s+|^|[.,!?]\s*)h(?:ei|ai|ie|ee|ää)(?:ß|ss|s)e?\s+{_TITLE}{_NAMES}",
        _find_any,
    ),
    ("hier spricht muster", rf"\bhier\s+(?:spricht|schreibt)\s+{_TITLE}{_NAMES}", _find_any),
    (
        "Hier ist die Erika",
        rf"\bhier\s+(?:iss?t?|spricht|schreibt)\s+(?:(?:noch ?mal|wieder|die|der|de)\s+)*{_TITLE}{_NAMES}",
        _find_likely,
    ),
    ("ich bin Erika", rf"\bbin\W?s?,?\s+(?:(?:es|die|der|de|auch)\s*,?\s*)?{_TITLE}{_NAMES}", _find_known),
    ("ich bin die Thea Muster", rf"\bbin (?:die|der|de) {_NO_TITLE}{_NAMES}", _find_likely),
    (
        "Ich, Thea Muster, beantrage",
        rf"\bich,\s*{_NAMES}(?=,\s*(?:wohn|geb|aus|beantrag|lege|möchte|bitte)\w*)",
        _find_any,
    ),
    ("Antragsteller: Muster", rf"\b(?:(?:antragsteller|inhaber)(?:in)?|absender)\s*:\s*{_TITLE}{_NAMES}", _find_any),
    (
        "mein Sohn Tim",
        rf"{_KIN}\s*[,:(]?\s*(?P<called>hei(?:ß|ss)(?:t|en)\s+|namens\s+)?{_TITLE}{_NAMES}",
        _find_relative,
    ),
    ("••• (8) und Lena", rf"•(?:\s*\([^()]{{1,12}}\))?\s*(?:,|und|u\.|&)\s*{_NO_TITLE}{_NAMES}", _find_known),
    ("Termin bei Frau Muster", rf"\b(?P<title>herrn?|hr\.|fr\.|frau|fam\.|familie|eheleute)\s+{_NAMES}", _find_titled),
    (
        "Thea Muster geb. 3.4.1985",
        rf"(?<!\w)(?P<data>{_W}(?:\s{_W})?),?\s*\(?(?:geb|geboren)\b\.?\s*(?:am\s*)?\d",
        _find_whole,
    ),
    (
        "Viele Grüße Thea Muster",
        r"\b(?:mfg|g?lg|vg|gr(?:ü|ue|u)(?:ß|ss|s)(?:e?n?(?!\s*gott)|t (?:sie|euch|dich))|gez\.|hochachtungsvoll)(?!\w)"
        rf"[\s,.!:;–-]*(?:(?:ihre?|eure?|deine?|aus \w+)[\s,.]+)?{_NAMES}",
        _find_signature,
    ),
    ("sagt die Erika", rf"\b(?:die|der|den|dem|de|es) {_NAMES}", _find_neighbour),
    ("Danke, Erika", rf"\bdank\w*[\s,.!–-]+{_NO_TITLE}{_NAMES}(?=\W*$)", _find_known),
)
NAME_RULES = (
    (
        "Antrag von Erika Muster",
        re.compile(r"(?<![\w-])(?P<data>[A-ZÄÖÜ][\w'’-]+,?\s+[A-ZÄÖÜ][\w'’-]+(?:\s[A-ZÄÖÜ][\w'’-]+)?)"),
        _find_full,
    ),
    *((example, re.compile(pattern, re.I), find) for example, pattern, find in _RULES),
)
