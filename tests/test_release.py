"""One release has one number, wherever it stands."""

import re
import tomllib
from pathlib import Path

from bot import __version__

ROOT = Path(__file__).resolve().parent.parent


def test_every_file_names_the_same_release() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    public = re.search(r'softwareVersion: "(.+)"', (ROOT / "publiccode.yml").read_text(encoding="utf-8"))
    changes = re.search(r"^## (\d\S+) – ", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert public and changes
    assert {project["version"], public[1], changes[1]} == {__version__}
