"""Opening files that others hold: a messenger by its own id, anybody by a URL."""

from collections.abc import AsyncIterator, Mapping, Sequence

from bots.contract import Bot, BotSettings, FileGone
from bots.transport import trusting
from core.content import Media
from core.ids import AccountId
from dialogues.egress import Egress, NoAnswer
from dialogues.egress_rules import Forbidden
from media.library import NotFetched, is_url

_SECONDS = 120.0


class Fetching:
    def __init__(
        self, bots: Mapping[AccountId, Bot], egress: Egress, ways: Mapping[AccountId, Egress]
    ) -> None:
        """`ways` are those of the accounts that `egress` does not serve."""
        self._bots = bots
        self._egress = egress
        self._ways = ways

    async def fetch(self, account: AccountId, media: Media) -> AsyncIterator[bytes]:
        """Open a file that came in. Raises NotFetched, here and while reading."""
        if is_url(media.ref):
            return await _download(self._ways.get(account, self._egress), media.ref)
        bot = self._bots.get(account)
        if bot is None:
            raise NotFetched("its account is not configured any more", may_come=False)
        try:
            return _translated(await bot.fetch(media))
        except FileGone as error:
            raise NotFetched(str(error), may_come=True) from error

    async def download(self, url: str) -> AsyncIterator[bytes]:
        """Open a URL that comes from outside. Raises NotFetched, here and while reading."""
        return await _download(self._egress, url)

    async def close(self) -> None:
        for way in self._ways.values():
            await way.close()


def ways_of(accounts: Sequence[BotSettings], allowed: Sequence[str]) -> dict[AccountId, Egress]:
    """A messenger that is reached by a proxy, or believed by its own authority, holds its files
    behind the same. Raises SettingUp for a file of authorities that cannot be read."""
    return {
        one.account: Egress(allowed, one.proxy, trusting(one.ca_bundle))
        for one in accounts
        if one.proxy or one.ca_bundle
    }


async def _download(egress: Egress, url: str) -> AsyncIterator[bytes]:
    try:
        return _translated(await egress.download(url, _SECONDS))
    except Forbidden as error:
        raise NotFetched(str(error), may_come=False) from error
    except NoAnswer as error:
        raise NotFetched(str(error), may_come=True) from error


async def _translated(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    try:
        async for chunk in chunks:
            yield chunk
    except (FileGone, NoAnswer, Forbidden) as error:
        raise NotFetched(str(error), may_come=True) from error
