"""Questions: putting them, and making sense of what comes back."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from core.content import AskContactButton, AskLocationButton, Button, Content, PressButton
from core.people import Json
from core.policy import zone
from core.words import normalise
from flows import answers, phrases
from flows.asks import OPERATOR, AnswerKind, Each
from flows.buttons import FlowButton, encode
from flows.effects import HandOver, Saved
from flows.language import AskStep
from flows.session import Option, SessionState
from flows.steps import OVER, RESTING, GoTo, Whither, onward, shown
from flows.walk import Walk

MAX_OPTIONS = 50
MAX_KEY = 200


def put(walk: Walk, step: AskStep) -> Whither:
    """Ask, or queue behind the question of another session."""
    if walk.facts.is_asked_elsewhere:
        walk.rest(SessionState.QUEUED, queued_at=walk.now)
        return RESTING
    options = tuple(_options(walk, step))
    if step.is_choice and not options:
        walk.report("the question has no choices now")
        return onward(walk, step)
    content = shown(walk, step)
    buttons = (*_presses(walk, options, walk.next_generation), *_share(walk, step))
    if buttons:
        content = replace(content, buttons=(*buttons, *content.buttons))
    if not walk.say(content):
        if content.is_empty:
            walk.report("the question came out empty")
            return onward(walk, step)
        return OVER
    due_at = walk.later(step.timeout.after) if step.timeout else None
    walk.rest(SessionState.ASKING, due_at=due_at, options=options)
    return RESTING


def _options(walk: Walk, step: AskStep) -> Iterator[Option]:
    if step.each is not None:
        yield from _of_each(walk, step.each)
    for key, choice in step.choices.items():
        if walk.holds(choice.condition):
            yield Option(key, walk.label(choice.label) or key)


def _of_each(walk: Walk, each: Each) -> Iterator[Option]:
    things = walk.expression(each.of)
    if isinstance(things, Mapping):
        things = list(things)
    if not isinstance(things, list | tuple):
        return
    for thing in things[:MAX_OPTIONS]:
        walk.names.local = {each.name: thing}
        if walk.holds(each.condition):
            key = walk.plain(each.value).strip()[:MAX_KEY]
            if key:
                yield Option(key, walk.label(each.label) or key)
        walk.names.local = {}


def _presses(walk: Walk, options: tuple[Option, ...], generation: int) -> Iterator[Button]:
    # They stand before all other buttons, so that the number shown of one is its index and one.
    for index, option in enumerate(options):
        button = FlowButton(walk.session.id, generation, index)
        yield PressButton(option.label, encode(button))


def _share(walk: Walk, step: AskStep) -> Iterator[Button]:
    if step.is_choice:
        return
    if step.kind is AnswerKind.CONTACT:
        yield AskContactButton(walk.label(step.share or phrases.SHARE_CONTACT))
    elif step.kind is AnswerKind.LOCATION:
        yield AskLocationButton(walk.label(step.share or phrases.SHARE_LOCATION))


def shares(step: AskStep) -> bool:
    """Whether the question hangs a keyboard in the chat that has to be taken away."""
    return not step.is_choice and step.kind in (AnswerKind.CONTACT, AnswerKind.LOCATION)


def answer(walk: Walk, step: AskStep, content: Content) -> Whither:
    """What the contact wrote or sent: take it, or say what is wanted."""
    if step.is_choice:
        found = choice(walk, step, content.text)
        if found is not None:
            return keep(walk, step, found.key)
    else:
        now = walk.now.astimezone(zone(walk.facts.contact.timezone))
        fits = answers.read(step, content, walk.names.language, now)
        if fits is not None:
            return keep(walk, step, fits.value)
    return _misfit(walk, step)


def keep(walk: Walk, step: AskStep, value: Json) -> Whither:
    """Save the answer and go on."""
    walk.clears_keyboard = shares(step)
    if step.save:
        walk.names.variables[step.save] = value
        walk.saved.append(Saved(walk.flow.name, walk.step, step.save, value))
    return onward(walk, step)


def choice(walk: Walk, step: AskStep, text: str) -> Option | None:
    """The option that a typed answer means: its label in any language, its value or its number."""
    options = walk.session.options
    said = text.strip().casefold()
    if not said:
        return None
    labels = [(option, label) for option in options for label in _labels(walk, step, option)]
    for option, label in labels:
        if label.casefold() == said:
            return option
    for option in options:
        if option.key.casefold() == said:
            return option
    normal = normalise(text)
    alike = {option.key: option for option, label in labels if normalise(label) == normal}
    if normal and len(alike) == 1:
        return next(iter(alike.values()))
    number = said.rstrip(".)").strip()
    if number.isascii() and number.isdigit() and 0 < int(number[:4]) <= len(options):
        return options[int(number[:4]) - 1]
    return None


def _labels(walk: Walk, step: AskStep, option: Option) -> Iterator[str]:
    yield option.label
    known = step.choices.get(option.key)
    for source in known.label.values() if known else ():
        yield " ".join(walk.plain(source).split())


def _misfit(walk: Walk, step: AskStep) -> Whither:
    otherwise = step.otherwise
    tries = walk.session.tries + 1
    if tries > otherwise.times:
        walk.clears_keyboard = shares(step)
        if otherwise.then != OPERATOR:
            return GoTo(otherwise.then)
        return _to_operator(walk)
    # The session never left its question: its timer and the buttons shown before stay good.
    walk.standing = {"tries": tries}
    formatted = walk.text(phrases.otherwise(step))
    presses = _presses(walk, walk.session.options, walk.session.generation)
    buttons = (*presses, *_share(walk, step))
    walk.say(Content(text=formatted.text, spans=formatted.spans, buttons=buttons))
    return RESTING


def _to_operator(walk: Walk) -> Whither:
    formatted = walk.text(phrases.HANDED_OVER)
    walk.say(Content(text=formatted.text, spans=formatted.spans))
    title = walk.names.localized(walk.flow.title)
    walk.effects.append(HandOver(f"{walk.plain(title)}: {walk.step}"))
    walk.session = replace(walk.session, stack=())
    return OVER
