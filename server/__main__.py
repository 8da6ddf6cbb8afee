"""The command line: `parley`, or `python -m server`. A command's code is imported when called."""

import sys
from importlib import import_module
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated, Any

import typer

from server.version import VERSION

app = typer.Typer(
    name="parley",
    help="Subscriptions and dialogues in messengers.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
_GROUPS = {
    "webhooks": "Where the platforms call us.",
    "operators": "Who may sign in to the inbox.",
    "keys": "Keys of the API.",
    "rejected": "Events that could not be taken.",
    "db": "The database.",
    "hooks": "Webhooks by which your sites hear of what happens.",
    "contacts": "Everything about a person: give it, or remove it.",
}


def _group(name: str) -> typer.Typer:
    group = typer.Typer(name=name, help=_GROUPS[name], no_args_is_help=True)
    app.add_typer(group)
    return group


webhooks, operators, keys = _group("webhooks"), _group("operators"), _group("keys")
rejected, db, contacts = _group("rejected"), _group("db"), _group("contacts")
hooks = _group("hooks")

ConfigFile = Annotated[
    Path, typer.Option("--config", envvar="PARLEY_CONFIG", help="The configuration.")
]
_DEFAULT = Path("parley.toml")


def _run(module: str, name: str, *arguments: Any) -> None:
    """Call a command's function with its troubles told in words."""
    with import_module("server.commands.terminal").guard():
        getattr(import_module(f"server.commands.{module}"), name)(*arguments)


def _named(module: str, name: str, /, **values: Any) -> Any:
    """A value of this class, imported only now."""
    return getattr(import_module(module), name)(**values)


def _show_version(is_asked: bool) -> None:
    if is_asked:
        typer.echo(VERSION)
        raise typer.Exit


@app.callback()
def everything(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """Subscriptions and dialogues in messengers."""


@app.command()
def serve(config: ConfigFile = _DEFAULT) -> None:
    """Run the server. An empty database is made; an older one wants `parley db upgrade`."""
    _run("serve", "serve", config)


@app.command()
def demo(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Where to listen.")] = 8080,
    folder: Annotated[Path, typer.Option(help="Where its data stays.")] = Path("var/demo"),
) -> None:
    """Run everything on one port: a shop, a phone, the inbox. No account anywhere is needed."""
    _run("demo", "demo", port, folder)


@app.command()
def check(config: ConfigFile = _DEFAULT) -> None:
    """Tell every problem of the configuration and the flows, each with its place."""
    _run("check", "check", config)


@app.command()
def simulate(
    flow: Annotated[str, typer.Argument(help="A flow's name, or a .yaml file.")],
    language: Annotated[str, typer.Option(help="The contact's, such as ru.")] = "",
    order: Annotated[str, typer.Option(help="The number of an order they came with.")] = "",
    name: Annotated[str, typer.Option(help="The contact's; may be empty.")] = "Anna",
    config: ConfigFile = _DEFAULT,
) -> None:
    """Talk to a flow here, or through a pipe. `/wait 24h` lets time pass; nothing is stored."""
    person = _named("flows.simulate", "Person", name=name, locale=language)
    _run("simulate", "simulate", config, flow, person, order)


CopyFile = Annotated[
    Path | None, typer.Argument(help="A file; without one, what is piped.", show_default=False)
]


@app.command("export")
def export_all(file: CopyFile = None, config: ConfigFile = _DEFAULT) -> None:
    """Write the whole database as lines of JSON, for `parley import`."""
    _run("copying", "export", config, file)


@app.command("import")
def import_all(file: CopyFile = None, config: ConfigFile = _DEFAULT) -> None:
    """Read what `parley export` wrote into an empty database, of either kind."""
    _run("copying", "import_", config, file)


@app.command()
def token(
    site: Annotated[str, typer.Option(help="The site that signs.")],
    customer: Annotated[str, typer.Option(help="The shop's id of the customer.")],
    order: Annotated[str, typer.Option(help="The number of the order.")] = "",
    name: Annotated[str, typer.Option(help="The customer's name.")] = "",
    locale: Annotated[str, typer.Option(help="Such as ru or en-GB.")] = "",
    topics: Annotated[str, typer.Option(help="Topics, with commas between.")] = "",
    consent: Annotated[str, typer.Option(help="The words agreed to, for advertising.")] = "",
    expires_in: Annotated[str, typer.Option(help="A span such as 1h or 7d.")] = "1h",
    config: ConfigFile = _DEFAULT,
) -> None:
    """Print a site token signed with the site's HS256 key, to try links with."""
    wanted = tuple(topic.strip() for topic in topics.split(",") if topic.strip())
    said = _named(
        "server.commands.token",
        "Wanted",
        site=site,
        customer=customer,
        order=order,
        name=name,
        locale=locale,
        topics=wanted,
        consent=consent,
        lasts=expires_in,
    )
    _run("token", "token", config, said)


@app.command()
def connect(
    channel: Annotated[str, typer.Argument(help="The messenger: telegram.")],
    token_env: Annotated[
        str,
        typer.Option(help="Take the token from this variable; the file then refers to it."),
    ] = "",
    account: Annotated[str, typer.Option(help="The account's id in the configuration.")] = "",
    polling: Annotated[bool, typer.Option("--polling", help="No public address needed.")] = False,
    site: Annotated[str, typer.Option(help="The site it belongs to, where there are many.")] = "",
    proxy: Annotated[str, typer.Option(help="To reach the messenger: http:// or socks5://")] = "",
    api_url: Annotated[str, typer.Option(help="A Bot API server of one's own.")] = "",
    link_url: Annotated[str, typer.Option(help="Instead of https://t.me")] = "",
    config: ConfigFile = _DEFAULT,
) -> None:
    """Ask for a bot's token, check it, write the account, set webhook, commands and description."""
    said = _named(
        "server.commands.connect",
        "Wanted",
        channel=channel,
        account=account,
        token_env=token_env,
        polling=polling,
        site=site,
        proxy=proxy,
        api_url=api_url,
        link_url=link_url,
    )
    _run("connect", "connect", config, said)


Account = Annotated[str, typer.Argument(help="An account's id; else all.", show_default=False)]


@webhooks.command("set")
def webhooks_set(account: Account = "", config: ConfigFile = _DEFAULT) -> None:
    """Tell the platforms where to call us."""
    _run("webhooks", "set_", config, account)


@webhooks.command("status")
def webhooks_status(account: Account = "", config: ConfigFile = _DEFAULT) -> None:
    """Ask the platforms: account, URL, waiting events, problems; exit 1 where one has any."""
    _run("webhooks", "status", config, account)


@operators.command("add")
def operators_add(
    login: str,
    name: Annotated[str, typer.Option(help="As colleagues see it.")] = "",
    role: Annotated[
        str, typer.Option(help="admin, supervisor or operator; the first one is an admin.")
    ] = "",
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from a pipe.")
    ] = False,
    config: ConfigFile = _DEFAULT,
) -> None:
    """Make an operator; asks for the password."""
    _run("operators", "add", config, login, name, role, password_stdin)


@operators.command("list")
def operators_list(config: ConfigFile = _DEFAULT) -> None:
    """Login, name, active or disabled, role, second factor on or off; tabs between."""
    _run("operators", "show", config)


@operators.command("disable")
def operators_disable(login: str, config: ConfigFile = _DEFAULT) -> None:
    """Sign an operator out for good."""
    _run("operators", "disable", config, login)


@operators.command("enable")
def operators_enable(login: str, config: ConfigFile = _DEFAULT) -> None:
    """Let a disabled operator sign in again."""
    _run("operators", "enable", config, login)


@operators.command("role")
def operators_role(
    login: str,
    role: Annotated[str, typer.Argument(help="admin, supervisor or operator.")],
    config: ConfigFile = _DEFAULT,
) -> None:
    """Change what an operator may do."""
    _run("operators", "set_role", config, login, role)


@operators.command("reset-second-factor")
def operators_reset_second_factor(login: str, config: ConfigFile = _DEFAULT) -> None:
    """Let somebody in who lost phone and recovery codes; the password stays."""
    _run("operators", "reset_second_factor", config, login)


@operators.command("password")
def operators_password(
    login: str,
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from a pipe.")
    ] = False,
    config: ConfigFile = _DEFAULT,
) -> None:
    """Give an operator a new password, and sign them out."""
    _run("operators", "set_password", config, login, password_stdin)


@keys.command("create")
def keys_create(
    name: Annotated[str, typer.Option(help="Whose key it is.")],
    scope: Annotated[
        list[str], typer.Option(help="links, events, read, inbox or admin; may be repeated.")
    ],
    site: Annotated[str, typer.Option(help="Only for this site.")] = "",
    config: ConfigFile = _DEFAULT,
) -> None:
    """Print a new key, once; only its digest is stored."""
    _run("keys", "create", config, name, tuple(scope), site)


@keys.command("list")
def keys_list(config: ConfigFile = _DEFAULT) -> None:
    """Id, name, scopes, site, day, active or revoked; tabs between."""
    _run("keys", "show", config)


@keys.command("revoke")
def keys_revoke(
    key: Annotated[str, typer.Argument(help="Its name or id.")], config: ConfigFile = _DEFAULT
) -> None:
    """Let a key do nothing any more."""
    _run("keys", "revoke", config, key)


@rejected.command("list")
def rejected_list(config: ConfigFile = _DEFAULT) -> None:
    """Id, when, account, event, what went wrong; tabs between."""
    _run("rejected", "show_all", config)


@rejected.command("show")
def rejected_show(
    id_: Annotated[str, typer.Argument(metavar="ID")], config: ConfigFile = _DEFAULT
) -> None:
    """Print the event as it came."""
    _run("rejected", "show", config, id_)


@rejected.command("retry")
def rejected_retry(
    id_: Annotated[str, typer.Argument(metavar="[ID]", show_default=False)] = "",
    everything: Annotated[bool, typer.Option("--all", help="Every one.")] = False,
    config: ConfigFile = _DEFAULT,
) -> None:
    """Take an event once more, as its webhook would."""
    _run("rejected", "retry", config, id_, everything)


@db.command("upgrade")
def db_upgrade(config: ConfigFile = _DEFAULT) -> None:
    """Bring the database up to this version. Make a backup first."""
    _run("db", "upgrade", config)


@db.command("status")
def db_status(config: ConfigFile = _DEFAULT) -> None:
    """Exit 1, with the command to run, where the database is of another version."""
    _run("db", "status", config)


@contacts.command("export")
def contacts_export(
    id_: Annotated[str, typer.Argument(metavar="ID")], config: ConfigFile = _DEFAULT
) -> None:
    """Print everything about a person as JSON."""
    _run("contacts", "export", config, id_)


@contacts.command("erase")
def contacts_erase(
    id_: Annotated[str, typer.Argument(metavar="ID")],
    yes: Annotated[bool, typer.Option("--yes", help="It cannot be undone.")] = False,
    config: ConfigFile = _DEFAULT,
) -> None:
    """Remove a person; the bare proof that consent was given and withdrawn stays."""
    _run("contacts", "erase", config, id_, yes)


@hooks.command("test")
def hooks_test(site: str, config: ConfigFile = _DEFAULT) -> None:
    """Send a test to each endpoint of a site: status, time and URL; exit 1 where one refuses."""
    _run("hooks", "test", config, site)


def main() -> None:
    """The entry point of the `parley` script."""
    # What a terminal cannot show or a pipe brings broken is shown as such, never as a traceback.
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace" if stream is not sys.stdin else "replace")
    app()


if __name__ == "__main__":
    main()
