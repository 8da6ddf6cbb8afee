from tests.inbox.conftest import office, sqlite_office

__all__ = ["office", "sqlite_office"]
