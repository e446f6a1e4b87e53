"""The order protocol: an intent is durable, sent once, resolved with the venue, and never sent again."""
