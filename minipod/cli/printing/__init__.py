"""How results look: tables, templates, JSON, YAML, lines; and colour."""
