"""The ways through flows: what is reached, where they turn in circles, who runs whom."""

from collections.abc import Callable, Iterable, Mapping

from flows.language import AskStep, CallStep, Flow, RunStep, Step, WaitStep
from flows.reading import edges


def reachable(flow: Flow) -> frozenset[str]:
    """The steps that some way leads to."""
    open_ends = [flow.first, *(enter.to for enter in flow.enter if enter.to)]
    seen: set[str] = set()
    while open_ends:
        name = open_ends.pop()
        if name in seen or name not in flow.steps:
            continue
        seen.add(name)
        open_ends += [target for _, target in edges(flow.steps[name])]
    return frozenset(seen)


def reached_at_once(flow: Flow, start: str) -> frozenset[str]:
    """The steps that a turn which begins here can come to before it waits for anything."""
    open_ends, seen = [start], set[str]()
    while open_ends:
        name = open_ends.pop()
        if name in seen or name not in flow.steps:
            continue
        seen.add(name)
        if not rests(flow.steps[name], {}):
            open_ends += [target for _, target in edges(flow.steps[name])]
    return frozenset(seen)


def rests(step: Step, flows: Mapping[str, Flow]) -> bool:
    """Whether a way through this step waits for something, at least sometimes for `run`."""
    if isinstance(step, RunStep):
        inner = flows.get(step.run)
        kinds = AskStep | WaitStep | CallStep
        return inner is not None and any(isinstance(one, kinds) for one in inner.steps.values())
    return isinstance(step, AskStep | WaitStep | CallStep)


def restless_circles(flow: Flow, flows: Mapping[str, Flow]) -> list[list[str]]:
    """Ways that come back to where they began without ever waiting; each once."""

    def onward(name: str) -> Iterable[str]:
        step = flow.steps.get(name)
        if step is None or rests(step, flows):
            return ()
        return [target for _, target in edges(step)]

    return circles(flow.steps, onward)


def run_circles(flows: Mapping[str, Flow]) -> list[list[str]]:
    """Flows that run themselves, straight or through others; each circle once."""

    def onward(name: str) -> Iterable[str]:
        flow = flows.get(name)
        steps = flow.steps.values() if flow else ()
        return [step.run for step in steps if isinstance(step, RunStep)]

    return circles(flows, onward)


def circles(starts: Iterable[str], onward: Callable[[str], Iterable[str]]) -> list[list[str]]:
    """The circles of a graph, one for each edge that closes one; without recursion."""
    found: list[list[str]] = []
    done: set[str] = set()
    for start in starts:
        if start in done:
            continue
        path, ways = [start], [iter(onward(start))]
        while path:
            target = next(ways[-1], None)
            if target is None:
                done.add(path.pop())
                ways.pop()
            elif target in path:
                found.append([*path[path.index(target) :], target])
            elif target not in done:
                path.append(target)
                ways.append(iter(onward(target)))
    return found
