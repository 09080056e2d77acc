"""Writes what a flow says: its questions with buttons, and its results."""

from datetime import date

from bot.content import Content
from bot.flow_content import Flow, FlowResult, Step, Wordings
from bot.models import Button, FlowMove, Reply, Wording
from bot.rendering import FEEDBACK, HUMAN, Renderer


class FlowRenderer:
    """Turns the moves of a flow into replies."""

    def __init__(self, content: Content, renderer: Renderer) -> None:
        self._content = content
        self._renderer = renderer

    def render(self, move: FlowMove, day: date, wording: Wording) -> Reply:
        """Return the next question or the result."""
        flow = self._content.flows[move.flow]
        if move.step is not None:
            return self._render_step(move, flow.steps[move.step], day, wording)
        return self._render_result(move, flow, day, wording)

    def resume_button(self, flow: str) -> Button:
        """Return the way back to the open question."""
        return Button(self._renderer.text("resume_button", title=self._content.flows[flow].title), "s:resume")

    def _render_step(self, move: FlowMove, step: Step, day: date, wording: Wording) -> Reply:
        question: Wordings | Step = step.again if move.again and step.again else step
        text = self._renderer.fill(_word(question, wording), day)
        if question is step and move.again:
            text = f"{self._renderer.text('choose_option', wording)}\n\n{text}"
        buttons = [Button(option.title, f"f:{move.flow}:{move.step}:{option.value}") for option in step.options]
        if move.again:
            buttons.append(self._human_button())
        return Reply(text, buttons=(*buttons, Button(self._renderer.text("stop_button"), "s:stop")))

    def _render_result(self, move: FlowMove, flow: Flow, day: date, wording: Wording) -> Reply:
        assert move.result is not None, move
        result = flow.results[move.result]
        text = _word(result, wording)
        for name, value in move.names:
            text = text.replace(f"{{{name}}}", value)
        again = Button(self._renderer.text("flow_again"), f"f:{move.flow}")
        return Reply(
            self._renderer.fill(text, day),
            buttons=(
                *(self._renderer.topic_button(topic) for topic in result.next),
                *(() if move.flow == FEEDBACK else (again,)),
                *(() if HUMAN in result.next else (self._human_button(),)),
            ),
            sources=tuple(result.sources),
            as_of=flow.reviewed.isoformat() if result.sources else None,
        )

    def _human_button(self) -> Button:
        return Button(self._renderer.text("human_button"), f"t:{HUMAN}")


def _word(entry: Wordings | Step | FlowResult, wording: Wording) -> str:
    return (entry.text if wording == "text" else entry.plain).strip()
