"""aiogram's dispatcher with a SQLAlchemy session and a commit per update: the usual bot.

It does the durable work that Parley does for a text that advances a flow: the event's key, the
address, the message, the session's step, the queued answer; 200 only after the commit.

python -m benchmarks.rigs.per_update PORT DATABASE_URL
"""

import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

from aiogram import BaseMiddleware, Bot, Dispatcher, Router
from aiogram.types import Message, TelegramObject, Update
from aiogram.webhook.aiohttp_server import SimpleRequestHandler
from aiohttp import web
from sqlalchemy import BigInteger, DateTime, ForeignKey, event, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from benchmarks.rigs.process import SECRET, TOKEN, serve

router = Router()
Id = BigInteger().with_variant(sqlite.INTEGER, "sqlite")


class Base(DeclarativeBase):
    pass


class EventKey(Base):
    __tablename__ = "event_keys"
    account: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)


class Address(Base):
    __tablename__ = "addresses"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    user: Mapped[str] = mapped_column(unique=True)
    last_inbound_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class Message_(Base):
    __tablename__ = "messages"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    address: Mapped[int] = mapped_column(ForeignKey("addresses.id"), index=True)
    direction: Mapped[str]
    text: Mapped[str]
    status: Mapped[str] = mapped_column(index=True)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class Session(Base):
    __tablename__ = "sessions"
    address: Mapped[int] = mapped_column(ForeignKey("addresses.id"), primary_key=True)
    step: Mapped[str]
    turns: Mapped[int]


class SessionPerUpdate(BaseMiddleware):
    """The middleware of every guide: a session around the handler, a commit after it."""

    def __init__(self, sessions: async_sessionmaker[AsyncSession]) -> None:
        self._sessions = sessions

    async def __call__(
        self,
        handler: Callable[[TelegramObject, dict[str, Any]], Awaitable[Any]],
        event: TelegramObject,
        data: dict[str, Any],
    ) -> Any:
        async with self._sessions() as session, session.begin():
            data["session"] = session
            return await handler(event, data)


@router.message()
async def said(message: Message, event_update: Update, session: AsyncSession) -> None:
    now = datetime.now(UTC)
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    new = await session.execute(
        insert(EventKey)
        .values(account="shop-tg", key=str(event_update.update_id))
        .on_conflict_do_nothing()
    )
    if not new.rowcount:
        return
    user = str(message.chat.id)
    address = await session.scalar(select(Address).where(Address.user == user).with_for_update())
    if address is None:
        address = Address(user=user, last_inbound_at=now)
        session.add(address)
        await session.flush()
    address.last_inbound_at = now
    place = await session.get(Session, address.id)
    if place is None:
        place = Session(address=address.id, step="rate", turns=0)
        session.add(place)
    place.step = "bye" if place.step == "rate" else "rate"
    place.turns += 1
    session.add_all(
        [
            Message_(
                address=address.id,
                direction="in",
                text=message.text or "",
                status="received",
                created_at=now,
            ),
            Message_(
                address=address.id,
                direction="out",
                text="Thank you!",
                status="queued",
                created_at=now,
            ),
        ]
    )


def engine_for(url: str) -> AsyncEngine:
    """As fast as such a bot gets: one SQLite connection, since two only wait for each other."""
    if url.startswith("sqlite"):
        engine = create_async_engine(
            url.replace("sqlite://", "sqlite+aiosqlite://", 1), pool_size=1, max_overflow=0
        )
        event.listen(engine.sync_engine, "connect", _durable)
        return engine
    return create_async_engine(
        url.replace("postgresql://", "postgresql+asyncpg://", 1), pool_size=20, max_overflow=0
    )


def _durable(connection: Any, _: Any) -> None:
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def main() -> None:
    port, url = int(sys.argv[1]), sys.argv[2]
    engine = engine_for(url)
    dispatcher = Dispatcher()
    dispatcher.include_router(router)
    dispatcher.message.middleware(SessionPerUpdate(async_sessionmaker(engine)))
    app = web.Application()

    async def make_tables(_: web.Application) -> None:
        async with engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)

    app.on_startup.append(make_tables)
    handler = SimpleRequestHandler(
        dispatcher, Bot(TOKEN), handle_in_background=False, secret_token=SECRET
    )
    app.router.add_post("/webhook", handler.handle)
    serve(app, port)


if __name__ == "__main__":
    main()
