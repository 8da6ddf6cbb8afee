"""Who decides where a URL leads: the flow, the shop, but never what a contact wrote."""

import re
from collections.abc import Iterator
from functools import lru_cache

from jinja2 import nodes

from flows import templates
from flows.markup import is_web

TRUSTED = frozenset({"order", "orders", "links", "event", "site"})
"""What the shop or the configuration said. Everything else may hold a contact's words."""

_UNTRUSTED = "a contact's value must not decide where a URL leads; write the host, or use links"
_HOST = re.compile(r"https?://[^/?#\s]+[/?#]", re.IGNORECASE)
_BEGINS = re.compile(r"(?:https?://|\]\()[^\s)]*$", re.IGNORECASE)


@lru_cache(maxsize=2048)
def problem(source: str) -> str:
    """What is wrong with the template of a URL; "" if nothing is.

    Raises:
        Unsound: it is no template.
    """
    if not templates.is_template(source):
        return "" if is_web(source.strip()) else "not a URL; it begins with https://"
    tree = templates.parse_text(source.strip())
    return "" if _is_safe(list(_pieces(tree))) and not _shadows(tree) else _UNTRUSTED


@lru_cache(maxsize=4096)
def problem_in_text(source: str) -> str:
    """The same for every URL inside a text: links, and addresses that stand in the open."""
    if "{" not in source or ("](" not in source and "://" not in source):
        return ""
    tree = templates.parse_text(source)
    pieces = list(_pieces(tree))
    for index, piece in enumerate(pieces):
        if isinstance(piece, str) and _BEGINS.search(piece):
            opened = re.split(r"[\s(]", piece)[-1]
            url = [opened, *pieces[index + 1 :]] if opened else pieces[index + 1 :]
            if not _is_safe(url) or _shadows(tree):
                return _UNTRUSTED
    return ""


def _pieces(tree: nodes.Node) -> Iterator[str | nodes.Expr]:
    """Literal texts and expressions in the order in which they stand, branches one by one."""
    for child in tree.iter_child_nodes():
        if isinstance(child, nodes.TemplateData):
            yield child.data
        elif isinstance(child, nodes.Output | nodes.Stmt):
            yield from _pieces(child)
        elif isinstance(child, nodes.Expr) and isinstance(tree, nodes.Output):
            yield child


def _is_safe(pieces: list[str | nodes.Expr]) -> bool:
    """Whether the host is complete before anything that a contact may have set."""
    static, after_trusted = "", False
    for piece in pieces:
        if isinstance(piece, str):
            static += piece
            if _HOST.match(static) or (after_trusted and piece[:1] in ("/", "?", "#")):
                return True
            if re.search(r"[\s)]", piece):
                return True
        elif _is_trusted(piece):
            after_trusted = True
        else:
            return False
    return True


def _is_trusted(expression: nodes.Node) -> bool:
    names = {name.name for name in expression.find_all(nodes.Name)}
    if isinstance(expression, nodes.Name):
        names.add(expression.name)
    return bool(names) and names <= TRUSTED


def _shadows(tree: nodes.Node) -> bool:
    """Whether a trusted name is given another meaning; `for order in orders` is none."""
    trusted_targets = {
        target.name
        for loop in tree.find_all(nodes.For)
        if isinstance(target := loop.target, nodes.Name) and _is_trusted(loop.iter)
    }
    stored = {name.name for name in tree.find_all(nodes.Name) if name.ctx != "load"}
    return bool((stored - trusted_targets) & TRUSTED)
