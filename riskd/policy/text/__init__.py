"""From characters to values: strict YAML with places, quantities with units, subjects, and what was probably meant."""
