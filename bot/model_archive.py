"""Opens model archives, also foreign ones: what could write elsewhere, fill the memory or run code is refused.

Rasa unpacks an archive, imports every class its description names and builds it; some of Rasa's own read pickles.
"""

import json
import re
import tarfile
import zlib
from pathlib import Path
from typing import IO, Any
from zipfile import BadZipFile, ZipFile

from rasa.engine.exceptions import GraphComponentException

from bot.nlu.errors import ModelError
from bot.nlu.interpreter import Interpreter

METADATA = "metadata.json"
MOST_METADATA = 1024 * 1024
MOST_BYTES = 2 * 1024**3
"""Unpacked; our model has 50 MB."""
MOST_MEMBERS = 1000
COMPONENTS = {
    "rasa.graph_components.providers.nlu_training_data_provider.NLUTrainingDataProvider",
    "bot.nlu.intent_classifier.IntentClassifierComponent",
    "bot.nlu.message_converter.MessageConverter",
}
"""What `config.yml` uses; everything in it reads arrays and JSON only."""
STEPS = {"create", "load", "provide", "train", "convert", "process"}
UNREADABLE = (
    BadZipFile,
    zlib.error,
    OSError,
    EOFError,
    ImportError,
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    MemoryError,
    RecursionError,
    tarfile.TarError,
    GraphComponentException,
)


def load_interpreter(archive: Path) -> Interpreter:
    """Return the interpreter of a model archive that is safe to open; raises ModelError with a German sentence."""
    try:
        _check_archive(archive)
        return Interpreter(archive)
    except UNREADABLE as error:
        raise ModelError(
            f"Das Modell {archive} lässt sich nicht laden ({type(error).__name__}). Neu trainieren: ./run train"
        ) from error


def _check_archive(archive: Path) -> None:
    total, metadata = 0, None
    with tarfile.open(archive, "r:gz") as tar:
        for number, member in enumerate(tar, start=1):
            _check_member(member, archive)
            total += member.size
            name = member.name.removeprefix("./")
            content = tar.extractfile(member) if member.isfile() else None
            if content is not None and name == METADATA:
                if member.size > MOST_METADATA:
                    raise _refuse(archive, "seine Beschreibung ist zu groß")
                metadata = json.load(content)
            elif content is not None and name.endswith(".npz"):
                total += _measure_arrays(content)
            if number > MOST_MEMBERS or total > MOST_BYTES:
                raise _refuse(archive, "es ist entpackt zu groß")
    if metadata is None:
        raise _refuse(archive, "darin fehlt seine Beschreibung")
    _check_components(metadata, archive)


def _check_member(member: tarfile.TarInfo, archive: Path) -> None:
    """Refuse links and devices, and names that lead out of the folder the archive is unpacked to."""
    is_plain = member.isfile() or member.isdir()
    if not is_plain or member.name.startswith("/") or ".." in Path(member.name).parts:
        raise _refuse(archive, "es will außerhalb seines Ordners schreiben")


def _measure_arrays(content: IO[bytes]) -> int:
    with ZipFile(content) as arrays:
        return sum(entry.file_size for entry in arrays.infolist())


def _check_components(metadata: dict[str, Any], archive: Path) -> None:
    for schema in ("train_schema", "predict_schema"):
        for node in metadata[schema]["nodes"].values():
            resource = node["resource"] or {"name": "none"}
            if node["uses"] not in COMPONENTS or not {node["constructor_name"], node["fn"]} <= STEPS:
                raise _refuse(archive, "es verlangt Programmteile, die dieser Bot nicht verwendet")
            if not re.fullmatch(r"\w+", resource["name"]):
                raise _refuse(archive, "es will außerhalb seines Ordners lesen")


def _refuse(archive: Path, reason: str) -> ModelError:
    return ModelError(
        f"Das Modell {archive} wird nicht geöffnet: {reason}. Es stammt nicht von diesem Bot oder ist beschädigt. "
        "Neu trainieren: ./run train"
    )
