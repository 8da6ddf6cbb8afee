"""What every HTTP interface shares: keys and scopes, errors, paging, and the table of routes."""
