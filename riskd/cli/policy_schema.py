"""`riskd policy schema`: the shape of a file, for editors and programs."""

from __future__ import annotations

import json

import click

from riskd.cli.exit_codes import Exit

_KINDS = ("policy", "waivers", "config")


@click.command()
@click.argument("kind", type=click.Choice(_KINDS), default="policy")
@click.option(
    "--markdown", is_flag=True, help="Print the reference page instead: every key with its meaning."
)
def schema(kind: str, markdown: bool) -> int:  # noqa: FBT001 - click's flags
    """JSON Schema (draft 2020-12) of a policy, of a waiver file or of the configuration.

    It knows the shape: keys, words, how quantities are written. What takes knowledge of the whole file, such as units of
    measures and the order of levels, only `riskd check` sees.

    Exit codes: 0 printed, 2 there is no such kind of file.
    """
    if markdown:
        click.echo(_page(kind), nl=False)
    else:
        click.echo(json.dumps(_schema(kind), indent=1, ensure_ascii=False))
    return Exit.FINE


def _schema(kind: str) -> dict[str, object]:
    if kind == "config":
        from riskd.daemon.settings import Settings

        return Settings.model_json_schema()
    if kind == "waivers":
        from riskd.policy.schema.waiver_file import waivers_json_schema

        return waivers_json_schema()
    from riskd.policy.schema.policy_file import json_schema

    return json_schema()


def _page(kind: str) -> str:
    from riskd.policy.schema.reference import policy_page, waivers_page

    if kind == "config":
        raise click.UsageError(
            "the reference of the configuration is docs/configuration.md, which is not generated"
        )
    return policy_page() if kind == "policy" else waivers_page()
