"""SQL, and nothing else has any: tables, migrations, and methods that take and give core values."""
