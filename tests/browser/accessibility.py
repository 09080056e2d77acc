"""What assistive technology gets: axe, and Chromium's own accessibility tree."""

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page


def assert_accessible(page: Page, state: str) -> None:
    """Fail with axe's report when it finds a violation; the page needs `bypass_csp`."""
    results = Axe().run(page)
    assert results.violations_count == 0, f"{state}: {results.generate_report()}"


class AccessibilityTree:
    """The tree a screen reader works on, read through the DevTools protocol."""

    def __init__(self, page: Page) -> None:
        self._session = page.context.new_cdp_session(page)
        self._session.send("Accessibility.enable")

    def read(self) -> list[dict[str, Any]]:
        """Return all nodes a screen reader meets."""
        return [node for node in self._read_all() if not node.get("ignored")]

    def find(self, role: str) -> list[dict[str, Any]]:
        """Return the nodes with this role."""
        return [node for node in self.read() if node["role"]["value"] == role]

    def find_live(self) -> list[dict[str, Any]]:
        """Return the live regions: nodes whose changes are spoken by themselves."""
        return [node for node in self.read() if read_property(node, "live") not in {None, "off"}]

    def text_of(self, node: dict[str, Any]) -> str:
        """Return the text below a node, in reading order."""
        by_id = {other["nodeId"]: other for other in self._read_all()}
        return " ".join(_walk(by_id[node["nodeId"]], by_id))

    def _read_all(self) -> list[dict[str, Any]]:
        """Return the ignored nodes as well, such as a <div>: what they contain is not ignored."""
        nodes: list[dict[str, Any]] = self._session.send("Accessibility.getFullAXTree")["nodes"]
        return nodes


def read_property(node: dict[str, Any], name: str) -> Any:
    """Return the value of a property of a node, None when it has none."""
    values = (entry["value"].get("value") for entry in node.get("properties", ()) if entry["name"] == name)
    return next(values, None)


def _walk(node: dict[str, Any], by_id: dict[str, dict[str, Any]]) -> list[str]:
    if node.get("role", {}).get("value") == "StaticText":
        return [node["name"]["value"]]
    children = (by_id[key] for key in node.get("childIds", ()) if key in by_id)
    return [text for child in children for text in _walk(child, by_id)]
