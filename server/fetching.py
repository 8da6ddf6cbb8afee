"""Opening files that others hold: a messenger by its own id, anybody by a URL."""

from collections.abc import AsyncIterator, Mapping

from bots.contract import Bot, FileGone
from core.content import Media
from core.ids import AccountId
from dialogues.egress import Egress, Forbidden, NoAnswer
from media.library import NotFetched, is_url

_SECONDS = 120.0


class Fetching:
    def __init__(self, bots: Mapping[AccountId, Bot], egress: Egress) -> None:
        self._bots = bots
        self._egress = egress

    async def fetch(self, account: AccountId, media: Media) -> AsyncIterator[bytes]:
        """Open a file that came in. Raises NotFetched, here and while reading."""
        if is_url(media.ref):
            return await self.download(media.ref)
        bot = self._bots.get(account)
        if bot is None:
            raise NotFetched("its account is not configured any more", may_come=False)
        try:
            return _translated(await bot.fetch(media))
        except FileGone as error:
            raise NotFetched(str(error), may_come=True) from error

    async def download(self, url: str) -> AsyncIterator[bytes]:
        """Open a URL that comes from outside. Raises NotFetched, here and while reading."""
        try:
            return _translated(await self._egress.download(url, _SECONDS))
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
