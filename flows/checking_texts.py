"""Texts: missing languages, and what some messenger cannot show."""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache

from jinja2 import nodes

from core.channels import Channel, Limits
from core.languages import Localized
from core.text import utf16_length
from flows import markup, templates, urls
from flows.asks import AnswerKind
from flows.language import AskStep, Flow, SayStep
from flows.load import problem
from flows.problems import Problem, Severity
from flows.reading import Use, places, texts

_LETTERS = re.compile(r"[^\W\d_]{2,}")


def check(
    flow: Flow, languages: tuple[str, ...], limits: Mapping[Channel, Limits]
) -> Iterator[Problem]:
    """The problems of what the flow's texts say."""
    for key, said in texts(flow):
        yield from _languages(flow, key, said, languages)
    for place in places(flow):
        if place.use is Use.LABEL:
            yield from _label(flow, place.key, place.source, limits)
        if place.use is Use.TEXT and (wrong := urls.problem_in_text(place.source)):
            yield problem(flow, place.key, wrong)
    for name, step in flow.steps.items():
        if isinstance(step, SayStep | AskStep):
            yield from _shown(flow, f"steps.{name}", step, limits)


def _languages(
    flow: Flow, key: str, said: Localized, languages: tuple[str, ...]
) -> Iterator[Problem]:
    if "" in said:
        # A figure or an emoji needs no translation; words do.
        if len(languages) > 1 and _LETTERS.search(fixed_part(said[""])) and "words" not in key:
            message = f"the same words in every language; write {', '.join(languages)}"
            yield problem(flow, key, message, Severity.WARNING)
        return
    spoken = {language.partition("-")[0] for language in said} | set(said)
    missing = [language for language in languages if language not in spoken]
    if missing:
        yield problem(flow, key, f"no text in: {', '.join(missing)}")


def _label(
    flow: Flow, key: str, source: str, limits: Mapping[Channel, Limits]
) -> Iterator[Problem]:
    length = utf16_length(" ".join(fixed_part(source).split()))
    for channel, limit in limits.items():
        if length > limit.button_label:
            yield problem(
                flow,
                key,
                f"{length} characters; a button in {channel} shows {limit.button_label}",
            )


def _shown(
    flow: Flow, key: str, step: SayStep | AskStep, limits: Mapping[Channel, Limits]
) -> Iterator[Problem]:
    kind, said = ("say", step.say) if isinstance(step, SayStep) else ("ask", step.ask)
    buttons = len(step.buttons) + (len(step.choices) if isinstance(step, AskStep) else 0)
    for channel, limit in limits.items():
        if buttons > limit.buttons:
            yield problem(
                flow,
                key,
                f"{buttons} buttons; {channel} shows {limit.buttons}, "
                "so they would become a numbered list",
                Severity.WARNING,
            )
        yield from _length(flow, f"{key}.{kind}", said, f"a message in {channel}", limit.text)
        if step.photo or step.video or step.document:
            yield from _length(
                flow, f"{key}.{kind}", said, f"a caption in {channel}", limit.caption
            )
        is_contact = isinstance(step, AskStep) and step.kind is AnswerKind.CONTACT
        if is_contact and not limit.vouches_for_phones:
            message = f"{channel} vouches for nobody's phone, so nobody can answer there; "
            yield problem(flow, f"{key}.answer", message + "`answer: phone` takes a typed one too")


def _length(flow: Flow, key: str, said: Localized, what: str, most: int) -> Iterator[Problem]:
    for language, source in said.items():
        length = utf16_length(markup.read(fixed_part(source)).text)
        if length > most:
            at = f"{key}.{language}" if language else key
            message = f"{length} characters; {what} holds {most}, so it would be cut in parts"
            yield problem(flow, at, message, Severity.WARNING)


@lru_cache(maxsize=4096)
def fixed_part(source: str) -> str:
    """What a template always says: the least that a person will see of it."""
    if not templates.is_template(source):
        return source
    tree = templates.parse_text(source)
    return "".join(
        data.data
        for output in tree.body
        if isinstance(output, nodes.Output)
        for data in output.nodes
        if isinstance(data, nodes.TemplateData)
    )
