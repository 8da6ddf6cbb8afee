"""parley keys: what the shop's programs call the API with."""

from pathlib import Path

from api.keys import Scope, digest, new_key
from core.ids import SiteId
from server.commands.loop import run_async
from server.commands.opened import opened
from server.commands.terminal import Refused, load, out, say, table
from server.config import Config
from storage.keys import ApiKey


def create(file: Path, name: str, scopes: tuple[str, ...], site: str) -> None:
    """Print a new key, and nothing else; it cannot be shown again. Raises Refused."""
    config = load(file)
    if not name.strip() or len(name) > 200 or not name.isprintable():
        raise Refused("--name has 1 to 200 characters; it tells you later whose key it is")
    unknown = sorted(set(scopes) - set(Scope))
    if unknown:
        raise Refused(f"--scope: {', '.join(unknown)} is none of {', '.join(Scope)}")
    if site and site not in {one.id for one in config.sites}:
        known = ", ".join(one.id for one in config.sites) or "none"
        raise Refused(f"--site: there is no site {site!r}; configured: {known}")
    key = new_key()
    run_async(_add(config, key, name.strip(), frozenset(scopes), SiteId(site) if site else None))
    out(key)
    whose = f"site {site}" if site else "every site"
    say(f"key {name.strip()} may do {', '.join(sorted(set(scopes)))} for {whose}; keep it now")


def show(file: Path) -> None:
    """One line a key: id, name, scopes, site or *, day it was made, active or revoked."""
    found = run_async(_all(load(file)))
    if not found:
        say("there are no keys yet; `parley keys create --name crm --scope read` makes one")
    table(
        [
            (
                str(key.id),
                key.name,
                ",".join(sorted(key.scopes)),
                key.site or "*",
                f"{key.created_at:%Y-%m-%d}",
                "revoked" if key.revoked_at else "active",
            )
            for key in found
        ]
    )


def revoke(file: Path, name_or_id: str) -> None:
    """From now on the API answers 401 to it. Raises Refused."""
    count = run_async(_revoke(load(file), name_or_id))
    say(f"{count} {'key' if count == 1 else 'keys'} revoked")


async def _add(
    config: Config, key: str, name: str, scopes: frozenset[str], site: SiteId | None
) -> None:
    async with opened(config) as place:
        row = ApiKey(place.new_id(), name, site, scopes, digest(key), place.now())
        async with place.database.write() as tx:
            await tx.keys.add(row)


async def _all(config: Config) -> list[ApiKey]:
    async with opened(config) as place, place.database.read() as tx:
        return await tx.keys.all()


async def _revoke(config: Config, name_or_id: str) -> int:
    async with opened(config) as place, place.database.write() as tx:
        count = await tx.keys.revoke(name_or_id, place.now())
        if not count:
            raise Refused(f"there is no active key {name_or_id!r}; `parley keys list` shows them")
        return count
