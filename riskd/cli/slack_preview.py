"""`riskd slack preview`: what messages look like, without Slack."""

from __future__ import annotations

import click

from riskd.cli.exit_codes import Exit

KINDS = ("firing", "escalated", "plan", "approved", "executed", "resolved", "blind", "storm")


@click.command()
@click.argument("kinds", nargs=-1, type=click.Choice(KINDS))
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "html", "json"]),
    default="text",
    show_default=True,
    help="json is what Slack's Block Kit Builder takes, one kind at a time.",
)
def preview(kinds: tuple[str, ...], form: str) -> int:
    """Show one message of each of KINDS, or of all kinds: of a desk that does not exist, rendered as real ones are.

    Exit codes: 0 shown, 2 wrong use.
    """
    import json

    from riskd.adapters.slack_text import Buttons, render
    from riskd.cli.slack_page import page, text_lines
    from riskd.cli.slack_samples import samples

    rendered = {
        name: render(message, buttons=Buttons.OFFERED)
        for name, message in samples().items()
        if not kinds or name in kinds
    }
    if form == "html":
        click.echo(page({name: each.blocks for name, each in rendered.items()}), nl=False)
    elif form == "json":
        blocks = {name: {"text": each.text, "blocks": list(each.blocks)} for name, each in rendered.items()}
        told = next(iter(blocks.values())) if len(blocks) == 1 else blocks
        click.echo(json.dumps(told, ensure_ascii=False, indent=2))
    else:
        for name, each in rendered.items():
            click.echo("\n".join((f"── {name}", *text_lines(each.blocks), "")))
    return Exit.FINE
