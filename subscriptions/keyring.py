"""The keys of sites. A key says its algorithm; a token never does."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from core.ids import SiteId


@dataclass(frozen=True, slots=True)
class SiteKey:
    """`material` is the secret for HS256, else the public key in PEM form."""

    kid: str
    alg: str
    material: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Keyring:
    """Every site's keys by key id. `default_topics` live with the site itself."""

    sites: Mapping[SiteId, Mapping[str, SiteKey]]

    def find(self, site: str, kid: str) -> SiteKey | None:
        return self.sites.get(SiteId(site), {}).get(kid)

    def sole(self, site: str) -> SiteKey | None:
        """The key of a site that has only one: its tokens may leave out `kid`."""
        keys = self.sites.get(SiteId(site), {})
        return next(iter(keys.values())) if len(keys) == 1 else None
