"""What must never appear in `bot/`: code from data, a shell, secrets compared letter by letter, texts in logs."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
MODULES = sorted((ROOT / "bot").rglob("*.py"))
FORBIDDEN_IMPORTS = {"pickle", "marshal", "shelve", "dill", "joblib", "cloudpickle", "ctypes"}
ALLOWED = {("bot/core_dumps.py", "imports ctypes")}
"""Python itself has no way to tell the kernel that a process must not be dumped."""
FORBIDDEN_CALLS = {
    "eval", "exec", "compile", "__import__", "os.system", "os.popen", "yaml.load", "yaml.full_load",
    "yaml.unsafe_load", "yaml.load_all", "tempfile.mktemp", "hashlib.md5", "hashlib.sha1",
}  # fmt: skip
SAFE_LOADERS = {"CSafeLoader", "SafeLoader"}
SECRET = re.compile(r"(^|_)(token|secret|password|secret_key|digest)s?$")
UNPACKED_IN = {"bot/model_archive.py", "bot/nlu/interpreter.py"}
"""Where archives are read: only after every member was looked at."""


def walk(path: Path) -> Iterator[ast.AST]:
    return ast.walk(ast.parse(path.read_text(encoding="utf-8")))


def find_problems(path: Path) -> list[str]:
    name = str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else path.name
    found = [(getattr(node, "lineno", 0), problem) for node in walk(path) for problem in judge(node)]
    return [f"{line}: {problem}" for line, problem in found if (name, problem) not in ALLOWED]


def judge(node: ast.AST) -> Iterator[str]:
    """Tell what is wrong with one node."""
    if isinstance(node, ast.Import | ast.ImportFrom):
        module = node.module if isinstance(node, ast.ImportFrom) else None
        roots = {(module or alias.name).partition(".")[0] for alias in node.names}
        yield from (f"imports {name}" for name in sorted(roots & FORBIDDEN_IMPORTS))
        if module == "yaml":
            yield from (f"imports {alias.name}" for alias in node.names if alias.name not in SAFE_LOADERS)
    elif isinstance(node, ast.Call):
        yield from judge_call(node)
    elif isinstance(node, ast.Compare) and any(isinstance(operator, ast.Eq | ast.NotEq) for operator in node.ops):
        sides = [node.left, *node.comparators]
        if any(is_secret(side) for side in sides) and not any(isinstance(side, ast.Constant) for side in sides):
            yield "compares a secret with =="


def judge_call(node: ast.Call) -> Iterator[str]:
    """Tell what is wrong with a call."""
    name = ast.unparse(node.func)
    keywords = {word.arg: ast.unparse(word.value) for word in node.keywords}
    if name in FORBIDDEN_CALLS or name.split(".")[-1] in {"extractall", "extract"}:
        yield f"calls {name}"
    if name in {"np.load", "numpy.load"} and keywords.get("allow_pickle") != "False":
        yield f"calls {name} without allow_pickle=False"
    if "shell" in keywords:
        yield "uses a shell"
    if name in {"yaml.compose", "yaml.parse", "yaml.scan"} and keywords.get("Loader") != "_Loader":
        yield f"calls {name} without the safe loader"
    if "verify" in keywords and keywords["verify"] == "False":
        yield "does not look at certificates"


def is_secret(node: ast.AST) -> bool:
    """Tell whether an expression is named like a secret."""
    name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
    return bool(SECRET.search(name))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_module_does_nothing_dangerous(path: Path) -> None:
    assert find_problems(path) == []


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_archives_are_opened_in_one_place(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    if str(path.relative_to(ROOT)) not in UNPACKED_IN:
        assert "import tarfile" not in text
        assert not re.search(r"\bInterpreter\(", text), "load_interpreter looks at the archive first"


@pytest.mark.parametrize(
    "code",
    [
        "import pickle",
        "from pickle import loads",
        "from yaml import Loader",
        "eval(text)",
        "yaml.load(text, Loader=yaml.SafeLoader)",
        "yaml.compose(text)",
        "np.load(path)",
        "np.load(path, allow_pickle=True)",
        "tar.extractall(folder)",
        "run(command, shell=True)",
        "settings.metrics_token == sent",
        "if secret != given: pass",
        "Client(verify=False)",
        "hashlib.md5(text)",
    ],
)
def test_rule_finds_its_example(tmp_path: Path, code: str) -> None:
    (tmp_path / "bad.py").write_text(code)
    assert find_problems(tmp_path / "bad.py")


@pytest.mark.parametrize("path", sorted((ROOT / "bot" / "widget").glob("*.js")), ids=lambda path: path.name)
def test_script_writes_text_only(path: Path) -> None:
    forbidden = (
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|localStorage|document\.cookie"
    )
    assert not re.search(forbidden, path.read_text(encoding="utf-8"))
