"""Books that are supposed instead of seen: at other prices, in other sizes."""
