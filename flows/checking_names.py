"""Names in templates: ones that nobody gives a value, and greetings for the nameless."""

from collections.abc import Iterator
from difflib import get_close_matches

from jinja2 import nodes

from flows import templates
from flows.language import Flow
from flows.load import problem
from flows.problems import Problem
from flows.provided import ORDER_FIELDS, PROVIDED
from flows.reading import Place, Use, places, saved

PERSONAL = frozenset({"name", "first_name", "last_name"})
_OF = {
    "order": ORDER_FIELDS,
    "event": frozenset({"name", "data"}),
    "site": frozenset({"name"}),
}


def check(flow: Flow) -> Iterator[Problem]:
    """The problems of the names that the flow's templates use."""
    own = saved(flow)
    for place in places(flow):
        if place.use is not Use.CONDITION and not templates.is_template(place.source):
            continue
        tree = _tree(place)
        yield from _unknown(flow, place, tree, own)
        yield from _fields(flow, place, tree)
        if place.use in (Use.TEXT, Use.LABEL) and (name := nameless(tree)):
            yield problem(
                flow,
                place.key,
                f"not everybody has a `{name}`: write {{{{ {name} or '…' }}}}, or ask with if",
            )


def _tree(place: Place) -> nodes.Template:
    if place.use is Use.CONDITION:
        return templates.parse_expression(place.source)
    return templates.parse_text(place.source)


def _unknown(
    flow: Flow, place: Place, tree: nodes.Template, own: frozenset[str]
) -> Iterator[Problem]:
    known = PROVIDED | own | {place.local}
    if place.key.startswith("enter"):
        known = PROVIDED - {"now"}
    for name in sorted(templates.names_in(tree) - known):
        close = get_close_matches(name, known, 1)
        hint = f"; did you mean `{close[0]}`?" if close else ""
        yield problem(flow, place.key, f"nothing gives `{name}` a value{hint}")


def _fields(flow: Flow, place: Place, tree: nodes.Template) -> Iterator[Problem]:
    shadowed = {name.name for name in tree.find_all(nodes.Name) if name.ctx != "load"}
    for found in tree.find_all(nodes.Getattr):
        owner = found.node
        if not isinstance(owner, nodes.Name) or owner.name in shadowed:
            continue
        known = _OF.get(owner.name)
        if known is not None and found.attr not in known:
            listed = ", ".join(sorted(known))
            yield problem(flow, place.key, f"`{owner.name}` has no `{found.attr}`; it has {listed}")


def nameless(tree: nodes.Template) -> str:
    """A name of the contact that is inserted bare, as `contact.first_name`; "" if none is."""
    return next(_bare(tree, frozenset()), "")


def _bare(node: nodes.Node, guarded: frozenset[str]) -> Iterator[str]:
    """Names that would leave a hole where they are empty. `guarded`: known not to be empty."""
    if isinstance(node, nodes.If):
        yield from _both(node.body, guarded | _mentioned(node.test))
        yield from _both([*node.elif_, *node.else_], guarded)
    elif isinstance(node, nodes.CondExpr):
        # In `a if a else b` only the first is known to be there.
        yield from _bare(node.expr1, guarded | _mentioned(node.test))
        yield from _bare(node.expr2, guarded) if node.expr2 else ()
    elif isinstance(node, nodes.Or):
        yield from _bare(node.right, guarded)
    elif isinstance(node, nodes.Filter) and node.name in ("default", "d"):
        yield from _both(node.args, guarded)
    elif isinstance(node, nodes.Assign | nodes.Compare | nodes.Test):
        return
    elif isinstance(node, nodes.Getattr) and (name := _personal(node)):
        if name not in guarded:
            yield name
    else:
        yield from _both(list(node.iter_child_nodes()), guarded)


def _both(listed: list[nodes.Node] | list[nodes.Expr], guarded: frozenset[str]) -> Iterator[str]:
    for node in listed:
        yield from _bare(node, guarded)


def _mentioned(test: nodes.Node) -> frozenset[str]:
    found = {name for node in test.find_all(nodes.Getattr) if (name := _personal(node))}
    if isinstance(test, nodes.Getattr) and (own := _personal(test)):
        found.add(own)
    return frozenset(found)


def _personal(node: nodes.Getattr) -> str:
    owner = node.node
    is_contact = isinstance(owner, nodes.Name) and owner.name == "contact"
    return f"contact.{node.attr}" if is_contact and node.attr in PERSONAL else ""
