"""A model archive from a stranger: nothing in it runs, nothing is written elsewhere, and a sentence says why."""

import io
import json
import os
import pickle
import tarfile
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bot import model_archive
from bot.model_archive import load_interpreter
from bot.nlu.errors import ModelError

CLASSIFIER = "bot.nlu.intent_classifier.IntentClassifierComponent"


def make_node(uses: str = CLASSIFIER, **changes: Any) -> dict[str, Any]:
    node: dict[str, Any] = {"needs": {"messages": "__message__"}, "uses": uses, "constructor_name": "load"}
    node |= {"fn": "process", "config": {}, "eager": True, "is_target": False, "is_input": False}
    return node | {"resource": {"name": "trained", "output_fingerprint": "0" * 32}} | changes


def make_metadata(node: dict[str, Any]) -> bytes:
    schema = {"nodes": {"intent_classifier": node}}
    return json.dumps({"train_schema": {"nodes": {}}, "predict_schema": schema, "nlu_target": "x"}).encode()


def write_archive(path: Path, members: dict[str, bytes], *others: tarfile.TarInfo) -> Path:
    with tarfile.open(path, "w:gz") as tar:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
        for other in others:
            tar.addfile(other)
    return path


class Bomb:
    """Leaves a trace when it is unpickled."""

    def __init__(self, trace: Path) -> None:
        self._trace = trace

    def __reduce__(self) -> tuple[Any, tuple[Any, ...]]:
        return os.mkdir, (str(self._trace),)


def pack_object(thing: object) -> bytes:
    """Return an .npz whose array is a pickle."""
    file = io.BytesIO()
    np.savez(file, weights=np.array([thing], dtype=object), allow_pickle=True)
    return file.getvalue()


@pytest.mark.parametrize("folder", ["/", "here"], ids=["from the root", "from a folder"])
@pytest.mark.parametrize("name", ["../{}", "../{}-more/x", "a/../../{}", "/tmp/{}"])
def test_member_outside_its_folder_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, folder: str
) -> None:
    # tarsafe, which Rasa trusts, compares with the working directory: from "/" it lets everything pass
    (tmp_path / "here").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "here"))
    monkeypatch.chdir(tmp_path / folder)
    before = set(tmp_path.rglob("*"))
    archive = write_archive(
        tmp_path / "model.tar.gz", {"metadata.json": make_metadata(make_node()), name.format("here"): b"evil"}
    )
    with pytest.raises(ModelError, match="außerhalb seines Ordners schreiben"):
        load_interpreter(archive)
    assert set(tmp_path.rglob("*")) == before | {archive}


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE])
def test_links_and_devices_are_refused(tmp_path: Path, kind: bytes) -> None:
    member = tarfile.TarInfo("components")
    member.type, member.linkname = kind, "metadata.json"
    archive = write_archive(tmp_path / "model.tar.gz", {"metadata.json": make_metadata(make_node())}, member)
    with pytest.raises(ModelError, match="außerhalb seines Ordners schreiben"):
        load_interpreter(archive)


@pytest.mark.parametrize(
    "node",
    [
        make_node("rasa.nlu.classifiers.sklearn_intent_classifier.SklearnIntentClassifier"),
        make_node("evil_module.Evil"),
        make_node(constructor_name="__init_subclass__"),
        make_node(fn="__reduce__"),
    ],
    ids=["reads a pickle", "any module", "any constructor", "any function"],
)
def test_foreign_component_is_neither_imported_nor_built(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, node: dict[str, Any]
) -> None:
    (tmp_path / "evil_module.py").write_text(f"import os\nos.mkdir({str(tmp_path / 'trace')!r})\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    pickled = pickle.dumps(Bomb(tmp_path / "trace"))
    members = {"metadata.json": make_metadata(node), "components/trained/sklearn_intent_classifier.pkl": pickled}
    with pytest.raises(ModelError, match="Programmteile"):
        load_interpreter(write_archive(tmp_path / "model.tar.gz", members))
    assert not (tmp_path / "trace").exists()


@pytest.mark.parametrize("name", ["../../etc", "/etc", "a/b", ".."])
def test_resource_outside_its_folder_is_refused(tmp_path: Path, name: str) -> None:
    node = make_node(resource={"name": name, "output_fingerprint": "0"})
    archive = write_archive(tmp_path / "model.tar.gz", {"metadata.json": make_metadata(node)})
    with pytest.raises(ModelError, match="außerhalb seines Ordners lesen"):
        load_interpreter(archive)


def test_pickle_in_place_of_arrays_is_not_run(tmp_path: Path) -> None:
    features = {"letters": [2, 5], "vocabularies": {"characters": ["a"], "words": ["a"]}, "lexicon": {}}
    members = {
        "metadata.json": make_metadata(make_node()),
        "components/trained/features.json": json.dumps(features | {"words": [[], []]}).encode(),
    }
    for name in ("features", "model", "examples"):
        members[f"components/trained/{name}.npz"] = pack_object(Bomb(tmp_path / "trace"))
    with pytest.raises(ModelError, match="Neu trainieren"):
        load_interpreter(write_archive(tmp_path / "model.tar.gz", members))
    assert not (tmp_path / "trace").exists()


def test_archive_that_unpacks_to_too_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_archive, "MOST_BYTES", 1_000_000)
    zeros = io.BytesIO()
    np.savez_compressed(zeros, weights=np.zeros(2_000_000, np.int8))
    for members in (
        {"zeros": bytes(1_000_001)},
        {"zeros.npz": zeros.getvalue()},
        {str(number): b"" for number in range(model_archive.MOST_MEMBERS + 1)},
    ):
        with pytest.raises(ModelError, match="zu groß"):
            load_interpreter(write_archive(tmp_path / "model.tar.gz", members))


@pytest.mark.parametrize(
    "members",
    [
        {},
        {"metadata.json": b"{"},
        {"metadata.json": b"[]"},
        {"metadata.json": b"{}"},
        {"metadata.json": b"[" * 100_000},
        {"metadata.json": make_metadata(make_node(resource={}))},
        {"metadata.json": make_metadata(make_node())},
        {"metadata.json": b" " * (model_archive.MOST_METADATA + 1)},
        {"metadata.json": make_metadata(make_node()), "components/trained/model.npz": b"no zip"},
    ],
    ids=["empty", "half", "list", "nothing", "deep", "no name", "no components", "huge", "no zip"],
)
def test_broken_archive_is_a_sentence(tmp_path: Path, members: dict[str, bytes]) -> None:
    with pytest.raises(ModelError, match=r"Neu trainieren: \./run train"):
        load_interpreter(write_archive(tmp_path / "model.tar.gz", members))


@pytest.mark.parametrize("content", [b"", b"no archive", b"\x1f\x8b\x08" + b"\xff" * 50])
def test_file_that_is_no_archive_is_a_sentence(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "model.tar.gz").write_bytes(content)
    with pytest.raises(ModelError, match="Neu trainieren"):
        load_interpreter(tmp_path / "model.tar.gz")
    with pytest.raises(ModelError, match="Neu trainieren"):
        load_interpreter(tmp_path / "missing.tar.gz")


@pytest.mark.model
def test_our_own_archive_is_opened(model_archive: Path) -> None:
    interpreter = load_interpreter(model_archive)
    assert interpreter.parse_batch(["Wer zahlt die Kaution?"])[0].intent_ranking[0].name == "kaution"
    interpreter.close()


@pytest.mark.model
@pytest.mark.parametrize("at", [0.1, 0.5, 0.9, 0.999])
def test_damaged_archive_of_ours_is_a_sentence(model_archive: Path, tmp_path: Path, at: float) -> None:
    content = bytearray(model_archive.read_bytes())
    place = int(len(content) * at)
    content[place : place + 64] = bytes(64)
    (tmp_path / "model.tar.gz").write_bytes(content)
    with pytest.raises(ModelError, match="Neu trainieren"):
        load_interpreter(tmp_path / "model.tar.gz")
