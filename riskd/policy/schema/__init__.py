"""What may stand in a file: shapes, said once, that check files, are exported as JSON Schema and printed as a reference."""
