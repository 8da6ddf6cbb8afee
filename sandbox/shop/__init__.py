"""The demo shop: tea, orders, an account, and what is behind the counter. Uses parley_client."""
