"""How people and programs of this machine talk to the daemon."""
