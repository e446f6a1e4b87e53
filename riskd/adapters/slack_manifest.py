"""The manifest of riskd's app in Slack: pasted once, it sets everything up but the two tokens.

It asks for the least: to post (`chat:write`) and to have a command (`commands`). Names of people come from riskd.yaml, so that
nothing of the workspace is read. The scope `connections:write` belongs to the app's own token and cannot stand in a manifest.
"""

from __future__ import annotations

import json

from riskd.adapters.slack_envelope import COMMAND

SCOPES = ("chat:write", "commands")


def manifest(name: str = "riskd") -> str:
    """The manifest as YAML.

    Args:
        name: Of the app and its bot.
    """
    scopes = "\n".join(f"      - {scope}" for scope in SCOPES)
    return f"""\
display_information:
  name: {json.dumps(name)}
  description: Risk limits of trading accounts, and the plans that answer them
features:
  bot_user:
    display_name: {json.dumps(name)}
    always_online: false
  slash_commands:
    - command: {COMMAND}
      description: Stop orders, let them go again, see how accounts stand
      usage_hint: halt ACCOUNT|all, resume ACCOUNT|all, status
      should_escape: false
oauth_config:
  scopes:
    bot:
{scopes}
settings:
  interactivity:
    is_enabled: true
  socket_mode_enabled: true
  org_deploy_enabled: false
  token_rotation_enabled: false
"""
